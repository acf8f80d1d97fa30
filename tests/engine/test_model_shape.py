from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.catalog import EMBEDDED_FOLDER
from engine.model.shape import kv_bytes_per_token
from engine.types import ModelError

LAYERS, HEADS, HEAD_WIDTH = 6, 6, 64  # of the embedded model; its two groups of KV heads are kept once for each head


def test_keys_and_values_of_all_heads_count() -> None:
    assert kv_bytes_per_token(EMBEDDED_FOLDER / "model.bin") == LAYERS * HEADS * HEAD_WIDTH * 2 * 4


@pytest.mark.parametrize("content", [b"", b"\x06\x00\x00\x00\x05\x00abcd\x00"])
def test_what_is_no_model_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read"):
        kv_bytes_per_token(tmp_path / "model.bin")
