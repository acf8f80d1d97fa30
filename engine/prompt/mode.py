"""LINE or BLOCK, from syntax and cursor."""

from __future__ import annotations

import re

from engine.languages import Language
from engine.types import Mode

# What may stand behind the cursor when a line is still "at its end": brackets and quotes an editor closed by itself.
CLOSED_BY_THE_EDITOR = re.compile(r"""^[\s)\]}'"`;:,>]*$""")


def choose_mode(language: Language, text: str, offset: int) -> Mode:
    """BLOCK after a block opener, below a comment, or on an empty line below one of them; LINE anywhere else."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    before, after = text[start:offset], text[offset : len(text) if end < 0 else end]
    if not CLOSED_BY_THE_EDITOR.match(after):
        return Mode.LINE
    if before.strip():
        return Mode.BLOCK if _opens_a_block(before, language) and not after.strip() else Mode.LINE
    above = text[:start].rstrip().rpartition("\n")[2]
    return Mode.BLOCK if _opens_a_block(above, language) or _is_comment(above, language) else Mode.LINE


def _opens_a_block(line: str, language: Language) -> bool:
    # A call's open bracket asks for its arguments, a line of them: only what opens statements counts.
    openers = tuple(opener for opener in language.block_openers if opener not in {"(", "["})
    return line.rstrip().endswith(openers) and not _is_comment(line, language)


def _is_comment(line: str, language: Language) -> bool:
    stripped = line.strip()
    ends = ("*/", '"""', "'''", language.comment_end or "*/")
    return stripped.startswith(language.line_comment) or stripped.endswith(ends)
