"""GLM-4's and CodeGeeX4's kind of tokenizer.model, against tiktoken, which its published code calls."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, trainers

from engine.convert.tokenizer import begins_with_space, read_tokenizer
from engine.convert.tokenizer.bytelevel import byte_characters, split_by
from engine.convert.tokenizer.tiktoken import CONTROL_TOKENS, from_ranks
from engine.model.tokenizer import FolderTokenizer
from engine.types import ModelError
from tests.engine.convert.tokenizer_corpus import (
    ANY_TEXT,
    TEXTS,
    bounded,
    humaneval_texts,
    in_daemon,
    project_texts,
    streamed,
)

# As GLM-4's code has it.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BYTES = [bytes([byte]) for byte in range(256)]


def write(folder: Path, ranks: dict[bytes, int]) -> Path:
    lines = [b"%s %d\n" % (base64.b64encode(token), rank) for token, rank in ranks.items()]
    (folder / "tokenizer.model").write_bytes(b"".join(lines))
    return folder


def original(ranks: dict[bytes, int], pattern: str) -> tiktoken.Encoding:
    return tiktoken.Encoding("original", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})


@pytest.fixture(scope="module")
def ranks() -> dict[bytes, int]:
    """Of a vocabulary trained here as theirs was: bytes first, then what merging makes of them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = split_by(PATTERN)
    trainer = trainers.BpeTrainer(vocab_size=2000, initial_alphabet=byte_characters(), show_progress=False)  # type: ignore[call-arg]
    tokenizer.train_from_iterator([*project_texts(), *TEXTS * 3], trainer)
    byte = {char: number for number, char in enumerate(byte_characters())}
    return {bytes(byte[char] for char in token): rank for token, rank in tokenizer.get_vocab().items()}


@pytest.fixture(scope="module")
def theirs(ranks: dict[bytes, int]) -> tiktoken.Encoding:
    return original(ranks, PATTERN)


@pytest.fixture(scope="module")
def ours(ranks: dict[bytes, int], tmp_path_factory: pytest.TempPathFactory) -> FolderTokenizer:
    folder = write(tmp_path_factory.mktemp("glm4"), ranks)
    return in_daemon(read_tokenizer(folder, "chatglm"), folder)


def test_code_becomes_the_same_tokens_and_comes_back(theirs: tiktoken.Encoding, ours: FolderTokenizer) -> None:
    for text in (*TEXTS, *project_texts(), *humaneval_texts()):
        ids = theirs.encode_ordinary(text)
        assert ours.encode(text) == ids
        assert ours.decode(ids) == text


@bounded
@given(text=ANY_TEXT)
def test_any_text_becomes_the_same_tokens(theirs: tiktoken.Encoding, ours: FolderTokenizer, text: str) -> None:
    assert ours.encode(text) == theirs.encode_ordinary(text)
    shown = streamed(ours, ours.encode(text))
    assert shown[-1] == text
    assert all(text.startswith(each) for each in shown)
    assert sorted(shown, key=len) == shown


@bounded
@given(
    order=st.sets(st.text("ab", min_size=2, max_size=7), max_size=30).flatmap(
        lambda tokens: st.permutations([*(token.encode() for token in sorted(tokens)), b"a", b"b"])
    ),
    texts=st.lists(st.text("ab", min_size=1, max_size=40), min_size=8, max_size=8),
)
def test_any_order_of_ranks_merges_the_same(order: list[bytes], texts: list[str]) -> None:
    """Also ranks that no training gives: the argument in `engine.convert.tokenizer.ranks` asks nothing of them."""
    others = [byte for byte in BYTES if byte not in order]
    ranks = {token: rank for rank, token in enumerate([*order, *others])}
    whole = r"[\s\S]+"
    ours, theirs = from_ranks(ranks, whole), original(ranks, whole)
    assert [ours.encode(text).ids for text in texts] == [theirs.encode_ordinary(text) for text in texts]


def test_control_tokens_follow_the_ranks(ranks: dict[bytes, int], ours: FolderTokenizer) -> None:
    assert [ours.control(name) for name in CONTROL_TOKENS] == [[len(ranks) + n] for n in range(len(CONTROL_TOKENS))]
    assert max(ours.encode("".join(CONTROL_TOKENS))) < len(ranks)
    assert ours.decode([*ours.control("<|user|>"), *ours.encode("\nx")]) == "\nx"


def test_a_checkpoint_may_name_other_control_tokens(ranks: dict[bytes, int], tmp_path: Path) -> None:
    names = {len(ranks): "<|endoftext|>", len(ranks) + 3: "/nothink"}
    added = {str(number): {"content": name, "special": True} for number, name in names.items()}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": added}))
    tokenizer = read_tokenizer(write(tmp_path, ranks), "chatglm")
    assert {number: tokenizer.id_to_token(number) for number in names} == names
    assert len(ranks) + 3 not in tokenizer.encode("/nothink").ids


def test_nothing_is_put_before_a_text(ranks: dict[bytes, int], tmp_path: Path) -> None:
    assert not begins_with_space(write(tmp_path, ranks), "chatglm")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"YQ== 0\nYg== one\n", "a line is not a token in base64 and its rank"),
        (b"YQ== 0\nYg== 2\n", "the ranks are not 0 to 1, each once"),
        (b"YQ== 0\nYg== 1\n", "254 of the 256 bytes are missing"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "tokenizer.model").write_bytes(content)
    with pytest.raises(ModelError, match=message):
        read_tokenizer(tmp_path, "chatglm")
