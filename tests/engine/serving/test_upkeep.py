"""What is due while nobody waits, and when."""

from __future__ import annotations

from pathlib import Path

from engine.model.catalog import EMBEDDED_FOLDER
from engine.model.generator import TokenGenerator
from engine.model.protocol import Continuation
from engine.serving.threads import ThreadChoice
from engine.serving.upkeep import (
    FORGET_PAUSE_SECONDS,
    MOVE_PAUSE_SECONDS,
    TRIM_PAUSE_SECONDS,
    TUNE_PAUSE_SECONDS,
    Upkeep,
)

PLACE = list(range(300, 500))


def at_work(cache_tokens: int) -> tuple[Upkeep, TokenGenerator]:
    generator = TokenGenerator(EMBEDDED_FOLDER, "cpu", 1)
    generator.cache.budget_bytes = cache_tokens * generator.cache.bytes_per_token
    upkeep = Upkeep()
    upkeep.note_use(generator)
    return upkeep, generator


def ask(generator: TokenGenerator, tokens: list[int]) -> int:
    generator.generate(Continuation([*tokens, 300], 1, stable_tokens=len(tokens)), lambda _: True)
    return generator.reused_tokens


def test_first_the_head_moves_on() -> None:
    upkeep, generator = at_work(cache_tokens=1000)
    ask(generator, PLACE)
    longer = [*PLACE, *range(600, 700)]
    assert ask(generator, longer) == len(PLACE)
    assert MOVE_PAUSE_SECONDS <= upkeep.due_after() < TRIM_PAUSE_SECONDS
    upkeep.do_next()
    assert ask(generator, longer) == len(longer)


def test_what_is_full_is_forgotten_and_the_last_place_read_again() -> None:
    upkeep, generator = at_work(cache_tokens=300)
    ask(generator, PLACE)
    elsewhere = [700, *PLACE]
    generator.load_seconds = 1.0  # not at once: somebody waits
    assert ask(generator, elsewhere) == 0
    assert upkeep.due_after() == FORGET_PAUSE_SECONDS
    upkeep.do_next()
    upkeep.do_next()
    assert ask(generator, elsewhere) == len(elsewhere)


def test_a_new_place_without_room_is_read_once_where_building_anew_is_cheap() -> None:
    _, generator = at_work(cache_tokens=300)
    generator.load_seconds = 0.0
    ask(generator, PLACE)
    elsewhere = [700, *PLACE]
    assert [ask(generator, elsewhere), ask(generator, elsewhere)] == [0, len(elsewhere)]


def test_then_memory_is_given_back_once() -> None:
    upkeep, _ = at_work(cache_tokens=1000)
    assert upkeep.due_after() == TRIM_PAUSE_SECONDS
    upkeep.do_next()
    assert upkeep.due_after() is None


def test_threads_are_chosen_in_a_pause(tmp_path: Path) -> None:
    upkeep, generator = at_work(cache_tokens=1000)
    choice = ThreadChoice(EMBEDDED_FOLDER, "digest", tmp_path / "threads.json")
    upkeep.allow_tuning(generator, choice)
    assert upkeep.due_after() == TUNE_PAUSE_SECONDS
    while not choice.is_measured:
        upkeep.do_next()
    assert ThreadChoice(EMBEDDED_FOLDER, "digest", tmp_path / "threads.json").best == choice.best > 0


def test_nothing_is_due_before_a_model_is_used() -> None:
    assert Upkeep().due_after() is None
