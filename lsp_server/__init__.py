"""The daemon: the only code that speaks LSP."""
