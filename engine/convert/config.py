"""A published config.json, read with care: what is missing or cannot be expressed is said by its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.types import ModelError

DEFAULT_ROPE_BASE = 10_000.0


@dataclass(frozen=True)
class Config:
    """`folder` is for messages; `table` is the parsed file."""

    folder: Path
    table: Mapping[str, Any]

    def integer(self, *keys: str, default: int | None = None) -> int:
        """The first of `keys` that is there: families name the same thing differently."""
        found = self._found(keys, default)
        if not isinstance(found, int) or isinstance(found, bool) or found < 1:
            raise self.fault(keys[0], f"is {found!r}, expected a positive number")
        return found

    def number(self, *keys: str, default: float | None = None) -> float:
        found = self._found(keys, default)
        if not isinstance(found, (int, float)) or isinstance(found, bool):
            raise self.fault(keys[0], f"is {found!r}, expected a number")
        return float(found)

    def flag(self, key: str, *, default: bool) -> bool:
        found = self.table.get(key)
        return default if found is None else bool(found)

    def text(self, *keys: str, default: str = "") -> str:
        return str(self._found(keys, default))

    def require(self, key: str, *accepted: object) -> None:
        """Refuses a checkpoint whose `key` is none of `accepted`; one that does not say is taken as the first."""
        found = self.table.get(key)
        if found is not None and found not in accepted:
            raise self.fault(key, f"is {found!r}; only {' or '.join(map(repr, accepted))} can be converted")

    def fault(self, key: str, what: str) -> ModelError:
        return ModelError(f"{self.folder / 'config.json'}: {key} {what}")

    def _found(self, keys: tuple[str, ...], default: object) -> object:
        for key in keys:
            if self.table.get(key) is not None:
                return self.table[key]
        if default is None:
            raise self.fault(keys[0], "is missing")
        return default


@dataclass(frozen=True)
class Rope:
    """Rotary positions. `share` of each head is rotated; `scaling` is "default", "linear" or "llama3".

    For linear scaling positions are divided by `factor` (Chen et al. 2023, position interpolation).
    """

    base: float
    share: float
    scaling: str
    factor: float
    table: Mapping[str, Any]


def read_rope(config: Config, accepted: tuple[str, ...] = ("default",), share: float = 1.0) -> Rope:
    """Of either form: `rope_theta` and `rope_scaling` as published, or the `rope_parameters` of transformers 5.

    Raises `ModelError` for a scaling that is none of `accepted`.
    """
    parameters = dict(config.table.get("rope_scaling") or {}) | dict(config.table.get("rope_parameters") or {})
    scaling = str(parameters.get("rope_type") or parameters.get("type") or "default")
    if scaling not in accepted:
        raise config.fault("rope_scaling", f"is {scaling!r}; only {', '.join(accepted)} can be converted")
    if scaling == "linear" and not parameters.get("factor"):
        raise config.fault("rope_scaling", "is linear and names no factor")
    base = parameters.get("rope_theta") or config.number("rope_theta", "rotary_emb_base", default=DEFAULT_ROPE_BASE)
    share = parameters.get("partial_rotary_factor") or config.number(
        "partial_rotary_factor", "rotary_pct", default=share
    )
    return Rope(float(base), float(share), scaling, float(parameters.get("factor") or 1.0), parameters)
