from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import replace
from typing import Any

import pytest
from lsprotocol import types

from engine.completion.pipeline import Completer
from engine.types import ModelError
from lsp_server.completion import candidates, in_flight, provider
from lsp_server.completion.typing_rhythm import TypingRhythm
from tests.lsp_server.editor import URI, window
from tests.lsp_server.typist import Typist, typist
from tests.scripted import ScriptedModel


async def test_the_capability_is_advertised() -> None:
    async with window(ScriptedModel()) as editor:
        assert editor.capabilities is not None
        assert editor.capabilities.inline_completion_provider
        assert editor.capabilities.text_document_sync.change == types.TextDocumentSyncKind.Incremental


async def test_ghost_text_at_the_cursor() -> None:
    async with window(ScriptedModel("b)")) as editor:
        at = editor.open("def add(a, b):\n    return sum(a, <cursor>\n")
        item = (await editor.ask(at)).items[0]
        assert item.insert_text == "b)"
        assert item.range == types.Range(at, at)


async def test_the_document_is_the_one_after_the_last_change() -> None:
    model = ScriptedModel("bits")
    async with window(model) as editor:
        editor.open("def add(a, b):\n    return a<cursor>\n")
        editor.change((1, 12), (1, 12), " + ")
        assert await editor.suggestion(types.Position(1, 15)) == "bits"
        assert "    return a + <|code_middle|>" in model.prompts[-1]


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("# 😀 你好\nx = '😀' + <cursor>\n", "x = '😀' + <|code_middle|>"),
        ("# page one\n\x0c\n# page two\u2028still two\ny = <cursor>\n", "y = <|code_middle|>"),
        ("a = 1\r\nb = <cursor>\r\n", "a = 1\nb = <|code_middle|>"),
        ("\ufeffa = <cursor>\n", "<|code_prefix|>a = <|code_middle|>"),
        ("\tif x:\n\t\treturn <cursor>\n", "\t\treturn <|code_middle|>"),
    ],
    ids=["astral characters", "form feed and U+2028", "CRLF", "BOM", "tabs"],
)
async def test_positions_are_utf16_units_in_lines_as_editors_count_them(source: str, seen: str) -> None:
    model = ScriptedModel("value")
    async with window(model) as editor:
        at = editor.open(source)
        assert await editor.suggestion(at) == "value"
        assert seen in model.prompts[-1]


async def test_changes_after_a_form_feed_do_not_drift() -> None:
    model = ScriptedModel("value")
    async with window(model) as editor:
        editor.open("a\x0cb\nc = \n")
        editor.change((1, 0), (1, 1), "long_name")
        await editor.suggestion(types.Position(1, 12))
        assert "a\x0cb\nlong_name = <|code_middle|>" in model.prompts[-1]


@pytest.mark.parametrize(
    ("start", "end", "seen"),
    [((0, 5), (0, 99), "x = 123 = <|code_middle|>"), ((0, 99), (0, 99), "x = 123 = <|code_middle|>")],
)
async def test_a_change_past_the_end_of_a_line_is_at_its_end(
    start: tuple[int, int], end: tuple[int, int], seen: str
) -> None:
    model = ScriptedModel("value")
    async with window(model) as editor:
        editor.open("x = 1")
        editor.change(start, end, "23 = ")
        await editor.suggestion(types.Position(0, 99))
        assert seen in model.prompts[-1]


async def test_half_an_emoji_is_survived() -> None:
    async with window(ScriptedModel("value")) as editor:
        at = editor.open("x = <cursor>")
        editor.open("s = '\ud83d'\nx = ", uri="file:///project/b.py")
        assert await editor.suggestion(at) == "value"


async def test_utf8_positions_when_the_editor_prefers_them() -> None:
    general = types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf8])
    model = ScriptedModel("value")
    async with window(model, capabilities=types.ClientCapabilities(general=general)) as editor:
        assert editor.capabilities.position_encoding == types.PositionEncodingKind.Utf8
        editor.open("x = '你' + \n")
        assert await editor.suggestion(types.Position(0, len("x = '你' + ".encode()))) == "value"
        assert "x = '你' + <|code_middle|>" in model.prompts[-1]


async def test_crlf_documents_get_crlf_suggestions() -> None:
    async with window(ScriptedModel("a = 1\n    b = 2")) as editor:
        at = editor.open("def f():\r\n    <cursor>\r\n")
        assert await editor.suggestion(at) == "a = 1\r\n    b = 2"


@pytest.mark.parametrize("name", ["Visual Studio Code - Insiders", "Neovim", "JetBrains", "Cursor"])
async def test_editors_that_make_their_own_line_ends_get_lf(name: str) -> None:
    async with window(ScriptedModel("a = 1\n    b = 2"), client_info=types.ClientInfo(name)) as editor:
        at = editor.open("def f():\r\n    <cursor>\r\n")
        assert await editor.suggestion(at) == "a = 1\n    b = 2"


@pytest.mark.parametrize(("far", "near"), [("\r\n", "\n"), ("\n", "\r\n"), ("\r\n", "\r")])
async def test_a_suggestion_has_the_line_ends_of_the_lines_around(far: str, near: str) -> None:
    async with window(ScriptedModel("a = 1\n    b = 2")) as editor:
        at = editor.open(f"x = 1{far}" + f"y = 1{near}" * 9 + f"def f():{near}    <cursor>{near}")
        assert await editor.suggestion(at) == f"a = 1{near}    b = 2"


async def test_a_new_request_supersedes_the_one_before() -> None:
    model = ScriptedModel("second")
    async with window(model) as editor:
        at = editor.open("value = <cursor>\n")
        await editor.logged("model ready")
        model.hold()
        first = editor.ask(at)
        await asyncio.to_thread(model.started.wait, 10)
        second = editor.ask(at)
        assert not (await first).items
        model.go_on.set()
        assert (await second).items[0].insert_text == "second"


async def test_a_cancelled_request_frees_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_flight, "GRACE_SECONDS", 0.0)
    model = ScriptedModel("late")
    async with window(model) as editor:
        at = editor.open("value = <cursor>\n")
        await editor.logged("model ready")
        model.hold()
        request = types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
            types.TextDocumentIdentifier(URI),
            at,
        )
        future = editor.client.protocol.send_request_async(types.TEXT_DOCUMENT_INLINE_COMPLETION, request, msg_id="one")
        await asyncio.to_thread(model.started.wait, 10)
        editor.client.cancel_request(types.CancelParams(id="one"))
        with pytest.raises(Exception, match="cancel"):
            await future
        model.go_on.set()
        model.text = "next"
        assert await editor.suggestion(at) == "next"


async def test_two_documents_do_not_supersede_each_other() -> None:
    model = ScriptedModel("value")
    async with window(model) as editor:
        at = editor.open("one = <cursor>\n")
        editor.open("two = <cursor>\n", uri="file:///project/two.py")
        both = await asyncio.gather(editor.ask(at), editor.ask(at, "file:///project/two.py"))
        assert [answer.items[0].insert_text for answer in both] == ["value", "value"]


async def test_what_the_suggest_widget_selects_is_taken_as_typed() -> None:
    model = ScriptedModel("(name)")
    async with window(model) as editor:
        at = editor.open("console.lo<cursor>\n", language="javascript")
        word = types.Range(types.Position(0, 8), at)
        item = (await editor.ask(at, selected=types.SelectedCompletionInfo(word, "log"))).items[0]
        assert (item.insert_text, item.range) == ("log(name)", word)
        assert "console.log<|code_middle|>" in model.prompts[-1]


async def test_other_open_documents_are_context() -> None:
    model = ScriptedModel("wheels)")
    async with window(model) as editor:
        editor.open("def paint_bicycle(frame, wheels):\n    ...\n", uri="file:///project/paint.py")
        at = editor.open("from paint import paint_bicycle\n\npaint_bicycle(frame, <cursor>\n")
        await editor.suggestion(at)
        assert "###REFERENCE:\n###PATH:paint.py\ndef paint_bicycle(frame, wheels):" in model.prompts[-1]


@pytest.mark.parametrize("position", [(0, 999), (999, 0), (999, 999)])
async def test_a_cursor_past_the_end_is_clamped(position: tuple[int, int]) -> None:
    async with window(ScriptedModel("value")) as editor:
        editor.open("x = ")
        assert await editor.suggestion(types.Position(*position)) == "value"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "python"),
        ("   \n", "python"),
        ("x" * 1_100_000, "python"),
        ("a = 1;" * 2_000, "javascript"),
        ("\0\1\2", "bin"),
    ],
    ids=["empty", "blank", "huge", "minified", "binary"],
)
async def test_text_that_is_not_code_gets_no_suggestion(text: str, language: str) -> None:
    model = ScriptedModel("value")
    async with window(model) as editor:
        editor.open(text, language=language)
        assert await editor.suggestion(types.Position(0, 0)) == ""
        assert model.prompts == []


async def test_an_unknown_language_is_served() -> None:
    model = ScriptedModel("value")
    async with window(model) as editor:
        at = editor.open("SET x = <cursor>\n", uri="file:///project/a.qqq", language="quux")
        assert await editor.suggestion(at, "file:///project/a.qqq") == "value"
        assert "###LANGUAGE:quux\n" in model.prompts[-1]


async def test_an_untitled_document_is_served() -> None:
    async with window(ScriptedModel("value")) as editor:
        at = editor.open("x = <cursor>", uri="untitled:Untitled-1")
        assert await editor.suggestion(at, "untitled:Untitled-1") == "value"


async def test_a_document_that_is_not_open_is_refused_once_in_the_log() -> None:
    async with window(ScriptedModel("value")) as editor:
        for _ in range(3):
            assert await editor.suggestion(types.Position(0, 0), "file:///nowhere.py") == ""
        await editor.logged("not open")
        assert sum("not open" in message.message for message in editor.log) == 1


async def test_a_model_that_cannot_be_loaded_is_reported_once_and_the_server_lives() -> None:
    async with window(ModelError("model.bin is missing; convert it again")) as editor:
        at = editor.open("x = <cursor>\n")
        for _ in range(3):
            assert await editor.suggestion(at) == ""
        await editor.logged("model.bin is missing")
        assert sum("model.bin" in message.message for message in editor.log) == 1


async def test_the_trace_shows_how_a_suggestion_came_about() -> None:
    async with window(ScriptedModel("value")) as editor:
        editor.client.set_trace(types.SetTraceParams(types.TraceValue.Verbose))
        at = editor.open("x = <cursor>\n")
        await editor.suggestion(at)
        assert "inline completion in main.py" in editor.traces[-1].message
        assert "prefill" in editor.traces[-1].message


async def test_the_trace_tells_that_a_language_is_off() -> None:
    async with window(ScriptedModel("value"), initialization_options={"disabledLanguages": ["python"]}) as editor:
        editor.client.set_trace(types.SetTraceParams(types.TraceValue.Messages))
        assert await editor.suggestion(editor.open("x = <cursor>\n")) == ""
        assert editor.traces[-1].message == "inline completion in main.py: nothing: completions are off for python"


async def test_a_suggestion_that_is_typed_along_is_not_requested_again() -> None:
    async with typist(ScriptedModel("price * count"), "total = <cursor>\n") as user:
        assert await user.sees() == "price * count"
        for typed, rest in [("p", "rice * count"), ("rice ", "* count"), ("* coun", "t")]:
            user.type(typed)
            assert await user.sees() == rest
        assert user.model_requests == 1


async def test_going_back_and_undoing_requests_nothing_again() -> None:
    async with typist(ScriptedModel("price * count"), "total = <cursor>\n") as user:
        await user.sees()
        user.type("pri")
        assert await user.sees() == "ce * count"
        user.delete(2)
        assert await user.sees() == "rice * count"
        user.delete(1)
        assert await user.sees() == "price * count"
        assert user.model_requests == 1


async def test_another_key_asks_the_model() -> None:
    async with typist(ScriptedModel("price"), "total = <cursor>\n") as user:
        await user.sees()
        user.type("c")
        user.model.text = "ount"
        assert await user.sees() == "ount"
        assert user.model_requests == 2


async def test_the_rest_of_a_block_is_there_when_its_first_line_is_accepted() -> None:
    block = "\n    for x in xs:\n        print(x)\n    return xs"
    async with typist(ScriptedModel(block), "def f(xs):<cursor>\n") as user:
        assert await user.sees() == block
        user.type("\n    for x in xs:\n        ")
        assert await user.sees() == "print(x)\n    return xs"
        assert user.model_requests == 1


async def test_a_bracket_the_editor_closes_requests_nothing_again() -> None:
    async with typist(ScriptedModel("(a, b)"), "total = add<cursor>\n") as user:
        assert await user.sees() == "(a, b)"
        user.type("(", closed=")")
        assert await user.sees() == "a, b"
        assert user.model_requests == 1


async def test_crlf_from_the_cache() -> None:
    async with typist(ScriptedModel("a = 1\n    b = 2"), "def f():\r\n    <cursor>\r\n") as user:
        assert await user.sees() == "a = 1\r\n    b = 2"
        user.type("a = ")
        assert await user.sees() == "1\r\n    b = 2"


async def test_an_answer_that_is_not_shown_is_not_requested_twice() -> None:
    async with typist(ScriptedModel("value", probability=0.3), "x = <cursor>\n") as user:
        assert [await user.sees(), await user.sees()] == ["", ""]
        assert user.model_requests == 1


async def test_a_change_in_another_file_requests_again() -> None:
    async with typist(ScriptedModel("value", probability=0.3), "x = <cursor>\n") as user:
        user.editor.open("y = 1\n", uri="file:///project/b.py")
        await user.sees()
        user.editor.change((0, 4), (0, 5), "2", uri="file:///project/b.py")
        await user.sees()
        assert user.model_requests == 2


async def test_other_settings_and_a_closed_document_request_again() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        await user.sees()
        settings = types.DidChangeConfigurationParams({"codegeex": {"completion": {"maxTokens": 32}}})
        user.editor.client.workspace_did_change_configuration(settings)
        await user.sees()
        assert user.model_requests == 2
        identifier = types.TextDocumentIdentifier(URI)
        user.editor.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))
        user.open("x = <cursor>\n")
        await user.sees()
        assert user.model_requests == 3


async def test_an_answer_under_other_settings_is_not_kept() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        await user.editor.logged("model ready")
        user.model.hold()
        request = user.asks()
        await asyncio.to_thread(user.model.started.wait, 10)
        user.editor.server.session.apply_settings({"completion": {"maxTokens": 32}})
        user.model.go_on.set()
        assert (await request).items[0].insert_text == "value"
        await user.sees()
        assert user.model_requests == 2


async def test_the_trace_shows_what_the_cache_did() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        user.editor.client.set_trace(types.SetTraceParams(types.TraceValue.Messages))
        await user.sees()
        assert "from the model (cache: 0 of 1)" in user.editor.traces[-1].message
        user.type("v")
        await user.sees()
        assert "from the cache, typed along (cache: 1 of 2)" in user.editor.traces[-1].message
        assert re.search(r"; cache [\d.]+ ms", user.editor.traces[-1].message)


async def test_a_suggestion_from_the_cache_has_its_receipt() -> None:
    options = {"codegeex": {"context": {"receipts": True}}}
    source = "paint_bicycle(frame, <cursor>\n"
    async with typist(ScriptedModel("wheels)"), source, initialization_options=options) as user:
        receipts: list[Any] = []
        user.editor.client.feature("codegeex/contextReceipt")(lambda params: receipts.append(params))
        user.editor.open("def paint_bicycle(frame, wheels):\n    ...\n", uri="file:///project/paint.py")
        await user.sees()
        user.type("wh")
        assert await user.sees() == "eels)"
        assert len(receipts) == 2
        assert receipts[0] == receipts[1]
        assert [snippet["path"] for snippet in receipts[1]["snippets"]] == ["paint.py"]


async def test_what_follows_a_suggestion_is_prefetched_in_a_pause() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        item = await user.item()
        user.model.text = " + 1"
        await user.pauses()
        assert user.model_requests == 2
        await user.accepts(item)
        assert await user.sees() == " + 1"
        assert user.model_requests == 2


def types_slowly(user: Typist) -> None:
    """Between two of their keys there is time for a few answers more."""
    user.completions.rhythm._gaps.extend([200.0] * 8)
    user.completions.rhythm.note_answer(10.0)


def count_requests(user: Typist, prefix: str) -> int:
    return sum(f"<|code_prefix|>{prefix}<|code_middle|>" in prompt for prompt in user.model.prompts)


async def test_the_answer_to_the_next_key_is_there_before_it() -> None:
    async with typist(ScriptedModel("value", instead=["other"]), "x = <cursor>\n") as user:
        types_slowly(user)
        assert await user.sees() == "value"
        await user.pauses()
        assert count_requests(user, "x = o") == 1
        user.type("o")  # and not the v of what is shown
        assert await user.sees() == "value"
        assert count_requests(user, "x = o") == 1


@pytest.mark.parametrize(
    ("source", "typed", "closed", "prefix"),
    [
        ("def f():\n    if x:<cursor>\n", "\n        ", "", "def f():\n    if x:\n        "),
        # A bracket that the editor has closed goes below; and the line ends are the document's.
        ("a();\r\nif (x) {<cursor>}\r\n", "\r\n    ", "\r\n", "a();\nif (x) {\n    "),
    ],
)
async def test_the_answer_to_enter_is_there_before_it(source: str, typed: str, closed: str, prefix: str) -> None:
    async with typist(ScriptedModel(""), source) as user:
        types_slowly(user)
        assert await user.sees() == ""  # in the model's opinion the line ends here
        await user.pauses()
        assert count_requests(user, prefix) == 1
        user.type(typed, closed)  # as the editor indents
        await user.sees()
        await user.pauses()
        assert count_requests(user, prefix) == 1


async def test_a_key_that_is_repeated_is_prefetched_once_more() -> None:
    async with typist(ScriptedModel("value"), "---<cursor>\n") as user:
        types_slowly(user)
        await user.sees()
        await user.pauses()
        assert count_requests(user, "----") == 1
        user.type("-")
        assert await user.sees() == "value"
        assert count_requests(user, "----") == 1


async def test_no_key_is_prefetched_on_battery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "is_on_battery", lambda: True)
    async with typist(ScriptedModel("value", instead=["other"]), "x = <cursor>\n") as user:
        types_slowly(user)
        await user.sees()
        await user.pauses()
        assert user.model_requests == 2  # and what follows the suggestion


async def test_a_fast_typist_leaves_no_time_to_ask_ahead() -> None:
    async with typist(ScriptedModel("value", instead=["other"]), "x = <cursor>\n") as user:
        user.completions.rhythm._gaps.extend([20.0] * 8)
        user.completions.rhythm.note_answer(10.0)
        await user.sees()
        await user.pauses()
        assert user.model_requests == 2


async def test_a_request_ends_a_prefetch_at_once() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        await user.sees()
        user.model.hold()
        pausing = asyncio.ensure_future(user.pauses())
        await asyncio.to_thread(user.model.started.wait, 10)
        user.type("other")
        user.model.text = " = 1"
        request = user.asks()
        await pausing  # it was cancelled: the model goes on only now
        user.model.go_on.set()
        assert (await request).items[0].insert_text == " = 1"


async def test_a_request_for_what_is_being_prefetched_waits_for_it() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        await user.sees()
        user.model.text = " + 1"
        user.model.hold()
        pausing = asyncio.ensure_future(user.pauses())
        await asyncio.to_thread(user.model.started.wait, 10)
        user.type("value")
        request = user.asks()
        await user.statistics()  # once this is answered, the request before has reached the server
        user.model.go_on.set()
        assert (await request).items[0].insert_text == " + 1"
        await pausing
        assert user.model_requests == 2


async def test_while_a_slow_model_is_waited_for_the_next_key_costs_nothing() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        user.completions.rhythm = rhythm = TypingRhythm(lambda: 0.0, lambda _: asyncio.Event().wait())
        for _ in range(8):
            rhythm.note_key()
        rhythm._gaps.extend([100.0] * 8)
        rhythm.note_answer(500.0)
        first = user.asks()
        await user.statistics()
        second = user.asks(explicit=True)
        assert not (await first).items
        assert (await second).items[0].insert_text == "value"
        assert user.model_requests == 1


def gives(monkeypatch: pytest.MonkeyPatch, *texts: str, hold: threading.Event | None = None, before: str = "") -> None:
    """Have the model give these candidates; it waits for `hold` before one of them."""

    def complete_candidates(self: Completer, request: Any, token: Any, _count: int, give: Any) -> None:
        for text in texts:
            if hold and text == before:
                hold.wait(10)
            give(replace(self, model=ScriptedModel(text), frames=None).complete(request, token))

    monkeypatch.setattr(Completer, "complete_candidates", complete_candidates)


async def test_an_explicit_request_gets_different_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    async with typist(ScriptedModel("unused"), "x = <cursor>\n") as user:
        gives(monkeypatch, "first", "second", "first", "third")
        items = await user.items(explicit=True)
        assert [item.insert_text for item in items] == ["first", "second", "third"]
        gives(monkeypatch, "never")
        assert [item.insert_text for item in await user.items(explicit=True)] == ["first", "second", "third"]
        assert await user.sees() == "first"


async def test_candidates_are_streamed_where_the_client_can(monkeypatch: pytest.MonkeyPatch) -> None:
    async with typist(ScriptedModel(), "x = <cursor>\n") as user:
        hold, come, streamed = threading.Event(), asyncio.Event(), []

        def progress(params: Any) -> None:
            streamed.extend(item["insertText"] for item in params.value)
            come.set()

        user.editor.client.feature(types.PROGRESS)(progress)
        gives(monkeypatch, "first", "second", hold=hold, before="second")
        asking = asyncio.ensure_future(user.items(explicit=True, stream="token"))
        await asyncio.wait_for(come.wait(), 10)
        assert streamed == ["first"]
        hold.set()
        assert await asking == []
        assert streamed == ["first", "second"]


async def test_late_candidates_are_there_for_the_next_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MAX_WAIT_SECONDS", 0.0)
    async with typist(ScriptedModel(), "x = <cursor>\n") as user:
        hold = threading.Event()
        gives(monkeypatch, "first", "second", hold=hold, before="first")
        assert await user.items(explicit=True) == []
        hold.set()
        await asyncio.wait([user.completions.prefetch.task])
        monkeypatch.setattr(candidates, "MAX_WAIT_SECONDS", 10.0)
        gives(monkeypatch, "never")
        assert [item.insert_text for item in await user.items(explicit=True)] == ["first", "second"]


async def test_a_key_ends_the_search_for_candidates() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        await user.editor.logged("model ready")
        user.model.hold()
        request = user.asks(explicit=True)
        await asyncio.to_thread(user.model.started.wait, 10)
        user.type("v")
        user.model.text = "alue"
        following = user.asks()
        assert not (await request).items
        user.model.go_on.set()
        assert (await following).items[0].insert_text == "alue"
