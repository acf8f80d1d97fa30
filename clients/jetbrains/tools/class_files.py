"""Read Java class files: names, supertypes, members with descriptors, and what a class refers to."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PRIVATE, PROTECTED, PUBLIC, STATIC, INTERFACE, ABSTRACT = 0x2, 0x4, 0x1, 0x8, 0x200, 0x400
UTF8, NUMBERS, WIDE, INDICES, PAIRS, METHOD_HANDLE = 1, {3, 4}, {5, 6}, {7, 8, 16, 19, 20}, {9, 10, 11, 12, 17, 18}, 15
CLASS, FIELD, REFERENCES = 7, 9, {9, 10, 11}

Member = tuple[str, str, str]  # "field" or "method", name, descriptor
Reference = tuple[str, Member | None]  # the class, and its member if it is one


@dataclass(frozen=True)
class ClassFile:
    """One class."""

    name: str
    flags: int
    supertypes: tuple[str, ...]
    members: dict[Member, int]  # and their flags
    references: frozenset[Reference]
    texts: frozenset[str]  # every string of the constant pool

    @property
    def is_interface(self) -> bool:
        return bool(self.flags & INTERFACE)


def read_class(data: bytes) -> ClassFile:
    """Return what a class file says. Raises ValueError, or struct.error, if it is none."""
    pool, at = _constant_pool(data)

    def text(index: int) -> str:
        entry = pool[index]
        return entry if isinstance(entry, str) else ""

    def class_name(index: int) -> str:
        entry = pool[index] if index else None
        return text(entry[1]) if isinstance(entry, tuple) else ""

    flags, this, parent, count = struct.unpack_from(">HHHH", data, at)
    interfaces = struct.unpack_from(f">{count}H", data, at + 8)
    at += 8 + 2 * count
    members: dict[Member, int] = {}
    for kind in ("field", "method"):
        (count,) = struct.unpack_from(">H", data, at)
        at += 2
        for _ in range(count):
            access, name, descriptor, attributes = struct.unpack_from(">HHHH", data, at)
            at += 8
            for _ in range(attributes):
                at += 6 + struct.unpack_from(">I", data, at + 2)[0]
            members[kind, text(name), text(descriptor)] = access
    references: set[Reference] = set()
    for entry in pool:
        if isinstance(entry, tuple) and entry[0] == CLASS:
            references.add((text(entry[1]), None))
        elif isinstance(entry, tuple) and entry[0] in REFERENCES:
            described = pool[entry[2]]
            assert isinstance(described, tuple)
            member = ("field" if entry[0] == FIELD else "method", text(described[1]), text(described[2]))
            references.add((class_name(entry[1]), member))
    supertypes = tuple(filter(None, (class_name(parent), *map(class_name, interfaces))))
    texts = frozenset(entry for entry in pool if isinstance(entry, str))
    return ClassFile(class_name(this), flags, supertypes, members, frozenset(references), texts)


def _constant_pool(data: bytes) -> tuple[list[str | tuple[int, ...] | None], int]:
    """Return the constant pool (strings, or a tag with indices) and where it ends."""
    magic, _, count = struct.unpack_from(">IIH", data)
    if magic != 0xCAFEBABE:
        raise ValueError("not a class file")
    pool: list[str | tuple[int, ...] | None] = [None]
    at = 10
    while len(pool) < count:
        tag = data[at]
        if tag == UTF8:
            (length,) = struct.unpack_from(">H", data, at + 1)
            pool.append(data[at + 3 : at + 3 + length].decode("utf-8", "replace"))
            at += 3 + length
        elif tag in INDICES:
            pool.append((tag, *struct.unpack_from(">H", data, at + 1)))
            at += 3
        elif tag in PAIRS:
            pool.append((tag, *struct.unpack_from(">HH", data, at + 1)))
            at += 5
        elif tag in NUMBERS | {METHOD_HANDLE}:
            pool.append(None)
            at += 5 if tag in NUMBERS else 4
        elif tag in WIDE:
            pool += [None, None]
            at += 9
        else:
            raise ValueError(f"unknown constant {tag}")
    return pool, at


class Classes:
    """The classes of jars and folders; the first that has a class wins."""

    def __init__(self, places: Iterable[Path]) -> None:
        self._read: dict[str, ClassFile | None] = {}
        self._jars: dict[str, zipfile.ZipFile] = {}
        self._files: dict[str, Path] = {}
        for place in places:
            if place.is_dir():
                for file in place.rglob("*.class"):
                    self._files.setdefault(file.relative_to(place).as_posix().removesuffix(".class"), file)
            else:
                archive = zipfile.ZipFile(place)
                for name in archive.namelist():
                    if name.endswith(".class"):
                        self._jars.setdefault(name.removesuffix(".class"), archive)

    @cached_property
    def names(self) -> list[str]:
        return sorted(self._files.keys() | self._jars.keys())

    def __iter__(self) -> Iterator[ClassFile]:
        return (found for name in self.names if (found := self.get(name)))

    def get(self, name: str) -> ClassFile | None:
        if name not in self._read:
            data = self._files[name].read_bytes() if name in self._files else None
            if data is None and name in self._jars:
                data = self._jars[name].read(f"{name}.class")
            self._read[name] = read_class(data) if data else None
        return self._read[name]

    def find(self, name: str, member: Member) -> int | None:
        """Return the flags of a member of a class or of its supertypes, None if there is none."""
        if (found := self.get(name)) is None:
            return None
        if member in found.members:
            return found.members[member]
        return next((flags for each in found.supertypes if (flags := self.find(each, member)) is not None), None)

    def is_a(self, name: str, supertype: str) -> bool:
        """Return True if a class is, or inherits from, another."""
        found = self.get(name)
        return name == supertype or bool(found and any(self.is_a(each, supertype) for each in found.supertypes))
