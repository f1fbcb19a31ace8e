"""Tokens of gateways, which ask for the list of blocked accounts.

1. The file has a line a gateway: its name and the SHA-256 of its token, of 256 random bits. A token is shown once.
2. Who isn't in the file gets nothing, nor does anybody while it can't be read. It is looked at on every request, so
   that a token that was taken back opens nothing any more.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from wayseal.live.errors import ActError
from wayseal.store.durable import lock_folder, replace_file

METRICS: Final = "metrics"
"""The name under which a token opens the metrics, and nothing else."""
TOKENS: Final = "tokens"
"""The file's name, beside the record of blocks."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_LINE = re.compile(rf"({_NAME.pattern}) ([0-9a-f]{{64}})")


class TokenFile:
    """Whose token one is."""

    def __init__(self, path: Path) -> None:
        """Takes the file. path: it need not be there yet."""
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._names: Mapping[str, str] = {}

    def gateway(self, token: str) -> str | None:
        """Find the gateway that a token is of; None: it is nobody's."""
        try:
            found = self._path.stat()
            if self._seen != (found.st_ino, found.st_mtime_ns):
                self._names = {digest: name for name, digest in _read(self._path).items()}
                self._seen = found.st_ino, found.st_mtime_ns
        except (OSError, ActError):
            self._seen, self._names = None, {}
        return self._names.get(_digest(token))


def add_token(path: Path, gateway: str) -> str:
    """Make a token for a gateway, which takes the place of the one it had.

    Args:
        path: The file; made where there is none.
        gateway: The gateway's name.

    Returns:
        The token, which is kept nowhere.

    Raises:
        ActError: The name, or the file, can't be as it is.
    """
    if not _NAME.fullmatch(gateway):
        raise ActError("needs a name of letters, digits, dots and dashes", key="gateway")
    token = secrets.token_urlsafe(32)
    _change(path, gateway, _digest(token))
    return token


def remove_token(path: Path, gateway: str) -> None:
    """Take a gateway's token back; ActError: it has none."""
    _change(path, gateway, None)


def _change(path: Path, gateway: str, digest: str | None) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with lock_folder(path.parent):
        known = _read(path) if path.exists() else {}
        if digest is not None:
            known[gateway] = digest
        elif known.pop(gateway, None) is None:
            raise ActError("there is no such gateway", key="gateway")
        replace_file(path, "".join(f"{name} {one}\n" for name, one in sorted(known.items())).encode())


def _read(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8", "replace").splitlines()
    found = [_LINE.fullmatch(line) for line in lines]
    if None in found:
        raise ActError("a line is a gateway's name and a SHA-256", file=path, line=found.index(None) + 1)
    return {one[1]: one[2] for one in found if one is not None}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
