"""Text and cursor in, completion out. Knows nothing of LSP."""
