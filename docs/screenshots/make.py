"""Draws README's pictures from the real command: `python docs/screenshots/make.py`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from engine.completion.pipeline import Completer
from engine.document import Cursor, Document
from engine.types import CancellationToken, CompletionRequest, CompletionSettings
from lsp_server.cli.complete import explain
from lsp_server.cli.demo import SAMPLES, find_places, show_demo
from lsp_server.models.worker import load_ctranslate_model

HERE = Path(__file__).parent
COLUMNS = 104
MIN_CHARS = 12  # of the suggestion that is explained: enough to look at
LIGHT = TerminalTheme(
    (255, 255, 255), (36, 41, 47),
    [
        (36, 41, 47), (207, 34, 46), (17, 99, 41), (77, 45, 0), (9, 105, 218), (130, 80, 223), (27, 124, 131),
        (110, 119, 129),
    ],
    [
        (140, 149, 159), (164, 14, 38), (26, 127, 55), (99, 60, 1), (33, 139, 255), (164, 117, 249), (49, 146, 170),
        (140, 149, 159),
    ],
)  # fmt: skip
# rich's frame, without the web font it would fetch.
FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs>{lines}</defs>
<rect width="100%" height="100%" rx="8" fill="#ffffff" stroke="#d0d7de"/>
<g transform="translate({terminal_x}, 20)"><g class="{unique_id}-matrix">{backgrounds}{matrix}</g></g>
</svg>
"""


def picture(console: Console, name: str) -> None:
    console.save_svg(str(HERE / f"{name}.svg"), theme=LIGHT, code_format=FRAME)


def new_console() -> Console:
    return Console(record=True, force_terminal=True, width=COLUMNS, highlight=False, color_system="truecolor")


def main() -> None:
    console = new_console()
    asyncio.run(show_demo(console, {}))
    picture(console, "demo")

    model = load_ctranslate_model("", "cpu", 0)
    for place in find_places():
        document = Document(place.file.relative_to(SAMPLES).as_posix(), "", place.text, place.file, SAMPLES)
        request = CompletionRequest(Cursor(document, place.offset))
        outcome = Completer(model, CompletionSettings()).complete(request, CancellationToken())
        if outcome.completion and len(outcome.completion.text) >= MIN_CHARS and outcome.prompt and outcome.prompt.used:
            break
    console = new_console()
    console.print(f"$ codegeex-lsp complete {document.path}:{place.line + 1}:{place.column + 1} --explain\n")
    explain(console, request, outcome)
    picture(console, "explain")


if __name__ == "__main__":
    main()
