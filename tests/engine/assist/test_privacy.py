"""What may not leave the machine, or may not be shown to a model at all, in questions and tasks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.assist.assist import respond
from engine.assist.gather import Gathered
from engine.assist.privacy import private_files
from engine.assist.tasks import AnswerListener, AssistRequest, AssistSettings, AssistTask
from engine.document import Document
from engine.types import CancellationToken, PrivateTextError
from tests.engine.assist.speaking import CODEGEEX4, ChatModel, answered, asked
from tests.engine.assist.test_diffs import changed

REMOTE = replace(CODEGEEX4, family="remote", name="big")
TEXT = "def f():\n    return 1\n"


def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".codegeexignore").write_text("hidden.py\nprivate/\n")
    return tmp_path


def sent(root: Path, name: str, text: str = TEXT, task: AssistTask = AssistTask.EXPLAIN) -> ChatModel:
    """Ask a model on a server about a file, and return the model."""
    document = Document(name, "python", text, root / name, root)
    request = AssistRequest(task, document=document, selection=(0, 8), question="?", excluded=("excluded/**",))
    model = ChatModel("Yes.", description=REMOTE)
    respond(request, Gathered(), model, AssistSettings(), CancellationToken(), AnswerListener())
    return model


@pytest.mark.parametrize("task", [AssistTask.EXPLAIN, AssistTask.ASK])
@pytest.mark.parametrize("name", [".env", "hidden.py", "private/x.py", "excluded/x.py", "id_rsa"])
def test_a_private_file_is_not_sent_to_a_server(tmp_path: Path, name: str, task: AssistTask) -> None:
    with pytest.raises(PrivateTextError, match="is not sent to the server of the model big"):
        sent(folder(tmp_path), name, task=task)


def test_a_text_with_a_private_key_is_not_sent(tmp_path: Path) -> None:
    with pytest.raises(PrivateTextError, match="it holds a private key"):
        sent(folder(tmp_path), "a.py", "KEY = '''-----BEGIN RSA PRIVATE KEY-----\n'''\n")


@pytest.mark.parametrize("name", ["a.py", "vendor/a.py", "a.generated.py"])
def test_other_files_are_sent(tmp_path: Path, name: str) -> None:
    assert sent(folder(tmp_path), name).prompts


def test_a_model_on_this_machine_reads_what_the_user_selects(tmp_path: Path) -> None:
    request = asked(AssistTask.EXPLAIN, TEXT)
    assert request.document
    private = replace(request, document=replace(request.document, path=".env"))
    assert answered(private, ChatModel("Yes.")).text == "Yes."


def test_files_that_are_not_shown_are_not_in_a_commit_message_either(tmp_path: Path) -> None:
    diff = "".join(changed(name, 1) for name in ("a.py", "hidden.py", "private/x.py", "excluded/x.py"))
    request = AssistRequest(AssistTask.COMMIT, diff=diff, roots=(folder(tmp_path),), excluded=("excluded/**",))
    assert list(private_files(request)) == ["hidden.py", "private/x.py", "excluded/x.py"]
    model = ChatModel("Add a")
    answer = answered(request, model)
    assert model.prompts[0].count("+line") == 1
    assert answer.notices[0].startswith("Not shown to the model: hidden.py (ignored by .codegeexignore), private/x.py")


def test_a_secret_in_a_diagnostic_is_masked() -> None:
    model = ChatModel(f"```python\n{TEXT}```")
    answered(asked(AssistTask.FIX, TEXT, question="cannot parse password = 'hunter22secret'"), model)
    assert "hunter22secret" not in model.prompts[0]
    assert "cannot parse password = '********'" in model.prompts[0]
