"""The CTranslate2 model: the only module of the daemon that imports ctranslate2."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.model.folder import ModelDescription
from engine.model.protocol import StopRule
from engine.types import GREEDY, CancellationToken, Generated, ModelError, Sampling

if TYPE_CHECKING:
    import ctranslate2
    from tokenizers import Tokenizer

MAX_DEFAULT_THREADS = 4  # more gains little for models that answer within a keystroke, and starves the editor
WARM_UP_TOKENS = 32
MAX_PENDING_BYTES = 3  # of a character of UTF-8 whose last byte has not come yet
REPLACEMENT = "\ufffd"


class FolderTokenizer:
    """`tokenizer.json` of a model folder, behind `engine.model.protocol.Tokenizer`."""

    def __init__(self, folder: Path) -> None:
        import tokenizers

        try:
            self._tokenizer: Tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as fault:  # tokenizers raises bare Exception
            raise ModelError(f"{folder / 'tokenizer.json'} cannot be read: {fault}") from fault
        # Control tokens spelled inside user text must not become control tokens.
        self._tokenizer.encode_special_tokens = True

    @property
    def size(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        # A lone surrogate (half an emoji, as an editor may send it) is no text to the tokenizer.
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return list(self._tokenizer.encode(whole, add_special_tokens=False).ids)

    def control(self, token: str) -> list[int]:
        known = self._tokenizer.token_to_id(token)
        return self.encode(token) if known is None else [known]

    def decode(self, tokens: Sequence[int]) -> str:
        ids = list(tokens)
        # Of a tokenizer that falls back to bytes, an unfinished character turns the whole run of bytes before it into
        # U+FFFD: the finished ones are decoded without it.
        for pending in range(min(MAX_PENDING_BYTES, len(ids)) + 1):
            text = str(self._tokenizer.decode(ids[: len(ids) - pending], skip_special_tokens=True))
            if not text.endswith(REPLACEMENT):
                return text + REPLACEMENT * bool(pending)
        return str(self._tokenizer.decode(ids, skip_special_tokens=True))


def default_threads() -> int:
    """Threads for a model on the CPU: all but one of the cores this process may use, at most four."""
    try:
        available = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        available = os.cpu_count() or 2
    return max(1, min(MAX_DEFAULT_THREADS, available - 1))


def has_gpu() -> bool:
    import ctranslate2

    return int(ctranslate2.get_cuda_device_count()) > 0


class CTranslateModel:
    """A model folder, loaded. Not thread-safe: one caller at a time (its owner is a scheduler or a command).

    `device`: "auto" (the GPU where there is one), "cpu" or "cuda". Raises `ModelError` where it cannot be loaded.
    """

    def __init__(self, description: ModelDescription, device: str = "auto", threads: int = 0) -> None:
        self._description = description
        self._tokenizer = FolderTokenizer(description.folder)
        self.threads = threads or default_threads()
        self._generator = _load(description, device, self.threads)
        self._stop_ids = [self._stop_id(token) for token in description.stop]

    @property
    def description(self) -> ModelDescription:
        return self._description

    @property
    def tokenizer(self) -> FolderTokenizer:
        return self._tokenizer

    @property
    def device(self) -> str:
        return str(self._generator.device)

    @property
    def compute_type(self) -> str:
        return str(self._generator.compute_type)

    def _stop_id(self, token: str) -> int:
        ids = self._tokenizer.control(token)
        if len(ids) != 1:  # each of its pieces would end an answer
            where = self._description.folder / "model.toml"
            raise ModelError(f"{where}: the stop token {token!r} is none of the tokenizer's; convert the model again")
        return ids[0]

    def warm_up(self) -> None:
        """The first call after loading is twice as slow: make it before somebody waits."""
        self.generate([0] * WARM_UP_TOKENS, 2, lambda _: False, CancellationToken())

    def score(self, tokens: Sequence[int]) -> list[float]:
        """The log-probability of each token after the first, given those before it. For evaluation."""
        result = self._generator.score_batch([[str(token) for token in tokens]])[0]
        return list(result.log_probs)

    def generate(
        self,
        tokens: Sequence[int],
        max_new_tokens: int,
        stop: StopRule,
        cancellation: CancellationToken,
        sampling: Sampling = GREEDY,
    ) -> Generated:
        """As the protocol says. Of the seeds a process sees, only the first counts: CTranslate2's decoding thread takes
        one when it first draws a token, and passes over what is set later.
        """
        cancellation.check()
        # CTranslate2 lets go of the callback in its own thread, maybe after this call has returned. The callback must
        # therefore not hold `self`: the last reference to a generator, dropped in that thread, would make the thread
        # join itself and end the process.
        decode, stop_ids = self._tokenizer.decode, frozenset(self._stop_ids)
        said: list[int] = []
        ends: list[int] = []
        log_probs: list[float] = []
        text = ""
        end_log_prob: float | None = None
        began = time.perf_counter()
        first = 0.0

        def on_token(step: ctranslate2.GenerationStepResult) -> bool:
            nonlocal text, end_log_prob, first
            first = first or time.perf_counter()
            if cancellation.is_cancelled:
                return True
            if step.token_id in stop_ids:
                end_log_prob = step.log_prob
                return True
            said.append(step.token_id)
            text = decode(said)
            ends.append(len(text))
            log_probs.append(step.log_prob)
            return stop(text)

        self._generator.generate_batch(
            [[str(token) for token in tokens]],
            max_length=max_new_tokens,
            **_drawing(sampling),
            end_token=self._stop_ids,
            return_end_token=True,
            include_prompt_in_result=False,
            return_scores=True,  # or the steps carry no log-probability
            callback=on_token,
        )
        cancellation.check()
        done = time.perf_counter()
        first = first or done
        return Generated(
            text=text,
            ends=tuple(ends),
            log_probs=tuple(log_probs),
            end_log_prob=end_log_prob,
            stopped=end_log_prob is not None or len(said) < max_new_tokens,
            prefill_ms=(first - began) * 1000,
            decode_ms=(done - first) * 1000,
        )


def _drawing(sampling: Sampling) -> dict[str, int | float]:
    """The options of `generate_batch` that choose the next token."""
    import ctranslate2

    if sampling.is_greedy:
        return {"sampling_topk": 1}
    if sampling.seed is not None:
        ctranslate2.set_random_seed(sampling.seed)
    return {
        "sampling_topk": sampling.top_k,
        "sampling_topp": sampling.top_p,
        "sampling_temperature": sampling.temperature,
    }


def _load(description: ModelDescription, device: str, threads: int) -> ctranslate2.Generator:
    """Builds the generator in a thread that ends afterwards.

    The thread that constructs it keeps a libgomp pool of its own for as long as it lives; with more pool threads than
    cores every parallel region sleeps, and decoding is up to nine times slower.
    """
    import ctranslate2

    # That a CPU computes bfloat16 in float32 is no warning: doctor says what is computed in.
    ctranslate2.set_log_level(logging.ERROR)
    made: list[ctranslate2.Generator] = []
    faults: list[Exception] = []

    def build() -> None:
        try:
            made.append(ctranslate2.Generator(str(description.folder), device=device, intra_threads=threads))
        except Exception as fault:  # noqa: BLE001 - handed to the caller's thread
            faults.append(fault)

    thread = threading.Thread(target=build, name="model-load")
    thread.start()
    thread.join()
    if faults:
        raise ModelError(f"the model in {description.folder} cannot be loaded on {device}: {faults[0]}") from faults[0]
    return made[0]
