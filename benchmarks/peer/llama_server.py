"""llama.cpp's own server as a child process, requested over HTTP as by any client: prompts are lists of token ids."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
ANSWER_SECONDS = 120.0
HOST = "127.0.0.1"
GREEDY = {"temperature": 0.0, "samplers": ["top_k"], "top_k": 1, "ignore_eos": True}
BUILT = Path(__file__).parents[2] / ".cache" / "llama.cpp" / "build" / "bin" / "llama-server"
MISSING = "`make llama-server` builds llama.cpp's server, --llama-server or LLAMA_SERVER names one"


@dataclass(frozen=True)
class Said:
    """An answer. `reused_tokens` of the prompt came from the server's prompt cache; times are the server's own."""

    text: str
    tokens: tuple[int, ...]
    prompt_tokens: int
    reused_tokens: int
    prompt_ms: float
    decode_ms: float


def find_server(named: str = "") -> Path:
    """Return its path: as named, in LLAMA_SERVER, as the Makefile builds it, or in PATH. Exits if there is none."""
    wanted = named or os.environ.get("LLAMA_SERVER", "") or (not BUILT.is_file() and shutil.which("llama-server"))
    path = Path(wanted or BUILT)
    if not path.is_file():
        raise SystemExit(f"{path} is not a file: {MISSING}")
    return path


class LlamaServer:
    """One process with one model and one slot. A context manager."""

    def __init__(self, binary: Path, gguf: Path, threads: int, options: tuple[str, ...]) -> None:
        with socket.socket() as free:
            free.bind((HOST, 0))
            self._port = free.getsockname()[1]
        command = (str(binary), "-m", str(gguf), "--host", HOST, "--port", str(self._port), "-np", "1", "--no-ui")
        self._command = (*command, "-t", str(threads), "-tb", str(threads), *options)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> LlamaServer:  # noqa: PYI034 - typing.Self needs Python 3.11
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        began = time.monotonic()
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() - began > START_SECONDS:
                self.__exit__()
                raise SystemExit(f"{' '.join(self._command)} did not start:\n{self.log()[-2000:]}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def complete(self, tokens: list[int], new_tokens: int, **options: Any) -> Said:
        """Request `/completion`, with its parameters as `options`. Blocks; may be called from several threads."""
        body = {"prompt": tokens, "n_predict": new_tokens, "id_slot": 0, "return_tokens": True, **options}
        answer = self._post("/completion", body)
        timings = answer.get("timings", {})
        return Said(
            text=answer["content"],
            tokens=tuple(answer.get("tokens", ())),
            prompt_tokens=int(answer["tokens_evaluated"]),
            reused_tokens=int(timings.get("cache_n", 0)),
            prompt_ms=float(timings.get("prompt_ms", 0)),
            decode_ms=float(timings.get("predicted_ms", 0)),
        )

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=ANSWER_SECONDS)
        try:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise SystemExit(f"llama.cpp's server refuses {path}: {answer}")
        return answer

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=1)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()
