"""Reads sentencepiece's `tokenizer.model` without protobuf: the fields of sentencepiece_model.proto that matter."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from engine.convert.tokenizer.files import read_bytes
from engine.types import ModelError

# The sections of a file, by their field numbers.
PIECE, TRAINER, NORMALIZER = 1, 2, 3


class Kind(IntEnum):
    """The kind of a piece: `ModelProto.SentencePiece.Type`."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


class Algorithm(IntEnum):
    """How text is split into pieces: `TrainerSpec.ModelType`."""

    UNIGRAM = 1
    BPE = 2
    WORD = 3
    CHAR = 4


@dataclass(frozen=True)
class Piece:
    """`text` has U+2581 for each space. Of two pieces, the one with the higher `score` wins."""

    text: str
    score: float
    kind: Kind


@dataclass(frozen=True)
class PieceModel:
    """The defaults are the format's. `dummy_prefix`: a space is added before each text."""

    pieces: tuple[Piece, ...]
    algorithm: Algorithm = Algorithm.UNIGRAM
    byte_fallback: bool = False
    space_as_suffix: bool = False
    charsmap: bytes = b""
    dummy_prefix: bool = True
    removes_spaces: bool = True
    escapes_spaces: bool = True


def read_piece_model(path: Path) -> PieceModel:
    """Read a model. Raises `ModelError` for anything that is not a sentencepiece model."""
    content = read_bytes(path)
    try:
        sections: dict[int, list[bytes]] = {PIECE: [], TRAINER: [], NORMALIZER: []}
        for number, value in _fields(content):
            if number in sections:
                sections[number].append(_content(value))
        trainer = dict(_fields(b"".join(sections[TRAINER])))
        normalizer = dict(_fields(b"".join(sections[NORMALIZER])))
        model = PieceModel(
            pieces=tuple(_piece(piece) for piece in sections[PIECE]),
            algorithm=Algorithm(_number(trainer.get(3, Algorithm.UNIGRAM))),
            byte_fallback=bool(trainer.get(35, False)),
            space_as_suffix=bool(trainer.get(24, False)),
            charsmap=_content(normalizer.get(2, b"")),
            dummy_prefix=bool(normalizer.get(3, True)),
            removes_spaces=bool(normalizer.get(4, True)),
            escapes_spaces=bool(normalizer.get(5, True)),
        )
    except (ValueError, IndexError, struct.error) as fault:
        raise ModelError(f"{path} is not a sentencepiece model, or is damaged ({fault}): download it again") from fault
    if not model.pieces:
        raise ModelError(f"{path} is not a sentencepiece model: it holds no pieces; download it again")
    return model


def _piece(content: bytes) -> Piece:
    fields = dict(_fields(content))
    (score,) = struct.unpack("<f", _content(fields.get(2, bytes(4))))
    return Piece(_content(fields.get(1, b"")).decode(), score, Kind(_number(fields.get(3, Kind.NORMAL))))


def _content(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number in place of bytes")  # noqa: TRY004 - the file is wrong, not the caller
    return value


def _number(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise ValueError("bytes in place of a number")  # noqa: TRY004
    return value


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the number and the value of each field in protobuf's wire format: integers as such, all else as bytes."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        match key & 7:
            case 0:
                value, at = _varint(content, at)
                yield key >> 3, value
                continue
            case 1:
                size = 8
            case 2:
                size, at = _varint(content, at)
            case 5:
                size = 4
            case wire:
                raise ValueError(f"wire type {wire}")
        if at + size > len(content):
            raise ValueError("it ends in the middle of a field")
        yield key >> 3, content[at : at + size]
        at += size


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Return an integer in groups of seven bits, the lowest first, and the offset after it."""
    value = shift = 0
    while content[at] & 0x80:
        value |= (content[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | content[at] << shift, at + 1
