"""Secrets: files by name, strings by their issuers' shapes, by what they are assigned to, and by entropy."""

from __future__ import annotations

import fnmatch
import math
import re
import string
from collections import Counter
from functools import cache, lru_cache

SECRET_NAMES = (
    ".env", ".env.*", "*.env", ".envrc", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ovpn",
    "*.ppk", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".netrc", "_netrc", ".pgpass", ".npmrc", ".pypirc",
    ".htpasswd", ".git-credentials", ".dockercfg", "credentials", "credentials.*", "secret", "secret.*", "secrets",
    "secrets.*", "service-account*.json", "kubeconfig", "local.settings.json", "*.tfvars", "*.tfstate", "*.tfstate.*",
)  # fmt: skip
# A private key is more than a line: its file is not read at all.
PRIVATE_KEY = re.compile(r"-----? ?BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File|BEGIN SSH2 ENCRYPTED")
# Tokens by their issuers' shapes, then anything assigned to a telling name.
MASKED_TEXT = (
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}|\bGOCSPX-[\w-]{20,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20,}"
    r"|\bxox[abprse]-[A-Za-z0-9-]{10,}|\bxapp-[\w-]{20,}|hooks\.slack\.com/services/\w[\w/]*"
    r"|\b[sr]k[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{20,}|\bnpm_[A-Za-z0-9]{36}|\bpypi-\w{16,}|\bhf_[A-Za-z0-9]{30,}"
    r"|\bSG\.[\w-]{16,}\.[\w-]{16,}|\b\d{8,10}:AA[\w-]{33}|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}"
    r"|(?<=://)[^\s/:@'\"{}$<]+:[^\s/:@'\"{}$<]{3,}(?=@)|\bAccountKey=[\w+/=]{20,}|\bBearer [\w.-]{24,}"
    r"|(?P<named>(?:password|passwd|secret|token|api_?key|access_?key)\w*[\"']?\s*[:=]\s*[\"'])"
    r"(?=[^\"'\s]*\d)[^\"'\s{}$<>()]{8,}(?=[\"'])"
)
# How what the expression above finds begins. It is tried there only: everywhere, it would take a third of the index's
# time. In lower case; of a bot's number before `:AA` and of a password behind `://` the hint is the other end.
_HINTS = (
    "akia", "asia", "aiza", "gocspx", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat", "glpat", "xox", "xapp",
    "hooks.slack", "sk-", "sk_", "rk-", "rk_", "npm_", "pypi-", "hf_", "sg.", ":aa", "eyj", "://", "accountkey",
    "bearer", "passw", "secret", "token", "apikey", "api_key", "accesskey", "access_key",
)  # fmt: skip
_LOWER = {ord(sign): ord(sign.lower()) for sign in string.ascii_uppercase}
_PRIVATE_KEY_WORDS = ("PRIVATE KEY", "PuTTY-User-Key-File", "BEGIN SSH2 ENCRYPTED")
QUOTED = re.compile(r"([\"'])([A-Za-z0-9+/=_-]{32,200})\1")
MIN_ENTROPY = 4.2  # bits a sign: random base64 of this length has 4.5 and more, hexadecimal digests at most 4
MASK = "********"


def is_secret_name(name: str) -> bool:
    return _secret_name().match(name.lower()) is not None


@cache
def _secret_name() -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in SECRET_NAMES))


@cache
def _masked_text() -> re.Pattern[str]:
    return re.compile(MASKED_TEXT, re.IGNORECASE)


def holds_secret(text: str) -> bool:
    """Whether text holds what `masked` would hide, or a private key."""
    return holds_private_key(text) or masked(text) != text


def masked(text: str) -> str:
    """The text with each secret's signs replaced. Lines and quotes stay, so the code around it still helps."""
    pieces, end = [], 0
    for at in _beginnings(text):
        if at >= end and (found := _masked_text().match(text, at)):
            pieces += [text[end:at], found.group("named") or "", MASK]
            end = found.end()
    return QUOTED.sub(_without_entropy, "".join([*pieces, text[end:]]))


def holds_private_key(text: str) -> bool:
    return any(words in text for words in _PRIVATE_KEY_WORDS) and PRIVATE_KEY.search(text) is not None


def _beginnings(text: str) -> list[int]:
    """The places, in order, at which `MASKED_TEXT` may match."""
    lowered = text.lower() if text.isascii() else text.translate(_LOWER)  # sign for sign, unlike Unicode's lower case
    found = set()
    for hint in _HINTS:
        at = lowered.find(hint)
        while at >= 0:
            begins = at
            if hint == "://":
                begins += len(hint)
            elif hint == ":aa":
                while begins > 0 and lowered[begins - 1].isdigit():
                    begins -= 1
            found.add(begins)
            at = lowered.find(hint, at + 1)
    return sorted(found)


def _without_entropy(found: re.Match[str]) -> str:
    quote, body = found.group(1), found.group(2)
    return f"{quote}{MASK}{quote}" if _is_random(body) else found.group(0)


@lru_cache(maxsize=1024)
def _is_random(body: str) -> bool:
    """Whether a string has no more order than a key: many signs, of three kinds, and no words."""
    kinds = (any(c.isdigit() for c in body), any(c.islower() for c in body), any(c.isupper() for c in body))
    if not all(kinds) or re.search(r"[a-z]{5,}|[A-Z]{6,}", body):
        return False
    return -sum(n / len(body) * math.log2(n / len(body)) for n in Counter(body).values()) >= MIN_ENTROPY
