"""Passwords: Argon2id with a salt of each and a pepper of all, a few at a time.

1. A login that nobody has costs as much as one that somebody has.
2. At most `AT_ONCE` are computed at a time; whoever waits, waits in turn.
3. A password has ten characters or more, five different ones, and isn't the login; nothing else is asked of it.
"""

import threading
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from wayseal.console.errors import AccessError

AT_ONCE = 2
SHORTEST, LONGEST, DIFFERENT = 10, 256, 5
_SALT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """How much a password costs: memory in KiB, passes, lanes."""

    memory: int = 65_536
    passes: int = 3
    lanes: int = 1


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self, pepper: bytes, cost: Cost) -> None:
        self._pepper = pepper
        self._cost = cost
        self._turn = threading.Semaphore(AT_ONCE)
        self._nobody = self._hash(b"nobody has this", bytes(_SALT))

    def hash(self, password: str, salt: bytes) -> str:
        """A password as it is kept."""
        return self._hash(_bytes(password), salt)

    def fits(self, password: str, kept: str | None) -> bool:
        """Whether it is the password of which `kept` is the hash; None costs as much (rule 1)."""
        with self._turn:
            try:
                Argon2id.verify_phc_encoded(_bytes(password), kept or self._nobody, self._pepper)
            except InvalidKey:
                return False
        return kept is not None

    def _hash(self, password: bytes, salt: bytes) -> str:
        kdf = Argon2id(
            salt=salt,
            length=32,
            iterations=self._cost.passes,
            lanes=self._cost.lanes,
            memory_cost=self._cost.memory,
            secret=self._pepper,
        )
        with self._turn:
            return kdf.derive_phc_encoded(password)


def check_password(password: str, login: str) -> None:
    """AccessError where rule 3 refuses it."""
    if len(password) < SHORTEST:
        raise AccessError("a password needs {least} characters or more", key="password", least=SHORTEST)
    if len(password) > LONGEST:
        raise AccessError("a password has {most} characters at most", key="password", most=LONGEST)
    if len(set(password)) < DIFFERENT or password.casefold() == login.casefold():
        raise AccessError("this password is too easy to guess", key="password")


def _bytes(password: str) -> bytes:
    """The same bytes whichever keyboard typed it."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
