from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from lsp_server.completion.definitions import names_before
from tests.lsp_server.editor import Window, window
from tests.scripted import ScriptedModel

OFFERED = types.ClientCapabilities(experimental={"codegeex": {"definitions": True}})
AT_LINE_4 = {"range": {"start": {"line": 4, "character": 0}, "end": {"line": 9, "character": 0}}}


async def pause(editor: Window, source: str, uri: str) -> None:
    """A suggestion was shown, and then the person pauses."""
    assert await editor.suggestion(editor.open(source, uri), uri)
    prefetch = editor.server.session.completions.prefetch
    prefetch.hurry()
    assert prefetch.task is not None
    await asyncio.wait([prefetch.task])


def definitions(editor: Window, uri: str) -> Any:
    """Return what is remembered of an open document."""
    return editor.server.session.documents.state(uri).definitions


async def test_the_editor_is_asked_in_a_pause_what_the_names_at_the_cursor_are(tmp_path: Path) -> None:
    requests: list[Any] = []
    here, shop = (tmp_path / "main.py").as_uri(), (tmp_path / "a" / "shop.py").as_uri()
    async with window(ScriptedModel("total"), capabilities=OFFERED, root_uri=tmp_path.as_uri()) as editor:

        @editor.client.feature("codegeex/definitions")
        def answer(params: Any) -> list[Any]:
            requests.append(params)
            return [[{"uri": shop, **AT_LINE_4}, {"uri": "file:///elsewhere.py", **AT_LINE_4}], None, [{"uri": 3}]]

        await pause(editor, "name = '😀'; cart.<cursor>\n", here)
        assert definitions(editor, here) == (("a/shop.py", 4),)
        assert requests[0]["textDocument"] == {"uri": here}
        assert requests[0]["positions"][0] == {"line": 0, "character": 13}
        editor.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(here)))
        await editor.client.workspace_execute_command_async(types.ExecuteCommandParams("codegeex.didAcceptCompletion"))
        assert editor.server.session.documents.get(here) is None


async def test_an_editor_that_does_not_offer_it_is_not_asked(tmp_path: Path) -> None:
    requests: list[Any] = []
    async with window(ScriptedModel("total"), root_uri=tmp_path.as_uri()) as editor:
        editor.client.feature("codegeex/definitions")(lambda params: requests.append(params))
        await pause(editor, "cart.<cursor>\n", (tmp_path / "main.py").as_uri())
        assert requests == []


async def test_an_editor_that_refuses_what_it_offered_does_no_harm(tmp_path: Path) -> None:
    here = (tmp_path / "main.py").as_uri()
    async with window(ScriptedModel("total"), capabilities=OFFERED, root_uri=tmp_path.as_uri()) as editor:
        await pause(editor, "cart.<cursor>\n", here)
        assert definitions(editor, here) == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cart.", ["cart"]),
        ("a = tax(rate)\nfor item in cart.", ["cart", "item", "rate", "tax"]),
        ("one\ntwo\nthree\nfour\nfive", ["five", "four", "three", "two"]),
        ("cart = cart + cart", ["cart"]),
        ("", []),
    ],
)
def test_the_names_before_the_cursor(text: str, names: list[str]) -> None:
    lines = text.split("\n")
    found = names_before(lines, len(lines) - 1, len(lines[-1]), frozenset({"for", "in"}))
    assert [
        lines[line][column:].split(".")[0].split("(")[0].split(")")[0].split()[0] for line, column in found
    ] == names
