"""Keys by purpose, with versions: the keyring, where it is kept, and the service that wraps data keys.

The typed keys stand in `wayseal.vault.keyring.keys`.

Wrapping data keys: what a key management service can take over, and the same with a keyring on this machine.

1. A wrapped key opens only with the associated data that it was wrapped with, and under its own key version.
2. Both acts take groups, so that a service elsewhere costs one round trip for each.
3. What one vault had wrapped doesn't open in another of the same keyring.
4. A version that isn't known yet is looked for once more before it is refused: another process may have rotated.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidTag

from wayseal.vault.errors import SealError
from wayseal.vault.keyring._keyring import ENVIRONMENT, Keyring, KeyringFile
from wayseal.vault.keyring.keys import KeyPurpose, WrapKey

__all__ = ["ENVIRONMENT", "KeyPurpose", "KeyService", "KeySource", "Keyring", "KeyringFile", "LocalKeys", "Wrapped"]

_HEAD = b"WSK\x01\x01"
"""Magic, format version 1, algorithm 1 (AES-256-GCM-SIV)."""
_NONCE = 12
_START = len(_HEAD) + _NONCE
_SIZE = _START + 32 + 16


class Wrapped(NamedTuple):
    """A wrapped data key, and the version of the key that wrapped it."""

    key_version: int
    wrapped: bytes


class KeyService(Protocol):
    """Wraps and unwraps data keys (rules 1 and 2)."""

    def wrap(self, items: Sequence[tuple[bytes, bytes]]) -> list[Wrapped]:
        """Wraps data keys; an item is (associated data, data key)."""

    def unwrap(self, items: Sequence[tuple[bytes, Wrapped]]) -> list[bytes]:
        """The data keys; an item is (associated data, wrapped key).

        SealError where one isn't what was wrapped so; KeyringError where there is no such version.
        """


class KeySource(Protocol):
    """A keyring, or a file of one that follows rotations."""

    def current(self) -> Keyring:
        """The keyring as it is known now."""

    def refreshed(self) -> Keyring:
        """The keyring after a look for a newer one."""


class LocalKeys:
    """The key service of a keyring on this machine, for the vault of an origin (rule 3)."""

    def __init__(self, source: KeySource, origin: str = "") -> None:
        self._source = source
        # Nothing runs into it: an origin has no NUL, and associated data has one behind a word of ours.
        self._origin = origin.encode()

    def wrap(self, items: Sequence[tuple[bytes, bytes]]) -> list[Wrapped]:
        """See `KeyService`."""
        key = self._source.current().key(WrapKey)
        encrypt, version = key.cipher.encrypt, key.version
        bound = _HEAD + version.to_bytes(2, "big") + self._origin
        random = os.urandom(_NONCE * len(items))
        out, place = [], 0
        for data, secret in items:
            nonce = random[place : place + _NONCE]
            place += _NONCE
            out.append(Wrapped(version, _HEAD + nonce + encrypt(nonce, secret, bound + data)))
        return out

    def unwrap(self, items: Sequence[tuple[bytes, Wrapped]]) -> list[bytes]:
        """See `KeyService`."""
        keyring = self._source.current()
        keys = {version: self._key(keyring, version) for version in {wrapped.key_version for _, wrapped in items}}
        out = []
        for data, (version, raw) in items:
            if len(raw) != _SIZE or raw[: len(_HEAD)] != _HEAD:
                raise SealError("a wrapped key is not of this format")
            bound = _HEAD + version.to_bytes(2, "big") + self._origin + data
            try:
                out.append(keys[version].cipher.decrypt(raw[len(_HEAD) : _START], raw[_START:], bound))
            except InvalidTag:
                raise SealError("a wrapped key is not the one of this number") from None
        return out

    def _key(self, keyring: Keyring, version: int) -> WrapKey:
        """Rule 4."""
        if version not in keyring.versions(WrapKey.purpose):
            keyring = self._source.refreshed()
        return keyring.key(WrapKey, version)
