"""How good a model is at what it is used for, measured on the same path as a keystroke. Knows nothing of LSP."""
