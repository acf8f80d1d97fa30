from __future__ import annotations

from pathlib import Path

from lsp_server.workspace.documents import FolderFile
from lsp_server.workspace.recent_edits import MAX_FILES, MAX_RANGES, RecentEdits

ROOT = Path("/project")


def edited(*lines: tuple[str, int]) -> dict[str, list[tuple[int, int]]]:
    """Return the ranges by path after edits of single lines."""
    edits = RecentEdits()
    for path, line in lines:
        edits.add(FolderFile(ROOT, path), line, line + 1)
    return {path: [tuple(each) for each in ranges] for path, ranges in edits.of_folder(ROOT, without="")}


def test_the_last_edit_comes_first_in_its_file_and_its_file_among_the_files() -> None:
    found = edited(("a.py", 10), ("b.py", 1), ("a.py", 90))
    assert list(found.items()) == [("a.py", [(90, 91), (10, 11)]), ("b.py", [(1, 2)])]


def test_edits_close_to_each_other_are_one_range() -> None:
    assert edited(("a.py", 10), ("a.py", 13), ("a.py", 8)) == {"a.py": [(8, 14)]}


def test_the_oldest_are_forgotten() -> None:
    assert len(edited(*((f"{n}.py", 0) for n in range(MAX_FILES + 5)))) == MAX_FILES
    assert len(edited(*(("a.py", 100 * n) for n in range(MAX_RANGES + 5)))["a.py"]) == MAX_RANGES


def test_files_of_other_folders_and_the_document_itself_are_left_out() -> None:
    edits = RecentEdits()
    edits.add(FolderFile(ROOT, "a.py"), 1, 2)
    edits.add(FolderFile(Path("/other"), "b.py"), 1, 2)
    assert edits.of_folder(ROOT, without="a.py") == ()
