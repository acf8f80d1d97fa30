"""`codegeex-lsp demo`: completions of real code, through the same server that an editor starts.

The sample projects were written for this, and no model was trained on them. At two cursors of every line, its start and
its middle, the rest of the line is removed and a completion requested. The longest suggestions of each language are
shown, right or wrong, next to what the author wrote; then how many there were, and how many were right.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.rule import Rule

from lsp_server.cli import terminal
from lsp_server.cli.exit_codes import EXIT_NOTHING, EXIT_OK
from lsp_server.cli.model_options import add_model_options
from lsp_server.scripted_editor import ScriptedEditor, Suggestion

SAMPLES = Path(__file__).parent / "samples"
LANGUAGES = {".py": "python", ".ts": "typescript", ".go": "go", ".java": "java"}
SHOWN_OF_EACH_LANGUAGE = 2
MIN_LINE_CHARS = 12
RULE_CHARS = 80
WORD_START = re.compile(r"(?<=[\s(.,=])(?=\S)")


@dataclass(frozen=True)
class Place:
    """A cursor at `offset` of `text`, the text of `file` without `written`, which was there."""

    file: Path
    text: str
    offset: int
    written: str

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.offset)

    @property
    def column(self) -> int:
        return self.offset - (self.text.rfind("\n", 0, self.offset) + 1)


def find_places() -> list[Place]:
    """Return two cursors of every line of the sample files that is long enough."""
    found = []
    for file in sorted(file for file in SAMPLES.rglob("*") if file.suffix in LANGUAGES):
        whole = file.read_text(encoding="utf-8")
        for match in re.finditer(r"(?m)^[ \t]*(\S.*)$", whole):
            if len(match[1]) < MIN_LINE_CHARS:
                continue
            starts = [start.start() for start in WORD_START.finditer(match[1])]
            middle = next((start for start in starts if start >= len(match[1]) // 2), None)
            for column in [0] if middle is None else [0, middle]:
                offset = match.start(1) + column
                found.append(Place(file, whole[:offset] + whole[match.end() :], offset, whole[offset : match.end()]))
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model_options(parser)


def run(options: argparse.Namespace) -> int:
    """Return 0 if at least one suggestion was shown."""
    settings = {"model": options.model, "device": options.device, "threads": options.threads}
    return asyncio.run(show_demo(terminal.console(), settings))


async def show_demo(console: Console, settings: dict[str, Any]) -> int:
    """Show the demo on a console, with a server that has these settings. Return the exit code."""
    errors = Console(stderr=True)
    async with ScriptedEditor(SAMPLES, settings) as editor:
        with errors.status("starting the server and loading the model"):
            await editor.wait_for_model()
        for message in editor.faults:
            console.print(message, style="red", markup=False)
        if editor.faults:
            return EXIT_NOTHING
        mark = "" if console.is_terminal else "; {} and {} enclose them".format(*terminal.GHOST_PLAIN)
        console.print(
            f"{editor.messages[-1]}; requesting completions from the language server{mark}\n", style="dim", markup=False
        )
        places = find_places()
        tracked = track(places, "typing", console=errors, transient=True)
        answers = [(place, await _complete(editor, place)) for place in tracked]
    suggestions = [(place, answer) for place, answer in answers if answer.text]
    shown: Counter[str] = Counter()
    for place, answer in sorted(suggestions, key=lambda pair: -len(pair[1].text)):
        shown[place.file.suffix] += 1
        if shown[place.file.suffix] <= SHOWN_OF_EACH_LANGUAGE:
            _show(console, place, answer)
    right = sum(place.written.startswith(answer.text) for place, answer in suggestions)
    console.print(
        f"{len(places)} cursors: {len(suggestions)} suggestions, {right} of them what the author wrote. "
        "Elsewhere the model was not sure enough to suggest anything.",
        style="bold",
    )
    return EXIT_OK if suggestions else EXIT_NOTHING


async def _complete(editor: ScriptedEditor, place: Place) -> Suggestion:
    uri = editor.open(place.file, place.text, LANGUAGES[place.file.suffix])
    answer = await editor.suggest(uri, place.line, place.column)
    editor.close(uri)
    return answer


def _show(console: Console, place: Place, answer: Suggestion) -> None:
    title = f"{place.file.relative_to(SAMPLES).as_posix()}:{place.line + 1}"
    console.print(Rule(title, align="left", style="dim"), width=min(console.width, RULE_CHARS))
    console.print(terminal.ghost_text(place.text, place.offset, answer.text, colours=console.is_terminal))
    if place.written.startswith(answer.text):
        console.print("as the author wrote it", style="green")
    else:
        console.print(f"the author wrote {place.written!r}", style="yellow", markup=False)
    console.print(f"{answer.trace.partition('; ')[2]}\n", style="dim", markup=False)
