"""Next edits in the server: when they are looked for, and what became of them."""
