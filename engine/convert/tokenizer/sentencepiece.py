"""sentencepiece's `tokenizer.model`: ChatGLM2/3 and CodeGeeX2; Llama, Code Llama, Gemma, Mistral.

Each conversion is compared with sentencepiece itself, on all pieces and some text, before it is accepted.
"""

from __future__ import annotations

import re
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from engine.convert.tokenizer.added import add_declared, add_token, control_token, is_control
from engine.convert.tokenizer.piece_model import Algorithm, Kind, Piece, PieceModel, read_piece_model
from engine.convert.tokenizer.ranks import merges_of_ranks
from engine.types import ModelError

SPACE = "▁"
ASCII = range(0x80)
# From the published tokenization code: their ids follow those of the pieces. ChatGLM2 and CodeGeeX2 have no roles, but
# the rows for them. The names are GLM-4's; ChatGLM's own `sop` and `eop` are words that any text may contain.
CHATGLM_CONTROL_TOKENS = (
    *("[MASK]", "[gMASK]", "[sMASK]", "<sop>", "<eop>"),
    *("<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"),
)
PROBES = (
    "def area(width, height):\n    return width * height  # 面积\n\n\nclass Box:\n\tpass\r\n",
    'for (int i = 0; i < 10; i++) {\n\t\tprintf("%5.2f\\n", x[i] / 3.14159);\n}\n',
    "   three before, two behind  ",
    "==========\n----------\n" + " " * 61 + "x\n\n\n\n\t\t\t\tababababab aaaaaaaaa",
    "你好，世界！这是一个函数，用于排序。 naïve façade Ω≈ç√ Привет שלום",
    "👩‍👩‍👧‍👦 🇨🇳 e\u0301 \u200b\ufeff\x00\x01\x7f\u2028 ﬁ Ⅷ",
    "<s></s><unk><0x41><|user|>[gMASK]",
)


def read(folder: Path) -> Tokenizer:
    """Return the tokenizer of a folder whose tokenizer.model holds all tokens except those in its JSON files."""
    tokenizer = _converted(folder / "tokenizer.model")
    add_declared(tokenizer, folder)
    return tokenizer


def read_chatglm(folder: Path) -> Tokenizer:
    """Return the tokenizer of ChatGLM2, ChatGLM3 or CodeGeeX2, whose code adds control tokens after the pieces."""
    tokenizer = _converted(folder / "tokenizer.model")
    for number, name in enumerate(CHATGLM_CONTROL_TOKENS, start=tokenizer.get_vocab_size()):
        add_token(tokenizer, number, control_token(name))
    return tokenizer


def begins_with_space(folder: Path) -> bool:
    return read_piece_model(folder / "tokenizer.model").dummy_prefix


def _converted(path: Path) -> Tokenizer:
    model = read_piece_model(path)
    if model.removes_spaces or model.space_as_suffix or not model.escapes_spaces:
        raise ModelError(f"{path} changes the spaces in a text (it was not made for code), so it cannot be used")
    if len({piece.text for piece in model.pieces}) < len(model.pieces):
        raise ModelError(f"{path} contains a piece twice; download it again")
    if model.algorithm is Algorithm.BPE:
        tokenizer = _bpe(model)
    elif model.algorithm is Algorithm.UNIGRAM:
        tokenizer = _unigram(model)
    else:
        raise ModelError(f"{path} splits text into {model.algorithm.name.lower()}s; only BPE and unigram are supported")
    escape: normalizers.Normalizer = normalizers.Replace(" ", SPACE)
    if model.charsmap:
        escape = normalizers.Sequence([normalizers.Precompiled(model.charsmap), escape])
    tokenizer.normalizer = escape
    tokenizer.decoder = decoders.Sequence([decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()])
    for number, piece in enumerate(model.pieces):
        if _is_control(piece):
            add_token(tokenizer, number, control_token(piece.text))
        elif piece.kind is Kind.USER_DEFINED:
            # Such a piece may contain spaces, which are escaped before it is searched; no other rule applies to it.
            normalized = SPACE in piece.text or not model.charsmap
            add_token(tokenizer, number, AddedToken(piece.text, normalized=normalized))
    _compare(tokenizer, model, path)
    return tokenizer


def _is_control(piece: Piece) -> bool:
    """True for control tokens, including Code Llama's infilling tokens, which sentencepiece treats as ordinary
    pieces.
    """
    return piece.kind in {Kind.CONTROL, Kind.UNKNOWN} or (piece.kind is not Kind.BYTE and is_control(piece.text))


def _bpe(model: PieceModel) -> Tokenizer:
    vocabulary = {piece.text: number for number, piece in enumerate(model.pieces)}
    for byte in ASCII:
        # Older Gemma has pieces of tabs, but no tab, only its byte: a merge needs the character. The byte of an ASCII
        # character stands for nothing else.
        name = f"<0x{byte:02X}>"
        if chr(byte) not in vocabulary and name in vocabulary and model.pieces[vocabulary[name]].kind is Kind.BYTE:
            vocabulary[chr(byte)] = vocabulary.pop(name)
    ranks = {piece.text: -piece.score for piece in model.pieces if piece.kind is Kind.NORMAL and not _is_control(piece)}
    merges = [pair for pair in merges_of_ranks(ranks) if vocabulary.keys() >= set(pair)]
    unknown = next((piece.text for piece in model.pieces if piece.kind is Kind.UNKNOWN), None)
    return Tokenizer(
        models.BPE(vocab=vocabulary, merges=merges, unk_token=unknown, fuse_unk=True, byte_fallback=model.byte_fallback)
    )


def _unigram(model: PieceModel) -> Tokenizer:
    scores = [(piece.text, piece.score) for piece in model.pieces]
    unknown = next((number for number, piece in enumerate(model.pieces) if piece.kind is Kind.UNKNOWN), None)
    tokenizer = Tokenizer(models.Unigram(scores, unknown, model.byte_fallback))
    # `tokenizers` finds every piece in text, even control tokens and bytes: split their spelling after one character.
    hidden = [piece.text for piece in model.pieces if _is_control(piece) or piece.kind is Kind.BYTE]
    cut = "|".join(f"{re.escape(text[0])}(?={re.escape(text[1:])})" for text in hidden)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(cut), behavior="isolated")
    return tokenizer


def _compare(tokenizer: Tokenizer, model: PieceModel, path: Path) -> None:
    """Raise `ModelError` if sentencepiece encodes differently."""
    from sentencepiece import SentencePieceProcessor

    original = SentencePieceProcessor(model_file=str(path))
    pieces = [
        piece.text.replace(SPACE, " ")
        for piece in model.pieces
        if piece.kind in {Kind.NORMAL, Kind.USER_DEFINED} and not _is_control(piece)
    ]
    texts = [*PROBES, *pieces]
    before = " " if model.dummy_prefix else ""
    tokenizer.encode_special_tokens = True
    ours = tokenizer.encode_batch([before + text for text in texts], add_special_tokens=False)
    # Of equally likely splits, such as pieces of a run of spaces in another order, unigram may choose either.
    same = sorted if model.algorithm is Algorithm.UNIGRAM else list
    for text, encoding, expected in zip(texts, ours, original.encode(texts), strict=True):
        if same(encoding.ids) != same(expected):
            raise ModelError(
                f"{path} cannot be expressed exactly: {text!r} would be split differently from sentencepiece; "
                "put the checkpoint's tokenizer.json next to it, if its authors publish one"
            )
