"""Requests to the model that are under way when the next key comes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

import pytest

from engine.document import Cursor
from engine.types import CancellationToken, Cancelled, Outcome
from lsp_server.completion.cancellation import RequestToken
from lsp_server.completion.in_flight import InFlightCompletion
from tests.lsp_server.typist import typist
from tests.scripted import ScriptedModel


async def test_a_key_that_goes_the_models_way_leaves_it_at_work() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        await user.editor.logged("model ready")
        user.model.hold()
        first = user.asks()
        await asyncio.to_thread(user.model.started.wait, 10)
        user.type("va")
        second = user.asks()
        assert not (await first).items
        user.model.go_on.set()
        assert (await second).items[0].insert_text == "lue"
        assert user.model_requests == 1


async def test_a_key_that_goes_another_way_ends_it() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\n") as user:
        await user.editor.logged("model ready")
        user.model.hold()
        first = user.asks()
        await asyncio.to_thread(user.model.started.wait, 10)
        user.type("n")
        second = user.asks()
        assert not (await first).items
        user.model.text = "one"
        user.model.go_on.set()
        assert (await second).items[0].insert_text == "one"
        assert user.model_requests == 2


async def test_another_place_ends_it_at_once() -> None:
    async with typist(ScriptedModel("value"), "x = <cursor>\ny = 1\n") as user:
        await user.editor.logged("model ready")
        user.model.hold()
        first = user.asks()
        await asyncio.to_thread(user.model.started.wait, 10)
        user.model.text = "= 42"
        user.delete(2)
        second = user.asks()
        assert not (await first).items
        user.model.go_on.set()
        assert (await second).items[0].insert_text == "= 42"


async def test_an_answer_given_up_after_its_request_was_cancelled_is_no_error_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    given_up = asyncio.Event()

    async def ask(_token: CancellationToken, _hear: Callable[[str], None]) -> Outcome:
        await given_up.wait()
        raise Cancelled

    asking = InFlightCompletion(Cursor.between("x = ", ""), ask)
    waiting = asyncio.ensure_future(asking.outcome(RequestToken()))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    given_up.set()
    await asyncio.wait([asking._task])
    del asking, waiting
    gc.collect()
    assert "never retrieved" not in caplog.text
