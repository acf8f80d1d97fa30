"""The tokenizer in a GGUF file, written as the files that authors publish, which `engine.convert.tokenizer` reads.

Two kinds: byte-level BPE ("gpt2"), for which a name tells how text is split before merging; and sentencepiece
("llama"), whose pieces have scores.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.convert.tokenizer.bytelevel import QWEN2_PATTERN
from engine.convert.tokenizer.tiktoken import PATTERN as GLM_4_PATTERN
from engine.types import ModelError

NORMAL, CONTROL, USER_DEFINED = 1, 3, 4  # of `tokenizer.ggml.token_type`
MAX_TYPE = 6
TEKKEN_PATTERN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def _split(pattern: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def _byte_level(*, splits: bool) -> dict[str, Any]:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": splits}


_DIGITS = {"type": "Digits", "individual_digits": True}
_GPT_2 = [_byte_level(splits=True)]
_STARCODER = [_DIGITS, *_GPT_2]
_QWEN_2 = [_split(QWEN2_PATTERN), _byte_level(splits=False)]
_LLAMA_3 = [_split(GLM_4_PATTERN), _byte_level(splits=False)]  # the same pattern
_DEEPSEEK_CODER = [
    *map(_split, ("[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[一-龥ࠀ-一가-퟿]+")),
    _DIGITS,
    _byte_level(splits=False),
]
# How text is split, by `tokenizer.ggml.pre`.
SPLITS: Mapping[str, list[dict[str, Any]]] = {
    **dict.fromkeys(("gpt-2", "gpt2", "phi-2", "olmo"), _GPT_2),
    **dict.fromkeys(("starcoder", "smollm", "refact", "codeshell"), _STARCODER),
    **dict.fromkeys(("qwen2", "deepseek-r1-qwen"), _QWEN_2),
    **dict.fromkeys(("llama-bpe", "llama3", "llama-v3", "chatglm-bpe", "glm4"), _LLAMA_3),
    "deepseek-coder": _DEEPSEEK_CODER,
    "tekken": [_split(TEKKEN_PATTERN), _byte_level(splits=False)],
}
# A piece of text that is a token is not merged again.
WHOLE_PIECES = frozenset({"llama-bpe", "llama3", "llama-v3", "chatglm-bpe", "glm4", "tekken"})
NORMALIZED = frozenset({"qwen2", "deepseek-r1-qwen"})
BEGINS_BY_DEFAULT = frozenset({"llama-bpe", "llama3", "llama-v3", "tekken"})


def write_tokenizer(metadata: Mapping[str, Any], folder: Path, path: Path) -> list[int]:
    """Write a tokenizer's files and the configurations next to it to `folder`; return the ids of the end tokens.

    Raises `ModelError` if the tokenizer is of an unknown kind, or its lists do not fit one another; `path` is for
    messages.
    """

    def get(key: str) -> Any:
        return metadata.get(f"tokenizer.ggml.{key}")

    tokens, types = get("tokens"), get("token_type")
    fits = isinstance(tokens, list) and isinstance(types, list) and len(tokens) == len(types)
    if not fits or not all(isinstance(each, str) for each in tokens) or not set(types) <= set(range(MAX_TYPE + 1)):
        raise ModelError(f"{path}: the lists of its tokens are missing or damaged; take another file of the model")
    if len(set(tokens)) < len(tokens):
        raise ModelError(f"{path}: its tokenizer has a token twice; take another file of the model")
    kind, pre = get("model"), str(get("pre"))
    if kind == "gpt2":
        if pre not in SPLITS:
            raise ModelError(
                f"{path}: it is not known how its tokenizer {pre[:60]!r} splits text; convert the original"
            )
        _write_bpe(tokens, types, get("merges"), pre, folder / "tokenizer.json")
    elif kind == "llama":
        _write_pieces(tokens, types, get("scores"), get("add_space_prefix") is not False, folder / "tokenizer.model")
    else:
        raise ModelError(f"{path}: its tokenizer is of the kind {kind!r:.60}, which cannot be converted")

    def token(key: str) -> str | None:
        number = get(f"{key}_token_id")
        return tokens[number] if isinstance(number, int) and 0 <= number < len(tokens) else None

    adds = get("add_bos_token")
    options = {
        "bos_token": token("bos"),
        "eos_token": token("eos"),
        "unk_token": token("unknown"),
        "add_bos_token": adds if isinstance(adds, bool) else kind == "llama" or pre in BEGINS_BY_DEFAULT,
        "chat_template": metadata.get("tokenizer.chat_template"),
    }
    ends = [get(f"{name}_token_id") for name in ("eos", "eot", "eom")]
    ids = [each for each in ends if isinstance(each, int) and 0 <= each < len(tokens)]
    _write(folder / "tokenizer_config.json", {key: value for key, value in options.items() if value is not None})
    _write(folder / "generation_config.json", {"eos_token_id": list(dict.fromkeys(ids))})
    return ids


def _write_bpe(tokens: list[str], types: list[int], merges: object, pre: str, path: Path) -> None:
    added = [
        {
            "id": number,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": kind == CONTROL,
        }
        for number, (token, kind) in enumerate(zip(tokens, types, strict=True))
        if kind in {CONTROL, USER_DEFINED}
    ]
    model = {
        "type": "BPE",
        "vocab": {token: number for number, token in enumerate(tokens)},
        "merges": merges if isinstance(merges, list) else [],
        "ignore_merges": pre in WHOLE_PIECES,
        "byte_fallback": False,
        "fuse_unk": False,
    }
    table = {
        "version": "1.0",
        "added_tokens": added,
        "normalizer": {"type": "NFC"} if pre in NORMALIZED else None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": SPLITS[pre]},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": model,
    }
    _write(path, table)


def _write_pieces(tokens: list[str], types: list[int], scores: object, adds_space: bool, path: Path) -> None:  # noqa: FBT001
    """Write sentencepiece's file: pieces (field 1), how it was trained (2), how text is normalised (3)."""
    known = scores if isinstance(scores, list) and len(scores) == len(tokens) else []
    if not all(isinstance(each, float) for each in known) or len(known) < len(tokens):
        raise ModelError(f"{path}: the scores of its tokens are missing or damaged; take another file of the model")
    pieces = b"".join(
        _field(1, _field(1, token.encode()) + b"\x15" + struct.pack("<f", score) + _number(3, kind or NORMAL))
        for token, kind, score in zip(tokens, types, known, strict=True)
    )
    trainer = _number(3, 2) + _number(35, int("<0x00>" in set(tokens)))  # BPE, with bytes for what has no piece
    normalizer = _field(1, b"identity") + _number(3, int(adds_space)) + _number(4, 0) + _number(5, 1)
    path.write_bytes(pieces + _field(2, trainer) + _field(3, normalizer))


def _field(number: int, content: bytes) -> bytes:
    """Return a field of Protocol Buffers with its length."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _write(path: Path, table: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")
