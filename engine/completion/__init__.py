"""Completions: from a cursor to text, or the reason why there is none. `pipeline` reads top to bottom."""
