"""The index on a large workspace: `python -m benchmarks.context [--files 10000] [--large 50000]`.

Writes a synthetic workspace (some 5 kB a file, eight languages, names by Zipf's law, from a vocabulary that grows with
it), then prints: the first index, and the searches answered meanwhile; searches of the finished index; the time from a
save until a search finds it; a branch switch of 5 000 files; a restart with a warm store; and the memory of both
processes, also at `--large` files.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import psutil

from engine.context.view import View
from engine.context.workspace import WorkspaceIndex
from engine.document import Cursor, Document

SEED = 11
LINES = 150
FOLDER_FILES = 40
QUERIES, SAVES = 200, 60
SWITCHED = 5_000  # files of a branch switch
BUDGET_CHARS, CHARS_ABOVE, CHARS_BELOW = 1_300, 1_600, 400  # of a prompt of 1024 tokens
INDEX_SECONDS = 900.0
STEMS = (  # noqa: SIM905
    "order stock user token cache parse render fetch queue batch index shard merge route frame event scope node"
    " edge price stage build group field entry value state match chunk score store watch draft label stamp query reply"
).split()
SUFFIXES = (".py", ".ts", ".java", ".go", ".c", ".cpp", ".rs", ".cs")
FORMS = {
    ".py": ("def {a}({b}, {c}):", "    {b} = {d}.{e}({c})", "    return {a}({b})"),
    ".ts": ("export function {a}({b}: {C}) {{", "  const {d} = {b}.{e}()", "  return {d} }}"),
    ".java": ("class {C} {{ int {a}(int {b}) {{", "  int {d} = {e}({b});", "  return {d}; }} }}"),
    ".go": ("func {a}({b} {C}) int {{", "\t{d} := {b}.{e}()", "\treturn {d}\n}}"),
    ".c": ("int {a}(int {b}) {{", "  int {d} = {e}({b});", "  return {d};\n}}"),
    ".cpp": ("int {a}(int {b}) {{", "  auto {d} = {e}({b});", "  return {d};\n}}"),
    ".rs": ("fn {a}({b}: {C}) -> u8 {{", "    let {d} = {b}.{e}();", "    {d}\n}}"),
    ".cs": ("class {C} {{ int {a}(int {b}) {{", "  var {d} = {e}({b});", "  return {d}; }} }}"),
}


class Author:
    """Writes files whose identifiers are shared as in real code: few everywhere, many in one or two files."""

    def __init__(self) -> None:
        self._rng = random.Random(SEED)

    def name(self, near: int) -> str:
        rng = self._rng
        number = int(rng.paretovariate(0.7)) % 100_000 if rng.random() < 0.6 else near * 7 + rng.randrange(30)
        return f"{STEMS[number % len(STEMS)]}_{STEMS[number // len(STEMS) % len(STEMS)]}" + (
            f"_{number // 1600}" if number >= 1600 else ""
        )

    def text(self, number: int, suffix: str) -> str:
        lines: list[str] = []
        while len(lines) < LINES:
            names = {key: self.name(number // FOLDER_FILES) for key in "abcde"}
            names["C"] = names["c"].title().replace("_", "")
            head, body, tail = (form.format(**names) for form in FORMS[suffix])
            lines += [head, *[body] * self._rng.randrange(1, 4), tail, ""]
        return "\n".join(lines)


def write_workspace(root: Path, files: int) -> list[tuple[str, str]]:
    author, written = Author(), []
    for number in range(files):
        suffix = SUFFIXES[number // FOLDER_FILES % len(SUFFIXES)]
        path = f"package{number // FOLDER_FILES}/file{number}{suffix}"
        text = author.text(number, suffix)
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
        if number % max(1, files // QUERIES) == 0:
            written.append((path, text))
    return written


def search(index: WorkspaceIndex, path: str, text: str, rng: random.Random) -> float:
    """Return the milliseconds of one search, from a random place in a file."""
    at = rng.randrange(len(text) // 4, len(text))
    view = View(Cursor(Document(path, "", text), at), CHARS_ABOVE, CHARS_BELOW)
    began = time.perf_counter()
    index.find(view, BUDGET_CHARS)
    return (time.perf_counter() - began) * 1000


def resident_mb() -> float:
    own = psutil.Process()
    return sum(process.memory_info().rss for process in (own, *own.children(recursive=True))) / 1e6


@contextmanager
def workspace(files: int) -> Iterator[tuple[Path, Path, list[tuple[str, str]]]]:
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "work").mkdir()
        yield folder / "work", folder / "store", write_workspace(folder / "work", files)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def spread_at(values: list[float], share: int) -> float:
    return quantiles(values, n=100, method="inclusive")[share - 1]


def row(name: str, values: list[float], unit: str, bar: str) -> None:
    many = "  ".join(f"p{share} {spread_at(values, share):.1f}" for share in (50, 90, 95)) if len(values) > 1 else ""
    shown = many or f"{values[0]:.2f}"
    print(f"{name:52} {shown:>36} {unit:3}   bar: {bar}", flush=True)


def measure(files: int) -> None:
    rng = random.Random(SEED)
    with workspace(files) as (root, store, samples):
        index = WorkspaceIndex(root, folder=store)
        began = time.perf_counter()
        index.start()
        meanwhile = []
        while not index.wait_idle(0.2):
            path, text = rng.choice(samples)
            meanwhile.append(search(index, path, text, rng))
            if time.perf_counter() - began > INDEX_SECONDS:
                raise SystemExit("the index was not complete in time")
        row(f"first index of {files} files", [time.perf_counter() - began], "s", "30 s at 10 000 files, 2 free cores")
        if len(meanwhile) > 1:
            row("  a search meanwhile", meanwhile, "ms", "as usual")
        row("search", [search(index, *rng.choice(samples), rng) for _ in range(QUERIES)], "ms", "p50 10, p95 40")
        row("save to searchable", [save(index, root, number) for number in range(SAVES)], "ms", "p95 50")
        index.wait_idle(INDEX_SECONDS)
        row("branch switch, until all is searchable", [switch(index, root, files)], "s", "nothing blocked")
        row("resident, both processes", [resident_mb()], "MB", "300 at 50 000 files")
        index.stop()
        began = time.perf_counter()
        again = WorkspaceIndex(root, folder=store)
        again.start()
        path, text = samples[0]
        search(again, path, text, rng)
        row("restart with a warm store, to the first answer", [time.perf_counter() - began], "s", "0.3")
        again.stop()


def save(index: WorkspaceIndex, root: Path, number: int) -> float:
    """Return the milliseconds from the write of a file until a search finds it."""
    name = f"unknown_{number}"
    path = f"package0/saved{number}.py"
    view = View(Cursor.between(f"{name}(", "", "package0/other.py"), CHARS_ABOVE, CHARS_BELOW)
    (root / path).write_text(f"def {name}(wheels):\n    return wheels\n")
    began = time.perf_counter()
    index.changed([path])
    while not any(snippet.path == path for snippet in index.find(view, BUDGET_CHARS)):
        pass
    return (time.perf_counter() - began) * 1000


def switch(index: WorkspaceIndex, root: Path, files: int) -> float:
    """Replace up to `SWITCHED` files, and search. Return the seconds until the store has them all."""
    author = Author()
    changed = sorted(root.glob("package*/file*"))[: min(SWITCHED, files // 2)]
    for file in changed:
        file.write_text(author.text(int(file.stem.removeprefix("file")) + FOLDER_FILES, file.suffix))
    began = time.perf_counter()
    index.changed([file.relative_to(root).as_posix() for file in changed])
    view = View(Cursor.between("order_stock(", "", "package0/other.py"), CHARS_ABOVE, CHARS_BELOW)
    longest = 0.0
    while not index.wait_idle(0.2):
        before = time.perf_counter()
        index.find(view, BUDGET_CHARS)
        longest = max(longest, time.perf_counter() - before)
    row(f"  the longest search while {len(changed)} files change", [longest * 1000], "ms", "as usual")
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=50_000, help="a second, larger workspace; 0 for none")
    options = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{os.cpu_count()} cores, load {load:.1f}\n")
    measure(options.files)
    if options.large:
        print()
        measure(options.large)


if __name__ == "__main__":
    main()
