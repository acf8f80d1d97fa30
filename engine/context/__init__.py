"""Ways to find text of other places that helps here. Knows nothing of models or LSP."""
