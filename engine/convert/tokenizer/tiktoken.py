"""GLM-4 and CodeGeeX4: `tokenizer.model` is tiktoken's list of tokens, one `base64 rank` on each line."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from tokenizers import Tokenizer, decoders, models

from engine.convert.tokenizer.added import add_declared, add_token, control_token
from engine.convert.tokenizer.bytelevel import byte_characters, split_by
from engine.convert.tokenizer.files import read_bytes, read_json_if_there
from engine.convert.tokenizer.ranks import merges_of_ranks
from engine.types import ModelError

LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2} \d+\s")
# From GLM-4's published tokenization code.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# From there as well, in the order of their ids, which follow the ranks. A tokenizer_config.json may name others.
CONTROL_TOKENS = (
    *("<|endoftext|>", "[MASK]", "[gMASK]", "[sMASK]", "<sop>", "<eop>"),
    *("<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"),
    *("<|begin_of_image|>", "<|end_of_image|>", "<|begin_of_video|>", "<|end_of_video|>"),
)


def is_rank_file(path: Path) -> bool:
    """True for a list of ranks, False for a sentencepiece model, which has the same file name."""
    return LINE.match(read_bytes(path)) is not None


def read_glm4(folder: Path) -> Tokenizer:
    ranks = read_ranks(folder / "tokenizer.model")
    tokenizer = from_ranks(ranks, PATTERN)
    if read_json_if_there(folder / "tokenizer_config.json").get("added_tokens_decoder"):
        add_declared(tokenizer, folder)
    else:
        for number, name in enumerate(CONTROL_TOKENS, start=len(ranks)):
            add_token(tokenizer, number, control_token(name))
    return tokenizer


def read_ranks(path: Path) -> dict[bytes, int]:
    """Return tokens with their ranks, which are their ids. Raises `ModelError` unless these are 0, 1, 2 … and all
    bytes exist.
    """
    lines = [line.split() for line in read_bytes(path).splitlines()]
    try:
        ranks = {base64.b64decode(token, validate=True): int(rank) for token, rank in lines}
    except ValueError as fault:
        raise ModelError(
            f"{path}: a line is not a token in base64 and its rank ({fault}); download it again"
        ) from fault
    if sorted(ranks.values()) != list(range(len(ranks))):
        raise ModelError(f"{path}: the ranks are not 0 to {len(ranks) - 1}, each once; download it again")
    if lacking := [byte for byte in range(0x100) if bytes([byte]) not in ranks]:
        raise ModelError(f"{path}: {len(lacking)} of the 256 bytes are missing; download it again")
    return ranks


def from_ranks(ranks: dict[bytes, int], pattern: str) -> Tokenizer:
    """Return a tokenizer that encodes as tiktoken does: a piece of the pattern is a token if it is one, else it is
    merged.
    """
    characters = byte_characters()

    def spelled(token: bytes) -> str:
        return "".join(characters[byte] for byte in token)

    merges = [(spelled(left), spelled(right)) for left, right in merges_of_ranks(ranks)]
    vocabulary = {spelled(token): rank for token, rank in ranks.items()}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=True))
    tokenizer.pre_tokenizer = split_by(pattern)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer
