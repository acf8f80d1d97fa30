"""How soon the engine is free again: `python -m benchmarks.peer.cancelling [--runs 30]`.

A request is cancelled at a random moment, while it decodes or while it reads its prompt, by an editor that asks anew at
once; the new request is answered from a short prompt, so that its first token shows when the engine began with it. From
the cancel to the end of the old request, and to the first token of the new one less what that takes on a free engine.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections import defaultdict
from contextlib import suppress

from benchmarks.peer.one_request import Prompts
from benchmarks.peer.pairs import machine, our_model, percentile
from engine.model.catalog import EMBEDDED
from engine.model.generator import default_threads
from engine.model.protocol import LanguageModel, Question
from engine.types import CancellationToken, Cancelled

SEED = 31
PROMPT_TOKENS, SHORT_TOKENS, NEW_TOKENS = 1024, 16, 256
MAX_DELAY_S = 0.05
ROWS = {
    "decoding: cancel to free": 20,
    "decoding: cancel to the next request's start": 20,
    "prefill: cancel to free": None,
    "prefill: cancel to the next request's start": 120,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--threads", type=int, default=default_threads())
    options = parser.parse_args()
    print(machine(options.threads))
    model = our_model(EMBEDDED, options.threads)
    prompts, rng = Prompts(model), random.Random(SEED)
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(options.runs):
        free = first_token(model, prompts.take(SHORT_TOKENS))
        for phase in ("decoding", "prefill"):
            ended, started = supersede(model, prompts, rng.random() * MAX_DELAY_S, while_decoding=phase == "decoding")
            times[f"{phase}: cancel to free"].append(ended)
            times[f"{phase}: cancel to the next request's start"].append(max(0.0, started - free))
    print(f"{'milliseconds':46} {'p50':>7} {'p90':>7} {'max':>7}")
    for name, bar in ROWS.items():
        values = times[name]
        shown = f"   (bar: {bar})" if bar else ""
        print(f"{name:46} {percentile(values, 50):7.1f} {percentile(values, 90):7.1f} {max(values):7.1f}{shown}")


def supersede(model: LanguageModel, prompts: Prompts, delay_s: float, *, while_decoding: bool) -> tuple[float, float]:
    """Return the milliseconds from cancelling to the end of the old request, and to the first token of the new one."""
    old, began, decoding = CancellationToken(), threading.Event(), threading.Event()
    long, short = prompts.take(PROMPT_TOKENS), prompts.take(SHORT_TOKENS)
    ended: list[float] = []

    def on_text(_: str) -> bool:
        decoding.set()
        return False

    def work() -> None:
        began.set()
        with suppress(Cancelled):
            model.generate(Question(long, NEW_TOKENS, on_text), old)
        ended.append(time.perf_counter())
        decoding.set()

    thread = threading.Thread(target=work)
    thread.start()
    (decoding if while_decoding else began).wait()
    time.sleep(delay_s)
    cancelled = time.perf_counter()
    old.cancel()
    thread.join()  # one caller at a time
    first = first_token(model, short)
    return (ended[0] - cancelled) * 1000, (time.perf_counter() - cancelled) * 1000 if first else 0.0


def first_token(model: LanguageModel, prompt: list[int]) -> float:
    """Return milliseconds."""
    began = time.perf_counter()
    model.generate(Question(prompt, 1, lambda _: True), CancellationToken())
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
