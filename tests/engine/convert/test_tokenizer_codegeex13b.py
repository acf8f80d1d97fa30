"""CodeGeeX-13B's published files, against the published way of using them."""

from __future__ import annotations

import json
import shutil
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import regex
from hypothesis import given

from engine.convert.tokenizer import begins_with_space, check_vocabulary, read_tokenizer
from engine.convert.tokenizer.bytelevel import byte_characters
from engine.model.tokenizer import FolderTokenizer
from engine.types import ModelError
from tests.engine.convert.tokenizer_corpus import (
    ANY_TEXT,
    DATA,
    TEXTS,
    bounded,
    humaneval_texts,
    in_daemon,
    project_texts,
    streamed,
)

FOLDER = DATA / "codegeex13b-tokenizer"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="CodeGeeX-13B's tokenizer files are not on this machine")


class Original:
    """GPT-2's encoder after its paper, and the two replacements of CodeGeeX's tokenizer.py."""

    WORD = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")
    ADDED = regex.compile(r"(<\|extratoken_\d+\|>)")

    def __init__(self) -> None:
        self.ids = json.loads((FOLDER / "vocab.json").read_text())
        self.added = json.loads((FOLDER / "added_tokens.json").read_text())
        merges = (FOLDER / "merges.txt").read_text().splitlines()[1:]
        self.ranks = {tuple(merge.split()): rank for rank, merge in enumerate(merges)}
        self.tokens = {number: token for token, number in (self.ids | self.added).items()}
        self.word = cache(self._word)

    def _word(self, word: str) -> list[int]:
        parts = [byte_characters()[byte] for byte in word.encode()]
        while pairs := [pair for pair in pairwise(parts) if pair in self.ranks]:
            best = min(pairs, key=self.ranks.__getitem__)
            merged: list[str] = []
            for part in parts:
                if merged and (merged[-1], part) == best:
                    merged[-1] += part
                else:
                    merged.append(part)
            parts = merged
        return [self.ids[part] for part in parts]

    def encode(self, text: str) -> list[int]:
        for spaces in range(10, 1, -1):
            text = text.replace(" " * spaces, f"<|extratoken_{spaces + 8}|>")
        ids: list[int] = []
        for run in self.ADDED.split(text):
            ids += [self.added[run]] if run in self.added else [i for w in self.WORD.findall(run) for i in self.word(w)]
        return ids

    def decode(self, ids: list[int]) -> str:
        characters = byte_characters()
        raw = b""
        for token in map(self.tokens.__getitem__, ids):
            extra = self.ADDED.fullmatch(token)
            raw += token.encode() if extra else bytes(characters.index(char) for char in token)
        text = raw.decode("utf-8", "replace")
        for spaces in range(2, 11):
            text = text.replace(f"<|extratoken_{spaces + 8}|>", " " * spaces)
        return text


@pytest.fixture(scope="module")
def original() -> Original:
    return Original()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> FolderTokenizer:
    return in_daemon(read_tokenizer(FOLDER, "codegeex-13b"), tmp_path_factory.mktemp("13b"))


def test_code_becomes_the_same_tokens_and_comes_back(original: Original, ours: FolderTokenizer) -> None:
    for text in humaneval_texts() + project_texts():
        ids = ours.encode(text)
        assert ids == original.encode(text) or "<|" in text
        assert ours.decode(ids) == text


@pytest.mark.parametrize("text", [text for text in TEXTS if "<|" not in text])
def test_hard_text_becomes_the_same_tokens(original: Original, ours: FolderTokenizer, text: str) -> None:
    assert ours.encode(text) == original.encode(text)
    assert ours.decode(original.encode(text)) == original.decode(original.encode(text)) == text


@bounded
@given(text=ANY_TEXT)
def test_any_text_becomes_the_same_tokens(original: Original, ours: FolderTokenizer, text: str) -> None:
    assert ours.encode(text) == original.encode(text)
    shown = streamed(ours, ours.encode(text))
    assert shown[-1] == text
    assert all(text.startswith(each) for each in shown)
    assert sorted(shown, key=len) == shown


def test_runs_of_spaces_are_single_tokens(ours: FolderTokenizer) -> None:
    assert [ours.encode(" " * count) for count in (2, 10, 11, 12)] == [[50266], [50274], [50274, 220], [50274, 50266]]


def test_control_tokens_spelled_in_text_stay_text(ours: FolderTokenizer) -> None:
    ids = ours.encode("<|extratoken_12|><|extratoken_99|><|endoftext|>")
    assert all(i < 50256 for i in ids)
    assert ours.decode(ids) == "<|extratoken_12|><|extratoken_99|><|endoftext|>"
    assert ours.control("<|endoftext|>") == [50256]
    assert ours.decode([50256, *ours.encode("x"), 50399]) == "x"


def test_it_fits_its_checkpoint() -> None:
    tokenizer = read_tokenizer(FOLDER, "codegeex-13b")
    assert tokenizer.get_vocab_size() == 50400
    assert not begins_with_space(FOLDER, "codegeex-13b")
    check_vocabulary(tokenizer, 52224)
    with pytest.raises(ModelError, match="has 50400 tokens, the checkpoint only 50399 embedding rows"):
        check_vocabulary(tokenizer, 50399)


def test_other_added_tokens_are_not_codegeex(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "copy"))
    (folder / "added_tokens.json").chmod(0o600)
    (folder / "added_tokens.json").write_text('{"<|extratoken_1|>": 50258}')
    with pytest.raises(ModelError, match="is not CodeGeeX-13B's: it should name"):
        read_tokenizer(folder, "codegeex-13b")
