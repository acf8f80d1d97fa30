"""CTranslate2 asked for logits: of what was just written, at once and through the KV cache."""

from __future__ import annotations

import ctypes
import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from engine.convert.model_bin import write_model
from engine.types import ModelError

if TYPE_CHECKING:
    import ctranslate2
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec
    from torch import Tensor


@contextmanager
def written(spec: TransformerDecoderModelSpec, scratch: Path) -> Iterator[ctranslate2.Generator]:
    """The float32 form of a model, in a folder under `scratch` that vanishes afterwards."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        write_model(spec, Path(folder), "float32", lambda _: None)
        with loaded(Path(folder), "float32") as generator:
            yield generator


@contextmanager
def loaded(folder: Path, compute_type: str) -> Iterator[ctranslate2.Generator]:
    """On the CPU. Raises `ModelError`."""
    import ctranslate2

    ctranslate2.set_log_level(logging.ERROR)  # float16 on a CPU is computed in float32; it need not be said each time
    try:
        generator = ctranslate2.Generator(str(folder), device="cpu", compute_type=compute_type)
    except (RuntimeError, ValueError) as fault:
        raise ModelError(f"CTranslate2 cannot load what was converted: {fault}") from fault
    try:
        yield generator
    finally:
        generator.unload_model()
        _give_memory_back()


def _give_memory_back() -> None:
    """What was freed, to the system: glibc would keep some 100 MB a window. Elsewhere nothing is done, and lost."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def at_once(generator: ctranslate2.Generator, sequences: Sequence[Sequence[int]]) -> list[Tensor]:
    """The logits of every token of each sequence, a sequence at a time.

    As the engine asks: CTranslate2 4.8 cannot compute a padded batch of a multi-query model.
    """
    import numpy as np
    import torch

    each_alone = ([list(map(str, each))] for each in sequences)
    return [torch.from_numpy(np.array(generator.forward_batch(alone))[0]) for alone in each_alone]


def one_by_one(generator: ctranslate2.Generator, sequence: Sequence[int]) -> Tensor:
    """The same through the KV cache: a prompt that is part of the result is decoded token by token."""
    return _stepped(generator, sequence, include_prompt_in_result=True, max_length=len(sequence))[1]


def continued(generator: ctranslate2.Generator, prompt: Sequence[int], count: int) -> tuple[list[int], Tensor]:
    """(at most `count` tokens said after a prefilled prompt, the logits each was chosen from)."""
    return _stepped(generator, prompt, include_prompt_in_result=False, max_length=count)


def _stepped(
    generator: ctranslate2.Generator, prompt: Sequence[int], *, include_prompt_in_result: bool, max_length: int
) -> tuple[list[int], Tensor]:
    import numpy as np
    import torch

    result = generator.generate_batch(
        [list(map(str, prompt))],
        max_length=max_length,
        sampling_topk=1,
        return_logits_vocab=True,
        return_end_token=True,
        include_prompt_in_result=include_prompt_in_result,
    )[0]
    return list(result.sequences_ids[0]), torch.from_numpy(np.stack([np.array(row) for row in result.logits[0]]))
