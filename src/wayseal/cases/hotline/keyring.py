"""The team's private keys, and the files in which both halves lie.

1. `hotline.private` is its owner's alone (0600) and stays with the console; `hotline.public` goes to the portal.
2. New keys come after the old ones, which open what was sealed before. None goes.
3. No private key stands in a text, a `repr` or an error.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import ClassVar, Final, Literal, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from wayseal.cases.hotline.errors import KeyFileError
from wayseal.cases.hotline.letters import KeyBytes, PrivateKeys, PublicKey, PublicKeys, Purpose
from wayseal.model.errors import disk_says
from wayseal.model.schema import CLOSED, parse_json, plain
from wayseal.store.durable import replace_file

PRIVATE, PUBLIC = "hotline.private", "hotline.public"
_READABLE: Final = 0o644
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    __pydantic_config__: ClassVar = CLOSED
    purpose: Purpose
    made: date
    private: KeyBytes = field(repr=False)

    def key(self) -> X25519PrivateKey | Ed25519PrivateKey:
        return _kind(self.purpose).from_private_bytes(self.private)

    def public(self) -> PublicKey:
        return PublicKey(purpose=self.purpose, made=self.made, public=self.key().public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    __pydantic_config__: ClassVar = CLOSED
    wayseal_hotline_keys: Literal[1] = 1
    keys: tuple[_Key, ...]


def make_keys(folder: Path, made: date) -> PublicKeys:
    """Adds a key of each purpose to those in a folder, or makes the first; returns all that is public of them.

    KeyFileError: the folder can't be used, or what is there.
    """
    path = folder / PRIVATE
    old = _read(path).keys if path.exists() else ()
    new = tuple(
        _Key(purpose=purpose, made=made, private=_kind(purpose).generate().private_bytes_raw()) for purpose in Purpose
    )
    public = PublicKeys(keys=tuple(key.public() for key in (*old, *new)))
    _guarded(path, lambda: replace_file(path, _spell(_Keys(keys=(*old, *new)))))
    _guarded(path, lambda: replace_file(folder / PUBLIC, _spell(public), mode=_READABLE))
    return public


def load_private_keys(path: Path) -> PrivateKeys:
    """The keys of a `hotline.private` by their ids. KeyFileError: it isn't there, is open to others, or is none."""
    return {key.public().id: key.key() for key in _read(path).keys}


def _kind(purpose: Purpose) -> type[X25519PrivateKey | Ed25519PrivateKey]:
    return Ed25519PrivateKey if purpose is Purpose.LETTERS else X25519PrivateKey


def _read(path: Path) -> _Keys:
    if _guarded(path, path.stat).st_mode & 0o077:
        raise KeyFileError("the key file is open to others: chmod 600", file=path)
    try:
        return parse_json(_guarded(path, path.read_bytes), _Keys)
    except ValueError:
        raise KeyFileError("these are no keys of the hotline", file=path) from None


def _spell(keys: PublicKeys | _Keys) -> bytes:
    return json.dumps(plain(keys), indent=1).encode() + b"\n"


def _guarded(path: Path, act: Callable[[], T]) -> T:
    try:
        return act()
    except OSError as error:
        raise KeyFileError("the key file can't be read ({reason})", file=path, reason=disk_says(error)) from None
