"""llama.cpp's server driven as the extension llama.vscode drives it, with its defaults of August 2026.

After its src/completion.ts, src/extra-context.ts and src/configuration.ts: 256 lines of prefix, 64 of suffix, 128 new
tokens, 500 ms to predict them, no debounce; a request waits until the one before has ended, looking every 150 ms; a
cache of 250 answers, in which what is typed along is found; while a suggestion is read, what follows it is asked for
ahead; a ring of 16 chunks of other places, fed on switch, save and jump, and told to the server when nobody typed for
three seconds. In its favour: one completion instead of three (`n_cmpl`), and the model's own template, which is suffix
first: typing only appends to it. The server fits prefix and suffix into a batch as 3 to 1, and the chunks into what the
context leaves; here the batch is 512 tokens, as the model's context is 1024.
"""

from __future__ import annotations

import asyncio
import random
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.peer.llama_server import LlamaServer, Said
from benchmarks.peer.llama_vscode_rules import (
    CHUNK_LINES,
    AnswerCache,
    Chunk,
    Ring,
    discards,
    fitted,
    without_blank_end,
)
from benchmarks.peer.sides import Answer
from benchmarks.peer.strokes import Stroke
from engine.languages import language_of
from engine.model.folder import ModelDescription
from engine.model.tokenizer import FolderTokenizer
from engine.prompt.layout import encode
from engine.prompt.templates import Contents, prompt_parts
from engine.types import Mode

PREFIX_LINES, SUFFIX_LINES, NEW_TOKENS, PREDICT_MS = 256, 64, 128, 500
MAX_LINE_SUFFIX_CHARS = 8
POLL_S, RING_UPDATE_S, RING_IDLE_S, SAVE_S = 0.15, 1.0, 3.0, 1.0
RING_SCOPE_LINES, JUMP_LINES = 1024, 32
BATCH_TOKENS, CONTEXT_TOKENS = 512, 1024
# As the extension starts the server; -fa is the benchmark's choice.
SERVER_OPTIONS = ("-c", str(CONTEXT_TOKENS), "-b", "1024", "-ub", "1024", "--cache-reuse", "256")
SAMPLING: dict[str, Any] = {"top_k": 40, "top_p": 0.99, "samplers": ["top_k", "top_p", "infill"], "seed": 1}


class Prompts:
    """Returns token ids in the model's template, within the budget of the server's own `/infill`."""

    def __init__(self, description: ModelDescription) -> None:
        self._description, self._tokenizer = description, FolderTokenizer(description.folder)
        self._encode = lru_cache(maxsize=8)(self._tokenizer.encode)

    def head(self, chunks: list[Chunk]) -> list[int]:
        """Return the start of the prompt: the chunks, the last ones if there is no room for all."""
        contents = self._contents("", tuple((path, "\n".join(lines)) for path, lines in chunks))
        ids = self._frame(contents)
        start, end = len(self._frame(self._contents(""))), len(ids)
        head = ids[: self._index(ids, "<|user|>") + 2]  # and the line break behind it
        room = max(0, CONTEXT_TOKENS - BATCH_TOKENS - 2 * NEW_TOKENS)
        return head + ids[len(head) : len(head) + end - start][-room:]

    def whole(self, path: str, chunks: list[Chunk], above: str, line: str, below: str) -> list[int]:
        ids = self._frame(self._contents(path))
        suffix_at, prefix_at = (self._index(ids, name) + 1 for name in ("<|code_suffix|>", "<|code_prefix|>"))
        prefix = self._encode(above)[-3 * BATCH_TOKENS // 4 :] + self._tokenizer.encode(line)
        suffix = self._encode(below)[: BATCH_TOKENS // 4]
        own = self._index(ids, "<|user|>") + 2
        return self.head(chunks) + ids[own:suffix_at] + suffix + ids[suffix_at:prefix_at] + prefix + ids[prefix_at:]

    def _contents(self, path: str, references: tuple[tuple[str, str], ...] = ()) -> Contents:
        return Contents(path, language_of("", path), Mode.BLOCK, "", "", references)

    def _frame(self, contents: Contents) -> list[int]:
        return encode(self._tokenizer, prompt_parts(self._description, contents))

    def _index(self, ids: list[int], control: str) -> int:
        return ids.index(self._tokenizer.control(control)[0])


class LlamaVscode:
    """`Side` with the extension's behaviour. `stop` when the session is over."""

    def __init__(self, server: LlamaServer, description: ModelDescription, root: Path, seed: int) -> None:
        self._server, self._prompts, self._root = server, Prompts(description), root
        self._ring, self._cache = Ring(random.Random(seed)), AnswerCache()
        self._path, self._text, self._cursor = "", "", 0
        self._generation, self._busy, self._last_start, self._last_pick = 0, False, 0.0, -9999
        self._tasks: set[asyncio.Task[None]] = set()
        self._spawn(self._update_ring())

    async def open(self, file: Path, language: str, text: str) -> None:
        del language
        if self._path:
            self._pick_around_cursor()
        self._path, self._text, self._cursor = str(file.relative_to(self._root)), text, 0
        self._generation += 1
        self._pick_around_cursor()

    def change(self, before: str, stroke: Stroke, after: str) -> None:
        del before
        self._generation += 1
        self._text, self._cursor = after, stroke.cursor

    def save(self) -> None:
        self._spawn(self._pick_later())

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def suggest(self, text: str, cursor: int) -> Answer:
        end = text.find("\n", cursor)
        if (end if end >= 0 else len(text)) - cursor > MAX_LINE_SUFFIX_CHARS:
            return Answer("", asked=False)
        generation = self._generation
        while self._busy:
            await asyncio.sleep(POLL_S)
            if generation != self._generation:
                return Answer("")
        self._busy, self._last_start = True, time.monotonic()
        try:
            return await self._answer(text, cursor, generation)
        finally:
            self._busy = False

    async def _answer(self, text: str, cursor: int, generation: int) -> Answer:
        document, row = text.split("\n"), text.count("\n", 0, cursor)
        column = cursor - (text.rfind("\n", 0, cursor) + 1)
        line_prefix, line_suffix = document[row][:column], document[row][column:]
        line = line_prefix if line_prefix.strip(" \t") else ""
        above = "\n".join(document[max(0, row - PREFIX_LINES) : row]) + "\n"
        below = "\n".join([line_suffix, *document[row + 1 : row + 1 + SUFFIX_LINES]]) + "\n"
        found = self._cache.find(above, below, line)
        if found is None and generation != self._generation:
            return Answer("")
        indent = len(document[row]) - len(document[row].lstrip())
        said = found if found is not None else (await self._complete(above, line, below, indent)).text
        lines = without_blank_end(said)
        if discards(lines, document, row, line_prefix, line_suffix):
            return Answer("", cached=found is not None)
        shown = fitted(lines, line_suffix)
        if found is None:
            self._cache.put((above, below, line), shown)
        after = (above, below, line) if not line_suffix.strip() else None
        self._spawn(self._look_ahead(generation, after, lines, row, document))
        removed = len(line_prefix) if not line else 0
        return Answer(shown[min(removed, len(shown) - len(shown.lstrip(" \t"))) :], cached=found is not None)

    async def _complete(self, above: str, line: str, below: str, indent: int) -> Said:
        prompt = self._prompts.whole(self._path, self._ring.chunks, above, line, below)
        options = {"cache_prompt": True, "t_max_predict_ms": PREDICT_MS, **SAMPLING} | (
            {"n_indent": indent} if indent else {}
        )
        return await asyncio.to_thread(self._server.complete, prompt, NEW_TOKENS, **options)

    async def _look_ahead(
        self,
        generation: int,
        after: tuple[str, str, str] | None,
        lines: list[str],
        row: int,
        document: list[str],
    ) -> None:
        """Request what follows if the suggestion is accepted, whole or its first line; and send chunks after a jump.

        `after` is (the lines above, those below, the line's beginning); None in the middle of a line.
        """
        if generation == self._generation and after:
            above, below, line = after
            next_above, next_line = above, line + lines[0]
            if len(lines) > 1:
                whole = (above + line + "\n".join(lines[:-1])).split("\n")
                next_above, next_line = "\n".join(whole[-PREFIX_LINES:]) + "\n", lines[-1]
            if (next_above, below, next_line) not in self._cache:
                said = await self._complete(next_above, next_line, below, len(line) - len(line.lstrip()))
                if said.text.strip():
                    self._cache.put((next_above, below, next_line), "\n".join(without_blank_end(said.text)))
            if len(lines) > 1 and (key := (above + line + lines[0] + "\n", below, "")) not in self._cache:
                self._cache.put(key, "\n".join(lines[1:]))
        if generation == self._generation and abs(row - self._last_pick) > JUMP_LINES:
            self._last_pick = row
            start, end = max(0, row - RING_SCOPE_LINES), max(0, row - PREFIX_LINES)
            self._ring.pick(self._path, document[start : end + 1], evict=False)
            start = min(len(document) - 1, row + SUFFIX_LINES)
            self._ring.pick(self._path, document[start : start + CHUNK_LINES + 1], evict=False)

    def _pick_around_cursor(self) -> None:
        lines, row = self._text.split("\n"), self._text.count("\n", 0, self._cursor)
        around = lines[max(0, row - CHUNK_LINES // 2) : row + CHUNK_LINES // 2 + 1]
        self._ring.pick(self._path, around, evict=True)

    async def _pick_later(self) -> None:
        await asyncio.sleep(SAVE_S)
        self._pick_around_cursor()

    async def _update_ring(self) -> None:
        while True:
            await asyncio.sleep(RING_UPDATE_S)
            if time.monotonic() - self._last_start >= RING_IDLE_S and self._ring.take_one():
                head = self._prompts.head(self._ring.chunks)
                self._spawn(self._tell(head))

    async def _tell(self, head: list[int]) -> None:
        await asyncio.to_thread(self._server.complete, head, 0, cache_prompt=True, samplers=[])

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
