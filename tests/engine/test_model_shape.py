from __future__ import annotations

from pathlib import Path

import pytest

from engine.convert.config import Config
from engine.convert.families import chatglm
from engine.convert.model_bin import write_model
from engine.convert.published import open_checkpoint
from engine.convert.tensors import Weights
from engine.model.catalog import EMBEDDED_FOLDER
from engine.model.shape import kv_bytes_per_token
from engine.types import ModelError
from tests.engine.convert.codegeex import GLM4, publish_chatglm

LAYERS, HEAD_WIDTH = 6, 64  # of the embedded model


def test_one_key_and_value_for_all_heads_are_kept_once() -> None:
    assert kv_bytes_per_token(EMBEDDED_FOLDER / "model.bin") == LAYERS * HEAD_WIDTH * 2 * 4


def test_groups_of_heads_are_kept_once_for_each_head(tmp_path: Path) -> None:
    publish_chatglm(tmp_path, GLM4)
    checkpoint = open_checkpoint(tmp_path)
    write_model(
        chatglm.build(Config(tmp_path, checkpoint.config), Weights(checkpoint)), tmp_path, "int8", lambda _: None
    )
    all_heads = GLM4["num_attention_heads"] * GLM4["kv_channels"]
    assert kv_bytes_per_token(tmp_path / "model.bin") == GLM4["num_layers"] * all_heads * 2 * 4


@pytest.mark.parametrize("content", [b"", b"\x06\x00\x00\x00\x05\x00abcd\x00"])
def test_what_is_no_model_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read"):
        kv_bytes_per_token(tmp_path / "model.bin")
