"""What the embedded model gains from context: `python -m benchmarks.context_gain CTXBENCH [--tasks 20]`.

Perplexity of the true next lines, held out of the file, with and without the snippets; CTXBENCH is the folder of the
context benchmark; `--tasks` of each of its repositories are used.
"""

from __future__ import annotations

import argparse
import importlib
import math
import random
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from engine.completion.assemble import assemble
from engine.context.collect import CHARS_PER_TOKEN, PREFIX_SHARE, REFERENCE_SHARE, SUFFIX_SHARE
from engine.context.find import find
from engine.context.index import MemoryIndex
from engine.context.source import Source
from engine.context.view import View
from engine.document import Cursor
from engine.model.catalog import find_model
from engine.model.ctranslate import CTranslateModel
from engine.prompt.templates import Contents, PromptEncoder
from engine.types import EditedFile, LineRange, Mode, Snippet

SEED = 3
PROMPT_TOKENS = 960
MAX_TARGET_CHARS = 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("ctxbench", type=Path)
    parser.add_argument("--tasks", type=int, default=20, help="of each repository")
    options = parser.parse_args()
    sys.path.insert(0, str(options.ctxbench))
    data = importlib.import_module("ctxbench.data")
    folder = str(options.ctxbench / "data")
    model = CTranslateModel(find_model(""), "cpu", 1)
    tasks: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for task in data.load_tasks(folder, "dev"):
        tasks[task["repo"]].append(task)
    rng = random.Random(SEED)
    totals = [0.0, 0.0, 0.0]
    print(f"{'repository':12} {'tokens':>7} {'without':>8} {'with':>8}")
    for repository, its in tasks.items():
        chosen = {task["id"] for task in rng.sample(its, min(options.tasks, len(its)))}
        index = MemoryIndex()
        for path, text in data.load_repo(folder, repository).items():
            index.put(Source(path, "", text))
        sums = [0.0, 0.0, 0.0]
        for updates, task, prefix, suffix, target, recent in data.episodes(folder, repository, its):
            for path, text in updates:
                if text is None:
                    index.drop(path)
                else:
                    index.put(Source(path, "", text))
            if task["id"] in chosen:
                scored = surprise(
                    model, index, Cursor.between(prefix, suffix, task["path"]), target[:MAX_TARGET_CHARS], recent
                )
                sums = [a + b for a, b in zip(sums, scored, strict=True)]
        totals = [a + b for a, b in zip(totals, sums, strict=True)]
        show(repository, sums)
    show("all", totals)


def surprise(model: CTranslateModel, index: MemoryIndex, cursor: Cursor, target: str, recent: Any) -> list[float]:
    """Return [tokens, their negative log-likelihood without snippets, with snippets], the last two in nats."""
    chars = PROMPT_TOKENS * CHARS_PER_TOKEN
    edits = tuple(EditedFile(each, tuple(LineRange(*lines) for lines in ranges)) for each, ranges in recent)
    view = View(cursor, int(chars * PREFIX_SHARE), int(chars * SUFFIX_SHARE), edits)
    ids = model.tokenizer.encode(target)
    found = [float(len(ids))]
    encoder = PromptEncoder(model.description, model.tokenizer)
    contents = Contents(cursor.document.path, cursor.language, Mode.BLOCK, cursor.prefix, cursor.suffix)
    nothing: list[Snippet] = []
    for snippets in (nothing, find(view, index, chars * REFERENCE_SHARE)):
        prompt = assemble(encoder, contents, PROMPT_TOKENS, snippets)
        found.append(-sum(model.score([*prompt.tokens, *ids])[-len(ids) :]))
    return found


def show(name: str, sums: list[float]) -> None:
    tokens, without, using = sums
    print(f"{name:12} {tokens:7.0f} {math.exp(without / tokens):8.2f} {math.exp(using / tokens):8.2f}", flush=True)


if __name__ == "__main__":
    main()
