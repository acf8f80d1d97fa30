"""The client's capabilities, and the faults that are reported to it."""

from __future__ import annotations

import pytest
from lsprotocol import types

from lsp_server.client import ClientCapabilities
from tests.lsp_server.editor import window
from tests.scripted import ScriptedModel

EDITS = types.WorkspaceEditClientCapabilities(
    document_changes=True, resource_operations=[types.ResourceOperationKind.Create]
)


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        (types.ClientCapabilities(), ClientCapabilities()),
        (types.ClientCapabilities(window=types.WindowClientCapabilities()), ClientCapabilities()),
        (
            types.ClientCapabilities(window=types.WindowClientCapabilities(work_done_progress=True)),
            ClientCapabilities(shows_progress=True),
        ),
        (
            types.ClientCapabilities(workspace=types.WorkspaceClientCapabilities(workspace_edit=EDITS)),
            ClientCapabilities(takes_versioned_edits=True, creates_files=True),
        ),
        (
            types.ClientCapabilities(experimental={"codegeex": {"definitions": True}}),
            ClientCapabilities(finds_definitions=True),
        ),
        (types.ClientCapabilities(experimental={"codegeex": True}), ClientCapabilities()),
        (types.ClientCapabilities(experimental=[]), ClientCapabilities()),
    ],
    ids=["nothing", "an empty part", "progress", "edits", "definitions", "definitions, wrongly", "another extension"],
)
def test_capabilities_are_resolved(capabilities: types.ClientCapabilities, expected: ClientCapabilities) -> None:
    assert ClientCapabilities.of(capabilities) == expected


async def test_a_fault_is_logged_once_until_the_settings_change() -> None:
    async with window(ScriptedModel()) as editor:
        await editor.logged("model ready")
        for _ in range(2):
            editor.server.client.report_fault("the disk is full")
        assert editor.server.client.status.message == "the disk is full"
        editor.server.session.apply_settings({})
        editor.server.client.report_fault("the disk is full")
        await editor.client.protocol.send_request_async("codegeex/statistics", {})  # after all that was sent before it
        assert [message.message for message in editor.log].count("the disk is full") == 2


@pytest.mark.parametrize(("locale", "language"), [("zh-CN", "zh"), ("zh", "zh"), ("en-us", "en"), (None, "en")])
async def test_the_language_of_the_client(locale: str | None, language: str) -> None:
    async with window(ScriptedModel(), locale=locale) as editor:
        assert editor.server.client.language == language
