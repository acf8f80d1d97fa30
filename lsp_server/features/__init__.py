"""One short file for each LSP method or group of them: snapshot, convert, call, convert."""
