"""What llama.vscode answers from its cache, keeps in its ring and refuses to show."""

from __future__ import annotations

import random

import pytest

from benchmarks.peer.llama_vscode_rules import (
    CHUNK_LINES,
    QUEUED_CHUNKS,
    RING_CHUNKS,
    AnswerCache,
    Ring,
    discards,
    fitted,
    without_blank_end,
)


def test_what_is_typed_along_is_answered_with_the_rest() -> None:
    cache = AnswerCache()
    cache.put(("above", "below", "x = "), "compute(1)")
    assert cache.find("above", "below", "x = com") == "pute(1)"
    assert cache.find("above", "below", "x = con") is None
    assert cache.find("above", "other", "x = com") is None


def test_the_nearest_earlier_answer_wins() -> None:
    cache = AnswerCache()
    cache.put(("", "", "a"), "bcd")
    cache.put(("", "", "ab"), "xyz")
    assert cache.find("", "", "abx") == "yz"
    assert cache.find("", "", "abc") == "d"


def test_the_least_used_answer_goes() -> None:
    cache = AnswerCache(capacity=2)
    cache.put(("", "", "a"), "1")
    cache.put(("", "", "b"), "2")
    cache.find("", "", "a")
    cache.put(("", "", "c"), "3")
    assert ("", "", "a") in cache
    assert ("", "", "b") not in cache


def test_the_ring_holds_so_many_chunks_and_nothing_twice() -> None:
    ring = Ring(random.Random(1))
    for number in range(QUEUED_CHUNKS + 4):
        ring.pick("a.py", [f"line {number} {i}" for i in range(CHUNK_LINES)], evict=True)
    while ring.take_one():
        pass
    assert len(ring.chunks) == RING_CHUNKS
    assert all(len(lines) == CHUNK_LINES // 2 for _, lines in ring.chunks)
    ring.pick("b.py", ["one", "two", "three"], evict=True)
    ring.pick("b.py", ["one", "two", "three"], evict=True)
    ring.pick("b.py", ["short"], evict=True)
    assert [ring.take_one(), ring.take_one()] == [True, False]


@pytest.mark.parametrize(
    ("lines", "prefix", "suffix", "discarded"),
    [
        ([], "", "", True),
        (["  "], "", "", True),
        (["a()"], "", "", False),
        (["a", "next", "last"], "", "", False),
        (["", "next", "last"], "", "", True),  # repeats the lines below
        ([")"], "f(", ")", True),  # repeats the rest of the line
        (["ext"], "n", "", True),  # repeats the next line
    ],
)
def test_blank_suggestions_and_those_that_repeat_what_follows_are_discarded(
    lines: list[str], prefix: str, suffix: str, discarded: bool
) -> None:
    document = ["first", prefix + suffix, "next", "last"]
    assert discards(lines, document, 1, prefix, suffix) is discarded


def test_within_a_line_a_suggestion_is_one_line_without_what_follows() -> None:
    assert fitted(["a)", "b"], ")") == "a"
    assert fitted(["a", "b"], ")") == "a"
    assert fitted(["a", "b"], "") == "a\nb"


def test_blank_lines_at_the_end_go() -> None:
    assert without_blank_end("a\n\n  \n") == ["a"]
