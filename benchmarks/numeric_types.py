"""The costs and gains of numeric types: `python -m benchmarks.numeric_types [--layers 20] [--work FOLDER]`.

Two models, each converted to every type: the embedded one, and one of about a billion parameters with random weights.
Prints size, time to load, prefill and decode speed, and the share of tokens for which the type chooses the same next
token as float32. With random weights logits are close together, so their agreement is a lower bound. Speeds are medians
of runs that take turns, since machines are noisy.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import random
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import ctranslate2
import numpy as np

from benchmarks.synthetic import publish_embedded, publish_random
from engine.convert.config import Config
from engine.convert.families import recognise
from engine.convert.model_bin import write_model
from engine.convert.published import open_checkpoint
from engine.convert.sample import SAMPLE
from engine.convert.tensors import Weights
from engine.model.catalog import EMBEDDED_FOLDER
from engine.model.folder import NUMERIC_TYPES
from engine.model.generator import default_threads
from engine.model.tokenizer import FolderTokenizer

WIDTH, INNER = 2048, 5632
PROMPT_TOKENS, NEW_TOKENS = 512, 32


@dataclass
class Row:
    folder: Path
    load_s: list[float] = field(default_factory=list)
    prefill: list[float] = field(default_factory=list)
    decode: list[float] = field(default_factory=list)
    computes_in: str = ""
    chosen: list[int] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--layers", type=int, default=20, help="of the random model; 20 make 1.2 G parameters")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", type=Path, help="a folder for the models, which are removed afterwards")
    options = parser.parse_args()
    ctranslate2.set_log_level(logging.ERROR)  # the table shows that a CPU computes float16 in float32
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{platform.machine()}, {os.cpu_count()} cores, {default_threads()} threads, load {load:.1f}")
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        count = publish_embedded(Path(work) / "embedded")
        report(f"embedded, {count / 1e6:.1f} M parameters", Path(work) / "embedded", options.runs)
        count = publish_random(Path(work) / "random", options.layers, WIDTH, INNER)
        report(f"random weights, {count / 1e9:.2f} G parameters", Path(work) / "random", options.runs)


def report(title: str, source: Path, runs: int) -> None:
    rows = {kind: Row(write(source, kind)) for kind in NUMERIC_TYPES}
    for _ in range(runs):
        for row in rows.values():
            take_turn(row)
    print(f"\n{title}\n{'type':14} {'MB':>8} {'load s':>7} {'prefill':>8} {'decode':>7} {'agrees':>7}  computes in")
    for kind, row in rows.items():
        size = (row.folder / "model.bin").stat().st_size / 1e6
        agrees = np.mean(np.array(row.chosen) == np.array(rows["float32"].chosen))
        speeds = f"{median(row.load_s):7.2f} {median(row.prefill):8.0f} {median(row.decode):7.1f}"
        print(f"{kind:14} {size:8.0f} {speeds} {agrees:7.1%}  {row.computes_in}")
        shutil.rmtree(row.folder)


def write(source: Path, kind: str) -> Path:
    checkpoint = open_checkpoint(source)
    spec = recognise(checkpoint.config).build(Config(source, checkpoint.config), Weights(checkpoint))
    folder = source.parent / f"{source.name}-{kind}"
    folder.mkdir()
    write_model(spec, folder, kind, lambda _: None)
    return folder


def take_turn(row: Row) -> None:
    """Load, prefill and decode; the first time also choose a token after each token of the sample."""
    began = time.perf_counter()
    generator = ctranslate2.Generator(str(row.folder), device="cpu", intra_threads=default_threads())
    row.load_s.append(time.perf_counter() - began)
    row.computes_in = generator.compute_type
    sample = [str(i) for i in FolderTokenizer(EMBEDDED_FOLDER).encode(SAMPLE)]
    if not row.chosen:
        row.chosen = np.array(generator.forward_batch([sample[:PROMPT_TOKENS]]))[0].argmax(-1).tolist()
    drawn = random.Random(0)
    prompt = [drawn.choice(sample) for _ in range(PROMPT_TOKENS)]
    generate(generator, prompt[:16], 2)  # the first call after loading is slower
    one = generate(generator, prompt, 1)
    many = generate(generator, prompt, 1 + NEW_TOKENS)
    row.prefill.append(PROMPT_TOKENS / one)
    row.decode.append(NEW_TOKENS / max(1e-9, many - one))


def generate(generator: ctranslate2.Generator, prompt: list[str], tokens: int) -> float:
    """Return the seconds that it took."""
    began = time.perf_counter()
    generator.generate_batch(
        [prompt], min_length=tokens, max_length=tokens, sampling_topk=1, include_prompt_in_result=False
    )
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
