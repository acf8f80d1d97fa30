"""CTranslate2's model.bin: written block by block from weights that are not in memory, and read back.

Layout (ctranslate2.specs.model_spec.ModelSpec._serialize, binary version 6): little-endian; a string is its length
including the closing zero, its bytes, a zero; each variable has name, rank, dimensions, type id, size in bytes, bytes.
The result is byte for byte that of CTranslate2's own converter, which needs source and result in memory together.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from engine.convert.tensors import Alias, Rows
from engine.types import ModelError

if TYPE_CHECKING:
    import numpy as np
    from ctranslate2.specs.model_spec import LanguageModelSpec, LayerSpec
    from numpy.typing import NDArray
    from torch import Tensor

BINARY_VERSION = 6
# Index: CTranslate2's type id.
TYPES = ("float32", "int8", "int16", "int32", "float16", "bfloat16")
BYTES = {"float32": 4, "int8": 1, "int16": 2, "int32": 4, "float16": 2, "bfloat16": 2}
BLOCK_BYTES = 64 * 2**20  # of a matrix in float32
MAX_VARIABLE_BYTES = 2**32 - 1
INT8_MAX = 127.0
FLOAT32_MAX = 3.4028234663852886e38


@dataclass(frozen=True)
class _Variable:
    """A variable as model.bin describes it, and its bytes in blocks."""

    name: str
    shape: tuple[int, ...]
    kind: str
    blocks: Callable[[], Iterator[bytes]]

    @property
    def size_bytes(self) -> int:
        return math.prod(self.shape) * BYTES[self.kind]


def write_model(spec: LanguageModelSpec, folder: Path, numeric_type: str, written: Callable[[int], None]) -> None:
    """Write model.bin, config.json and vocabulary.json of a spec whose weights are `Rows`.

    `written` is called with the number of bytes of each block. Raises `ModelError` for a weight that is not finite,
    naming it.
    """
    spec.validate()
    spec.config.save_as_json(str(folder / "config.json"))
    _write_vocabulary(folder / "vocabulary.json", spec.get_vocabulary_size())
    variables, aliases = _plan(spec, numeric_type)
    with (folder / "model.bin").open("wb") as stream:
        stream.write(struct.pack("<I", BINARY_VERSION) + _packed(spec.name) + struct.pack("<I", spec.revision))
        stream.write(struct.pack("<I", len(variables)))
        for variable in variables:
            if variable.size_bytes > MAX_VARIABLE_BYTES:
                raise ModelError(f"{variable.name} needs over 4 GiB as {variable.kind}; choose a smaller numeric type")
            shape = struct.pack(f"<B{len(variable.shape)}I", len(variable.shape), *variable.shape)
            stream.write(_packed(variable.name) + shape)
            stream.write(struct.pack("<BI", TYPES.index(variable.kind), variable.size_bytes))
            for block in variable.blocks():
                stream.write(block)
                written(len(block))
        stream.write(struct.pack("<I", len(aliases)))
        for alias, name in aliases:
            stream.write(_packed(alias) + _packed(name))


def plan_bytes(spec: LayerSpec, numeric_type: str) -> int:
    """Return the bytes that the weights of a model, or of a layer, take in model.bin; the few scalars are not
    counted.
    """
    return sum(variable.size_bytes for variable in _plan(spec, numeric_type)[0])


def _plan(spec: LayerSpec, numeric_type: str) -> tuple[list[_Variable], list[tuple[str, str]]]:
    """Return all variables in the order of the file, and the aliases."""
    from ctranslate2.specs import model_spec

    variables: list[_Variable] = []
    aliases: list[tuple[str, str]] = []

    def visit(layer: Any, name: str, value: Any) -> None:
        quantised = numeric_type.startswith("int8") and hasattr(layer, f"{name.rpartition('/')[2]}_scale")
        if isinstance(value, Rows):
            variables.extend(_int8(name, value) if quantised else [_converted(name, value, numeric_type)])
        elif isinstance(value, Alias):
            aliases.extend([(name, value.of), *([(f"{name}_scale", f"{value.of}_scale")] if quantised else [])])
        elif isinstance(value, model_spec.Variable):
            stored = value.numpy()
            variables.append(_Variable(name, tuple(stored.shape), stored.dtype.name, lambda: iter([stored.tobytes()])))

    model_spec.visit_spec(spec, visit)
    return sorted(variables, key=lambda variable: variable.name), sorted(aliases)


def _converted(name: str, rows: Rows, numeric_type: str) -> _Variable:
    kind = {"int8": rows.dtype, "int8_float32": "float32"}.get(numeric_type, numeric_type)
    if kind not in BYTES:  # float64, in old checkpoints
        kind = "float32"

    def blocks() -> Iterator[bytes]:
        import torch

        for block in _blocks(name, rows):
            # numpy has no bfloat16: its bits are read as integers.
            yield block.to(getattr(torch, kind)).contiguous().view(torch.uint8).numpy().tobytes()

    return _Variable(name, rows.shape, kind, blocks)


def _int8(name: str, rows: Rows) -> list[_Variable]:
    """Quantise each row by its largest weight, as CTranslate2 does. The scales are collected on the way."""
    scales: list[NDArray[np.float32]] = []

    def blocks() -> Iterator[bytes]:
        import numpy as np

        for block in _blocks(name, rows):
            weight = block.float().numpy()
            largest = np.abs(weight).max(axis=1)
            largest[largest == 0] = INT8_MAX
            scale = (np.float32(INT8_MAX) / np.maximum(largest, np.float32(INT8_MAX / FLOAT32_MAX))).astype(np.float32)
            scales.append(scale)
            yield np.rint(weight * scale[:, None]).astype(np.int8).tobytes()

    def scale_blocks() -> Iterator[bytes]:
        yield from (scale.tobytes() for scale in scales)
        scales.clear()

    # In the order of names a weight comes right before its scales.
    return [
        _Variable(name, rows.shape, "int8", blocks),
        _Variable(f"{name}_scale", rows.shape[:1], "float32", scale_blocks),
    ]


def _blocks(name: str, rows: Rows) -> Iterator[Tensor]:
    """Yield the rows in blocks of limited size, each checked to be finite."""
    import torch

    total = rows.shape[0]
    each = max(1, BLOCK_BYTES // (4 * max(1, math.prod(rows.shape[1:]))))
    for first in range(0, total, each):
        block = rows.read(first, min(total, first + each))
        if not bool(torch.isfinite(block).all()):
            raise ModelError(
                f"the checkpoint is damaged: the weights of {name} contain NaN or infinity; download it again"
            )
        yield block


def _write_vocabulary(path: Path, size: int) -> None:
    # Token *strings* are the decimal ids: tokenizing happens outside of CTranslate2.
    path.write_text(json.dumps([str(i) for i in range(size)], indent=2), encoding="utf-8")


def _packed(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<H", len(raw) + 1) + raw + b"\0"


def read_variables(path: Path) -> dict[str, NDArray[np.generic]]:
    """Return all variables by name, including aliases. Raises `ModelError` if this is not a model.bin or is
    truncated.
    """
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
            found[name] = _array(_bytes(stream, _number(stream, "I")), kind).reshape(shape)
        for _ in range(_number(stream, "I")):
            alias, name = _string(stream), _string(stream)
            found[alias] = found[name]
    return found


def float_weight(variables: dict[str, NDArray[np.generic]], name: str) -> NDArray[np.float32]:
    """Return a weight in float32; int8 rows are divided by their scales, as when CTranslate2 loads into float32."""
    import numpy as np

    weight = variables[name].astype(np.float32)
    scale = variables.get(f"{name}_scale")
    return weight if scale is None else weight / scale.astype(np.float32).reshape(-1, 1)


def _array(raw: bytes, kind: str) -> NDArray[np.generic]:
    """Return the numbers of a variable; bfloat16, which numpy does not have, as float32."""
    import numpy as np

    if kind != "bfloat16":
        return np.frombuffer(raw, kind)
    return (np.frombuffer(raw, "uint16").astype(np.uint32) << 16).view(np.float32)


def _bytes(stream: BinaryIO, count: int) -> bytes:
    read = stream.read(count)
    if len(read) != count:
        raise ModelError("model.bin is truncated")
    return read


def _number(stream: BinaryIO, kind: str) -> int:
    return int(struct.unpack(f"<{kind}", _bytes(stream, struct.calcsize(kind)))[0])


def _string(stream: BinaryIO) -> str:
    return _bytes(stream, _number(stream, "H"))[:-1].decode()
