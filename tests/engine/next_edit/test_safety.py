"""Whatever the user does: what is proposed changes the lines that are shown, and nothing undone comes back."""

from __future__ import annotations

import random

from engine.context.source import Source
from engine.next_edit.history import EditHistory
from engine.next_edit.restraint import change_of
from engine.types import Eagerness
from tests.engine.next_edit.replay import Typist, applied

NAMES = ("total", "price", "cart", "user", "count", "tax", "x", "do_it")
FORMS = (
    "    {0} = {1}({2})",
    "    return {0} + {1}",
    "def {0}({1}, {2}):",
    "    if {0} and {1}:",
    "        {0}.{1}({2}, 3)",
    "",
    "import {0}",
    "from shop import {0}, {1}",
    "# {0} of {1}",
)
SCRIPTS, STEPS = 1_000, 10  # ten thousand edits


def random_line(dice: random.Random) -> str:
    return dice.choice(FORMS).format(*dice.choices(NAMES, k=3))


def random_text(dice: random.Random) -> str:
    return "\n".join(random_line(dice) for _ in range(dice.randint(0, 14))) + dice.choice(("", "\n"))


def random_edit(dice: random.Random, text: str) -> str:
    """Replaces a word, a stretch of characters, or lines."""
    if dice.random() < 0.5:
        old, new = dice.choices(NAMES, k=2)
        return text.replace(old, new, 1)
    if dice.random() < 0.5:
        lines = text.split("\n")
        at = dice.randrange(len(lines) + 1)
        return "\n".join(
            [*lines[:at], *(random_line(dice) for _ in range(dice.randint(0, 2))), *lines[at + dice.randint(0, 2) :]]
        )
    start = dice.randrange(len(text) + 1)
    return text[:start] + dice.choice(("", "\n", "(", " x", "é😀", "\t")) + text[start + dice.randint(0, 5) :]


def check(typist: Typist) -> None:
    """Everything proposed changes the lines that its candidate names, to what its candidate shows, and no others."""
    for proposal in typist.asks(Eagerness.MANY).proposals:
        before, shown = typist.files[proposal.path], proposal.candidate
        old, new = before.split("\n"), applied(before, proposal).split("\n")
        assert new != old
        assert 0 <= proposal.start <= proposal.end <= len(before)
        assert new == [*old[: shown.start], *shown.lines, *old[shown.end :]] or new == ["", *shown.lines][-len(new) :]


def test_what_is_proposed_changes_the_shown_lines_only() -> None:
    for seed in range(SCRIPTS):
        dice = random.Random(seed)
        typist = Typist(a_py=random_text(dice), b_py=random_text(dice))
        for step in range(STEPS):
            typist.sets(random_edit(dice, typist.files[path := dice.choice(("a.py", "b.py"))]), path)
            if step % 3 == 2:
                check(typist)


def test_nothing_that_was_undone_is_brought_back() -> None:
    for seed in range(200):
        dice = random.Random(seed)
        typist = Typist(a_py="def f(amount):\n" + random_text(dice) + "\n    return amount\n")
        states = [typist.files["a.py"]]
        for _ in range(dice.randint(1, 4)):
            states.append(random_edit(dice, states[-1]))
            typist.sets(states[-1])
        for undone, state in zip(reversed(states[1:]), reversed(states[:-1]), strict=True):  # one by one
            typist.sets(state)
            assert undone not in {applied(state, each) for each in typist.asks(Eagerness.MANY).proposals} - {state}
        assert not typist.asks(Eagerness.MANY).proposals


def test_an_edit_that_was_accepted_and_undone_is_not_proposed_again() -> None:
    typist = Typist(a_py="def f(amount):\n    total = amount * 2\n    return amount + total\n")
    typist.replaces("f(amount", "f(price")
    before, proposal = typist.files["a.py"], typist.asks(Eagerness.MANY).proposals[0]
    typist.accepts(proposal)
    typist.sets(before)
    assert proposal.candidate.lines not in {each.candidate.lines for each in typist.asks(Eagerness.MANY).proposals}


def test_what_was_refused_stays_refused_when_its_lines_move() -> None:
    typist = Typist(a_py="def f(amount):\n    return amount\n")
    typist.replaces("f(amount", "f(price")
    proposal = typist.asks(Eagerness.MANY).proposals[0]
    typist.editor.refuse(proposal, Source("a.py", "", typist.files["a.py"]))
    typist.sets("import os\n" + typist.files["a.py"])
    changes = {
        change_of(each.candidate, Source("a.py", "", typist.files["a.py"]))
        for each in typist.asks(Eagerness.MANY).proposals
    }
    assert not changes & set(typist.editor.refused)


def test_a_formatter_or_another_branch_is_no_edit() -> None:
    history = EditHistory()
    lines = [f"line {number}" for number in range(5_000)]
    history.observe("a.py", "\n".join(lines))
    history.observe("a.py", "\n".join(f"    {line}" for line in lines))
    assert not history.trail().hunks


def test_five_thousand_edits_are_followed() -> None:
    history = EditHistory()
    lines = ["pass"] * 50
    history.observe("a.py", "\n".join(lines))
    for number in range(5_000):
        lines[number % 50] = f"x{number} = 1"
        history.observe("a.py", "\n".join(lines))
    hunks = history.trail().hunks
    assert {tuple(lines[hunk.line : hunk.end]) == hunk.after for hunk in hunks} == {True}


def test_hunks_fit_the_text_after_any_edits() -> None:
    for seed in range(300):
        dice = random.Random(seed)
        history, text = EditHistory(), random_text(dice)
        history.observe("a.py", text)
        for _ in range(12):
            text = random_edit(dice, text)
            history.observe("a.py", text)
            lines = text.split("\n")
            assert all(tuple(lines[hunk.line : hunk.end]) == hunk.after for hunk in history.trail().hunks)


def test_a_change_that_only_moves_blanks_is_not_proposed() -> None:
    typist = Typist(a_py="a = f(1,2)\nb = f(3,4)\nc = f(5,6)\n")
    typist.replaces("f(1,2)", "f(1, 2)")
    typist.replaces("f(3,4)", "f(3, 4)")
    assert not typist.asks(Eagerness.MANY).proposals


def test_a_file_that_was_deleted_gets_no_edit() -> None:
    typist = Typist(a_py="def old_name():\n    pass\n", b_py="from a import old_name\nold_name()\n")
    typist.replaces("old_name", "new_name")
    del typist.files["b.py"]
    assert {each.path for each in typist.asks(Eagerness.MANY).proposals} <= {"a.py"}
