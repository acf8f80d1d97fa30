"""The time of a lookup in the completion cache: `python -m benchmarks.completion_cache`.

A file of 5000 lines and a full cache; places that are known, that are reached by typing a suggestion, and unknown ones.
"""

from __future__ import annotations

import random
import time
from statistics import quantiles

from engine.completion.cache import CompletionCache, place_of
from engine.completion.cache.cache import MAX_ENTRIES
from engine.completion.decide import Decider
from engine.document import Cursor
from engine.generated import Generated
from engine.types import Completion, Mode, Outcome, Prompt

LINES = 5_000
LOOKUPS = 2_000
SEED = 5
DECIDER = Decider({}, 0.5)


def main() -> None:
    rng = random.Random(SEED)
    lines = [f"    total_{number} = self.compute_{rng.randrange(500)}(value, {number})" for number in range(LINES)]
    cache = CompletionCache()
    places = [(rng.randrange(100, LINES), rng.randrange(4, 20)) for _ in range(MAX_ENTRIES)]
    for line, column in places:
        here = cursor(lines, line, lines[line][:column])
        cache.put(place_of("file", here), answer(lines[line][column:]))
    print(f"{LINES} lines, {len(cache)} entries of {cache.size / len(cache):.0f} bytes\n")
    print(f"{'microseconds':16} {'p50':>8} {'p90':>8}")
    for kind, typed in (("same place", 0), ("typed along", 5), ("miss", None)):
        times = []
        for _ in range(LOOKUPS):
            line, column = rng.choice(places)
            written = "another = " if typed is None else lines[line][: column + typed]
            here = cursor(lines, line, written)
            began = time.perf_counter()
            found = cache.lookup(place_of("file", here), here, DECIDER)
            times.append((time.perf_counter() - began) * 1e6)
            assert (found is None) == (typed is None), (lines[line], column)
        deciles = quantiles(times, n=10)
        print(f"{kind:16} {deciles[4]:8.0f} {deciles[8]:8.0f}")


def cursor(lines: list[str], line: int, written: str) -> Cursor:
    """Return the cursor after what is written so far of one line."""
    return Cursor.between("\n".join([*lines[:line], written]), "\n" + "\n".join(lines[line + 1 :]), "file.py", "python")


def answer(text: str) -> Outcome:
    """Return an answer whose tokens have four characters each."""
    ends = (*range(4, len(text), 4), len(text))
    generated = Generated(text, ends, (-0.01,) * len(ends), -0.01)
    return Outcome(Completion(text, Mode.LINE, 0.9), "", Prompt((), Mode.LINE, 0, 0), generated)


if __name__ == "__main__":
    main()
