"""The wheel, installed into a folder of its own, in projects whose files are named as ours are."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
import venv
import zipfile
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

REPOSITORY = Path(__file__).parents[2]
WITHIN_SECONDS = 60
# What a project may hold, under names that our own code, or a library of ours, imports.
HOSTILE = (
    "engine/__init__.py",
    "lsp_server.py",
    "tokenizers.py",
    "pygls/__init__.py",
    "importlib_metadata.py",
    "codecs_.py",
)
OURS = {"codegeex_lsp"}

pytestmark = [
    pytest.mark.command,
    pytest.mark.skipif(os.name == "nt", reason="reads /proc-like process lists of POSIX"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(REPOSITORY)],
        check=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of an environment that holds the wheel, and borrows this environment's libraries."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True, with_pip=False)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / version / "site-packages"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(folder), "install", "--quiet", "--no-deps", str(wheel)],
        check=True,
    )
    # Only folders of packages are borrowed: the checkout itself, which is installed there, must not be importable.
    borrowed = [path for path in sys.path if path.endswith("site-packages") and Path(path) != packages]
    (packages / "borrowed.pth").write_text("".join(f"import sys; sys.path.append({path!r})\n" for path in borrowed))
    return folder / "bin" / "codegeex-lsp"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in HOSTILE:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("raise SystemExit('the code of the project was run')\n")
    (root / "prices.py").write_text("def price_of_tea(cups):\n    return cups * 3\n")
    return root


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    runtime = tmp_path / "r"
    runtime.mkdir(mode=0o700)
    return {
        **os.environ, "PYTHONPATH": ".", "XDG_CACHE_HOME": str(tmp_path / "c"), "XDG_RUNTIME_DIR": str(runtime),
        "XDG_CONFIG_HOME": str(tmp_path / "s"), "TMPDIR": str(runtime),
    }  # fmt: skip


def test_the_wheel_takes_one_name_only(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == OURS


@pytest.mark.parametrize("arguments", [["--version"], ["context", "why", "prices.py"], ["models", "list"]])
def test_commands_run_in_a_project_named_as_our_code(
    installed: Path, project: Path, environment: dict[str, str], arguments: list[str]
) -> None:
    done = subprocess.run(
        [str(installed), *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    module = [str(installed.parent / "python"), "-m", "codegeex_lsp", *arguments]
    done = subprocess.run(module, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_process_imports_its_own_code(installed: Path, project: Path, environment: dict[str, str]) -> None:
    server = Server(installed, project, environment)
    try:
        server.request("initialize", processId=None, capabilities={}, rootUri=project.as_uri())
        server.notify("initialized")
        uri = (project / "sum.py").as_uri()
        text = "def total(cups):\n    return price_of_tea(\n"
        server.notify(
            "textDocument/didOpen", textDocument={"uri": uri, "languageId": "python", "version": 1, "text": text}
        )
        answer = server.request(
            "textDocument/inlineCompletion", textDocument={"uri": uri}, position={"line": 1, "character": 24},
            context={"triggerKind": 1},
        )  # fmt: skip
        assert "items" in answer
        processes = server.descendants("engine.serving", "engine.context.indexer")
        assert all("-I" in process.cmdline() for process in processes)
        assert all(str(REPOSITORY / "engine") not in " ".join(process.cmdline()) for process in processes)
        assert server.stderr() == ""
    finally:
        server.end()


@pytest.mark.parametrize("working_folder", [Path(os.__file__).parent, Path(pytest.__file__).parents[1]])
def test_the_command_runs_where_packages_lie(working_folder: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "codegeex_lsp", "models", "list"]
    done = subprocess.run(
        command,
        cwd=working_folder,
        env={**environment, "PYTHONPATH": str(working_folder)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_command_runs_in_a_folder_that_was_removed(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "gone").mkdir()
    command = f"cd gone; rmdir ../gone; exec {shlex.quote(sys.executable)} -m codegeex_lsp models list"
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=tmp_path, env=environment | {"PYTHONPATH": ""}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


class Server:
    """The installed command over stdio, started in the project as an editor would."""

    def __init__(self, command: Path, project: Path, environment: dict[str, str]) -> None:
        self._log = project.parent / "stderr"
        self._environment = environment
        self._process = subprocess.Popen(
            [str(command)], cwd=project, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._log.open("wb"),
        )  # fmt: skip
        self._number = 0

    def notify(self, method: str, **params: object) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, **params: object) -> dict[str, object]:
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        while (message := self._read()).get("id") != self._number or "method" in message:
            pass
        assert "result" in message, message
        return message["result"]  # type: ignore[no-any-return]

    def descendants(self, *names: str) -> list[psutil.Process]:
        """Wait for processes of these names, and return them; the engine process is nobody's child."""
        give_up_at, found = time.monotonic() + WITHIN_SECONDS, {}
        while len(found) < len(names) and time.monotonic() < give_up_at:
            for process in psutil.process_iter():
                with suppress(psutil.Error):
                    ours = process.environ().get("XDG_RUNTIME_DIR") == self._environment["XDG_RUNTIME_DIR"]
                    found |= {name: process for name in names if ours and name in process.cmdline()}
        assert set(found) == set(names), self.stderr()
        self._found = list(found.values())
        return self._found

    def stderr(self) -> str:
        return self._log.read_text()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for process in getattr(self, "_found", []):
            if process.is_running():
                process.kill()

    def _send(self, message: dict[str, object]) -> None:
        body = json.dumps(message).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> dict[str, object]:
        assert self._process.stdout
        length = 0
        while line := self._process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(self._process.stdout.read(length))  # type: ignore[no-any-return]
