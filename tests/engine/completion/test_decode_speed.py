from __future__ import annotations

from engine.completion.decode_speed import DecodeSpeed
from engine.generated import Generated


def model_answer(tokens: int, decode_ms: float) -> Generated:
    return Generated("x" * tokens, tuple(range(1, tokens + 1)), (-0.1,) * tokens, decode_ms=decode_ms)


def test_nothing_seen_is_nothing_known() -> None:
    speed = DecodeSpeed()
    speed.record(model_answer(2, 10.0))  # too short to tell
    assert speed.tokens_per_second is None


def test_one_slow_answer_changes_little() -> None:
    speed = DecodeSpeed()
    for decode_ms in (100.0, 100.0, 5000.0):
        speed.record(model_answer(11, decode_ms))
    assert speed.tokens_per_second == 100.0
