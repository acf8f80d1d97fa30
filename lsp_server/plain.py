"""JSON of methods that LSP does not have."""

from __future__ import annotations

from typing import Any


def plain(value: Any) -> Any:
    """JSON as pygls gives it for methods it does not know, nested named tuples, as dictionaries and lists."""
    if hasattr(value, "_asdict"):
        return {key: plain(entry) for key, entry in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value
