"""The cache: what the model answered at a cursor, what the user does then, what is shown there."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from engine.completion.cache import CacheHit, CompletionCache, place_of
from engine.completion.decide import Decider
from engine.document import Cursor
from engine.generated import Generated
from engine.types import Completion, Mode, Outcome, Prompt
from tests.scripted import CURSOR, WordTokenizer

SURE = Decider({}, 0.5)


def model_answer(text: str, probabilities: Sequence[float] | float = 0.99, end: float | None = 0.99) -> Generated:
    """Return an answer with a token for each word or symbol."""
    tokenizer, ends = WordTokenizer(), []
    for token in tokenizer.encode(text):
        ends.append((ends[-1] if ends else 0) + len(tokenizer.decode([token])))
    each = [probabilities] * len(ends) if isinstance(probabilities, float) else probabilities
    return Generated(text, tuple(ends), tuple(map(math.log, each)), None if end is None else math.log(end))


class Editing:
    """A document with a `<cursor>`, and the cache over it."""

    def __init__(self, **bounds: int) -> None:
        self.cache = CompletionCache(**bounds)
        self.epoch = 0

    def answers(self, source: str, says: str | Generated, mode: Mode = Mode.LINE, **put: object) -> None:
        """The model was asked at the cursor, and its answer shown as the pipeline would."""
        generated = model_answer(says) if isinstance(says, str) else says
        cursor = _cursor(source)
        completion, silence = SURE.decide(generated, mode, cursor)
        outcome = Outcome(completion, silence, Prompt((), mode, 0, 0), generated)
        self.cache.put(place_of("main", cursor, self.epoch), outcome, **put)  # type: ignore[arg-type]

    def found(self, source: str, document: str = "main") -> CacheHit | None:
        cursor = _cursor(source)
        return self.cache.lookup(place_of(document, cursor, self.epoch), cursor, SURE)

    def shows(self, source: str) -> str | None:
        """What is shown from the cache; "" for a silence it knows of, None where the model must be asked."""
        found = self.found(source)
        if found is None:
            return None
        return found.completion.text if found.completion else ""


def _cursor(source: str) -> Cursor:
    return Cursor.between(*source.split(CURSOR), "main.py", "python")


@pytest.mark.parametrize(
    ("asked", "says", "now", "shows"),
    [
        ("x = <cursor>\n", "value", "x = <cursor>\n", "value"),
        ("x = <cursor>\n", "value", "x = v<cursor>\n", "alue"),
        ("x = <cursor>\n", "value", "x = w<cursor>\n", None),
        ("x = <cursor>\n", "value", "x = value<cursor>\n", None),
        ("x = <cursor>\n", "a.b(c)", "x = a.<cursor>\n", "b(c)"),
        ("x = <cursor>\n", "a.b(c)", "x = a.b(c<cursor>\n", ")"),
        ("x = <cursor>\n", "value", "y = <cursor>\n", None),
        ("x = <cursor>\n", "value", "import os\nx = <cursor>\n", None),
        ("x = <cursor>\nprint(y)\n", "value", "x = <cursor>\nprint(x)\n", None),
        ("x = <cursor>\r\ny = 1\r\n", "value", "x = va<cursor>\r\ny = 1\r\n", "lue"),
    ],
    ids=[
        "undo", "typing along", "typing something else", "all typed", "a word accepted", "down to the last character",
        "another line", "another text above", "another text below", "CRLF",
    ],
)  # fmt: skip
def test_from_place_to_place(asked: str, says: str, now: str, shows: str | None) -> None:
    editing = Editing()
    editing.answers(asked, says)
    assert editing.shows(now) == shows


@pytest.mark.parametrize(
    ("asked", "says", "now", "shows"),
    [
        ("print<cursor>\n", "(a, b)", "print(<cursor>)\n", "a, b"),
        ("s = <cursor>\n", '"name"', 's = "<cursor>"\n', "name"),
        ("x = a<cursor>\n", "[i][j]", "x = a[<cursor>]\n", "i][j"),
        ("x = f(g<cursor>)\n", "(y)", "x = f(g(<cursor>))\n", "y"),
    ],
    ids=["bracket", "quote", "the last bracket is the editor's", "nested"],
)
def test_what_editors_close_by_themselves_is_no_other_place(asked: str, says: str, now: str, shows: str) -> None:
    editing = Editing()
    editing.answers(asked, says)
    assert editing.shows(now) == shows


BLOCK = "\n    for x in xs:\n        total += x\n    return total"


@pytest.mark.parametrize(
    ("now", "shows"),
    [
        ("def f():\n    <cursor>\n", "for x in xs:\n        total += x\n    return total"),
        ("def f():\n    for x in xs:<cursor>\n", "\n        total += x\n    return total"),
        ("def f():\n    for x in xs:\n        <cursor>\n", "total += x\n    return total"),
        ("def f():\n    for x in xs:\n        total += x\n    <cursor>\n", "return total"),
        ("def f():\n    for x in xs:\n        total += x\n  <cursor>\n", "  return total"),
        ("def f():\n  for x in xs:\n    <cursor>\n", "total += x\n  return total"),
        ("def f():\n\tfor x in xs:\n\t\t<cursor>\n", "total += x\n\treturn total"),
        ("def f():\r\n    for x in xs:\r\n        <cursor>\r\n", "total += x\n    return total"),
        ("def f():\n    for y in<cursor>\n", None),
    ],
    ids=["first line", "its end", "deeper", "back", "half indented", "two spaces", "tabs", "CRLF", "another line"],
)
def test_the_rest_of_a_block_is_there(now: str, shows: str | None) -> None:
    editing = Editing()
    editing.answers("def f():<cursor>\n", BLOCK, Mode.BLOCK)
    assert editing.shows(now) == shows


def test_a_block_in_the_braces_an_editor_closed() -> None:
    editing = Editing()
    editing.answers("if (x) <cursor>\n", "{\n    go();\n}", Mode.BLOCK)
    assert editing.shows("if (x) {<cursor>}\n") == "\n    go();"
    assert editing.shows("if (x) {\n    <cursor>\n}\n") == "go();"


def test_what_is_shown_stays_however_unsure_its_end() -> None:
    unsure_within = model_answer("alpha + beta", [0.9, 0.9, 0.9, 0.9, 0.9])
    editing = Editing()
    editing.answers("x = <cursor>\n", unsure_within)
    shy = Decider({}, 0.99)
    for typed in range(1, len("alpha + beta")):
        cursor = Cursor.between("x = " + "alpha + beta"[:typed], "\n")
        found = editing.cache.lookup(place_of("main", cursor), cursor, shy)
        assert found is not None
        assert found.completion is not None
        assert found.completion.text == "alpha + beta"[typed:].rstrip()


def test_the_rest_is_shown_once_the_doubtful_part_is_typed() -> None:
    editing = Editing()
    editing.answers("x = <cursor>\n", model_answer("value.count()", [0.3, 0.9, 0.9, 0.95, 0.95]))
    assert editing.shows("x = <cursor>\n") == ""
    assert editing.shows("x = value<cursor>\n") == ".count()"


@pytest.mark.parametrize("says", ["", "  "], ids=["nothing", "blanks"])
def test_that_the_model_has_nothing_to_add_is_known(says: str) -> None:
    editing = Editing()
    editing.answers("x = <cursor>\n", says)
    found = editing.found("x = <cursor>\n")
    assert found is not None
    assert "nothing to add" in found.silence
    assert editing.shows("x = 1<cursor>\n") is None


def test_a_silence_holds_for_the_very_same_place_only() -> None:
    editing = Editing()
    editing.answers("f(x<cursor>)\n", "")
    assert editing.shows("f(x<cursor>)\n") == ""
    assert editing.shows("f(x<cursor>\n") is None


def test_another_context_is_another_question_but_what_is_on_the_screen_stays() -> None:
    editing = Editing()
    editing.answers("x = <cursor>\n", "")
    editing.answers("y = <cursor>\n", "older")
    editing.answers("z = <cursor>\n", model_answer("shown + 1", [0.99, 0.99, 0.99, 0.99, 0.3]))
    editing.epoch += 1
    assert editing.shows("x = <cursor>\n") is None
    assert editing.shows("y = <cursor>\n") is None
    assert editing.shows("z = s<cursor>\n") == "hown +"
    assert editing.shows("z = shown +<cursor>\n") is None


@pytest.mark.parametrize(
    ("now", "shows"),
    [("count = 1\nx = co<cursor>\n", "unt()"), ("count = 1\nx = <cursor>\n", None), ("x = co<cursor>\n", None)],
    ids=["a word the document knows", "more than a word's end", "a word nobody knows: a slip is being corrected"],
)
def test_going_back_to_where_nobody_asked(now: str, shows: str | None) -> None:
    editing = Editing()
    above = "count = 1\n" if now.startswith("count") else ""
    editing.answers(f"{above}x = cou<cursor>\n", "nt()")
    assert editing.shows(now) == shows


def test_going_back_shows_what_was_shown_there() -> None:
    editing = Editing()
    editing.answers("x = <cursor>\n", "value")
    assert [editing.shows(f"x = {typed}<cursor>\n") for typed in ("val", "va", "", "v")] == [
        "ue",
        "lue",
        "value",
        "alue",
    ]


def test_the_line_below_that_came_meanwhile_is_not_written_again() -> None:
    editing = Editing()
    editing.answers("def f():<cursor>\n\n\n", "\n    a = 1\n    return a", Mode.BLOCK)
    assert editing.shows("def f():\n    a<cursor>\n    return a\n") is None  # that is another text after the cursor


def test_what_is_kept_for_later_is_not_on_the_screen() -> None:
    editing = Editing()
    editing.answers("x = <cursor>\n", "value")
    editing.answers("x = value<cursor>\n", " + 1", on_screen=False)
    editing.epoch += 1
    assert editing.shows("x = value<cursor>\n") is None
    assert editing.shows("x = va<cursor>\n") == "lue"


def test_different_answers_at_one_place() -> None:
    editing = Editing()
    for rank, text in enumerate(["first", "second", "first", "third"]):
        editing.answers("x = <cursor>\n", text, rank=rank)
    cursor = _cursor("x = <cursor>\n")
    found = editing.cache.find_all(place_of("main", cursor), cursor, SURE)
    assert [each.completion.text for each in found if each.completion] == ["first", "second", "third"]


def test_a_new_answer_replaces_the_old() -> None:
    editing = Editing()
    editing.answers("x = <cursor>\n", "old")
    editing.answers("x = <cursor>\n", "new")
    assert editing.shows("x = <cursor>\n") == "new"
    assert len(editing.cache) == 1


def test_bounds_hold_and_the_least_recently_used_goes_first() -> None:
    editing = Editing(max_entries=2)
    for name in "ab":
        editing.answers(f"{name} = <cursor>\n", "value")
    editing.shows("a = <cursor>\n")
    editing.answers("c = <cursor>\n", "value")
    assert [editing.shows(f"{name} = <cursor>\n") for name in "abc"] == ["value", None, "value"]
    small = Editing(max_bytes=10_000)
    for number in range(100):
        small.answers(f"x{number} = <cursor>\n", "value")
    assert 0 < small.cache.size <= 10_000


def test_documents_are_apart_and_closed_ones_forgotten() -> None:
    editing = Editing()
    editing.answers("x = <cursor>\n", "value")
    assert editing.found("x = <cursor>\n", "another") is None
    editing.cache.forget("main")
    assert editing.shows("x = <cursor>\n") is None
    assert (len(editing.cache), editing.cache.size) == (0, 0)


def test_hits_are_counted_by_kind() -> None:
    editing = Editing()
    editing.answers("x = <cursor>\n", "value")
    for now in ("x = <cursor>\n", "x = v<cursor>\n", "x = va<cursor>\n", "x = w<cursor>\n"):
        editing.shows(now)
    assert editing.cache.counts == {"same place": 1, "typed along": 2, "miss": 1}


def test_a_completion_is_what_the_cache_keeps_not_the_prompt() -> None:
    cursor = Cursor.between("x = ", "\n")
    place = place_of("main", cursor)
    outcome = Outcome(
        Completion("value", Mode.LINE, 0.9), "", Prompt((1, 2, 3), Mode.LINE, 3, 0), model_answer("value")
    )
    cache = CompletionCache()
    cache.put(place, outcome)
    found = cache.lookup(place, cursor, SURE)
    assert found is not None
    assert found.receipt == Prompt((), Mode.LINE, 3, 0)
