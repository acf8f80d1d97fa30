"""`codegeex-lsp demo`: completions of real code, through the same server an editor starts.

The sample projects are ours and were never trained on. What stood behind each cursor is taken out before the model is
asked, and shown beside its answer: judge for yourself.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.rule import Rule

from lsp_server.cli import terminal
from lsp_server.cli.editor import Editor

SAMPLES = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Place:
    """A cursor behind the first `before` in `file`; `written` stood there and is taken out."""

    file: str
    language: str
    before: str
    written: str


PLACES: tuple[Place, ...] = (
    Place("warehouse/stock.py", "python", "        self.wanted = wanted\n        self.free", " = free"),
    Place("warehouse/stock.py", "python", "raise OutOfStock(", "article, count, free)"),
    Place("warehouse/orders.py", "python", "        self.shelves = ", "shelves"),
    Place(
        "warehouse/orders.py",
        "python",
        "        if line.count > free:\n            raise ",
        "OutOfStock(line.article, line.count, free)",
    ),
    Place("relay/channel.ts", "typescript", "  unsubscribe(topic: string, listener: ", "Listener<T>): void {"),
    Place(
        "relay/channel.ts",
        "typescript",
        "    if (set === undefined) {\n      return 0;\n    }\n    for (const ",
        "listener of set) {",
    ),
    Place("relay/history.ts", "typescript", "    if (past.length > ", "this.limit) {"),
    Place("ledger/account.go", "go", "\ta.mu.Lock()\n\t", "defer a.mu.Unlock()"),
    Place("ledger/transfer.go", "go", "\tif err := to.Deposit(amount); err ", "!= nil {"),
    Place("tiles/Grid.java", "java", "        this.width = width;\n        this.height", " = height;"),
    Place("tiles/Grid.java", "java", "        for (int x = 0; ", "x < width; x++) {"),
    Place("tiles/Grid.java", "java", "        if (!(other instanceof Grid)) {\n            return ", "false;"),
)


def run_demo(options: argparse.Namespace) -> int:
    """0 where at least one suggestion was shown."""
    settings = {"model": options.model, "device": options.device, "threads": options.threads}
    return asyncio.run(demo(terminal.console(), settings))


async def demo(console: Console, settings: dict[str, Any]) -> int:
    """The demo on a console, by a server with these settings."""
    async with Editor(SAMPLES, settings) as editor:
        with Console(stderr=True).status("starting the server and loading the model"):
            await editor.model_ready()
        for message in editor.faults:
            console.print(message, style="red", markup=False)
        if editor.faults:
            return 1
        console.print(f"{editor.messages[-1]}; asking through the language server\n", style="dim", markup=False)
        shown = 0
        for place in PLACES:
            shown += await _show(console, editor, place)
        console.print(f"{shown} of {len(PLACES)} places got a suggestion; the others were left alone: not sure enough.")
    return 0 if shown else 1


async def _show(console: Console, editor: Editor, place: Place) -> bool:
    file = SAMPLES / place.file
    whole = file.read_text(encoding="utf-8")
    offset = whole.index(place.before) + len(place.before)
    text = whole[:offset] + whole[offset:].removeprefix(place.written)
    uri = editor.open(file, text, place.language)
    line = text.count("\n", 0, offset)
    answer = await editor.suggest(uri, line, offset - (text.rfind("\n", 0, offset) + 1))
    editor.close(uri)
    took, silence = answer.trace.partition("; ")[2], answer.trace.partition("nothing: ")[2].partition(";")[0]
    console.print(Rule(f"{place.file}:{line + 1}", align="left", style="dim"))
    if not answer.text:
        console.print(f"    {text[:offset].rpartition(chr(10))[2].strip()}", style="bold", markup=False)
        console.print(f"left alone: {silence}; the author wrote {place.written.strip()!r}\n", style="dim", markup=False)
        return False
    console.print(terminal.ghost_text(text, offset, answer.text, colours=console.is_terminal))
    if answer.text == place.written:
        console.print("the author wrote the same", style="green")
    else:
        console.print(f"the author wrote {place.written.strip()!r}", style="dim", markup=False)
    console.print(f"{took}\n", style="dim", markup=False)
    return True
