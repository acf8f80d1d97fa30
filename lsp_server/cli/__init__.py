"""The command `codegeex-lsp`: without a subcommand, the server that an editor starts."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from lsp_server import __version__
from lsp_server.cli.evaluate import add_evaluate_parser
from lsp_server.cli.exit_codes import EXIT_FAULT
from lsp_server.cli.key import add_key_parser
from lsp_server.cli.models import add_models_parser

MAX_THREADS = 256


class _Plain(logging.Formatter):
    """One line a record: editors show our stderr to people, who must not see tracebacks."""

    def formatException(self, ei: object) -> str:  # noqa: ARG002, N802 - logging's name
        return ""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_info, record.exc_text, record.stack_info = None, None, None
        return super().format(record).partition("\n")[0]


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    set_up_logging(options.verbose, options.log_file)
    if options.command == "complete":
        from lsp_server.cli.complete import run_complete

        return run_complete(options)
    if options.command == "context":
        from lsp_server.cli.context import run_context

        return run_context(options)
    if options.command == "doctor":
        from lsp_server.cli.doctor import run_doctor

        return run_doctor(options)
    if options.command == "demo":
        from lsp_server.cli.demo import run_demo

        return run_demo(options)
    if options.command == "engine":
        from lsp_server.cli.engine import run_engine

        return run_engine(options)
    if options.command == "key":
        from lsp_server.cli.key import run_key

        return run_key(options)
    if options.command == "models":
        from lsp_server.cli.models import run_models

        return run_models(options)
    if options.command == "evaluate":
        from lsp_server.cli.evaluate import run_evaluate

        return run_evaluate(options)
    return _serve(options)


def _serve(options: argparse.Namespace) -> int:
    from lsp_server.lazy_types import import_lsprotocol

    import_lsprotocol()
    from lsp_server import transport

    try:
        code = transport.serve_tcp(*transport.parse_loopback(options.tcp)) if options.tcp else transport.serve_stdio()
    except (transport.AddressError, OSError) as fault:
        print(f"codegeex-lsp: --tcp: {fault}", file=sys.stderr)  # noqa: T201
        return EXIT_FAULT
    except Exception as fault:  # a header that no editor sends; the log is read by people
        logging.getLogger(__name__).exception("the connection is beyond repair: %s", type(fault).__name__)
        code = 1
    logging.shutdown()
    # The editor has left. A model that is still loading, or a decode step under way, in native threads must neither
    # delay the end nor be torn down under them by the interpreter.
    os._exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="codegeex-lsp", description=__doc__)
    parser.add_argument("--version", action="version", version=f"codegeex-lsp {__version__}")
    parser.add_argument("--tcp", metavar="HOST:PORT", help="serve one editor on a loopback port instead of stdio")
    parser.add_argument(
        "--stdio", action="store_true", help="serve stdio; the default, accepted for clients that say so"
    )
    parser.add_argument("--log-file", type=Path, help="write the log there instead of to stderr")
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything, tracebacks too")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    complete = commands.add_parser("complete", help="one completion at the terminal")
    complete.add_argument("place", metavar="FILE:LINE:COL", help="line and column count from 1")
    complete.add_argument("--explain", action="store_true", help="show the snippets, the tokens and the time per stage")
    complete.add_argument("--root", type=Path, help="the workspace folder; by default the file's repository or folder")
    complete.add_argument("--confidence", type=float, help="show it when right with at least this probability (0 to 1)")
    complete.add_argument("--mode", choices=("auto", "line", "block"), default="auto")
    context = commands.add_parser("context", help="what the model is shown of other files, and what it never is")
    asked = context.add_subparsers(dest="asked", metavar="QUESTION", required=True)
    why = asked.add_parser("why", help="may this file be shown to the model, and why not")
    why.add_argument("file", metavar="FILE", type=Path)
    query = asked.add_parser("query", help="the snippets for a place, why each, and what it takes")
    query.add_argument("place", metavar="FILE:LINE:COL", help="line and column count from 1")
    query.add_argument("--chars", type=int, default=2000, help="the budget, in characters")
    for question in (why, query):
        question.add_argument(
            "--root", type=Path, help="the workspace folder; by default the file's repository or folder"
        )
        question.add_argument(
            "--exclude", action="append", default=[], metavar="GLOB", help="as codegeex.context.exclude"
        )
    engine = commands.add_parser("engine", help="the process that holds the model for all windows: show it, or end it")
    engine.add_argument(
        "asked", nargs="?", choices=("status", "stop", "serve"), default="status", help="status by default"
    )
    doctor = commands.add_parser("doctor", help="what is installed, what it can do, how fast it is")
    for purpose in ("chat", "completion"):
        doctor.add_argument(f"--{purpose}-url", default="", metavar="URL", help=f"asks that server, as for {purpose}")
        doctor.add_argument(f"--{purpose}-model", default="", metavar="NAME", help="its name for the model")
    demo = commands.add_parser("demo", help="completions of real code by the embedded model, through the server")
    add_models_parser(commands)
    add_key_parser(commands)
    measures = add_evaluate_parser(commands)
    for command in (complete, doctor, demo, *measures):
        command.add_argument(
            "--model", default="", help="a model's name or folder; by default the one `models use` chose"
        )
        command.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
        command.add_argument("--threads", type=_threads, default=0, help="CPU threads; 0 decides")
    return parser


def _threads(text: str) -> int:
    if not text.isdigit() or int(text) > MAX_THREADS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {MAX_THREADS}")
    return int(text)


def _is_fault(record: logging.LogRecord) -> bool:
    """Whether pygls tells of more than a request that was answered with a reason why not."""
    from lsp_server.protocol import is_refusal  # pygls is loaded where it tells something

    return not (record.exc_info and is_refusal(record.exc_info[1]))


def set_up_logging(verbose: bool, log_file: Path | None) -> None:  # noqa: FBT001
    handler: logging.Handler = logging.StreamHandler()
    fault = None
    if log_file:
        try:
            handler = logging.FileHandler(log_file, encoding="utf-8")
        except OSError as problem:
            fault = f"--log-file {log_file}: {problem.strerror}; logging to stderr"
    layout = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    handler.setFormatter(logging.Formatter(layout) if verbose else _Plain(layout))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.WARNING, handlers=[handler], force=True)
    # A cancel that crosses its answer on the way is everyday life, not a warning.
    for name in ("json_rpc", "language_server"):
        requests = logging.getLogger(f"pygls.protocol.{name}")
        requests.setLevel(logging.DEBUG if verbose else logging.ERROR)
        if not verbose:
            requests.addFilter(_is_fault)
    if fault:
        logging.getLogger(__name__).warning("%s", fault)
