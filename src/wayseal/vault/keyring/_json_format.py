"""A keyring as JSON.

1. What isn't understood in full is refused: another version, an unknown purpose, algorithm or member.
2. An error names the place in the file, and never what stands there.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from wayseal.model.messages import Message
from wayseal.model.times import iso, micros
from wayseal.vault.errors import KeyringError
from wayseal.vault.keyring.keys import KINDS, MOST_VERSIONS, SECRET, KeyPurpose

FORMAT = "wayseal-keyring"
VERSION = 1
DERIVATION = "HKDF-SHA256"
_TOP = {FORMAT, "derivation", "keys"}
_LIVE = {"purpose", "version", "algorithm", "created_at", "active", "secret"}
_RETIRED = {"purpose", "version", "algorithm", "retired", "public"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """One key of the file; secret is None where it was retired."""

    purpose: KeyPurpose
    version: int
    algorithm: str
    created_at: int = 0
    secret: bytes | None = field(default=None, repr=False)
    active: bool = False
    public: bytes | None = None


def serialize(entries: Sequence[KeyEntry]) -> bytes:
    """The entries as a file."""
    keys = [_live(e, e.secret) if e.secret is not None else _retired(e) for e in entries]
    return json.dumps({FORMAT: VERSION, "derivation": DERIVATION, "keys": keys}, indent=1).encode() + b"\n"


def parse_entries(raw: bytes) -> list[KeyEntry]:
    """The entries of a file (rules 1 and 2)."""
    top = _quietly(lambda: json.loads(raw), KeyringError("the keyring is no JSON"))
    if not isinstance(top, dict) or top.get(FORMAT) != VERSION:
        raise KeyringError('the keyring doesn\'t say "{format}": {version}', format=FORMAT, version=VERSION)
    if set(top) != _TOP or top["derivation"] != DERIVATION or not isinstance(top["keys"], list):
        raise KeyringError("the keyring has members that this version of Wayseal doesn't know")
    entries = [
        _entry(item, Message("key {number} of the keyring", {"number": place}))
        for place, item in enumerate(top["keys"], 1)
    ]
    if len({(e.purpose, e.version) for e in entries}) != len(entries):
        raise KeyringError("the keyring has a purpose and version twice")
    secrets = [e.secret for e in entries if e.secret is not None]
    if len(set(secrets)) != len(secrets):
        raise KeyringError("the keyring has one secret twice")
    return entries


def decode_base64(text: str, where: str | Message) -> bytes:
    """What base64 stands for (rule 2)."""
    otherwise = KeyringError("{where} is no base64", where=where)
    out = _quietly(lambda: base64.b64decode("".join(text.split()), validate=True), otherwise)
    return bytes(out)


def _live(entry: KeyEntry, secret: bytes) -> dict[str, Any]:
    return {
        "purpose": entry.purpose.value,
        "version": entry.version,
        "algorithm": entry.algorithm,
        "created_at": iso(entry.created_at),
        "active": entry.active,
        "secret": base64.b64encode(secret).decode(),
    }


def _retired(entry: KeyEntry) -> dict[str, Any]:
    public = {"public": base64.b64encode(entry.public).decode()} if entry.public is not None else {}
    head = {"purpose": entry.purpose.value, "version": entry.version, "algorithm": entry.algorithm}
    return {**head, "retired": True, **public}


def _entry(item: Any, where: Message) -> KeyEntry:
    if not isinstance(item, dict):
        raise KeyringError("{where} is no object", where=where)
    unknown = KeyringError("{where} is for no purpose that Wayseal knows", where=where)
    purpose = _quietly(lambda: KeyPurpose(item["purpose"]), unknown)
    version, algorithm = item.get("version"), item.get("algorithm")
    if type(version) is not int or not 1 <= version <= MOST_VERSIONS:
        raise KeyringError("{where}: version is no number from 1 to {most}", where=where, most=MOST_VERSIONS)
    if algorithm != KINDS[purpose].algorithm:
        raise KeyringError("{where}: Wayseal doesn't know this algorithm for {purpose}", where=where, purpose=purpose)
    if "retired" in item:
        if not set(item) <= _RETIRED or item["retired"] is not True:
            raise KeyringError("{where}: a retired key has a number, and of a log key the public half", where=where)
        public = _key_bytes(item["public"], where) if "public" in item else None
        return KeyEntry(purpose=purpose, version=version, algorithm=algorithm, public=public)
    if set(item) != _LIVE or type(item["active"]) is not bool:
        raise KeyringError("{where} has members that are missing or not known", where=where)
    return KeyEntry(
        purpose=purpose,
        version=version,
        algorithm=algorithm,
        created_at=_quietly(
            lambda: micros(item["created_at"]), KeyringError("{where}: created_at is no time", where=where)
        ),
        secret=_key_bytes(item["secret"], where),
        active=item["active"],
    )


def _key_bytes(text: Any, where: str | Message) -> bytes:
    raw = decode_base64(text, where) if isinstance(text, str) else b""
    if len(raw) != SECRET:
        raise KeyringError("{where}: a key is base64 of {size} bytes", where=where, size=SECRET)
    return raw


def _quietly(work: Callable[[], Any], otherwise: KeyringError) -> Any:
    """What `work` gives, or an error in our words.

    It is raised outside the handler, so that it doesn't carry the library's error, which holds the whole text.
    """
    try:
        return work()
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise otherwise
