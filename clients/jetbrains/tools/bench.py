"""Keystroke to suggestion text: the plugin's provider beside the plain Python client, over the same server in one run.

Both type the same text at the same pace into servers of their own, in turn; a key that goes the suggestion's way asks
nobody, as in an editor.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kotlin import CLIENT, CORE, KOTLIN_COMPILER_JAR, PLATFORM, PLUGIN, Module, compile_modules, java_fault
from run_tests import DOCUMENT_TESTS, DOUBLES, PROVIDER_TESTS, SERVER, SUPPORT

from lsp_server.scripted_editor import ScriptedEditor

BENCH = Module(
    "bench",
    (CLIENT / "test/bench",),
    (PROVIDER_TESTS, DOCUMENT_TESTS, SUPPORT, DOUBLES, PLUGIN, CORE, PLATFORM),
    (KOTLIN_COMPILER_JAR,),
)
BAR = 1.3
TEXT = '''\
class Cart:
    """What a customer wants to buy."""

    def __init__(self, customer, currency="EUR"):
        self.customer = customer
        self.currency = currency
        self.lines = []

    def add(self, product, count=1):
        if count < 1:
            raise ValueError("count must be positive")
        self.lines.append((product, count))

    def total(self):
        total = 0
        for product, count in self.lines:
            total += product.price * count
        return total

    def remove(self, product):
        self.lines = [line for line in self.lines if line[0] != product]
'''[:500]


async def python_session(folder: Path, pace: float) -> list[float]:
    """Return the milliseconds from a key to each suggestion's text, by the plain client."""
    times: list[float] = []
    shown, newest = "", 0
    async with ScriptedEditor(folder, command=(str(SERVER),)) as editor:
        await editor.wait_for_model()
        uri = editor.open(folder / "cart.py", "", "python")
        await editor.suggest(uri, 0, 0)
        line = character = 0
        tasks = set()

        async def suggest(key: int, pressed: float, line: int, character: int) -> None:
            nonlocal shown
            found = await editor.suggest(uri, line, character)
            if key == newest and found.text:
                shown = found.text
                times.append((time.perf_counter() - pressed) * 1000)

        began = time.perf_counter()
        for index, char in enumerate(TEXT):
            pressed = time.perf_counter()
            newest = index
            editor.type(uri, line, character, char)
            line, character = (line + 1, 0) if char == "\n" else (line, character + 1)
            follows = shown.startswith(char)
            shown = shown[1:] if follows else ""
            if not shown:
                task = asyncio.ensure_future(suggest(index, pressed, line, character))
                tasks.add(task)
            await asyncio.sleep(max(0.0, began + pace * (index + 1) - time.perf_counter()))
        await asyncio.sleep(1)
    return times


def plugin_session(folder: Path, pace: float) -> list[float]:
    """Return the same of the plugin's provider."""
    typed = folder.parent / "typed"
    typed.write_text(TEXT, encoding="utf-8")
    path = os.pathsep.join(map(str, (DOUBLES.out, BENCH.out, *BENCH.class_path, CLIENT / "resources")))
    properties = {"codegeex.server": SERVER, "java.io.tmpdir": folder.parent, "idea.home.path": folder.parent}
    defined = [f"-D{name}={value}" for name, value in properties.items()]
    command = ["java", *defined, "-cp", path, "codegeex.test.BenchKt", str(folder), str(typed), str(int(pace * 1000))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    times: list[float] = json.loads(done.stdout.splitlines()[-1])
    return times


def percentile(times: list[float], share: float) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[round(share * 100) - 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pace-ms", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if fault := java_fault():
        sys.exit(f"the JetBrains plugin {fault}")
    compile_modules(PLATFORM, CORE, PLUGIN, SUPPORT, DOUBLES, DOCUMENT_TESTS, PROVIDER_TESTS, BENCH)
    times: dict[str, list[float]] = {"python": [], "plugin": []}
    for _ in range(arguments.rounds):
        for name in times:
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place) / "shop"
                folder.mkdir()
                pace = arguments.pace_ms / 1000
                found = asyncio.run(python_session(folder, pace)) if name == "python" else plugin_session(folder, pace)
                times[name] += found
    print(f"{len(TEXT)} characters at {arguments.pace_ms} ms, {arguments.rounds} times each, in turn")
    for name, found in times.items():
        p50, p90 = percentile(found, 0.5), percentile(found, 0.9)
        print(f"{name}: {len(found)} suggestions, p50 {p50:.1f} ms, p90 {p90:.1f} ms")
    for share in (0.5, 0.9):
        ratio = percentile(times["plugin"], share) / percentile(times["python"], share)
        print(f"plugin/python p{share * 100:.0f}: {ratio:.2f} (bar {BAR})")


if __name__ == "__main__":
    main()
