"""Checkpoints -> model folders. Needs the `convert` extra; nothing in the daemon imports it."""
