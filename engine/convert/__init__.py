"""Converts checkpoints to model folders. Needs the extra `convert`; nothing in the daemon imports it."""
