"""How often a model's suggestion is right where words begin: after an indentation and after a blank.

    python -m benchmarks.cursors [--model NAME] [--count 160] [FILE …]

Each cursor's line is cut off at the cursor, as if it were being typed; the lines below stay. Without files, the
project's own samples are used. A first line is right if it agrees with the true text to its own end, and does not end
within a word.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from pathlib import Path

from engine.completion.pipeline import Completer
from engine.document import Cursor, Document
from engine.evaluate.accuracy import is_right
from engine.languages import language_of
from engine.model.catalog import find_model
from engine.model.ctranslate import CTranslateModel
from engine.types import CancellationToken, CompletionRequest, CompletionSettings

SAMPLES = Path(__file__).parents[1] / "lsp_server" / "cli" / "samples"
MIN_LINE_CHARS = 12
FIRST_LINE = 8  # above it are imports and licences
COMMENTS = ("#", "//", "*", "/*")


def find_cursors(text: str) -> list[tuple[int, int]]:
    """Return (start of the line's rest, its end) at each line start, and after a blank inside each line."""
    found, start = [], 0
    for number, line in enumerate(text.split("\n")):
        code, end = line.strip(), start + len(line)
        if number >= FIRST_LINE and len(code) >= MIN_LINE_CHARS and not code.startswith(COMMENTS):
            indent = len(line) - len(line.lstrip())
            found.append((start + indent, end))
            blanks = [
                blank.end() for blank in re.finditer(r"\S (?=\S)", line) if blank.end() - indent >= len(code) // 3
            ]
            found += [(start + column, end) for column in blanks[:1]]
        start = end + 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--model", default="")
    parser.add_argument("--count", type=int, default=160)
    options = parser.parse_args()
    files = options.files or sorted(path for path in SAMPLES.rglob("*") if path.is_file())
    texts = [path.read_text(encoding="utf-8") for path in files]
    cursors = [(path, text, *each) for path, text in zip(files, texts, strict=True) for each in find_cursors(text)]
    cursors = random.Random(5).sample(cursors, min(options.count, len(cursors)))
    model = CTranslateModel(find_model(options.model), "cpu", 1)
    completer = Completer(model, CompletionSettings())
    shown = right = whole = doubled = characters = 0
    began = time.perf_counter()
    for path, text, cursor, end in cursors:
        document = Document(path.name, language_of("", path.name).id, text[:cursor] + text[end:], path, path.parent)
        outcome = completer.complete(CompletionRequest(Cursor(document, cursor)), CancellationToken())
        if outcome.completion is None:
            continue
        first, truth = outcome.completion.text.split("\n")[0], text[cursor:end]
        shown += 1
        doubled += first.startswith((" ", "\t"))
        if first and is_right(first, truth + "\n"):
            right += 1
            whole += first == truth
            characters += len(first)
    seconds = (time.perf_counter() - began) / len(cursors)
    print(f"{len(cursors)} cursors, {shown} shown, first line right {right} ({right / len(cursors):.2f} of all)")
    print(f"{whole} whole lines, {characters} right characters, {doubled} begin with a blank, {seconds:.2f} s each")


if __name__ == "__main__":
    main()
