"""Measures a model folder on the held-out projects, calibrates its threshold and writes both into its files.

    python training/evaluate.py [--model engine/model/embedded] [--positions 2400] [--write]

Half of the projects calibrate the threshold, the other half report: nobody marks their own homework.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import defaultdict
from pathlib import Path

from corpus import BUILD, HERE, read_rows
from recipe import SEED

sys.path.insert(0, str(HERE.parent))
from engine.evaluate.accuracy import Score, ask, calibrate, score
from engine.evaluate.perplexity import perplexity
from engine.evaluate.positions import draw_positions
from engine.evaluate.typing import type_lines
from engine.languages import LANGUAGES, language_of
from engine.model.catalog import find_model
from engine.model.ctranslate import CTranslateModel
from engine.types import CompletionSettings

THRESHOLDS = [round(0.05 * i, 2) for i in range(1, 20)] + [0.97, 0.99]
LEAST_RIGHT = 0.65  # of what is shown, on the calibrating projects: a little above what is promised
LINE_START_SHARE = 0.3
TYPED_LINES = 200
PERPLEXITY_FILES = 24
LANGUAGE_IDS = {language.name: language.id for language in reversed(LANGUAGES)}


def lay_out() -> dict[str, list[tuple[Path, str]]]:
    """Held-out files on disk, where the engine finds neighbours as it would in a workspace: by project."""
    projects: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    for row in read_rows("heldout"):
        file = BUILD / "heldout" / row["project"].replace(":", "-").replace("/", "-") / row["path"]
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(row["text"])
        projects[row["project"]].append((file, LANGUAGE_IDS[row["language"]]))
    return projects


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, default=HERE.parent / "engine" / "model" / "embedded")
    parser.add_argument("--positions", type=int, default=2400)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument(
        "--write", action="store_true", help="put the threshold into model.toml, figures into evaluation.json"
    )
    arguments = parser.parse_args()
    model = CTranslateModel(find_model(str(arguments.model)), threads=arguments.threads)
    projects = lay_out()
    root = BUILD / "heldout"
    rng = random.Random(SEED)
    names = sorted(projects, key=lambda name: random.Random(name).random())
    halves = {"calibrate": names[::2], "report": names[1::2]}
    answers = {}
    for half, chosen in halves.items():
        # Each language as often as the model's users are thought to write it, each project of it alike.
        positions = []
        for name in chosen:
            folder = next(p for p in projects[name][0][0].parents if p.parent == root)
            positions += draw_positions(
                projects[name], folder, arguments.positions // 2 // len(chosen), LINE_START_SHARE, rng
            )
        answers[half] = ask(model, positions)
    chosen = calibrate(answers["calibrate"], LEAST_RIGHT, THRESHOLDS)
    curve = [score(answers["report"], threshold) for threshold in THRESHOLDS]
    report = score(answers["report"], chosen.threshold)
    starts = [a for a in answers["report"] if a.position.at_line_start]
    inside = [a for a in answers["report"] if not a.position.at_line_start]
    typed = type_lines(
        model, [a.position for a in starts][:TYPED_LINES], CompletionSettings(confidence=chosen.threshold)
    )
    by_language = defaultdict(list)
    for files in projects.values():
        for file, language in files[:PERPLEXITY_FILES]:
            by_language[language].append((file.name, language_of(language), file.read_text()))
    figures = {
        "threshold": chosen.threshold, "positions": len(answers["report"]),
        "projects": {half: sorted(chosen) for half, chosen in halves.items()},
        "report": vars(report), "inside_lines": vars(score(inside, chosen.threshold)),
        "line_starts": vars(score(starts, chosen.threshold)), "curve": [vars(point) for point in curve],
        "typing": {**vars(typed), "saved_per_1000": typed.saved_per_1000},
        "perplexity": {
            language: vars(perplexity(model, texts[:PERPLEXITY_FILES], 960))
            for language, texts in sorted(by_language.items())
        },
    }  # fmt: skip
    show(figures, curve)
    if arguments.write:
        (arguments.model / "evaluation.json").write_text(json.dumps(figures, indent=1) + "\n")
        toml = arguments.model / "model.toml"
        toml.write_text(re.sub(r"(?m)^show = .*$", f"show = {chosen.threshold}", toml.read_text()))


def show(figures: dict, curve: list[Score]) -> None:
    print("threshold  shown  exact  right  chars")
    for point in curve:
        print(f"{point.threshold:9} {point.shown:6.1%} {point.exact:6.1%} {point.right:6.1%} {point.mean_chars:6.1f}")
    for key in ("threshold", "report", "inside_lines", "line_starts", "typing"):
        print(key, figures[key])
    for language, row in figures["perplexity"].items():
        print(f"{language:16} {row['per_token']:6.2f} a token, {row['bits_per_char']:.3f} bits a character")


if __name__ == "__main__":
    main()
