"""A checkpoint on disk: named tensors that are read piece by piece, and the published config.json.

Nothing of a file stays mapped for long: the pages of a mapped file that were read count as resident memory, and
converting a 9 GB model next to an editor must not keep all of it there by accident. No code of a checkpoint is ever
run: pickles are loaded with `weights_only`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from engine.convert.source import refuse_lfs_pointer
from engine.types import ModelError

if TYPE_CHECKING:
    from torch import Tensor

# The index of shards, and the names of the files if there is no index.
KINDS = (
    ("model.safetensors.index.json", ("model*.safetensors", "*.safetensors")),
    ("pytorch_model.bin.index.json", ("pytorch_model*.bin", "*.pt", "*.bin", "*.pth")),
)
REMAP_AFTER_BYTES = 256 * 2**20
# A pickle in the format before PyTorch 1.6 cannot be mapped: all of it is read at once.
MAX_UNMAPPED_BYTES = 4 * 2**30


@dataclass(frozen=True)
class Entry:
    """A stored tensor: its shape, and its type as torch names it ("bfloat16")."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def count(self) -> int:
        total = 1
        for each in self.shape:
            total *= each
        return total


class TensorFile(Protocol):
    """One file of a checkpoint."""

    @property
    def entries(self) -> Mapping[str, Entry]: ...

    def read(self, name: str, first: int, last: int) -> Tensor:
        """Return a copy of rows `first` to `last` (exclusive) of the tensor's first dimension. A scalar ignores
        them.
        """
        ...


@dataclass(frozen=True)
class Checkpoint:
    """`config` is the published config.json, or a substitute for it; each tensor is in one of `files`.

    `folder` holds the checkpoint, and is named in messages. `paths` are its files on disk, and `licence` is what they
    say of it, if the folder does not tell.
    """

    folder: Path
    config: Mapping[str, Any]
    files: tuple[TensorFile, ...]
    owners: Mapping[str, TensorFile] = field(repr=False)
    paths: tuple[Path, ...] = ()
    licence: str = ""

    def __contains__(self, name: object) -> bool:
        return name in self.owners

    def __iter__(self) -> Iterator[str]:
        return iter(self.owners)

    def entry(self, name: str) -> Entry:
        if name not in self.owners:
            raise ModelError(f"{self.folder}: the checkpoint lacks the tensor {name}; download it again")
        return self.owners[name].entries[name]

    def read(self, name: str, first: int = 0, last: int | None = None) -> Tensor:
        shape = self.entry(name).shape
        return self.owners[name].read(name, first, (shape[0] if shape else 1) if last is None else last)

    @property
    def parameters(self) -> int:
        return sum(self.entry(name).count for name in self)


def open_with_config(folder: Path, paths: Sequence[Path]) -> Checkpoint:
    """Open config.json and the safetensors or PyTorch files next to it, in shards or whole.

    Raises `ModelError` for files that are missing, are truncated or would run code.
    """
    files = open_tensor_files(paths)
    owners: dict[str, TensorFile] = {}
    for path, file in zip(paths, files, strict=True):
        for name in file.entries:
            if name in owners:
                raise ModelError(f"{path}: two files of {folder} hold the tensor {name}")
            owners[name] = file
    return Checkpoint(folder, read_config(folder), files, owners)


def read_config(folder: Path) -> dict[str, Any]:
    """Return config.json. Raises `ModelError` if it is missing or is not a JSON object."""
    return _json_object(folder / "config.json")


def open_tensor_files(paths: Sequence[Path]) -> tuple[TensorFile, ...]:
    """Open files of tensors. Raises `ModelError` for files that cannot be read, are truncated or would run code."""
    pickles = Pickles()

    def opened(path: Path) -> TensorFile:
        try:
            refuse_lfs_pointer(path)
            return SafetensorsFile(path) if path.suffix == ".safetensors" else PickleFile(path, pickles)
        except OSError as fault:
            raise ModelError(f"{path} cannot be read: {fault.strerror or fault}") from fault

    return tuple(map(opened, paths))


def tensor_paths(folder: Path) -> list[Path]:
    """Return the files that hold the tensors: those in an index, else the usual names; safetensors before pickles."""
    for name, patterns in KINDS:
        if (folder / name).is_file():
            shards = _json_object(folder / name).get("weight_map")
            if not isinstance(shards, dict) or not shards:
                raise ModelError(f"{folder / name}: weight_map is missing or empty")
            # A name in an index is untrusted: it must not lead out of the folder.
            paths = sorted({folder / Path(str(shard)).name for shard in shards.values()})
            if missing := [path.name for path in paths if not path.is_file()]:
                raise ModelError(f"{folder}: {len(missing)} of {len(paths)} shards are missing: {', '.join(missing)}")
            return paths
        for pattern in patterns:
            if found := sorted(path for path in folder.glob(pattern) if path.is_file()):
                return found
    if found := sorted(folder.glob("*.gguf")):
        raise ModelError(f"{folder} holds GGUF files; give the one to convert, such as {found[0]}")
    raise ModelError(f"{folder} holds no safetensors or PyTorch files; give the folder of a checkpoint")


def _json_object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path} is missing; download it from where the checkpoint came from") from None
    except (OSError, ValueError, RecursionError) as fault:
        raise ModelError(f"{path} cannot be read: {fault}") from fault
    if not isinstance(found, dict):
        raise ModelError(f"{path} is not a JSON object")
    return found


class SafetensorsFile:
    """A safetensors file. It is opened for each piece, so that no page of it stays mapped."""

    def __init__(self, path: Path) -> None:
        from safetensors import SafetensorError, safe_open

        self._path = path
        try:
            with safe_open(str(path), "pt") as opened:
                names = list(opened.keys())
                slices = {name: opened.get_slice(name) for name in names}
                self._entries = {
                    name: Entry(tuple(piece.get_shape()), _TORCH_NAMES.get(piece.get_dtype(), piece.get_dtype()))
                    for name, piece in slices.items()
                }
        except SafetensorError as fault:
            raise ModelError(f"{path} is damaged or truncated ({fault}); download it again") from fault

    @property
    def entries(self) -> Mapping[str, Entry]:
        return self._entries

    def read(self, name: str, first: int, last: int) -> Tensor:
        from safetensors import safe_open

        with safe_open(str(self._path), "pt") as opened:
            if not self._entries[name].shape:
                tensor: Tensor = opened.get_tensor(name).clone()
                return tensor
            piece: Tensor = opened.get_slice(name)[first:last]
            return piece.clone()


_TORCH_NAMES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
}


class PickleFile:
    """A PyTorch file; nested dictionaries are flattened with dots."""

    def __init__(self, path: Path, pickles: Pickles) -> None:
        self._path = path
        self._pickles = pickles
        self._entries = {
            name: Entry(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
            for name, tensor in pickles.tensors(path).items()
        }

    @property
    def entries(self) -> Mapping[str, Entry]:
        return self._entries

    def read(self, name: str, first: int, last: int) -> Tensor:
        tensor = self._pickles.tensors(self._path)[name]
        piece = tensor.clone() if tensor.dim() == 0 else tensor[first:last].clone()
        self._pickles.count(piece.numel() * piece.element_size())
        return piece


class Pickles:
    """The PyTorch files of a checkpoint that are mapped or in memory.

    Mappings are released after a number of bytes have been read; of files that cannot be mapped, one is kept in memory.
    """

    def __init__(self) -> None:
        self._mapped: dict[Path, dict[str, Tensor]] = {}
        self._whole: dict[Path, dict[str, Tensor]] = {}
        self._read_bytes = 0

    def tensors(self, path: Path) -> dict[str, Tensor]:
        import zipfile

        found = self._mapped.get(path) or self._whole.get(path)
        if found is not None:
            return found
        if zipfile.is_zipfile(path):
            self._mapped[path] = _unpickled(path, mapped=True)
            return self._mapped[path]
        self._whole.clear()
        self._whole[path] = _unpickled(path, mapped=False)
        return self._whole[path]

    def count(self, read_bytes: int) -> None:
        self._read_bytes += read_bytes
        if self._read_bytes > REMAP_AFTER_BYTES:
            self._mapped.clear()
            self._read_bytes = 0


def _unpickled(path: Path, *, mapped: bool) -> dict[str, Tensor]:
    import pickle

    import torch

    if not mapped and path.stat().st_size > MAX_UNMAPPED_BYTES:
        raise ModelError(
            f"{path} is too large for PyTorch's old file format, which cannot be read in pieces, or is"
            " truncated; download it again, or save it again with a current torch.save"
        )
    try:
        flat = dict(_flattened(torch.load(path, map_location="cpu", weights_only=True, mmap=mapped), ""))
    except pickle.UnpicklingError as fault:
        raise ModelError(
            f"{path} holds more than tensors and was not loaded: loading it could run code ({_first_line(fault)})"
        ) from fault
    except (OSError, ModelError):
        raise
    except RecursionError as fault:
        raise ModelError(f"{path} holds dictionaries that are nested too deeply; download it again") from fault
    except Exception as fault:  # whatever the unpickler raises for a damaged stream
        raise ModelError(f"{path} is damaged or truncated ({_first_line(fault)}); download it again") from fault
    if not flat:
        raise ModelError(f"{path} holds no tensors")
    return flat


def _flattened(value: Any, prefix: str) -> Iterator[tuple[str, Tensor]]:
    import torch

    if isinstance(value, torch.Tensor):
        if value.layout is not torch.strided or value.is_meta:
            raise ModelError(f"the checkpoint's tensor {prefix.removesuffix('.')} is not a dense one ({value.layout})")
        yield prefix.removesuffix("."), value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flattened(each, f"{prefix}{key}.")


def _first_line(fault: Exception) -> str:
    return str(fault).strip().partition("\n")[0][:200]
