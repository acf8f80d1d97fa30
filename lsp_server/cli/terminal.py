"""How completions look at a terminal, with colours if it has them."""

from __future__ import annotations

import io
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.types import Outcome

GHOST = "italic bright_black on grey93"
GHOST_PLAIN = ("«", "»")  # without colours, marks show what is ghost text
WIDTH_UNLESS_TERMINAL = 10_000  # in a pipe or a file no line is wrapped or shortened
LINES_ABOVE = 6
LINES_BELOW = 3


def console() -> Console:
    """Return the console for standard output. It wraps lines on a terminal only."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal of another encoding must not end the command
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_UNLESS_TERMINAL)


def count(number: int, noun: str) -> str:
    """Return such as "1 thread" or "2 threads"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def ghost_text(text: str, offset: int, suggestion: str, *, colours: bool) -> Text:
    """Return the lines around the cursor, numbered, with the suggestion in them as an editor would show it."""
    above = text[:offset].split("\n")
    below = text[offset:].split("\n")
    first = max(0, len(above) - 1 - LINES_ABOVE)
    shown = Text()
    for number, line in enumerate(above[first:-1], start=first + 1):
        shown.append(f"{number:>5} ", "dim").append(line + "\n")
    shown.append(f"{len(above):>5} ", "bold").append(above[-1])
    opening, closing = ("", "") if colours else GHOST_PLAIN
    ghost = suggestion.split("\n")
    shown.append(opening + ghost[0], GHOST)
    for line in ghost[1:]:
        shown.append("\n      ").append(line, GHOST)
    shown.append(closing).append(below[0] + "\n")
    for number, line in enumerate(below[1 : 1 + LINES_BELOW], start=len(above) + 1):
        shown.append(f"{number:>5} ", "dim").append(line + "\n")
    return shown


def snippets_table(outcome: Outcome) -> Table:
    table = Table("context", "tokens", "why", box=None, header_style="dim", pad_edge=False)
    if outcome.prompt is None or not outcome.prompt.used:
        table.add_row("none", "", "no other file in the folder has similar code")
        return table
    for use in reversed(outcome.prompt.used):
        snippet = use.snippet
        place = f"{snippet.path}:{snippet.start_line + 1}-{snippet.end_line}"
        table.add_row(place, str(use.tokens), f"{snippet.reason}, score {snippet.score:.2f}")
    return table


def tokens_line(outcome: Outcome) -> str:
    if outcome.prompt is None:
        return ""
    prompt = outcome.prompt
    references = sum(use.tokens for use in prompt.used)
    return (
        f"prompt {len(prompt.tokens)} tokens: {references} context, {prompt.suffix_tokens} suffix,"
        f" {prompt.prefix_tokens} prefix; mode {prompt.mode.value}"
    )


def stages_line(outcome: Outcome) -> str:
    total = sum(outcome.stages_ms.values())
    parts = ", ".join(f"{stage} {ms:.1f}" for stage, ms in outcome.stages_ms.items())
    return f"{total:.0f} ms: {parts}"
