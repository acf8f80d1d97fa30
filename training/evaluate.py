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
from functools import reduce
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from corpus import BUILD, HERE, read_rows
from recipe import SEED

sys.path.insert(0, str(HERE.parent))
from engine.context.workspace import WorkspaceIndex
from engine.evaluate.accuracy import Answer, Score, ask, calibrate, score
from engine.evaluate.perplexity import Perplexity, perplexity
from engine.evaluate.positions import Position, draw_positions
from engine.evaluate.typing import Typed, type_lines
from engine.languages import LANGUAGES, language_of
from engine.model.catalog import find_model
from engine.model.ctranslate import CTranslateModel
from engine.types import CompletionSettings

THRESHOLDS = [round(0.05 * i, 2) for i in range(1, 20)] + [0.97, 0.99]
LEAST_RIGHT = 0.65  # of what is shown, on the calibrating projects: a little above what is promised
LINE_START_SHARE = 0.3
TYPED_LINES = 100
PERPLEXITY_FILES = 24
PERPLEXITY_TOKENS = 960
INDEX_SECONDS = 120.0
LANGUAGE_IDS = {language.name: language.id for language in reversed(LANGUAGES)}


def lay_out() -> dict[str, list[tuple[Path, str]]]:
    """Held-out files on disk, where the engine indexes them as it would a workspace: by project."""
    projects: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    for row in read_rows("heldout"):
        file = BUILD / "heldout" / row["project"].replace(":", "-").replace("/", "-") / row["path"]
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(row["text"])
        projects[row["project"]].append((file, LANGUAGE_IDS[row["language"]]))
    return projects


_model: CTranslateModel | None = None
_indexes: dict[Path, WorkspaceIndex] = {}


def _load(folder: str) -> None:
    """In each worker: one thread each is faster together than all threads in one."""
    global _model
    _model = CTranslateModel(find_model(folder), "cpu", 1)


def _indexed(positions: list[Position]) -> dict[Path, WorkspaceIndex]:
    """The index of each position's project, whole: what an editor has a minute after it was opened."""
    for root in {position.request.document.root for position in positions} - _indexes.keys():
        assert root is not None
        _indexes[root] = WorkspaceIndex(root, folder=BUILD / "index" / root.name)
        _indexes[root].start()
        assert _indexes[root].wait_idle(INDEX_SECONDS), root
    return _indexes


def _ask(positions: list[Position]) -> list[Answer]:
    assert _model is not None
    return ask(_model, positions, _indexed(positions))


def _type(task: tuple[list[Position], float]) -> Typed:
    assert _model is not None
    return type_lines(_model, task[0], CompletionSettings(confidence=task[1]), _indexed(task[0]))


def _perplexity(task: tuple[str, list[tuple[str, str]]]) -> tuple[str, Perplexity]:
    assert _model is not None
    language, files = task
    texts = [(name, language_of(language), text) for name, text in files]
    return language, perplexity(_model, texts, PERPLEXITY_TOKENS)


def pieces(positions: list[Position], size: int = 20) -> list[list[Position]]:
    return [positions[i : i + size] for i in range(0, len(positions), size)]


def measure(folder: Path, count: int, jobs: int) -> tuple[dict[str, Any], list[Score]]:
    projects = lay_out()
    root = BUILD / "heldout"
    rng = random.Random(SEED)
    names = sorted(projects, key=lambda name: random.Random(name).random())
    halves = {"calibrate": names[::2], "report": names[1::2]}
    positions: dict[str, list[Position]] = {}
    for half, members in halves.items():  # each project alike, whatever its size
        each = count // 2 // len(members)
        drawn = []
        for name in members:
            top = next(p for p in projects[name][0][0].parents if p.parent == root)
            drawn += draw_positions(projects[name], top, each, LINE_START_SHARE, rng)
        positions[half] = drawn
    by_language = defaultdict(list)
    for files in projects.values():
        for file, language in files[:PERPLEXITY_FILES]:
            by_language[language].append((file.name, file.read_text()))
    # Once, before the workers: of several that open a project, only one would build its index.
    for index in _indexed([position for drawn in positions.values() for position in drawn]).values():
        index.stop()
    _indexes.clear()
    with get_context("spawn").Pool(jobs, _load, (str(folder),)) as pool:
        answers = {h: [a for part in pool.map(_ask, pieces(p)) for a in part] for h, p in positions.items()}
        chosen = calibrate(answers["calibrate"], LEAST_RIGHT, THRESHOLDS)
        starts = [a for a in answers["report"] if a.position.at_line_start]
        inside = [a for a in answers["report"] if not a.position.at_line_start]
        lines = [a.position for a in starts]
        random.Random(SEED).shuffle(lines)
        tasks = [(part, chosen.threshold) for part in pieces(lines[:TYPED_LINES], 5)]
        typed = reduce(Typed.__add__, pool.imap_unordered(_type, tasks))
        tested = [(language, files[:PERPLEXITY_FILES]) for language, files in sorted(by_language.items())]
        perplexities = dict(pool.map(_perplexity, tested))
    curve = [score(answers["report"], threshold) for threshold in THRESHOLDS]
    figures = {
        "threshold": chosen.threshold,
        "positions": len(answers["report"]),
        "projects": {half: sorted(members) for half, members in halves.items()},
        "report": vars(score(answers["report"], chosen.threshold)),
        "inside_lines": vars(score(inside, chosen.threshold)),
        "line_starts": vars(score(starts, chosen.threshold)),
        "curve": [vars(point) for point in curve],
        "whole_only_curve": [vars(score(answers["report"], t, whole_only=True)) for t in THRESHOLDS[:12]],
        "typing": {**vars(typed), "saved_per_1000": typed.saved_per_1000, "lines": min(len(lines), TYPED_LINES)},
        "perplexity_window": PERPLEXITY_TOKENS,
        "perplexity": {language: vars(found) for language, found in perplexities.items()},
    }
    return figures, curve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, default=HERE.parent / "engine" / "model" / "embedded")
    parser.add_argument("--positions", type=int, default=2400)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--write", action="store_true", help="write model.toml's threshold and evaluation.json")
    arguments = parser.parse_args()
    figures, curve = measure(arguments.model, arguments.positions, arguments.jobs)
    show(figures, curve)
    if arguments.write:
        (arguments.model / "evaluation.json").write_text(json.dumps(figures, indent=1) + "\n")
        toml = arguments.model / "model.toml"
        toml.write_text(re.sub(r"(?m)^show = .*$", f"show = {figures['threshold']}", toml.read_text()))


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
