"""Measures a model folder on the held-out projects, fits what it shows and writes both into its files.

    python -m training.evaluate [--model engine/model/embedded] [--positions 4800] [--write]

Half of the projects fit the decision and its thresholds, the other half are reported on, so that no project is both.
The model's answers are kept in build/answers.pickle: with `--again` they are judged again without asking the model, and
the savings in typing stay as measured.
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import re
from collections import defaultdict
from functools import reduce
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from engine.context.workspace import WorkspaceIndex
from engine.evaluate.accuracy import ModelAnswer, Score, calibrate, collect_answers, score
from engine.evaluate.perplexity import Perplexity, perplexity
from engine.evaluate.positions import Position, draw_positions
from engine.evaluate.typing import TypingTotals, type_lines
from engine.languages import LANGUAGES, language_of
from engine.model.catalog import find_model
from engine.model.ctranslate import CTranslateModel
from engine.types import CompletionSettings
from training.confidence import calibration, fit
from training.corpus import read_rows
from training.paths import BUILD, EMBEDDED
from training.recipe import SEED

THRESHOLDS = [round(0.05 * i, 2) for i in range(1, 20)] + [0.97, 0.99]
LEAST_RIGHT = {"show": 0.72, "few": 0.82, "many": 0.55}  # of what is shown, on the calibrating projects
LINE_START_SHARE = 0.3
TYPED_LINES = 100
PERPLEXITY_FILES = 24
PERPLEXITY_TOKENS = 960
INDEX_SECONDS = 120.0
LANGUAGE_IDS = {language.name: language.id for language in reversed(LANGUAGES)}


def lay_out() -> dict[str, list[tuple[Path, str]]]:
    """Write the held-out files to disk, where the engine indexes them like a workspace. Returns them by project."""
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
    """Load the model in each worker: one thread each is faster than all threads in one."""
    global _model
    _model = CTranslateModel(find_model(folder), "cpu", 1)


def _indexed(positions: list[Position]) -> dict[Path, WorkspaceIndex]:
    """Return the complete index of each position's project, as in an editor that has been open for a minute."""
    for root in {position.request.cursor.document.root for position in positions} - _indexes.keys():
        assert root is not None
        _indexes[root] = WorkspaceIndex(root, folder=BUILD / "index" / root.name)
        _indexes[root].start()
        assert _indexes[root].wait_idle(INDEX_SECONDS), root
    return _indexes


def _ask(positions: list[Position]) -> list[ModelAnswer]:
    assert _model is not None
    return collect_answers(_model, positions, _indexed(positions))


def _type(positions: list[Position]) -> TypingTotals:
    assert _model is not None
    return type_lines(_model, positions, CompletionSettings(), _indexed(positions))


def _perplexity(task: tuple[str, list[tuple[str, str]]]) -> tuple[str, Perplexity]:
    assert _model is not None
    language, files = task
    texts = [(name, language_of(language), text) for name, text in files]
    return language, perplexity(_model, texts, PERPLEXITY_TOKENS)


def pieces(positions: list[Position], size: int = 20) -> list[list[Position]]:
    return [positions[i : i + size] for i in range(0, len(positions), size)]


def draw(count: int) -> dict[str, dict[str, list[Position]]]:
    """Draw positions, by half and project; each project equally, whatever its size."""
    projects, root, rng = lay_out(), BUILD / "heldout", random.Random(SEED)
    names = sorted(projects, key=lambda name: random.Random(name).random())
    drawn: dict[str, dict[str, list[Position]]] = {}
    for half, members in (("calibrate", names[::2]), ("report", names[1::2])):
        drawn[half] = {}
        for name in members:
            top = next(p for p in projects[name][0][0].parents if p.parent == root)
            each = count // 2 // len(members)
            drawn[half][name] = list(draw_positions(projects[name], top, each, LINE_START_SHARE, rng))
    return drawn


def ask_all(folder: Path, positions: dict[str, dict[str, list[Position]]], jobs: int) -> dict[str, list[ModelAnswer]]:
    by_half = {half: [p for drawn in projects.values() for p in drawn] for half, projects in positions.items()}
    # Once, before the workers: of several that open a project, only one would build its index.
    for index in _indexed([position for drawn in by_half.values() for position in drawn]).values():
        index.stop()
    _indexes.clear()
    with get_context("spawn").Pool(jobs, _load, (str(folder),)) as pool:
        return {half: [a for part in pool.imap(_ask, pieces(p)) for a in part] for half, p in by_half.items()}


def decide_by(answers: dict[str, list[ModelAnswer]]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the fitted weights, and the thresholds: the lowest at which enough of what is shown is right."""
    weights = fit(answers["calibrate"])
    thresholds = {
        name: calibrate(answers["calibrate"], least, THRESHOLDS, weights).threshold
        for name, least in LEAST_RIGHT.items()
    }
    return weights, thresholds


def judge(
    answers: list[ModelAnswer], weights: dict[str, float], thresholds: dict[str, float]
) -> tuple[dict[str, Any], list[Score]]:
    starts = [a for a in answers if a.position.at_line_start]
    inside = [a for a in answers if not a.position.at_line_start]
    curve = [score(answers, threshold, weights) for threshold in THRESHOLDS]
    at = thresholds["show"]
    return {
        "threshold": at,
        "thresholds": thresholds,
        "positions": len(answers),
        "report": vars(score(answers, at, weights)),
        "inside_lines": vars(score(inside, at, weights)),
        "line_starts": vars(score(starts, at, weights)),
        "calibration": calibration(answers, weights),
        "curve": [vars(point) for point in curve],
        "bare_curve": [vars(score(answers, threshold)) for threshold in THRESHOLDS],
        "whole_only_curve": [vars(score(answers, t, weights, whole_only=True)) for t in THRESHOLDS[:14]],
    }, curve


def use(folder: Path, positions: dict[str, dict[str, list[Position]]], jobs: int) -> dict[str, Any]:
    """Measure what typing with the model saves, and its perplexities, with the decision in model.toml."""
    lines = [p for drawn in positions["report"].values() for p in drawn if p.at_line_start]
    random.Random(SEED).shuffle(lines)
    by_language = defaultdict(list)
    for files in lay_out().values():
        for file, language in files[:PERPLEXITY_FILES]:
            by_language[language].append((file.name, file.read_text()))
    with get_context("spawn").Pool(jobs, _load, (str(folder),)) as pool:
        typed = reduce(TypingTotals.__add__, pool.imap_unordered(_type, pieces(lines[:TYPED_LINES], 5)))
        tested = [(language, files[:PERPLEXITY_FILES]) for language, files in sorted(by_language.items())]
        perplexities = dict(pool.map(_perplexity, tested))
    return {
        "typing": {**vars(typed), "saved_per_1000": typed.saved_per_1000, "lines": min(len(lines), TYPED_LINES)},
        "perplexity_window": PERPLEXITY_TOKENS,
        "perplexity": {language: vars(found) for language, found in perplexities.items()},
    }


def write_confidence(toml: Path, weights: dict[str, float], figures: dict[str, Any]) -> None:
    """Replace the table [confidence] of a model.toml."""
    points = figures["calibration"]
    lines = [
        "[confidence]",
        "# The least estimated probability that is shown; fitted and chosen on held-out projects, see MODEL_CARD.md.",
        *(f"{name} = {threshold}" for name, threshold in figures["thresholds"].items()),
        "# What was estimated, and the share that was right, on the reporting projects.",
        f"estimated = {[point['estimated'] for point in points]}",
        f"came_true = {[point['right'] for point in points]}",
        "",
        "[confidence.weights]",
        *(f"{name} = {weight}" for name, weight in weights.items()),
    ]
    table = re.compile(r"^\[confidence\]\n.*?(?=^\[(?!confidence))", re.MULTILINE | re.DOTALL)
    toml.write_text(table.sub(lambda _: "\n".join(lines) + "\n\n", toml.read_text()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, default=EMBEDDED)
    parser.add_argument("--positions", type=int, default=4800)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--again", action="store_true", help="judge the answers of the last run again")
    parser.add_argument("--write", action="store_true", help="write model.toml's [confidence] and evaluation.json")
    arguments = parser.parse_args()
    positions, kept = draw(arguments.positions), BUILD / "answers.pickle"
    if arguments.again:
        answers = pickle.loads(kept.read_bytes())  # noqa: S301 - our own
    else:
        answers = ask_all(arguments.model, positions, arguments.jobs)
        kept.write_bytes(pickle.dumps(answers))
    weights, thresholds = decide_by(answers)
    figures, curve = judge(answers["report"], weights, thresholds)
    figures["projects"] = {half: sorted(drawn) for half, drawn in positions.items()}
    if arguments.write:
        write_confidence(arguments.model / "model.toml", weights, figures)
        evaluation = arguments.model / "evaluation.json"
        measured = json.loads(evaluation.read_text()) if arguments.again else {}
        used = {key: measured[key] for key in ("typing", "perplexity_window", "perplexity") if key in measured}
        figures |= used or use(arguments.model, positions, arguments.jobs)
        evaluation.write_text(json.dumps(figures, indent=1) + "\n")
    show(figures, curve)


def show(figures: dict, curve: list[Score]) -> None:
    print("threshold  shown  exact  right  chars")
    for point in curve:
        print(f"{point.threshold:9} {point.shown:6.1%} {point.exact:6.1%} {point.right:6.1%} {point.mean_chars:6.1f}")
    for key in ("thresholds", "report", "inside_lines", "line_starts", "typing"):
        print(key, figures.get(key))
    for language, row in figures.get("perplexity", {}).items():
        print(f"{language:16} {row['per_token']:6.2f} a token, {row['bits_per_char']:.3f} bits a character")


if __name__ == "__main__":
    main()
