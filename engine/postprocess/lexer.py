"""Finds what is open at a place in code: a lexer that knows the brackets, strings and comments of a language.

It reads some hundred lines around the cursor, never a whole file: it runs on each keystroke.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from engine.languages import Language

CLOSER_OF = {"(": ")", "[": "]", "{": "}", "${": "}"}
CLOSERS = frozenset(CLOSER_OF.values())
MAX_READ_CHARS = 200_000  # of a longer text, what is open far above is guessed
READ_CHARS = 8192  # at most so much of a text is read again
WINDOW_CHARS = 2500  # before the cursor; the state at the window's beginning is guessed from what is before it

TRIPLE_QUOTED = frozenset({
    "python", "toml", "julia", "kotlin", "swift", "scala", "java", "csharp", "dart", "elixir", "groovy", "gdscript",
    "nim",
})  # fmt: skip
TEMPLATES = frozenset({
    "javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte", "astro",
})  # fmt: skip
# In these `'` is not a quote: lifetimes, primes, quoted lists, separators of digits, apostrophes of prose.
NO_SINGLE_QUOTES = frozenset({
    "ada", "agda", "basic", "clojure", "commonlisp", "coq", "elm", "emacs-lisp", "fsharp", "haskell", "html",
    "idris", "isabelle", "jsp", "latex", "lean", "lisp", "literate-haskell", "markdown", "matlab", "ocaml",
    "plaintex", "plaintext", "racket", "restructuredtext", "rmd", "rust", "scheme", "sml", "systemverilog", "tex",
    "vb", "verilog", "vhdl", "xml", "xsl",
})  # fmt: skip
NO_DOUBLE_QUOTES = frozenset({
    "html", "jsp", "markdown", "plaintext", "restructuredtext", "rmd", "vim", "xml", "xsl",
})  # fmt: skip
CHARACTERS = frozenset({
    "c", "cpp", "csharp", "java", "kotlin", "scala", "go", "rust", "cuda-cpp", "objective-c", "objective-cpp", "d",
    "zig",
})  # fmt: skip
HASH_NEEDS_A_SPACE = frozenset({"shellscript", "tcsh", "perl", "makefile", "ruby", "tcl"})
NO_BLOCK_COMMENTS = frozenset({
    "python", "yaml", "toml", "ruby", "shellscript", "makefile", "dockerfile", "r", "julia", "perl", "elixir",
})  # fmt: skip


class Event(NamedTuple):
    """Something opens or closes here."""

    start: int
    end: int
    stack: tuple[str, ...]  # what is open after it, outermost first
    # A bracket does not close what was opened last, the end of a comment has no beginning, or a line ends in a string.
    fault: bool = False


@dataclass(frozen=True)
class Syntax:
    """The lexer's patterns for a language."""

    marks: re.Pattern[str]  # characters that may open or close something
    tokens: re.Pattern[str]  # what begins with those that are not brackets
    inside: dict[str, re.Pattern[str]]  # by what is open: finds its end


@lru_cache(maxsize=64)
def syntax_of(language: Language) -> Syntax:
    """Compile the patterns of a language. At each position its tokens are tried in their order."""
    line, block = language.line_comment, language.comment_end
    tokens, inside = [], {}
    if line.startswith("#") or language.id in {"latex", "tex", "plaintex"}:
        tokens.append(r"\\.")
    if block:
        tokens.append(f"(?P<opens>{re.escape(line)})")
        inside[line] = re.compile(re.escape(block))
    else:
        if language.id not in NO_BLOCK_COMMENTS:
            tokens.append(r"(?P<opens>/\*)|(?P<stray>\*/)")
            inside["/*"] = re.compile(r"\*/")
        before = r"(?<![^\s;])" if language.id in HASH_NEEDS_A_SPACE else ""
        tokens.append(f"(?P<comment>{before}{re.escape(line)}[^\n]*)")
        inside[line] = re.compile("\n")
    if language.id in TEMPLATES:
        literal = r"/(?![*/ ])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/"
        places = r"(?<=[=(,:!&|?;\[])", r"(?<=[=(,:!&|?;\[] )", "(?<=return )", r"\A"
        tokens.append("|".join(f"{place}{literal}" for place in places))
    single, double = language.id not in NO_SINGLE_QUOTES, language.id not in NO_DOUBLE_QUOTES
    if language.id in CHARACTERS:
        tokens.append(r"'(?:\\[^\n']{1,8}|\\'|[^\\'\n])'")
        single = False
    quotes = [quote for quote, is_one in (('"', double), ("'", single)) if is_one]
    starts = []
    for quote in (quote * 3 for quote in quotes if language.id in TRIPLE_QUOTED):
        inside[quote] = re.compile(rf"(?P<escape>\\.)|{quote}", re.DOTALL)
        starts.append(quote)
    if language.id in TEMPLATES:
        inside["`"] = re.compile(r"(?P<escape>\\.)|(?P<code>\$\{)|`", re.DOTALL)
        starts.append("`")
    elif language.id == "go":
        inside["`"] = re.compile("`")
        starts.append("`")
    for quote in quotes:
        inside[quote] = re.compile(rf"(?P<escape>\\.)|(?P<line>\n)|{quote}", re.DOTALL)
        starts.append(quote)
    # A string that ends on its line is one token, and most are.
    whole = [rf"{quote}(?!{quote})(?:\\.|[^{quote}\\\n])*{quote}|{quote}{quote}(?!{quote})" for quote in quotes]
    if whole:
        tokens.append(f"(?P<string>{'|'.join(whole)})")
    if starts:
        tokens.append(f"(?P<quote>{'|'.join(starts)})")
    marks = {
        *"()[]{}/\\",
        *("*" if "/*" in inside else ""),
        line[0],
        *("'" if language.id in CHARACTERS else ""),
        *(start[0] for start in starts),
    }
    return Syntax(re.compile(f"[{re.escape(''.join(sorted(marks)))}]"), re.compile("|".join(tokens), re.DOTALL), inside)


def events(text: str, language: Language, stack: tuple[str, ...] = ()) -> Iterator[Event]:
    """Yield what opens and closes in `text`, which begins with `stack` open. A whole string is one event."""
    syntax = syntax_of(language)
    find_mark, match_token, inside = syntax.marks.search, syntax.tokens.match, syntax.inside
    at = 0
    while True:
        top = stack[-1] if stack else ""
        if top in inside:
            match = inside[top].search(text, at)
            if match is None:
                return
            at, kind = match.end(), match.lastgroup
            if kind != "escape":
                stack = (*stack, "${") if kind == "code" else stack[:-1]
                yield Event(match.start(), at, stack, fault=kind == "line")
            continue
        mark = find_mark(text, at)
        if mark is None:
            return
        start, at = mark.span()
        char = text[start]
        if char in CLOSER_OF:
            stack = (*stack, char)
            yield Event(start, at, stack)
        elif char in CLOSERS:
            fault = CLOSER_OF.get(top) != char
            stack = _without(stack, char) if fault else stack[:-1]
            yield Event(start, at, stack, fault)
        elif token := match_token(text, start):
            at, kind = token.end(), token.lastgroup
            if kind in {"opens", "quote"}:
                stack = (*stack, token.group())
            elif kind == "comment" and at == len(text):
                stack = (*stack, language.line_comment)
            if kind:  # characters and regular expressions neither open nor close anything
                yield Event(start, at, stack, fault=kind == "stray")


def open_at_end(prefix: str, language: Language) -> tuple[tuple[str, ...], int]:
    """Return what is open at the end of `prefix`, outermost first, and how much of it was open before its last line.

    Brackets are found if they were opened within `WINDOW_CHARS`.
    """
    start = prefix.rfind("\n", 0, len(prefix) - WINDOW_CHARS) + 1 if len(prefix) > WINDOW_CHARS else 0
    window, line_start = prefix[start:], prefix.rfind("\n") + 1 - start
    read = _read(window, line_start, language, ())
    if guess := _open_before(prefix, start, language):
        # Marks in comments and regular expressions mislead the guess. If that matters, all above is read.
        other = _read(window, line_start, language, guess)
        if other[1:] != read[1:] and start <= MAX_READ_CHARS:
            before = _open_far_above(prefix[:start], language)
            read = other if before[-1:] == guess else read
        else:
            read = min(read, other, key=itemgetter(0))
    return read[1:]


def _open_far_above(text: str, language: Language) -> tuple[str, ...]:
    """Return what is open at the end of `text`, read from its beginning."""
    border = text.rfind("\n", 0, len(text) - len(text) % READ_CHARS) + 1
    return _stack_after(text[border:], language, _open_at_border(text[:border], language))


@lru_cache(maxsize=4)
def _open_at_border(text: str, language: Language) -> tuple[str, ...]:
    """Return what is open at the end of `text`, remembered: what is far above stays the same from key to key."""
    return _stack_after(text, language, ())


def _stack_after(text: str, language: Language, stack: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is open at the end of `text`, at whose beginning `stack` is."""
    for event in events(text, language, stack):
        stack = event.stack
    return stack


def _read(
    window: str, line_start: int, language: Language, before: tuple[str, ...]
) -> tuple[int, tuple[str, ...], int]:
    """Return the disorder (faults and what stays open) of a window that begins with `before` open; and what is open."""
    faults, stack, outer = 0, before, len(before)
    for start, _, then, fault in events(window, language, before):
        faults, stack = faults + fault, then
        outer = len(stack) if start < line_start else min(outer, len(stack))
    return faults + len(stack), stack, outer


def _without(stack: tuple[str, ...], closer: str) -> tuple[str, ...]:
    """Return the stack after a closer in broken code: it closes the nearest of its kind, and all within that."""
    for depth in range(len(stack) - 1, -1, -1):
        if CLOSER_OF.get(stack[depth]) == closer:
            return stack[:depth]
    return stack


def _open_before(prefix: str, start: int, language: Language) -> tuple[str, ...]:
    """Return the multi-line string or comment in which the window begins, by counting its marks before."""
    if not start:
        return ()
    for opener, pattern in syntax_of(language).inside.items():
        if opener in {'"""', "'''", "`"}:
            # Most windows have none: that saves the count over the whole file.
            if prefix.find(opener, start) >= 0 and prefix.count(opener, 0, start) % 2:
                return (opener,)
        elif len(opener) > 1:
            opened, closer = prefix.rfind(opener, 0, start), pattern.pattern.replace("\\", "")
            before = prefix[prefix.rfind("\n", 0, opened) + 1 : opened]
            # In a string or after another comment's mark it opens nothing: `"/*path"`.
            is_code = not any(mark in before for mark in ('"', "'", "`", language.line_comment))
            if opened >= 0 and is_code and prefix.find(closer, opened, start) < 0:
                return (opener,)
    return ()
