"""Reports of an editor on suggestions, and their effects."""

from __future__ import annotations

import pytest
from lsprotocol import types

from tests.lsp_server.editor import window
from tests.lsp_server.typist import typist
from tests.scripted import ScriptedModel


async def test_the_command_is_advertised() -> None:
    async with window(ScriptedModel()) as editor:
        assert editor.capabilities is not None
        assert "codegeex.didAcceptCompletion" in editor.capabilities.execute_command_provider.commands


async def test_what_was_shown_accepted_and_dismissed_is_counted() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        item = await user.item()
        user.notify("didShowCompletion", item)
        user.notify("didShowCompletion", item)
        await user.accepts(item)
        user.type("\ny = ")
        another = await user.item()
        user.notify("didShowCompletion", another)
        user.notify("didDismissCompletion", another)
        counts = await user.statistics()
        assert {name: counts[name] for name in ("offered", "shown", "accepted", "dismissed")} == {
            "offered": 2,
            "shown": 2,
            "accepted": 1,
            "dismissed": 1,
        }
        assert (counts["offeredCharacters"], counts["acceptedCharacters"]) == (10, 5)


async def test_a_client_that_reports_nothing_is_served() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        assert await user.sees() == "value"
        user.type("value")
        user.model.text = " + 1"
        assert await user.sees() == " + 1"
        counts = await user.statistics()
        assert (counts["offered"], counts["shown"], counts["accepted"]) == (2, 0, 0)


async def test_what_is_typed_along_is_one_offer() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        await user.sees()
        user.type("va")
        item = await user.item()
        await user.accepts(item)
        counts = await user.statistics()
        assert (counts["offered"], counts["offeredCharacters"]) == (1, 5)
        assert (counts["accepted"], counts["acceptedCharacters"]) == (1, 3)


@pytest.mark.parametrize(
    ("text", "units", "chars"),
    [("alpha + beta", 5, 5), ("'😀' + beta", 4, 3), ("alpha", 99, 5), ("alpha", -1, 0), ("alpha", 0, 0)],
    ids=["a word", "UTF-16 units", "more than there is", "less than nothing", "nothing"],
)
async def test_a_part_is_accepted(text: str, units: int, chars: int) -> None:
    async with typist(ScriptedModel(text), "x = <cursor>\n") as user:
        item = await user.item()
        user.notify("didPartiallyAcceptCompletion", item, acceptedLength=units)
        counts = await user.statistics()
        assert (counts["acceptedCharacters"], counts["partiallyAccepted"]) == (chars, int(chars > 0))


async def test_parts_and_then_the_rest_are_the_whole() -> None:
    async with typist(ScriptedModel("alpha + beta"), "x = <cursor>\n") as user:
        item = await user.item()
        user.notify("didPartiallyAcceptCompletion", item, acceptedLength=5)
        user.notify("didPartiallyAcceptCompletion", item, acceptedLength=7)
        user.type("alpha +")
        rest = await user.item()
        assert rest.insert_text == " beta"
        await user.accepts(rest)
        counts = await user.statistics()
        assert (counts["acceptedCharacters"], counts["partiallyAccepted"], counts["accepted"]) == (12, 1, 1)


async def test_what_the_suggest_widget_selected_is_not_ours() -> None:
    async with typist(ScriptedModel("(name)"), "console.lo<cursor>\n") as user:
        at = types.Position(0, 10)
        selected = types.SelectedCompletionInfo(types.Range(types.Position(0, 8), at), "log")
        item = (await user.editor.ask(at, selected=selected)).items[0]
        assert item.insert_text == "log(name)"
        user.notify("didPartiallyAcceptCompletion", item, acceptedLength=4)
        assert (await user.statistics())["acceptedCharacters"] == 1


async def test_a_dismissed_suggestion_does_not_come_back_until_the_text_changes() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        user.notify("didDismissCompletion", await user.item())
        assert await user.sees() == ""
        assert await user.sees(explicit=True) == "value"
        user.type("v")
        assert await user.sees() == "alue"


async def test_accepting_prefetches_what_follows_at_once() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        item = await user.item()
        user.model.text = " + 1"
        await user.accepts(item)
        assert await user.sees() == " + 1"
        assert user.model_requests == 2


@pytest.mark.parametrize("item", [None, {}, {"command": None}, {"command": {"arguments": []}}, 5, {"insertText": "x"}])
async def test_what_is_no_item_of_ours_is_passed_over(item: object) -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        for what in ("didShowCompletion", "didPartiallyAcceptCompletion", "didDismissCompletion"):
            user.editor.client.protocol.notify(f"textDocument/{what}", {"item": item, "acceptedLength": 3})
        command = types.ExecuteCommandParams("codegeex.didAcceptCompletion", ["nobody's"])
        await user.editor.client.workspace_execute_command_async(command)
        await user.editor.client.workspace_execute_command_async(
            types.ExecuteCommandParams("codegeex.didAcceptCompletion")
        )
        assert await user.sees() == "value"
        assert (await user.statistics())["accepted"] == 0


async def test_the_cache_is_part_of_the_statistics() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        await user.sees()
        user.type("v")
        await user.sees()
        counts = await user.statistics()
        assert (counts["requests"], counts["answeredFromCache"]) == (2, 1)
        assert counts["lookups"] == {"miss": 1, "typedAlong": 1}


async def test_lines_accepted_with_lf_count_in_a_document_with_crlf() -> None:
    neovim = types.ClientInfo("Neovim")
    async with typist(ScriptedModel("a = 1\n    b = 2"), "def f():\r\n    <cursor>\r\n", client_info=neovim) as user:
        item = await user.item()
        user.notify("didPartiallyAcceptCompletion", item, acceptedLength=len("a = 1\n"))
        assert (await user.statistics())["acceptedCharacters"] == len("a = 1\r\n")
        await user.accepts(item)
        assert (await user.statistics())["acceptedCharacters"] == len("a = 1\r\n    b = 2")
