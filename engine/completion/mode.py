"""Chooses LINE or BLOCK from the code at the cursor, and the number of tokens from the decode speed."""

from __future__ import annotations

import re

from engine.document import Cursor
from engine.languages import Language
from engine.types import Mode

# What may be after the cursor at the "end" of a line: brackets and quotes that an editor closed by itself.
ONLY_CLOSED = re.compile(r"""^[\s)\]}'"`;:,>]*$""")
# Languages of data and prose have no bodies of statements: on an empty line they get a line.
NO_STATEMENTS = frozenset({
    "bibtex", "css", "dockerfile", "graphql", "html", "ini", "json", "jsonc", "jsp", "latex", "less", "markdown",
    "plaintext", "plaintex", "restructuredtext", "rmd", "scss", "sass", "tex", "toml", "xml", "xsl", "yaml",
})  # fmt: skip
# Ends of lines within an expression: its next line follows, not a new statement. A lone `>` closes a tag.
GOES_ON = re.compile(r"(?:[(\[,.+*/%&|^~\\=?]|[^=\->]>|\b(?:and|or|not|in|is))$")
COMMENT_WORDS = 2  # a comment with so many says what to write
LINE_SECONDS, BLOCK_SECONDS = 0.4, 1.0  # how long the user waits; all of it may go into decoding
MAX_LINE_TOKENS = 32
MIN_LINE_TOKENS, MIN_BLOCK_TOKENS = 12, 24  # fewer are not worth showing: rather late than useless


def choose_mode(cursor: Cursor) -> Mode:
    """Return BLOCK after a block opener, on and below a comment, on an empty line of a body; LINE anywhere else."""
    before, after, language = cursor.line_before, cursor.line_after, cursor.language
    if not ONLY_CLOSED.match(after):
        return Mode.LINE
    if before.strip():
        asks = _opens_block(before, language) or _says_what_to_write(before, language)
        return Mode.BLOCK if asks and not after.strip() else Mode.LINE
    above = _last_line_with_text(cursor.prefix, len(cursor.prefix) - len(before))
    if _opens_block(above, language) or is_comment(above, language):
        return Mode.BLOCK
    is_in_body = bool(before) and not after.strip() and language.id not in NO_STATEMENTS
    return Mode.BLOCK if is_in_body and not GOES_ON.search(above.rstrip()) else Mode.LINE


def token_limit(mode: Mode, tokens_per_second: float | None, max_new_tokens: int) -> int:
    """Return the most new tokens: those decoded while the user waits, but a useful number, up to `max_new_tokens`.

    `tokens_per_second` is the measured decode speed, or None if nothing was measured yet.
    """
    most, seconds, least = (
        (min(max_new_tokens, MAX_LINE_TOKENS), LINE_SECONDS, MIN_LINE_TOKENS)
        if mode is Mode.LINE
        else (max_new_tokens, BLOCK_SECONDS, MIN_BLOCK_TOKENS)
    )
    if tokens_per_second is None:
        return most
    return min(most, max(least, int(tokens_per_second * seconds)))


def _last_line_with_text(text: str, end: int) -> str:
    """Return the nearest line above `end`, the start of a line, that is not blank; or ""."""
    while end > 0:
        start = text.rfind("\n", 0, end - 1) + 1
        if text[start:end].strip():
            return text[start : end - 1]
        end = start
    return ""


def _opens_block(line: str, language: Language) -> bool:
    # A call's open bracket is followed by its arguments, on one line: only what opens statements counts.
    openers = tuple(opener for opener in language.block_openers if opener not in {"(", "["})
    stripped = line.rstrip()
    opener = next((opener for opener in openers if stripped.endswith(opener)), "")
    # A word opens a block as a whole word: `undo` is not `do`.
    is_in_word = opener[:1].isalpha() and stripped[: -len(opener)][-1:].isalnum()
    closes_tag = opener == ">" and bool(re.search(r"</[^<>]*>$|/>$|-->$", stripped))
    return bool(opener) and not is_in_word and not closes_tag and not is_comment(line, language)


def is_comment(line: str, language: Language) -> bool:
    """Return True if a line begins as a comment, or ends with the end of one or of a doc comment."""
    stripped = line.strip()
    ends = ("*/", '"""', "'''", language.comment_end or "*/")
    return stripped.startswith(language.line_comment) or stripped.endswith(ends)


def _says_what_to_write(line: str, language: Language) -> bool:
    stripped = line.strip()
    is_code = language.id not in NO_STATEMENTS and stripped.startswith(language.line_comment)
    return is_code and len(re.findall(r"\w+", stripped)) >= COMMENT_WORDS
