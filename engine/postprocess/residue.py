"""Filters for what is not code: the template's tokens, fences, white space, comments without content."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.postprocess.draft import Draft, NothingToShow
from engine.postprocess.lexer import CLOSER_OF
from engine.postprocess.suffix import needs_blank_before
from engine.text import indentation_of, is_word_character
from engine.types import Mode

TEMPLATE_TOKEN = re.compile(
    r"<\|[a-z_▁]+\|>|<｜[a-z▁]+｜>|<(?:fim_\w+|file_sep|EOT|PRE|SUF|MID)>|▁<(?:EOT|PRE|SUF|MID)>"
    r"|###(?:REFERENCE|PATH|LANGUAGE|MODE):|\[gMASK\]|\ufffd"
)
BLANKS = " \t"
FENCE = re.compile(r"^[ \t]*`{3,}[^\n`]*$", re.MULTILINE)
BARE_COMMENT = re.compile(r"/{2,3}!?|#+|/?\*+/?|--|;+|%+|\"{3}|'{3}|<!--(?:\s*-->)?")
OPERATORS = frozenset({
    "*/", "/*", "//", "->", "=>", "==", "!=", "<=", ">=", "+=", "-=", "&&", "||", "::", "++", "--",
    "</", "/>", "?.", "??", ":=", "<-", "..", "<<", ">>",
})  # fmt: skip
FENCED = frozenset({"markdown", "rmd", "restructuredtext", "plaintext", "latex", "tex"})


def cut_template_tokens(draft: Draft) -> Draft:
    """Cut before a control token spelled as text, or half a character: what follows is not code."""
    match = TEMPLATE_TOKEN.search(draft.text)
    return replace(draft, text=draft.text[: match.start()]) if match else draft


def unwrap_fence(draft: Draft) -> Draft:
    """Drop the fence that models wrap code in if they have read much Markdown; the next one ends the text.

    After a line that is whole, as a comment, the code goes on a line of its own.
    """
    if draft.cursor.language.id in FENCED or _is_in_long_text(draft) or not (match := FENCE.search(draft.text)):
        return draft
    text = draft.text
    if not text[: match.start()].strip():
        begins_line = "\n" in text[: match.start()] or _ends_line(draft)
        text = text[match.end() :].removeprefix("\n")
        if begins_line:
            own = indentation_of(text) or indentation_of(draft.cursor.line_before)
            text = f"\n{own}{text.lstrip(BLANKS)}"
        match = FENCE.search(text)
    return replace(draft, text=text[: match.start()] if match else text)


def _is_in_long_text(draft: Draft) -> bool:
    """True in a string or a comment that may have several lines: fences are part of it."""
    marks = draft.surroundings.balance.open_marks if "\n" in draft.cursor.prefix else ()
    mark = draft.cursor.language.line_comment
    return bool(marks) and marks[-1] not in CLOSER_OF and marks[-1] != mark


def _ends_line(draft: Draft) -> bool:
    """True if the cursor's line is whole: a comment, or the end of one or of a text of several lines."""
    line = draft.cursor.line_before.strip()
    if not line or draft.cursor.line_after.strip():
        return False
    return draft.surroundings.balance.is_in_text or line.endswith(('"""', "'''", "*/", "-->"))


def keep_one_line(draft: Draft) -> Draft:
    """Keep one line of a LINE, and of all that is inserted in the middle of a line."""
    is_in_line = any(map(is_word_character, draft.cursor.line_after))
    return replace(draft, text=draft.text.partition("\n")[0]) if draft.mode is Mode.LINE or is_in_line else draft


def trim_end(draft: Draft) -> Draft:
    """Drop white space and empty lines from the end, except the blank that keeps two words apart."""
    text = draft.text.rstrip()
    after = draft.cursor.line_after[:1]
    if text != draft.text and needs_blank_before(after) and "\n" not in draft.text[len(text) :]:
        text += " "
    return replace(draft, text=text)


def refuse_glued_words(draft: Draft) -> Draft:
    """Refuse a text whose last word would be joined to the word after the cursor."""
    if is_word_character(draft.text[-1:]) and is_word_character(draft.cursor.line_after[:1]):
        raise NothingToShow("it would be joined to the word after the cursor")
    return draft


def refuse_blank(draft: Draft) -> Draft:
    """Refuse white space, and a comment's mark with nothing after it."""
    if not draft.text.strip() or BARE_COMMENT.fullmatch(draft.text.strip()):
        raise NothingToShow("the model has nothing to add here")
    return draft


def refuse_only_comments(draft: Draft) -> Draft:
    """Refuse new comments alone: nobody asks for them. A comment at the cursor or right above it may go on."""
    mark = draft.cursor.language.line_comment
    above = draft.surroundings.lines_above[-1].strip() if draft.surroundings.lines_above else ""
    begins = not draft.cursor.line_before.strip() or draft.text.startswith("\n")
    if begins and not above.startswith((mark, "*", "/*")):
        lines = [line.strip() for line in draft.text.split("\n") if line.strip()]
        if all(line.startswith(mark) for line in lines):
            raise NothingToShow("the model has only a comment to add here")
    return draft


def refuse_inside_word(draft: Draft) -> Draft:
    """Refuse anything between two letters of a word or two characters of an operator: it would tear them apart."""
    before, after = draft.cursor.line_before[-1:], draft.cursor.line_after[:1]
    if (is_word_character(before) and is_word_character(after)) or before + after in OPERATORS:
        raise NothingToShow("the cursor is inside a word")
    return draft
