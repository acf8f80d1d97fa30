"""The models that are compared, each as a model folder and as GGUF; and the options of all benchmarks here."""

from __future__ import annotations

import argparse
import atexit
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from benchmarks.peer.gguf import write_gguf
from benchmarks.peer.widened import write_widened
from engine.model.catalog import EMBEDDED, EMBEDDED_FOLDER, find_model
from engine.model.generator import default_threads
from engine.model.protocol import LanguageModel
from engine.serving.client import EngineClient
from engine.serving.model import ServedModel

WORK = Path(__file__).parents[2] / ".cache" / "peer"
GGUF_CONTEXT_TOKENS = 4096
NAMES = (EMBEDDED, "widened")


@dataclass(frozen=True)
class Pair:
    """`setting` is the value of `codegeex.model` that chooses the folder."""

    name: str
    folder: Path
    gguf: Path

    @property
    def setting(self) -> str:
        return EMBEDDED if self.folder == EMBEDDED_FOLDER else str(self.folder)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", nargs="+", choices=NAMES, default=NAMES, help="widened: of 110 M parameters")
    parser.add_argument("--threads", type=int, default=default_threads(), help="of each side")
    parser.add_argument("--llama-server", default="", help="the executable")
    parser.add_argument("--work", type=Path, default=WORK, help="where the models are made, and kept")


def pair(name: str, work: Path) -> Pair:
    """Return the pair, made once and kept in `work`; made again when the embedded model has changed."""
    work.mkdir(parents=True, exist_ok=True)
    version = find_model(EMBEDDED).facts["source"]["checkpoint_sha256"][:12]
    folder = EMBEDDED_FOLDER if name == EMBEDDED else work / f"{name}-{version}"
    gguf = work / f"{name}-{version}.gguf"
    if not folder.is_dir():
        write_widened(folder)
    if not gguf.is_file():
        unfinished = gguf.with_suffix(".part")
        write_gguf(folder, unfinished, GGUF_CONTEXT_TOKENS)
        unfinished.rename(gguf)
    return Pair(name, folder, gguf)


def our_model(setting: str, threads: int) -> LanguageModel:
    """Return the model that answers single requests on our side, in an engine process of its own.

    `setting` is a value of `codegeex.model`.
    """
    client = EngineClient("benchmark")
    atexit.register(client.stop_engine)
    return ServedModel(client, find_model(setting), "cpu", threads)


def machine(threads: int) -> str:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return f"{platform.machine()}, {os.cpu_count()} cores, {threads} threads a side, load {load:.1f}"


def percentile(values: list[float], share: int) -> float:
    """Return it for any number of values; NaN for none."""
    if len(values) < 2:
        return values[0] if values else float("nan")
    return quantiles(values, n=100, method="inclusive")[share - 1]
