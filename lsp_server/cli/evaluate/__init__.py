"""`codegeex-lsp evaluate`: how good a model is, by published measures."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lsp_server.cli.model_options import add_model_options

MAX_SEED = 2**31  # the decoder's seeds are 32 bits wide, and resumed runs count up from theirs

T = TypeVar("T", int, float)


def run(options: argparse.Namespace) -> int:
    """Run the command. Returns 0 if all is evaluated, 2 for a fault, 130 if interrupted; what was done is kept."""
    if options.measure == "perplexity":
        from lsp_server.cli.evaluate.perplexity import run_perplexity

        return run_perplexity(options)
    from lsp_server.cli.evaluate.humaneval_x import run_humaneval_x

    return run_humaneval_x(options)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    measures = parser.add_subparsers(dest="measure", metavar="MEASURE", required=True)
    benchmark = measures.add_parser(
        "humaneval-x",
        help="write or translate functions in six languages, and test them",
        description="Solves HumanEval-X and runs its tests, each program in a sandbox without network and files.",
    )
    benchmark.add_argument("--task", choices=("generate", "translate"), default="generate")
    benchmark.add_argument("--languages", default="all", help="comma-separated: python,cpp,java,js,go,rust")
    benchmark.add_argument("--source-language", default="python", help="to translate from (default: %(default)s)")
    benchmark.add_argument("--samples", type=_number(int, 1, 10_000), default=1, help="solutions for each problem")
    benchmark.add_argument("--limit", type=_number(int, 1, 164), default=0, help="only the first problems")
    benchmark.add_argument(
        "--solutions",
        choices=("model", "reference"),
        default="model",
        help="reference: the benchmark's own solutions, to see what this machine can run",
    )
    benchmark.add_argument("--data", type=Path, help="the folder with the benchmark's humaneval_*.jsonl.gz")
    benchmark.add_argument("--temperature", type=_number(float, 0, 10), default=0.0, help="0, the default, is greedy")
    benchmark.add_argument("--top-p", type=_number(float, 0.0001, 1), default=1.0)
    benchmark.add_argument("--seed", type=_number(int, 0, MAX_SEED), help="makes sampled solutions repeatable")
    benchmark.add_argument("--max-tokens", type=_number(int, 1, 100_000), default=512, help="tokens of a solution")
    benchmark.add_argument(
        "--style", choices=("auto", "continue", "chat"), default="auto",
        help="whether a model continues the problem or is asked for the function; auto asks those that can chat",
    )  # fmt: skip
    benchmark.add_argument(
        "--no-repair", action="store_true",
        help="keep a chat model's first translation; otherwise one that does not compile is repaired once",
    )  # fmt: skip
    benchmark.add_argument("--jobs", type=_number(int, 1, 1024), default=0, help="programs at a time (default: cores)")
    benchmark.add_argument(
        "--accept-no-isolation", action="store_true",
        help="run the programs even if this machine cannot keep them from the network and your files",
    )  # fmt: skip
    perplexity = measures.add_parser(
        "perplexity",
        help="measure how well a model predicts the files of a folder",
        description="Perplexity by language, over the end of each file; ignored and secret files are not read.",
    )
    perplexity.add_argument("folder", type=Path)
    perplexity.add_argument(
        "--window", type=_number(int, 64, 1_000_000), default=1024, help="tokens of each file (default: %(default)s)"
    )
    for measure in (benchmark, perplexity):
        measure.add_argument("--out", type=Path, metavar="FILE.json", help="write the results, with every sample")
        add_model_options(measure)


def _number(kind: Callable[[str], T], least: float, most: float) -> Callable[[str], T]:
    def read(text: str) -> T:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least} and {most}")
        return value

    return read
