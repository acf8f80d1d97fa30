"""Finds the comment that ends at a cursor."""

from __future__ import annotations

from engine.document import Cursor
from engine.postprocess.draft import Surroundings
from engine.postprocess.indentation import simulate_enter
from engine.postprocess.lexer import events, open_at_end
from engine.text import LF, indentation_of


def ends_comment(cursor: Cursor) -> bool:
    """True if a comment or a doc comment ends at the cursor, on a line of its own or after code."""
    ends = ("*/", '"""', "'''", cursor.language.comment_end or "*/")
    line = cursor.line_before.strip()
    return bool(line_comment_before(cursor)) or (line.endswith(ends) and not _is_open(cursor))


def line_comment_before(cursor: Cursor) -> str:
    """Return the comment to the end of the line in which the cursor is, from its mark to the cursor; "" if in none."""
    line, language = cursor.line_before, cursor.language
    if language.comment_end:
        return ""
    above = cursor.prefix[: len(cursor.prefix) - len(line)]
    start, stack = 0, open_at_end(above, language)[0]
    for event in events(line, language, stack):
        start, stack = event.start, event.stack
    return line[start:] if stack[-1:] == (language.line_comment,) else ""


def enter_after_comment(cursor: Cursor) -> tuple[str, str]:
    """Return what Enter inserts after the comment at the cursor: (before the cursor, after it).

    It is indented as after the code before the comment: one step deeper below `if x:  # ready`; or as the line that
    begins the comment, which ` */` is not.
    """
    if begins := _block_comment_before(cursor):
        return f"{LF}{indentation_of(begins)}", ""
    code = cursor.before_typing(line_comment_before(cursor))
    return simulate_enter(Surroundings(code if code.line_before.strip() else cursor))


def _block_comment_before(cursor: Cursor) -> str:
    """Return the lines of the comment over several lines that ends at the cursor, from its first line on; or ""."""
    start = cursor.prefix.rfind("/*")
    if start < 0 or not cursor.line_before.rstrip().endswith("*/") or LF not in cursor.prefix[start:]:
        return ""
    return cursor.prefix[cursor.prefix.rfind(LF, 0, start) + 1 :]


def _is_open(cursor: Cursor) -> bool:
    """True if the mark at the cursor begins a doc comment that goes on below."""
    stack = open_at_end(cursor.prefix, cursor.language)[0]
    return stack[-1:] in {('"""',), ("'''",)}
