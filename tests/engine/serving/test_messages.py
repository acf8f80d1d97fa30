from __future__ import annotations

import pytest

from engine.serving import messages
from engine.serving.messages import from_bytes, to_bytes


@pytest.mark.parametrize(
    "message",
    [
        messages.Open(1, "/models/µ", "cpu", 0),
        messages.Generate(2, 1, [5, 6], 1, 16, [0], [0.0, 1.0, 0, None], 0, []),
        messages.NewToken(2, 77, -0.25, [[78, -1.5]]),
        messages.Status(3, 0.0, {"pid": 1}),
    ],
)
def test_what_is_sent_arrives(message: messages.Message) -> None:
    assert from_bytes(to_bytes(message)) == message


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"kind":"Nope"}', b'{"kind":"Cancel"}', b"\x80\x04K\x01."])
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a message|Expecting|codec"):
        from_bytes(raw)
