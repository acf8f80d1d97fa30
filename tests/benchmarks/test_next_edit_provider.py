"""The provider for replayed commits: edits that are not saved, and the next one."""

from __future__ import annotations

from pathlib import Path

from benchmarks.next_edit_provider import Provider

TEXT = "def f(amount):\r\n    total = amount * 2\r\n    return total\r\n"


def test_an_unsaved_rename_is_followed(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "a.py").write_bytes(TEXT.encode())
    provider = Provider(tmp_path / "copy")
    provider.index(str(tmp_path / "root"), ["a.py"])
    provider.begin()
    start = TEXT.index("total")
    provider.edit({"path": "a.py", "start": start, "end": start + len("total"), "new_text": "double"})
    suggested = provider.suggest({"path": "a.py", "line": 1})[0]
    provider.stop()
    assert (suggested["path"], suggested["new_text"]) == ("a.py", "    return double\r\n")
