"""What has begun, and the keys that come meanwhile."""

from __future__ import annotations

import asyncio

from tests.lsp_server.typist import typist
from tests.scripted import ScriptedModel


async def test_a_key_that_goes_the_models_way_leaves_it_at_work() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        await person.editor.logged("model ready")
        person.model.hold()
        first = person.asks()
        await asyncio.to_thread(person.model.started.wait, 10)
        person.type("va")
        second = person.asks()
        assert not (await first).items
        person.model.go_on.set()
        assert (await second).items[0].insert_text == "lue"
        assert person.asked == 1


async def test_a_key_that_goes_another_way_ends_it() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as person:
        await person.editor.logged("model ready")
        person.model.hold()
        first = person.asks()
        await asyncio.to_thread(person.model.started.wait, 10)
        person.type("n")
        second = person.asks()
        assert not (await first).items
        person.model.text = "one"
        person.model.go_on.set()
        assert (await second).items[0].insert_text == "one"
        assert person.asked == 2


async def test_another_place_ends_it_at_once() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\ny = 1\n") as person:
        await person.editor.logged("model ready")
        person.model.hold()
        first = person.asks()
        await asyncio.to_thread(person.model.started.wait, 10)
        person.model.text = "= 42"
        person.delete(2)
        second = person.asks()
        assert not (await first).items
        person.model.go_on.set()
        assert (await second).items[0].insert_text == "= 42"
