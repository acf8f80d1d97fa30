"""Does the converted model say what the checkpoint says? CTranslate2 in float32 against a torch reference.

Compared are short prompts as wholes, the same tokens one by one through the KV cache, and a long prompt that
is prefilled and continued. A model whose float32 form does not fit into memory is compared a few layers at a time: the
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

from engine.convert.logits import at_once, continued, loaded, one_by_one, written
from engine.convert.model_bin import planned_bytes
from engine.convert.reference.blocks import Reference, run
from engine.convert.tensors import Alias, in_memory

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec
    from torch import Tensor

# Of float32 arithmetic done in another order. Right conversions were within a third of both; the exact GELU in place of
# its tanh form, the smallest mistake that was tried, is three times the relative one.
TOLERANCE = 1e-4
RELATIVE_TOLERANCE = 3e-5
SHORT_LENGTHS = (3, 17, 48)
LONG_TOKENS = 2048
# Of a model that is compared in windows: attention scores of a longer one would not fit beside a large layer.
LONG_WINDOW_TOKENS = 1024
CONTINUED_TOKENS = 8
COMPARED_TOKENS = 64
AGREEMENT_TOKENS = 256
# CTranslate2 repacks weights while it loads them: a model takes about this many times its size.
LOAD_FACTOR = 2.2


@dataclass(frozen=True)
class Parity:
    """`difference`: the largest of any logit, or activation where `windows` > 1; `scale`: the largest value compared.

    `excess`: the largest difference by what is tolerated where it stands: a large activation of one token excuses
    nothing in another token or layer. `tokens`: how many positions were compared; `windows`: in how many pieces the
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
    """Short prompts of several lengths and a long one, cut from the tokens of a sample text, repeated as needed."""
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
    """Compares the float32 form of `spec` with the reference on prompts, the last of which is the long one.

    The last layers of `spec` that the reference has no number for belong to the reference's last. `memory_bytes`: what
    a float32 model may take; `scratch`: a folder for it, left empty. `done` is told how many layers
    have been compared.
    """
    if planned_bytes(spec, "float32") * LOAD_FACTOR <= memory_bytes:
        found = _compare_whole(spec, reference, prompts, scratch)
        done(reference.layers)
        return found
    return _compare_windows(spec, reference, prompts, memory_bytes, scratch, done)


def agreement(folder: Path, prompts: Sequence[Sequence[int]], reference: Reference) -> float:
    """The share of tokens for which the model in `folder` chooses what the reference chooses.

    Of each prompt, its last tokens; of a long one only a beginning is read, since CTranslate2 gives the logits of all.
    """
    prompts = [prompt[:AGREEMENT_TOKENS] for prompt in prompts]
    expected = run(reference, prompts, last=COMPARED_TOKENS)
    with loaded(folder, "default") as generator:
        found = [at_once(generator, [prompt])[0][-COMPARED_TOKENS:] for prompt in prompts]
    same = sum(int((a.argmax(-1) == b.argmax(-1)).sum()) for a, b in zip(found, expected, strict=True))
    return same / sum(len(each) for each in expected)


class _Tally:
    """Gathers the largest difference of what was compared."""

    def __init__(self) -> None:
        self.difference = self.scale = self.excess = 0.0
        self.tokens = 0

    def add(self, found: Tensor, expected: Tensor) -> None:
        """`found` belongs to the last of the tokens that `expected` is for."""
        expected = expected[-len(found) :]
        scales = expected.abs().amax(-1)
        # A NaN compares as no difference at all, and infinity excuses any.
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
    with written(spec, scratch) as generator:
        found = [*at_once(generator, short), *(one_by_one(generator, prompt) for prompt in short)]
        said, after_long = continued(generator, long, CONTINUED_TOKENS)
    expected = run(reference, [*short, [*long, *said[:-1]]], last=COMPARED_TOKENS)
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
                del layer  # its weights, before those of the next one are read
            tokens = _numbered(states)
            table = _embeddings(spec, prompts) if part.start == 0 else torch.cat(states)
            window = _window(spec, reference.layers, part, table, embedded=part.start > 0)
            with written(window, scratch) as generator:
                # All but the long prompt in one batch: it would pad every other to its length.
                found = [*at_once(generator, tokens[:-1]), *at_once(generator, tokens[-1:])]
                found += [one_by_one(generator, sequence) for sequence in tokens[:-1]]
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
    """The last layer once more, with the final norm and the projection behind it."""
    import torch

    last = reference.layers - 1
    layer = reference.layer(last)
    expected = [reference.logits(layer(state)) for state in states]
    del layer  # its weights, before CTranslate2 loads its own
    window = _window(spec, reference.layers, range(last, last + 1), torch.cat(list(states)), embedded=True, head=True)
    with written(window, scratch) as generator:
        found = at_once(generator, _numbered(states))
    for ours, theirs in zip(found, expected, strict=True):
        tally.add(ours, theirs)


def _windows(spec: TransformerDecoderModelSpec, layers: int, memory_bytes: int) -> list[range]:
    """The reference's layers, so many at a time as fit, at least one."""
    sizes = [planned_bytes(layer, "float32") for layer in spec.decoder.layer]
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
    """The layers `part` of the reference's `layers` as a model of their own, whose tokens are the rows of `table`.

    The rows are activations where they are `embedded`, else rows of the model's embeddings, which it scales and adds
    positions to. With `head` the output is logits, else the activations.
    """
    import torch
    from ctranslate2.specs import common_spec, model_spec, transformer_spec

    window = copy.copy(spec)
    window.decoder = decoder = copy.copy(spec.decoder)
    decoder.layer = spec.decoder.layer[part.start : part.stop if part.stop < layers else None]
    width = table.shape[1]
    # Outputs are looked up as tokens: there must be as many.
    padding = torch.zeros(max(0, width - len(table)), width)
    decoder.embeddings = common_spec.EmbeddingsSpec()
    decoder.embeddings.weight = in_memory(torch.cat([table, padding]))
    if embedded:
        decoder.scale_embeddings = False
        if hasattr(decoder, "position_encodings"):
            places = spec.decoder.position_encodings.encodings.shape
            decoder.position_encodings = transformer_spec.PositionEncoderSpec()
            decoder.position_encodings.encodings = in_memory(torch.zeros(*places))
    decoder.projection = common_spec.LinearSpec()
    if head:
        tied = isinstance(spec.decoder.projection.weight, Alias)
        decoder.projection.weight = (spec.decoder.embeddings if tied else spec.decoder.projection).weight
        decoder.projection.bias = spec.decoder.projection.bias
    else:
        decoder.projection.weight = in_memory(torch.eye(width))
        decoder.final_logit_softcapping = decoder.scale_outputs = model_spec.OPTIONAL
        if hasattr(decoder, "layer_norm"):
            del decoder.layer_norm
    window.register_vocabulary([str(i) for i in range(window.get_vocabulary_size())])
    return window


def _embeddings(spec: TransformerDecoderModelSpec, prompts: Sequence[Sequence[int]]) -> Tensor:
    """The converted model's row for each token of each prompt."""
    import torch

    rows = spec.decoder.embeddings.weight
    return torch.cat([rows.read(i, i + 1).float() for prompt in prompts for i in prompt])


def _numbered(states: Sequence[Tensor]) -> list[list[int]]:
    """Each sequence's rows in the table of all."""
    starts = [sum(len(state) for state in states[:i]) for i in range(len(states))]
    return [list(range(start, start + len(state))) for start, state in zip(starts, states, strict=True)]
