"""Token ids in, token ids out: the only module of the daemon that imports ctranslate2."""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.model.prefix_cache import Plan, PrefixCache
from engine.model.protocol import Continuation, OnToken, Token
from engine.model.shape import kv_bytes_per_token
from engine.types import ModelError, Sampling

if TYPE_CHECKING:
    import ctranslate2

MAX_DEFAULT_THREADS = 4  # more gain little for models that answer within a keystroke, and starve the editor
WARM_UP_TOKENS = 32
MEASURED_TOKENS = 128  # fewer are too few to measure the speed
LARGE_MODEL_BYTES = 2**30  # there are never two copies of such a model at once
MIN_CACHE_BYTES = 256 * 2**20
MIN_CACHE_TOKENS = 6 * 1024
MAX_MEMORY_SHARE = 1 / 8
# numpy's name for processors that compute with 512 bits at full clock, since Ice Lake and Zen 4.
WIDE_VECTORS = "AVX512_ICL"


@dataclass(frozen=True)
class Timing:
    """The time that a generation took."""

    prefill_ms: float
    decode_ms: float


def default_threads() -> int:
    """Return the threads for a model on the CPU before any measurement: all usable cores but one, at most four."""
    return max(1, min(MAX_DEFAULT_THREADS, available_cores() - 1))


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 2


def has_gpu() -> bool:
    """True if CTranslate2 has a GPU to compute on."""
    import ctranslate2

    return int(ctranslate2.get_cuda_device_count()) > 0


class TokenGenerator:
    """The weights, and the KV states kept of prompt heads. Not thread-safe: one caller at a time.

    `device` is "auto" (the GPU if there is one), "cpu" or "cuda". `cache_bytes` bounds the kept states; None lets the
    model decide. Raises `ModelError` if it cannot be loaded.
    """

    def __init__(self, folder: Path, device: str = "auto", threads: int = 0, cache_bytes: int | None = None) -> None:
        self.folder = folder
        self.threads = threads or default_threads()
        self._asked_device = device
        self._weights_bytes = (folder / "model.bin").stat().st_size
        self._generator: ctranslate2.Generator | None = None
        self.load_seconds = 0.0
        self.reused_tokens = 0  # of the last prompt
        self.prefill_tokens_per_second = 0.0  # as last measured on a prompt of some length; 0 before
        self._load()
        per_token = kv_bytes_per_token(folder / "model.bin")
        self.cache = PrefixCache(per_token, default_cache_bytes(per_token) if cache_bytes is None else cache_bytes)

    @property
    def device(self) -> str:
        return str(self._loaded.device)

    @property
    def compute_type(self) -> str:
        return str(self._loaded.compute_type)

    @property
    def _loaded(self) -> ctranslate2.Generator:
        if self._generator is None:
            raise ModelError(f"the model in {self.folder} could not be loaded again; restart the editor")
        return self._generator

    def warm_up(self) -> None:
        """Make the first call after loading, which is twice as slow, before anybody waits for it."""
        self._generate(Continuation([0] * WARM_UP_TOKENS, 2), Plan(), lambda _: False)

    def score(self, tokens: Sequence[int]) -> list[float]:
        """Return the log-probability of each token after the first, given those before it. For evaluation."""
        return list(self._loaded.score_batch([[str(token) for token in tokens]])[0].log_probs)

    def generate(self, wanted: Continuation, on_token: OnToken) -> Timing:
        """Give `on_token` each new token until it returns True, an ending token came, or all that are wanted have come.

        Only the first seed of a process counts: CTranslate2's decoding thread takes one when it first draws a token,
        and ignores those set later.
        """
        plan = self.cache.plan(wanted.tokens, wanted.stable_tokens)
        if self.cache.is_full and not plan.reused and self.load_seconds < self.read_seconds(len(wanted.tokens)):
            # The place is new and there is no room for it: a new generator costs less than reading it with each key.
            self.forget_heads()
            plan = self.cache.plan(wanted.tokens, wanted.stable_tokens)
        self.reused_tokens = plan.static if plan.reused else 0
        return self._generate(wanted, plan, on_token)

    def move_head(self) -> bool:
        """Read what the next prompts will begin with, and keep it. Return False if nothing would be gained."""
        head = self.cache.next_head()
        if head:
            self._generate(Continuation([*head, head[-1]], 1), Plan(len(head), keep=True), lambda _: True)
        return bool(head)

    @property
    def move_seconds(self) -> float:
        """What `move_head` would take now; 0 if it would do nothing."""
        return self.read_seconds(self.cache.wanted_tokens)

    def read_seconds(self, tokens: int) -> float:
        """Return how long so many tokens take to be read; 0 if that is not known yet."""
        return tokens / self.prefill_tokens_per_second if self.prefill_tokens_per_second else 0.0

    def forget_heads(self, threads: int = 0) -> None:
        """Build the generator again, with other `threads` if they are not 0: all kept states are dropped."""
        self.threads = threads or self.threads
        if self._weights_bytes > LARGE_MODEL_BYTES:
            self._generator = None
            gc.collect()
        self._load()
        self.cache.forget()

    def _generate(self, wanted: Continuation, plan: Plan, on_token: OnToken) -> Timing:
        # CTranslate2 releases the callback in its own thread, maybe after this call has returned. The callback must
        # therefore not hold `self`: the last reference to a generator, dropped in that thread, would make the thread
        # join itself and end the process.
        began = time.perf_counter()
        first, alternatives = 0.0, wanted.alternatives

        def on_step(step: ctranslate2.GenerationStepResult) -> bool:
            nonlocal first
            first = first or time.perf_counter()
            count = alternatives[step.step] if step.step < len(alternatives) else 0
            return on_token(Token(step.token_id, step.log_prob, _alternatives(step, count) if count else ()))

        spelled = [str(token) for token in wanted.tokens]
        self._loaded.generate_batch(
            [spelled[plan.static :]],
            static_prompt=spelled[: plan.static] or None,
            cache_static_prompt=plan.keep,
            max_length=wanted.max_new_tokens,
            **_sampling_options(wanted.sampling),
            end_token=list(wanted.end_ids),
            return_end_token=True,
            include_prompt_in_result=False,
            return_logits_vocab=bool(alternatives),
            return_scores=True,  # or the steps carry no log-probability
            callback=on_step,
        )
        done = time.perf_counter()
        first = first or done
        read = len(wanted.tokens) - (plan.static if plan.reused else 0)
        if read >= MEASURED_TOKENS:
            self.prefill_tokens_per_second = read / max(first - began, 1e-6)
        return Timing((first - began) * 1000, (done - first) * 1000)

    def _load(self) -> None:
        began = time.perf_counter()
        self._generator = _load(self.folder, self._asked_device, self.threads)
        self.load_seconds = time.perf_counter() - began


def default_cache_bytes(bytes_per_token: int) -> int:
    """Return the room for the heads of a few documents, within what the machine can spare."""
    import psutil

    wanted = max(MIN_CACHE_BYTES, MIN_CACHE_TOKENS * bytes_per_token)
    return int(min(wanted, psutil.virtual_memory().total * MAX_MEMORY_SHARE))


def _alternatives(step: ctranslate2.GenerationStepResult, count: int) -> tuple[tuple[int, float], ...]:
    """Return the `count` most probable tokens apart from the chosen one, with their log-probabilities."""
    import numpy as np

    logits = np.array(step.logits)[0].astype(np.float32)
    count = min(count, len(logits) - 1)
    total = step.log_prob - float(logits[step.token_id])  # minus the logarithm of the sum of all
    logits[step.token_id] = -np.inf
    best = np.argpartition(logits, -count)[-count:]
    best = best[np.argsort(-logits[best])]
    return tuple((int(token), float(logits[token]) + total) for token in best)


def _sampling_options(sampling: Sampling) -> dict[str, int | float]:
    """Return the options of `generate_batch` that choose the next token."""
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


def use_wide_vectors() -> None:
    """Let CTranslate2 compute with 512 bits on processors that do so at full clock; its default is 256.

    It reads the choice when it first computes, and never again.
    """
    import numpy as np

    configured = np.show_config(mode="dicts") or {}
    if WIDE_VECTORS in configured.get("SIMD Extensions", {}).get("found", ()):
        os.environ.setdefault("CT2_FORCE_CPU_ISA", "AVX512")


def _load(folder: Path, device: str, threads: int) -> ctranslate2.Generator:
    """Build the generator in a thread that ends afterwards.

    The thread that constructs it keeps a libgomp pool of its own for as long as it lives; with more pool threads than
    cores every parallel region sleeps, and decoding is up to nine times slower.
    """
    import ctranslate2

    use_wide_vectors()
    # That a CPU computes bfloat16 in float32 is not worth a warning: `doctor` shows the type.
    ctranslate2.set_log_level(logging.ERROR)
    made: list[ctranslate2.Generator] = []
    faults: list[Exception] = []

    def build() -> None:
        try:
            made.append(ctranslate2.Generator(str(folder), device=device, intra_threads=threads))
        except Exception as fault:  # noqa: BLE001 - handed to the caller's thread
            faults.append(fault)

    thread = threading.Thread(target=build, name="model-load")
    thread.start()
    thread.join()
    if faults:
        raise ModelError(f"the model in {folder} cannot be loaded on {device}: {faults[0]}") from faults[0]
    return made[0]
