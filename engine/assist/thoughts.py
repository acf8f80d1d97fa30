"""What a reasoning model thinks before it answers: no part of an edit, of a commit message or of a conversation."""

from __future__ import annotations

import re

_NAMES = r"(?:\w+:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad|analysis)"
_OPENED = re.compile(
    rf"^[ \t]*(?:<{_NAMES}>|\[THINK\]|<\|begin_of_thought\|>|<\|START_THINKING\|>|◁think▷)",
    re.IGNORECASE | re.MULTILINE,
)
# It ends its line: elsewhere the tag is what the answer is about.
_CLOSED = re.compile(
    rf"(?:</{_NAMES}>|\[/THINK\]|<\|end_of_thought\|>|<\|END_THINKING\|>|◁/think▷)(?=[ \t]*(?:\n|\Z))", re.IGNORECASE
)
_CLOSED_ANYWHERE = re.compile(_CLOSED.pattern.partition("(?=")[0], re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})", re.MULTILINE)
_LAST_CHANNEL = re.compile(r"\A.*<\|channel\|>final(?:<\|message\|>|\n)", re.DOTALL)


def without_thoughts(text: str) -> str:
    """Return an answer without what stands between tags of thinking, or before a closing tag without its opening one.

    Some servers put the opening tag into the prompt. A thought that is never closed is all that there is. Tags in a
    block of code are code.
    """
    rest, kept = _LAST_CHANNEL.sub("", text), ""
    while True:
        opened = next((each for each in _OPENED.finditer(rest) if _is_outside_code(rest, each.start())), None)
        before = rest[: opened.start()] if opened else rest
        closed = next((each for each in _CLOSED.finditer(before) if _is_outside_code(rest, each.start())), None)
        if closed:  # all before it was thought
            kept, rest = "", rest[closed.end() :]
        elif opened:
            kept += before
            closed = _CLOSED.search(rest, opened.end()) or _CLOSED_ANYWHERE.search(rest, opened.end())
            if closed is None:
                return kept.strip("\n")
            rest = rest[closed.end() :]
        else:
            return (kept + rest).strip("\n") if rest != text else text


def _is_outside_code(text: str, at: int) -> bool:
    """True if no block of code is open there; one that is never closed counts as ended."""
    before = sum(1 for _ in _FENCE.finditer(text, 0, at))
    return before % 2 == 0 or sum(1 for _ in _FENCE.finditer(text, at)) % 2 == 0
