"""The memory and time of a conversion: `python -m benchmarks.conversion [--layers 28] [--work FOLDER]`.

Makes a synthetic checkpoint (6 GB by default, which needs 13 GB of disk), converts it with the real command in a
process of its own, and prints that process's peak of resident memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WIDTH, INNER = 3072, 8192


def sizes(layers: int) -> str:
    return f"{layers}, {WIDTH}, {INNER}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--quantization", default="int8")
    parser.add_argument(
        "--work", type=Path, help="a folder for the checkpoint and the model, which are removed afterwards"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        source = Path(work) / "synthetic"
        # In a process of its own, since the peak of a child starts with that of its parent.
        make = (
            f"from benchmarks.synthetic import publish_random as p; print(p({str(source)!r}, {sizes(options.layers)}))"
        )
        count = int(subprocess.run([sys.executable, "-c", make], check=True, capture_output=True, text=True).stdout)
        size = sum(path.stat().st_size for path in source.iterdir())
        print(f"checkpoint: {count / 1e9:.2f} G parameters, {size / 1e9:.2f} GB in bfloat16", flush=True)
        environment = os.environ | {"XDG_DATA_HOME": work}
        command = [sys.executable, "-m", "codegeex_lsp", "models", "convert", str(source)]
        began = time.perf_counter()
        process = subprocess.Popen([*command, "--quantization", options.quantization], env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
        if status:
            raise SystemExit("the conversion failed")
        peak = usage.ru_maxrss / 2**10
        model = next(Path(work).rglob("model.bin")).stat().st_size
        print(f"{options.quantization}: {model / 1e9:.2f} GB written, {took:.0f} s, peak {peak:.0f} MiB resident")


if __name__ == "__main__":
    main()
