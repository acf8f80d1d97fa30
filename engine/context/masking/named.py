"""Secrets that are known by the name they are given: assigned, passed, sent as a header, or written to a command line.

A telling name is looked for first; then the values that follow it on its line, or on the next one if the statement goes
on, are judged (`values`). A value is masked, its quotes and the code around it stay.

A whole file is masked while the user waits, whatever it holds: every search has a reach, and no expression can match
the same text in many ways.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from engine.context.masking.values import Telling, is_secret

REACH_CHARS = 300  # before and after the name, for what belongs to it
LINE_CHARS = 1_000  # of a line, for what is given without quotes or to a command
NAME_CHARS = 60  # before and after the telling piece
JOINT_CHARS = 160
_LOWER = {ord(letter): letter.lower() for letter in string.ascii_uppercase}
# Pieces of telling names, in lower case: only around them a name is looked at. `pass` finds `password`, `passwd` too.
_PIECES = (
    "pass", "pwd", "kennwort", "contrase", "secret", "token", "credential", "auth", "key", "bearer", "connect", "login",
    "sig=", "signature=", "securestring", "basic",
)  # fmt: skip
# What must stand before `key`, which alone tells nothing.
_KEY_BEGINNINGS = (
    "_", "-", "api", "access", "private", "auth", "account", "shared", "signing", "encryption", "client", "master",
    "service", "license",
)  # fmt: skip
_PASSWORDS = frozenset({
    "password", "passwords", "passwd", "pwd", "passphrase", "passcode", "pass", "pw", "passwort", "kennwort",
    "contraseña",
    "contrasena",
})  # fmt: skip
_PASSWORD_ENDS = ("password", "passwd", "passphrase")
_KEYS = frozenset({
    "api", "access", "secret", "private", "auth", "account", "shared", "signing", "encryption", "client", "master",
    "service",
    "license", "app", "application", "consumer", "storage", "session", "cipher", "crypto", "hmac", "jwt", "aes",
    "rsa", "ssh",
    "admin", "deploy", "webhook", "server", "db", "sas",
})  # fmt: skip
_NAMES = frozenset({
    "secret", "secrets", "token", "tokens", "credential", "credentials", "auth", "authorization", "bearer", "apikey",
    "accesskey", "privatekey", "authkey", "accountkey", "sharedkey", "signingkey", "encryptionkey", "clientkey",
    "masterkey",
    "servicekey", "licensekey", "sig", "signature", "securestring",
})  # fmt: skip
_CALLS = frozenset({"connect", "login", "authenticate", "basic", "basicauth", "auth", "signin", "logon"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-zñ]+")
_NAME_CHARACTERS = re.compile(r"[\w-]*")
_SCHEME = re.compile(r"(?:Bearer|Basic|Token|ApiKey|Digest|Negotiate|AWS4-HMAC-SHA256)\s+", re.IGNORECASE)
_QUOTES = "\"'`"
_LITERAL = re.compile(r"(\\?[\"'`])((?:(?!\1)[^\n\\]|\\.)*?)\1")
# What may stand between a name and the value that it is given: a type, an operator, a call, a prefix of the literal.
_JOINT = re.compile(
    r"[\])}>\s]*(?:\[\d*\]\s*)?(?::?\s*[\w<>\[\],.&?*' ]{1,40}?)?\s*"
    r"(?:===?|!==?|:=|\?\?=|\|\|=|=>|->|<-|<<<|=|:|,|\(|\bis\b|\beq\b)\s*"
    r"(?:(?:new\s+)?[\w.:]{1,40}[(!]\s*|[&*(\[{]\s*)*(?:[@$]|[bBrRfFuULs]|u8|cr|br)?\Z"
)
_METHOD = re.compile(r"\)\s*\??\.\w+\(")  # of what was made from the named value
_UNQUOTED = re.compile(r"\s*(?:\?|\+|:)?(?:=|:|=>|:=)\s*([^\s\"'`,;(){}\[\]<>]+)\s*[,;]?\s*(?:#.*|//.*|<!--.*)?$")
_HEADER = re.compile(r"\s*:\s*((?:Bearer|Basic|Token|ApiKey)\s+[^\s\"'`,;]+)\s*$", re.IGNORECASE)
_COMPARED = re.compile(r"([\"'`])((?:(?!\1).)+)\1\s*(?:===?|!==?|\.equals\()\s*(?:\w+\.)*\Z")
_COMPARED_ENDS = ("=", "(", ".")
_IN_TEXT = re.compile(r"\s*[=:]\s*((?:(?:Bearer|Basic|Token|token|ApiKey)\s+)?[^\s;&\"'`,}|\\]+)")
_ELEMENT = re.compile(r"[^<>]*>\s*([^<>\s]+)\s*</")
_FLAG = re.compile(r"(?:[ =]\s*)([^\s\"'`;|&]+)")
_SET = re.compile(r"(?:^|[\s;])(?:ENV|ARG|setx?|export|\$env:)\s*\Z", re.IGNORECASE)
_SET_ENDS = ("env", "arg", "set", "setx", "export", "$env:")
_NOT_BLANK = re.compile(r"\S")
_OPERATORS = frozenset({"=", ":", ":=", "=>", "(", "==", "\\"})
_CONTINUES = ("=", ":", "(", ",", "+", "\\", "=>")
_BLANKS = re.compile(r"\s+")
_QUOTE = re.compile(r"[\"'`]")
_SIGN = re.compile(r"[\\\"'`]")
_NO_PORT = r"(?![\d.:-]*(?:/(?:tcp|udp))?(?:[\s\"']|\Z))"
# Command lines that take a secret under a short option: (the commands, what follows them).
_OPTIONS = (
    (("curl", "wget"), re.compile(r"\b[^\n]*?\s(?:-u|--user|-U|--proxy-user)[ =]?[\"']?[^\s:\"']+:([^\s\"'@]+)")),
    (("sshpass",), re.compile(r"\s+-p\s*[\"']?([^\s\"']+)")),
    (("docker", "podman", "helm", "oras", "az", "nerdctl", "buildah", "skopeo"),
     re.compile(r"\b[^\n]*?\s-p[ =][\"']?" + _NO_PORT + r"([^\s\"']+)")),
    (("mysql", "mysqldump", "mysqladmin", "mariadb", "mongo", "mongosh", "mongodump", "redis-cli", "sqlcmd",
      "ldapsearch", "ldapadd"), re.compile(r"\b[^\n]*?\s-(?:[paPw])\s?[\"']?" + _NO_PORT + r"([^\s\"'-][^\s\"']*)")),
    (("net use",), re.compile(r"\b[^\n]*?/user:\S+\s+([^\s\"'/]+)", re.IGNORECASE)),
    (("convertto-securestring",), re.compile(r"\s+(?:-String\s+)?[\"']([^\"'\n]+)[\"']", re.IGNORECASE)),
    (("openssl",), re.compile(r"\b[^\n]*?\bpass:([^\s\"']+)")),
)  # fmt: skip
# Each of them needs one of these, and most texts have none: then no command is looked for.
_SHORT_OPTION = re.compile(r"-(?<=\s-)(?:[UupPaw]|-user|-proxy-user)")
_OPTION_WORDS = ("/user:", "convertto-securestring", "pass:")


class _Name(NamedTuple):
    start: int
    end: int
    telling: Telling
    is_call: bool  # a function that takes a secret: its arguments are judged as hints


class _Line(NamedTuple):
    """The line of a name."""

    start: int
    end: int
    quote: str  # what is open before the name


def find_named_secrets(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each value that stands for a secret; they may overlap, and come in no order."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters become two
        lowered = text.translate(_LOWER)
    names: dict[int, _Name] = {}
    for piece in _PIECES:
        for at in _occurrences(lowered, piece):
            if piece == "key" and not lowered.endswith(_KEY_BEGINNINGS, 0, at):
                continue
            name = _name_around(text, at, at + len(piece))
            if name is not None:
                names.setdefault(name.start, name)
    for name, line in _with_lines(text, sorted(names.values())):
        yield from _values_after(text, name, line)
    if not _SHORT_OPTION.search(text) and not any(word in lowered for word in _OPTION_WORDS):
        return
    for commands, option in _OPTIONS:
        for command in commands:
            yield from _option_values(text, lowered, command, option)


def _occurrences(text: str, piece: str) -> Iterator[int]:
    at = text.find(piece)
    while at >= 0:
        yield at
        at = text.find(piece, at + len(piece))


def _option_values(text: str, lowered: str, command: str, option: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield the values of a command's option; of a command that a line repeats, only the first use near it is read."""
    end = 0
    for at in _occurrences(lowered, command):
        if at < end or text[at - 1 : at].isalnum():
            continue
        after = at + len(command)
        end = min(_line_end(text, after), at + LINE_CHARS)
        if found := option.match(text, after, end):
            yield found.span(1)


def _with_lines(text: str, names: Iterable[_Name]) -> Iterator[tuple[_Name, _Line]]:
    """Yield each name with its line; the names are in the order of the text."""
    start, end, at, quote = 0, -1, 0, ""
    for name in names:
        if name.end > end:
            start, end = _line_around(text, name.end)
            at, quote = start, ""
        at, quote = name.start, _open_quote(text, at, name.start, quote)
        yield name, _Line(start, end, quote)


def _name_around(text: str, start: int, end: int) -> _Name | None:
    """Return the name that a telling piece is part of; None if it tells nothing, as `passed` and `tokenize`."""
    backwards = text[max(0, start - NAME_CHARS) : start][::-1]
    if before := _NAME_CHARACTERS.match(backwards):
        start -= before.end()
    if after := _NAME_CHARACTERS.match(text, end, end + NAME_CHARS):
        end = after.end()
    telling = _telling(text[start:end])
    if telling is None or (telling is Telling.HINT and not text.startswith("(", end)):
        return None
    return _Name(start, end, telling, is_call=telling is Telling.HINT)


@lru_cache(maxsize=4096)
def _telling(name: str) -> Telling | None:
    """Return how telling a name is: a hint if it may be a function that takes a secret, None if it tells nothing."""
    words = [word.lower() for word in _WORD.findall(name)]
    if _PASSWORDS & set(words) or any(word.endswith(_PASSWORD_ENDS) for word in words):
        return Telling.PASSWORD
    if _NAMES & set(words) or any(second in {"key", "keys"} and first in _KEYS for first, second in pairwise(words)):
        return Telling.NAME
    return Telling.HINT if _CALLS & set(words) else None


def _values_after(text: str, name: _Name, line: _Line) -> Iterator[tuple[int, int]]:
    quote = line.quote
    end, line_end = min(line.end, name.end + REACH_CHARS), min(line.end, name.end + LINE_CHARS)
    at = name.end
    before_start = max(line.start, name.start - REACH_CHARS)
    before = text[before_start : name.start]
    stripped = before.rstrip()
    if text[at : at + 1] == "\\" and text[at + 1 : at + 2] in _QUOTES:  # a name in quotes, in text
        at += 2
    elif quote:
        close = text.find(quote, at, end)
        if found := _IN_TEXT.match(text, at, close if close >= 0 else end):
            yield from _judged(text, *found.span(1), name.telling)
        at = close + 1 if close >= 0 else end
    elif found := (_UNQUOTED.match(text, at, line_end) or _HEADER.match(text, at, line_end)):
        yield from _judged(text, *found.span(1), name.telling)
    rest = text[at:end]
    if "</" in rest and (found := _ELEMENT.match(text, at, end)):
        yield from _judged(text, *found.span(1), name.telling)
    is_variable = text.startswith("=", name.end) and text[name.start : name.end].isupper()
    if (is_variable or before.endswith("-") or text.startswith("--", name.start) or _is_set(stripped)) and (
        found := _FLAG.match(text, at, end)
    ):
        yield from _judged(text, *found.span(1), name.telling)
    is_compared = name.telling > Telling.HINT and stripped.endswith(_COMPARED_ENDS)
    if is_compared and (found := _COMPARED.search(before)):
        yield from _judged(text, before_start + found.start(2), before_start + found.end(2), name.telling)
    if end == line.end and (rest.rstrip().endswith(_CONTINUES) or not rest.strip(" \t\"'`)]}:=")):
        end = min(_end_of_statement(text, end), end + REACH_CHARS)
        rest = text[at:end]
    if _QUOTE.search(rest):
        yield from _literals(text, at, end, name)


def _is_set(before: str) -> bool:
    """True if what stands before a name is a command that sets variables."""
    return before.lower().endswith(_SET_ENDS) and _SET.search(before) is not None


def _end_of_statement(text: str, line_end: int) -> int:
    """Return the end of the next line with more than blanks, or of the one after it if that holds only an operator."""
    for _ in range(2):
        begins = _NOT_BLANK.search(text, line_end)
        if not begins:
            return len(text)
        _, line_end = _line_around(text, begins.start())
        if text[begins.start() : line_end].strip() not in _OPERATORS:
            break
    return line_end


def _literals(text: str, at: int, end: int, name: _Name) -> Iterator[tuple[int, int]]:
    """Yield the string literals that are secrets: the first by what its name tells, the others by hints."""
    begin = at
    for literal in _LITERAL.finditer(text, at, end):
        start, stop = literal.span(2)
        if name.is_call and "," not in text[begin : literal.start()]:
            continue  # the first argument says where or who
        scheme = _SCHEME.match(text, start, stop)
        start = scheme.end() if scheme else start
        is_direct = not name.is_call and _is_joint(text[begin : literal.start()])
        telling = name.telling if is_direct else Telling.HINT
        if scheme and telling is Telling.HINT:
            telling = Telling.NAME
        yield from _judged(text, start, stop, telling)


def _is_joint(between: str) -> bool:
    """True if what stands between a name and a literal says that the name is given the literal."""
    if len(between) > JOINT_CHARS:
        return False
    joint = _BLANKS.sub(" ", between)
    return _JOINT.match(joint) is not None and not _METHOD.search(joint)


def _judged(text: str, start: int, end: int, telling: Telling) -> Iterator[tuple[int, int]]:
    scheme = _SCHEME.match(text, start, end)
    start = scheme.end() if scheme else start
    if is_secret(text[start:end], telling):
        yield start, end


def _line_around(text: str, at: int) -> tuple[int, int]:
    return text.rfind("\n", 0, at) + 1, _line_end(text, at)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


def _open_quote(text: str, at: int, end: int, quote: str) -> str:
    """Return the quote that a line has open at `end`, or ""; `quote` is open at `at`."""
    while found := _SIGN.search(text, at, end):
        at, sign = found.end(), found[0]
        if sign == "\\":
            at += at < end and (not quote or text[at] != quote)
        elif not quote:
            quote = sign
        elif quote == sign:
            quote = ""
    return quote
