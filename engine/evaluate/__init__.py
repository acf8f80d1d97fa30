"""How good a model is at what people use it for, by the very path a keystroke walks. Knows nothing of LSP."""
