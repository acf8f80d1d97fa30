"""Diffs too long for a prompt."""

from __future__ import annotations

import pytest

from engine.assist.diffs import names_in, shorten_diff, without_secrets
from engine.assist.tasks import AssistRequest, AssistTask
from tests.engine.assist.test_fit import fitted


def changed(path: str, lines: int) -> str:
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n" + "+line\n" * lines


DIFF = changed("a.py", 10) + changed("package-lock.json", 5) + changed("b.py", 400)


def test_what_nobody_wrote_goes_first_then_the_longest() -> None:
    assert shorten_diff(DIFF, 10_000, len) == (DIFF, ())
    shorter = DIFF.replace(changed("package-lock.json", 5), "")
    assert shorten_diff(DIFF, len(DIFF) - 1, len) == (shorter, ("package-lock.json",))
    assert shorten_diff(DIFF, 300, len) == (changed("a.py", 10), ("package-lock.json", "b.py"))


def test_what_was_left_out_is_named() -> None:
    prompt = fitted(AssistRequest(AssistTask.COMMIT, diff=DIFF), code=DIFF, room=700)
    assert prompt.notices == ("The diff was shortened. Left out: package-lock.json, b.py.",)


def test_one_long_file_is_cut() -> None:
    diff = changed("a.py", 4000)
    (notice,) = fitted(AssistRequest(AssistTask.COMMIT, diff=diff), code=diff, room=700).notices
    assert notice.startswith("Only lines 1–")


def test_names_in_quotes_and_what_stands_before_the_first_file() -> None:
    quoted = 'diff --git "a/\\303\\251.lock" "b/\\303\\251.lock"\n@@ -1 +1 @@\n' + "+line\n" * 9
    assert shorten_diff(changed("a.py", 1) + quoted, 100, len) == (changed("a.py", 1), ("é.lock",))
    assert shorten_diff("merge\n" + changed("a.py", 1), 10_000, len)[0].startswith("merge\n")


def test_secrets_are_not_shown() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----"
    diff = changed("a.py", 1) + "+token = 'hunter22secret'\n" + changed(".env", 2) + changed("b.txt", 1) + f"+{key}\n"
    shown = without_secrets(diff)
    assert shown.startswith(changed("a.py", 1) + "+token = '********'\ndiff --git a/.env b/.env\n")
    assert shown.count("+line") == 1
    assert key not in shown
    assert without_secrets("+x = 1\n") == "+x = 1\n"


HUNK = "@@ -1 +1 @@\n+line\n"


@pytest.mark.parametrize(
    "head",
    [
        "diff --git a/.env b/.env\n--- a/.env\n+++ b/.env\n",
        "diff --git i/.env w/.env\n--- i/.env\n+++ w/.env\n",
        "diff --git .env .env\n--- .env\n+++ .env\n",
        "diff --git a/.env b/.env\nnew file mode 100644\n--- /dev/null\n+++ b/.env\n",
        "diff --git a/x b/.env\nsimilarity index 90%\nrename from x\nrename to .env\n--- a/x\n+++ b/.env\n",
        "diff --cc .env\nindex 1,2..3\n--- a/.env\n+++ b/.env\n",
        "Index: .env\n=====\n--- .env\t(revision 1)\n+++ .env\t(working copy)\n",
        "--- a/.env\n+++ b/.env\n",
        "--- .env\t2026-01-01\n+++ .env\t2026-01-02\n",
    ],
)
def test_secret_files_are_known_however_a_diff_names_them(head: str) -> None:
    assert ".env" in names_in(head + HUNK)
    assert "+line" not in without_secrets(head + HUNK)


def test_a_hidden_file_keeps_its_name_alone() -> None:
    shown = without_secrets(changed("a.py", 1) + changed("docs/notes.py", 2), {"docs/notes.py"})
    assert shown.startswith(changed("a.py", 1))
    assert "docs/notes.py" in shown
    assert shown.count("+line") == 1


def test_a_binary_patch_of_a_secret_file_is_not_shown() -> None:
    diff = "diff --git a/a.p12 b/a.p12\nindex 1..2\nGIT binary patch\nliteral 9\nQcmV+abc\n"
    assert "QcmV" not in without_secrets(diff)


def test_a_prefix_is_no_folder() -> None:
    assert names_in(changed("b/a.py", 1) + changed("x.py", 1)) == ("b/a.py", "x.py")
