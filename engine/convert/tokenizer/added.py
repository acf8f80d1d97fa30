"""Tokens that are added to the vocabulary: their ids, and which of them are control tokens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer

from engine.convert.tokenizer.files import read_json_if_there
from engine.types import ModelError

# Some authors publish control tokens as text: Qwen's, DeepSeek's and Code Llama's infilling tokens, Gemma's turns. HTML
# tags, runs of spaces and single letters, which others add as tokens, are text.
CONTROL_SPELLING = re.compile(r"<[|｜].+[|｜]>|</?[a-z]+(_[a-z]+)+>|▁?<(PRE|SUF|MID|EOT)>|<step>")


def is_control(content: str) -> bool:
    """True if the spelling is that of a control token, even though it is not declared special."""
    return CONTROL_SPELLING.fullmatch(content) is not None


def add_token(tokenizer: Tokenizer, number: int, token: AddedToken) -> None:
    """Add `token` with the id `number`, or set the flags of the token with this name and id.

    `tokenizers` assigns ids in order: a gap is filled with unused control tokens.
    """
    known = tokenizer.token_to_id(token.content)
    size = tokenizer.get_vocab_size()
    if known != number and (known is not None or number < size):
        taken = tokenizer.id_to_token(number) if known is None else f"also token {known}"
        raise ModelError(
            f"token {number} is to be {token.content!r}, but that is {taken}; the tokenizer's files disagree"
        )
    if known is None:
        tokenizer.add_special_tokens([control_token(f"<|unused_{gap}|>") for gap in range(size, number)])
    if token.special:
        tokenizer.add_special_tokens([token])
    else:
        tokenizer.add_tokens([token])


def control_token(content: str) -> AddedToken:
    return AddedToken(content, special=True, normalized=False)


def add_declared(tokenizer: Tokenizer, folder: Path) -> None:
    """Add the tokens that added_tokens.json, tokenizer_config.json and special_tokens_map.json declare."""
    config = read_json_if_there(folder / "tokenizer_config.json")
    special = _special_names(config) | _special_names(read_json_if_there(folder / "special_tokens_map.json"))
    try:
        declared: dict[int, AddedToken] = {
            int(number): _token({"content": content}, special)
            for content, number in read_json_if_there(folder / "added_tokens.json").items()
        }
        decoder = config.get("added_tokens_decoder") or {}
        declared |= {int(number): _token(flags, special) for number, flags in decoder.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise ModelError(f"{folder}: the added tokens that its JSON files name are damaged ({fault!r})") from fault
    for number, token in sorted(declared.items(), key=lambda item: item[0]):
        add_token(tokenizer, number, token)
    known = sorted(name for name in special if tokenizer.token_to_id(name) is not None)
    tokenizer.add_special_tokens([control_token(name) for name in known])


def _token(flags: dict[str, Any], special: set[str]) -> AddedToken:
    content = flags["content"]
    return AddedToken(
        content,
        single_word=bool(flags.get("single_word")),
        lstrip=bool(flags.get("lstrip")),
        rstrip=bool(flags.get("rstrip")),
        normalized=False,
        special=bool(flags.get("special")) or content in special or is_control(content),
    )


def _special_names(table: dict[str, Any]) -> set[str]:
    """Return the names under `bos_token`, `additional_special_tokens` and so on: strings, objects or lists of them."""
    found = [value for key, value in table.items() if key.endswith(("_token", "special_tokens"))]
    flat = [each for value in found for each in (value if isinstance(value, list) else [value])]
    names = [each.get("content") if isinstance(each, dict) else each for each in flat]
    return {name for name in names if isinstance(name, str) and name}
