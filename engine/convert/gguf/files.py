"""Opens GGUF files, whole or split, and reads their tensors row by row as float32."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.convert.checkpoint import Entry
from engine.convert.gguf.header import check_header
from engine.convert.source import refuse_lfs_pointer
from engine.types import ModelError

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

SPLIT = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file: `shape` has the rows first, `kind` is the number of its type, `offset` is in bytes."""

    path: Path
    shape: tuple[int, ...]
    kind: int
    offset: int


@dataclass(frozen=True)
class GgufModel:
    """The files of one model."""

    paths: tuple[Path, ...]
    metadata: Mapping[str, Any]
    tensors: Mapping[str, StoredTensor]

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key of the model's architecture."""
        return self.metadata.get(f"{self.architecture}.{key}", default)


def list_parts(path: Path) -> tuple[Path, ...]:
    """Return all files of a split model of which `path` is one. Raises `ModelError` if some are missing."""
    split = SPLIT.fullmatch(path.name)
    if split is None:
        return (path,)
    count = int(split["count"])
    parts = [path.with_name(f"{split['stem']}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]
    if missing := [part.name for part in parts if not part.is_file()]:
        raise ModelError(f"{path.parent}: {len(missing)} of {count} files are missing: {', '.join(missing[:3])}")
    return tuple(parts)


def open_gguf(path: Path) -> GgufModel:
    """Open a GGUF file, and the others of the same model if it is split. Raises `ModelError`."""
    paths = list_parts(path)
    metadata: dict[str, Any] = {}
    tensors: dict[str, StoredTensor] = {}
    for part in paths:
        try:
            refuse_lfs_pointer(part)
            check_header(part, partial(_tensor_bytes, part))
            found, stored = _read(part)
        except OSError as fault:
            raise ModelError(f"{part} cannot be read: {fault.strerror or fault}") from fault
        metadata = {**found, **metadata}
        if twice := tensors.keys() & stored.keys():
            raise ModelError(f"{part}: two files hold the tensor {min(twice)}")
        tensors |= stored
    if len(paths) == 1 and metadata.get("split.count", 1) not in (0, 1):
        raise ModelError(
            f"{path} is one of {metadata['split.count']} files; keep their published names and convert again"
        )
    return GgufModel(paths, metadata, tensors)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, StoredTensor]]:
    from gguf import GGUFReader

    try:
        reader = GGUFReader(path)
        metadata = {name: field.contents() for name, field in reader.fields.items()}
        tensors = {
            each.name: StoredTensor(
                path, tuple(map(int, reversed(each.shape.tolist()))), int(each.tensor_type), int(each.data_offset)
            )
            for each in reader.tensors
        }
    except (ValueError, KeyError, IndexError, TypeError, OverflowError) as fault:
        raise ModelError(f"{path} is damaged ({fault}); download it again") from fault
    return metadata, tensors


def _tensor_bytes(path: Path, kind: int, elements: int) -> int:
    block, size = _block(path, kind)
    if elements % block:
        raise ModelError(
            f"{path}: a tensor of {elements} values does not fill blocks of {block}; download the file again"
        )
    return elements // block * size


def _block(path: Path, kind: int) -> tuple[int, int]:
    """Return (values, bytes) of a block of this type. Raises `ModelError` if it cannot be read."""
    import numpy as np
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
    from gguf.quants import dequantize

    try:
        type_ = GGMLQuantizationType(kind)
    except ValueError:
        raise ModelError(
            f"{path}: its quantisation number {kind} is unknown; take a file such as Q8_0 or Q4_K_M"
        ) from None
    values, size = GGML_QUANT_SIZES[type_]
    try:
        if type_ not in {GGMLQuantizationType.F32, GGMLQuantizationType.F16}:
            dequantize(np.zeros((1, size), np.uint8), type_)
    except NotImplementedError:
        raise ModelError(
            f"{path}: its quantisation {type_.name} cannot be read; take a file such as Q8_0 or Q4_K_M"
        ) from None
    return values, size


@dataclass(frozen=True)
class Renamed:
    """A tensor under its published name.

    `rows`: for each published row, the number of the stored one; None if they are in the same order. `less`: what was
    added to each value.
    """

    stored: StoredTensor
    rows: np.ndarray[Any, Any] | None = None
    less: float = 0.0


class GgufTensors:
    """Implements `engine.convert.checkpoint.TensorFile`. Each piece is mapped while it is read, and no longer."""

    def __init__(self, tensors: Mapping[str, Renamed]) -> None:
        self._tensors = tensors
        self._entries = {name: Entry(each.stored.shape, "float32") for name, each in tensors.items()}

    @property
    def entries(self) -> Mapping[str, Entry]:
        return self._entries

    def read(self, name: str, first: int, last: int) -> Tensor:
        import numpy as np
        import torch
        from gguf import GGMLQuantizationType
        from gguf.quants import dequantize

        tensor = self._tensors[name]
        stored, type_ = tensor.stored, GGMLQuantizationType(tensor.stored.kind)
        rows = stored.shape[0]
        columns = int(np.prod(stored.shape[1:], dtype=np.int64))
        block, size = _block(stored.path, stored.kind)
        if columns % block:
            raise ModelError(f"{stored.path}: a row of {name} does not fill blocks of {block} values")
        data = np.memmap(stored.path, np.uint8, "r", stored.offset, (rows, columns // block * size))
        raw = np.array(data[first:last] if tensor.rows is None else data[tensor.rows[first:last]])
        if type_ in {GGMLQuantizationType.F32, GGMLQuantizationType.F16}:
            values = raw.view(np.float32 if type_ is GGMLQuantizationType.F32 else np.float16).astype(np.float32)
        else:
            values = dequantize(raw, type_)
        found = torch.from_numpy(np.ascontiguousarray(values, np.float32)).reshape(last - first, *stored.shape[1:])
        return found - tensor.less if tensor.less else found
