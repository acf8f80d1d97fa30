"""Converts a checkpoint to a model folder: recognised, checked, written, compared, and only then installed.

Everything is written to a folder next to the new model's and moved there in the last step: a conversion that fails, is
refused or is interrupted leaves nothing. Memory stays at about one layer, whatever the checkpoint's size.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from engine.convert import parity
from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config
from engine.convert.families import recognise
from engine.convert.family import Family
from engine.convert.gguf.checkpoint import SUFFIX, open_gguf_checkpoint
from engine.convert.gguf.header import has_magic
from engine.convert.model_bin import plan_bytes, write_model
from engine.convert.model_toml import ConvertedModel, model_toml
from engine.convert.published import open_checkpoint
from engine.convert.published_prompts import read_published_prompts
from engine.convert.sample import SAMPLE
from engine.convert.source import check_files, find_licence, list_published_files
from engine.convert.staging import name_taken, staging_folder
from engine.convert.tensors import Weights
from engine.convert.tokenizer import begins_with_space, check_vocabulary, read_tokenizer
from engine.model.catalog import name_fault
from engine.model.folder import MIN_CONTEXT_TOKENS, NUMERIC_TYPES, read_description
from engine.prompt.families import PromptFacts, describe_prompts
from engine.types import ModelError

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec
    from tokenizers import Tokenizer

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
SPLIT_NUMBER = re.compile(r"-\d{5}-of-\d{5}$")  # of one file of a split model
DEFAULT_MEMORY_BYTES = 3 * 2**29
# In addition to the weights: tokenizer, configuration, and what a file system rounds up.
SPARE_DISK_BYTES = 64 * 2**20
# A numeric type that mostly predicts other tokens is broken, not imprecise: random weights, whose logits are close
# together, stay above 0.9 in int8.
MIN_AGREEMENT = 0.5
# The sample has some 70 different characters: fewer tokens mean that the tokenizer is of something else.
MIN_SAMPLE_TOKENS = 32
CHECKED_FILES = ("model.bin", "config.json", "vocabulary.json", "tokenizer.json")


class Report(Protocol):
    """Is notified of a conversion's progress."""

    def stage(self, name: str, total: int) -> None:
        """A new stage begins; `total` is in bytes or steps, 0 if it is not known."""
        ...

    def advance(self, count: int) -> None: ...


@dataclass(frozen=True)
class Conversion:
    """A request for a conversion.

    `source`: the checkpoint's folder, a GGUF file, or CodeGeeX-13B's file. `folder`: the folder of all models. `name`
    "" takes the name of the checkpoint's folder. `tokenizer`: the folder of the tokenizer's files if they are not with
    the checkpoint. `memory_bytes`: what the comparison may use; with more, a larger model is compared in larger pieces,
    and the agreement of its numeric type is measured too.
    """

    source: Path
    folder: Path
    name: str = ""
    numeric_type: str = "int8"
    tokenizer: Path | None = None
    memory_bytes: int = DEFAULT_MEMORY_BYTES


def convert(request: Conversion, report: Report) -> Path:
    """Convert and return the installed model's folder. Raises `ModelError`; then, and if interrupted, nothing is
    installed.
    """
    try:
        return _convert(request, report)
    except OSError as fault:
        if fault.errno == errno.ENOSPC:
            raise ModelError(f"the disk of {request.folder} is full: free some space and convert again") from fault
        where = fault.filename or request.folder
        raise ModelError(f"{where} cannot be read or written: {fault.strerror or fault}") from fault


def _convert(request: Conversion, report: Report) -> Path:
    if request.numeric_type not in NUMERIC_TYPES:
        raise ModelError(f"unknown numeric type {request.numeric_type!r}; known are {', '.join(NUMERIC_TYPES)}")
    target = _target(request)
    # What a GGUF file holds of a tokenizer is written to `scratch`.
    with tempfile.TemporaryDirectory() as scratch, staging_folder(target) as staging:
        source = _read(request, Path(scratch))
        _check_disk(source.spec, request, staging)
        files = list(source.checkpoint.paths) or list_published_files(source.checkpoint.folder)
        report.stage("checking the files", sum(path.stat().st_size for path in files))
        checksums = check_files(files, report.advance)
        report.stage("writing the model", plan_bytes(source.spec, request.numeric_type))
        write_model(source.spec, staging, request.numeric_type, report.advance)
        source.tokenizer.save(str(staging / "tokenizer.json"))
        sums = check_files([staging / name for name in CHECKED_FILES], lambda _: None)
        parity_facts = _compare(source, request, staging, report)
        described = ConvertedModel(
            name=target.name,
            context_length=source.context_length,
            numeric_type=request.numeric_type,
            licence=source.checkpoint.licence or find_licence(source.checkpoint.folder),
            prompts=_prompts(source, request),
            source={
                "layout": source.family.name,
                "parameters": source.checkpoint.parameters,
                "files": checksums,
            },
            parity=parity_facts,
            files=sums,
        )
        (staging / "model.toml").write_text(model_toml(described), encoding="utf-8")
        read_description(staging)  # what the daemon would reject is not installed
    return target


@dataclass(frozen=True)
class _Source:
    """What is converted: a published checkpoint, and what was read of it."""

    checkpoint: Checkpoint
    config: Config
    family: Family
    context_length: int
    spec: TransformerDecoderModelSpec
    tokenizer: Tokenizer
    tokenizer_folder: Path


def _read(request: Conversion, scratch: Path) -> _Source:
    is_gguf = request.source.is_file() and (request.source.suffix == SUFFIX or has_magic(request.source))
    try:
        return _read_all(request, scratch, is_gguf=is_gguf)
    except ModelError as fault:  # in a file that the user does not know
        raise ModelError(str(fault).replace(str(scratch), str(request.source))) from fault


def _read_all(request: Conversion, scratch: Path, *, is_gguf: bool) -> _Source:
    checkpoint = open_gguf_checkpoint(request.source, scratch) if is_gguf else open_checkpoint(request.source)
    family = recognise(checkpoint.config)
    config = Config(checkpoint.folder, checkpoint.config)
    context_length = family.context_length(config)
    if context_length < MIN_CONTEXT_TOKENS:
        raise ModelError(f"{checkpoint.folder}: a context of {context_length} tokens is too short to complete code")
    spec = _build(family, config, checkpoint)
    tokenizer_folder = request.tokenizer or (scratch if is_gguf else checkpoint.folder)
    tokenizer = read_tokenizer(tokenizer_folder, family.name)
    check_vocabulary(tokenizer, spec.get_vocabulary_size())
    return _Source(checkpoint, config, family, context_length, spec, tokenizer, tokenizer_folder)


def _prompts(source: _Source, request: Conversion) -> PromptFacts:
    return describe_prompts(
        source.family.name,
        lambda token: source.tokenizer.token_to_id(token) is not None,
        source.config.table,
        name=request.source.resolve().name,
        begins_with_space=begins_with_space(source.tokenizer_folder, source.family.name),
        published=read_published_prompts(source.tokenizer_folder, source.config.table, source.tokenizer),
    )


def _target(request: Conversion) -> Path:
    try:
        source = request.source.resolve()
    except RuntimeError as fault:  # links in a circle, before Python 3.13
        raise ModelError(f"{request.source} cannot be read: {fault}") from fault
    stem = source.name if source.is_dir() else SPLIT_NUMBER.sub("", source.stem)
    name = request.name or re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.")
    if not NAME.fullmatch(name):
        raise ModelError(
            f"{name or source.name!r} is not a valid name: use letters, digits, dots, dashes and underscores (--name)"
        )
    if unusable := name_fault(name):
        raise ModelError(f"{name!r} {unusable}; choose another --name")
    target = request.folder / name
    if os.path.lexists(target):
        raise name_taken(name)
    return target


def _build(family: Family, config: Config, checkpoint: Checkpoint) -> TransformerDecoderModelSpec:
    weights = Weights(checkpoint)
    spec = family.build(config, weights)
    if extra := weights.leftovers():
        named = ", ".join(extra[:3]) + (f" and {len(extra) - 3} more" if len(extra) > 3 else "")  # noqa: PLR2004
        raise ModelError(
            f"{checkpoint.folder}: a {family.name} model has no use for {named}; config.json does not describe this"
            " checkpoint, or it is another kind of model"
        )
    return spec


def _check_disk(spec: TransformerDecoderModelSpec, request: Conversion, folder: Path) -> None:
    # The comparison writes the model, or a part of it, in float32 next to what is being converted.
    needed = plan_bytes(spec, request.numeric_type) + min(plan_bytes(spec, "float32"), request.memory_bytes)
    needed += SPARE_DISK_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelError(
            f"the disk of {folder.parent} has {free / 2**30:.1f} GiB free, the conversion needs {needed / 2**30:.1f}"
        )


def _compare(source: _Source, request: Conversion, staging: Path, report: Report) -> dict[str, Any]:
    """Return the parity report. Raises `ModelError` if CTranslate2 and the reference disagree."""
    reference = source.family.reference(source.config, source.checkpoint)
    sample = source.tokenizer.encode(SAMPLE, add_special_tokens=False).ids
    if len(set(sample)) < MIN_SAMPLE_TOKENS:
        raise ModelError(
            f"{source.tokenizer_folder}: the tokenizer knows only {len(set(sample))} different tokens of"
            " a text of code; it is not this checkpoint's"
        )
    prompts = parity.sample_prompts(sample, source.context_length)
    report.stage("comparing with the checkpoint", reference.layers)
    try:
        found = parity.compare(source.spec, reference, prompts, request.memory_bytes, staging, report.advance)
    except (RuntimeError, ValueError, MemoryError) as fault:  # what torch and CTranslate2 raise
        raise ModelError(f"the comparison with the checkpoint failed ({fault}); nothing was installed") from fault
    if not found.holds:
        raise ModelError(
            f"the converted model does not compute what the checkpoint computes: values up to {found.scale:.3g} differ"
            f" by {found.difference:.3g}; it was not installed. Please report the model's name and this message"
        )
    facts: dict[str, Any] = {
        "max_difference_float32": float(f"{found.difference:.3g}"),
        "largest_value": float(f"{found.scale:.3g}"),
        "compared_tokens": found.tokens,
        "longest_prompt_tokens": found.longest_prompt,
        "windows": found.windows,
    }
    numeric_type = request.numeric_type
    if plan_bytes(source.spec, numeric_type) * parity.LOAD_FACTOR <= request.memory_bytes:
        report.stage(f"comparing {numeric_type}", 0)
        share = parity.measure_agreement(staging, prompts, reference)
        if share < MIN_AGREEMENT:
            raise ModelError(
                f"in {numeric_type} the model predicts only {share:.0%} of the checkpoint's tokens; not installed"
            )
        facts[f"top1_agreement_{numeric_type}"] = round(share, 4)
    else:
        facts[f"top1_agreement_{numeric_type}"] = (
            "not measured: the model does not fit into the memory given by --memory"
        )
    return facts
