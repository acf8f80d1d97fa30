"""A model folder describes itself: CTranslate2's files, `tokenizer.json` and `model.toml`.

    format = 1
    name = "codegeex-lsp-embedded-12m"
    family = "glm4"
    capabilities = ["complete", "infill"]
    context_length = 1024                     # tokens
    numeric_type = "int8"

    [prompt]
    template = "codegeex4-infill"             # see engine.prompt.templates
    stop = ["<|endoftext|>"]
    # and for other models, if it applies:
    tokens = { prefix = "<fim_prefix>" }      # the template's control tokens, by its names for them
    begin = ["<s>"]                           # control tokens before everything else
    begins_with_space = true                  # the tokenizer it was trained with put a space before a text
    chat_template = "glm"                     # see engine.prompt.chat
    translation = "codegeex4"                 # see engine.prompt.translation
    no_chat = "…"                             # why a model that could chat does not

    [prompt.chat]                             # the fields in which the conversation differs from chat_template's
    default_system = "…"

    [confidence]
    show = 0.42                               # calibrated on held-out projects

    [files]                                   # SHA-256, so that a damaged download is an error and not a crash
    "model.bin" = "…"

Everything else in it (source, licence, parity, evaluation) is for people and for `codegeex-lsp doctor`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import toml
from engine.types import Eagerness, ModelError

FORMAT = 1
REMOTE_FAMILY = "remote"  # of a model on a server
REQUIRED_FILES = ("model.toml", "model.bin", "config.json", "tokenizer.json")
# `int8` keeps norms and biases in the checkpoint's own type, `int8_float32` does not.
NUMERIC_TYPES = ("int8", "int8_float32", "float16", "bfloat16", "float32")
CAPABILITIES = frozenset({"complete", "infill", "chat", "translate"})
MIN_CONTEXT_TOKENS = 64
UNCALIBRATED = {"show": 0.5, "few": 0.7, "many": 0.3}  # of a model whose confidence was never measured
HASHED_BLOCK_BYTES = 8 * 2**20
MAX_HASHED_BYTES = 256 * 2**20  # hashing more would slow down every start; `models verify` checks the rest


@dataclass(frozen=True)
class Confidence:
    """How probable a completion must be to be shown: the table `[confidence]`."""

    show: float = UNCALIBRATED["show"]  # the least probability that is shown, if the user wants a balance
    few: float = UNCALIBRATED["few"]  # if the user wants few completions
    many: float = UNCALIBRATED["many"]  # if the user wants many
    # Of a logistic over `engine.postprocess.confidence.FEATURES`, by name; empty if none was fitted to the model: then
    # its own probabilities count.
    weights: Mapping[str, float] = field(default_factory=dict)

    def threshold(self, eagerness: Eagerness) -> float:
        """Return the least probability that is shown."""
        return {Eagerness.FEW: self.few, Eagerness.BALANCED: self.show, Eagerness.MANY: self.many}[eagerness]


@dataclass(frozen=True)
class ModelDescription:
    """`model.toml`, checked. From `template` to `no_chat` it is the table `[prompt]`, see `engine.prompt`."""

    folder: Path
    name: str
    family: str
    capabilities: frozenset[str]
    context_length: int  # in tokens, prompt and answer together
    numeric_type: str
    template: str
    stop: tuple[str, ...] = ()
    begin: tuple[str, ...] = ()
    control_tokens: dict[str, str] = field(default_factory=dict)
    begins_with_space: bool = False
    chat_template: str = ""
    translation: str = ""
    chat: dict[str, Any] = field(default_factory=dict)  # fields of `engine.prompt.chat.ChatFormat`
    no_chat: str = ""  # why a model with a chat template cannot chat
    confidence: Confidence = field(default_factory=Confidence)
    facts: dict[str, Any] = field(default_factory=dict)  # the whole file

    @property
    def is_remote(self) -> bool:
        """True if what the model reads is sent to a server."""
        return self.family == REMOTE_FAMILY


def read_description(folder: Path) -> ModelDescription:
    """Read and check a model folder; no weights are loaded. Raises `ModelError` that names file and fault."""
    if not folder.is_dir():
        raise ModelError(f"no model folder at {folder}: check codegeex.model, or leave it empty for the embedded model")
    for name in REQUIRED_FILES:
        if not (folder / name).is_file():
            raise ModelError(f"{folder} is not a complete model folder: {name} is missing; convert or copy it again")
        if not (folder / name).stat().st_size:
            raise ModelError(f"{folder / name} is empty: convert or copy the model again")
    try:
        table = toml.loads((folder / "model.toml").read_text(encoding="utf-8"))
    except (toml.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ModelError(f"{folder / 'model.toml'} cannot be read: {fault}") from fault
    except OSError as fault:
        raise ModelError(f"{folder / 'model.toml'} cannot be read: {fault.strerror or fault}") from fault
    description = _checked(folder, table)
    _check_files(folder, table)
    return description


def sha256_of(file: Path, hashed: Callable[[int], None]) -> str:
    """Return the checksum of a file of any size; `hashed` is called with the bytes of each block. Raises `OSError`."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(HASHED_BLOCK_BYTES):
            digest.update(block)
            hashed(len(block))
    return digest.hexdigest()


def _check_files(folder: Path, table: dict[str, Any]) -> None:
    """Compare files with their checksums: native code trusts model.bin, so a damaged one must not reach it."""
    sums = table.get("files", {})
    if not isinstance(sums, dict):
        raise ModelError(
            f"{folder / 'model.toml'}: [files] is not a table of checksums; convert or copy the model again"
        )
    for name, expected in sums.items():
        file = folder / name
        if not file.is_file():
            raise ModelError(f"{folder} is not a complete model folder: {name} is missing; convert or copy it again")
        if file.stat().st_size > MAX_HASHED_BYTES:
            continue
        try:
            found = sha256_of(file, lambda _: None)
        except OSError as fault:
            raise ModelError(f"{file} cannot be read: {fault.strerror or fault}") from fault
        if found != expected:
            raise ModelError(
                f"{file} is damaged: its checksum is not the one in model.toml; convert or copy the model again"
            )


def _checked(folder: Path, table: dict[str, Any]) -> ModelDescription:
    where = folder / "model.toml"
    if table.get("format") != FORMAT:
        raise ModelError(
            f"{where}: format is {table.get('format')!r}, this version reads {FORMAT}; convert the model again"
        )

    def value(section: dict[str, Any], key: str, kind: type | tuple[type, ...], default: Any = ...) -> Any:
        found = section.get(key, default)
        if found is ...:
            raise ModelError(f"{where}: {key} is missing")
        if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
            raise ModelError(f"{where}: {key} is {found!r}, which is of the wrong type")
        return found

    prompt = value(table, "prompt", dict)
    confidence = value(table, "confidence", dict, {})
    weights = value(confidence, "weights", dict, {})

    def probability(name: str, default: float) -> float:
        found = float(value(confidence, name, (int, float), default))
        if not 0 <= found <= 1:
            raise ModelError(f"{where}: {name} is {found:g}, which is not a probability")
        return found

    capabilities = frozenset(map(str, value(table, "capabilities", list)))
    if unknown := capabilities - CAPABILITIES:
        raise ModelError(f"{where}: unknown capabilities {sorted(unknown)}; known are {sorted(CAPABILITIES)}")
    context_length = value(table, "context_length", int)
    if context_length < MIN_CONTEXT_TOKENS:
        raise ModelError(f"{where}: context_length {context_length} is under {MIN_CONTEXT_TOKENS} tokens")
    return ModelDescription(
        folder=folder,
        name=value(table, "name", str),
        family=value(table, "family", str),
        capabilities=capabilities,
        context_length=context_length,
        numeric_type=value(table, "numeric_type", str),
        template=value(prompt, "template", str),
        stop=tuple(map(str, value(prompt, "stop", list, []))),
        begin=tuple(map(str, value(prompt, "begin", list, []))),
        control_tokens={k: str(v) for k, v in value(prompt, "tokens", dict, {}).items()},
        begins_with_space=value(prompt, "begins_with_space", bool, default=False),
        chat_template=value(prompt, "chat_template", str, ""),
        translation=value(prompt, "translation", str, ""),
        chat=value(prompt, "chat", dict, {}),
        no_chat=value(prompt, "no_chat", str, ""),
        confidence=Confidence(
            **{name: probability(name, default) for name, default in UNCALIBRATED.items()},
            weights={name: float(value(weights, name, (int, float))) for name in weights},
        ),
        facts=table,
    )
