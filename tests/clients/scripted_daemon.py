"""The real daemon with a model that says what a file tells it to: `python -m tests.clients.scripted_daemon SCRIPT`.

SCRIPT is a JSON list of [before, answer, ...others]: where the text before the cursor holds `before`, and after it
nothing but a beginning of `answer`, the model says the rest of it; `others` it could have said as well, where nothing
of `answer` is there yet. SCRIPT is read anew for each request. What the editor sends is written
beside it, a JSON object a line, into `journal.jsonl`. `--claims VERSION` pretends to be another version. With `--chat`
the model converses: `before` is then looked for in the last question, and at a HOLD it waits until it is stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.generated import Generated
from engine.model.protocol import Question
from engine.types import CancellationToken
from lsp_server.app import create_server
from lsp_server.cli import set_up_logging
from lsp_server.transport import serve_stdio
from tests.engine.checkpoints import converted
from tests.scripted import DESCRIPTION, ScriptedModel

HOLD = "⏸"
HOLD_SECONDS = 0.01  # between two looks whether it was stopped


class FileScriptedModel(ScriptedModel):
    def __init__(self, script: Path, *, converses: bool = False) -> None:
        super().__init__(description=converted("codegeex4-all-9b") if converses else DESCRIPTION)
        self._script, self._converses = script, converses

    def generate(self, question: Question, cancellation: CancellationToken) -> Generated:
        prompt = self.tokenizer.decode(question.tokens)
        if self._converses:
            self.text = self._reply(prompt.rpartition("<|user|>")[2])

            def held(text: str) -> bool:
                while text.endswith(HOLD):
                    cancellation.check()
                    time.sleep(HOLD_SECONDS)
                return question.stop(text)

            return super().generate(replace(question, stop=held), cancellation)
        prefix = prompt.partition("<|code_prefix|>")[2].partition("<|code_middle|>")[0]
        self.text, self.instead = self._answer(prefix)
        return super().generate(question, cancellation)

    def _answer(self, prefix: str) -> tuple[str, Sequence[str]]:
        for before, answer, *others in json.loads(self._script.read_text(encoding="utf-8")):
            _, found, typed = prefix.rpartition(before)
            if found and answer.startswith(typed):
                return answer[len(typed) :], () if typed else others
        return "", ()

    def _reply(self, question: str) -> str:
        entries = json.loads(self._script.read_text(encoding="utf-8"))
        return next((answer for before, answer, *_ in entries if before in question), "")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("script", type=Path)
    parser.add_argument("--claims", metavar="VERSION")
    parser.add_argument("--chat", action="store_true")
    options = parser.parse_args()
    set_up_logging(False, None)
    server = create_server(lambda *_: FileScriptedModel(options.script, converses=options.chat))
    if options.claims:
        server.protocol.server_info.version = options.claims
    take = server.protocol.structure_message

    def noted(sent: dict[str, Any]) -> Any:
        if "jsonrpc" in sent:
            note(sent)
        return take(sent)

    def note(sent: dict[str, Any]) -> None:
        with options.script.with_name("journal.jsonl").open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(sent) + "\n")

    server.protocol.structure_message = noted  # type: ignore[method-assign]
    serve_stdio(server)
    os._exit(0)


if __name__ == "__main__":
    main()
