"""What the model said, kept at the place where it was asked, and found again from wherever a person goes next.

Pure: no clock, no thread, no model. The documents' text is looked at through bounded windows only.
"""

from engine.completion.cache.cache import MISS, CacheHit, CompletionCache
from engine.completion.cache.place import Place, place_of

__all__ = ["MISS", "CacheHit", "CompletionCache", "Place", "place_of"]
