"""The fenced blocks of an answer, and the languages that their tags name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from engine.languages import LANGUAGES, Language, language_of
from engine.postprocess.lexer import open_at_end
from engine.text import with_lf

# Some models open the block after their last word: "Here it is: ```python".
FENCE = re.compile(r"^([ \t]*)(?:[^\n`]*[:：][ \t]*(?=`{3,}\w))?(`{3,}|~{3,})([^\n`]*)$")
MARKDOWN = frozenset({"markdown", "md", "mdx"})
NO_LANGUAGE = frozenset({"", "text", "txt", "plain", "plaintext", "code"})
DIFFS = frozenset({"diff", "patch", "udiff"})
_DIFF = re.compile(r"(?:diff --git |--- [^\n]*\n\+\+\+ |@@ -\d)")
_MORE_TAGS = {"python3": "python", "py3": "python", "node": "javascript", "es6": "javascript", "mysql": "sql",
              "postgresql": "sql", "psql": "sql", "sqlite": "sql", "jsonl": "json", "json5": "jsonc"}  # fmt: skip
_RELATED = tuple(
    frozenset(group.split(","))
    for group in (
        "JavaScript,TypeScript", "C,C++,Objective-C,Objective-C++,Cuda", "CSS,SCSS,Less,Sass",
        "HTML,XML,Vue,Svelte,Astro,Java Server Pages,Razor,PHP", "Shell,TCSH,Batch",
        "Vue,Svelte,Astro,HTML,JavaScript,TypeScript,CSS",
    )
)  # fmt: skip
# What spans lines and may hold a fence of its own.
_SPANS_LINES = frozenset({'"""', "'''", "`", "/*", "<!--", "(*", "<%--"})


class Kinship(IntEnum):
    """How near a block's language is to the wanted one."""

    SAME, UNNAMED, RELATED, OTHER = range(4)


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    tag: str  # the info string
    text: str

    @property
    def language(self) -> Language | None:
        """The language that the tag names; None if it names none that is known."""
        return language_of_tag(self.tag)

    @property
    def is_diff(self) -> bool:
        return self.tag.lower().split(" ")[0] in DIFFS or _DIFF.match(self.text) is not None

    def kinship(self, wanted: Language) -> Kinship:
        """Return how near the block's language is to the wanted one."""
        tag, named = self.tag.lower(), self.language
        if tag == wanted.id.lower() or (named and named.name == wanted.name):
            return Kinship.SAME
        if tag in NO_LANGUAGE:
            return Kinship.UNNAMED
        is_related = named and any(named.name in group and wanted.name in group for group in _RELATED)
        return Kinship.RELATED if is_related else Kinship.OTHER


def language_of_tag(tag: str) -> Language | None:
    """Return the language of an info string: `python`, `tsx`, `python:src/x.py`, `{.python}`, `src/x.py`, `c++`."""
    for part in re.split(r"[\s,:;={}()\[\]\"']+", tag.removeprefix("language-")):
        word = part.removeprefix(".").removeprefix("language-").lower()
        if not word:
            continue
        for found in (language_of(_MORE_TAGS.get(word, word)), language_of("", f"x.{word}"), language_of("", part)):
            if found in LANGUAGES:
                return found
    return None


def blocks_in(answer: str, language: Language) -> Iterator[Block]:
    """Yield each block; the last may be left open. One without a tag is taken to be in `language`.

    The indentation of a fence tells whether it ends the block or belongs to the code, as in CommonMark 4.5. A fence
    that names a language opens a block within the block, and so does any in a comment or string that spans lines. A
    Markdown block ends with the answer's last fence.
    """
    lines = with_lf(answer).split("\n")
    at = 0
    while at < len(lines):
        opened = FENCE.match(lines[at])
        at += 1
        if not opened:
            continue
        indent, fence, tag = opened[1], opened[2], opened[3].strip()
        closing = re.compile(rf"(?:{indent})? {{0,3}}{re.escape(fence)}[`~]*[ \t]*")
        if tag.lower() in MARKDOWN:
            last = (number for number in range(len(lines) - 1, at - 1, -1) if closing.fullmatch(lines[number]))
            end = next(last, None)
        else:
            ends = _possible_ends(lines, at, fence, closing)
            spoken = language_of_tag(tag) or language
            outside = (each for each in ends if not _is_in_text("\n".join(lines[at:each]), spoken))
            end = next(outside, ends[0] if ends else None)
        text = "\n".join(line.removeprefix(indent) for line in lines[at:end])
        yield Block(tag, text)
        at = len(lines) if end is None else end + 1


def _possible_ends(lines: list[str], begin: int, fence: str, closing: re.Pattern[str]) -> list[int]:
    """Return the lines that may end a block which begins on line `begin`."""
    within, ends = 0, []
    for number in range(begin, len(lines)):
        if closing.fullmatch(lines[number]):
            if not within:
                ends.append(number)
            within = max(0, within - 1)
        elif (inner := FENCE.match(lines[number])) and inner[2].startswith(fence) and inner[3].strip():
            within += 1
    return ends


def _is_in_text(code: str, language: Language) -> bool:
    """True if code ends in a comment or string that spans lines."""
    return bool(_SPANS_LINES.intersection(open_at_end(code, language)[0]))
