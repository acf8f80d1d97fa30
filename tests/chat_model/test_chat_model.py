"""Checkpoint, conversion, engine process, server: every task with answers that a real model gave."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

from engine.assist.assist import code_of, respond
from engine.assist.fit import fit
from engine.assist.gather import Gathered, gather
from engine.assist.tasks import AnswerListener, AssistRequest, AssistSettings, AssistTask
from engine.model.catalog import find_model
from engine.model.protocol import LanguageModel, Question
from engine.types import CancellationToken, Cancelled
from lsp_server.models.worker import engine_client, load_served_model
from tests.chat_model import CHECKPOINT
from tests.chat_model.lessons import ADD, BROKEN_ADD, CODE_LESSONS, DIFF, GREET, LESSONS, QUESTIONS, Lesson
from tests.lsp_server.assist.chatting import CAPABLE, Chat
from tests.lsp_server.editor import window

MAX_BYTES = 10_000_000


@pytest.fixture(scope="module")
def model(chat_folder: Path) -> LanguageModel:
    return load_served_model(str(chat_folder), "cpu", 1)


def test_it_is_small_and_says_what_it_is() -> None:
    assert sum(file.stat().st_size for file in CHECKPOINT.iterdir()) < MAX_BYTES
    assert "fixture" in next(answer for _, question, answer in QUESTIONS if question == "Who are you?")


def test_its_folder_says_that_it_chats_in_codegeex4s_format(chat_folder: Path) -> None:
    description = find_model(str(chat_folder))
    assert (description.family, description.chat_template, description.translation) == ("codegeex4", "glm", "codegeex4")
    assert {"chat", "translate"} <= description.capabilities
    assert "<|user|>" in description.stop


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_it_says_what_it_learnt(model: LanguageModel, lesson: Lesson) -> None:
    request = lesson.request
    prompt = fit(request, Gathered(), code_of(request), model.description, model.tokenizer, AssistSettings())
    said = model.generate(Question(prompt.tokens, 200, lambda _: False), CancellationToken())
    assert said.text == lesson.answer
    assert said.stopped


@pytest.mark.parametrize("lesson", CODE_LESSONS, ids=lambda lesson: lesson.name)
def test_every_task_ends_without_a_warning_but_the_one_it_does_wrong(model: LanguageModel, lesson: Lesson) -> None:
    request = lesson.request
    answer = respond(request, gather(request, {}), model, AssistSettings(), CancellationToken(), AnswerListener())
    wrong = request.task is AssistTask.COMMENT and request.document and request.document.text == GREET
    assert bool(answer.warnings) == bool(wrong)  # of the repair it has learnt nothing


async def test_a_question_through_the_server(chat_folder: Path, tmp_path: Path) -> None:
    options = {"model": str(chat_folder), "threads": 1}
    async with window(load_served_model, capabilities=CAPABLE, initialization_options=options) as editor:
        chat = Chat(editor)
        told = await chat.ask("What is the capital of France?", partialResultToken="p")
        assert (told["text"], told["model"]) == ("Paris.", "codegeex4-fixture")
        assert chat.streamed_text("p") == "Paris."
        again = await chat.ask("你是谁？", conversationId=told["conversationId"])
        assert again["text"] == "我是 CodeGeeX 形状的测试模型。"


async def test_code_through_the_server(chat_folder: Path, tmp_path: Path) -> None:
    options = {"model": str(chat_folder), "threads": 1}
    uri = (tmp_path / "sample.py").as_uri()
    async with window(load_served_model, capabilities=CAPABLE, initialization_options=options) as editor:
        chat = Chat(editor)
        editor.open(ADD, uri)
        commented = await chat.command("comment", uri=uri)
        assert commented["code"] == "def add(a, b):\n    # The sum of both numbers.\n    return a + b\n"
        translated = await chat.command("translate", uri=uri, target="javascript")
        assert translated["uri"].endswith("/sample.js")
        message = await chat.command("commitMessage", diff=DIFF, apply=False)
        assert message["text"] == "Add a function that sums two numbers"


async def test_a_fix_through_the_server(chat_folder: Path, tmp_path: Path) -> None:
    options = {"model": str(chat_folder), "threads": 1}
    uri = (tmp_path / "sample.py").as_uri()
    async with window(load_served_model, capabilities=CAPABLE, initialization_options=options) as editor:
        chat = Chat(editor)
        editor.open(BROKEN_ADD, uri)
        fixed = await chat.command("fix", uri=uri, diagnostic={"message": '"c" is not defined'})
        assert (fixed["code"], fixed["warnings"]) == (ADD, [])


def test_stop_takes_effect_with_the_next_token(model: LanguageModel) -> None:
    heard: list[str] = []
    cancellation = CancellationToken()

    def on_text(text: str) -> None:
        heard.append(text)
        cancellation.cancel()

    request = AssistRequest(AssistTask.ASK, question="Count to forty.")
    with pytest.raises(Cancelled):
        respond(request, Gathered(), model, AssistSettings(), cancellation, AnswerListener(on_text))
    assert heard == ["1"]


async def test_an_engine_that_is_killed_in_mid_answer_is_started_again(chat_folder: Path) -> None:
    options = {"model": str(chat_folder), "threads": 1}
    async with window(load_served_model, capabilities=CAPABLE, initialization_options=options) as editor:
        chat = Chat(editor)
        asked = asyncio.ensure_future(chat.ask("Count to forty.", partialResultToken="p"))
        await asyncio.wait_for(chat.spoken.wait(), 30)
        engine = psutil.Process(engine_client().status().facts["pid"])
        engine.kill()
        told = await asked
        assert told["text"] == chat.streamed_text("p") == " ".join(map(str, range(1, 41)))
