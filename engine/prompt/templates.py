"""The prompts for completion, verbatim to what models were trained on. `model.toml` names the template and its tokens.

Sources: CodeGeeX4's infilling guideline (suffix first, so that typing only appends to the prompt); CodeGeeX's and
CodeGeeX2's language tags; the StarCoder2 paper, section 5.1; the READMEs of Qwen2.5-Coder and DeepSeek-Coder;
`infilling_prompt_tokens` of Code Llama; `encode_fim` of mistral-common; CodeGemma's and InCoder's examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.languages import Language
from engine.model.folder import ModelDescription
from engine.model.protocol import Tokenizer
from engine.prompt.layout import Part, Writer, control_names, encode
from engine.types import Mode, ModelError


@dataclass(frozen=True)
class Contents:
    """What goes into a prompt."""

    path: str  # relative to the folder that `repository` names
    language: Language
    mode: Mode
    prefix: str
    suffix: str
    references: tuple[tuple[str, str], ...] = ()  # (path, text), the most valuable last, nearest to the cursor
    repository: str = ""


@dataclass(frozen=True)
class Template:
    """A prompt in the notation of `engine.prompt.layout`."""

    prompt: str  # for models trained on one file at a time; `{quoted}` has the references as comments
    prompt_with_references: str = ""  # for models trained on several files at once
    reference: str = ""  # in it, once for each
    tokens: Mapping[str, str] = field(default_factory=dict)  # control tokens that are the same in each model


_CODEGEEX4_TOKENS = {
    "mask": "[gMASK]",
    "sop": "<sop>",
    "user": "<|user|>",
    "reference": "###REFERENCE:",
    "path": "###PATH:",
    "language": "###LANGUAGE:",
    "mode": "###MODE:",
    "suffix": "<|code_suffix|>",
    "prefix": "<|code_prefix|>",
    "middle": "<|code_middle|>",
    "assistant": "<|assistant|>",
}
_FIM = "<begin><prefix>{space}{quoted}{prefix}<suffix>{suffix}<middle>"

TEMPLATES: dict[str, Template] = {
    "codegeex4-infill": Template(
        "<mask><sop><user>\n{references}<path>{path}\n<language>{language}\n<mode>{mode}\n"
        "<suffix>{suffix}<prefix>{prefix}<middle><assistant>\n",
        reference="<reference>\n<path>{path}\n{text}\n",
        tokens=_CODEGEEX4_TOKENS,
    ),
    # StarCoder, Code Llama, and all that have no form of their own for other files.
    "fim": Template(_FIM),
    # Codestral, which has no token in the middle.
    "fim-suffix-first": Template("<begin><suffix>{suffix}<prefix>{space}{quoted}{prefix}<middle?>"),
    "fim-qwen": Template(
        _FIM,
        "<begin><repository>{repository}\n{references}<file>{path}\n<prefix>{prefix}<suffix>{suffix}<middle>",
        "<file>{path}\n{text}\n",
    ),
    "fim-starcoder2": Template(
        _FIM,
        "<begin><repository>{repository}{references}<file><prefix>{path}\n{prefix}<suffix>{suffix}<middle>",
        "<file>{path}\n{text}\n",
    ),
    "fim-codegemma": Template(
        _FIM,
        "<begin>{references}{path}\n<prefix>{prefix}<suffix>{suffix}<middle>",
        "{path}\n{text}\n<file>",
    ),
    "fim-deepseek": Template(
        _FIM,
        "<begin><prefix>{references}{path_comment}\n{prefix}<suffix>{suffix}<middle>",
        "{path_comment}\n{text}\n\n",
    ),
    # InCoder: the first sentinel marks the gap, the second the end, and the first one again asks for what is missing.
    "sentinels": Template("<begin>{space}{quoted}{prefix}<first>{suffix}<second><first>"),
    # Models that cannot infill: CodeGeeX and CodeGeeX2, which know language tags, and those that do not.
    "prefix": Template("<begin>{space}{tag}{quoted}{prefix}"),
    "plain": Template("<begin>{space}{quoted}{prefix}"),
}


def prompt_parts(description: ModelDescription, contents: Contents) -> tuple[Part, ...]:
    """Return the parts of a model's prompt. A model that cannot infill gets the text before the cursor alone.

    Raises `ModelError` if model.toml names no known template, or not all its tokens.
    """
    template = _template(description)
    named = {**description.control_tokens, **template.tokens}
    tokens = {"begin": description.begin, **{name: (token,) for name, token in named.items()}}
    layout = (contents.references and template.prompt_with_references) or template.prompt
    if missing := control_names(layout + template.reference) - tokens.keys():
        lacking = ", ".join(sorted(missing))
        raise ModelError(
            f"model.toml: [prompt.tokens] lacks {lacking}, which the template {description.template!r} needs"
        )
    language = contents.language
    references = Writer(tokens)
    for path, text in contents.references:
        slots = {"path": path, "text": text, "path_comment": language.comment(path)}
        references.write(template.reference, slots)
    writer = Writer(tokens, begins_with_space=description.begins_with_space)
    writer.write(
        layout,
        {
            "path": contents.path,
            "path_comment": language.comment(contents.path),
            "repository": contents.repository,
            "language": language.name,
            "mode": contents.mode.value,
            "tag": f"{language.tag}\n" if language.tag else "",
            "references": references.parts(),
            "quoted": _quoted(contents),
            "prefix": contents.prefix,
            "suffix": contents.suffix,
        },
    )
    return writer.parts()


@dataclass(frozen=True)
class PromptEncoder:
    """Turns contents into a model's prompts."""

    description: ModelDescription
    tokenizer: Tokenizer

    @property
    def can_infill(self) -> bool:
        """True if the model sees the suffix."""
        return "infill" in self.description.capabilities

    def parts(self, contents: Contents) -> tuple[Part, ...]:
        """Return the parts of the prompt. Raises `ModelError` as `prompt_parts` does."""
        return prompt_parts(self.description, contents)

    def encode(self, contents: Contents) -> list[int]:
        """Return the token ids of the prompt. Raises `ModelError` as `prompt_parts` does."""
        return encode(self.tokenizer, self.parts(contents))


def _template(description: ModelDescription) -> Template:
    if description.template not in TEMPLATES:
        known = ", ".join(TEMPLATES)
        raise ModelError(f"model.toml: unknown prompt template {description.template!r}; known are {known}")
    template = TEMPLATES[description.template]
    infills = "{suffix}" in template.prompt
    return TEMPLATES["prefix"] if infills and "infill" not in description.capabilities else template


def _quoted(contents: Contents) -> str:
    """Return references as comments, for models that know no other form."""
    return "".join(
        f"{contents.language.comment(line)}\n"
        for path, text in contents.references
        for line in (f"Path: {path}", *text.split("\n"))
    )
