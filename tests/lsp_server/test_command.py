"""The real command, in a process of its own, with the embedded model."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

SERVER = [sys.executable, "-m", "codegeex_lsp"]
EXIT_WITHIN_SECONDS = 20
# What any model of code is sure of: after `if ` on line 7.
GO = (
    'package main\n\nimport "os"\n\nfunc read(name string) error {\n'
    "\tfile, err := os.Open(name)\n\tif \n\t\treturn err\n\t}\n"
)

pytestmark = pytest.mark.command


def command(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SERVER, *arguments], capture_output=True, text=True, check=False, **{"timeout": 100} | options
    )  # type: ignore[call-overload,no-any-return]


def message(method: str, request_id: int | None = None, **params: object) -> bytes:
    body: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": params}
    if request_id is not None:
        body["id"] = request_id
    raw = json.dumps(body).encode()
    return b"Content-Length: %d\r\n\r\n" % len(raw) + raw


@pytest_lsp.fixture(config=ClientServerConfig(server_command=SERVER))
async def editor(lsp_client: LanguageClient):
    result = await lsp_client.initialize_session(
        types.InitializeParams(capabilities=pytest_lsp.client_capabilities("visual-studio-code"))
    )
    assert result.capabilities.inline_completion_provider
    yield
    await lsp_client.shutdown_session()


async def test_suggestions_over_stdio(editor: LanguageClient, tmp_path: Path) -> None:
    uri = (tmp_path / "open.go").as_uri()
    editor.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "go", 1, GO)))
    answer = await editor.text_document_inline_completion_async(
        types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
            types.TextDocumentIdentifier(uri),
            types.Position(6, 4),
        )
    )
    texts = [item.insert_text.strip() for item in answer.items]
    assert texts[0] == "err != nil"  # nothing closes the brace that the model opens behind it
    assert len(set(texts)) == 3


async def test_the_server_outlives_a_bad_model_folder(editor: LanguageClient, tmp_path: Path) -> None:
    editor.workspace_did_change_configuration(
        types.DidChangeConfigurationParams({"codegeex": {"model": str(tmp_path)}})
    )
    await editor.wait_for_notification(types.WINDOW_LOG_MESSAGE)
    uri = (tmp_path / "a.py").as_uri()
    editor.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, "x = ")))
    answer = await editor.text_document_inline_completion_async(
        types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
            types.TextDocumentIdentifier(uri),
            types.Position(0, 4),
        )
    )
    assert not answer.items
    assert any("not a complete model folder" in logged.message for logged in editor.log_messages)


@pytest.mark.parametrize(("shut_down", "code"), [(True, 0), (False, 1)])
def test_exit_codes_are_those_of_the_specification(shut_down: bool, code: int) -> None:
    said = message("initialize", 1, capabilities={}) + message("initialized")
    said += message("shutdown", 2) if shut_down else b""
    done = subprocess.run(SERVER, input=said + message("exit"), capture_output=True, timeout=60, check=False)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


def test_it_ends_when_the_pipe_closes() -> None:
    server = subprocess.Popen(SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    server.stdin.write(message("initialize", 1, capabilities={}))
    server.stdin.close()
    assert server.wait(EXIT_WITHIN_SECONDS) is not None


@pytest.mark.skipif(sys.platform == "win32", reason="the parent is killed with a POSIX signal")
def test_it_ends_when_its_parent_dies_and_the_pipe_stays_open() -> None:
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    server = subprocess.Popen(SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    server.stdin.write(message("initialize", 1, capabilities={}, processId=parent.pid) + message("initialized"))
    server.stdin.flush()
    assert server.stdout.readline()
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert server.wait(EXIT_WITHIN_SECONDS) == 0


def test_the_server_starts_light() -> None:
    """Neither torch nor transformers nor the command's own finery; ctranslate2 is the engine process' alone."""
    heavy = ["torch", "transformers", "rich", "ctranslate2", "tokenizers", "numpy"]
    code = f"import sys, lsp_server.app as s; s.create_server(); print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_server_with_the_model_at_work_has_no_torch_and_stays_small() -> None:
    server = subprocess.Popen(SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    server.stdin.write(message("initialize", 1, capabilities={}) + message("initialized"))
    server.stdin.flush()
    said = b""
    while b"model ready" not in said:
        said += (more := os.read(server.stdout.fileno(), 65536))
        assert more
    mapped = {entry.path for entry in psutil.Process(server.pid).memory_maps()}
    resident = psutil.Process(server.pid).memory_info().rss
    server.kill()
    server.wait()
    assert not any(f"/{library}/" in path for path in mapped for library in ("ctranslate2", "torch"))
    assert resident < 150 * 2**20


def test_the_engine_process_is_shown_and_ended(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
    assert command("engine", env=environment).returncode == 1
    server = subprocess.Popen(
        SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    server.stdin.write(message("initialize", 1, capabilities={}) + message("initialized"))
    server.stdin.flush()
    said = b""
    while b"model ready" not in said:
        said += os.read(server.stdout.fileno(), 65536)
    shown = command("engine", "status", env=environment).stdout
    assert re.search(r"windows +1\b", shown)
    assert re.search(r"model +\S+embedded\b", shown)  # whole: only a terminal has a width
    assert "prefix cache" in shown
    assert "was stopped" in command("engine", "stop", env=environment).stdout
    assert command("engine", env=environment).returncode == 1
    server.kill()
    server.wait()


def test_no_warning_of_python_reaches_the_user(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)  # XDG_RUNTIME_DIR must be private, which platformdirs warns of
    quiet = command("engine", env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)})
    assert (quiet.returncode, quiet.stderr) == (1, "")


def test_tcp_serves_one_editor_on_loopback() -> None:
    import socket

    server = subprocess.Popen([*SERVER, "--tcp", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    port = int(re.search(r"listening on 127\.0\.0\.1:(\d+)", server.stderr.readline())[1])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(message("initialize", 1, capabilities={}))
        assert b"inlineCompletionProvider" in connection.recv(65536)
        connection.sendall(message("shutdown", 2) + message("exit"))
        assert server.wait(EXIT_WITHIN_SECONDS) == 0


@pytest.mark.parametrize("address", ["0.0.0.0:7000", "8.8.8.8:7000", "localhost", "localhost:port", "127.0.0.1:70000"])
def test_tcp_refuses_what_is_not_loopback(address: str) -> None:
    done = command("--tcp", address)
    assert done.returncode == 2
    assert done.stderr.startswith("codegeex-lsp: --tcp: ")
    assert "Traceback" not in done.stderr


def test_complete_prints_the_suggestion_alone(tmp_path: Path) -> None:
    (tmp_path / "open.go").write_text(GO)
    done = command("complete", f"{tmp_path / 'open.go'}:7:5")
    assert done.returncode == 0
    # Where it is cut hangs on the last bits of a probability, which are the processor's.
    assert done.stdout.strip() in {"err !=", "err != nil"}


def test_complete_explains_itself(tmp_path: Path) -> None:
    (tmp_path / "paint.py").write_text("def paint_bicycle(frame, wheels):\n    return frame, wheels\n")
    (tmp_path / "main.py").write_text("from paint import paint_bicycle\n\npaint_bicycle(\n")
    done = command("complete", f"{tmp_path / 'main.py'}:3:15", "--explain", "--root", str(tmp_path))
    assert done.returncode in (0, 1)
    assert "    3 paint_bicycle(«" in done.stdout
    assert re.search(r"paint\.py:1-2 +\d+ +declares paint_bicycle", done.stdout)
    assert re.search(r"prompt \d+ tokens: \d+ context", done.stdout)
    assert re.search(r"\d+ ms: context [\d.]+, prompt [\d.]+, wait [\d.]+, prefill [\d.]+, decode [\d.]+", done.stdout)
    assert "\x1b[" not in done.stdout  # colours only on a terminal


def test_context_query_prints_the_snippets_and_why(tmp_path: Path) -> None:
    (tmp_path / "paint.py").write_text("def paint_bicycle(frame, wheels):\n    return frame, wheels\n")
    (tmp_path / "main.py").write_text("from paint import paint_bicycle\n\npaint_bicycle(\n")
    done = command("context", "query", f"{tmp_path / 'main.py'}:3:15", "--root", str(tmp_path))
    assert done.returncode == 0
    assert "def paint_bicycle(frame, wheels):" in done.stdout
    assert re.search(r"paint\.py:1-2 +\d+ +[\d.]+ +declares paint_bicycle", done.stdout)


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("plain.py", 0, "may be shown"),
        (".env", 1, "files of this name hold secrets"),
        ("ignored.py", 1, "ignored by .gitignore"),
        ("notes.txt", 1, "not one of source code"),
        ("none.py", 2, ""),
    ],
)
def test_context_why(tmp_path: Path, name: str, code: int, told: str) -> None:
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    for each in ("plain.py", ".env", "ignored.py", "notes.txt"):
        (tmp_path / each).write_text("x = 1\n")
    done = command("context", "why", str(tmp_path / name), "--root", str(tmp_path))
    assert done.returncode == code
    assert told in done.stdout


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("{dir}/none.py:1:1", "cannot be read"),
        ("{dir}/a.py", "is not FILE:LINE:COL"),
        ("{dir}/a.py:9:1", "has 2 lines, not 9"),
        ("{dir}/a.py:1:99", "has columns 1 to 6, not 99"),
        ("{dir}/latin.py:1:1", "is not UTF-8: byte 4"),
    ],
)
def test_complete_says_what_is_wrong(tmp_path: Path, place: str, fault: str) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "latin.py").write_bytes(b"x = \xe9\n")
    done = command("complete", place.format(dir=tmp_path))
    assert done.returncode == 2
    assert fault in done.stderr
    assert "Traceback" not in done.stderr


def test_complete_and_doctor_name_a_model_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = \n")
    for arguments in (["complete", f"{tmp_path / 'a.py'}:1:5"], ["doctor"]):
        done = command(*arguments, "--model", "nope")
        assert done.returncode != 0
        assert "no model named 'nope'" in re.sub(r"\s+", " ", done.stderr + done.stdout)


def test_doctor_measures_this_machine() -> None:
    done = command("doctor")
    assert done.returncode == 0
    assert re.search(r"960-token prompt: prefill [\d,]+, decode [\d,]+ tokens/s", done.stdout)
    for fact in ("ctranslate2", "embedded", "complete, infill", "usable cores", "GPU"):
        assert fact in done.stdout


@pytest.mark.timeout(420)
def test_demo_shows_completions_in_three_languages() -> None:
    done = command("demo", timeout=400)  # some 370 cursors: half a minute where nobody else works
    assert done.returncode == 0
    shown = re.findall(r"(?m)^\w+/\w+\.(py|ts|go|java):\d+ ─", done.stdout)
    assert len(set(shown)) >= 3
    assert "«" in done.stdout
    assert re.search(r"\d+ cursors: \d+ suggestions, \d+ of them what the author wrote", done.stdout)
