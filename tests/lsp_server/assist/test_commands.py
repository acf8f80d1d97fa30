"""Each task by `workspace/executeCommand`, with its result in the editor."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from engine.assist import assist
from engine.context.git import find_git
from lsp_server.features.assist import staged
from tests.engine.assist.speaking import ChatModel
from tests.installed import needs, stub
from tests.lsp_server.assist.chatting import CAPABLE, URI, chat, whole
from tests.scripted import ScriptedModel

SOURCE = "def add(a, b):\n    return a + b\n"
COMMENTED = '```python\ndef add(a, b):\n    """Adds."""\n    return a + b\n```'
TOKEN = "w"
JAVA = "```java\nint add(int a, int b) { return a + b; }\n```"


async def test_all_commands_are_advertised() -> None:
    async with chat() as editor:
        provider = editor.editor.capabilities.execute_command_provider
        tasks = {"ask", "explain", "comment", "document", "translate", "fix", "tests", "edit", "commitMessage"}
        assert {f"codegeex.{task}" for task in tasks} <= set(provider.commands)


async def test_comments_are_one_annotated_edit_of_the_version_that_was_seen() -> None:
    async with chat(COMMENTED) as editor:
        editor.editor.open("# 😀\n" + SOURCE)
        result = await editor.command("comment", uri=URI, range=whole(1, 3))
        assert (result["applied"], result["warnings"]) == (True, [])
        (edit,) = editor.edits
        (change,) = edit.document_changes
        assert (change.text_document.uri, change.text_document.version) == (URI, 0)
        assert change.edits[0].new_text == 'def add(a, b):\n    """Adds."""\n    return a + b\n'
        assert change.edits[0].range == types.Range(types.Position(1, 0), types.Position(3, 0))
        assert edit.change_annotations["codegeex"] == types.ChangeAnnotation("CodeGeeX: Add comments", False)


async def test_what_the_checks_could_not_prove_needs_confirmation() -> None:
    async with chat(COMMENTED.replace("+", "-")) as editor:
        editor.editor.open(SOURCE)
        result = await editor.command("comment", uri=URI)
        annotation = editor.edits[0].change_annotations["codegeex"]
        assert annotation.needs_confirmation
        assert annotation.description == result["warnings"][0]
        assert editor.messages == [result["warnings"][0]]


async def test_a_client_that_knows_no_versions_gets_a_plain_change() -> None:
    async with chat(COMMENTED, capabilities=types.ClientCapabilities()) as editor:
        editor.editor.open(SOURCE)
        await editor.command("document", uri=URI)
        assert list(editor.edits[0].changes) == [URI]


async def test_a_document_that_changed_meanwhile_is_left_alone() -> None:
    model = ChatModel(COMMENTED)
    model.hold()
    async with chat(model) as editor:
        editor.editor.open(SOURCE)
        running = asyncio.ensure_future(editor.command("comment", uri=URI))
        await asyncio.to_thread(model.started.wait, 10)
        editor.editor.change((0, 0), (0, 0), "# typed meanwhile\n")
        await editor.request("codegeex/forgetConversation", {})  # the server has seen the change
        model.go_on.set()
        result = await running
        assert (result["applied"], editor.edits) == (False, [])
        assert result["reason"] == "main.py has changed since the request: nothing was changed. Try again."
        assert result["code"].startswith("def add")


async def test_two_answers_at_once_are_applied_once() -> None:
    async with chat(COMMENTED) as editor:
        editor.editor.open(SOURCE)
        first, second = (asyncio.ensure_future(editor.command("comment", uri=URI)) for _ in range(2))
        editor.takes_edits = False  # as an editor does where the version is not its own any more
        result = [await first, await second]
        assert all(not each["applied"] and "not today" in each["reason"] for each in result)


async def test_a_client_may_do_it_itself() -> None:
    async with chat(COMMENTED) as editor:
        editor.editor.open("x = '😀'; y = 1\n" + SOURCE)
        result = await editor.command("edit", uri=URI, range=whole(1, 3), instruction="document it", apply=False)
        assert (editor.edits, editor.shown, result["applied"]) == ([], [], False)
        assert result["edit"]["range"] == whole(1, 3)
        assert result["edit"]["newText"].startswith('def add(a, b):\n    """Adds."""')


async def test_a_bare_cursor_is_about_the_declaration_around_it_or_else_the_document() -> None:
    async with chat(COMMENTED) as editor:
        editor.editor.open("import os\n\n" + SOURCE + "\nx = 1\n")
        result = await editor.command("comment", uri=URI, range=whole(3, 3), apply=False)
        assert result["edit"]["range"] == whole(2, 4)
        result = await editor.command("edit", uri=URI, range=whole(5, 5), instruction="document it", apply=False)
        assert result["edit"]["range"] == whole(0, 6)


async def test_a_client_that_shows_a_new_file_itself_learns_where_it_belongs(tmp_path: Path) -> None:
    uri = (tmp_path / "sums.py").as_uri()
    async with chat(JAVA) as editor:
        editor.editor.open(SOURCE, uri)
        result = await editor.command("translate", uri=uri, target="java", apply=False)
        assert (result["newUri"], editor.edits) == ((tmp_path / "sums.java").as_uri(), [])


async def test_a_translation_is_a_new_file_next_to_it(tmp_path: Path) -> None:
    uri = (tmp_path / "sums.py").as_uri()
    async with chat(JAVA) as editor:
        editor.editor.open(SOURCE, uri)
        result = await editor.command("translate", uri=uri, target="java")
        created, change = editor.edits[0].document_changes
        assert created.uri == result["uri"] == (tmp_path / "sums.java").as_uri()
        assert change.edits[0].new_text == "int add(int a, int b) { return a + b; }\n"
        (tmp_path / "sums.java").touch()
        await editor.command("translate", uri=uri, target="java")
        assert editor.edits[1].document_changes[0].uri.endswith("/sums_2.java")


async def test_the_user_chooses_the_language_if_none_is_named() -> None:
    model = ChatModel(JAVA)
    async with chat(model) as editor:

        @editor.client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        def choose(params: types.ShowMessageRequestParams) -> types.MessageActionItem:
            assert "Python" not in {action.title for action in params.actions}
            return types.MessageActionItem("Java")

        editor.editor.open(SOURCE)
        assert (await editor.command("translate", uri=URI))["language"] == "java"


async def test_tests_and_explanations_are_documents_to_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    async with chat("It adds.", capabilities=types.ClientCapabilities(window=CAPABLE.window)) as editor:
        editor.editor.open(SOURCE)
        result = await editor.command("explain", uri=URI)
        assert [result["uri"]] == editor.shown
        assert _texts(tmp_path) == ["It adds.\n"]


async def test_an_editor_that_shows_no_documents_gets_a_message() -> None:
    async with chat("It adds.", capabilities=types.ClientCapabilities()) as editor:
        editor.editor.open(SOURCE)
        await editor.command("explain", uri=URI)
        assert editor.messages == ["It adds.\n"]


async def test_a_commit_message_for_what_is_staged(tmp_path: Path) -> None:
    needs("git")

    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    git("init")
    (tmp_path / "sums.py").write_text(SOURCE)
    message_file = (tmp_path / ".git" / "COMMIT_EDITMSG").as_uri()
    model = ChatModel("Add two numbers")
    async with chat(model) as editor:
        editor.editor.open("\n# Please enter the message\n", message_file, "gitcommit")
        with pytest.raises(JsonRpcException, match="Nothing is staged"):
            await editor.command("commitMessage", uri=message_file)
        git("add", ".")
        await editor.command("commitMessage", uri=message_file)
        assert "+def add(a, b):" in model.prompts[0]
        assert editor.edits[0].document_changes[0].edits[0].new_text == "Add two numbers\n"


@pytest.mark.parametrize(("chosen", "edits"), [("Apply", 1), ("Discard", 0), (None, 0)])
async def test_a_client_that_cannot_ask_for_confirmation_lets_the_user_choose(chosen: str | None, edits: int) -> None:
    plain = types.ClientCapabilities(workspace=types.WorkspaceClientCapabilities(apply_edit=True))
    async with chat(COMMENTED.replace("a + b", "a - b"), capabilities=plain) as editor:
        questions: list[str] = []

        def choose(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            questions.append(params.message)
            return types.MessageActionItem(chosen) if chosen else None

        editor.client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)(choose)
        editor.editor.open(SOURCE)
        result = await editor.command("comment", uri=URI)
        assert (len(editor.edits), result["applied"]) == (edits, bool(edits))
        assert questions == ["\n".join(result["warnings"])]


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("```\ndiff --git a/x b/x\n+\n+\n", "is a diff"),
        ("<think>\nIt sets", "no commit message"),
        ("Set it again. " * 99, "repeated itself"),
    ],
)
async def test_what_is_no_commit_message_is_shown_and_not_inserted(text: str, warning: str) -> None:
    async with chat(text) as editor:
        editor.editor.open("\n# comments\n", URI, "git-commit")
        result = await editor.command("commitMessage", uri=URI, diff="diff --git a/x b/x\n")
        assert warning in result["reason"]
        assert (result["applied"], editor.edits, len(editor.shown)) == (False, [], 1)


async def test_a_commit_message_has_the_line_ends_of_its_file() -> None:
    async with chat("Set the number\n\nIt was missing.") as editor:
        editor.editor.open("\r\n# comments\r\n", URI, "git-commit")
        await editor.command("commitMessage", uri=URI, diff="diff --git a/x b/x\n")
        text = editor.edits[0].document_changes[0].edits[0].new_text
        assert text == "Set the number\r\n\r\nIt was missing.\r\n"


async def test_thoughts_are_neither_inserted_nor_remembered() -> None:
    async with chat("<think>\nIt sets a number.\n</think>\n\nSet the number") as editor:
        editor.editor.open("\n# comments\n", URI, "git-commit")
        await editor.command("commitMessage", uri=URI, diff="diff --git a/x b/x\n")
        assert editor.edits[0].document_changes[0].edits[0].new_text == "Set the number\n"
        first = await editor.ask("Why?")
        await editor.ask("And?", conversationId=first["conversationId"])
        assert (
            "It sets a number"
            not in editor.editor.server.session.conversations.open(first["conversationId"])[1][1].text
        )


@pytest.mark.parametrize(
    ("script", "fault"),
    [("exit 1", "git is not installed, or does not run"), ("[ $1 = --version ] || sleep 60", "does not answer")],
)
async def test_a_git_that_does_not_work_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, fault: str
) -> None:
    stub(tmp_path / "bin", "git", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(staged, "GIT_SECONDS", 0.2 if "sleep" in script else 20.0)
    find_git.cache_clear()
    async with chat() as editor:
        editor.editor.open(SOURCE, (tmp_path / "sums.py").as_uri())
        with pytest.raises(JsonRpcException, match=fault):
            await editor.command("commitMessage", uri=(tmp_path / "sums.py").as_uri())
    find_git.cache_clear()


async def test_no_program_of_a_repository_is_run(tmp_path: Path) -> None:
    needs("git")

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    git("init")
    (tmp_path / "sums.py").write_text(SOURCE)
    git("add", ".")
    blob = git("rev-parse", ":sums.py").strip()
    ran = tmp_path / "ran"
    git("config", "core.fsmonitor", f"touch {ran}; false")
    # An object that is missing, and where git is to get it from.
    (tmp_path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    for name, value in (("remote.o.promisor", "true"), ("remote.o.url", "ssh://x/y"), ("extensions.partialClone", "o")):
        git("config", name, value)
    git("config", "core.repositoryFormatVersion", "1")
    git("config", "core.sshCommand", f"touch {ran}; false")
    uri = (tmp_path / "sums.py").as_uri()
    async with chat() as editor:
        editor.editor.open(SOURCE, uri)
        assert (await editor.command("commitMessage", uri=uri))["text"] == "Yes."
    assert not ran.exists()


async def test_a_message_file_of_a_worktree_is_about_that_worktree(tmp_path: Path) -> None:
    needs("git")

    def git(*arguments: str, folder: str = "main") -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path / folder, check=True, capture_output=True)

    (tmp_path / "main").mkdir()
    git("init")
    git("commit", "--allow-empty", "-m", "first")
    git("worktree", "add", "../other")
    for folder in ("main", "other"):
        (tmp_path / folder / f"{folder}.py").write_text(SOURCE)
        git("add", ".", folder=folder)
    message_file = (tmp_path / "main" / ".git" / "worktrees" / "other" / "COMMIT_EDITMSG").as_uri()
    model = ChatModel("Add two numbers")
    async with chat(model) as editor:
        editor.editor.open("\n", message_file, "gitcommit")
        await editor.command("commitMessage", uri=message_file)
        assert "b/other.py" in model.prompts[0]


async def test_the_work_of_a_command_is_shown_and_can_be_stopped() -> None:
    model = ChatModel(COMMENTED)
    model.hold()
    async with chat(model) as editor:
        editor.editor.open(SOURCE)
        params = types.ExecuteCommandParams("codegeex.comment", [{"uri": URI}], work_done_token=TOKEN)
        running = asyncio.ensure_future(editor.client.workspace_execute_command_async(params))
        await asyncio.to_thread(model.started.wait, 10)
        editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("w"))
        result = await running
        assert (result["stopped"], result["applied"], editor.edits) == (True, False, [])
        assert [value["kind"] for token, value in editor.progress if token == "w"] == ["begin", "report", "end"]
        assert editor.progress[0][1]["title"] == "CodeGeeX: Add comments"


@pytest.mark.parametrize("command", ["tests", "fix"])
async def test_an_answer_without_code_changes_and_creates_nothing(command: str) -> None:
    async with chat("```\n```") as editor:
        editor.editor.open(SOURCE)
        result = await editor.command(command, uri=URI, diagnostic={"message": "slow"})
        assert (editor.edits, editor.shown) == ([], [])
        assert (result["applied"], result["reason"]) == (False, "The answer contains no code.")
        assert editor.messages == ["The answer contains no code."]


async def test_a_stop_while_the_answer_is_checked_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    checking, go_on, checked = threading.Event(), threading.Event(), threading.Event()

    def parse_fault(*_: object) -> None:
        checking.set()
        go_on.wait(10)
        checked.set()

    monkeypatch.setattr(assist, "parse_fault", parse_fault)
    async with chat("```python\nx = 2\n```") as editor:
        editor.editor.open("x = 1\n")
        argument = {"uri": URI, "diagnostic": {"message": "slow"}}
        params = types.ExecuteCommandParams("codegeex.fix", [argument], work_done_token=TOKEN)
        running = asyncio.ensure_future(editor.client.workspace_execute_command_async(params))
        await asyncio.to_thread(checking.wait, 10)
        editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(TOKEN))
        result = await running
        assert not checked.is_set()  # a compiler that is under way is not waited for
        go_on.set()
        assert (result["stopped"], result["applied"], editor.edits) == (True, False, [])


async def test_a_commit_message_has_no_fence() -> None:
    async with chat("```\nAdd two numbers\n```") as editor:
        editor.editor.open("\n# Please enter the message\n", language="gitcommit")
        await editor.command("commitMessage", uri=URI, diff="+x")
        assert editor.edits[0].document_changes[0].edits[0].new_text == "Add two numbers\n"


async def test_a_completion_model_refuses_in_the_editors_language() -> None:
    async with chat(ScriptedModel("never shown"), locale="zh-cn") as editor:
        editor.editor.open(SOURCE)
        with pytest.raises(JsonRpcException, match=r"模型 scripted 无法完成此任务.*CodeGeeX4"):
            await editor.command("translate", uri=URI, target="java")


async def test_a_refusal_is_no_fault_of_the_daemon() -> None:
    async with chat(ScriptedModel("never shown")) as editor:
        editor.editor.open(SOURCE)
        with pytest.raises(JsonRpcException, match="cannot do this"):
            await editor.command("translate", uri=URI, target="java")
        await editor.ask("Why?")
        assert editor.editor.server.client.status.kind == "Normal"
        assert not [message for message in editor.editor.log if message.type == types.MessageType.Error]


async def test_wrong_arguments_and_unknown_commands_are_refused() -> None:
    async with chat() as editor:
        with pytest.raises(JsonRpcException, match="is not open"):
            await editor.command("comment", uri="file:///none.py")
        with pytest.raises(JsonRpcException, match=r"there is no command 'codegeex\.nope'"):
            await editor.command("nope")


def _texts(folder: Path) -> list[str]:
    return [file.read_text() for file in folder.rglob("*.md")]
