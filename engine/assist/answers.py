"""What is taken from an answer: a commit message, a translation, and code as it fits into its place."""

from __future__ import annotations

import re
import textwrap

from engine.assist.blocks import FENCE
from engine.assist.thoughts import without_thoughts
from engine.text import with_lf

END_OF_TRANSLATION = re.compile(
    r"\n(?:code translation|(?:Python|Java|C\+\+|JavaScript|Go|Rust|C|C#):)\s*(?:\n|\Z)|\n{3}"
)


MAX_MESSAGE_LINES = 60
_DIFF_LINE = re.compile(r"^(?:diff --git |--- a/|\+\+\+ b/|@@ -\d|index [0-9a-f]{7,}\.\.)", re.MULTILINE)
_ANNOUNCED = re.compile(r"\A[^\n`]{0,120}[:：]\s*\n+(?=(`{3,}|~{3,})[^\n]*\n.*\n\1\s*\Z)", re.DOTALL)


def message_in(answer: str) -> str:
    """Return the commit message in an answer, without thoughts, and without a fence around all of it."""
    text = _ANNOUNCED.sub("", without_thoughts(with_lf(answer)).strip())
    lines = text.split("\n")
    fenced = len(lines) > 1 and FENCE.match(lines[0]) and lines[-1].strip() == lines[0].strip()[:3]
    return "\n".join(lines[1:-1] if fenced else lines).strip()


def why_no_message(message: str) -> str:
    """Return the key of the sentence that says why a text is no commit message, or "" if it may be one."""
    if not message:
        return "message_empty"
    if _DIFF_LINE.search(message):
        return "message_is_diff"
    if message.count("\n") >= MAX_MESSAGE_LINES:
        return "message_too_long"
    fences = sum(FENCE.match(line) is not None for line in message.split("\n"))
    return "message_open" if fences % 2 else ""


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
