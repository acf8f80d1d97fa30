"""What an editor tells of a suggestion, and what comes of it."""

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
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        item = await person.item()
        person.tells("didShowCompletion", item)
        person.tells("didShowCompletion", item)
        await person.accepts(item)
        person.type("\ny = ")
        another = await person.item()
        person.tells("didShowCompletion", another)
        person.tells("didDismissCompletion", another)
        counts = await person.statistics()
        assert {name: counts[name] for name in ("offered", "shown", "accepted", "dismissed")} == {
            "offered": 2,
            "shown": 2,
            "accepted": 1,
            "dismissed": 1,
        }
        assert (counts["offeredCharacters"], counts["acceptedCharacters"]) == (10, 5)


async def test_a_client_that_tells_nothing_is_served() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        assert await person.sees() == "value"
        person.type("value")
        person.model.text = " + 1"
        assert await person.sees() == " + 1"
        counts = await person.statistics()
        assert (counts["offered"], counts["shown"], counts["accepted"]) == (2, 0, 0)


async def test_what_is_typed_along_is_one_offer() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        await person.sees()
        person.type("va")
        item = await person.item()
        await person.accepts(item)
        counts = await person.statistics()
        assert (counts["offered"], counts["offeredCharacters"]) == (1, 5)
        assert (counts["accepted"], counts["acceptedCharacters"]) == (1, 3)


@pytest.mark.parametrize(
    ("says", "units", "chars"),
    [("alpha + beta", 5, 5), ("'😀' + beta", 4, 3), ("alpha", 99, 5), ("alpha", -1, 0), ("alpha", 0, 0)],
    ids=["a word", "UTF-16 units", "more than there is", "less than nothing", "nothing"],
)
async def test_a_part_is_accepted(says: str, units: int, chars: int) -> None:
    async with typist(ScriptedModel(says), "x = <cursor>\n") as person:
        item = await person.item()
        person.tells("didPartiallyAcceptCompletion", item, acceptedLength=units)
        counts = await person.statistics()
        assert (counts["acceptedCharacters"], counts["partiallyAccepted"]) == (chars, int(chars > 0))


async def test_parts_and_then_the_rest_are_the_whole() -> None:
    async with typist(ScriptedModel("alpha + beta"), "x = <cursor>\n") as person:
        item = await person.item()
        person.tells("didPartiallyAcceptCompletion", item, acceptedLength=5)
        person.tells("didPartiallyAcceptCompletion", item, acceptedLength=7)
        person.type("alpha +")
        rest = await person.item()
        assert rest.insert_text == " beta"
        await person.accepts(rest)
        counts = await person.statistics()
        assert (counts["acceptedCharacters"], counts["partiallyAccepted"], counts["accepted"]) == (12, 1, 1)


async def test_what_the_suggest_widget_selected_is_not_ours() -> None:
    async with typist(ScriptedModel("(name)"), "console.lo<cursor>\n") as person:
        at = types.Position(0, 10)
        selected = types.SelectedCompletionInfo(types.Range(types.Position(0, 8), at), "log")
        item = (await person.editor.ask(at, selected=selected)).items[0]
        assert item.insert_text == "log(name)"
        person.tells("didPartiallyAcceptCompletion", item, acceptedLength=4)
        assert (await person.statistics())["acceptedCharacters"] == 1


async def test_a_dismissed_suggestion_does_not_come_back_until_the_text_changes() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        person.tells("didDismissCompletion", await person.item())
        assert await person.sees() == ""
        assert await person.sees(explicit=True) == "value"
        person.type("v")
        assert await person.sees() == "alue"


async def test_accepting_has_what_follows_prepared_at_once() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        item = await person.item()
        person.model.text = " + 1"
        await person.accepts(item)
        assert await person.sees() == " + 1"
        assert person.asked == 2


@pytest.mark.parametrize("item", [None, {}, {"command": None}, {"command": {"arguments": []}}, 5, {"insertText": "x"}])
async def test_what_is_no_item_of_ours_is_passed_over(item: object) -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        for what in ("didShowCompletion", "didPartiallyAcceptCompletion", "didDismissCompletion"):
            person.editor.client.protocol.notify(f"textDocument/{what}", {"item": item, "acceptedLength": 3})
        command = types.ExecuteCommandParams("codegeex.didAcceptCompletion", ["nobody's"])
        await person.editor.client.workspace_execute_command_async(command)
        await person.editor.client.workspace_execute_command_async(
            types.ExecuteCommandParams("codegeex.didAcceptCompletion")
        )
        assert await person.sees() == "value"
        assert (await person.statistics())["accepted"] == 0


async def test_the_cache_is_part_of_the_statistics() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        await person.sees()
        person.type("v")
        await person.sees()
        counts = await person.statistics()
        assert (counts["requests"], counts["answeredFromCache"]) == (2, 1)
        assert counts["lookups"] == {"miss": 1, "typedAlong": 1}
