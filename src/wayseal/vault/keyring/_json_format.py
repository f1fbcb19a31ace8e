"""A keyring as JSON.

1. What isn't understood in full is refused: another version, an unknown purpose, algorithm or member.
2. An error names the place in the file, and never what stands there.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field

from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, keys_of, needs, parsed_by, read_values
from wayseal.model.times import iso, micros
from wayseal.vault.errors import KeyringError
from wayseal.vault.keyring.keys import KINDS, MOST_VERSIONS, SECRET, KeyPurpose

FORMAT = "wayseal-keyring"
VERSION = 1
DERIVATION = "HKDF-SHA256"
T = TypeVar("T")


def decode_base64(text: str, otherwise: KeyringError) -> bytes:
    """Decode base64 (rule 2)."""
    return bytes(_quietly(lambda: base64.b64decode("".join(text.split()), validate=True), otherwise))


def _parse_key(value: Any) -> bytes:
    otherwise = KeyringError("needs base64 of {size} bytes", size=SECRET)
    raw = decode_base64(value if isinstance(value, str) else "", otherwise)
    if len(raw) != SECRET:
        raise otherwise
    return raw


def _parse_time(value: Any) -> int:
    return int(_quietly(lambda: micros(value), KeyringError("needs a time with its offset")))


def _parse_retired(value: Any) -> bool:
    if value is not True:
        raise KeyringError("is true, or isn't there")
    return True


_Version = Annotated[int, Field(ge=1, le=MOST_VERSIONS)]
_Key = Annotated[bytes, parsed_by(_parse_key)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveKey:
    """A key that reads, and the active one of its purpose writes too."""

    __pydantic_config__: ClassVar = CLOSED
    purpose: KeyPurpose
    version: _Version
    algorithm: str
    created_at: Annotated[int, parsed_by(_parse_time)]
    active: bool
    secret: _Key = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetiredKey:
    """The rest of a retired key: its number, and of a log key the public half."""

    __pydantic_config__: ClassVar = CLOSED
    purpose: KeyPurpose
    version: _Version
    algorithm: str
    retired: Annotated[bool, parsed_by(_parse_retired)] = True
    public: _Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    __pydantic_config__: ClassVar = CLOSED
    version: Annotated[int, Field(alias=FORMAT, ge=VERSION, le=VERSION)]
    derivation: Literal["HKDF-SHA256"]
    keys: tuple[Annotated[dict[str, Any], needs(N_("needs an object for each key"))], ...]


def serialize(keys: Sequence[LiveKey | RetiredKey]) -> bytes:
    """The keys as a file."""
    top = {FORMAT: VERSION, "derivation": DERIVATION, "keys": [_members(key) for key in keys]}
    return json.dumps(top, indent=1).encode() + b"\n"


def _members(key: LiveKey | RetiredKey) -> dict[str, Any]:
    head: dict[str, Any] = {"purpose": key.purpose.value, "version": key.version, "algorithm": key.algorithm}
    if isinstance(key, LiveKey):
        secret = base64.b64encode(key.secret).decode()
        return {**head, "created_at": iso(key.created_at), "active": key.active, "secret": secret}
    public = {} if key.public is None else {"public": base64.b64encode(key.public).decode()}
    return {**head, "retired": True, **public}


def parse_keys(raw: bytes, where: str | None) -> list[LiveKey | RetiredKey]:
    """The keys of a file (rules 1 and 2); `where` it stands is for errors."""
    top = _quietly(lambda: json.loads(raw), KeyringError("the keyring is no JSON", file=where))
    if not isinstance(top, dict) or top.get(FORMAT) != VERSION:
        raise KeyringError('the keyring doesn\'t say "{format}": {version}', file=where, format=FORMAT, version=VERSION)
    try:
        keys = [_read_key(members, f"keys.{place}") for place, members in enumerate(_read(top, _File).keys, 1)]
    except KeyringError as error:
        error.at(file=where)
        raise
    if len({(key.purpose, key.version) for key in keys}) != len(keys):
        raise KeyringError("the keyring has a purpose and version twice", file=where)
    secrets = [key.secret for key in keys if isinstance(key, LiveKey)]
    if len(set(secrets)) != len(secrets):
        raise KeyringError("the keyring has one secret twice", file=where)
    return keys


def _read_key(members: dict[str, Any], place: str) -> LiveKey | RetiredKey:
    kind: Callable[..., LiveKey | RetiredKey] = RetiredKey if "retired" in members else LiveKey
    key = _read(members, kind, f"{place}.")
    if key.algorithm != KINDS[key.purpose].algorithm:
        raise KeyringError(
            "Wayseal doesn't know this algorithm for {purpose}", key=f"{place}.algorithm", purpose=key.purpose
        )
    return key


def _read(members: dict[str, Any], kind: Callable[..., T], place: str = "") -> T:
    known = list(keys_of(kind))
    if not members.keys() <= set(known):
        # Who mixes up names and values would find a secret in an error that names what isn't known.
        raise KeyringError("has a member that isn't one of {known}", key=place.rstrip(".") or None, known=known)
    try:
        return read_values(members, kind, KeyringError)
    except KeyringError as error:
        error.key = f"{place}{error.key}"
        raise


def _quietly(work: Callable[[], Any], otherwise: KeyringError) -> Any:
    """Run `work` and return its result, or raise an error in our words.

    It is raised outside the handler, so that it doesn't carry the library's error, which holds the whole text.
    """
    try:
        return work()
    except (ValueError, TypeError, RecursionError, OverflowError):
        pass
    raise otherwise
