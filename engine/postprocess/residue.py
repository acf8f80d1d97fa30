"""Filters for what is no code: the template's tokens, fences, blanks, comments that say nothing."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.postprocess.draft import Draft, NothingToShow
from engine.text import is_word_character
from engine.types import Mode

TEMPLATE_TOKEN = re.compile(
    r"<\|[a-z_▁]+\|>|<｜[a-z▁]+｜>|<(?:fim_\w+|file_sep|EOT|PRE|SUF|MID)>|▁<(?:EOT|PRE|SUF|MID)>"
    r"|###(?:REFERENCE|PATH|LANGUAGE|MODE):|\[gMASK\]|\ufffd"
)
FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
BARE_COMMENT = re.compile(r"/{2,3}!?|#+|/?\*+/?|--|;+|%+|\"{3}|'{3}|<!--(?:\s*-->)?")
SIGN_PAIRS = frozenset({
    "*/", "/*", "//", "->", "=>", "==", "!=", "<=", ">=", "+=", "-=", "&&", "||", "::", "++", "--",
    "</", "/>", "?.", "??", ":=", "<-", "..", "<<", ">>",
})  # fmt: skip
FENCED = frozenset({"markdown", "rmd", "restructuredtext", "plaintext", "latex", "tex"})


def cut_template_tokens(draft: Draft) -> Draft:
    """What follows a control token spelled as text, or half a character, is not code."""
    match = TEMPLATE_TOKEN.search(draft.text)
    return replace(draft, text=draft.text[: match.start()]) if match else draft


def unwrap_fence(draft: Draft) -> Draft:
    """Models that have read much Markdown wrap code into fences: the first is dropped, the next ends the text."""
    if draft.cursor.language.id in FENCED or not (match := FENCE.search(draft.text)):
        return draft
    text = draft.text
    if not text[: match.start()].strip():
        text = text[match.end() :].removeprefix("\n")
        match = FENCE.search(text)
    return replace(draft, text=text[: match.start()] if match else text)


def keep_one_line(draft: Draft) -> Draft:
    """LINE is one line; so is all that is written into the middle of one."""
    inside_line = any(map(is_word_character, draft.cursor.line_after))
    return replace(draft, text=draft.text.partition("\n")[0]) if draft.mode is Mode.LINE or inside_line else draft


def trim_end(draft: Draft) -> Draft:
    """No white space at the end, and no empty lines."""
    return replace(draft, text=draft.text.rstrip())


def refuse_blank(draft: Draft) -> Draft:
    """White space, or a comment's mark with nothing behind it, is no suggestion."""
    if not draft.text.strip() or BARE_COMMENT.fullmatch(draft.text.strip()):
        raise NothingToShow("the model has nothing to add here")
    return draft


def refuse_only_comments(draft: Draft) -> Draft:
    """Nothing but new comments is nobody's wish; a comment under way, or one below another, may go on."""
    mark = draft.cursor.language.line_comment
    above = draft.surroundings.lines_above[-1].strip() if draft.surroundings.lines_above else ""
    begins = not draft.cursor.line_before.strip() or draft.text.startswith("\n")
    if begins and not above.startswith((mark, "*", "/*")):
        lines = [line.strip() for line in draft.text.split("\n") if line.strip()]
        if all(line.startswith(mark) for line in lines):
            raise NothingToShow("the model has only a comment to add here")
    return draft


def refuse_inside_word(draft: Draft) -> Draft:
    """Between two letters of a word or the two signs of a token, whatever is inserted tears it apart."""
    before, after = draft.cursor.line_before[-1:], draft.cursor.line_after[:1]
    if (is_word_character(before) and is_word_character(after)) or before + after in SIGN_PAIRS:
        raise NothingToShow("the cursor stands inside a word")
    return draft
