"""How suggestions come about: the request, the cache, the model, and what is asked ahead."""
