"""What `codegeex-lsp doctor` shows of servers: where text would be sent, with which key, and an answer."""

from __future__ import annotations

import argparse

from rich.table import Table

from engine.generated import Generated
from engine.languages import language_of
from engine.model.protocol import Question
from engine.prompt.chat import Turn, chat_parts
from engine.prompt.layout import encode
from engine.prompt.templates import Contents, prompt_parts
from engine.remote.keys import key_origin
from engine.remote.model import RemoteModel
from engine.remote.server import Purpose, Server, read_server
from engine.types import CancellationToken, EngineError, Mode

NEW_TOKENS = 16
QUESTION = "Say yes."
PREFIX, SUFFIX = "def add(a, b):\n    return ", "\n"


def describe_servers(table: Table, options: argparse.Namespace) -> str:
    """Add rows that show where the text of each purpose is sent. Return what is wrong, or ""."""
    faults = []
    purposes: tuple[Purpose, ...] = ("completion", "chat")
    for purpose in purposes:
        url = getattr(options, f"{purpose}_url")
        if not url:
            table.add_row(purpose, "on this machine")
            continue
        try:
            server = read_server(url, getattr(options, f"{purpose}_model"), purpose)
            table.add_row(purpose, str(server).partition(": ")[2])
            origin = key_origin(server.host)
            table.add_row("", f"with a key from {origin}" if origin else "without a key")
            generated = _test_answer(server)
            text = " ".join(generated.text.split()) or "nothing"
            table.add_row("", f"answers after {generated.prefill_ms:.0f} ms: {text}")
        except EngineError as fault:
            faults.append(str(fault))
    return "; ".join(faults)


def _test_answer(server: Server) -> Generated:
    """Return the answer to a few words of ours; nothing of the user's is sent."""
    model = RemoteModel(server)
    if server.purpose == "chat":
        parts = chat_parts(model.description, [Turn("user", QUESTION)])
    else:
        contents = Contents("add.py", language_of("python"), Mode.LINE, PREFIX, SUFFIX)
        parts = prompt_parts(model.description, contents)
    tokens = encode(model.tokenizer, parts)
    return model.generate(Question(tokens, NEW_TOKENS, lambda _: False), CancellationToken())
