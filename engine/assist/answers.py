"""The code in an answer, and how it is adapted to its place."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from engine.languages import Language, language_of
from engine.text import with_lf

# Some models open the block after their last word: "Here it is: ```python".
FENCE = re.compile(r"^([ \t]*)(?:[^\n`]*[:：][ \t]*(?=`{3,}\w))?(`{3,}|~{3,})([^\n`]*)$")
MARKDOWN = frozenset({"markdown", "md", "mdx"})
END_OF_TRANSLATION = re.compile(
    r"\n(?:code translation|(?:Python|Java|C\+\+|JavaScript|Go|Rust|C|C#):)\s*(?:\n|\Z)|\n{3}"
)


def code_in(answer: str, language: Language) -> str:
    """Return the code of an answer: its longest block in `language`, else its longest block.

    An answer without a block is code as a whole: a model that is to answer with code alone may leave the fence out.
    """
    blocks = []
    for info, text in _blocks(answer):
        words = info.split()
        is_ours = bool(words) and language_of(words[0]).name == language.name
        blocks.append((is_ours, len(text), text))
    if blocks:
        return max(blocks)[2].rstrip("\n")
    return with_lf(answer).strip("\n")


def has_block(answer: str) -> bool:
    """True if the answer has a fenced block."""
    return next(_blocks(answer), None) is not None


def message_in(answer: str) -> str:
    """Return the commit message in an answer, without the fence that some models put around all of it."""
    lines = answer.strip().split("\n")
    fenced = len(lines) > 1 and FENCE.match(lines[0]) and lines[-1].strip() == lines[0].strip()[:3]
    return "\n".join(lines[1:-1] if fenced else lines).strip()


def _blocks(answer: str) -> Iterator[tuple[str, str]]:
    """Yield (info string, text) of each block; the last may be left open.

    The indentation of a fence tells whether it ends the block or belongs to the code, as in CommonMark 4.5. A fence
    that names a language opens a block within the block. A Markdown block ends with the answer's last fence.
    """
    lines = with_lf(answer).split("\n")
    at = 0
    while at < len(lines):
        opened = FENCE.match(lines[at])
        at += 1
        if not opened:
            continue
        indent, fence, info = opened.groups()
        closing = re.compile(rf"(?:{indent})? {{0,3}}{re.escape(fence)}[`~]*[ \t]*")
        if info.strip().lower() in MARKDOWN:
            end = next(
                (number for number in range(len(lines) - 1, at - 1, -1) if closing.fullmatch(lines[number])), None
            )
        else:
            end = _end_of_block(lines, at, fence, closing)
        text = "\n".join(line.removeprefix(indent) for line in lines[at:end])
        yield info.strip(), text
        at = len(lines) if end is None else end + 1


def _end_of_block(lines: list[str], begin: int, fence: str, closing: re.Pattern[str]) -> int | None:
    """Return the line that ends a block which begins on line `begin`; None if it is left open."""
    within = 0
    for number in range(begin, len(lines)):
        if closing.fullmatch(lines[number]):
            if not within:
                return number
            within -= 1
        elif (inner := FENCE.match(lines[number])) and inner[2].startswith(fence) and inner[3].strip():
            within += 1
    return None


def translation_ends(text: str) -> bool:
    """True if a model that continues a text has gone past the end of the translation."""
    return END_OF_TRANSLATION.search(text) is not None


def translation_in(text: str) -> str:
    """Return the translation in the text of a model that continues it."""
    ended = END_OF_TRANSLATION.search(text)
    return (text[: ended.start()] if ended else text).strip("\n")


def adapt_to_place(code: str, original: str) -> str:
    """Return `code` with the indentation, the blank lines around it and the last line end of `original`.

    Models return a method without the indentation of its class. A selection may begin with blank lines or with the end
    of the line above, and end in the indentation of a line that is not part of it.
    """
    blank = original[: len(original) - len(original.lstrip())]
    blank = blank[: blank.rfind("\n") + 1]
    body = original[len(blank) :]
    code = re.sub(r"\A(?:[ \t]*\n)+", "", code).rstrip()
    depth = _indentation(body)
    if _indentation(code) != depth:
        code = re.sub(r"(?m)^(?=[^\n]*\S)", depth, textwrap.dedent(code))
    if body[:1] not in (" ", "\t", ""):  # a selection that begins after the indentation
        code = code.lstrip(" \t")
    return blank + code + original[len(original.rstrip()) :]


def _indentation(text: str) -> str:
    """Return the indentation of the first line that is not blank."""
    lines = [line for line in text.split("\n") if line.strip()]
    return re.match(r"[ \t]*", lines[0])[0] if lines else ""  # type: ignore[index]
