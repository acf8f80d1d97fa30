"""Reads from model.bin's header what a token costs in memory; no weight is loaded."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from engine.types import ModelError

KEYS_AND_VALUES = 2
FLOAT_BYTES = 4
ATTENTION_INPUT = "self_attention/linear_0/weight"  # gives queries, keys and values, stacked
ATTENTION_OUTPUT = "self_attention/linear_1/weight"  # its input is as wide as all heads together
MULTI_QUERY = "self_attention/multi_query"


def kv_bytes_per_token(model_bin: Path) -> int:
    """Return the bytes of keys and values that CTranslate2 keeps for each token, in float32.

    Grouped heads are kept once for each head that shares them, so the width of the attention's output counts; but a
    multi-query layer keeps its one head once. Raises `ModelError` for a file that is not a model.bin.
    """
    stacked: dict[str, int] = {}
    heads: dict[str, int] = {}
    multi_query: set[str] = set()
    try:
        with model_bin.open("rb") as stream:
            _number(stream, "I")  # binary version
            _string(stream)
            _number(stream, "I")  # revision
            for _ in range(_number(stream, "I")):
                name = _string(stream)
                shape = [_number(stream, "I") for _ in range(_number(stream, "B"))]
                _number(stream, "B")  # type
                size = _number(stream, "I")
                if name.endswith(ATTENTION_INPUT):
                    stacked[name.removesuffix(ATTENTION_INPUT)] = shape[0]
                elif name.endswith(ATTENTION_OUTPUT):
                    heads[name.removesuffix(ATTENTION_OUTPUT)] = shape[1]
                elif name.endswith(MULTI_QUERY) and any(stream.read(size)):
                    multi_query.add(name.removesuffix(MULTI_QUERY))
                    continue
                stream.seek(size, 1)
    except (OSError, struct.error, UnicodeDecodeError, IndexError) as fault:
        raise ModelError(f"{model_bin} cannot be read: {fault}; convert or copy the model again") from fault
    kept = sum(
        stacked[layer] - width if layer in multi_query else KEYS_AND_VALUES * width for layer, width in heads.items()
    )
    return kept * FLOAT_BYTES


def _string(stream: BinaryIO) -> str:
    return stream.read(_number(stream, "H"))[:-1].decode()


def _number(stream: BinaryIO, kind: str) -> int:
    layout = struct.Struct(f"<{kind}")
    return int(layout.unpack(stream.read(layout.size))[0])
