from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types

from engine.types import ModelError
from tests.lsp_server.editor import URI, window
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


async def test_a_cancelled_request_frees_the_engine() -> None:
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
