"""A hub on loopback: what huggingface_hub asks of a real one, and a record of what was asked."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

REPO = "owner/codegeex2-tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
LICENCE_TEXT = "The CodeGeeX License\n" + "".join(f"{number}. A clause.\n" for number in range(1, 31))
WEIGHTS = bytes(range(256)) * 200
# As repositories are: two forms of weights, code, things nobody needs.
FILES: dict[str, bytes] = {
    "README.md": b"---\nlicense: other\nlicense_name: codegeex\n---\n",
    "MODEL_LICENSE": LICENCE_TEXT.encode(),
    "config.json": b'{"model_type": "chatglm"}',
    "tokenizer.model": b"pieces",
    "tokenizer_config.json": b"{}",
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"a pickle",
    "pytorch_model.bin.index.json": b"{}",
    "modeling_chatglm.py": b"import os",
    "tokenization_chatglm.py": b"import os",
    "training_args.bin": b"a pickle",
    "onnx/model.safetensors": b"other weights",
    "../outside.safetensors": b"nothing a repository may name",
}


@dataclass
class FakeHub:
    """`status` and `error` answer every request instead; `served` replaces what is sent of a file.

    `drops_after`: the next answer longer than so many bytes ends there.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    asked: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    served: dict[str, bytes] = field(default_factory=dict)
    status: int = 200
    error: str = ""
    drops_after: int = 0

    @property
    def requested_files(self) -> set[str]:
        """The names of the files that were downloaded."""
        return {path.partition(f"/resolve/{COMMIT}/")[2] for path in self.asked if "/resolve/" in path}

    def listing(self) -> bytes:
        siblings = []
        for name, content in self.files.items():
            entry = {"rfilename": name, "size": len(content)}
            git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
            siblings.append(entry | {"blobId": git})
            if PurePosixPath(name).suffix in {".safetensors", ".bin", ".model"}:
                large = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
                siblings[-1]["lfs"] = large
        card = {"license": "other", "license_name": "codegeex"}
        return json.dumps({"id": REPO, "sha": COMMIT, "siblings": siblings, "cardData": card}).encode()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append(path)
        if self.hub.status != 200:
            self._answer(self.hub.status, b"{}", {"X-Error-Code": self.hub.error} if self.hub.error else {})
        elif path in {f"/api/models/{REPO}", f"/api/models/{REPO}/revision/v1"}:
            self._answer(200, self.hub.listing(), {})
        elif (name := path.removeprefix(f"/{REPO}/resolve/{COMMIT}/")) in self.hub.files:
            self._send_file(name)
        else:
            self._answer(404, b"{}", {})

    def log_message(self, *_: object) -> None:
        pass

    def _send_file(self, name: str) -> None:
        content = self.hub.served.get(name, self.hub.files[name])
        if wanted := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            start = int(wanted[1])
            self.hub.ranges.append(f"{name} from {start}")
            where = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self._answer(206, content[start:], {"Content-Range": where})
        else:
            self._answer(200, content, {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if 0 < self.hub.drops_after < len(body):
            body, self.hub.drops_after = body[: self.hub.drops_after], 0
        self.wfile.write(body)


@contextmanager
def fake_hub() -> Iterator[FakeHub]:
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
