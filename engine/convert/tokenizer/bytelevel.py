"""GPT-2's format: vocab.json and merges.txt over bytes, each byte represented by a printable character."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from engine.convert.tokenizer.added import add_declared, control_token, is_control
from engine.convert.tokenizer.files import read_bytes, read_json, read_json_if_there
from engine.types import ModelError

# The values of tokenizer_config.json's `tokenizer_class` that split text as GPT-2 does; None: there is none.
GPT2_CLASSES = frozenset({None, "GPT2Tokenizer", "CodeGenTokenizer", "RobertaTokenizer", "BartTokenizer"})
QWEN2_CLASS = "Qwen2Tokenizer"
QWEN2_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def read(folder: Path) -> Tokenizer:
    name = read_json_if_there(folder / "tokenizer_config.json").get("tokenizer_class")
    kind = name.removesuffix("Fast") if isinstance(name, str) else None
    if kind not in GPT2_CLASSES and kind != QWEN2_CLASS:
        raise ModelError(
            f"{folder}: it is not known how {name} splits text; put the checkpoint's tokenizer.json next to vocab.json"
        )
    tokenizer = read_vocabulary(folder)
    if kind == QWEN2_CLASS:
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = split_by(QWEN2_PATTERN)
    add_declared(tokenizer, folder)
    tokenizer.add_special_tokens([control_token(token) for token in sorted(tokenizer.get_vocab()) if is_control(token)])
    return tokenizer


def read_vocabulary(folder: Path) -> Tokenizer:
    """Return vocab.json and merges.txt, split as GPT-2 does, without added tokens."""
    vocabulary = read_json(folder / "vocab.json")
    read_bytes(folder / "merges.txt")
    if sorted(vocabulary.values()) != list(range(len(vocabulary))):
        raise ModelError(f"{folder / 'vocab.json'}: the ids are not 0 to {len(vocabulary) - 1}; download it again")
    try:
        model = models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt"))
    except Exception as fault:  # tokenizers raises bare Exception
        raise ModelError(f"{folder}: vocab.json and merges.txt do not match ({fault}): download both") from fault
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def split_by(pattern: str) -> pre_tokenizers.PreTokenizer:
    """Split text by an author's own pattern, then represent the bytes."""
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def byte_characters() -> list[str]:
    """Return the character for each byte: itself if it is printable, else the next one from U+0100 on."""
    prints = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in prints else chr(next(others)) for byte in range(0x100)]
