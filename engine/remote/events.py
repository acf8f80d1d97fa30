"""Server-sent events (WHATWG HTML, section 9.2), as far as they carry data: bytes in, the data of each event out."""

from __future__ import annotations

import re

LINE_END = re.compile(rb"\r\n|\r|\n")
MAX_EVENT_BYTES = 4 * 2**20


class EventReader:
    """Reads a stream that arrives in pieces cut anywhere: within a character, between CR and LF."""

    def __init__(self) -> None:
        self._unread = b""
        self._data: list[str] = []

    def feed(self, received: bytes) -> list[str]:
        """Return the data of the events that are complete now. Raises `ValueError` for an event that does not end."""
        self._unread += received
        if len(self._unread) > MAX_EVENT_BYTES:
            raise ValueError(f"an event of more than {MAX_EVENT_BYTES} bytes")
        # A CR at the end may be half of a CRLF.
        held = b"\r" if self._unread.endswith(b"\r") else b""
        *lines, rest = LINE_END.split(self._unread.removesuffix(held))
        self._unread = rest + held
        return [event for line in lines for event in self._line(line)]

    def end(self) -> list[str]:
        """Return the last event if it lacks the blank line that ends one: some servers leave it out."""
        rest, self._unread = self._unread.rstrip(b"\r"), b""
        return [*self._line(rest), *self._line(b"")]

    def _line(self, line: bytes) -> list[str]:
        if line:
            name, _, value = line.removeprefix(b"\xef\xbb\xbf").partition(b":")
            if name == b"data":  # a comment has no name
                self._data.append(value.removeprefix(b" ").decode(errors="replace"))
            return []
        event, self._data = self._data, []
        return ["\n".join(event)] if event else []
