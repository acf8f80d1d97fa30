"""The engine process: one a user, with the model, its KV states and the scheduler; and how windows reach it."""
