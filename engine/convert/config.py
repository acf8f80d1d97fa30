"""A published config.json, read with care: errors name the key that is missing or cannot be converted."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.types import ModelError

DEFAULT_ROPE_BASE = 10_000.0
MAX_SHOWN_CHARS = 100
MAX_INTEGER = 2**31 - 1  # the type that CTranslate2 stores sizes in


@dataclass(frozen=True)
class Config:
    """`folder` is for messages; `table` is the parsed file."""

    folder: Path
    table: Mapping[str, Any]

    def integer(self, *keys: str, default: int | None = None) -> int:
        """Return the first of `keys` that is present: families name the same thing differently."""
        found = self._found(keys, default)
        if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= MAX_INTEGER:
            raise self.fault(keys[0], f"is {_shown(found)}, expected a whole number from 1 to {MAX_INTEGER}")
        return found

    def number(self, *keys: str, default: float | None = None) -> float:
        """Likewise. All numbers that describe a model (bases, factors, epsilons) are positive and finite."""
        found = self._found(keys, default)
        if not isinstance(found, (int, float)) or isinstance(found, bool) or not 0 < found <= sys.float_info.max:
            raise self.fault(keys[0], f"is {_shown(found)}, expected a positive number")
        return float(found)

    def flag(self, key: str, *, default: bool) -> bool:
        found = self.table.get(key)
        if found is None:
            return default
        if found not in (False, True):  # 0 and 1 are equal to these; "false" would count as true
            raise self.fault(key, f"is {_shown(found)}, expected true or false")
        return bool(found)

    def text(self, *keys: str, default: str = "") -> str:
        return str(self._found(keys, default))

    def require(self, key: str, *accepted: object) -> None:
        """Raise `ModelError` if `key` is none of `accepted`. A checkpoint without the key is taken to have the
        first.
        """
        found = self.table.get(key)
        if found is not None and found not in accepted:
            raise self.fault(key, f"is {_shown(found)}; only {' or '.join(map(repr, accepted))} can be converted")

    def fault(self, key: str, what: str) -> ModelError:
        return ModelError(f"{self.folder / 'config.json'}: {key} {what}")

    def _found(self, keys: tuple[str, ...], default: object) -> object:
        for key in keys:
            if self.table.get(key) is not None:
                return self.table[key]
        if default is None:
            raise self.fault(keys[0], "is missing")
        return default


def _shown(value: object) -> str:
    """Return a value as Python prints it, but at most one line; a number may have thousands of digits."""
    try:
        return repr(value)[:MAX_SHOWN_CHARS]
    except ValueError:
        return "a number of thousands of digits"


@dataclass(frozen=True)
class Rope:
    """Rotary positions. `share` of each head is rotated; `scaling` is "default", "linear", "dynamic" or "llama3".

    For linear scaling positions are divided by `factor` (Chen et al. 2023, position interpolation).
    """

    base: float
    share: float
    scaling: str
    factor: float
    table: Mapping[str, Any]


def read_rope(config: Config, accepted: tuple[str, ...] = ("default",), share: float = 1.0) -> Rope:
    """Read either form: `rope_theta` and `rope_scaling` as published, or the `rope_parameters` of transformers 5.

    Raises `ModelError` for a scaling that is not among `accepted`.
    """
    parameters = {**_parameters(config, "rope_scaling"), **_parameters(config, "rope_parameters")}
    named = Config(config.folder, parameters)
    scaling = named.text("rope_type", "type", default="default")
    if scaling not in accepted:
        raise config.fault("rope_scaling", f"is {_shown(scaling)}; only {', '.join(accepted)} can be converted")
    if "factor" in parameters and not {"rope_type", "type"} & parameters.keys():
        raise config.fault("rope_scaling", "has a factor but no type")
    if scaling == "linear" and "factor" not in parameters:
        raise config.fault("rope_scaling", "is linear but has no factor")
    base = config.number("rope_theta", "rotary_emb_base", default=DEFAULT_ROPE_BASE)
    share = named.number(
        "partial_rotary_factor", default=config.number("partial_rotary_factor", "rotary_pct", default=share)
    )
    if share > 1:
        raise config.fault("partial_rotary_factor", f"is {share}, expected at most 1")
    return Rope(
        named.number("rope_theta", default=base), share, scaling, named.number("factor", default=1.0), parameters
    )


def _parameters(config: Config, key: str) -> dict[str, Any]:
    table = config.table.get(key)
    # Nested tables would be those of kinds of layers, each with its own positions.
    if table is not None and (not isinstance(table, Mapping) or any(isinstance(x, Mapping) for x in table.values())):
        raise config.fault(key, f"is {_shown(table)}, expected a table of numbers")
    return {name: value for name, value in (table or {}).items() if value is not None}
