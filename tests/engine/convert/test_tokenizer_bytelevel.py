"""vocab.json and merges.txt: GPT-2's kind, and Qwen2's, against tokenizers and tiktoken."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import tiktoken
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from engine.convert.tokenizer import begins_with_space, read_tokenizer
from engine.convert.tokenizer.bytelevel import byte_characters, split_by
from engine.types import ModelError
from tests.engine.convert.tokenizer_corpus import TEXTS, in_daemon, project_texts

SIZE = 600
# As Qwen2's tokenizer.json has it.
QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
FILES: dict[str, dict[str, Any]] = {
    "added_tokens.json": {"<|fim_prefix|>": SIZE, "    ": SIZE + 1},
    "special_tokens_map.json": {"eos_token": "<|endoftext|>", "additional_special_tokens": ["<mark>"]},
    "tokenizer_config.json": {
        "tokenizer_class": "GPT2TokenizerFast",
        "added_tokens_decoder": {str(SIZE + 2): {"content": "<mark>"}, str(SIZE + 3): {"content": "<b>"}},
    },
}


def train(folder: Path, splitter: pre_tokenizers.PreTokenizer) -> Tokenizer:
    """Writes vocab.json and merges.txt of a model trained here, and returns that."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = splitter
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE, initial_alphabet=byte_characters(), special_tokens=["<|endoftext|>"], show_progress=False
    )
    tokenizer.train_from_iterator(project_texts(), trainer)
    tokenizer.model.save(str(folder))
    return tokenizer


@pytest.fixture
def gpt2(tmp_path: Path) -> Path:
    train(tmp_path, pre_tokenizers.ByteLevel(add_prefix_space=False))
    return tmp_path


def write(folder: Path, files: dict[str, dict[str, Any]]) -> None:
    for name, table in files.items():
        (folder / name).write_text(json.dumps(table))


def test_gpt2s_kind_becomes_the_same_tokens_and_comes_back(tmp_path: Path) -> None:
    original = train(tmp_path, pre_tokenizers.ByteLevel(add_prefix_space=False))
    original.encode_special_tokens = True
    ours = in_daemon(read_tokenizer(tmp_path, "starcoder"), tmp_path)
    assert not begins_with_space(tmp_path, "starcoder")
    for text in (*TEXTS, *project_texts()):
        assert ours.encode(text) == original.encode(text).ids
        assert ours.decode(ours.encode(text)) == text


def test_qwen2s_kind_splits_as_qwen2(tmp_path: Path) -> None:
    trained = train(tmp_path, split_by(QWEN2))
    byte = {char: number for number, char in enumerate(byte_characters())}
    vocabulary = {token: rank - 1 for token, rank in trained.get_vocab().items() if rank}
    ranks = {bytes(byte[char] for char in token): rank for token, rank in vocabulary.items()}
    original = tiktoken.Encoding("qwen2", pat_str=QWEN2, mergeable_ranks=ranks, special_tokens={})
    write(tmp_path, {"tokenizer_config.json": {"tokenizer_class": "Qwen2Tokenizer"}})
    ours = in_daemon(read_tokenizer(tmp_path, "qwen2"), tmp_path)
    for text in (*TEXTS, *project_texts()):
        composed = unicodedata.normalize("NFC", text)
        assert ours.encode(text) == [1 + rank for rank in original.encode_ordinary(composed)]


def test_json_files_name_more_tokens(gpt2: Path) -> None:
    write(gpt2, FILES)
    ours = in_daemon(read_tokenizer(gpt2, "codegen"), gpt2)
    assert ours.encode("    x")[0] == SIZE + 1
    assert ours.encode("<b>") == [SIZE + 3]
    controls = {"<|endoftext|>": 0, "<|fim_prefix|>": SIZE, "<mark>": SIZE + 2}
    assert {name: ours.control(name) for name in controls} == {name: [number] for name, number in controls.items()}
    assert not {0, SIZE, SIZE + 2} & set(ours.encode("<|endoftext|><|fim_prefix|><mark>"))
    assert ours.decode([0, SIZE, SIZE + 1, SIZE + 2, SIZE + 3]) == "    <b>"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("merges.txt", "#version: 0.2\nqq zz\n", "vocab.json and merges.txt do not match"),
        ("merges.txt", "", "merges.txt is empty"),
        ("vocab.json", '{"a": 0, "b": 2}', "the ids are not 0 to 1"),
        ("vocab.json", "[]", "is not a JSON object"),
        ("vocab.json", '{"a": ', "vocab.json is damaged"),
        (
            "tokenizer_config.json",
            '{"tokenizer_class": "OddTokenizer"}',
            "it is not known how OddTokenizer splits text",
        ),
        ("tokenizer_config.json", '{"added_tokens_decoder": {"x": {}}}', "the added tokens .* are damaged"),
        ("added_tokens.json", '{"<pad>": 3}', "token 3 is to be '<pad>', but that is"),
        ("added_tokens.json", '{"def": 700}', "token 700 is to be 'def', but that is also token"),
    ],
)
def test_damaged_files_are_named(gpt2: Path, name: str, content: str, message: str) -> None:
    (gpt2 / name).write_text(content)
    with pytest.raises(ModelError, match=message):
        read_tokenizer(gpt2, "codegen")
