"""One short file per LSP feature: snapshot, convert, call, convert."""
