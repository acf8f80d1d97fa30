"""model.bin as this converter writes it, block by block, is CTranslate2's own, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.convert import model_bin
from engine.convert.config import Config
from engine.convert.families import chatglm
from engine.convert.model_bin import float_weight, plan_bytes, read_variables, write_model
from engine.convert.published import open_checkpoint
from engine.convert.tensors import Alias, Rows, Weights, rows_of, stack_rows, transpose
from engine.model.folder import NUMERIC_TYPES
from engine.types import ModelError
from tests.engine.convert.codegeex import GLM4, publish_chatglm

SCALARS_BYTES = 100


def spec_of(folder: Path):
    checkpoint = open_checkpoint(folder)
    return chatglm.build(Config(folder, checkpoint.config), Weights(checkpoint))


def whole_in_memory(spec) -> None:
    """What CTranslate2's own converter works on: every weight as a tensor."""
    from ctranslate2.specs import model_spec

    def load(layer, name, value) -> None:
        if isinstance(value, Rows):
            setattr(layer, name.rpartition("/")[2], value.whole().clone())

    model_spec.visit_spec(spec, load)


@pytest.mark.parametrize("numeric_type", NUMERIC_TYPES)
def test_the_bytes_are_those_of_ctranslate2s_own_converter(
    tmp_path: Path, numeric_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_chatglm(tmp_path / "published", GLM4)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    monkeypatch.setattr(model_bin, "BLOCK_BYTES", 5_000)  # so that every matrix takes several blocks
    written: list[int] = []
    write_model(spec_of(tmp_path / "published"), ours, numeric_type, written.append)
    spec = spec_of(tmp_path / "published")
    whole_in_memory(spec)
    spec.validate()
    spec.optimize(numeric_type)
    spec.save(str(theirs))
    for name in ("model.bin", "config.json", "vocabulary.json"):
        assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name
    assert 0 <= sum(written) - plan_bytes(spec_of(tmp_path / "published"), numeric_type) < SCALARS_BYTES


def test_int8_reads_back_as_what_was_written(tmp_path: Path) -> None:
    weights = publish_chatglm(tmp_path, GLM4)
    write_model(spec_of(tmp_path), tmp_path, "int8", lambda _: None)
    read = float_weight(read_variables(tmp_path / "model.bin"), "decoder/embeddings/weight")
    original = weights["transformer.embedding.word_embeddings.weight"]
    half_a_step = original.abs().amax(1, keepdim=True) / 127 / 2
    assert bool(((torch.from_numpy(read) - original).abs() <= half_a_step * 1.001).all())


def test_a_tied_head_is_stored_once(tmp_path: Path) -> None:
    publish_chatglm(tmp_path, GLM4)
    spec = spec_of(tmp_path)
    spec.decoder.projection.weight = Alias("decoder/embeddings/weight")
    write_model(spec, tmp_path, "int8", lambda _: None)
    variables = read_variables(tmp_path / "model.bin")
    assert variables["decoder/projection/weight"] is variables["decoder/embeddings/weight"]
    assert variables["decoder/projection/weight_scale"] is variables["decoder/embeddings/weight_scale"]


@pytest.mark.parametrize("fault", [float("nan"), float("inf")])
@pytest.mark.parametrize("numeric_type", ["int8", "float32"])
def test_a_weight_that_is_no_number(tmp_path: Path, fault: float, numeric_type: str) -> None:
    publish_chatglm(tmp_path, GLM4)
    spec = spec_of(tmp_path)
    gamma = torch.ones(GLM4["hidden_size"])
    gamma[7] = fault
    spec.decoder.layer_norm.gamma = rows_of(gamma)
    with pytest.raises(ModelError, match="weights of decoder/layer_norm/gamma contain NaN or infinity"):
        write_model(spec, tmp_path, numeric_type, lambda _: None)


def test_rows_are_read_as_they_stand_in_the_result() -> None:
    first, second = torch.arange(12.0).view(3, 4), torch.arange(12.0, 20.0).view(2, 4)
    rows = stack_rows([rows_of(first), rows_of(second)])
    assert torch.equal(rows.read(1, 4), torch.cat([first, second])[1:4])
    assert torch.equal(rows.cut(2, 5).read(1, 3), second)
    assert torch.equal(transpose(rows_of(first)).read(1, 3), first.t()[1:3])
