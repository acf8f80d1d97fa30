"""Reads a published tokenizer.json, and changes it to follow the rules of `engine.convert.tokenizer`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from engine.convert.tokenizer.added import is_control
from engine.convert.tokenizer.files import read_json
from engine.types import ModelError


def read(folder: Path) -> Tokenizer:
    path = folder / "tokenizer.json"
    table = read_json(path)
    _keep_spaces(table)
    # The template adds the tokens for beginning and end by id.
    table |= {"post_processor": None, "padding": None, "truncation": None}
    try:
        _mark_controls(table)
        return Tokenizer.from_str(json.dumps(table))
    except Exception as fault:  # tokenizers raises bare Exception
        raise ModelError(f"{path} cannot be read ({fault}): download it again") from fault


def begins_with_space(folder: Path) -> bool:
    table = read_json(folder / "tokenizer.json")
    return any(_prepends(part) for part in (*_parts(table, "normalizer"), *_parts(table, "pre_tokenizer")))


def _parts(table: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Yield the steps of a normalizer, pre_tokenizer or decoder, however they are nested."""
    part = table.get(name)
    if isinstance(part, dict):
        yield part
        for inner in part.values():
            if isinstance(inner, list):
                yield from (each for step in inner for each in _parts({name: step}, name))


def _prepends(part: dict[str, Any]) -> bool:
    if part.get("type") == "Prepend":
        return bool(part.get("prepend"))
    if part.get("type") == "Metaspace":
        return part.get("prepend_scheme", "always") != "never" and part.get("add_prefix_space") is not False
    return False


def _keep_spaces(table: dict[str, Any]) -> None:
    """Add no space before a text, and remove none from an answer."""
    for part in _parts(table, "normalizer"):
        if part.get("type") == "Prepend":
            part["prepend"] = ""
    for name in ("pre_tokenizer", "decoder"):
        for part in _parts(table, name):
            if part.get("type") == "Metaspace":
                part.pop("add_prefix_space", None)
                part["prepend_scheme"] = "never"
            elif part.get("type") == "Strip" and part.get("content") == " ":
                part["start"] = 0
            elif part.get("type") == "ByteLevel" and name == "pre_tokenizer":
                part["add_prefix_space"] = False


def _mark_controls(table: dict[str, Any]) -> None:
    """Make control tokens special that are published as text, and drop merges that build one from its spelling."""
    added = table.get("added_tokens") or []
    for token in added:
        token["special"] = token["special"] or is_control(token["content"])
    special = {token["content"] for token in added if token["special"]}
    merges = table.get("model", {}).get("merges")
    if isinstance(merges, list):  # of "left right", or of [left, right]
        made = [merge.replace(" ", "", 1) if isinstance(merge, str) else "".join(merge) for merge in merges]
        table["model"]["merges"] = [merge for merge, token in zip(merges, made, strict=True) if token not in special]
