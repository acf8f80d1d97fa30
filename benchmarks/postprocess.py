"""The time of post-processing on a keystroke: `python -m benchmarks.postprocess [--lines 5000] [--runs 400]`.

`Decider`, from a model's answer to what is shown, at random cursors of a file of so many lines; answers are parts of
the same file, so that every filter has work. Prints p50 and p90 in milliseconds of CPU time.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

from engine.completion.decide import Decider
from engine.document import Cursor, Document
from engine.generated import Generated
from engine.languages import language_of
from engine.model.catalog import find_model
from engine.model.tokenizer import FolderTokenizer
from engine.types import Mode

SEED = 7
MAX_TOKENS = {Mode.LINE: 12, Mode.BLOCK: 64}
SOURCES = (
    "engine/context/workspace.py",
    "lsp_server/cli/samples/relay/history.ts",
    "lsp_server/cli/samples/ledger/account.go",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lines", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=400, help="of each language and mode")
    options = parser.parse_args()
    description = find_model("")
    tokenizer, decider = FolderTokenizer(description.folder), Decider(description.confidence.weights, 0.5)
    rng = random.Random(SEED)
    for source in SOURCES:
        text = (Path(__file__).parent.parent / source).read_text(encoding="utf-8")
        text *= options.lines // text.count("\n") + 1
        language = language_of("", source)
        for mode in Mode:
            times = []
            for _ in range(options.runs):
                offset = text.find("\n", rng.randrange(len(text) // 2)) + rng.randrange(8)
                cursor = Cursor(Document(source, "", text), offset)
                said = _answer(
                    tokenizer, text[(start := rng.randrange(len(text) - 400)) : start + 400], MAX_TOKENS[mode]
                )
                began = time.thread_time()
                decider.decide(said, mode, cursor)
                times.append((time.thread_time() - began) * 1000)
            times.sort()
            p50, p90 = times[len(times) // 2], times[len(times) * 9 // 10]
            print(f"{language.name:12} {mode.value:5} {options.lines} lines  p50 {p50:.2f}  p90 {p90:.2f} ms")


def _answer(tokenizer: FolderTokenizer, text: str, tokens: int) -> Generated:
    """`text` as if a model were nearly sure of it: all of it reaches the filters."""
    ids = tokenizer.encode(text)[:tokens]
    ends = tuple(len(tokenizer.decode(ids[: count + 1])) for count in range(len(ids)))
    return Generated(tokenizer.decode(ids), ends, (-0.001,) * len(ids), -0.001)


if __name__ == "__main__":
    main()
