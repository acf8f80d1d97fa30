"""Cuts the corpus into rows of tokens: build/corpus/*.jsonl -> build/samples/{short,long}.{tokens,weights}.npy.

A row holds whole samples, each in CodeGeeX4's infilling prompt as `engine.prompt` writes it (references, suffix,
prefix, middle); the rest is padding of weight 0. Samples are cut where users type.
"""

from __future__ import annotations

import argparse
import bisect
import math
import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing import get_context

import numpy as np
from numpy.lib.format import open_memmap
from tokenizers import Tokenizer

from training import recipe as choices
from training.corpus import read_rows
from training.paths import BUILD
from training.recipe import RECIPES
from training.tokenizer import SPECIAL_TOKENS

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")
BOUNDARY = re.compile(r"\b|(?<=[^\w\s])")
CLOSERS = re.compile(r"[)\]}'\";:,]+$")
CHARS_PER_TOKEN = 3.2  # a first guess of how much text fills a number of tokens; the real count decides
MIN_SAMPLE_TOKENS = 96
MAX_POSTINGS = 200  # an identifier in more chunks than this is not informative


@dataclass(frozen=True)
class Chunk:
    path: str
    text: str


@dataclass
class Project:
    """The files of one project in one language, and a small inverted index of their 20-line chunks."""

    files: list[tuple[str, str]] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    postings: dict[str, list[int]] = field(default_factory=dict)

    def index(self) -> None:
        postings: dict[str, list[int]] = defaultdict(list)
        for path, text in self.files:
            lines = text.split("\n")
            for start in range(0, len(lines), choices.REFERENCE_LINES):
                body = "\n".join(line for line in lines[start : start + choices.REFERENCE_LINES] if line.strip())
                if len(body) < 80:
                    continue
                for word in set(IDENTIFIER.findall(body)):
                    postings[word].append(len(self.chunks))
                self.chunks.append(Chunk(path, body))
        self.postings = {word: where for word, where in postings.items() if 1 < len(where) <= MAX_POSTINGS}

    def references(self, query: str, path: str, rng: random.Random) -> list[Chunk]:
        """Return the chunks of other files that share the rarest words with `query`, best last."""
        score: Counter[int] = Counter()
        words = set(IDENTIFIER.findall(query))
        for word in words:
            where = self.postings.get(word, ())
            for chunk in where:
                score[chunk] += 1 / math.log(2 + len(where))
        best = [self.chunks[i] for i, _ in score.most_common(12) if self.chunks[i].path != path]
        return best[: rng.randint(1, choices.MAX_REFERENCES)][::-1]


@dataclass(frozen=True)
class Cut:
    """Offsets of one sample in its file: middle is text[start:end]; the suffix begins at `resume`."""

    start: int
    end: int
    resume: int
    mode: str


def cut(text: str, rng: random.Random) -> Cut | None:
    """Return a place where a user types, and what is typed next."""
    starts = [0, *(m.end() for m in re.finditer(r"\n", text))]
    index = rng.randrange(len(starts) - 1)
    start, end = starts[index], starts[index + 1] - 1
    line = text[start:end]
    if not line.strip():
        return None
    indent = len(line) - len(line.lstrip())
    missing = rng.randint(1, 10) if rng.random() < choices.MISSING_TAIL_SHARE else 0
    if rng.random() < choices.LINE_SHARE:
        if rng.random() < 0.3:
            column = indent
        elif rng.random() < 0.7:
            column = rng.choice([m.start() for m in BOUNDARY.finditer(line) if m.start() >= indent] or [indent])
        else:
            column = rng.randint(indent, len(line))
        stop = end
        if rng.random() < choices.AUTOCLOSED_SHARE and (closers := CLOSERS.search(line, column)):
            stop = start + closers.start()
            return Cut(start + column, stop, stop, "LINE")
        return Cut(start + column, stop, after(starts, index + 1, missing, end), "LINE")
    # BLOCK: to the end of the block that begins here, or to where the indentation falls below this line's.
    opener = rng.random() < 0.5 and index + 2 < len(starts)
    last = index
    for nxt in range(index + 1, min(index + 1 + choices.MAX_BLOCK_LINES, len(starts) - 1)):
        following = text[starts[nxt] : starts[nxt + 1] - 1]
        if following.strip() and len(following) - len(following.lstrip()) < indent + (1 if opener else 0):
            break
        if following.strip():
            last = nxt
    begin = end if opener else start + (indent if rng.random() < 0.8 else rng.randint(indent, len(line)))
    stop = starts[last + 1] - 1
    return Cut(begin, stop, after(starts, last + 1, missing, stop), "BLOCK") if stop > begin else None


def after(starts: list[int], line: int, missing: int, end: int) -> int:
    """Return where the suffix resumes: right after the middle, or `missing` lines later."""
    return end if not missing else max(end, starts[min(line + missing, len(starts) - 1)] - 1)


def special_ids(tokenizer: Tokenizer) -> dict[str, int]:
    """Return the control tokens and no others: they have no weight in the loss, whatever is around them."""
    return {token: tokenizer.token_to_id(token) for token in SPECIAL_TOKENS}


class Cutter:
    """Makes rows. One for each process."""

    def __init__(self, split: str) -> None:
        self.tokenizer = Tokenizer.from_file(str(BUILD / "tokenizer.json"))
        self.tokenizer.encode_special_tokens = True  # code that spells a control token stays code
        self.special = special_ids(self.tokenizer)
        self.projects: dict[str, dict[str, Project]] = defaultdict(lambda: defaultdict(Project))
        for row in read_rows(split):
            self.projects[row["language"]][row["project"]].files.append((row["path"], row["text"]))
        self.languages = [name for name in choices.LANGUAGE_SHARE if name in self.projects]
        self.shares = [choices.LANGUAGE_SHARE[name] for name in self.languages]
        # A file is drawn in proportion to its length; a project's index is built when it is first needed.
        self.drawn: dict[str, tuple[list[tuple[Project, str, str]], list[int]]] = {}
        for language, projects in self.projects.items():
            rows = [(p, path, text) for p in projects.values() for path, text in p.files]
            total, ends = 0, []
            for _, _, text in rows:
                ends.append(total := total + len(text))
            self.drawn[language] = rows, ends

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def draw(self, rng: random.Random) -> tuple[str, Project, str, str]:
        language = rng.choices(self.languages, self.shares)[0]
        rows, ends = self.drawn[language]
        project, path, text = rows[bisect.bisect(ends, rng.randrange(ends[-1]))]
        return language, project, path, text

    def sample(self, room: int, rng: random.Random) -> tuple[list[int], list[int]] | None:
        """Return tokens and weights of one sample of at most `room` tokens."""
        language, project, path, text = self.draw(rng)
        place = cut(text, rng)
        if place is None:
            return None
        s = self.special
        middle = [*self.encode(text[place.start : place.end]), s["<|endoftext|>"]]
        if len(middle) > room // 3:
            return None
        head = [s["[gMASK]"], s["<sop>"], s["<|user|>"], *self.encode("\n")]
        weights = [0] * len(head)
        tail = [
            s["###PATH:"], *self.encode(f"{path}\n"), s["###LANGUAGE:"], *self.encode(f"{language}\n"), s["###MODE:"],
            *self.encode(f"{place.mode}\n"), s["<|code_suffix|>"],
        ]  # fmt: skip
        left = room - len(head) - len(tail) - len(middle) - 8
        if left < 32:
            return None
        references: list[int] = []
        if rng.random() < choices.REFERENCE_SHARE:
            if not project.chunks:
                project.index()
            seen = place.end if rng.random() < choices.ORACLE_SHARE else place.start
            for chunk in project.references(text[max(0, place.start - 400) : seen], path, rng):
                ids = [
                    s["###REFERENCE:"],
                    *self.encode("\n"),
                    s["###PATH:"],
                    *self.encode(f"{chunk.path}\n{chunk.text}\n"),
                ]
                if len(references) + len(ids) <= left * choices.MAX_REFERENCE_TOKEN_SHARE:
                    references += ids
        left -= len(references)
        suffix: list[int] = []
        if rng.random() < choices.INFILL_SHARE or place.resume == place.end < text.find("\n", place.end):
            budget = rng.randint(8, max(8, int(left * choices.MAX_SUFFIX_TOKEN_SHARE)))
            suffix = self.encode(text[place.resume : place.resume + int(budget * CHARS_PER_TOKEN * 2)])[:budget]
        left -= len(suffix)
        begin = max(0, place.start - int(left * CHARS_PER_TOKEN * 1.5))
        prefix = self.encode(text[text.rfind("\n", 0, begin) + 1 : place.start])
        if len(prefix) > left:  # begin at a line's beginning if possible
            newline = self.encode("\n")[0]
            prefix = prefix[-left:]
            prefix = prefix[prefix.index(newline) + 1 :] if newline in prefix[: left // 2] else prefix
        close = [s["<|code_middle|>"], s["<|assistant|>"], *self.encode("\n")]
        ids = [*head, *references, *tail, *suffix, s["<|code_prefix|>"], *prefix, *close, *middle]
        weights += [1] * len(references) + [0] * len(tail) + [1] * len(suffix) + [0] + [1] * len(prefix)
        weights += [0] * len(close) + [choices.MIDDLE_WEIGHT] * len(middle)
        controls = set(s.values()) - {s["<|endoftext|>"]}
        weights = [0 if token in controls else weight for token, weight in zip(ids, weights, strict=True)]
        return ids, weights

    def row(self, length: int, seed: int) -> tuple[list[int], list[int]]:
        rng = random.Random(seed)
        tokens: list[int] = []
        weights: list[int] = []
        while length - len(tokens) >= MIN_SAMPLE_TOKENS:
            # Some rows hold one long sample, some several short ones: files are also edited near their beginning.
            room = min(length - len(tokens), int(length * rng.choice(choices.SAMPLE_SHARES)))
            if made := self.sample(room, rng):
                tokens += made[0]
                weights += made[1]
        padding = length - len(tokens)
        return tokens + [0] * padding, weights + [0] * padding


_cutter: Cutter | None = None  # read before the pool forks, so that the corpus is in memory once


def _rows(task: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    assert _cutter is not None
    length, seed, first, last = task
    made = [_cutter.row(length, seed + length * 10_000_000 + i) for i in range(first, last)]
    return np.array([t for t, _ in made], np.uint16), np.array([w for _, w in made], np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipe", choices=RECIPES, default="cpu")
    parser.add_argument("--jobs", type=int, default=4)
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.recipe]
    out = BUILD / "samples"
    out.mkdir(parents=True, exist_ok=True)
    plans = [
        ("train", f"{recipe.name}-short", recipe.short_context, recipe.short_rows, recipe.seed),
        ("train", f"{recipe.name}-long", recipe.long_context, recipe.long_rows, recipe.seed),
        ("heldout", "heldout", recipe.long_context, 256, choices.SEED),
    ]
    global _cutter
    split_read = ""
    for split, name, length, rows, seed in plans:
        if not rows:
            continue
        if split != split_read:
            _cutter, split_read = Cutter(split), split
        tokens = open_memmap(out / f"{name}.tokens.npy", "w+", np.uint16, (rows, length))
        weights = open_memmap(out / f"{name}.weights.npy", "w+", np.uint8, (rows, length))
        borders = [*range(0, rows, 250), rows]
        with get_context("fork").Pool(arguments.jobs) as pool:
            tasks = [(length, seed, a, b) for a, b in pairwise(borders) if a < b]
            for (_, _, a, b), (t, w) in zip(tasks, pool.imap(_rows, tasks), strict=True):
                tokens[a:b], weights[a:b] = t, w
        used = float((weights[: min(rows, 1000)] > 0).mean())
        print(f"{name}: {rows} rows of {length}, {used:.0%} of the tokens learned from")


if __name__ == "__main__":
    main()
