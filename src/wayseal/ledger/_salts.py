"""The ledger's secret, and the salt of each read that is made of it.

1. The secret is 32 random bytes in a file that only its owner can read; it leaves the ledger for backups alone.
2. A salt is AES-256 (a pseudo-random permutation) of (source, row) under a key made of the secret: no two reads have
   the same, nothing has to be stored, and whoever is shown some salts knows nothing of the others.
3. The manifest knows the secret by a hash of it, so that a changed one is found and named.
"""

import hashlib
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from wayseal.ledger.errors import LedgerError
from wayseal.model.arrays import Bytes, Ints, Longs
from wayseal.model.errors import disk_says
from wayseal.store.durable import replace_file

NAME = "secret"
SIZE = 16
"""Bytes of a salt."""
_SECRET_SIZE = 32


class Salts:
    """Makes salts out of a secret (rule 2)."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.sha256(b"wayseal salts 1\n" + secret).digest()
        self.check = hashlib.sha256(b"wayseal check 1\n" + secret).hexdigest()

    def __repr__(self) -> str:
        """Without the key."""
        return "Salts()"

    def of(self, source: Ints, row: Longs) -> Bytes:
        """Salt of each read: uint8 (n, 16)."""
        places = np.empty((len(row), 2), "<u8")
        places[:, 0], places[:, 1] = source, row
        out = np.empty(len(row) * SIZE + SIZE, np.uint8)
        encryptor = Cipher(algorithms.AES256(self._key), modes.ECB()).encryptor()  # noqa: S305 (rule 2: one block each)
        encryptor.update_into(places.view(np.uint8).reshape(-1).data, out.data)
        return out[: len(row) * SIZE].reshape(-1, SIZE)


def make_secret(ledger: Path, secret: bytes) -> Salts:
    """Puts a new secret into the ledger, durably (rule 1)."""
    replace_file(ledger / NAME, secret)
    return Salts(secret)


def load_salts(ledger: Path, check: str) -> Salts:
    """The ledger's salts; LedgerError where the secret is missing or another one (rule 3)."""
    path = ledger / NAME
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        raise LedgerError("the ledger's secret is missing", file=path) from None
    except OSError as error:
        raise LedgerError("can't be read ({reason})", file=path, reason=disk_says(error)) from error
    made = Salts(secret)
    if len(secret) != _SECRET_SIZE or made.check != check:
        raise LedgerError("this is not the ledger's secret", file=path)
    return made
