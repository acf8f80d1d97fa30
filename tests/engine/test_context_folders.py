"""Several workspace folders of one window, searched as one."""

from __future__ import annotations

from pathlib import Path

from engine.context.find import find
from engine.context.folders import FoldersIndex, OtherFolder
from engine.context.workspace import WorkspaceIndex
from tests.engine.context_files import SECONDS, memory_index, view_at, write

PAINT = "def paint(wheels, colour):\n    return wheels.coat(colour)\n"


def test_code_of_another_folder_is_found_under_that_folders_name() -> None:
    index = FoldersIndex(memory_index(a_dot_py="x = 1\n"), [OtherFolder("../lib/", memory_index(paint_dot_py=PAINT))])
    found = find(view_at("paint(<cursor>"), index, 500)
    assert [(snippet.path, snippet.reason) for snippet in found] == [("../lib/paint.py", "declares paint")]


def test_of_equal_code_the_own_folders_comes_first() -> None:
    index = FoldersIndex(memory_index(b_dot_py=PAINT), [OtherFolder("../lib/", memory_index(a_dot_py=PAINT))])
    view = view_at("paint(<cursor>")
    chunks = index.search("python", view.terms, index.rarity("python", view.terms), 5)
    assert [chunk.path for chunk in chunks] == ["b.py", "../lib/a.py"]


def test_a_word_is_rare_only_where_it_is_in_all_folders() -> None:
    own, other = memory_index(a_dot_py="wheels = 1\n"), memory_index(b_dot_py="x = 1\n", c_dot_py="y = 1\n")
    alone = own.rarity("python", ["wheels"])["wheels"]
    assert FoldersIndex(own, [OtherFolder("../lib/", other)]).rarity("python", ["wheels"])["wheels"] > alone


def test_the_own_folder_keeps_most_places_for_declarations() -> None:
    own, other = ({f"{name}{n}_dot_py": PAINT for n in range(8)} for name in "ab")
    index = FoldersIndex(memory_index(**own), [OtherFolder("../lib/", memory_index(**other))])
    paths = [source.path for source in index.declaring("python", ["paint"], 4)]
    assert [path.startswith("../lib/") for path in paths] == [False, False, False, True]


def test_what_another_folder_ignores_is_not_shown(tmp_path: Path) -> None:
    write(tmp_path, app__main_dot_py="x = 1\n", lib__paint_dot_py=PAINT)
    app, lib, within = (WorkspaceIndex(tmp_path / name, folder=tmp_path / "no store") for name in ("app", "lib", "."))
    lib.edited("paint.py", "python", PAINT)
    within.edited("lib/paint.py", "python", PAINT)
    view = view_at("paint(<cursor>")
    assert [snippet.path for snippet in app.find(view, 500, others=[lib, within])] == ["../lib/paint.py"]
    write(tmp_path, lib___dot_gitignore="paint.py\n")
    lib.changed([".gitignore"])
    assert app.find(view, 500, others=[lib]) == []


def test_two_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, app__main_dot_py="x = 1\n", one__lib__a_dot_py=PAINT, two__lib__b_dot_py=PAINT)
    app, one, two = (
        WorkspaceIndex(tmp_path / name, folder=tmp_path / f"{name} store") for name in ("app", "one/lib", "two/lib")
    )
    for index in (one, two):
        index.start()
        assert index.wait_idle(SECONDS), index.fault
    found = app.find(view_at("paint(<cursor>"), 1_000, others=[one, two])
    one.stop()
    two.stop()
    assert {snippet.path for snippet in found} <= {"../lib/a.py", "../lib-2/b.py"}
    assert found
