"""`codegeex/ask`: answers, conversations, streams and stops."""

from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from engine.types import Priority
from tests.engine.assist.speaking import ChatModel
from tests.lsp_server.assist.chatting import URI, chat, whole
from tests.lsp_server.editor import window
from tests.scripted import ScriptedModel

SOURCE = "def add(a, b):\n    return a + b\n"


async def test_an_answer_with_its_sources() -> None:
    async with chat("It adds.") as editor:
        editor.editor.open(SOURCE)
        result = await editor.ask("What does add do?", textDocument={"uri": URI})
        assert result["text"] == "It adds."
        assert result["converses"]
        assert result["model"] == "codegeex4-all-9b"
        (source,) = result["sources"]
        assert (source["uri"], source["reason"]) == (URI, "the file being edited")


async def test_text_streams_by_the_partial_result_token() -> None:
    async with chat("It adds two numbers.") as editor:
        result = await editor.ask("What?", partialResultToken="p", workDoneToken="w")
        assert editor.streamed_text("p") == result["text"]
        kinds = [value["kind"] for token, value in editor.progress if token == "w"]
        assert (kinds[0], kinds[-1]) == ("begin", "end")


async def test_a_conversation_goes_on_and_is_forgotten() -> None:
    model = ChatModel("First.", "Second.", "Third.")
    async with chat(model) as editor:
        conversation = (await editor.ask("one?"))["conversationId"]
        await editor.ask("two?", conversationId=conversation)
        assert "one?<|assistant|>\nFirst.<|user|>\ntwo?" in model.prompts[1]
        editor.client.protocol.notify("codegeex/forgetConversation", {"conversationId": conversation})
        await editor.ask("three?", conversationId=conversation)
        assert "one?" not in model.prompts[2]


async def test_a_conversation_that_is_forgotten_in_mid_answer_stays_forgotten() -> None:
    model = ChatModel("First.", "Second.")
    model.hold()
    async with chat(model) as editor:
        asking = asyncio.ensure_future(editor.ask("one?", conversationId="c"))
        await asyncio.to_thread(model.started.wait, 10)
        await editor.request("codegeex/forgetConversation", {"conversationId": "c"})
        model.go_on.set()
        assert (await asking)["text"] == "First."
        await editor.ask("two?", conversationId="c")
        assert "one?" not in model.prompts[1]


async def test_a_conversation_that_the_client_kept_goes_on() -> None:
    model = ChatModel("Yes.")
    async with chat(model) as editor:
        history = [{"role": "user", "text": "kept?"}, {"role": "assistant", "text": "Kept."}]
        await editor.ask("and?", conversationId="c", history=history)
        await editor.ask("still?", conversationId="c")
        assert "kept?<|assistant|>\nKept.<|user|>\nand?<|assistant|>\nYes.<|user|>\nstill?" in model.prompts[1]


async def test_a_programs_question_gets_nothing_of_the_workspace() -> None:
    model = ChatModel("Yes.")
    async with chat(model) as editor:
        editor.editor.open(SOURCE)
        result = await editor.ask("What does #symbol:add do? @workspace <|user|>", context=False)
        assert (result["sources"], result["notices"]) == ([], [])
        assert "return a + b" not in model.prompts[0]


async def test_a_question_is_answered_in_its_language() -> None:
    model = ScriptedModel()
    async with chat(model, locale="en") as editor:
        assert "不能对话" in (await editor.ask("这个函数在哪里？"))["text"]
        assert "does not converse" in (await editor.ask("Where is it?"))["text"]
    async with chat(model, locale="zh-cn") as editor:
        assert "不能对话" in (await editor.ask("??"))["text"]


async def test_a_completion_model_sends_to_the_places() -> None:
    async with chat(ScriptedModel("never shown")) as editor:
        editor.editor.open("x = 1\n\n\n" + SOURCE)
        result = await editor.ask("Where do we add?", textDocument={"uri": URI})
        assert not result["converses"]
        (place,) = result["sources"]
        assert (place["uri"], place["symbol"]) == (URI, "add")
        assert place["range"] == {"start": {"line": 3, "character": 0}, "end": {"line": 5, "character": 0}}


async def test_stopping_by_the_progress_keeps_the_text_so_far() -> None:
    model = ChatModel("one two three")
    model.hold()
    async with chat(model) as editor:
        asking = asyncio.ensure_future(editor.ask("Count", workDoneToken="w"))
        await asyncio.to_thread(model.started.wait, 10)
        editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("w"))
        result = await asking
        assert (result["stopped"], result["text"]) == (True, "")


async def test_cancelling_the_request_stops_the_model() -> None:
    model = ChatModel("one two three")
    model.hold()
    async with chat(model) as editor:
        asking = editor.request("codegeex/ask", {"question": "Count"})
        await asyncio.to_thread(model.started.wait, 10)
        editor.client.protocol.notify(types.CANCEL_REQUEST, types.CancelParams(id=_last_id(editor.client)))
        with pytest.raises(JsonRpcException, match="cancel"):
            await asyncio.wait_for(asking, 10)
        model.go_on.set()
        # The model is free for the next question: the one that was cancelled holds no thread.
        assert (await editor.ask("Count again"))["text"] == "one two three"
        assert len(model.prompts) == 2


async def test_an_answer_never_holds_a_completion_up() -> None:
    class Both(ChatModel):
        def generate(self, question, cancellation):
            if question.priority is Priority.COMPLETION:
                return ScriptedModel.generate(self.completer, question, cancellation)
            return super().generate(question, cancellation)

    model = Both("a long answer")
    model.completer = ScriptedModel("bits")
    model.completer.tokenizer = model.tokenizer
    model.hold()
    async with chat(model) as editor:
        at = editor.editor.open("def add(a, b):\n    return a + <cursor>\n")
        asking = asyncio.ensure_future(editor.ask("Why?"))
        await asyncio.to_thread(model.started.wait, 10)
        assert await editor.editor.suggestion(at) == "bits"
        assert not asking.done()
        model.go_on.set()
        assert (await asking)["text"] == "a long answer"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"question": " "}, "The question is empty"),
        ({"question": 7}, "question must be a string"),
        ({"question": "x", "textDocument": {"uri": "file:///none.py"}}, "file:///none.py is not open"),
        ({"question": "x", "textDocument": {"uri": URI}, "range": {"start": 1}}, "range must be an LSP range"),
        ({"question": "x", "words": "fr"}, 'words must be "en" or "zh"'),
        ({"question": "x", "history": [{"role": "assistant", "text": "a"}]}, "history must be questions and answers"),
        ([1], "the argument must be an object"),
    ],
)
async def test_a_wrong_request_is_refused_with_the_reason(params: object, message: str) -> None:
    async with chat() as editor:
        editor.editor.open(SOURCE)
        with pytest.raises(JsonRpcException, match=message):
            await editor.request("codegeex/ask", params)


async def test_a_model_that_cannot_be_had_is_an_error_not_an_answer() -> None:
    from engine.types import EngineError

    async with window(EngineError("no model folder at /x")) as editor:
        with pytest.raises(JsonRpcException, match="no model folder at /x"):
            await editor.client.protocol.send_request_async("codegeex/ask", {"question": "Why?"})


async def test_a_question_about_a_selection() -> None:
    model = ChatModel("Yes.")
    async with chat(model) as editor:
        editor.editor.open("y = 2\n" * 300 + SOURCE)
        result = await editor.ask("Why #selection?", textDocument={"uri": URI}, range=whole(300, 302))
        assert "return a + b" in model.prompts[0]
        assert result["notices"] == []


def _last_id(client) -> object:
    return next(reversed(client.protocol._request_futures))
