"""Checks the beginning of a GGUF file before the `gguf` package reads it, which trusts the lengths and counts in it.

The layout is that of GGUF's specification, versions 2 and 3: magic, version, counts; keys with values; tensors with
dimensions, type and offset; then, aligned, their data.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TypeVar

from engine.types import ModelError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
SCALAR_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # by the number of the type
STRING, ARRAY = 8, 9
MAX_FIELDS = 4096
MAX_TENSORS = 2**16
MAX_ITEMS = 2**22  # of an array: the largest vocabularies have some 2**18 tokens, and as many merges
MAX_DIMENSIONS = 4
T = TypeVar("T")


class _DamagedError(Exception):
    """The file is not what the specification says."""


def check_header(path: Path, tensor_bytes: Callable[[int, int], int]) -> None:
    """Raise `ModelError` unless keys, values, and the data of all tensors lie within the file.

    `tensor_bytes(type, elements)` returns the bytes of a tensor's data; it raises `ModelError` for unknown types.
    """
    _walk(path, lambda walk: walk.check(tensor_bytes))


def read_strings(path: Path, keys: AbstractSet[str]) -> dict[str, str]:
    """Return the values of these keys, as far as they are there and strings. Raises `ModelError` and `OSError`."""
    return _walk(path, lambda walk: walk.read_strings({key.encode() for key in keys}))


def has_magic(path: Path) -> bool:
    """True if a file begins as GGUF files do; Ollama's have no suffix. Raises `OSError`."""
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def _walk(path: Path, use: Callable[[_Walk], T]) -> T:
    """Return what `use` does with a walk through the file's header. Raises `ModelError` for a file that is none."""
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if stream.read(4) != MAGIC:
            raise ModelError(f"{path} is not a GGUF file")
        version = int.from_bytes(stream.read(4), "little")
        if version and not version & 0xFFFF:
            raise ModelError(f"{path} was written for machines of the other byte order; take another file of the model")
        if version not in VERSIONS:
            known = " and ".join(map(str, VERSIONS))
            raise ModelError(f"{path} has version {version} of GGUF; versions {known} can be read: take a newer file")
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                return use(_Walk(data, size))
            except (_DamagedError, struct.error) as fault:
                raise ModelError(f"{path} is damaged or truncated ({fault}); download it again") from fault


class _Walk:
    """Goes through the header, from field to field."""

    def __init__(self, data: mmap.mmap, size: int) -> None:
        self._data, self._size, self._at = data, size, 8

    def read_strings(self, keys: AbstractSet[bytes]) -> dict[str, str]:
        """Return the values of these keys that are strings."""
        _, fields = self._counts()
        found: dict[str, str] = {}
        for _ in range(fields):
            key, kind = self._string(), self._number("<I")
            if key in keys and kind == STRING:
                found[key.decode()] = self._string().decode("utf-8", "replace")
            else:
                self._skip_value(kind)
            if len(found) == len(keys):
                break
        return found

    def _counts(self) -> tuple[int, int]:
        """Return the counts of tensors and of keys."""
        tensors, fields = self._number("<Q"), self._number("<Q")
        if fields > MAX_FIELDS or tensors > MAX_TENSORS:
            raise _DamagedError(f"it claims {fields} keys and {tensors} tensors")
        return tensors, fields

    def check(self, tensor_bytes: Callable[[int, int], int]) -> None:
        """Raise unless all values and all tensors lie within the file."""
        tensors, fields = self._counts()
        alignment = 32
        for _ in range(fields):
            key = self._string()
            kind = self._number("<I")
            if key == b"general.alignment" and kind == 4:  # noqa: PLR2004 - the type of a whole number
                alignment = struct.unpack_from("<I", self._data, self._at)[0] or 1
            self._skip_value(kind)
        ends = [0]
        for _ in range(tensors):
            name, dimensions = self._string(), self._number("<I")
            if dimensions > MAX_DIMENSIONS:
                raise _DamagedError(f"the tensor {name[:60]!r} has {dimensions} dimensions")
            elements = 1
            for _ in range(dimensions):
                elements *= self._number("<Q")
            kind, offset = self._number("<I"), self._number("<Q")
            ends.append(offset + tensor_bytes(kind, elements))
        start = -(-self._at // alignment) * alignment
        if start + max(ends) > self._size:
            raise _DamagedError(f"it has {self._size} bytes, and its tensors end at {start + max(ends)}")

    def _skip_value(self, kind: int) -> None:
        if kind == STRING:
            self._string()
        elif kind == ARRAY:
            item, count = self._number("<I"), self._number("<Q")
            if count > MAX_ITEMS:
                raise _DamagedError(f"a list claims {count} items")
            if item == STRING:
                for _ in range(count):
                    self._string()
            else:
                self._skip(self._bytes_of(item) * count)
        else:
            self._skip(self._bytes_of(kind))

    def _bytes_of(self, kind: int) -> int:
        if kind not in SCALAR_BYTES:
            raise _DamagedError(f"a value has the unknown type {kind}")
        return SCALAR_BYTES[kind]

    def _string(self) -> bytes:
        length = self._number("<Q")
        start = self._at
        self._skip(length)
        return self._data[start : self._at]

    def _number(self, form: str) -> int:
        found: int = struct.unpack_from(form, self._data, self._at)[0]
        self._at += struct.calcsize(form)
        return found

    def _skip(self, count: int) -> None:
        self._at += count
        if self._at > self._size:
            raise _DamagedError("a value goes beyond its end")
