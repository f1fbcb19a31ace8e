"""Keys, each typed by what it is for.

1. A key serves one purpose. Its class offers nothing else, and what it computes with is derived from its secret
   and its purpose (HKDF-SHA256), so that even the same secret under another purpose is another key.
2. A secret shows itself in no `repr`, no `str`, no error and no pickle; only `Keyring.to_json` writes it.
3. A key's algorithm stands beside it in the keyring; one that isn't known is refused, never guessed.
"""

from enum import StrEnum
from typing import ClassVar, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wayseal.merkle import SigningKey, VerifyKey
from wayseal.vault.errors import KeyringError

SECRET = 32
"""Bytes of a secret."""
MOST_VERSIONS = 0xFFFF
"""Highest version of a key: tokens and reasons keep it in two bytes."""
TAG = 16
"""Bytes of a tag: of the blind index, and of a row's mark."""


class KeyPurpose(StrEnum):
    """The purpose of a key."""

    WRAP = "wrap"
    """Wraps the data keys of waybills."""
    INDEX = "index"
    """Makes the tags of the blind index."""
    TOKEN = "token"  # noqa: S105
    """Makes tokens of numbers."""
    REASON = "reason"
    """Seals the reasons in the log."""
    ACCESS = "access"
    """Signs access tokens."""
    LOG = "log"
    """Signs checkpoints of the log."""
    LABEL = "label"
    """Makes the keys of a day's labels."""
    ROW = "row"
    """Makes the marks of rows on which decisions rest."""


LATER = frozenset({KeyPurpose.LABEL})
"""Purposes that keyrings of before lack: they get a key by a rotation (rule 1 of the keyring)."""


class Key:
    """One version of a key. created_at: microseconds since 1970. Every purpose has a class of its own (rule 1)."""

    __slots__ = ("_secret", "created_at", "version")
    purpose: ClassVar[KeyPurpose]
    algorithm: ClassVar[str]

    def __init__(self, version: int, created_at: int, secret: bytes) -> None:
        if len(secret) != SECRET:
            raise KeyringError(
                "{purpose} {version}: a secret has {size} bytes", purpose=self.purpose, version=version, size=SECRET
            )
        self.version, self.created_at, self._secret = version, created_at, secret

    @property
    def name(self) -> str:
        """Purpose and version, as errors name it."""
        return f"{self.purpose} {self.version}"

    def __repr__(self) -> str:
        """Without the secret (rule 2)."""
        return f"{type(self).__name__}(version={self.version})"

    def __reduce__(self) -> NoReturn:
        """No key leaves in a pickle or a copy (rule 2)."""
        raise KeyringError("a key can't be pickled or copied", key=self.name)

    def _derived(self, size: int) -> bytes:
        """Rule 1."""
        info = f"wayseal/{self.purpose}/{self.algorithm}".encode()
        return HKDF(algorithm=SHA256(), length=size, salt=None, info=info).derive(self._secret)


class WrapKey(Key):
    """Wraps data keys."""

    __slots__ = ("cipher",)
    purpose = KeyPurpose.WRAP
    algorithm = "AES-256-GCM-SIV"

    def __init__(self, version: int, created_at: int, secret: bytes) -> None:
        super().__init__(version, created_at, secret)
        self.cipher = AESGCMSIV(self._derived(32))


class ReasonKey(Key):
    """Seals reasons."""

    __slots__ = ("cipher",)
    purpose = KeyPurpose.REASON
    algorithm = "AES-256-GCM-SIV"

    def __init__(self, version: int, created_at: int, secret: bytes) -> None:
        super().__init__(version, created_at, secret)
        self.cipher = AESGCMSIV(self._derived(32))


class TokenKey(Key):
    """Makes tokens: the same number, the same token (AES-SIV, RFC 5297)."""

    __slots__ = ("cipher",)
    purpose = KeyPurpose.TOKEN
    algorithm = "AES-256-SIV"

    def __init__(self, version: int, created_at: int, secret: bytes) -> None:
        super().__init__(version, created_at, secret)
        self.cipher = AESSIV(self._derived(64))


class _HashKey(Key):
    """Makes keyed hashes."""

    __slots__ = ("_hmac",)
    algorithm = "HMAC-SHA256"

    def __init__(self, version: int, created_at: int, secret: bytes) -> None:
        super().__init__(version, created_at, secret)
        self._hmac = HMAC(self._derived(32), SHA256())

    def tag(self, data: bytes) -> bytes:
        """The first `TAG` bytes of the keyed hash of `data`."""
        made = self._hmac.copy()
        made.update(data)
        return made.finalize()[:TAG]


class IndexKey(_HashKey):
    """Makes tags of what is looked up."""

    __slots__ = ()
    purpose = KeyPurpose.INDEX


class RowKey(_HashKey):
    """Makes the marks of rows, by which one that somebody else wrote is known."""

    __slots__ = ()
    purpose = KeyPurpose.ROW


class LabelKey(Key):
    """Makes the key of an outlet's labels of a day, which leaves for the devices of the outlet."""

    __slots__ = ("_root",)
    purpose = KeyPurpose.LABEL
    algorithm = "HKDF-SHA256"

    def __init__(self, version: int, created_at: int, secret: bytes) -> None:
        super().__init__(version, created_at, secret)
        self._root = self._derived(32)

    def derive(self, context: bytes, size: int) -> bytes:
        """Bytes for a context; from them neither this key's nor another context's can be worked out."""
        return HKDF(algorithm=SHA256(), length=size, salt=None, info=context).derive(self._root)


class AccessKey(Key):
    """Signs access tokens."""

    __slots__ = ("private",)
    purpose = KeyPurpose.ACCESS
    algorithm = "Ed25519"

    def __init__(self, version: int, created_at: int, secret: bytes) -> None:
        super().__init__(version, created_at, secret)
        self.private = Ed25519PrivateKey.from_private_bytes(self._derived(32))

    @property
    def public(self) -> Ed25519PublicKey:
        """Its public half."""
        return self.private.public_key()


class LogKey(Key):
    """Signs checkpoints of the log."""

    __slots__ = ()
    purpose = KeyPurpose.LOG
    algorithm = "Ed25519"

    def signing(self, name: str) -> SigningKey:
        """The key that signs as `name`, usually the log's origin."""
        return SigningKey(name=name, seed=self._derived(32))

    @property
    def public(self) -> bytes:
        """Its public half, 32 bytes: it outlives the key, as what was signed does."""
        private = Ed25519PrivateKey.from_private_bytes(self._derived(32))
        return private.public_key().public_bytes_raw()

    def verifying(self, name: str) -> VerifyKey:
        """The public half of `signing(name)`."""
        return VerifyKey(name=name, public=self.public)


KINDS: dict[KeyPurpose, type[Key]] = {
    kind.purpose: kind for kind in (WrapKey, IndexKey, TokenKey, ReasonKey, AccessKey, LogKey, LabelKey, RowKey)
}
"""The class of each purpose."""
