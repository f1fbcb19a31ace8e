"""The console's key file, and what is derived from it: one key a purpose.

1. The file is its owner's alone. Without it nobody signs in: passwords are peppered and codes sealed under it.
2. What is sealed says to what it belongs, and opens nowhere else.
"""

import hashlib
import hmac
import secrets
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wayseal.console.errors import ConsoleSettingsError
from wayseal.model.errors import disk_says
from wayseal.store.durable import sync_folder, write_file

_SIZE = 32
_NONCE = 12
_HEAD = "wayseal-console-key-1:"


class AccessKeys:
    """Keys by purpose; shows itself in no `repr`."""

    def __init__(self, secret: bytes) -> None:
        def derive(purpose: str) -> bytes:
            return HKDF(
                algorithm=SHA256(), length=_SIZE, salt=None, info=b"wayseal console " + purpose.encode()
            ).derive(secret)

        self._derive = cache(derive)

    def __repr__(self) -> str:
        return "AccessKeys()"

    @property
    def pepper(self) -> bytes:
        """What passwords are hashed with, beside their salt."""
        return self._derive("password")

    def mac(self, purpose: str, *parts: str) -> str:
        """HMAC-SHA256 in hex over several texts, none of which can run into the next."""
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return hmac.new(self._derive("mac " + purpose), message, hashlib.sha256).hexdigest()

    def seal(self, purpose: str, content: bytes, bound: str) -> bytes:
        """Seals content so that it opens for `bound` alone (rule 2)."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._derive("seal " + purpose)).encrypt(nonce, content, bound.encode())

    def open(self, purpose: str, sealed: bytes, bound: str) -> bytes | None:
        """What was sealed; None where it wasn't sealed by this key for `bound`."""
        try:
            return AESGCM(self._derive("seal " + purpose)).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound.encode())
        except (InvalidTag, ValueError):
            return None


def load_keys(path: Path, *, make: bool) -> AccessKeys:
    """The keys of a file. make: a file that isn't there is made. ConsoleSettingsError where it can't be used."""
    try:
        if make and not path.exists():
            write_file(path, f"{_HEAD}{secrets.token_hex(_SIZE)}\n".encode(), new=True)
            sync_folder(path.parent)
        mode, text = path.stat().st_mode, path.read_text("ascii").strip()
    except FileNotFoundError:
        raise ConsoleSettingsError(
            "the key file is missing, and there are people already: bring it back from its backup", file=path
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        said = disk_says(error) if isinstance(error, OSError) else "-"
        raise ConsoleSettingsError("the key file can't be read ({reason})", file=path, reason=said) from None
    if mode & 0o077:
        raise ConsoleSettingsError("the key file is open to others: chmod 600", file=path)
    secret = text.removeprefix(_HEAD)
    if not text.startswith(_HEAD) or len(secret) != 2 * _SIZE:
        raise ConsoleSettingsError("this is no key file of the console", file=path)
    try:
        return AccessKeys(bytes.fromhex(secret))
    except ValueError:
        raise ConsoleSettingsError("this is no key file of the console", file=path) from None
