"""What stays the same from prompt to prompt while the user types in one place.

The references, the suffix and the beginning of the prefix are chosen once for a place; each key only appends to the
prompt. So the model's state of all but the line being typed can be kept, and only that line is encoded and read again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.prompt.layout import Part, encode
from engine.prompt.templates import Contents, PromptEncoder
from engine.types import Mode, Prompt, SnippetUse

BORDER_LINES = (2, 3, 4, 1)  # above the cursor's line: where the stable text may end, best first
JOINED_TOKENS = 1  # a character and the line end after it may be one token


@dataclass(frozen=True)
class Layout:
    """What fitted into a prompt when its place was laid out."""

    contents: Contents
    used: tuple[SnippetUse, ...]  # the snippets among the contents
    start: int  # where the contents' prefix begins in the document's prefix
    suffix_tokens: int
    ends_with_file: bool  # the contents' suffix is the document's to its end
    max_tokens: int


class Frame:
    """A place's prompts without the line being typed, made by `lay_out`. One thread at a time."""

    def __init__(self, encoder: PromptEncoder, layout: Layout) -> None:
        self.used = layout.used
        self._encoder, self._tokenizer, self._layout = encoder, encoder.tokenizer, layout
        self._heads: dict[Mode, list[int]] = {}
        self._fixed = self._stable_part()
        self._fixed_tokens = len(encoder.tokenizer.encode(self._fixed))

    def prompt(self, mode: Mode, prefix: str, suffix: str) -> Prompt | None:
        """Return the prompt for these texts; None if they are of another place, or no longer fit."""
        start = self._layout.start
        end = start + len(self._fixed)
        if len(prefix) < end or prefix[start:end] != self._fixed or not self._has_suffix(suffix):
            return None
        prompt = self.whole(mode, prefix)
        return prompt if len(prompt.tokens) <= self._layout.max_tokens else None

    def whole(self, mode: Mode, prefix: str) -> Prompt:
        """Return the prompt, whatever its length and the suffix."""
        rest = prefix[self._layout.start + len(self._fixed) :]
        parts, before = self._split(mode, rest)
        if mode not in self._heads:
            self._heads[mode] = encode(self._tokenizer, before)
        ids = [*self._heads[mode], *encode(self._tokenizer, parts)]
        prefix_end = len(ids) - len(encode(self._tokenizer, parts[1:]))
        # White space and line ends before the cursor's line may become other tokens with what is typed after them.
        settled = rest[: rest.rfind("\n") + 1].rstrip()
        unsettled = len(self._tokenizer.encode(rest[len(settled) :])) + JOINED_TOKENS
        return Prompt(
            tuple(ids),
            mode,
            self._fixed_tokens + len(self._tokenizer.encode(rest)),
            self._layout.suffix_tokens,
            self.used,
            prefix_end,
            stable_tokens=max(0, prefix_end - unsettled),
        )

    def _has_suffix(self, suffix: str) -> bool:
        shown = self._layout.contents.suffix
        if self._layout.ends_with_file and self._encoder.can_infill:
            return suffix == shown
        return suffix.startswith(shown)

    def _split(self, mode: Mode, rest: str) -> tuple[list[Part], list[Part]]:
        """Return (the parts from `rest` on, the parts before it)."""
        contents = replace(self._layout.contents, mode=mode, prefix=self._fixed + rest)
        parts = self._encoder.parts(contents)
        at = next(index for index, part in enumerate(parts) if part.ends_prefix)
        text = parts[at].text
        before, after = text[: len(text) - len(rest)], text[len(text) - len(rest) :]
        return [replace(parts[at], text=after), *parts[at + 1 :]], [*parts[:at], Part(before)]

    def _stable_part(self) -> str:
        """Return the prefix up to a line end some lines above the cursor, if no token is cut in two there; else ""."""
        contents = self._layout.contents
        prefix, mode = contents.prefix, contents.mode
        whole = self._encoder.encode(contents)
        for lines in BORDER_LINES:
            border = _line_start(prefix, lines)
            for end in (border - 1, border):  # before the line end, or after it
                if end > 0:
                    self._fixed = prefix[:end]
                    parts, before = self._split(mode, prefix[end:])
                    if encode(self._tokenizer, before) + encode(self._tokenizer, parts) == whole:
                        return self._fixed
        return ""


def _line_start(text: str, above: int) -> int:
    """Return the start of the line that is `above` lines above the last one; 0 if there is none."""
    at = len(text)
    for _ in range(above + 1):
        at = text.rfind("\n", 0, max(0, at))
        if at < 0:
            return 0
    return at + 1
