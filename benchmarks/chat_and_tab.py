"""What a running answer costs a Tab suggestion: `python -m benchmarks.chat_and_tab [--keys 200] [--answer 1000]`.

Two windows on one engine process: one types (`engine.completion.pipeline`, frames kept), one lets the model
generate `--answer` tokens with the priority of a chat, again and again. Keys are typed alternately with and without a
running answer, so that both run under the same load. Prints p50 and p90 of both, how long keys waited, and the time of
a decode step to compare the difference with.
"""

from __future__ import annotations

import argparse
import os
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from statistics import quantiles

from engine.completion.frames import Frames
from engine.completion.pipeline import Completer
from engine.document import Cursor, Document
from engine.model.catalog import find_model
from engine.model.protocol import Question
from engine.serving.client import EngineClient
from engine.serving.model import ServedModel
from engine.types import CancellationToken, Cancelled, CompletionRequest, CompletionSettings, Priority
from lsp_server import __version__
from lsp_server.cli.demo import LANGUAGES, SAMPLES

SEED = 7
BLOCK_KEYS = 50  # typed in a row with or without an answer
STEP_TOKENS = 200  # of an answer without other requests
CHAT_PROMPT_TOKENS = 24  # leaves the embedded model's context to the answer


class Chat:
    """A window that lets the model generate in a thread of its own, from `begin` to `end`."""

    def __init__(self, model: ServedModel, tokens: int) -> None:
        self._model, self._tokens = model, tokens
        self._prompt = model.tokenizer.encode("def total(values):\n    return sum(values)\n" * 60)[:CHAT_PROMPT_TOKENS]
        self._token: CancellationToken | None = None
        self._thread: threading.Thread | None = None
        self.generated = 0

    def begin(self) -> None:
        """Return once the first token is there."""
        token, first = CancellationToken(), threading.Event()
        self._token = token

        def generate() -> None:
            def on_text(_: str) -> bool:
                self.generated += 1
                first.set()
                return False

            with suppress(Cancelled):
                while True:
                    length = self._model.description.context_length - len(self._prompt)
                    count, head = min(self._tokens, length), len(self._prompt)
                    question = Question(self._prompt, count, on_text, stable_tokens=head, priority=Priority.CHAT)
                    self._model.generate(question, token)

        self._thread = threading.Thread(target=generate)
        self._thread.start()
        first.wait(60)

    def step_ms(self) -> float:
        """Return the milliseconds of a decode step without other requests."""
        question = Question(self._prompt, STEP_TOKENS, lambda _: False, priority=Priority.CHAT)
        answer = self._model.generate(question, CancellationToken())
        return answer.decode_ms / max(1, len(answer.tokens))

    def end(self) -> None:
        if self._token and self._thread:
            self._token.cancel()
            self._thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keys", type=int, default=200, help="of each kind")
    parser.add_argument("--answer", type=int, default=1000, help="tokens of an answer")
    parser.add_argument("--pause", type=float, default=0.1, help="seconds between two keys")
    options = parser.parse_args()
    typist, chatter = (
        ServedModel(EngineClient(f"{__version__}-benchmark"), find_model("embedded"), "cpu", 0) for _ in range(2)
    )
    chat = Chat(chatter, options.answer)
    step = chat.step_ms()
    times: dict[str, list[float]] = defaultdict(list)
    keys = typed_keys(random.Random(SEED))
    completer = Completer(typist, CompletionSettings(), frames=Frames())
    try:
        while len(times["without an answer"]) < options.keys or len(times["with an answer"]) < options.keys:
            for kind in ("without an answer", "with an answer"):
                if kind == "with an answer":
                    chat.begin()
                for _ in range(BLOCK_KEYS):
                    time.sleep(options.pause)
                    began = time.perf_counter()
                    outcome = completer.complete(next(keys), CancellationToken())
                    times[kind].append((time.perf_counter() - began) * 1000)
                    times[f"  waited, {kind}"].append(outcome.generated.wait_ms if outcome.generated else 0.0)
                chat.end()
    finally:
        EngineClient(f"{__version__}-benchmark").stop_engine()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{os.cpu_count()} cores, load {load:.1f}; the answers had {chat.generated} tokens\n")
    print(f"{'milliseconds':32} {'p50':>8} {'p90':>8} {'n':>6}")
    for name, values in times.items():
        deciles = quantiles(values, n=10, method="inclusive")
        print(f"{name:32} {deciles[4]:8.1f} {deciles[8]:8.1f} {len(values):6}")
    added = (
        quantiles(times["with an answer"], n=10, method="inclusive")[8]
        - quantiles(times["without an answer"], n=10, method="inclusive")[8]
    )
    print(
        f"\na decode step of the answer takes {step:.1f} ms; p90 is {added:.1f} ms, or {added / step:.1f} steps, later"
    )


def typed_keys(rng: random.Random) -> Iterator[CompletionRequest]:
    """Return requests as a user types the samples' lines."""
    files = sorted(file for file in SAMPLES.rglob("*.*") if file.suffix in LANGUAGES)
    while True:
        file = rng.choice(files)
        lines = file.read_text(encoding="utf-8").split("\n")
        number = rng.choice([i for i, line in enumerate(lines) if len(line.strip()) > 10])
        above, below = "\n".join(lines[:number]), "\n".join(lines[number + 1 :])
        line = lines[number]
        for column in range(len(line) - len(line.lstrip()), len(line)):
            prefix = f"{above}\n{line[: column + 1]}"
            document = Document(file.name, LANGUAGES[file.suffix], f"{prefix}\n{below}")
            yield CompletionRequest(Cursor(document, len(prefix)))


if __name__ == "__main__":
    main()
