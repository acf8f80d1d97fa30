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


async def test_changes_behind_a_form_feed_do_not_drift() -> None:
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
async def test_what_is_no_code_gets_no_suggestion(text: str, language: str) -> None:
    model = ScriptedModel("value")
    async with window(model) as editor:
        editor.open(text, language=language)
        assert await editor.suggestion(types.Position(0, 0)) == ""
        assert model.prompts == []


async def test_a_language_nobody_knows_is_served() -> None:
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


async def test_a_model_that_cannot_be_loaded_is_said_once_and_the_server_lives() -> None:
    async with window(ModelError("model.bin is missing; convert it again")) as editor:
        at = editor.open("x = <cursor>\n")
        for _ in range(3):
            assert await editor.suggestion(at) == ""
        await editor.logged("model.bin is missing")
        assert sum("model.bin" in message.message for message in editor.log) == 1


async def test_the_trace_tells_how_a_suggestion_came_about() -> None:
    async with window(ScriptedModel("value")) as editor:
        editor.client.set_trace(types.SetTraceParams(types.TraceValue.Verbose))
        at = editor.open("x = <cursor>\n")
        await editor.suggestion(at)
        assert "inline completion in main.py" in editor.traces[-1].message
        assert "prefill" in editor.traces[-1].message


async def test_a_suggestion_that_is_typed_along_is_not_asked_for_again() -> None:
    async with typist(ScriptedModel("price * count"), "total = <cursor>\n") as person:
        assert await person.sees() == "price * count"
        for typed, rest in [("p", "rice * count"), ("rice ", "* count"), ("* coun", "t")]:
            person.type(typed)
            assert await person.sees() == rest
        assert person.asked == 1


async def test_going_back_and_undoing_is_not_asked_for_again() -> None:
    async with typist(ScriptedModel("price * count"), "total = <cursor>\n") as person:
        await person.sees()
        person.type("pri")
        assert await person.sees() == "ce * count"
        person.delete(2)
        assert await person.sees() == "rice * count"
        person.delete(1)
        assert await person.sees() == "price * count"
        assert person.asked == 1


async def test_another_key_asks_the_model() -> None:
    async with typist(ScriptedModel("price"), "total = <cursor>\n") as person:
        await person.sees()
        person.type("c")
        person.model.text = "ount"
        assert await person.sees() == "ount"
        assert person.asked == 2


async def test_the_rest_of_a_block_is_there_when_its_first_line_is_accepted() -> None:
    block = "\n    for x in xs:\n        print(x)\n    return xs"
    async with typist(ScriptedModel(block), "def f(xs):<cursor>\n") as person:
        assert await person.sees() == block
        person.type("\n    for x in xs:\n        ")
        assert await person.sees() == "print(x)\n    return xs"
        assert person.asked == 1


async def test_a_bracket_the_editor_closes_is_not_asked_for_again() -> None:
    async with typist(ScriptedModel("(a, b)"), "total = add<cursor>\n") as person:
        assert await person.sees() == "(a, b)"
        person.type("(", closed=")")
        assert await person.sees() == "a, b"
        assert person.asked == 1


async def test_crlf_from_the_cache() -> None:
    async with typist(ScriptedModel("a = 1\n    b = 2"), "def f():\r\n    <cursor>\r\n") as person:
        assert await person.sees() == "a = 1\r\n    b = 2"
        person.type("a = ")
        assert await person.sees() == "1\r\n    b = 2"


async def test_that_there_is_nothing_to_say_is_not_asked_twice() -> None:
    async with typist(ScriptedModel("value", probability=0.3), "x = <cursor>\n") as person:
        assert [await person.sees(), await person.sees()] == ["", ""]
        assert person.asked == 1


async def test_a_change_in_another_file_asks_again() -> None:
    async with typist(ScriptedModel("value", probability=0.3), "x = <cursor>\n") as person:
        person.editor.open("y = 1\n", uri="file:///project/b.py")
        await person.sees()
        person.editor.change((0, 4), (0, 5), "2", uri="file:///project/b.py")
        await person.sees()
        assert person.asked == 2


async def test_other_settings_and_a_closed_document_ask_again() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        await person.sees()
        settings = types.DidChangeConfigurationParams({"codegeex": {"completion": {"maxTokens": 32}}})
        person.editor.client.workspace_did_change_configuration(settings)
        await person.sees()
        assert person.asked == 2
        identifier = types.TextDocumentIdentifier(URI)
        person.editor.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))
        person.open("x = <cursor>\n")
        await person.sees()
        assert person.asked == 3


async def test_the_trace_tells_what_the_cache_did() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        person.editor.client.set_trace(types.SetTraceParams(types.TraceValue.Messages))
        await person.sees()
        assert "from the model (cache: 0 of 1)" in person.editor.traces[-1].message
        person.type("v")
        await person.sees()
        assert "from the cache, typed along (cache: 1 of 2)" in person.editor.traces[-1].message
        assert re.search(r"; cache [\d.]+ ms", person.editor.traces[-1].message)


async def test_a_suggestion_from_the_cache_has_its_receipt() -> None:
    options = {"codegeex": {"context": {"receipts": True}}}
    source = "paint_bicycle(frame, <cursor>\n"
    async with typist(ScriptedModel("wheels)"), source, initialization_options=options) as person:
        receipts: list[Any] = []
        person.editor.client.feature("codegeex/contextReceipt")(lambda params: receipts.append(params))
        person.editor.open("def paint_bicycle(frame, wheels):\n    ...\n", uri="file:///project/paint.py")
        await person.sees()
        person.type("wh")
        assert await person.sees() == "eels)"
        assert len(receipts) == 2
        assert receipts[0] == receipts[1]
        assert [snippet["path"] for snippet in receipts[1]["snippets"]] == ["paint.py"]


async def test_what_follows_a_suggestion_is_prepared_in_a_pause() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        item = await person.item()
        person.model.text = " + 1"
        await person.pauses()
        assert person.asked == 2
        await person.accepts(item)
        assert await person.sees() == " + 1"
        assert person.asked == 2


def types_slowly(person: Typist) -> None:
    """Between two of their keys there is time for a few answers more."""
    person.completions.rhythm._gaps.extend([200.0] * 8)
    person.completions.rhythm.note_answer(10.0)


def times_asked(person: Typist, prefix: str) -> int:
    return sum(f"<|code_prefix|>{prefix}<|code_middle|>" in prompt for prompt in person.model.prompts)


async def test_what_the_next_key_will_be_answered_is_there_before_it() -> None:
    async with typist(ScriptedModel("value", instead=["other"]), "x = <cursor>\n") as person:
        types_slowly(person)
        assert await person.sees() == "value"
        await person.pauses()
        assert times_asked(person, "x = o") == 1
        person.type("o")  # and not the v of what is shown
        assert await person.sees() == "value"
        assert times_asked(person, "x = o") == 1


@pytest.mark.parametrize(
    ("source", "typed", "closed", "prefix"),
    [
        ("def f():\n    if x:<cursor>\n", "\n        ", "", "def f():\n    if x:\n        "),
        # A bracket that the editor has closed goes below; and the line ends are the document's.
        ("a();\r\nif (x) {<cursor>}\r\n", "\r\n    ", "\r\n", "a();\nif (x) {\n    "),
    ],
)
async def test_what_enter_will_be_answered_is_there_before_it(
    source: str, typed: str, closed: str, prefix: str
) -> None:
    async with typist(ScriptedModel(""), source) as person:
        types_slowly(person)
        assert await person.sees() == ""  # the model says that the line ends here
        await person.pauses()
        assert times_asked(person, prefix) == 1
        person.type(typed, closed)  # as the editor indents
        await person.sees()
        await person.pauses()
        assert times_asked(person, prefix) == 1


async def test_who_presses_a_key_again_and_again_will_press_it_once_more() -> None:
    async with typist(ScriptedModel("value"), "---<cursor>\n") as person:
        types_slowly(person)
        await person.sees()
        await person.pauses()
        assert times_asked(person, "----") == 1
        person.type("-")
        assert await person.sees() == "value"
        assert times_asked(person, "----") == 1


async def test_nothing_is_asked_ahead_of_a_key_on_battery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "is_on_battery", lambda: True)
    async with typist(ScriptedModel("value", instead=["other"]), "x = <cursor>\n") as person:
        types_slowly(person)
        await person.sees()
        await person.pauses()
        assert person.asked == 2  # and what follows the suggestion


async def test_a_fast_typist_leaves_no_time_to_ask_ahead() -> None:
    async with typist(ScriptedModel("value", instead=["other"]), "x = <cursor>\n") as person:
        person.completions.rhythm._gaps.extend([20.0] * 8)
        person.completions.rhythm.note_answer(10.0)
        await person.sees()
        await person.pauses()
        assert person.asked == 2


async def test_a_request_ends_a_preparation_at_once() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        await person.sees()
        person.model.hold()
        pausing = asyncio.ensure_future(person.pauses())
        await asyncio.to_thread(person.model.started.wait, 10)
        person.type("other")
        person.model.text = " = 1"
        request = person.asks()
        await pausing  # it was cancelled: the model goes on only now
        person.model.go_on.set()
        assert (await request).items[0].insert_text == " = 1"


async def test_a_request_for_what_is_being_prepared_waits_for_it() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        await person.sees()
        person.model.text = " + 1"
        person.model.hold()
        pausing = asyncio.ensure_future(person.pauses())
        await asyncio.to_thread(person.model.started.wait, 10)
        person.type("value")
        request = person.asks()
        await person.statistics()  # once this is answered, the request before has reached the server
        person.model.go_on.set()
        assert (await request).items[0].insert_text == " + 1"
        await pausing
        assert person.asked == 2


async def test_while_a_slow_model_is_waited_for_the_next_key_costs_nothing() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        person.completions.rhythm = rhythm = TypingRhythm(lambda: 0.0, lambda _: asyncio.Event().wait())
        for _ in range(8):
            rhythm.note_key()
        rhythm._gaps.extend([100.0] * 8)
        rhythm.note_answer(500.0)
        first = person.asks()
        await person.statistics()
        second = person.asks(explicit=True)
        assert not (await first).items
        assert (await second).items[0].insert_text == "value"
        assert person.asked == 1


def gives(monkeypatch: pytest.MonkeyPatch, *texts: str, hold: threading.Event | None = None, before: str = "") -> None:
    """Have the model give these candidates; it waits for `hold` before one of them."""

    def complete_candidates(self: Completer, request: Any, token: Any, _count: int, give: Any) -> None:
        for text in texts:
            if hold and text == before:
                hold.wait(10)
            give(replace(self, model=ScriptedModel(text), frames=None).complete(request, token))

    monkeypatch.setattr(Completer, "complete_candidates", complete_candidates)


async def test_an_explicit_request_gets_different_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    async with typist(ScriptedModel("unused"), "x = <cursor>\n") as person:
        gives(monkeypatch, "first", "second", "first", "third")
        items = await person.items(explicit=True)
        assert [item.insert_text for item in items] == ["first", "second", "third"]
        gives(monkeypatch, "never")
        assert [item.insert_text for item in await person.items(explicit=True)] == ["first", "second", "third"]
        assert await person.sees() == "first"


async def test_candidates_are_streamed_where_the_client_can(monkeypatch: pytest.MonkeyPatch) -> None:
    async with typist(ScriptedModel(), "x = <cursor>\n") as person:
        hold, come, streamed = threading.Event(), asyncio.Event(), []

        def progress(params: Any) -> None:
            streamed.extend(item["insertText"] for item in params.value)
            come.set()

        person.editor.client.feature(types.PROGRESS)(progress)
        gives(monkeypatch, "first", "second", hold=hold, before="second")
        asking = asyncio.ensure_future(person.items(explicit=True, stream="token"))
        await asyncio.wait_for(come.wait(), 10)
        assert streamed == ["first"]
        hold.set()
        assert await asking == []
        assert streamed == ["first", "second"]


async def test_late_candidates_are_there_for_the_next_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MAX_WAIT_SECONDS", 0.0)
    async with typist(ScriptedModel(), "x = <cursor>\n") as person:
        hold = threading.Event()
        gives(monkeypatch, "first", "second", hold=hold, before="first")
        assert await person.items(explicit=True) == []
        hold.set()
        await asyncio.wait([person.completions.prefetch.task])
        monkeypatch.setattr(candidates, "MAX_WAIT_SECONDS", 10.0)
        gives(monkeypatch, "never")
        assert [item.insert_text for item in await person.items(explicit=True)] == ["first", "second"]


async def test_a_key_ends_the_search_for_candidates() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        await person.editor.logged("model ready")
        person.model.hold()
        request = person.asks(explicit=True)
        await asyncio.to_thread(person.model.started.wait, 10)
        person.type("v")
        person.model.text = "alue"
        following = person.asks()
        assert not (await request).items
        person.model.go_on.set()
        assert (await following).items[0].insert_text == "alue"
