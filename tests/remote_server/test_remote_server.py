"""Real answers by a real server: what the models say here, they say there."""

from __future__ import annotations

import asyncio
import threading

import pytest

from engine.assist.assist import respond
from engine.assist.gather import gather
from engine.assist.tasks import AnswerListener, AssistSettings
from engine.completion.pipeline import Completer
from engine.model.catalog import EMBEDDED
from engine.model.protocol import Question
from engine.remote.model import RemoteModel
from engine.remote.server import read_server
from engine.types import CancellationToken, Cancelled, CompletionSettings, Eagerness
from lsp_server.models.worker import load_served_model
from tests.chat_model.lessons import LESSONS, QUESTIONS, Lesson
from tests.lsp_server.assist.chatting import CAPABLE, Chat
from tests.lsp_server.editor import window
from tests.scripted import at_cursor

QUESTION, ANSWER = next((question, answer) for words, question, answer in QUESTIONS if words == "en")
# Where no word is half typed: a word is completed as a word here, which no server can be told.
SOURCES = (
    "def total(prices):\n    result = 0\n    for price in <cursor>\n        result += price\n    return result\n",
    "import os\n\ndef read(path):\n    with open(path) as f:\n        return f.<cursor>\n\nread('x')\n",
)


@pytest.fixture
def chat_model(server_url: str) -> RemoteModel:
    return RemoteModel(read_server(server_url, "codegeex4-fixture", "chat"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_it_says_what_it_learnt(chat_model: RemoteModel, lesson: Lesson) -> None:
    request, told = lesson.request, list[str]()
    watcher = AnswerListener(on_text=told.append)
    respond(request, gather(request, {}), chat_model, AssistSettings(), CancellationToken(), watcher)
    assert "".join(told).startswith(lesson.answer)  # what it is to repair, it has not learnt
    assert len(told) > 1


@pytest.mark.parametrize("source", SOURCES)
def test_it_completes_as_the_same_model_does_here(server_url: str, source: str) -> None:
    request, settings = at_cursor(source), CompletionSettings(eagerness=Eagerness.MANY)
    remote = RemoteModel(read_server(server_url, "embedded", "completion", "codegeex4"))
    there = Completer(remote, settings).complete(request, CancellationToken()).generated
    served = load_served_model(EMBEDDED, "cpu", 1)
    here = Completer(served, settings).complete(request, CancellationToken()).generated
    assert there
    assert here
    assert there.text
    assert here.text.startswith(there.text) or there.text.startswith(here.text)
    assert there.log_probs[0] == pytest.approx(here.log_probs[0], abs=0.2)


def test_cancelling_frees_the_server(chat_model: RemoteModel) -> None:
    """It speaks for one at a time: the next answer waits for the one before, unless that was given up."""
    cancellation, begun = CancellationToken(), threading.Event()

    def stop(_: str) -> bool:
        cancellation.cancel()
        begun.set()
        return False

    tokens = [*chat_model.tokenizer.control("<user>"), *chat_model.tokenizer.encode(QUESTION)]
    with pytest.raises(Cancelled):
        chat_model.generate(Question(tokens, 3000, stop), cancellation)
    assert begun.is_set()
    assert chat_model.generate(Question(tokens, 1, lambda _: False), CancellationToken()).text


async def test_the_embedded_model_completes_and_the_server_answers(server_url: str) -> None:
    remote = {"url": server_url, "model": "codegeex4-fixture"}
    options = {"chat": {"remote": remote}, "completion": {"confidence": 0.0}}
    async with window(load_served_model, initialization_options=options, capabilities=CAPABLE) as editor:
        at = editor.open(SOURCES[1])
        told, suggestion = await asyncio.gather(Chat(editor).ask(QUESTION), editor.suggestion(at))
    assert told["text"].startswith(ANSWER)
    assert suggestion
