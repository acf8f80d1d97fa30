from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.open_files import OpenFiles
from engine.context.outline import outline
from engine.context.secrets import MASK, masked

KEY = "AKIA" + "Q7XZ2M5N8P1R4T6V"
LINES = st.lists(
    st.sampled_from(["", "x = 1", "token =", "token", "=", '"a1b2c3d4e5"', f"k = '{KEY}'", KEY, "password: '", "#"]),
    max_size=12,
)
CODE = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"


class Typing:
    """A file that is typed in: its outline takes a second to make, and the clock stands otherwise."""

    def __init__(self, root: Path = Path("/work")) -> None:
        self.now = 0.0
        self.files = OpenFiles(root, (), clock=self._clock)

    def _clock(self) -> float:
        self.now += 1.0
        return self.now

    def outline(self, text: str) -> list[tuple[str, int, int]]:
        source = self.files.source("a.py", "python", text)
        assert source is not None
        return [(each.name, each.start, each.end) for each in source.declarations]


@given(LINES, LINES, st.data())
def test_secrets_are_masked_as_if_the_whole_text_was_read(
    before: list[str], put: list[str], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, len(before)))
    after = "\n".join([*before[:start], *put, *before[end:]])
    files = Typing().files
    files.source("a.py", "python", "\n".join(before))
    source = files.source("a.py", "python", after)
    assert source is not None
    assert source.text == masked(after)


def test_a_secret_typed_in_three_lines_is_masked() -> None:
    files = Typing().files
    files.source("a.py", "python", "token =\n\n\n\n\n\n\nx = 1\n")
    source = files.source("a.py", "python", "token =\n\n\n\n\n\n'a1b2c3d4e5'\nx = 1\n")
    assert source is not None
    assert MASK in source.text


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ("import os\n\n" + CODE, [("one", 2, 4), ("two", 6, 8)]),
        (CODE.replace("    return 1\n", "    x = 1\n    return x\n"), [("one", 0, 3), ("two", 5, 7)]),
        (CODE.replace("    return 1\n", "    return 1\n    # done\n"), [("one", 0, 3), ("two", 5, 7)]),
        (CODE.replace("\n\n\n", "\n"), [("one", 0, 2), ("two", 2, 4)]),
        (CODE.replace("1\n", "1 + 1\n"), [("one", 0, 2), ("two", 4, 6)]),
    ],
)
def test_while_a_person_types_declarations_move_with_their_lines(
    text: str, declared: list[tuple[str, int, int]]
) -> None:
    person = Typing()
    person.outline(CODE)
    assert person.outline(text) == declared
    assert [(each.name, each.start, each.end) for each in outline("python", text)] == declared


def test_a_new_declaration_is_known_after_a_pause() -> None:
    person = Typing()
    person.outline(CODE)
    longer = CODE + "\n\ndef three(): ...\n"
    assert [name for name, *_ in person.outline(longer)] == ["one", "two"]
    (source,) = person.files.outdated()
    assert source.declarations.names == ["one", "two", "three"]
    assert list(person.files.outdated()) == []


def test_an_outline_is_made_anew_while_typing_once_that_is_a_small_share_of_the_time() -> None:
    person = Typing()
    person.outline(CODE)
    person.now += 1 / 0.005
    assert [name for name, *_ in person.outline(CODE + "\n\ndef three(): ...\n")] == ["one", "two", "three"]


def test_a_file_that_turns_into_one_that_may_not_be_read_is_not_remembered() -> None:
    files = Typing().files
    files.source("a.py", "python", CODE)
    assert files.source("a.py", "python", "# @generated\n" + CODE) is None
    assert list(files.outdated()) == []
