"""What the files of a checkpoint say of its prompts: end tokens, begin token, chat template.

Each file is optional, and may say anything: what is not of the expected type is treated as missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.convert.chat_template import render_conversations
from engine.convert.tokenizer.files import read_json_if_there
from engine.prompt.rendered_chat import PublishedPrompts

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END_KEY = "eos_token_id"


def read_published_prompts(folder: Path, config: Mapping[str, Any], tokenizer: Tokenizer) -> PublishedPrompts:
    """Return what config.json and the files next to it say. `tokenizer` is the converted one.

    Raises `ModelError` for a file that is no JSON object.
    """
    generation = read_json_if_there(folder / "generation_config.json")
    options = read_json_if_there(folder / "tokenizer_config.json")
    ids = [*_numbers(config.get(END_KEY)), *_numbers(generation.get(END_KEY))]
    ends = [tokenizer.id_to_token(number) for number in ids if number < tokenizer.get_vocab_size()]
    ends.append(_content(options.get("eos_token")))
    template = _chat_template(folder, options)
    tokens = {name: _content(value) for name, value in options.items() if name.endswith("_token")}
    return PublishedPrompts(
        end_tokens=tuple(dict.fromkeys(token for token in ends if token and tokenizer.token_to_id(token) is not None)),
        begin=_begin(folder, options, tokenizer),
        special_tokens=tuple(token.content for token in tokenizer.get_added_tokens_decoder().values() if token.special),
        chat_template=template,
        # Without the model's thinking: the user is waiting in the editor.
        rendered=render_conversations(template, {**tokens, "enable_thinking": False}) if template else None,
    )


def _chat_template(folder: Path, options: Mapping[str, Any]) -> str:
    """Return the chat template, from a file of its own or from tokenizer_config.json; "" if there is none."""
    own = folder / "chat_template.jinja"
    if own.is_file():
        return own.read_text(encoding="utf-8", errors="replace")
    found = read_json_if_there(folder / "chat_template.json").get("chat_template", options.get("chat_template"))
    if isinstance(found, list):  # of named templates
        named = {each.get("name"): each.get("template") for each in found if isinstance(each, dict)}
        found = named.get("default")
    return found if isinstance(found, str) else ""


def _begin(folder: Path, options: Mapping[str, Any], tokenizer: Tokenizer) -> tuple[str, ...] | None:
    """Return the tokens that the original tokenizer puts before every text; None if its files do not say."""
    bos = _content(options.get("bos_token"))
    adds = options.get("add_bos_token")
    if isinstance(adds, bool):
        found = [bos] if adds else []
    else:
        processor = read_json_if_there(folder / "tokenizer.json").get("post_processor")
        found = [token for each in _processors(processor) for token in _first_tokens(each)]
        if not found:
            return None
    return tuple(token for token in found if tokenizer.token_to_id(token) is not None)


def _processors(processor: object) -> Iterator[Mapping[str, Any]]:
    """Yield the steps of a tokenizer.json's post-processor."""
    if isinstance(processor, dict):
        yield processor
        inner = processor.get("processors")
        for each in inner if isinstance(inner, list) else []:
            yield from _processors(each)


def _first_tokens(processor: Mapping[str, Any]) -> Iterator[str]:
    """Yield the tokens before the text in a template such as `[{"SpecialToken": …}, {"Sequence": …}]`."""
    single = processor.get("single")
    for each in single if isinstance(single, list) else []:
        special = each.get("SpecialToken") if isinstance(each, dict) else None
        if not isinstance(special, dict):
            return
        yield str(special.get("id"))


def _numbers(value: object) -> list[int]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, int) and not isinstance(each, bool) and each >= 0]


def _content(value: object) -> str:
    """Return a token that is published as a string or as an object."""
    found = value.get("content") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""
