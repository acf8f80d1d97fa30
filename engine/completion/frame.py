"""What stays the same from prompt to prompt while a person types in one place.

The references, the suffix and the window's beginning are chosen once for a place; each key only appends to the prompt.
So the model's state of all but the line being typed can be kept, and only that line is encoded and read anew.
"""

from __future__ import annotations

import re
from dataclasses import replace

from engine.model.folder import ModelDescription
from engine.model.protocol import Tokenizer
from engine.prompt.layout import Part, encode
from engine.prompt.templates import Contents, prompt_parts
from engine.types import Mode, Prompt, SnippetUse

# Editors close brackets and quotes as they are opened. Not shown, they change nothing while a person types; the model
# closes what was opened itself, and the filters drop what stands there already.
CLOSED_BY_THE_EDITOR = re.compile(r"""[)\]}"'`]+[;,]?[^\S\n]*(?=\n|\Z)""")
BORDER_LINES = (2, 3, 4, 1)  # above the cursor's line, at which the text that stays may end
JOINED_TOKENS = 1  # a sign and the line end behind it may be one token


def without_closed(suffix: str) -> str:
    """What stands behind the cursor, without the brackets and quotes an editor puts there."""
    closed = CLOSED_BY_THE_EDITOR.match(suffix)
    return suffix[closed.end() :] if closed else suffix


class Frame:
    """Made by `engine.completion.assemble.lay_out`. Keeps token ids by mode; one thread at a time.

    `contents` is the prompt of the place where it was laid out. `start` is where its prefix begins in the document's;
    `ends_with_file`: its suffix is all that follows.
    """

    def __init__(
        self,
        description: ModelDescription,
        tokenizer: Tokenizer,
        contents: Contents,
        used: tuple[SnippetUse, ...],
        *,
        start: int,
        suffix_tokens: int,
        ends_with_file: bool,
        max_tokens: int,
    ) -> None:
        self.used = used
        self._description, self._tokenizer, self._contents = description, tokenizer, contents
        self._start, self._suffix_tokens, self._ends_with_file = start, suffix_tokens, ends_with_file
        self._max_tokens = max_tokens
        self._heads: dict[Mode, list[int]] = {}
        self._fixed = self._stable_part()
        self._fixed_tokens = len(tokenizer.encode(self._fixed))

    def prompt(self, mode: Mode, prefix: str, suffix: str) -> Prompt | None:
        """The prompt for the document as it is now; None where it is another place, or no longer fits."""
        end = self._start + len(self._fixed)
        if len(prefix) < end or prefix[self._start : end] != self._fixed or not self._has_suffix(suffix):
            return None
        prompt = self.whole(mode, prefix)
        return prompt if len(prompt.tokens) <= self._max_tokens else None

    def whole(self, mode: Mode, prefix: str) -> Prompt:
        """As `prompt`, whatever its length and the suffix."""
        rest = prefix[self._start + len(self._fixed) :]
        parts, before = self._split(mode, rest)
        if mode not in self._heads:
            self._heads[mode] = encode(self._tokenizer, before)
        ids = [*self._heads[mode], *encode(self._tokenizer, parts)]
        prefix_end = len(ids) - len(encode(self._tokenizer, parts[1:]))
        # White space and line ends before the cursor's line may become other tokens with what is typed behind them.
        settled = rest[: rest.rfind("\n") + 1].rstrip()
        unsettled = len(self._tokenizer.encode(rest[len(settled) :])) + JOINED_TOKENS
        return Prompt(
            tuple(ids),
            mode,
            self._fixed_tokens + len(self._tokenizer.encode(rest)),
            self._suffix_tokens,
            self.used,
            prefix_end,
            head=max(0, prefix_end - unsettled),
        )

    def _has_suffix(self, suffix: str) -> bool:
        shown = self._contents.suffix
        if self._ends_with_file and "infill" in self._description.capabilities:
            return suffix == shown
        return suffix.startswith(shown)

    def _split(self, mode: Mode, rest: str) -> tuple[list[Part], list[Part]]:
        """(the parts from `rest` on, the parts before it)."""
        contents = replace(self._contents, mode=mode, prefix=self._fixed + rest)
        parts = prompt_parts(self._description, contents)
        at = next(index for index, part in enumerate(parts) if part.ends_prefix)
        text = parts[at].text
        before, after = text[: len(text) - len(rest)], text[len(text) - len(rest) :]
        return [replace(parts[at], text=after), *parts[at + 1 :]], [*parts[:at], Part(before)]

    def _stable_part(self) -> str:
        """The prefix up to a line border some lines above the cursor, at which no token is cut in two."""
        prefix, mode = self._contents.prefix, self._contents.mode
        whole = encode(self._tokenizer, prompt_parts(self._description, self._contents))
        for lines in BORDER_LINES:
            border = _line_start(prefix, lines)
            for end in (border - 1, border):  # before the line end, or behind it
                if end > 0:
                    self._fixed = prefix[:end]
                    parts, before = self._split(mode, prefix[end:])
                    if encode(self._tokenizer, before) + encode(self._tokenizer, parts) == whole:
                        return self._fixed
        return ""


def _line_start(text: str, above: int) -> int:
    """Where the line begins that stands so many lines above the last one; 0 where there is none."""
    at = len(text)
    for _ in range(above + 1):
        at = text.rfind("\n", 0, max(0, at))
        if at < 0:
            return 0
    return at + 1
