"""One request, ours and llama.cpp's: `python -m benchmarks.peer.one_request [--runs 20]`.

1024 tokens of prompt, 16 new ones, greedy: once where all but 64 tokens are as in the request before, once where
nothing is. The prompts are code; each round uses others, and everybody answers each before the next begins. llama.cpp
is its server over HTTP with its prompt cache, with and without flash attention; the faster of the two is what the
ratio is to. Before that, how far both say the same of the same prompts: int8 and Q8_0 round differently.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peer.llama_server import GREEDY, LlamaServer, find_server
from benchmarks.peer.pairs import Pair, add_arguments, machine, our_model, pair, percentile
from engine.model.protocol import LanguageModel, Question
from engine.types import CancellationToken

PROMPT_TOKENS, NEW_PROMPT_TOKENS, NEW_TOKENS = 1024, 64, 16
SOURCES = Path(__file__).parents[2] / "engine"
SEED = 5
ALIKE_PROMPTS = 40
MIN_ALIKE = 0.8  # of first tokens; less means that the weights are not the same
# -cram: the states of other prompts are not kept, as none comes back here.
SERVERS = {"llama.cpp, flash attention": ("-fa", "on"), "llama.cpp": ("-fa", "off")}
SERVER_OPTIONS = ("-c", "2048", "-b", "1024", "-ub", "1024", "-cram", "0")
BARS = {"64 tokens new": 0.85, "nothing reused": 0.5}


@dataclass(frozen=True)
class Answered:
    """`first`: the text of the first token, if the side returns it."""

    text: str
    tokens: int
    first: str = ""


# (prompt, how many tokens at its beginning the next prompts are expected to share) -> what was said.
Ask = Callable[[list[int], int], Answered]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    add_arguments(parser)
    options = parser.parse_args()
    binary = find_server(options.llama_server)
    print(machine(options.threads))
    for name in options.models:
        measure(pair(name, options.work), binary, options.threads, options.runs)


def measure(which: Pair, binary: Path, threads: int, runs: int) -> None:
    with ExitStack() as stack:
        sides: dict[str, Ask] = {}
        model = our_model(which.setting, threads)
        sides["ours"] = asking_ours(model)
        for name, options in SERVERS.items():
            server = LlamaServer(binary, which.gguf, threads, (*options, *SERVER_OPTIONS))
            sides[name] = asking_llama(stack.enter_context(server))
        prompts = Prompts(model)
        first, whole = agreement(sides, prompts)
        print(
            f"\n{which.name}: the same first token for {first:.0%} of {ALIKE_PROMPTS} prompts, all {NEW_TOKENS}", end=""
        )
        print(f" for {whole:.0%}\n{'milliseconds':44} {'p50':>7} {'p90':>7}   of llama.cpp's best (p50)")
        if first < MIN_ALIKE:
            raise SystemExit("the two do not compute with the same weights")
        times: dict[str, dict[str, list[float]]] = {case: defaultdict(list) for case in BARS}
        while min(len(times[case][name]) for case in BARS for name in sides) < runs:
            take_turns(sides, prompts, times)
        for case, bar in BARS.items():
            report(case, bar, times[case])


def report(case: str, bar: float, times: dict[str, list[float]]) -> None:
    best = min(percentile(times[name], 50) for name in SERVERS)
    for name, values in times.items():
        ratio = f"{percentile(values, 50) / best:6.2f}   (bar: {bar})" if name == "ours" else ""
        print(f"{case:16} {name:27} {percentile(values, 50):7.0f} {percentile(values, 90):7.0f} {ratio}", flush=True)


def take_turns(sides: dict[str, Ask], prompts: Prompts, times: dict[str, dict[str, list[float]]]) -> None:
    """Measure one round. Answers that our model ends early cannot be compared, and are dropped."""
    head = prompts.take(PROMPT_TOKENS - NEW_PROMPT_TOKENS)
    other, tail, fresh = (prompts.take(count) for count in (NEW_PROMPT_TOKENS, NEW_PROMPT_TOKENS, PROMPT_TOKENS))
    found: dict[str, dict[str, float]] = {case: {} for case in times}
    for name, ask in sides.items():
        found["nothing reused"][name] = timed(ask, fresh, len(head))
        ask(head + other, len(head))  # the request before
        found["64 tokens new"][name] = timed(ask, head + tail, len(head))
    for case, row in found.items():
        if min(row.values()) > 0:
            for name, took in row.items():
                times[case][name].append(took)


def timed(ask: Ask, tokens: list[int], head: int) -> float:
    """Return milliseconds; 0 if fewer tokens were generated than requested."""
    began = time.perf_counter()
    said = ask(tokens, head)
    return (time.perf_counter() - began) * 1000 if said.tokens == NEW_TOKENS else 0


def agreement(sides: dict[str, Ask], prompts: Prompts) -> tuple[float, float]:
    """Return the shares of some prompts for which both generate the same first token, and the same text."""
    ours, theirs = sides["ours"], sides["llama.cpp"]
    first = whole = 0
    for _ in range(ALIKE_PROMPTS):
        prompt = prompts.take(PROMPT_TOKENS // 4)
        mine, other = ours(prompt, 0), theirs(prompt, 0)
        first += other.text.startswith(mine.first)
        whole += other.text.startswith(mine.text)
    return first / ALIKE_PROMPTS, whole / ALIKE_PROMPTS


def asking_ours(model: LanguageModel) -> Ask:
    def ask(tokens: list[int], head: int) -> Answered:
        said = model.generate(Question(tokens, NEW_TOKENS, lambda _: False, stable_tokens=head), CancellationToken())
        return Answered(said.text, len(said.ends), said.text[: said.ends[0]] if said.ends else "")

    return ask


def asking_llama(server: LlamaServer) -> Ask:
    def ask(tokens: list[int], head: int) -> Answered:
        said = server.complete(tokens, NEW_TOKENS, cache_prompt=head > 0, **GREEDY)
        return Answered(said.text, len(said.tokens))

    return ask


class Prompts:
    """New pieces of code, all of which this model continues for as many tokens as requested."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        texts = [file.read_text(encoding="utf-8") for file in sorted(SOURCES.rglob("*.py"))]
        self._tokens = model.tokenizer.encode("\n".join(texts))
        self._rng = random.Random(SEED)

    def take(self, count: int) -> list[int]:
        """Return code that starts with a number, so that no two pieces start alike."""
        mark = self._model.tokenizer.encode(f"# {self._rng.randrange(10**6)}\n")
        at = self._rng.randrange(len(self._tokens) - count)
        return [*mark, *self._tokens[at : at + count - len(mark)]]


if __name__ == "__main__":
    main()
