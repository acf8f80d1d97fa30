"""The filters, in order. Each is a function of a draft; golden cases are in tests/engine/test_postprocess*.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from engine.postprocess.draft import Draft
from engine.postprocess.indentation import fit_indentation, stay_in_block
from engine.postprocess.lexer import CLOSER_OF, CLOSERS
from engine.postprocess.repetition import (
    cut_copy_of_above,
    cut_repetition,
    cut_stutter,
    drop_line_beginning,
    refuse_line_above,
)
from engine.postprocess.residue import (
    cut_template_tokens,
    keep_one_line,
    refuse_blank,
    refuse_glued_words,
    refuse_inside_word,
    refuse_only_comments,
    trim_end,
    unwrap_fence,
)
from engine.postprocess.suffix import drop_closing_tag, drop_what_line_has, stop_at_suffix

OPENERS = frozenset("([{\"'`")
BRACKET = re.compile(r"[()\[\]{}]")
Filter = Callable[[Draft], Draft]


def close_in_prose(draft: Draft) -> Draft:
    """Cut at a bracket that is left open, or closes nothing on its line, in strings and comments too."""
    if not BRACKET.search(draft.text) or "\n" in draft.text or not draft.surroundings.balance.is_in_text:
        return draft
    opened: list[tuple[str, int]] = []
    line = draft.cursor.line_before
    for index, char in enumerate(line + draft.text, start=-len(line)):
        if char in CLOSER_OF:
            opened.append((CLOSER_OF[char], index))
        elif opened and char == opened[-1][0]:
            opened.pop()
        elif char in CLOSERS and index >= 0:
            return replace(draft, text=draft.text[:index])
    own = [index for _, index in opened if index >= 0]
    return replace(draft, text=draft.text[: own[0]]) if own else draft


def keep_balanced(draft: Draft) -> Draft:
    """Cut so that brackets and strings stay as balanced as they were; before a line whose bracket nothing closes."""
    end = draft.surroundings.balance.longest_kept(draft.text)
    if end == len(draft.text):
        return draft
    text = draft.text[:end]
    line_end = text.rfind("\n")
    if draft.text[end] in OPENERS and line_end > 0 and draft.surroundings.balance.keeps(text[:line_end]):
        text = text[:line_end]
    return replace(draft, text=text)


FILTERS: tuple[Filter, ...] = (
    refuse_inside_word,
    cut_template_tokens,
    unwrap_fence,
    keep_one_line,
    drop_line_beginning,
    fit_indentation,
    stay_in_block,
    stop_at_suffix,
    cut_repetition,
    cut_stutter,
    cut_copy_of_above,
    drop_closing_tag,
    keep_balanced,
    close_in_prose,
    drop_what_line_has,
    trim_end,
    refuse_blank,
    refuse_glued_words,
    refuse_only_comments,
    refuse_line_above,
)


def apply_filters(draft: Draft) -> Draft:
    """Apply all filters, in order. Raises `NothingToShow` if nothing is left that is worth showing."""
    for each in FILTERS:
        draft = each(draft)
    return draft
