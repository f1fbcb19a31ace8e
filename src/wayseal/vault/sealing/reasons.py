"""Reasons, sealed in the log: whoever reads it sees that there was one, and only the keyring shows which.

1. A reason opens only in the place of the log that it was sealed for.
2. Like a field, it is filled up to whole blocks.
"""

import os

from cryptography.exceptions import InvalidTag

from wayseal.vault.errors import SealError
from wayseal.vault.keyring import Keyring
from wayseal.vault.keyring.keys import ReasonKey
from wayseal.vault.sealing._padding import pad, unpad

_HEAD = b"WSR\x01\x01"
"""Magic, format version 1, algorithm 1 (AES-256-GCM-SIV)."""
_NONCE = 12
_VERSION = 2
_START = len(_HEAD) + _VERSION


def seal_reason(keyring: Keyring, seq_binding: bytes, text: str) -> bytes:
    """The reason, sealed with the active key. seq_binding: what is true of its place alone (rule 1)."""
    key = keyring.key(ReasonKey)
    header = _HEAD + key.version.to_bytes(_VERSION, "big")
    nonce = os.urandom(_NONCE)
    return header + nonce + key.cipher.encrypt(nonce, pad(text), header + seq_binding)


def open_reason(keyring: Keyring, seq_binding: bytes, sealed: bytes) -> str:
    """The reason; SealError where it isn't what was sealed there, KeyringError where its key is gone."""
    header, nonce, rest = sealed[:_START], sealed[_START : _START + _NONCE], sealed[_START + _NONCE :]
    if header[: len(_HEAD)] != _HEAD or not rest:
        raise SealError("a sealed reason is cut off, or of a format that Wayseal doesn't know")
    key = keyring.key(ReasonKey, int.from_bytes(header[len(_HEAD) :], "big"))
    try:
        return unpad(key.cipher.decrypt(nonce, rest, header + seq_binding))
    except (InvalidTag, ValueError):
        raise SealError("this is not the reason that was sealed here") from None
