"""What a token costs in memory, read from the header of model.bin; no weight is loaded."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from engine.types import ModelError

KEYS_AND_VALUES = 2
FLOAT_BYTES = 4
ATTENTION_OUTPUT = "self_attention/linear_1/weight"  # its input is as wide as all heads together


def kv_bytes_per_token(model_bin: Path) -> int:
    """Bytes of keys and values that CTranslate2 keeps for each token in float32.

    Grouped heads are kept once for each head that shares them, so the width of the attention's output counts. Raises
    `ModelError` for a file that is no model.bin.
    """
    width = 0
    try:
        with model_bin.open("rb") as stream:
            _number(stream, "I")  # binary version
            _string(stream)
            _number(stream, "I")  # revision
            for _ in range(_number(stream, "I")):
                name = _string(stream)
                shape = [_number(stream, "I") for _ in range(_number(stream, "B"))]
                _number(stream, "B")  # type
                stream.seek(_number(stream, "I"), 1)
                if name.endswith(ATTENTION_OUTPUT):
                    width += shape[1]
    except (OSError, struct.error, UnicodeDecodeError, IndexError) as fault:
        raise ModelError(f"{model_bin} cannot be read: {fault}; convert or copy the model again") from fault
    return width * KEYS_AND_VALUES * FLOAT_BYTES


def _string(stream: BinaryIO) -> str:
    return stream.read(_number(stream, "H"))[:-1].decode()


def _number(stream: BinaryIO, kind: str) -> int:
    layout = struct.Struct(f"<{kind}")
    return int(layout.unpack(stream.read(layout.size))[0])
