"""The model's answers, kept by the place of their requests, and found again wherever the user goes from there.

Pure: no clock, no thread, no model. Documents are read near the cursor only, so that the cost does not grow with them.
"""

from engine.completion.cache.cache import MISS, CacheHit, CompletionCache
from engine.completion.cache.place import Place, place_of

__all__ = ["MISS", "CacheHit", "CompletionCache", "Place", "place_of"]
