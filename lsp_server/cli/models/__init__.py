"""`codegeex-lsp models`: lists, chooses, checks, removes, converts and fetches models."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.model.folder import NUMERIC_TYPES
from engine.types import EngineError
from lsp_server.cli.exit_codes import EXIT_INTERRUPTED, EXIT_NOTHING

MAX_MEMORY_GIB = 2**20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    parser.set_defaults(action="list", json=False)

    listed = actions.add_parser("list", help="list the models; the default action")
    find = actions.add_parser("find", help="list what other programs have put on this machine")
    show = actions.add_parser("show", help="show everything about a model")
    verify = actions.add_parser("verify", help="read every file and compare it with its checksum")
    use = actions.add_parser("use", help="make a model the default, for every editor that names none")
    remove = actions.add_parser("remove", help="delete an installed model")
    for command in (listed, find, show):
        command.add_argument("--json", action="store_true", help="print JSON")
    for command in (show, verify):
        command.add_argument("name", nargs="?", default="", help="a model; by default the one in use")
    use.add_argument("name", help="an installed model, or `embedded`")
    remove.add_argument("name")
    remove.add_argument("--yes", action="store_true", help="do not ask")

    convert = actions.add_parser("convert", help="make a model folder from a published checkpoint")
    convert.add_argument(
        "path", type=Path, help="a checkpoint's folder, a GGUF file, or a name that `models find` lists"
    )
    fetch = actions.add_parser("fetch", help="download a checkpoint from a hub, and convert it")
    fetch.add_argument("repo", metavar="OWNER/NAME", help="the repository on the hub")
    fetch.add_argument("--revision", default="", help="a branch, tag or commit; by default the main branch")
    fetch.add_argument("--allow-network", action="store_true", help="without it no server is contacted")
    fetch.add_argument("--accept-licence", action="store_true", help="accept the licence without being asked")
    fetch.add_argument("--folder", type=Path, help="where to download to; by default the user's cache folder")
    fetch.add_argument("--no-convert", action="store_true", help="only download")
    for command in (convert, fetch):
        command.add_argument("--name", default="", help="the new model's name; by default the checkpoint's")
        command.add_argument("--quantization", choices=NUMERIC_TYPES, default="int8", help="by default int8")
        command.add_argument(
            "--memory",
            type=_gibibytes,
            default=1.5,
            metavar="GIB",
            help="memory for the comparison with the checkpoint; with more, larger models are compared whole, and"
            " their numeric type's agreement is measured (default: 1.5)",
        )
        command.add_argument("--tokenizer", type=Path, help="the tokenizer's folder, if it is another one")


def _gibibytes(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < MAX_MEMORY_GIB:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of GiB above 0")
    return found


def run(options: argparse.Namespace) -> int:
    """Run the command. Returns 0 if done, 1 if not (stderr has the reason), 2 for wrong usage, 130 if interrupted."""
    try:
        return _run(options)
    except (EngineError, OSError, ImportError) as fault:  # a disk that fails, a package that is half installed
        print(f"codegeex-lsp: {fault}", file=sys.stderr)  # noqa: T201
        return EXIT_NOTHING
    except KeyboardInterrupt:
        left = {
            "convert": "; no model was installed, unless reported above",
            "fetch": "; no model was installed, unless reported above. What was downloaded is kept:"
            " run the same command again to resume",
        }
        print(f"\ncodegeex-lsp: interrupted{left.get(options.action, '')}", file=sys.stderr)  # noqa: T201
        return EXIT_INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    if options.action in {"list", "show"}:
        from lsp_server.cli.models import listing

        return listing.run_list(options) if options.action == "list" else listing.run_show(options)
    if options.action == "find":
        from lsp_server.cli.models.finding import run_find

        return run_find(options)
    if options.action == "convert":
        from lsp_server.cli.models.conversion import run_convert

        return run_convert(options)
    if options.action == "fetch":
        from lsp_server.cli.models.fetch import run_fetch

        return run_fetch(options)
    from lsp_server.cli.models import changes

    actions = {"verify": changes.run_verify, "use": changes.run_use, "remove": changes.run_remove}
    return actions[options.action](options)
