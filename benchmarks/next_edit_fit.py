"""Fits the weights of next edits to replayed commits: `python benchmarks/next_edit_fit.py NESBENCH [--write]`.

NESBENCH is a folder with the replay benchmark for next edits. Each commit is replayed hunk by hunk; at each place all
candidates are gathered and judged; a logistic regression for each kind tells the right ones from the others. What is
reported comes from weights that were fitted to the other repositories.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.next_edit_provider import as_suggestion, situation_of
from engine.context.index import MemoryIndex
from engine.context.source import Source
from engine.next_edit import ranking
from engine.next_edit.files import IndexedFiles
from engine.next_edit.gather import gather
from engine.next_edit.history import EditHistory
from engine.next_edit.values import Candidate
from engine.text import with_lf

RIDGE, BIAS_RIDGE = 0.15, 0.02
MAX_PLACES = 12  # of a commit: more hunks are thinned out
ROUNDS = 120
# The signals of each kind, each with the sign that its weight may have.
SIGNALS = {
    "rename": "+repeated +is_last -age +declares +declared_in_block +dangling -out_of_scope -joint_differs +left"
    " +right +done -skipped +pure -new_known -still_declared -both_declared +likeness -places"
    " +same_role -other_role -above_all -elsewhere +kinship -commentary -quoted +length +closeness +below",
    "repeat": "+hunks +is_last -age +left +right +context +fixed -varied -holes +likeness +same +template -left_gap"
    " -right_gap -skipped +done -above_all -elsewhere +kinship -places -already -doubled +size -is_insertion"
    " -commentary +below -anchor +closeness",
    "insert": "+hunks +is_last +both +names -known -places -elsewhere +kinship -varied +below +closeness",
    "delete": "+hunks +is_last -elsewhere +names +size +closeness",
    "import": "+donors -constructed -is_header +is_here -rivals +is_last +called +capital",
    "unimport": "-is_header +whole +is_here +is_last",
}


class Row(NamedTuple):
    task: int
    repository: str
    candidate: Candidate
    is_right: bool
    weight: float


class Task(NamedTuple):
    repository: str
    kind: str
    draw: str
    is_official: bool  # one of the benchmark's own tasks; the others only add to what is fitted


def replay(nesbench: Path) -> tuple[list[Task], list[Row]]:
    sys.path.insert(0, str(nesbench))
    from nesbench import data  # type: ignore[import-not-found]

    tasks: list[Task] = []
    rows: list[Row] = []
    folder = str(nesbench / "data")
    for repository in dict.fromkeys(commit["repo"] for commit in data.load_commits(folder)):
        before = len(tasks)
        for task, judged, share in _replay_repository(data, folder, repository):
            weight = share / len(judged) if judged else 0.0
            rows += [Row(len(tasks), repository, each, is_right, weight) for each, is_right in judged]
            tasks.append(task)
        print(repository, len(tasks) - before, flush=True)
    return tasks, rows


def _replay_repository(
    data: Any, folder: str, repository: str
) -> Iterator[tuple[Task, list[tuple[Candidate, bool]], float]]:
    from nesbench import metrics

    files: dict[str, str] = data.load_repo(folder, repository)
    steps = data.read_jsonl(f"{folder}/steps/{repository}.jsonl.xz")
    index, sources, at = MemoryIndex(), dict[str, Source](), 0

    def put(path: str) -> None:
        if path in files:
            sources[path] = Source(path, "", with_lf(files[path]))
            index.put(sources[path])
        else:
            sources.pop(path, None)
            index.drop(path)

    def save(changes: dict[str, str | None]) -> None:
        for path, text in changes.items():
            if text is None:
                files.pop(path, None)
            else:
                files[path] = text
            put(path)

    for path in files:
        put(path)
    for commit in data.load_commits(folder, [repository]):
        while at < commit["step"]:
            save(steps[at]["files"])
            at += 1
        whole, cuts, count = steps[at]["files"], {cut["k"]: cut for cut in commit["cuts"]}, len(commit["hunks"])
        again, history = data.Replay(files, commit), EditHistory()
        for path in commit["created"]:
            again.create(path, whole[path])
            put(path)
            history.observe_new(path, with_lf(files[path]))
        chosen = [k for k in range(1, count + 1) if k in cuts or count <= MAX_PLACES or k % (count // 10) == 0]
        for k in range(1, count + 1):
            path = commit["hunks"][k - 1]["path"]
            history.observe(path, with_lf(files.get(path, "")))
            again.step()
            put(path)
            history.observe(path, with_lf(files[path]))
            if k == count:
                save({path: text for path, text in whole.items() if files.get(path) != text})
            query = again.query()
            if k not in chosen or query["path"] not in sources:
                continue
            found = gather(
                situation_of(sources[query["path"]], query["line"], history, IndexedFiles(index, sources.get))
            )
            judged = [(each, metrics.judge(again, as_suggestion(files[each.path], each))["part"]) for each in found]
            kind = cuts[k]["deriv"] if k in cuts else "none" if k == count else ""
            weight = (1.0 if commit["draw"] == "any" else 0.7) * len(cuts) / len(chosen)
            yield Task(repository, kind, commit["draw"], k in cuts), judged, weight
        save({path: files.get(path) for path in {hunk["path"] for hunk in commit["hunks"]}})
        at += 1


class Fitting:
    """The rows as a matrix: a column for each signal of each kind."""

    def __init__(self, rows: list[Row]) -> None:
        self.signs = {
            kind: {each[1:]: 1 if each[0] == "+" else -1 for each in text.split()} for kind, text in SIGNALS.items()
        }
        self.columns = [(kind, name) for kind in SIGNALS for name in (ranking.BIAS, *self.signs[kind])]
        at = {column: position for position, column in enumerate(self.columns)}
        kept = [row for row in rows if row.candidate.kind in SIGNALS]
        self.tasks = np.array([row.task for row in kept])
        self.repositories = np.array([row.repository for row in kept])
        self.right = np.array([row.is_right for row in kept], float)
        self.weights = np.array([row.weight for row in kept])
        self.values = np.zeros((len(kept), len(self.columns)))
        for line, row in enumerate(kept):
            kind = row.candidate.kind
            self.values[line, at[kind, ranking.BIAS]] = 1
            for name in self.signs[kind]:
                self.values[line, at[kind, name]] = row.candidate.signals.get(name, 0.0)
        self.offset = np.array([ranking.offset(row.candidate) for row in kept])
        self.sign = np.array([0 if name == ranking.BIAS else self.signs[kind][name] for kind, name in self.columns])

    def fit(self, chosen: Any) -> Any:
        """Newton's method with an active set: a weight of the wrong sign stays 0."""
        values, right, weights = self.values[chosen], self.right[chosen], self.weights[chosen]
        offset = self.offset[chosen]
        scale = np.ones(len(self.columns))
        for position, (kind, name) in enumerate(self.columns):
            own = values[:, self.columns.index((kind, ranking.BIAS))] > 0
            if name != ranking.BIAS and own.sum() > 5:
                scale[position] = max(values[own, position].std(), 0.1)
        values = values / scale
        ridge = np.where(self.sign == 0, BIAS_RIDGE, RIDGE)
        found = np.zeros(len(self.columns))

        def loss(each: Any) -> float:
            scores = values @ each + offset
            return float(
                (weights * (np.logaddexp(0, scores) - right * scores)).sum() + 0.5 * (ridge * each * each).sum()
            )

        for _ in range(ROUNDS):
            chance = 1 / (1 + np.exp(-(values @ found + offset)))
            slope = values.T @ (weights * (chance - right)) + ridge * found
            free = np.where(~((self.sign != 0) & (found == 0) & (self.sign * slope > 0)))[0]
            part = values[:, free]
            curve = (part * (weights * chance * (1 - chance) + 1e-9)[:, None]).T @ part + np.diag(ridge[free])
            step, size = np.zeros_like(found), 1.0
            step[free] = np.linalg.solve(curve, slope[free])
            for _ in range(20):
                new = found - size * step
                new = np.where((self.sign != 0) & (new * self.sign < 0), 0, new)
                if loss(new) <= loss(found) + 1e-12:
                    break
                size /= 2
            if np.abs(new - found).max() < 1e-5:
                break
            found = new
        return found / scale

    def chances_by_others(self) -> Any:
        """The probability of each row by weights that were fitted to the other repositories."""
        chances = np.zeros(len(self.right))
        for repository in set(self.repositories):
            own = self.repositories == repository
            chances[own] = 1 / (1 + np.exp(-(self.values[own] @ self.fit(~own) + self.offset[own])))
        return chances


def report(tasks: list[Task], fitting: Fitting) -> None:
    chances = fitting.chances_by_others()
    best: dict[int, int] = {}
    for row, task in enumerate(fitting.tasks):
        if task not in best or chances[row] > chances[best[task]]:
            best[task] = row
    for threshold in sorted({*ranking.THRESHOLDS.values(), 0.5, 0.55, 0.65, 0.7}):
        counts: Counter[tuple[str, str]] = Counter()
        for number, task in enumerate(tasks):
            if task.is_official:
                row = best.get(number, -1)
                shown = row >= 0 and chances[row] >= threshold
                right = shown and bool(fitting.right[row])
                for group in (task.draw, task.kind):
                    counts[group, "n"] += 1
                    counts[group, "shown"] += shown
                    counts[group, "right"] += right
        shown, right, count = (counts["any", each] for each in ("shown", "right", "n"))
        recall = " ".join(
            f"{kind} {100 * counts[kind, 'right'] / max(1, counts[kind, 'n']):.0f}"
            for kind in ("rename", "repeat", "import", "call")
        )
        wrong = 100 * counts["none", "shown"] / max(1, counts["none", "n"])
        print(
            f"{threshold:.2f}: net {100 * (2 * right - shown) / count:5.1f}  shown {100 * shown / count:4.1f}"
            f"  right of shown {100 * right / max(1, shown):3.0f}  shown on none {wrong:.1f}  recall {recall}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nesbench", type=Path)
    parser.add_argument("--write", action="store_true", help="write the weights fitted to all repositories")
    options = parser.parse_args()
    tasks, rows = replay(options.nesbench.resolve())
    fitting = Fitting(rows)
    report(tasks, fitting)
    if options.write:
        found = fitting.fit(np.ones(len(fitting.right), bool))
        table: dict[str, dict[str, float]] = {}
        for (kind, name), weight in zip(fitting.columns, found, strict=True):
            if weight or name == ranking.BIAS:
                table.setdefault(kind, {})[name] = round(float(weight), 3)
        file = Path(ranking.__file__).with_name(ranking.WEIGHTS)
        file.write_text(json.dumps(table, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
