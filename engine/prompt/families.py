"""Describes the prompts of a converted model for its model.toml, from what its checkpoint has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.prompt.chat import CHAT_FORMATS
from engine.prompt.family_table import FAMILIES, INFILLINGS, Family, Infilling
from engine.prompt.rendered_chat import ChatChoice, PublishedPrompts, choose_chat

HasToken = Callable[[str], bool]

# The keys of config.json that may hold the longest text in tokens; the first one found counts.
CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "seq_length", "n_ctx", "max_seq_len")
# Other names of families: `model_type` of config.json, and those of the converter.
ALIASES = {
    "codegeex": "codegeex-13b",
    "glm": "chatglm",
    "glm4": "chatglm",
    "gpt-bigcode": "starcoder",
    "gptj": "gpt-j",
    "xglm": "incoder",
    "gpt2": "codeparrot",
}
CHAT_WORDS = frozenset({"instruct", "chat", "it"})
CODE_LLAMA_INFILLING_ROWS = 32016  # of its embeddings; 34B and Python, which cannot infill, have 32000
NO_END = "nothing ends its answers: neither its files nor its family name a token for that"
NOTHING_PUBLISHED = PublishedPrompts()
CODEFUSE_SHAPE = (5120, 40)  # hidden_size, num_hidden_layers


@dataclass(frozen=True)
class PromptFacts:
    """What model.toml has of prompts. From `template` to `no_chat` it is the table `[prompt]`."""

    family: str
    capabilities: tuple[str, ...]  # a key of model.toml itself, as is the next
    context_length: int  # in tokens
    template: str
    begin: tuple[str, ...] = ()
    tokens: Mapping[str, str] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    begins_with_space: bool = False
    chat_template: str = ""
    translation: str = ""
    chat: Mapping[str, Any] = field(default_factory=dict)  # the fields that differ from those of `chat_template`
    no_chat: str = ""  # why a model with a chat template cannot chat
    licence: str = ""  # of most of the family's publications; "" if it is not known
    notice: str = ""  # for a user who fetches or converts the weights

    def table(self) -> dict[str, Any]:
        """Return the table `[prompt]`: strings, lists, two tables and a boolean. What is empty is left out."""
        table = {
            "template": self.template,
            "begin": list(self.begin),
            "tokens": dict(self.tokens),
            "stop": list(self.stop),
            "begins_with_space": self.begins_with_space,
            "chat_template": self.chat_template,
            "translation": self.translation,
            "chat": dict(self.chat),
            "no_chat": self.no_chat,
        }
        return {key: value for key, value in table.items() if value}


def describe_prompts(
    family: str,
    has_token: HasToken,
    config: Mapping[str, Any],
    *,
    name: str = "",
    begins_with_space: bool = False,
    published: PublishedPrompts = NOTHING_PUBLISHED,
) -> PromptFacts:
    """Return the prompts of a checkpoint.

    `family` is a name in `FAMILIES`, config.json's `model_type` or the converter's name; other families are recognised
    by their tokens. `has_token` is True for a token that the converted tokenizer has. `name` is the checkpoint's, maybe
    that of its folder: it may tell instruct from base and CodeGeeX2 from ChatGLM, as may config.json's `_name_or_path`.
    `begins_with_space` is True if the original tokenizer put a space before a text and the converted one does not.
    What the checkpoint's files say (`published`) counts more than what its family is known for.
    """
    names = (name, str(config.get("_name_or_path") or ""))
    called = " ".join(each.rstrip("/").rpartition("/")[2] for each in names).lower()
    kind = _find_family(family, has_token, config, called)
    traits = FAMILIES[kind]
    infilling = _find_infilling(kind, traits, has_token, config)
    begin = tuple(filter(has_token, traits.begin)) if published.begin is None else published.begin
    choice = choose_chat(published, traits.chat_template, begin, has_token)
    chat = choice or ChatChoice(traits.chat_template, {})
    stop = (*traits.stop, *published.end_tokens)
    stop = stop if infilling is None else (*stop, *infilling.stop, *infilling.tokens.values())
    stop = tuple(filter(has_token, dict.fromkeys((*stop, *_turn_ends(chat)))))
    wants_chat = _is_chat_model(traits, chat, published, config, called) and not has_token("<step>")
    no_chat = (chat.fault or ("" if stop else NO_END)) if wants_chat else ""
    chats = wants_chat and not no_chat
    translates = bool(traits.translation) or chats
    can = {"complete": True, "infill": infilling is not None, "chat": chats, "translate": translates}
    lengths = (config.get(key) for key in CONTEXT_KEYS)
    return PromptFacts(
        family=kind or family,
        capabilities=tuple(capability for capability, yes in can.items() if yes),
        context_length=next((length for length in lengths if isinstance(length, int)), traits.context_length),
        template=infilling.template if infilling else traits.alone,
        begin=begin,
        tokens=dict(infilling.tokens) if infilling else {},
        stop=stop,
        begins_with_space=begins_with_space,
        chat_template=chat.name if chats or choice is None else "",
        translation=traits.translation,
        chat=chat.changes if chats else {},
        no_chat=no_chat,
        licence=traits.licence,
        notice=traits.notice,
    )


def _turn_ends(chat: ChatChoice) -> tuple[str, ...]:
    """Return the control token that ends an answer, if there is one."""
    end = chat.end or (CHAT_FORMATS[chat.name].tokens.get("end", "") if chat.name in CHAT_FORMATS else "")
    return (end,) if end else ()


def _find_family(family: str, has_token: HasToken, config: Mapping[str, Any], called: str) -> str:
    kind = family.lower().replace("_", "-")
    kind = ALIASES.get(kind, kind)
    if kind == "chatglm":
        return _find_glm(has_token, called)
    if kind == "llama":
        if has_token("<｜fim▁begin｜>") or re.search(r"deepseek-?coder", called):
            return "deepseek-coder"
        is_code = has_token("▁<PRE>") or has_token("<PRE>") or re.search(r"code-?llama", called)
        return "code-llama" if is_code else "llama"
    if kind == "gpt-neox":
        if "codefuse" in called or (config.get("hidden_size"), config.get("num_hidden_layers")) == CODEFUSE_SHAPE:
            return "codefuse-13b"
        return "polycoder" if "polycoder" in called else kind
    if kind == "qwen2":
        if has_token("<fim_prefix>"):
            return "codeqwen1.5"
        if not has_token("<|fim_prefix|>"):
            return "qwen2"
        # Qwen2.5 has the tokens too, but only Coder was trained with them; a name without "qwen" decides nothing.
        return "qwen2.5" if "qwen" in called and "coder" not in called else "qwen2.5-coder"
    if kind == "qwen3":
        return "qwen3-coder" if "coder" in called else kind
    if kind == "gemma":
        return "codegemma" if has_token("<|fim_prefix|>") else kind
    if kind == "mistral":
        if has_token("[SUFFIX]"):
            return "codestral"
        return "mistral-v3" if has_token("[INST]") else kind
    return kind if kind in FAMILIES else ""


def _find_glm(has_token: HasToken, called: str) -> str:
    """Return the family: ChatGLM2/3 and CodeGeeX2 have sentencepiece, GLM-4 and CodeGeeX4 bytes; else names decide."""
    if has_token("▁"):
        return next((each for each in ("chatglm3", "chatglm2") if each in called), "codegeex2")
    return "glm-4" if re.search(r"glm-?4", called) and "codegeex" not in called else "codegeex4"


def _find_infilling(kind: str, traits: Family, has_token: HasToken, config: Mapping[str, Any]) -> Infilling | None:
    rows = config.get("vocab_size") or CODE_LLAMA_INFILLING_ROWS
    if not traits.infills or (kind == "code-llama" and rows < CODE_LLAMA_INFILLING_ROWS):
        return None
    wanted = INFILLINGS if traits.infilling is None else (traits.infilling,)
    return next((each for each in wanted if all(map(has_token, each.tokens.values()))), None)


def _is_chat_model(
    traits: Family, chat: ChatChoice, published: PublishedPrompts, config: Mapping[str, Any], called: str
) -> bool:
    """True if the checkpoint was trained to converse: by its family, its name, or the token that ends its answers.

    Authors publish a chat template with models that only complete, too.
    """
    words = set(re.findall(r"[a-z]+", called))
    if not (chat.name or chat.fault) or "base" in words:
        return False
    ends = config.get("eos_token_id")
    ends = ends if isinstance(ends, list) else [ends]
    return bool(
        traits.chats
        or words & CHAT_WORDS
        or (traits.chat_end_id is not None and traits.chat_end_id in ends)
        or (chat.end and chat.end in published.end_tokens)
    )
