"""Secrets: files by name, strings by their issuers' shapes, by what they are assigned to, and by entropy."""

from __future__ import annotations

import fnmatch
import re
from functools import cache

from engine.context.masking.issuers import find_issued_tokens
from engine.context.masking.named import find_named_secrets
from engine.context.masking.values import is_random

SECRET_NAMES = (
    ".env", ".env.*", "*.env", ".envrc", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ovpn",
    "*.ppk", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".netrc", "_netrc", ".pgpass", ".npmrc", ".pypirc",
    ".htpasswd", ".git-credentials", ".dockercfg", "credentials", "credentials.*", "secret", "secret.*", "secrets",
    "secrets.*", "service-account*.json", "kubeconfig", "local.settings.json", "*.tfvars", "*.tfstate", "*.tfstate.*",
)  # fmt: skip
# A private key is more than a line: its file is not read at all.
PRIVATE_KEY = re.compile(r"-----? ?BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File|BEGIN SSH2 ENCRYPTED")
_PRIVATE_KEY_WORDS = ("PRIVATE KEY", "PuTTY-User-Key-File", "BEGIN SSH2 ENCRYPTED")
QUOTED = re.compile(r"([\"'`])([A-Za-z0-9+/=_-]{32,200})\1")
IN_URL = re.compile(r"(?:(?<=://)[^\s/:@'\"{}$<]+:|(?<=://:))[^\s/:@'\"{}$<]{3,}(?=@)")
IN_QUERY = re.compile(
    r"[?&;](?:sig|signature|se?cret|key|code|access_token|x-amz-signature|accountkey|sharedaccesskey)="
    r"([A-Za-z0-9%+/=_.-]{16,})",
    re.IGNORECASE,
)
HEX_KEY = re.compile(r"\b0x[0-9a-fA-F]{64}\b")
MASK = "********"


def is_secret_name(name: str) -> bool:
    return _secret_name().match(name.lower()) is not None


@cache
def _secret_name() -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in SECRET_NAMES))


def holds_secret(text: str) -> bool:
    """True if the text holds something that `masked` would hide, or a private key."""
    return holds_private_key(text) or masked(text) != text


def masked(text: str) -> str:
    """Return the text with each secret replaced. Lines and quotes stay, so that the code around it still helps."""
    found = [*find_issued_tokens(text), *find_named_secrets(text)]
    if "://" in text:
        found += [match.span() for match in IN_URL.finditer(text)]
    if "=" in text and ("://" in text or "?" in text or ";" in text):
        found += [match.span(1) for match in IN_QUERY.finditer(text)]
    if "0x" in text:
        found += [match.span() for match in HEX_KEY.finditer(text)]
    found += [match.span(2) for match in QUOTED.finditer(text) if is_random(match[2])]
    pieces, end = [], 0
    for start, stop in sorted(found):
        if stop <= end:
            continue
        pieces += [text[end : max(start, end)], MASK if start >= end else ""]
        end = stop
    return "".join([*pieces, text[end:]])


def holds_private_key(text: str) -> bool:
    return any(words in text for words in _PRIVATE_KEY_WORDS) and PRIVATE_KEY.search(text) is not None
