"""How much memory and time a conversion takes: `python -m benchmarks.conversion [--layers 28] [--work FOLDER]`.

Makes a synthetic checkpoint (6 GB by default, which needs 13 GB of disk), converts it with the real command in a
process of its own, and prints that process's peak of resident memory.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.synthetic import publish_random

WIDTH, INNER = 3072, 8192


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--quantization", default="int8")
    parser.add_argument("--work", type=Path, help="where the checkpoint and the model are made, and removed again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        source = Path(work) / "synthetic"
        count = publish_random(source, options.layers, WIDTH, INNER)
        size = sum(path.stat().st_size for path in source.iterdir())
        print(f"checkpoint: {count / 1e9:.2f} G parameters, {size / 1e9:.2f} GB in bfloat16")
        environment = os.environ | {"XDG_DATA_HOME": work}
        command = [sys.executable, "-m", "lsp_server", "models", "convert", str(source)]
        began = time.perf_counter()
        subprocess.run([*command, "--quantization", options.quantization], check=True, env=environment)
        took = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**10
        model = next(Path(work).rglob("model.bin")).stat().st_size
        print(f"{options.quantization}: {model / 1e9:.2f} GB written, {took:.0f} s, peak {peak:.0f} MiB resident")


if __name__ == "__main__":
    main()
