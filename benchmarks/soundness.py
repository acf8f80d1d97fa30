"""How many suggestions would break files: `python -m benchmarks.soundness [FOLDER ...] [--positions 2000]`.

At random cursors in the source files of the folders (this repository's by default), with the rest of the line removed,
with its closing brackets left as an editor leaves them, and in the whole file: how many suggestions of the embedded
model repeat the text after the cursor, unbalance brackets, or break the indentation. Counted for what is shown, and for
everything that the model generates, as if no confidence were required.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from engine.completion.decide import Decider
from engine.completion.pipeline import Completer
from engine.context.grammars import grammar_of
from engine.evaluate.positions import REST, draw_positions
from engine.evaluate.soundness import find_faults
from engine.languages import language_of
from engine.model.catalog import find_model
from engine.model.ctranslate import CTranslateModel
from engine.types import CancellationToken, CompletionSettings

SEED = 5
LINE_START_SHARE = 0.3
MAX_FILE_BYTES = 200_000
SKIPPED = {".git", ".venv", ".cache", "node_modules", "__pycache__", "build", "dist"}
SHOWN, ALL = "shown", "were nothing held back"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="*", default=[Path(__file__).parent.parent])
    parser.add_argument("--positions", type=int, default=2000)
    parser.add_argument("--examples", type=int, default=0, help="print so many of the faults")
    options = parser.parse_args()
    model = CTranslateModel(find_model(""), "cpu", 1)
    counts = measure(model, [folder.resolve() for folder in options.folders], options.positions, options.examples)
    print(f"{options.positions} positions")
    print(f"{'':24} {'suggestions':>11} {'suffix':>7} {'brackets':>9} {'indentation':>12}")
    for manner in (SHOWN, ALL):
        c = {name: counts[manner, name] for name in ("suggestions", "suffix", "brackets", "indentation")}
        print(f"{manner:24} {c['suggestions']:11} {c['suffix']:7} {c['brackets']:9} {c['indentation']:12}")
    if any(counts[SHOWN, name] for name in ("suffix", "brackets", "indentation")):
        sys.exit(1)


def measure(model: CTranslateModel, folders: list[Path], positions: int, examples: int = 0) -> Counter[tuple[str, str]]:
    """Counts by (manner, fault), and the suggestions looked at."""
    files = [
        (file, language, folder)
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if not SKIPPED & set(file.relative_to(folder).parts)
        and file.is_file()
        and 0 < file.stat().st_size < MAX_FILE_BYTES
        and grammar_of(language := language_of("", file.name).id)
    ]
    rng = random.Random(SEED)
    counts: Counter[tuple[str, str]] = Counter()
    by_language: dict[str, list[tuple[Path, str, Path]]] = {}
    for entry in files:
        by_language.setdefault(entry[1], []).append(entry)
    for number in range(positions):
        file, language, folder = rng.choice(by_language[rng.choice(sorted(by_language))])
        rest = REST[number % len(REST)]
        (position,) = draw_positions([(file, language)], folder, 1, LINE_START_SHARE, rng, rest)
        cursor = position.request.cursor
        request = replace(position.request, cursor=replace(cursor, document=replace(cursor.document, root=None)))
        settings = CompletionSettings(confidence=0.0, use_context=False)
        outcome = Completer(model, settings).complete(request, CancellationToken())
        if outcome.generated is None or outcome.prompt is None:
            continue
        text, offset, fit = cursor.document.text, cursor.offset, model.description.confidence
        for manner, threshold in ((SHOWN, fit.show), (ALL, 0.0)):
            decider = Decider(fit.weights, threshold)
            completion, _ = decider.decide(outcome.generated, outcome.prompt.mode, request.cursor)
            if completion is None:
                continue
            counts[manner, "suggestions"] += 1
            for fault in find_faults(text, offset, completion.text, language):
                counts[manner, fault] += 1
                if examples:
                    examples -= 1
                    start, end = text.rfind("\n", 0, max(0, offset - 200)) + 1, text.find("\n", offset + 120)
                    marked = f"{text[start:offset]}«{completion.text}»{text[offset:end]}"
                    print(f"--- {fault}, {manner}, {rest}: {file.name}\n{marked}\n")
    return counts


if __name__ == "__main__":
    main()
