"""Diffs without secrets, and shortened: whole files are dropped, generated ones first."""

from __future__ import annotations

import re
from collections.abc import Callable, Container

from engine.context.exclusion import why_not_name
from engine.context.secrets import holds_private_key, is_secret_name, masked

# Whatever `diff.noprefix` and `diff.mnemonicPrefix` make of it; lines of a file begin with a blank, `+`, `-` or `\\`.
FILE = re.compile(r"^(?:diff --(?:git|cc|combined) |Index: )(.*)$", re.MULTILINE)
PLAIN_FILE = re.compile(r"^--- (.*)\n\+\+\+ .*\n(?=@@ )", re.MULTILINE)  # of a diff without headers
LINES = re.compile(r"^(?:@@|GIT binary patch)", re.MULTILINE)
SIDES = re.compile(r"^--- ([^\t\n]+).*\n\+\+\+ ([^\t\n]+)", re.MULTILINE)
MOVED = re.compile(r"^(?:rename|copy) (?:from|to) (.+)$", re.MULTILINE)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
PREFIX = re.compile(r"[abciwo12]/")
ESCAPED = re.compile(r"\\([0-7]{3}|.)")
NOT_SHOWN = "@@ not shown: it holds secrets @@\n"


def names_in(diff: str) -> tuple[str, ...]:
    """Return the paths of the files of a diff, relative to its repository, each once."""
    return tuple(dict.fromkeys(name for file in _files(diff) for name in _names(file)))


def without_secrets(diff: str, hidden: Container[str] = ()) -> str:
    """Return the diff with single secrets masked, and without the lines of files that hold secrets only.

    `hidden` are the paths of further files without their lines.
    """
    shown = []
    for file in _files(diff):
        lines, names = LINES.search(file), _names(file)
        is_secret = any(name in hidden or is_secret_name(name.rpartition("/")[2]) for name in names)
        hides = lines and (is_secret or holds_private_key(file))
        shown.append(file[: lines.start()] + NOT_SHOWN if hides and lines else masked(file))
    return "".join(shown)


def shorten_diff(diff: str, room: int, size: Callable[[str], int]) -> tuple[str, tuple[str, ...]]:
    """Return the diff within `room`, as `size` measures it, and the files left out. A single file may be too long."""
    files = _files(diff)
    sizes = [size(file) for file in files]
    names = [next(iter(_names(file)), "") for file in files]

    def worth(position: int) -> tuple[bool, int]:
        return not why_not_name(names[position].rpartition("/")[2]), -sizes[position]

    kept = sorted(range(len(files)), key=worth)
    dropped = []
    while len(kept) > 1 and sum(sizes[position] for position in kept) > room:
        dropped.append(kept.pop(0))
    return "".join(files[position] for position in sorted(kept)), tuple(names[position] for position in sorted(dropped))


def _files(diff: str) -> list[str]:
    """Return the diff file by file. Text before the first file counts as one, and so does a diff without headers."""
    starts = [found.start() for found in (FILE if FILE.search(diff) else PLAIN_FILE).finditer(diff)]
    if not starts or diff[: starts[0]].strip():
        starts.insert(0, 0)
    return [diff[start:end] for start, end in zip(starts, [*starts[1:], len(diff)], strict=True)]


def _names(file: str) -> tuple[str, ...]:
    """Return the paths of a file in a diff: one, two if it was moved, and two if `a/b.py` may be `b.py`."""
    lines = LINES.search(file)
    head = file[: lines.start()] if lines else file
    header, sides = FILE.match(head), SIDES.search(head)
    pair = _halves(header[1]) if header else None
    found = [_unquoted(name) for name in MOVED.findall(head)]
    if pair is None and sides and _is_prefixed(*sides.groups()):
        pair = sides[1], sides[2]
    if pair is not None:
        found += [PREFIX.sub("", _unquoted(name), count=1) if _is_prefixed(*pair) else _unquoted(name) for name in pair]
    elif header and not header[0].startswith("diff --git"):
        found.append(_unquoted(header[1]))
    else:  # one side may be /dev/null: what begins like a prefix may be a folder
        raw = sides.groups() if sides else ()
        found += [name for each in map(_unquoted, raw) for name in (PREFIX.sub("", each, count=1), each)]
    return tuple(dict.fromkeys(name for name in found if name != "/dev/null"))


def _halves(header: str) -> tuple[str, str] | None:
    """Return the two paths of a header; None if it has one, or if it does not tell where the second begins."""
    if len(quoted := QUOTED.findall(header)) == 2:  # noqa: PLR2004 - a path before and after
        return quoted[0], quoted[1]
    half = len(header) // 2
    left, right = header[:half], header[half + 1 :]
    is_pair = header[half : half + 1] == " " and PREFIX.sub("", left, count=1) == PREFIX.sub("", right, count=1)
    return (left, right) if is_pair else None


def _is_prefixed(left: str, right: str) -> bool:
    """True if two paths differ by what git puts before them alone."""
    one, other = _unquoted(left), _unquoted(right)
    are_marked = PREFIX.match(one) is not None and PREFIX.match(other) is not None
    return are_marked and one != other and one[2:] == other[2:]


def _unquoted(name: str) -> str:
    """Return a path that git may have quoted, with escapes for what is not ASCII."""
    if not (name.startswith('"') and name.endswith('"') and len(name) > 1):
        return name

    def character(escape: re.Match[str]) -> str:
        return chr(int(escape[1], 8)) if len(escape[1]) > 1 else {"t": "\t", "n": "\n"}.get(escape[1], escape[1])

    return ESCAPED.sub(character, name[1:-1]).encode("latin-1", "replace").decode("utf-8", "replace")
