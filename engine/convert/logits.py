"""Computes logits with CTranslate2: of a model that was just written, of a whole prompt and through the KV cache."""

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
def written_generator(spec: TransformerDecoderModelSpec, scratch: Path) -> Iterator[ctranslate2.Generator]:
    """Yield the float32 form of a model, in a folder under `scratch` that is deleted afterwards."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        write_model(spec, Path(folder), "float32", lambda _: None)
        with loaded_generator(Path(folder), "float32") as generator:
            yield generator


@contextmanager
def loaded_generator(folder: Path, compute_type: str) -> Iterator[ctranslate2.Generator]:
    """Yield a generator on the CPU. Raises `ModelError`."""
    import ctranslate2

    ctranslate2.set_log_level(logging.ERROR)  # CTranslate2 warns each time that float16 is computed in float32 on a CPU
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
    """Return freed memory to the system: glibc would keep some 100 MB a window. Does nothing with other libraries."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def prefill_logits(generator: ctranslate2.Generator, sequences: Sequence[Sequence[int]]) -> list[Tensor]:
    """Return the logits of every token of each sequence, one sequence at a time.

    As the engine does: CTranslate2 4.8 cannot compute a padded batch of a multi-query model.
    """
    import numpy as np
    import torch

    each_alone = ([list(map(str, each))] for each in sequences)
    return [torch.from_numpy(np.array(generator.forward_batch(alone))[0]) for alone in each_alone]


def decode_logits(generator: ctranslate2.Generator, sequence: Sequence[int]) -> Tensor:
    """Return the same through the KV cache: a prompt that is part of the result is decoded token by token."""
    return _stepped(generator, sequence, include_prompt_in_result=True, max_length=len(sequence))[1]


def continue_prompt(generator: ctranslate2.Generator, prompt: Sequence[int], count: int) -> tuple[list[int], Tensor]:
    """Return at most `count` tokens generated after a prefilled prompt, and the logits that each was chosen from."""
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
