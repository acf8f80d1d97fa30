from __future__ import annotations

from engine.model.prefix_cache import MOVE_TOKENS, Plan, PrefixCache

PLACE = list(range(600))  # what stands before the line being typed
KEPT = Plan(600, keep=True, reused=True)


def cache_for(tokens: int) -> PrefixCache:
    return PrefixCache(bytes_per_token=10, budget_bytes=10 * tokens)


def test_a_head_is_kept_and_found_again_while_its_line_is_typed() -> None:
    cache = cache_for(2000)
    assert cache.plan([*PLACE, 7001], stable_tokens=600) == Plan(600, keep=True)
    assert cache.plan([*PLACE, 7001, 7002], stable_tokens=600) == KEPT
    assert cache.plan([*PLACE, 7009], stable_tokens=600) == KEPT
    assert (cache.hits, cache.misses, cache.reused_tokens, cache.size_bytes) == (2, 1, 1200, 6000)


def test_another_place_shares_nothing() -> None:
    cache = cache_for(2000)
    cache.plan([*PLACE, 7001], stable_tokens=600)
    assert cache.plan([1, *PLACE], stable_tokens=0) == Plan(300)  # in two halves, which is faster; none of them is kept


def test_the_whole_prompt_is_never_the_head() -> None:
    """CTranslate2 must have a token left to read."""
    assert cache_for(2000).plan(PLACE, stable_tokens=600) == Plan(599, keep=True)


def test_a_short_head_is_not_worth_keeping() -> None:
    assert cache_for(2000).plan(PLACE[:40], stable_tokens=30) == Plan()


def test_the_head_moves_on_in_a_pause() -> None:
    cache = cache_for(2000)
    cache.plan([*PLACE, 1], stable_tokens=600)
    lines = [*PLACE, *range(9000, 9000 + MOVE_TOKENS)]
    assert cache.plan([*lines, 1], stable_tokens=len(lines)) == KEPT  # nobody waits longer for it
    assert cache.next_head() == tuple(lines)
    assert cache.plan([*lines, 1, 2], stable_tokens=len(lines)) == Plan(len(lines), keep=True, reused=True)
    assert cache.next_head() == ()


def test_too_much_behind_the_head_moves_it_on_at_once() -> None:
    cache = cache_for(3000)
    cache.plan([*PLACE, 1], stable_tokens=600)
    lines = [*PLACE, *range(9000, 9700)]
    assert cache.plan([*lines, 1], stable_tokens=1300) == Plan(1300, keep=True)


def test_beyond_the_budget_nothing_more_is_kept_until_all_is_forgotten() -> None:
    cache = cache_for(1000)
    cache.plan([*PLACE, 1], stable_tokens=600)
    elsewhere = [5, *PLACE]
    assert cache.plan(elsewhere, stable_tokens=600) == Plan(300)
    assert cache.is_full
    cache.forget()
    assert not cache.is_full
    assert cache.next_head() == tuple(elsewhere[:600])
    assert cache.size_bytes == 6000


def test_after_forgetting_the_last_place_is_read_ahead() -> None:
    cache = cache_for(1000)
    cache.plan([*PLACE, 1], stable_tokens=600)
    cache.forget()
    assert cache.next_head() == tuple(PLACE)
