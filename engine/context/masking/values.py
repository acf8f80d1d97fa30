"""Does a value look like a secret? Judged by its characters, and by how telling the name is that it belongs to."""

from __future__ import annotations

import math
import re
from collections import Counter
from enum import IntEnum
from functools import lru_cache

SHORTEST, LONGEST = 4, 400
MIN_TOKEN_CHARS = 8
RANDOM_BITS = 3.0  # bits a character, in hexadecimal digits or more kinds: words have less for their length
_PLACEHOLDER = re.compile(
    r"\A(?:[x*.•_?-]+|(?:your|my|some|the|an?|test|dummy|fake|sample|example|enter|insert|change)(?:[-_ ][\w-]*)?"
    r"|.*(?:change_?me|placeholder|redacted|not_?set|undefined|example\.(?:com|org|net)).*"
    r"|base-?(?:16|32|64)(?:url)?|utf-?(?:8|16|32)(?:le|be)?|latin-?1|iso-?8859-?\d+|(?:hmac-?)?sha-?\d+|md[245]|[hrep]s(?:256|384|512)"
    r"|aes-?\d+(?:-\w+)*|rsa-?\d+|ed25519|oauth-?[12](?:\.\d)?|x-?509|pkcs#?\d+|scrypt|bcrypt|argon2\w*|pbkdf2\w*"
    r"|none|null|nil|true|false|undefined|string|number|boolean|bytes?|any|object|required|optional|default|empty)\Z",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"[$%#@]?\{|\A[$%<]\w|\A\w+\(|\)\Z|\A(?:https?|file|ssh|git)://[^@]*\Z|\A[./~]|\A[\w.-]+\.(?:py|js|ts|go|rs|"
    r"java|json|ya?ml|toml|txt|html?|pem|crt|key|md|sh|sql|xml|conf|ini)\Z",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    r"\A[a-z_$][a-z_$]*\d{0,2}\Z|\A[A-Z_]+\d{0,2}\Z|\A[A-Za-z_]\w*(?:(?:\.|::|->|\?\.)[A-Za-z_]\w*)+\Z"
)
_TELLING = re.compile(
    r"pass(?:word|wd|phrase|code)?|pwd|secret|token|credential|auth|(?:api|access|private)?[_-]?key", re.IGNORECASE
)
_HEXADECIMAL = re.compile(r"\A(?:0x)?[0-9a-f]{20,}\Z|\A(?:0x)?[0-9A-F]{20,}\Z")
_DATE_OR_VERSION = re.compile(
    r"\A[v~^<>=]*\d+(?:[.:/-]\d+)+(?:[-+.]?\w{0,8})?\Z|\A\d+(?:px|em|rem|ms|s|%|[kmg]i?b)?\Z", re.IGNORECASE
)


class Telling(IntEnum):
    """How telling what stands around a value is."""

    HINT = 0  # near a telling name, or after a name such as `token`
    NAME = 1  # assigned to a name such as `api_key`
    PASSWORD = 2  # assigned to a name such as `password`


@lru_cache(maxsize=4096)
def is_secret(value: str, telling: Telling) -> bool:
    """True if a value is more likely a secret than a name, a placeholder, a sentence or a reference."""
    if not SHORTEST <= len(value) <= LONGEST or _PLACEHOLDER.match(value) or _REFERENCE.search(value):
        return False
    if any(character.isspace() for character in value) or len(set(value)) < SHORTEST - 1:
        return False
    if _DATE_OR_VERSION.match(value) and telling < Telling.PASSWORD:
        return False
    if telling is Telling.PASSWORD:
        return _is_password(value)
    if len(value) < MIN_TOKEN_CHARS or _IDENTIFIER.match(value):
        return False
    kinds = _kinds(value)
    if _HEXADECIMAL.match(value):
        return True
    if "digit" not in kinds or len(kinds) < 2:  # noqa: PLR2004
        return False
    if telling is Telling.NAME:
        return not _is_words(value)
    return {"lower", "upper"} <= kinds and not _is_words(value)


def _is_password(value: str) -> bool:
    if _TELLING.fullmatch(re.sub(r"[\d_-]+\Z", "", value)) or re.match(
        r"[A-Za-z_]\w*(?:\.|::|->)[A-Za-z_]\w*\Z", value
    ):
        return False
    kinds = _kinds(value)
    if _TELLING.search(value) and not {"digit", "symbol"} & kinds:
        return False  # another name: `passwordField`, `PASSWORD_KEY`
    return bool({"digit", "symbol"} & kinds) and not _is_key_of_text(value)


def _is_key_of_text(value: str) -> bool:
    """True for the names that messages and routes have: `user.password.label`, `reset-password`, `password_confirm`."""
    return re.fullmatch(r"[A-Za-z]+(?:[._/:-][A-Za-z]+)+[.:!?]?|[A-Z][a-z]+[.:!?…]+", value) is not None


def _is_words(value: str) -> bool:
    """True if a value falls into words: `OAuth2Client`, `sha256-digest`, `user_id_42`."""
    if value.isalnum() and value.islower():
        return False  # digits in the middle of small letters: `hunter22secret`
    pieces = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", value)
    letters = [piece for piece in pieces if piece[0].isalpha()]
    long = sum(len(piece) for piece in letters if len(piece) >= SHORTEST)
    return long >= 0.6 * len(value) and len(pieces) <= max(3, len(value) / 4)


def is_random(value: str) -> bool:
    """True if a long value has no more order than a key: characters of three kinds, and no words."""
    if not {"digit", "lower", "upper"} <= _kinds(value) or re.search(r"[a-z]{5,}|[A-Z]{6,}", value):
        return False
    return bits_a_character(value) >= 4.2  # noqa: PLR2004 - random base64 has 4.5 and more, hexadecimal at most 4


def bits_a_character(value: str) -> float:
    """Return the entropy of a value's characters."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())


def _kinds(value: str) -> set[str]:
    return {
        "digit" if c.isdigit() else "lower" if c.islower() else "upper" if c.isupper() else "symbol"
        for c in value
        if c not in "_-."
    }
