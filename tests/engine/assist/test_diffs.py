"""Diffs too long for a prompt."""

from __future__ import annotations

from engine.assist.diffs import shorten_diff, without_secrets
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
    quoted = changed("package-lock.json", 9).replace(
        "a/package-lock.json b/package-lock.json", '"a/\\tx.lock" "b/\\tx.lock"'
    )
    assert shorten_diff(changed("a.py", 1) + quoted, 100, len) == (changed("a.py", 1), ("\\tx.lock",))
    assert shorten_diff("merge\n" + changed("a.py", 1), 10_000, len)[0].startswith("merge\n")


def test_secrets_are_not_shown() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----"
    diff = changed("a.py", 1) + "+token = 'hunter22secret'\n" + changed(".env", 2) + changed("b.txt", 1) + f"+{key}\n"
    shown = without_secrets(diff)
    assert shown.startswith(changed("a.py", 1) + "+token = '********'\ndiff --git a/.env b/.env\n")
    assert shown.count("+line") == 1
    assert key not in shown
    assert without_secrets("+x = 1\n") == "+x = 1\n"
