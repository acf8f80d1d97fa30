"""How the text after the cursor is sent: in the API's own field, or by the model's control tokens.

Few servers support the field. llama.cpp and vLLM interpret control tokens in a prompt: the prompt is then the text that
the model was trained on, and the user's text must not contain one of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.prompt.family_table import FAMILIES, INFILLINGS, Infilling
from engine.prompt.templates import TEMPLATES
from engine.remote.pieces import split_by_marks

BY_FIELD, BY_NOTHING = "suffix", "none"
SPELLED = re.compile(r"<(?=[|｜][^\s|｜]{1,40}[|｜]>)")  # the control tokens of most models


@dataclass(frozen=True)
class InfillForm:
    """`template` and `tokens` are as in model.toml."""

    template: str
    tokens: Mapping[str, str] = field(default_factory=dict)
    infills: bool = True
    is_rendered: bool = True

    @property
    def marks(self) -> tuple[str, ...]:
        return tuple({**self.tokens, **TEMPLATES[self.template].tokens}.values())


def _with(template: str, prefix: str) -> Infilling:
    return next(each for each in INFILLINGS if each.template == template and each.tokens["prefix"] == prefix)


def _form(infilling: Infilling | None) -> InfillForm:
    assert infilling  # noqa: S101 - of a family below
    return InfillForm(infilling.template, infilling.tokens)


_FIELDS = {"prefix": "<prefix>", "suffix": "<suffix>"}
FORMS: dict[str, InfillForm] = {
    BY_FIELD: InfillForm("fim-suffix-first", _FIELDS, is_rendered=False),
    BY_NOTHING: InfillForm("plain", infills=False, is_rendered=False),
    "codegeex4": _form(FAMILIES["codegeex4"].infilling),
    "codegemma": _form(_with("fim-codegemma", "<|fim_prefix|>")),
    "codestral": _form(_with("fim-suffix-first", "[PREFIX]")),
    "deepseek-coder": _form(_with("fim-deepseek", "<｜fim▁begin｜>")),
    "qwen2.5-coder": _form(_with("fim-qwen", "<|fim_prefix|>")),
    "starcoder": _form(_with("fim", "<fim_prefix>")),
    "starcoder2": _form(_with("fim-starcoder2", "<fim_prefix>")),
}


def render_prompt(tokens: Sequence[int], marks: Sequence[str]) -> str:
    """Return a prompt as one text. A control token in the user's text is broken up by a space."""
    parts = []
    for mark, text in split_by_marks(tokens, marks):
        for each in marks:
            text = text.replace(each, f"{each[0]} {each[1:]}")  # noqa: PLW2901
        parts += [mark, SPELLED.sub("< ", text)]
    return "".join(parts)
