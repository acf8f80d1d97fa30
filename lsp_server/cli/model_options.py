"""The options of every command that loads a model."""

from __future__ import annotations

import argparse

MAX_THREADS = 256


def add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="", help="a model's name or folder; by default the one `models use` chose")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: %(default)s")
    parser.add_argument(
        "--threads", type=_threads, default=0, help="CPU threads; by default as many as suit this machine"
    )


def _threads(text: str) -> int:
    if not text.isdigit() or int(text) > MAX_THREADS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {MAX_THREADS}")
    return int(text)
