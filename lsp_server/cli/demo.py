"""`codegeex-lsp demo`: completions of real code, through the same server an editor starts.

The sample projects are ours and were never trained on. At two cursors of every line, its start and its middle, the rest
of the line is taken out and the model asked. The longest suggestions of each language are shown, right or wrong, beside
what the author wrote; then how many there were in all, and how many were right.
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
from lsp_server.cli.editor import Editor, Suggested
from lsp_server.cli.exit_codes import EXIT_NOTHING
from lsp_server.cli.model_options import add_model_options

SAMPLES = Path(__file__).parent / "samples"
LANGUAGES = {".py": "python", ".ts": "typescript", ".go": "go", ".java": "java"}
SHOWN_OF_EACH_LANGUAGE = 2
MIN_LINE_CHARS = 12
BORDER = re.compile(r"(?<=[\s(.,=])(?=\S)")


@dataclass(frozen=True)
class Place:
    """A cursor at `offset` of `text`, the text of `file` without `written`, which stood there."""

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


def places() -> list[Place]:
    """Two cursors of every line that is long enough, of every sample file."""
    found = []
    for file in sorted(file for file in SAMPLES.rglob("*") if file.suffix in LANGUAGES):
        whole = file.read_text(encoding="utf-8")
        for match in re.finditer(r"(?m)^[ \t]*(\S.*)$", whole):
            if len(match[1]) < MIN_LINE_CHARS:
                continue
            borders = [border.start() for border in BORDER.finditer(match[1])]
            middle = next((border for border in borders if border >= len(match[1]) // 2), None)
            for column in [0] if middle is None else [0, middle]:
                offset = match.start(1) + column
                found.append(Place(file, whole[:offset] + whole[match.end() :], offset, whole[offset : match.end()]))
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model_options(parser)


def run(options: argparse.Namespace) -> int:
    """0 where at least one suggestion was shown."""
    settings = {"model": options.model, "device": options.device, "threads": options.threads}
    return asyncio.run(demo(terminal.console(), settings))


async def demo(console: Console, settings: dict[str, Any]) -> int:
    """The demo on a console, by a server with these settings."""
    errors = Console(stderr=True)
    async with Editor(SAMPLES, settings) as editor:
        with errors.status("starting the server and loading the model"):
            await editor.model_ready()
        for message in editor.faults:
            console.print(message, style="red", markup=False)
        if editor.faults:
            return EXIT_NOTHING
        console.print(f"{editor.messages[-1]}; asking through the language server\n", style="dim", markup=False)
        asked = places()
        ticked = track(asked, "typing", console=errors, transient=True)
        answers = [(place, await _ask(editor, place)) for place in ticked]
    suggestions = [(place, answer) for place, answer in answers if answer.text]
    shown: Counter[str] = Counter()
    for place, answer in sorted(suggestions, key=lambda pair: -len(pair[1].text)):
        shown[place.file.suffix] += 1
        if shown[place.file.suffix] <= SHOWN_OF_EACH_LANGUAGE:
            _show(console, place, answer)
    right = sum(place.written.startswith(answer.text) for place, answer in suggestions)
    console.print(
        f"Asked at {len(asked)} cursors: {len(suggestions)} suggestions, {right} of them what the author wrote. "
        "Elsewhere the model was not sure enough to disturb.",
        style="bold",
    )
    return 0 if suggestions else 1


async def _ask(editor: Editor, place: Place) -> Suggested:
    uri = editor.open(place.file, place.text, LANGUAGES[place.file.suffix])
    answer = await editor.suggest(uri, place.line, place.column)
    editor.close(uri)
    return answer


def _show(console: Console, place: Place, answer: Suggested) -> None:
    title = f"{place.file.relative_to(SAMPLES).as_posix()}:{place.line + 1}"
    console.print(Rule(title, align="left", style="dim"))
    console.print(terminal.ghost_text(place.text, place.offset, answer.text, colours=console.is_terminal))
    if place.written.startswith(answer.text):
        console.print("as the author wrote it", style="green")
    else:
        console.print(f"the author wrote {place.written!r}", style="yellow", markup=False)
    console.print(f"{answer.trace.partition('; ')[2]}\n", style="dim", markup=False)
