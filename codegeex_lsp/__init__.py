"""The one name under which the daemon is installed, and the way into each of its processes.

In the wheel the packages `engine` and `lsp_server` lie inside this one, so that no folder of a user's project and no
other distribution can take their names. In a checkout they lie next to it. `HOME` is the folder that holds them in both
cases; every process of the daemon has it first in `sys.path`.

Imports only `os` and `sys` before `isolate` has run: anything else could come from a user's project.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib is not imported yet
_IMPORTED_FROM = os.path.dirname(_HERE)  # noqa: PTH120
HOME = _HERE if os.path.isdir(os.path.join(_HERE, "engine")) else _IMPORTED_FROM  # noqa: PTH112, PTH118
_INHERITED_PATH = "CODEGEEX_IMPORT_PATH"  # what a process of the daemon hands to the next one

# The daemon's processes, the command and those that it starts, by the name in their command line: (module, function).
COMMAND = "lsp_server"
PROCESSES = {
    COMMAND: ("lsp_server.cli", "main"),
    "engine.serving": ("engine.serving.process", "main"),
    "engine.context.indexer": ("engine.context.indexer", "main"),
    "engine.convert.chat_template": ("engine.convert.chat_template", "main"),
}


def isolate() -> None:
    """Make this process import the daemon's own code, whatever PYTHONPATH and the working directory offer.

    Removes both from `sys.path`, unless the daemon itself was found there, or they are folders that Python has of its
    own, and puts `HOME` first.
    """
    if inherited := os.environ.pop(_INHERITED_PATH, ""):
        sys.path[:] = inherited.split(os.pathsep)
        return
    try:
        os.getcwd()  # noqa: PTH109
    except OSError:  # it was removed: no relative path leads anywhere, and much of Python fails
        os.chdir(os.path.abspath(os.sep))  # noqa: PTH100
    foreign = {os.path.abspath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep)}  # noqa: PTH100
    foreign.add(os.getcwd())  # noqa: PTH109 - `python -m` puts it first
    foreign -= {HOME, _IMPORTED_FROM, *_pythons_own()}
    sys.path[:] = [HOME, *(entry for entry in sys.path if entry not in ("", HOME) and entry not in foreign)]


def _pythons_own() -> list[str]:
    """Return the folders of Python's library and of installed packages: an editor may work in one of them."""
    site = sys.modules.get("site")  # imported by Python itself, before anything that is named the same
    folders = [os.path.dirname(os.__file__)]  # noqa: PTH120
    return folders if site is None else [*folders, *site.getsitepackages(), site.getusersitepackages()]


def process_command(name: str, *arguments: str) -> list[str]:
    """Return the command line of one of the daemon's own processes, isolated from the user's environment."""
    return [sys.executable, "-I", os.path.join(_HERE, "__init__.py"), "--process", name, *arguments]  # noqa: PTH118


def process_environment() -> dict[str, str]:
    """Return the environment for a `process_command`: it imports from where this process does."""
    return {**os.environ, _INHERITED_PATH: os.pathsep.join(entry for entry in sys.path if entry)}


def main() -> int:
    """Run the command `codegeex-lsp`, or the process of the daemon that `--process` names."""
    isolate()
    import importlib

    name, arguments = (sys.argv[2], sys.argv[3:]) if sys.argv[1:2] == ["--process"] else (COMMAND, sys.argv[1:])
    module, function = PROCESSES[name]
    return getattr(importlib.import_module(module), function)(arguments) or 0


if __name__ == "__main__":
    raise SystemExit(main())
