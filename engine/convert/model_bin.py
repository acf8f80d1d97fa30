"""Reads CTranslate2's model.bin back: what a conversion wrote, as arrays. For parity checks; the daemon never needs it.

Layout (ctranslate2.specs.model_spec.ModelSpec._serialize, binary version 6): little-endian; strings are a length with
the closing zero, the bytes, the zero; each variable has name, rank, dimensions, type id, size in bytes, bytes.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from engine.types import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINARY_VERSION = 6
# Index: CTranslate2's type id.
TYPES = ("float32", "int8", "int16", "int32", "float16")


def read_variables(path: Path) -> dict[str, NDArray[np.generic]]:
    """Every variable by its name, aliases included. Raises `ModelError` for what is no model.bin or is cut off."""
    import numpy as np

    found: dict[str, NDArray[np.generic]] = {}
    with path.open("rb") as stream:
        version = _number(stream, "I")
        if version != BINARY_VERSION:
            raise ModelError(f"{path}: binary version {version}, expected {BINARY_VERSION}")
        _string(stream)
        _number(stream, "I")
        for _ in range(_number(stream, "I")):
            name = _string(stream)
            shape = [_number(stream, "I") for _ in range(_number(stream, "B"))]
            kind = TYPES[_number(stream, "B")]
            found[name] = np.frombuffer(_bytes(stream, _number(stream, "I")), kind).reshape(shape)
        for _ in range(_number(stream, "I")):
            alias, name = _string(stream), _string(stream)
            found[alias] = found[name]
    return found


def float_weight(variables: dict[str, NDArray[np.generic]], name: str) -> NDArray[np.float32]:
    """A weight in float32; int8 rows are divided by their scales, as CTranslate2 does when it loads into float32."""
    import numpy as np

    weight = variables[name].astype(np.float32)
    scale = variables.get(f"{name}_scale")
    return weight if scale is None else weight / scale.astype(np.float32).reshape(-1, 1)


def _bytes(stream: BinaryIO, count: int) -> bytes:
    read = stream.read(count)
    if len(read) != count:
        raise ModelError("model.bin is cut off")
    return read


def _number(stream: BinaryIO, kind: str) -> int:
    return int(struct.unpack(f"<{kind}", _bytes(stream, struct.calcsize(kind)))[0])


def _string(stream: BinaryIO) -> str:
    return _bytes(stream, _number(stream, "H"))[:-1].decode()
