"""Code Llama's prompts, id by id, against its published code over sentencepiece, which puts a space before a text."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from engine.convert.tokenizer import begins_with_space, read_tokenizer
from engine.model.tokenizer import FolderTokenizer
from engine.prompt.chat import Turn, chat_parts
from engine.prompt.layout import encode
from engine.prompt.templates import prompt_parts
from tests.engine.checkpoints import converted
from tests.engine.test_prompt_templates import CONTENTS

CODE_LLAMA = converted("CodeLlama-7b-Instruct-hf")
CONTROLS = ("▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny tokenizer of Llama's kind, trained on this file."""
    folder = tmp_path_factory.mktemp("llama")
    SentencePieceTrainer.train(
        input=__file__, model_prefix=str(folder / "tokenizer"), vocab_size=450, model_type="bpe", byte_fallback=True,
        remove_extra_whitespaces=False, normalization_rule_name="identity", user_defined_symbols=["☺"], minloglevel=2,
    )  # fmt: skip
    size = SentencePieceProcessor(model_file=str(folder / "tokenizer.model")).get_piece_size()
    added = {token: size + index for index, token in enumerate(CONTROLS)}
    (folder / "added_tokens.json").write_text(json.dumps(added))
    return folder


@pytest.fixture(scope="module")
def ours(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> FolderTokenizer:
    assert begins_with_space(checkpoint, "llama")
    folder = tmp_path_factory.mktemp("converted")
    read_tokenizer(checkpoint, "llama").save(str(folder / "tokenizer.json"))
    return FolderTokenizer(folder)


@pytest.fixture(scope="module")
def theirs(checkpoint: Path) -> SentencePieceProcessor:
    return SentencePieceProcessor(model_file=str(checkpoint / "tokenizer.model"))


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [("def f(", "):\n    pass\n"), ("    x = ", ""), ("", "\n"), (" a", " b"), ("<s>▁<PRE> 你好", "\t☃")],
)
def test_infilling(ours: FolderTokenizer, theirs: SentencePieceProcessor, prefix: str, suffix: str) -> None:
    """`infilling_prompt_tokens`: the suffix without the space, which a sign in front of it takes away."""
    size = theirs.get_piece_size()
    suffix_ids = theirs.encode("☺" + suffix)[2:]
    expected = [theirs.bos_id(), size, *theirs.encode(prefix), size + 1, *suffix_ids, size + 2]
    contents = replace(CONTENTS, prefix=prefix, suffix=suffix)
    assert encode(ours, prompt_parts(CODE_LLAMA, contents)) == expected


def test_chat(ours: FolderTokenizer, theirs: SentencePieceProcessor) -> None:
    """`chat_completion`: a question and its answer are one text."""
    first = theirs.encode("[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello! ")
    begin, end, second = theirs.bos_id(), theirs.eos_id(), theirs.encode("[INST] sort [/INST]")
    turns = [Turn("system", "Be brief."), Turn("user", "Hi "), Turn("assistant", "Hello!"), Turn("user", " sort")]
    assert encode(ours, chat_parts(CODE_LLAMA, turns)) == [begin, *first, end, begin, *second]
