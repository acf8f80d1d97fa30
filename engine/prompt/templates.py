"""What a model reads, verbatim to what it was trained on: a template is a function from contents to parts.

`codegeex4-infill`: CodeGeeX4's infilling guideline, suffix first, so that typing only appends to the prompt.
`fim`: prefix, suffix, middle around the control tokens that `model.toml` names (StarCoder, Qwen, DeepSeek, CodeGemma).
`prefix`: a base model that cannot infill (CodeGeeX-13B, CodeGeeX2): the language tag, then code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.languages import Language
from engine.types import Mode, ModelError


@dataclass(frozen=True)
class Part:
    """A run of text, or one control token. Text never becomes a control token, whatever it spells."""

    text: str
    control: bool = False


@dataclass(frozen=True)
class Contents:
    """What goes into a prompt. `references` are (path, text), the most valuable last, nearest to the cursor."""

    path: str
    language: Language
    mode: Mode
    prefix: str
    suffix: str
    references: tuple[tuple[str, str], ...] = ()


Template = Callable[[Contents, Mapping[str, str]], tuple[Part, ...]]


def _control(text: str) -> Part:
    return Part(text, control=True)


def codegeex4_reference(path: str, text: str) -> tuple[Part, ...]:
    return (_control("###REFERENCE:"), Part("\n"), _control("###PATH:"), Part(f"{path}\n{text}\n"))


def codegeex4_infill(contents: Contents, _tokens: Mapping[str, str]) -> tuple[Part, ...]:
    references = (part for path, text in contents.references for part in codegeex4_reference(path, text))
    return (
        _control("[gMASK]"),
        _control("<sop>"),
        _control("<|user|>"),
        Part("\n"),
        *references,
        _control("###PATH:"),
        Part(f"{contents.path}\n"),
        _control("###LANGUAGE:"),
        Part(f"{contents.language.name}\n"),
        _control("###MODE:"),
        Part(f"{contents.mode.value}\n"),
        _control("<|code_suffix|>"),
        Part(contents.suffix),
        _control("<|code_prefix|>"),
        Part(contents.prefix),
        _control("<|code_middle|>"),
        _control("<|assistant|>"),
        Part("\n"),
    )


def fim(contents: Contents, tokens: Mapping[str, str]) -> tuple[Part, ...]:
    if missing := {"prefix", "suffix", "middle"} - tokens.keys():
        raise ModelError(
            f"model.toml: [prompt.tokens] lacks {', '.join(sorted(missing))}, which the fim template needs"
        )
    return (
        *([_control(tokens["begin"])] if "begin" in tokens else []),
        _control(tokens["prefix"]),
        Part(_quoted(contents) + contents.prefix),
        _control(tokens["suffix"]),
        Part(contents.suffix),
        _control(tokens["middle"]),
    )


def prefix_only(contents: Contents, tokens: Mapping[str, str]) -> tuple[Part, ...]:
    comment = contents.language.line_comment
    tag = f"{comment} language: {contents.language.name}\n" if contents.language.name else ""
    begin = (_control(tokens["begin"]),) if "begin" in tokens else ()
    return (*begin, Part(tag + _quoted(contents) + contents.prefix))


def _quoted(contents: Contents) -> str:
    """References as comments, for models that know no other form."""
    comment = contents.language.line_comment
    return "".join(
        "".join(f"{comment} {line}\n" for line in [f"Path: {path}", *text.split("\n")])
        for path, text in contents.references
    )


TEMPLATES: dict[str, Template] = {"codegeex4-infill": codegeex4_infill, "fim": fim, "prefix": prefix_only}


def find_template(name: str, can_infill: bool) -> Template:  # noqa: FBT001
    """The template `model.toml` names. A model that cannot infill gets the prefix alone."""
    if name not in TEMPLATES:
        raise ModelError(f"model.toml: unknown prompt template {name!r}; known are {', '.join(TEMPLATES)}")
    return TEMPLATES[name] if can_infill else prefix_only
