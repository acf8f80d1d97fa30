"""tokenizer.json as authors publish it, and which of a checkpoint's files count."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from engine.convert.tokenizer import begins_with_space, check_vocabulary, read_tokenizer
from engine.model.catalog import EMBEDDED_FOLDER
from engine.types import ModelError
from tests.engine.convert.tokenizer_corpus import in_daemon

SPACED = [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
UNSPACED = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
PIECES = ["<unk>", "<s>", *"abx▁<>PRE", "▁a", "▁<", "▁<P", "▁<PR", "▁<PRE", "▁<PRE>"]
MERGES = [("▁", "a"), ("▁", "<"), ("▁<", "P"), ("▁<P", "R"), ("▁<PR", "E"), ("▁<PRE", ">")]


def llama_like() -> Tokenizer:
    """As Code Llama's is published: a space put before, one taken away, a token that merging makes of text."""
    vocabulary = {piece: number for number, piece in enumerate(PIECES)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=MERGES, unk_token="<unk>", fuse_unk=True))  # noqa: S106
    tokenizer.normalizer = normalizers.Sequence(SPACED)
    tokenizer.decoder = decoders.Sequence(UNSPACED)
    tokenizer.add_special_tokens(["<unk>", "<s>"])
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in ("▁<PRE>", "<|fim_begin|>", "<b>")])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=8, pad_token="<unk>")  # noqa: S106
    return tokenizer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    llama_like().save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    table = json.loads((folder / "tokenizer.json").read_text())
    change(table)
    (folder / "tokenizer.json").write_text(json.dumps(table))


def test_no_space_is_put_before_and_none_taken_away(folder: Path) -> None:
    ours = in_daemon(read_tokenizer(folder, "llama"), folder)
    original = llama_like()
    original.no_truncation()
    original.no_padding()
    assert begins_with_space(folder, "llama")
    for text in ("a b", " a", "ab  x"):
        ids = original.encode(text, add_special_tokens=False).ids
        assert ours.encode(" " + text) == ids
        assert ours.decode(ids) == " " + original.decode(ids) == " " + text


@pytest.mark.parametrize("scheme", ["first", "always", "never"])
def test_metaspace_puts_none_before_either(folder: Path, scheme: str) -> None:
    tokenizer = llama_like()
    tokenizer.normalizer = normalizers.Sequence([])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace("▁", scheme, split=False)])
    tokenizer.decoder = decoders.Metaspace("▁", scheme)
    tokenizer.save(str(folder / "tokenizer.json"))
    ours = in_daemon(read_tokenizer(folder, "llama"), folder)
    assert begins_with_space(folder, "llama") == (scheme != "never")
    assert [ours.decode(ours.encode(text)) for text in ("ab a", " a")] == ["ab a", " a"]


def test_nothing_is_cut_off_padded_or_added(folder: Path) -> None:
    tokenizer = read_tokenizer(folder, "llama")
    assert len(tokenizer.encode("ab" * 20).ids) == 40
    assert tokenizer.encode("b").ids == [PIECES.index("b")]


def test_control_tokens_published_as_text_stay_text(folder: Path) -> None:
    ours = in_daemon(read_tokenizer(folder, "llama"), folder)
    controls = [ours.control(name)[0] for name in ("<s>", "▁<PRE>", "<|fim_begin|>")]
    assert not set(controls) & set(ours.encode("<s> <PRE>▁<PRE><|fim_begin|>"))
    assert ours.decode([*controls, PIECES.index("a")]) == "a"
    assert ours.encode("<b>") == ours.control("<b>")


def test_a_tokenizer_that_makes_control_tokens_of_text_is_refused(folder: Path) -> None:
    edit(folder, lambda table: table["added_tokens"].append({**table["added_tokens"][0], "id": 2, "content": "a"}))
    with pytest.raises(ModelError, match="the text 'a' becomes the control token 2"):
        read_tokenizer(folder, "llama")


def test_the_embedded_models_tokenizer_is_left_as_it_is() -> None:
    ours, original = (
        read_tokenizer(EMBEDDED_FOLDER, "glm4"),
        Tokenizer.from_file(str(EMBEDDED_FOLDER / "tokenizer.json")),
    )
    text = "def f(a):\n\treturn a  # 面积\n"
    assert ours.encode(text).ids == original.encode(text).ids
    check_vocabulary(ours, 8192)


def test_chatglm_takes_tokenizer_json_where_there_is_no_other(folder: Path) -> None:
    assert read_tokenizer(folder, "chatglm").token_to_id("▁a") == PIECES.index("▁a")


@pytest.mark.parametrize(
    ("content", "message"),
    [("{}", "cannot be read"), ("[1]", "is not a JSON object"), ('{"added_tokens": [{}]}', "cannot be read")],
)
def test_a_damaged_file_is_named(folder: Path, content: str, message: str) -> None:
    (folder / "tokenizer.json").write_text(content)
    with pytest.raises(ModelError, match=message):
        read_tokenizer(folder, "llama")


def test_a_folder_without_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"has no tokenizer \(tokenizer.json, vocab.json with merges.txt, tokenizer.model\)"
    ):
        read_tokenizer(tmp_path, "llama")
    with pytest.raises(ModelError, match=r"has no tokenizer \(tokenizer.model\)"):
        read_tokenizer(tmp_path, "chatglm")
    with pytest.raises(ModelError, match=r"added_tokens.json cannot be read|vocab.json cannot be read"):
        read_tokenizer(tmp_path, "codegeex-13b")
    with pytest.raises(ModelError, match="is not a folder"):
        read_tokenizer(tmp_path / "nowhere", "llama")
