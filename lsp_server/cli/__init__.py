"""The command `codegeex-lsp`. Without a subcommand it is the language server that an editor starts."""

from __future__ import annotations

import argparse
import gc
import importlib
import logging
import os
import sys
from pathlib import Path
from typing import Any

from lsp_server import __version__
from lsp_server.cli.exit_codes import EXIT_FAULT, EXIT_NOTHING

DESCRIPTION = (
    "A local coding assistant. Without COMMAND, this is the language server that an editor starts."
    " `codegeex-lsp COMMAND -h` shows a command's options."
)
# Each is a module here with `add_arguments(parser)` and `run(options)`, which returns the exit code.
COMMANDS = {
    "complete": "show the completion for a cursor in a file",
    "next-edit": "show what to change next after the changes since a revision, and why",
    "context": "show what the model sees of other files, and which files it never sees",
    "engine": "show or stop the process that holds the model for all windows",
    "doctor": "show what is installed, which model is in use, and how fast it is here",
    "demo": "complete real code through the language server",
    "models": "list, show, verify, choose, remove, convert and fetch models",
    "key": "manage the API keys of servers that answer instead of the model on this machine",
    "evaluate": "measure how good a model is, by HumanEval-X or perplexity",
}


class _OneLineFormatter(logging.Formatter):
    """Formats a record as one line: editors show our stderr to users, who must not see tracebacks."""

    def formatException(self, ei: object) -> str:  # noqa: ARG002, N802 - logging's name
        return ""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_info, record.exc_text, record.stack_info = None, None, None
        return super().format(record).partition("\n")[0]


class _CommandParser(argparse.ArgumentParser):
    """The parser of a command, whose module is imported when the command is called."""

    def __init__(self, *, command: str = "", **options: Any) -> None:
        super().__init__(**options)
        self._command = command  # "" for what a command divides itself into

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._command:
            command = importlib.import_module(f"lsp_server.cli.{self._command.replace('-', '_')}")
            command.add_arguments(self)
            self.set_defaults(run=command.run)
        return super().parse_known_args(args, namespace)


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    set_up_logging(options.verbose, options.log_file)
    code: int = options.run(options)
    return code


def _serve(options: argparse.Namespace) -> int:
    gc.disable()  # nothing that is imported becomes garbage, and looking for it took 5% of the start
    from lsp_server.lazy_types import import_lsprotocol

    import_lsprotocol()
    from lsp_server import transport

    gc.freeze()
    gc.enable()
    try:
        code = transport.serve_tcp(*transport.parse_loopback(options.tcp)) if options.tcp else transport.serve_stdio()
    except (transport.AddressError, OSError) as fault:
        print(f"codegeex-lsp: --tcp: {fault}", file=sys.stderr)  # noqa: T201
        return EXIT_FAULT
    except Exception as fault:  # such as a header that no editor sends; users read the log
        logging.getLogger(__name__).exception("the connection cannot go on: %s", type(fault).__name__)
        code = EXIT_NOTHING
    logging.shutdown()
    # The editor has left. A model that is still loading, or a decode step under way, in native threads must neither
    # delay the end nor be torn down under them by the interpreter.
    os._exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="codegeex-lsp", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"codegeex-lsp {__version__}")
    parser.add_argument("--tcp", metavar="HOST:PORT", help="serve one editor on a loopback port instead of stdio")
    parser.add_argument(
        "--stdio", action="store_true", help="serve stdio; the default, accepted for clients that pass it"
    )
    parser.add_argument("--log-file", type=Path, metavar="FILE", help="write the log there instead of to stderr")
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything, including tracebacks")
    parser.set_defaults(run=_serve)
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_CommandParser)
    for command, purpose in COMMANDS.items():
        commands.add_parser(command, help=purpose, command=command)
    return parser


def _is_fault(record: logging.LogRecord) -> bool:
    """Return whether pygls logs more than a request that was refused with a reason."""
    from lsp_server.protocol import is_refusal  # if pygls logs, it is loaded

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
    handler.setFormatter(logging.Formatter(layout) if verbose else _OneLineFormatter(layout))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.WARNING, handlers=[handler], force=True)
    # Python's warnings quote code of libraries, which is nothing to users.
    logging.captureWarnings(capture=True)
    logging.getLogger("py.warnings").setLevel(logging.DEBUG if verbose else logging.ERROR)
    # A cancellation that crosses its response on the way is normal, not a warning.
    for name in ("json_rpc", "language_server"):
        requests = logging.getLogger(f"pygls.protocol.{name}")
        requests.setLevel(logging.DEBUG if verbose else logging.ERROR)
        if not verbose:
            requests.addFilter(_is_fault)
    if fault:
        logging.getLogger(__name__).warning("%s", fault)
