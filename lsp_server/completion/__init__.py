"""Suggestions: the editor's request, the cache, the model, and requests ahead of the user."""
