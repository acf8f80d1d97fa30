"""The threads in which models work."""
