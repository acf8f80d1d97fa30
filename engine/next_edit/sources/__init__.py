"""The sources of next edits: each a function from a `Situation` to candidates."""
