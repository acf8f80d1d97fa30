"""The daemon: the only code that speaks LSP."""

__version__ = "0.1.0"
