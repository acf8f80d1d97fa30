"""What of an answer is its code, and where it goes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from engine.languages import Language, language_of
from engine.text import with_lf

# Some models open the block behind their last word: "Here it is: ```python".
FENCE = re.compile(r"^([ \t]*)(?:[^\n`]*[:：][ \t]*(?=`{3,}\w))?(`{3,}|~{3,})([^\n`]*)$")
MARKDOWN = frozenset({"markdown", "md", "mdx"})
END_OF_TRANSLATION = re.compile(
    r"\n(?:code translation|(?:Python|Java|C\+\+|JavaScript|Go|Rust|C|C#):)\s*(?:\n|\Z)|\n{3}"
)


def code_in(answer: str, language: Language) -> str:
    """The code of an answer: its longest block in `language`, else its longest block; all of it where it has no block.

    A model that is told to answer with code alone may leave the fence out. "" where there is nothing.
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
    return next(_blocks(answer), None) is not None


def message_in(answer: str) -> str:
    """A commit message, without the fence that some models put around the whole of it."""
    lines = answer.strip().split("\n")
    fenced = len(lines) > 1 and FENCE.match(lines[0]) and lines[-1].strip() == lines[0].strip()[:3]
    return "\n".join(lines[1:-1] if fenced else lines).strip()


def _blocks(answer: str) -> Iterator[tuple[str, str]]:
    """(what stands behind the fence, the text) of each block; the last may be left open.

    A fence in the code is told from the block's own end as CommonMark 4.5 has it, by its indentation. One that names a
    language opens a block within the block. Markdown has more of them: such a block ends with the answer's last fence.
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
    """The line that ends a block which begins on line `begin`; None where it is left open."""
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
    """Whether a model that continues a text has gone past the translation."""
    return END_OF_TRANSLATION.search(text) is not None


def translation_in(text: str) -> str:
    ended = END_OF_TRANSLATION.search(text)
    return (text[: ended.start()] if ended else text).strip("\n")


def like(code: str, original: str) -> str:
    """`code` as far indented as `original`, whose place it takes, between the same blank lines and line ends.

    Models give a method back without the indentation of its class. A selection may begin with blank lines or with the
    end of the line above, and end in the indentation of a line that it does not hold.
    """
    blank = original[: len(original) - len(original.lstrip())]
    blank = blank[: blank.rfind("\n") + 1]
    body = original[len(blank) :]
    code = re.sub(r"\A(?:[ \t]*\n)+", "", code).rstrip()
    depth = _indentation(body)
    if _indentation(code) != depth:
        code = re.sub(r"(?m)^(?=[^\n]*\S)", depth, textwrap.dedent(code))
    if body[:1] not in (" ", "\t", ""):  # a selection that begins behind the indentation
        code = code.lstrip(" \t")
    return blank + code + original[len(original.rstrip()) :]


def _indentation(text: str) -> str:
    """What all lines that are not blank begin with; of a selection's first line only where it holds its beginning."""
    lines = [line for line in text.split("\n") if line.strip()]
    return re.match(r"[ \t]*", lines[0])[0] if lines else ""  # type: ignore[index]
