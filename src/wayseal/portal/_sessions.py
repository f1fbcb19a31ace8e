"""Who showed a receipt, for a while: in memory alone, under a token that stands in forms.

1. Nothing stays in the browser, and nothing of it stands in an address.
2. What is kept opens with the token alone, which isn't kept: a picture of this process between two requests holds no
   key of a box.
3. A session ends when it is left, a while after its last use, with this process, and where too many came after it.
"""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wayseal.cases.hotline.letters import KEY, READER, PrivateKeys, key_id

_MOST = 2000
_ONCE = bytes(12)
"""The nonce of a key that seals one text and no other."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Session:
    """Somebody who showed a receipt. token: in their forms."""

    token: str
    box: bytes
    private: X25519PrivateKey

    @property
    def keys(self) -> PrivateKeys:
        """For `open_letter`."""
        return {key_id(READER, self.private.public_key().public_bytes_raw()): self.private}


class Sessions:
    """Those that are open. seconds: how long after its last use one ends; now: a clock that only goes on."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._now = seconds, now
        self._open: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, box: bytes, private: X25519PrivateKey) -> Session:
        """A new one."""
        token = secrets.token_urlsafe(KEY)
        sealed = _cipher(token).encrypt(_ONCE, private.private_bytes_raw() + box, None)
        with self._lock:
            self._open[_digest(token)] = self._now() + self._seconds, sealed
            self._drop_old()
        return Session(token=token, box=box, private=private)

    def find(self, token: str) -> Session | None:
        """The one under a token, which goes on; None: it ended, or never was."""
        name = _digest(token)
        with self._lock:
            self._drop_old()
            found = self._open.get(name)
            if found is None:
                return None
            self._open[name] = self._now() + self._seconds, found[1]
            self._open.move_to_end(name)
        content = _cipher(token).decrypt(_ONCE, found[1], None)
        return Session(token=token, box=content[KEY:], private=X25519PrivateKey.from_private_bytes(content[:KEY]))

    def end(self, token: str) -> None:
        """Ends one."""
        with self._lock:
            self._open.pop(_digest(token), None)

    def _drop_old(self) -> None:
        """Rule 3; the first one is the one that nobody used for longest."""
        while self._open:
            name, (deadline, _) = next(iter(self._open.items()))
            if deadline > self._now() and len(self._open) <= _MOST:
                break
            del self._open[name]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _cipher(token: str) -> AESGCM:
    key = HKDF(algorithm=SHA256(), length=KEY, salt=None, info=b"wayseal hotline session 1").derive(token.encode())
    return AESGCM(key)
