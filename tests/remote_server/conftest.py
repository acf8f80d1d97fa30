"""llama-cpp-python's server with the models of the other tests: a process that speaks the real protocol.

It has no wheels, and is built from source (`make test-remote`): some five minutes of two cores.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.peer.gguf import write_gguf
from engine.model.catalog import EMBEDDED_FOLDER
from tests.chat_model.conftest import chat_folder

__all__ = ["chat_folder"]
START_SECONDS = 60
# As CodeGeeX4's own, which its tokenizer's configuration has.
CHAT_TEMPLATE = (
    "[gMASK]<sop>{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
USER_ID = 4  # of the fixture's <|user|>, which ends an answer
PRE_TOKENIZER = "superbpe"  # llama.cpp's, that cuts the tests' texts as ours does


@pytest.fixture(scope="session")
def server_url(chat_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a server with the models "codegeex4-fixture" and "embedded"."""
    if not find_spec("llama_cpp"):
        pytest.skip("llama-cpp-python is not installed, which is built from source: `make test-remote`")
    folder = tmp_path_factory.mktemp("server")
    facts = {
        "tokenizer.ggml.pre": PRE_TOKENIZER,
        "tokenizer.chat_template": CHAT_TEMPLATE,
        "tokenizer.ggml.eot_token_id": USER_ID,
    }
    write_gguf(chat_folder, folder / "chat.gguf", 4096, facts)
    write_gguf(EMBEDDED_FOLDER, folder / "embedded.gguf", 1024)
    models = [
        {"model": str(folder / "chat.gguf"), "model_alias": "codegeex4-fixture", "n_ctx": 4096, "n_threads": 1},
        {"model": str(folder / "embedded.gguf"), "model_alias": "embedded", "n_ctx": 1024, "n_threads": 1},
    ]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "config.json").write_text(json.dumps({"host": "127.0.0.1", "port": port, "models": models}))
    command = [sys.executable, "-m", "llama_cpp.server", "--config_file", str(folder / "config.json")]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            url = f"http://127.0.0.1:{port}/v1"
            _wait(f"{url}/models", process, folder / "log")
            yield url
        finally:
            process.kill()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(START_SECONDS * 10):
        with suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own
            return
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        time.sleep(0.1)
    raise AssertionError(log.read_text(errors="replace")[-2000:])
