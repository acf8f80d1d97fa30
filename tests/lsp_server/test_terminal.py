"""What a terminal is shown."""

from __future__ import annotations

from lsp_server.cli import terminal


def test_a_count_agrees_with_its_noun() -> None:
    assert [terminal.count(number, "thread") for number in (0, 1, 2)] == ["0 threads", "1 thread", "2 threads"]
