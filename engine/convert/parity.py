"""Compares the converted model with the checkpoint: CTranslate2 in float32 against a torch reference.

Compared are short prompts as wholes, the same tokens one by one through the KV cache, and a long prompt that is
prefilled and continued. A model whose float32 form does not fit into memory is compared a few layers at a time: the
reference's activations become the embeddings of a small model with just those layers, and its output is the activations
after them.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.convert.logits import continue_prompt, decode_logits, loaded_generator, prefill_logits, written_generator
from engine.convert.model_bin import plan_bytes
from engine.convert.reference.blocks import Reference, run
from engine.convert.tensors import Alias, rows_of

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec
    from torch import Tensor

# For float32 arithmetic in another order. Correct conversions were within a third of both; the exact GELU in place of
# its tanh form, the smallest mistake that was tried, exceeds the relative one three times.
TOLERANCE = 1e-4
RELATIVE_TOLERANCE = 3e-5
SHORT_LENGTHS = (3, 17, 48)
LONG_TOKENS = 2048
# For a model that is compared in windows: the attention scores of a longer prompt would not fit next to a large layer.
LONG_WINDOW_TOKENS = 1024
CONTINUED_TOKENS = 8
COMPARED_TOKENS = 64
AGREEMENT_TOKENS = 256
# CTranslate2 repacks weights while it loads them: loading takes about this many times the model's size.
LOAD_FACTOR = 2.2


@dataclass(frozen=True)
class Parity:
    """The result of a comparison.

    `difference`: the largest one of any logit, or activation if `windows` > 1; `scale`: the largest value compared.
    `excess`: the largest difference relative to its own tolerance: a large activation of one token excuses nothing in
    another token or layer. `tokens`: the number of positions compared; `windows`: the number of pieces in which the
    model was compared.
    """

    difference: float
    scale: float
    excess: float
    tokens: int
    longest_prompt: int
    windows: int

    @property
    def holds(self) -> bool:
        return self.excess <= 1


def sample_prompts(sample: Sequence[int], context_length: int) -> list[list[int]]:
    """Return short prompts of several lengths and a long one, cut from the tokens of a sample text, repeated as
    needed.
    """
    longest = min(LONG_TOKENS, context_length - CONTINUED_TOKENS)
    lengths = [*(each for each in SHORT_LENGTHS if each < longest), longest]
    repeated = list(sample) * (sum(lengths) // len(sample) + 1)
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    return [repeated[start : start + each] for start, each in zip(starts, lengths, strict=True)]


def compare(
    spec: TransformerDecoderModelSpec,
    reference: Reference,
    prompts: Sequence[Sequence[int]],
    memory_bytes: int,
    scratch: Path,
    done: Callable[[int], None] = lambda _: None,
) -> Parity:
    """Compare the float32 form of `spec` with the reference on prompts, the last of which is the long one.

    The last layers of `spec`, for which the reference has no index, belong to the reference's last. `memory_bytes`:
    what a float32 model may use; `scratch`: a folder for it, left empty. `done` is called with the number of layers
    that were compared.
    """
    if plan_bytes(spec, "float32") * LOAD_FACTOR <= memory_bytes:
        found = _compare_whole(spec, reference, prompts, scratch)
        done(reference.layers)
        return found
    return _compare_windows(spec, reference, prompts, memory_bytes, scratch, done)


def measure_agreement(folder: Path, prompts: Sequence[Sequence[int]], reference: Reference) -> float:
    """Return the share of tokens for which the model in `folder` chooses what the reference chooses.

    Only the last tokens of each prompt count; of a long one only the beginning is read, since CTranslate2 returns the
    logits of all tokens.
    """
    prompts = [prompt[:AGREEMENT_TOKENS] for prompt in prompts]
    expected = run(reference, prompts, last=COMPARED_TOKENS)
    with loaded_generator(folder, "default") as generator:
        found = [prefill_logits(generator, [prompt])[0][-COMPARED_TOKENS:] for prompt in prompts]
    same = sum(int((a.argmax(-1) == b.argmax(-1)).sum()) for a, b in zip(found, expected, strict=True))
    return same / sum(len(each) for each in expected)


class _Tally:
    """Collects the largest difference of what was compared."""

    def __init__(self) -> None:
        self.difference = self.scale = self.excess = 0.0
        self.tokens = 0

    def add(self, found: Tensor, expected: Tensor) -> None:
        """Compare logits. `found` belongs to the last of the tokens that `expected` is for."""
        expected = expected[-len(found) :]
        scales = expected.abs().amax(-1)
        # A NaN would compare as no difference, and an infinite scale would tolerate any.
        differences = (found - expected).abs().amax(-1).nan_to_num(nan=math.inf, posinf=math.inf)
        excesses = (differences / (RELATIVE_TOLERANCE * scales).clamp_min(TOLERANCE)).nan_to_num(
            nan=math.inf, posinf=math.inf
        )
        self.difference = max(self.difference, float(differences.max()))
        self.scale = max(self.scale, float(scales.max()))
        self.excess = max(self.excess, float(excesses.max()))
        self.tokens += len(found)

    def parity(self, prompts: Sequence[Sequence[int]], windows: int) -> Parity:
        return Parity(self.difference, self.scale, self.excess, self.tokens, max(map(len, prompts)), windows)


def _compare_whole(
    spec: TransformerDecoderModelSpec, reference: Reference, prompts: Sequence[Sequence[int]], scratch: Path
) -> Parity:
    *short, long = prompts
    with written_generator(spec, scratch) as generator:
        found = [*prefill_logits(generator, short), *(decode_logits(generator, prompt) for prompt in short)]
        answered, after_long = continue_prompt(generator, long, CONTINUED_TOKENS)
    expected = run(reference, [*short, [*long, *answered[:-1]]], last=COMPARED_TOKENS)
    tally = _Tally()
    for ours, theirs in zip([*found, after_long], [*expected[:-1], *expected], strict=True):
        tally.add(ours, theirs)
    return tally.parity(prompts, 1)


def _compare_windows(
    spec: TransformerDecoderModelSpec,
    reference: Reference,
    prompts: Sequence[Sequence[int]],
    memory_bytes: int,
    scratch: Path,
    done: Callable[[int], None],
) -> Parity:
    import torch

    *short, long = prompts
    prompts = [*short, long[:LONG_WINDOW_TOKENS]]
    tally = _Tally()
    windows = _windows(spec, reference.layers, memory_bytes)
    with torch.no_grad():
        states = [reference.embed(torch.tensor(prompt)) for prompt in prompts]
        for part in windows:
            after = states
            before_last = states
            for index in part:
                before_last = after
                layer = reference.layer(index)
                after = [layer(state) for state in after]
                del layer  # frees its weights before those of the next one are read
            tokens = _numbered(states)
            table = _embeddings(spec, prompts) if part.start == 0 else torch.cat(states)
            window = _window(spec, reference.layers, part, table, embedded=part.start > 0)
            with written_generator(window, scratch) as generator:
                # The long prompt is separate: in one batch it would pad all others to its length.
                found = [*prefill_logits(generator, tokens[:-1]), *prefill_logits(generator, tokens[-1:])]
                found += [decode_logits(generator, sequence) for sequence in tokens[:-1]]
            for ours, theirs in zip(found, [*after, *after[:-1]], strict=True):
                tally.add(ours, theirs)
            if part.stop == reference.layers:
                _compare_head(spec, reference, before_last[: len(short)], scratch, tally)
            states = after
            done(len(part))
    return tally.parity(prompts, len(windows) + 1)


def _compare_head(
    spec: TransformerDecoderModelSpec, reference: Reference, states: Sequence[Tensor], scratch: Path, tally: _Tally
) -> None:
    """Compare the last layer again, with the final norm and the projection after it."""
    import torch

    last = reference.layers - 1
    layer = reference.layer(last)
    expected = [reference.logits(layer(state)) for state in states]
    del layer  # frees its weights before CTranslate2 loads its own
    window = _window(spec, reference.layers, range(last, last + 1), torch.cat(list(states)), embedded=True, head=True)
    with written_generator(window, scratch) as generator:
        found = prefill_logits(generator, _numbered(states))
    for ours, theirs in zip(found, expected, strict=True):
        tally.add(ours, theirs)


def _windows(spec: TransformerDecoderModelSpec, layers: int, memory_bytes: int) -> list[range]:
    """Return ranges of the reference's layers, as many at a time as fit, at least one."""
    sizes = [plan_bytes(layer, "float32") for layer in spec.decoder.layer]
    each = max(*sizes[: layers - 1], sum(sizes[layers - 1 :]), 1)
    together = max(1, int(memory_bytes / LOAD_FACTOR // each))
    return [range(first, min(layers, first + together)) for first in range(0, layers, together)]


def _window(
    spec: TransformerDecoderModelSpec,
    layers: int,
    part: range,
    table: Tensor,
    *,
    embedded: bool,
    head: bool = False,
) -> TransformerDecoderModelSpec:
    """Return the layers `part` of the reference's `layers` as a model of their own, whose tokens are the rows of
    `table`.

    The rows are activations if they are `embedded`, else rows of the model's embeddings, which it scales and adds
    positions to. With `head` the output is logits, else the activations.
    """
    import torch
    from ctranslate2.specs import common_spec, model_spec, transformer_spec

    window = copy.copy(spec)
    window.decoder = decoder = copy.copy(spec.decoder)
    decoder.layer = spec.decoder.layer[part.start : part.stop if part.stop < layers else None]
    width = table.shape[1]
    # Outputs are looked up as tokens: there must be as many rows as outputs.
    padding = torch.zeros(max(0, width - len(table)), width)
    decoder.embeddings = common_spec.EmbeddingsSpec()
    decoder.embeddings.weight = rows_of(torch.cat([table, padding]))
    if embedded:
        decoder.scale_embeddings = False
        if hasattr(decoder, "position_encodings"):
            places = spec.decoder.position_encodings.encodings.shape
            decoder.position_encodings = transformer_spec.PositionEncoderSpec()
            decoder.position_encodings.encodings = rows_of(torch.zeros(*places))
    decoder.projection = common_spec.LinearSpec()
    if head:
        tied = isinstance(spec.decoder.projection.weight, Alias)
        decoder.projection.weight = (spec.decoder.embeddings if tied else spec.decoder.projection).weight
        decoder.projection.bias = spec.decoder.projection.bias
    else:
        decoder.projection.weight = rows_of(torch.eye(width))
        decoder.final_logit_softcapping = decoder.scale_outputs = model_spec.OPTIONAL
        if hasattr(decoder, "layer_norm"):
            del decoder.layer_norm
    window.register_vocabulary([str(i) for i in range(window.get_vocabulary_size())])
    return window


def _embeddings(spec: TransformerDecoderModelSpec, prompts: Sequence[Sequence[int]]) -> Tensor:
    """Return the converted model's embedding of each token of each prompt."""
    import torch

    rows = spec.decoder.embeddings.weight
    return torch.cat([rows.read(i, i + 1).float() for prompt in prompts for i in prompt])


def _numbered(states: Sequence[Tensor]) -> list[list[int]]:
    """Return the indices of each sequence's rows in the table of all."""
    starts = [sum(len(state) for state in states[:i]) for i in range(len(states))]
    return [list(range(start, start + len(state))) for start, state in zip(starts, states, strict=True)]
