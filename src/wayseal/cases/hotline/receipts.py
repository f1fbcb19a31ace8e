"""Receipts: 16 digits that a reporter keeps, and all that comes of them.

1. A receipt is random, is shown once and is stored nowhere; it comes of a random part of its form, so that a form which
   is pressed again has the same one. Of it come what a box is looked up by, and the private key that opens its letters.
2. Both hang on the site's secret, too, which isn't in the database: whoever has the database alone can't try receipts.
3. Each try costs one Argon2id, whether there is such a box or not.
4. It is read as people write it: blanks, dashes, full width. One digit more or less is none.
"""

import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wayseal.cases.hotline.letters import KEY, READER, PrivateKeys, key_id
from wayseal.service.argon2 import Cost

DIGITS: Final = 16
SITE_HEAD: Final = "wayseal-portal-key-1:"
"""Begins the file of a site's secret."""
_SALT: Final = 16
SITE_SECRET: Final = _SALT + KEY
"""Bytes of it."""


@dataclass(frozen=True, slots=True, repr=False)
class Receipt:
    """A receipt."""

    digits: str

    def shown(self) -> str:
        """In fours, as it is written down."""
        return " ".join(self.digits[at : at + 4] for at in range(0, DIGITS, 4))


def new_receipt(random: Callable[[int], int] = secrets.randbelow) -> Receipt:
    """A receipt. random: gives a number below its argument."""
    return Receipt(f"{random(10**DIGITS):0{DIGITS}}")


def parse_receipt(text: str) -> Receipt | None:
    """A receipt out of what was typed (rule 4); None: it can't be one."""
    plain = "".join(one for one in unicodedata.normalize("NFKC", text) if not _is_between(one))
    return Receipt(plain) if len(plain) == DIGITS and plain.isascii() and plain.isdigit() else None


def _is_between(char: str) -> bool:
    """Blanks, dashes, and what can't be seen."""
    return unicodedata.category(char) in {"Zs", "Pd", "Cc", "Cf"}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SiteSecret:
    """Salt and pepper of a site. Lost, no reporter comes back."""

    salt: bytes
    pepper: bytes

    @classmethod
    def of(cls, secret: bytes) -> Self:
        """The secret out of the bytes of its file."""
        if len(secret) != SITE_SECRET:
            raise ValueError("secret")
        return cls(salt=secret[:_SALT], pepper=secret[_SALT:])


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Derived:
    """What comes of a receipt. lookup: 16 bytes, by which its box is found; private: opens what is in it."""

    lookup: bytes
    private: X25519PrivateKey

    @property
    def public(self) -> bytes:
        """The key of the box."""
        return self.private.public_key().public_bytes_raw()

    @property
    def keys(self) -> PrivateKeys:
        """For `open_letter`."""
        return {key_id(READER, self.public): self.private}


def derive(receipt: Receipt, site: SiteSecret, cost: Cost) -> Derived:
    """What comes of a receipt at a site (rule 2); takes a moment and 64 MiB by the usual cost."""
    main = cost.argon2id(site.salt, site.pepper).derive(receipt.digits.encode())

    def part(name: bytes, length: int) -> bytes:
        return HKDF(algorithm=SHA256(), length=length, salt=None, info=b"wayseal hotline " + name).derive(main)

    private = X25519PrivateKey.from_private_bytes(part(b"reader 1", KEY))
    return Derived(lookup=part(b"lookup 1", 16), private=private)
