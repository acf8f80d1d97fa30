"""What of an answer is its code, and where it goes."""

from __future__ import annotations

import re
import textwrap

from engine.languages import Language, language_of

FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})([^\n`]*)\n(.*?)(?:^[ \t]*\2[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
END_OF_TRANSLATION = re.compile(
    r"\n(?:code translation|(?:Python|Java|C\+\+|JavaScript|Go|Rust|C|C#):)\s*(?:\n|\Z)|\n{3}"
)


def code_in(answer: str, language: Language) -> str:
    """The code of an answer: its longest block in `language`, else its longest block; all of it where it has no block.

    A model that is told to answer with code alone may leave the fence out. "" where there is nothing.
    """
    blocks = []
    for indent, _, info, block in FENCE.findall(answer):
        words = info.strip().split()
        is_ours = bool(words) and language_of(words[0]).name == language.name
        text = re.sub(rf"(?m)^{indent}", "", block) if indent else block
        blocks.append((is_ours, len(text), text))
    if blocks:
        return max(blocks)[2].rstrip("\n")
    return answer.strip("\n")


def has_block(answer: str) -> bool:
    return FENCE.search(answer) is not None


def translation_ends(text: str) -> bool:
    """Whether a model that continues a text has gone past the translation."""
    return END_OF_TRANSLATION.search(text) is not None


def translation_in(text: str) -> str:
    ended = END_OF_TRANSLATION.search(text)
    return (text[: ended.start()] if ended else text).strip("\n")


def like(code: str, original: str) -> str:
    """`code` as far indented as `original`, whose place it takes, with its final line end or none.

    Models give a method back without the indentation of its class.
    """
    depth = _indentation(original)
    if _indentation(code) != depth:
        code = textwrap.indent(textwrap.dedent(code), depth)
    if original[:1] not in (" ", "\t", ""):  # a selection that begins behind the indentation
        code = code.lstrip(" \t")
    tail = original[len(original.rstrip("\n")) :]
    return code.rstrip("\n") + tail


def _indentation(text: str) -> str:
    """What all lines that are not blank begin with; of a selection's first line only where it holds its beginning."""
    lines = [line for line in text.split("\n") if line.strip()]
    return re.match(r"[ \t]*", lines[0])[0] if lines else ""  # type: ignore[index]
