"""What is open at a place in code: brackets, strings and comments, by a lexer that knows just these of a language.

A few hundred lines around the cursor are looked at, never a whole file: it runs on each keystroke.
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
WINDOW_CHARS = 2500  # before the cursor; a state at the window's beginning is guessed from what stands before it

TRIPLE_QUOTED = frozenset({
    "python", "toml", "julia", "kotlin", "swift", "scala", "java", "csharp", "dart", "elixir", "groovy", "gdscript",
    "nim",
})  # fmt: skip
TEMPLATES = frozenset({
    "javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte", "astro",
})  # fmt: skip
# Where `'` is no quote: lifetimes, primes, quoted lists, digits' separators, apostrophes of prose.
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
    """Where something opens or closes: `stack` is what is open behind it, outermost first.

    `fault`: a bracket that does not close what was opened last, the end of a comment that is none, or a string that its
    line leaves open.
    """

    start: int
    end: int
    stack: tuple[str, ...]
    fault: bool = False


@dataclass(frozen=True)
class Syntax:
    """Compiled for a language: `marks` are the signs that may open or close something, `tokens` what begins with those
    that are no brackets, `inside` finds the end of what is open.
    """

    marks: re.Pattern[str]
    tokens: re.Pattern[str]
    inside: dict[str, re.Pattern[str]]


@lru_cache(maxsize=64)
def syntax_of(language: Language) -> Syntax:
    """Tokens are tried in their order at a place."""
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
    """What opens and closes in `text`, which begins where `stack` is open. A string that is whole is one event."""
    syntax = syntax_of(language)
    at = 0
    while True:
        top = stack[-1] if stack else ""
        if top in syntax.inside:
            match = syntax.inside[top].search(text, at)
            if match is None:
                return
            at, kind = match.end(), match.lastgroup
            if kind != "escape":
                stack = (*stack, "${") if kind == "code" else stack[:-1]
                yield Event(match.start(), at, stack, fault=kind == "line")
            continue
        mark = syntax.marks.search(text, at)
        if mark is None:
            return
        sign, start, at = mark.group(), mark.start(), mark.end()
        if sign in CLOSER_OF:
            stack = (*stack, sign)
            yield Event(start, at, stack)
        elif sign in CLOSERS:
            fault = CLOSER_OF.get(top) != sign
            stack = _without(stack, sign) if fault else stack[:-1]
            yield Event(start, at, stack, fault)
        elif token := syntax.tokens.match(text, start):
            at, kind = token.end(), token.lastgroup
            if kind in {"opens", "quote"}:
                stack = (*stack, token.group())
            elif kind == "comment" and at == len(text):
                stack = (*stack, language.line_comment)
            if kind:  # characters and regular expressions neither open nor close anything
                yield Event(start, at, stack, fault=kind == "stray")


def open_at_end(prefix: str, language: Language) -> tuple[tuple[str, ...], int]:
    """What is open at the end of `prefix`, outermost first, and how much of it was so before its last line.

    Of brackets, those that were opened within `WINDOW_CHARS`.
    """
    start = prefix.rfind("\n", 0, len(prefix) - WINDOW_CHARS) + 1 if len(prefix) > WINDOW_CHARS else 0
    window, line_start = prefix[start:], prefix.rfind("\n") + 1 - start
    read = _read(window, line_start, language, ())
    if guess := _open_before(prefix, start, language):
        # Marks in comments and regular expressions lead the guess astray: what reads with less disorder is right.
        read = min(read, _read(window, line_start, language, guess), key=itemgetter(0))
    return read[1:]


def _read(
    window: str, line_start: int, language: Language, before: tuple[str, ...]
) -> tuple[int, tuple[str, ...], int]:
    """The disorder (faults, and what is left open) of a window that begins with `before` open; and what is open."""
    faults, stack, outer = 0, before, len(before)
    for start, _, then, fault in events(window, language, before):
        faults, stack = faults + fault, then
        outer = len(stack) if start < line_start else min(outer, len(stack))
    return faults + len(stack), stack, outer


def _without(stack: tuple[str, ...], closer: str) -> tuple[str, ...]:
    """In broken code a bracket closes the nearest one of its kind, and what stands open inside of that with it."""
    for depth in range(len(stack) - 1, -1, -1):
        if CLOSER_OF.get(stack[depth]) == closer:
            return stack[:depth]
    return stack


def _open_before(prefix: str, start: int, language: Language) -> tuple[str, ...]:
    """Which string or comment of several lines the window's beginning stands in: by how often its marks come before."""
    if not start:
        return ()
    for opener, pattern in syntax_of(language).inside.items():
        if opener in {'"""', "'''", "`"}:
            # Most windows have none: then the count over the whole file is spared.
            if prefix.find(opener, start) >= 0 and prefix.count(opener, 0, start) % 2:
                return (opener,)
        elif len(opener) > 1:
            opened, closer = prefix.rfind(opener, 0, start), pattern.pattern.replace("\\", "")
            before = prefix[prefix.rfind("\n", 0, opened) + 1 : opened]
            # In a string or behind another comment's mark it opens nothing: `"/*path"`.
            is_code = not any(sign in before for sign in ('"', "'", "`", language.line_comment))
            if opened >= 0 and is_code and prefix.find(closer, opened, start) < 0:
                return (opener,)
    return ()
