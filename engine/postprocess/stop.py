"""Ends decoding before the model does. Rules run on the text so far, after each token."""

from __future__ import annotations

from engine.document import Cursor
from engine.model.protocol import StopRule
from engine.postprocess.draft import NEAR_LINES, belongs_to_block, closes_bracket, opens_block
from engine.text import indent_width
from engine.types import Mode

MAX_BLOCK_LINES = 16
REPEATED_LINES = 3
NEAR_CHARS = 1000  # after the cursor, in which the next lines are searched


def stop_rule(mode: Mode, cursor: Cursor) -> StopRule:
    """Return the rule: LINE ends with its line, BLOCK if it leaves its block, repeats itself or meets the next line."""
    if mode is Mode.LINE:
        return lambda text: "\n" in text
    opener, indent = opens_block(cursor.line_before), indent_width(cursor.line_before)
    below = cursor.suffix[:NEAR_CHARS].split("\n")[1 : 1 + NEAR_LINES]
    next_line = next((line for line in below if len(line.strip()) > 1), None)

    def block(text: str) -> bool:
        lines = text.split("\n")
        if len(lines) < 2:  # noqa: PLR2004
            return False
        if len(lines) > MAX_BLOCK_LINES or lines[-2] == next_line:
            return True
        if len(lines) > REPEATED_LINES and len(set(lines[-REPEATED_LINES - 1 : -1])) == 1:
            return True
        # The last line shows its indentation as soon as it has a character that is not blank.
        last = lines[-1]
        return bool(last.strip()) and not belongs_to_block(last, indent, opener=opener) and not closes_bracket(last)

    return block
