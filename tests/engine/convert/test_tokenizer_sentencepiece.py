"""sentencepiece's tokenizer.model, against sentencepiece: models trained here, and models made up piece by piece."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from engine.convert.tokenizer import begins_with_space, check_vocabulary, read_tokenizer
from engine.convert.tokenizer.piece_model import Algorithm, Kind, Piece
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

BPE: Mapping[str, Any] = {"model_type": "bpe", "vocab_size": 700, "required_chars": "☺"}
UNIGRAM: Mapping[str, Any] = {"model_type": "unigram", "vocab_size": 400, "num_sub_iterations": 1}
INFILLING = ["▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"]
GEMMA_SYMBOLS = ["\n\n", "▁▁", "▁▁▁▁", "<table>", "<start_of_turn>"]
MODELS: Mapping[str, Mapping[str, Any]] = {
    "llama": BPE,
    "code-llama": {**BPE, "user_defined_symbols": INFILLING},
    "gemma": {**BPE, "add_dummy_prefix": False, "user_defined_symbols": GEMMA_SYMBOLS},
    "without bytes": {**BPE, "byte_fallback": False},
    "unigram": UNIGRAM,
    "unigram without bytes": {**UNIGRAM, "byte_fallback": False, "user_defined_symbols": ["<table>"]},
}


def train(folder: Path, options: Mapping[str, Any]) -> Path:
    """As Llama's and ChatGLM's were: spaces kept, digits apart, bytes for what is no piece."""
    lines = [line for text in (*project_texts(), *TEXTS) for line in text.split("\n") if "\x00" not in line]
    written = io.BytesIO()
    usual = {"byte_fallback": True, "split_digits": True, "allow_whitespace_only_pieces": True, "minloglevel": 2}
    identity = {"normalization_rule_name": "identity", "remove_extra_whitespaces": False}
    SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=written, **{**usual, **identity, **options})
    (folder / "tokenizer.model").write_bytes(written.getvalue())
    return folder


class Pair:
    """The original and ours. `space` is what the original puts before a text that is not empty."""

    def __init__(self, folder: Path, family: str = "llama", kind: str = "") -> None:
        self.kind = kind
        self.original = SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
        self.ours = in_daemon(read_tokenizer(folder, family), folder)
        self.space = " " if begins_with_space(folder, family) else ""

    def begun(self, text: str) -> list[int]:
        """Ours of a text that begins a document, as a template has it encoded."""
        return self.ours.encode(self.space + text if text else "")

    def agrees(self, text: str) -> bool:
        """Of cuts that are equally likely unigram may take either: the same pieces in another order."""
        ours, theirs = self.begun(text), self.original.encode(text)
        return ours == theirs or (self.kind.startswith("unigram") and sorted(ours) == sorted(theirs))


@pytest.fixture(scope="module", params=MODELS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(train(tmp_path_factory.mktemp("model"), MODELS[request.param]), kind=request.param)


@pytest.fixture(scope="module")
def code_llama(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(train(tmp_path_factory.mktemp("code-llama"), MODELS["code-llama"]))


@pytest.fixture(scope="module")
def chatglm(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(train(tmp_path_factory.mktemp("chatglm"), MODELS["llama"]), "chatglm")


def test_text_becomes_the_same_tokens_and_comes_back(pair: Pair) -> None:
    bytes_for_all = pair.original.is_byte(pair.original.piece_to_id("<0x00>"))
    for text in (*TEXTS, *project_texts(), *humaneval_texts()[::4]):
        ids = pair.original.encode(text)
        assert pair.agrees(text)
        if bytes_for_all and text:
            assert pair.ours.decode(ids) == pair.space + pair.original.decode(ids) == pair.space + text


@bounded
@given(text=ANY_TEXT)
def test_any_text_becomes_the_same_tokens(pair: Pair, text: str) -> None:
    assert pair.agrees(text)


@bounded
@given(text=ANY_TEXT)
def test_a_growing_answer_loses_nothing(chatglm: Pair, text: str) -> None:
    shown = streamed(chatglm.ours, chatglm.ours.encode(text))
    assert shown[-1] == text
    assert shown == sorted(shown, key=len)
    assert all(text.startswith(each) for each in shown)


def test_a_continuation_keeps_its_space(chatglm: Pair) -> None:
    original = chatglm.original
    pieces = ((word, original.id_to_piece(word)) for word in range(original.get_piece_size()))
    word, name = next((word, piece[1:]) for word, piece in pieces if piece[0] == "▁" and piece[1:].isalpha())
    assert original.decode([word]) == name
    assert chatglm.ours.decode([word]) == f" {name}"
    assert chatglm.ours.encode(f" {name}") == [word]


@pytest.mark.parametrize(("before", "after"), [("def f(a):\n    ", "\n\nf(1)"), ("x", ""), ("", "  y"), ("  a", " b")])
def test_infilling_is_encoded_as_code_llama_does(code_llama: Pair, before: str, after: str) -> None:
    """Its `infilling_prompt_tokens`: the prefix with the dummy space, the suffix without, by a trick with a face."""
    piece, encode = code_llama.original.piece_to_id, code_llama.original.encode
    theirs = [piece("▁<PRE>"), *encode(before), piece("▁<SUF>"), *encode("☺" + after)[2:], piece("▁<MID>")]
    control, ours = code_llama.ours.control, code_llama.ours.encode
    prefix = code_llama.begun(before)
    assert [*control("▁<PRE>"), *prefix, *control("▁<SUF>"), *ours(after), *control("▁<MID>")] == theirs


def test_the_middle_is_decoded_as_code_llama_does(code_llama: Pair) -> None:
    face = code_llama.original.piece_to_id("☺")
    for middle in (" return x", "return x", "\n  y", "  z", "好"):
        ids = code_llama.original.encode("☺" + middle)[2:]
        assert code_llama.ours.decode(ids) == code_llama.original.decode([face, *ids])[1:] == middle


@pytest.mark.parametrize("name", ["llama", "code-llama", "gemma", "unigram"])
def test_control_tokens_spelled_in_text_stay_text(tmp_path: Path, name: str) -> None:
    pair = Pair(train(tmp_path, MODELS[name]))
    names = ["<unk>", "<s>", "</s>", *{"code-llama": INFILLING, "gemma": ["<start_of_turn>"]}.get(name, [])]
    controls = [pair.original.piece_to_id(each) for each in names]
    text = "".join(f"{each}{each.replace('▁', ' ')} x" for each in names)
    assert not set(controls) & set(pair.ours.encode(text))
    assert [pair.ours.control(each) for each in names] == [[number] for number in controls]
    assert pair.ours.decode([*controls, *pair.ours.encode("x")]) == "x"


def test_chatglm_adds_its_control_tokens_after_the_pieces(chatglm: Pair) -> None:
    count = chatglm.original.vocab_size()
    expected = {"[MASK]": 0, "[gMASK]": 1, "<sop>": 3, "<eop>": 4, "<|system|>": 5, "<|user|>": 6, "<|observation|>": 8}
    assert {name: chatglm.ours.control(name) for name in expected} == {n: [count + at] for n, at in expected.items()}
    assert chatglm.ours.control("</s>") == [2]
    assert max(chatglm.ours.encode("[gMASK]sop<sop><|user|>\n")) < count


def test_a_chat_is_encoded_as_chatglm3_does(chatglm: Pair) -> None:
    """Its `build_single_message`: the role, then a line of metadata and the message, each encoded on its own."""
    theirs = [chatglm.original.vocab_size() + 6, *chatglm.original.encode("\n"), *chatglm.original.encode("你好 x")]
    ours = [*chatglm.ours.control("<|user|>"), *chatglm.ours.encode(" \n"), *chatglm.ours.encode(" 你好 x")]
    assert ours == theirs


def test_the_real_sizes_fit(chatglm: Pair, tmp_path: Path) -> None:
    tokenizer = read_tokenizer(train(tmp_path, MODELS["llama"]), "chatglm")
    check_vocabulary(tokenizer, chatglm.original.vocab_size() + 9)
    with pytest.raises(ModelError, match="has 709 tokens, the checkpoint only 708 embedding rows"):
        check_vocabulary(tokenizer, 708)


def test_json_files_name_more_tokens(tmp_path: Path) -> None:
    (tmp_path / "added_tokens.json").write_text('{"<pad>": 700, "  ": 702}')
    (tmp_path / "special_tokens_map.json").write_text('{"pad_token": {"content": "<pad>"}}')
    tokenizer = read_tokenizer(train(tmp_path, MODELS["llama"]), "llama")
    assert [tokenizer.id_to_token(number) for number in (700, 701, 702)] == ["<pad>", "<|unused_701|>", "  "]
    assert tokenizer.encode("<pad>  ").ids[-1] == 702
    assert 700 not in tokenizer.encode("<pad>").ids


def field(number: int, value: bytes | float) -> bytes:
    """One field of protobuf's wire format."""
    if isinstance(value, float):
        return bytes([number << 3 | 5]) + struct.pack("<f", value)
    size, content = (len(value), value) if isinstance(value, bytes) else (value, b"")
    varint = bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14])
    key = number << 3 | (2 if isinstance(value, bytes) else 0)
    return (bytes([key]) if key < 0x80 else bytes([key & 0x7F | 0x80, key >> 7])) + varint + content


def made_up(folder: Path, pieces: list[Piece], algorithm: Algorithm = Algorithm.BPE, *, removes: bool = False) -> Path:
    """A tokenizer.model with an unknown token, all bytes and these pieces."""
    byte_pieces = [Piece(f"<0x{byte:02X}>", 0.0, Kind.BYTE) for byte in range(256)]
    all_pieces = [Piece("<unk>", 0.0, Kind.UNKNOWN), *byte_pieces, *pieces]
    rows = [field(1, each.text.encode()) + field(2, each.score) + field(3, int(each.kind)) for each in all_pieces]
    trainer = field(3, int(algorithm)) + field(35, 1)
    normalizer = field(3, 0) + field(4, int(removes)) + field(5, 1)
    content = b"".join(field(1, row) for row in rows) + field(2, trainer) + field(3, normalizer)
    (folder / "tokenizer.model").write_bytes(content)
    return folder


def normal(*scores: tuple[str, float]) -> list[Piece]:
    return [Piece(text, score, Kind.NORMAL) for text, score in scores]


@bounded
@given(
    tokens=st.sets(st.text("ab▁", min_size=2, max_size=6), max_size=25).flatmap(
        lambda them: st.permutations(sorted(them))
    ),
    texts=st.lists(st.text("ab ", min_size=1, max_size=40), min_size=8, max_size=8),
)
def test_any_order_of_scores_merges_the_same(
    tmp_path_factory: pytest.TempPathFactory, tokens: list[str], texts: list[str]
) -> None:
    """Also scores that no training gives: the argument in `engine.convert.tokenizer.ranks` asks nothing of them."""
    pieces = [(text, -float(rank)) for rank, text in enumerate([*tokens, "a", "b", "▁"])]
    pair = Pair(made_up(tmp_path_factory.mktemp("made-up"), normal(*pieces)))
    assert [pair.ours.encode(text) for text in texts] == pair.original.encode(texts)


def test_runs_of_spaces_of_one_score_grow_from_the_left(tmp_path: Path) -> None:
    """As in Llama's and Mistral's models, where all of them have the lowest score there is."""
    runs = [("▁" * count, -1e9) for count in (2, 4, 8, 5, 16, 6, 12, 13, 10, 14, 3, 9, 7, 11, 15, 1)]
    pair = Pair(made_up(tmp_path, normal(("▁x", -1.0), ("x", -2.0), *runs)))
    texts = [" " * count + "x" + " " * (count % 7) for count in range(70)]
    assert [pair.ours.encode(text) for text in texts] == pair.original.encode(texts)


def test_pieces_of_tabs_need_no_piece_for_the_tab(tmp_path: Path) -> None:
    """As in older Gemma's model: its tab is a byte."""
    pair = Pair(made_up(tmp_path, normal(("\t\t", -1.0), ("x", -2.0))))
    assert pair.ours.encode("\t\tx\t") == pair.original.encode("\t\tx\t") == [257, 258, 1 + ord("\t")]
    assert pair.ours.decode([257, 258, 1 + ord("\t")]) == "\t\tx\t"


@pytest.mark.parametrize(
    ("pieces", "options", "message"),
    [
        (normal(("né", -1.0), ("n", -2.0)), {}, "'né' would be split differently from sentencepiece"),
        (normal(("n", -1.0)), {"removes": True}, "changes the spaces in a text"),
        (normal(("n", -1.0)), {"algorithm": Algorithm.WORD}, "splits text into words; only BPE and unigram"),
        (normal(("n", -1.0), ("n", -2.0)), {}, "contains a piece twice"),
    ],
)
def test_what_cannot_be_expressed_is_refused(
    tmp_path: Path, pieces: list[Piece], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        read_tokenizer(made_up(tmp_path, pieces, **options), "llama")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "is a Git LFS pointer"),
        (b"\x0a\x7fcut off", "it ends in the middle of a field"),
        (b"\x20\x01", "it holds no pieces"),
        (b"\x08\x01", "a number in place of bytes"),
        (b"\x0a\x02\x18\x09", "9 is not a valid Kind"),
        (b"\xff\xff", "is not a sentencepiece model"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "tokenizer.model").write_bytes(content)
    with pytest.raises(ModelError, match=message):
        read_tokenizer(tmp_path, "llama")
