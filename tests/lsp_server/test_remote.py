"""A window whose questions, completions or both go to a server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from engine.types import ModelError
from lsp_server.cli import main
from lsp_server.status import DID_CHANGE_STATUS
from tests.engine.remote.scripted_server import DONE, Reply, ScriptedServer, delta, refusal, serving, speech, text
from tests.lsp_server.assist.chatting import CAPABLE, Chat
from tests.lsp_server.editor import Window, window
from tests.lsp_server.test_status import status_of_kind
from tests.scripted import ScriptedModel


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEGEEX_API_KEY", raising=False)
    monkeypatch.setattr("engine.remote.keys._from_keyring", lambda _: "")


def sent_to(server: ScriptedServer, *purposes: str) -> dict[str, Any]:
    return {purpose: {"remote": {"url": server.url, "model": "big"}} for purpose in purposes}


async def test_the_model_here_completes_and_the_server_answers() -> None:
    with serving(speech("Because ", "it is.")) as server:
        options = sent_to(server, "chat")
        async with window(ScriptedModel("value"), initialization_options=options, capabilities=CAPABLE) as editor:
            chat = Chat(editor)
            assert await editor.suggestion(editor.open("x = <cursor>\n")) == "value"
            assert server.asked == []
            result = await chat.ask("Why?", partialResultToken=1)
            assert (result["text"], result["model"], result["converses"]) == ("Because it is.", "big", True)
            assert chat.streamed_text(1) == "Because it is."
            assert await editor.suggestion(types.Position(0, 4)) == "value"
    assert [each["path"] for each in server.asked] == ["/v1/chat/completions"]


async def test_the_server_completes_and_the_model_here_does_not_converse() -> None:
    with serving(speech("val", "ue", make=text)) as server:
        async with window(ScriptedModel(), initialization_options=sent_to(server, "completion")) as editor:
            assert await editor.suggestion(editor.open("x = <cursor>\n")) == "value"
            description = editor.server.session.worker.description("chat")
            assert description
            assert description.name == "scripted"
            assert not (await Chat(editor).ask("Why?"))["converses"]
    assert server.asked[0]["body"]["prompt"].endswith("x = ")


@pytest.mark.parametrize("trigger", list(types.InlineCompletionTriggerKind))
@pytest.mark.parametrize("name", [".env", "excluded/a.py", "key.py"])
async def test_a_private_file_is_not_sent_and_the_reason_is_said(
    tmp_path: Path, name: str, trigger: types.InlineCompletionTriggerKind
) -> None:
    key = "K = '-----BEGIN RSA PRIVATE KEY-----'\n" if name == "key.py" else ""
    folders = [types.WorkspaceFolder(tmp_path.as_uri(), "w")]
    with serving(speech("value", make=text)) as server:
        options = sent_to(server, "completion") | {"context": {"exclude": ["excluded/**"]}}
        async with window(ScriptedModel(), initialization_options=options, workspace_folders=folders) as editor:
            at = editor.open(f"{key}x = <cursor>\n", uri := (tmp_path / name).as_uri())
            where = types.TextDocumentIdentifier(uri)
            params = types.InlineCompletionParams(types.InlineCompletionContext(trigger), where, at)
            answer = await editor.client.text_document_inline_completion_async(params)
            assert not answer.items
            await editor.logged(f"{name} is not sent to the server of the model big: ")
    assert server.asked == []


async def test_with_both_the_model_here_is_never_loaded() -> None:
    def load(*_: Any) -> Any:
        raise AssertionError("loaded")

    with serving(speech("value", make=text), speech("Because.")) as server:
        options = sent_to(server, "completion", "chat")
        async with window(load, initialization_options=options, capabilities=CAPABLE) as editor:
            assert await editor.suggestion(editor.open("x = <cursor>\n")) == "value"
            assert (await Chat(editor).ask("Why?"))["text"] == "Because."


async def test_a_server_can_be_named_and_taken_back_at_any_time() -> None:
    with serving(speech("there", make=text)) as server:
        async with window(ScriptedModel("here")) as editor:
            at = editor.open("x = <cursor>\n")
            assert await editor.suggestion(at) == "here"
            for settings, expected in ((sent_to(server, "completion"), "there"), ({"enable": True}, "here")):
                configured = types.DidChangeConfigurationParams({"codegeex": settings})
                editor.client.workspace_did_change_configuration(configured)
                assert await editor.suggestion(at) == expected


async def test_by_default_nothing_is_sent_anywhere() -> None:
    async with window(ScriptedModel("value")) as editor:
        assert await editor.suggestion(editor.open("x = <cursor>\n")) == "value"
        assert (await status_of_kind(editor, "Normal")).remote == ""


async def test_the_status_says_where_text_goes() -> None:
    with serving(speech("x")) as server:
        async with window(ScriptedModel(), initialization_options=sent_to(server, "chat")) as editor:
            await editor.logged(f"chat: {server.url} (remote)")
            status = await status_of_kind(editor, "Normal")
    assert status.remote == status.message == f"chat: {server.url} (remote)"
    assert status.servers == {"chat": f"127.0.0.1:{server.port}"}


async def test_the_status_says_where_text_goes_while_a_model_is_loaded_and_if_that_fails() -> None:
    statuses: list[Any] = []
    with serving(speech("x")) as server:
        async with window(ModelError("no such model"), initialize=False) as editor:
            editor.client.feature(DID_CHANGE_STATUS)(lambda params: statuses.append(params))
            options = sent_to(server, "chat")
            params = types.InitializeParams(types.ClientCapabilities(), initialization_options=options)
            await editor.client.initialize_async(params)
            editor.client.initialized(types.InitializedParams())
            await editor.logged("no such model")
        hosts = {"chat": f"127.0.0.1:{server.port}"}
    assert [(each["busy"], each["servers"]) for each in statuses] == [(True, hosts), (False, hosts)]


async def test_what_was_typed_along_is_answered_without_the_server() -> None:
    with serving(speech("va", "lue", make=text)) as server:
        async with window(ScriptedModel(), initialization_options=sent_to(server, "completion")) as editor:
            assert await editor.suggestion(editor.open("x = <cursor>\n")) == "value"
            editor.change((0, 4), (0, 4), "va")
            assert await editor.suggestion(types.Position(0, 6)) == "lue"
    assert len(server.asked) == 1


async def test_a_key_that_goes_another_way_closes_the_connection() -> None:
    with serving(Reply((text("value"),), holds=True)) as server:
        async with window(ScriptedModel(), initialization_options=sent_to(server, "completion")) as editor:
            first = editor.ask(editor.open("x = <cursor>\n"))
            await _until(editor, lambda: bool(server.asked))
            editor.change((0, 4), (0, 4), "q")
            second = editor.ask(types.Position(0, 5))
            assert not (await first).items
            assert await asyncio.to_thread(server.left.wait, 10)
            second.cancel()


async def test_a_stopped_answer_closes_the_connection_and_is_kept() -> None:
    with serving(Reply((delta("Half"),), holds=True)) as server:
        options = sent_to(server, "chat")
        async with window(ScriptedModel(), initialization_options=options, capabilities=CAPABLE) as editor:
            chat = Chat(editor)
            asking = asyncio.ensure_future(chat.ask("Why?", workDoneToken=7, partialResultToken=8))
            await asyncio.wait_for(chat.spoken.wait(), 10)
            editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(7))
            result = await asking
            assert (result["text"], result["stopped"]) == ("Half", True)
            assert await asyncio.to_thread(server.left.wait, 10)


async def test_a_dropped_connection_leaves_what_was_said() -> None:
    with serving(Reply((delta("Half"),), breaks_off=True)) as server:
        options = sent_to(server, "chat")
        async with window(ScriptedModel(), initialization_options=options, capabilities=CAPABLE) as editor:
            result = await Chat(editor).ask("Why?")
    assert result["text"] == "Half"
    assert "closed the connection in the middle" in result["notices"][0]


async def test_half_of_a_code_is_no_edit() -> None:
    with serving(Reply((delta("```python\ndef f():"),), breaks_off=True)) as server:
        options = sent_to(server, "chat")
        async with window(ScriptedModel(), initialization_options=options, capabilities=CAPABLE) as editor:
            chat = Chat(editor)
            editor.open("def f():\n    pass\n")
            with pytest.raises(Exception, match="closed the connection"):
                await chat.command("edit", uri="file:///project/main.py", instruction="more")
            assert chat.edits == []


async def test_a_refused_key_is_said_in_the_log_and_the_status() -> None:
    with serving(refusal(401), Reply((text("value", "stop"), DONE))) as server:
        async with window(ScriptedModel(), initialization_options=sent_to(server, "completion")) as editor:
            at = editor.open("x = <cursor>\n")
            assert await editor.suggestion(at) == ""
            await editor.logged("requires a key")
            assert await editor.suggestion(at) == "value"
            assert (await status_of_kind(editor, "Normal")).message.startswith("completion: http://127.0.0.1")


async def test_without_the_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.remote.transport.find_spec", lambda _: None)
    options = {"chat": {"remote": {"url": "https://api.example.com"}}}
    async with window(ScriptedModel(), initialization_options=options) as editor:
        assert "pip install" in (await editor.logged("needs the package httpx2")).message


async def _until(editor: Window, is_so: Any) -> None:
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(editor.log)


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsp_server.cli.doctor._measure", lambda *_: None)


@pytest.mark.usefixtures("unmeasured")
def test_doctor_says_where_text_goes_and_asks_there(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(speech("Yes.")) as server:
        assert main(["doctor", "--chat-url", server.url, "--chat-model", "big"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "completion on this machine" in said
    assert f"chat {server.url} (remote) without a key answers after" in said
    assert server.asked[0]["body"]["messages"] == [{"role": "user", "content": "Say yes."}]


@pytest.mark.usefixtures("unmeasured")
def test_doctor_says_what_is_wrong_with_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(refusal(404, "no model big")) as server:
        assert main(["doctor", "--completion-url", server.url, "--completion-model", "big"]) == 1
    assert "no model big" in capsys.readouterr().out


def test_the_library_is_not_loaded_before_it_is_needed() -> None:
    loaded = "import lsp_server.app, sys; print({'httpx2', 'keyring'} & {*sys.modules})"
    said = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout
    assert "httpx2" not in said
    assert "keyring" not in said
