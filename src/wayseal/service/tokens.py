"""Tokens of programs that ask a service, such as gateways that ask for the list of blocked accounts.

1. The file has a line a token: whose it is, and its SHA-256. A token has 256 random bits, and is shown once.
2. Who isn't in the file gets nothing, nor does anybody while it can't be read. It is looked at on every request, so
   that a token that was taken back opens nothing any more.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from wayseal.model.errors import WaysealError
from wayseal.model.messages import N_
from wayseal.store.durable import lock_folder, replace_file

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_LINE = re.compile(rf"({_NAME.pattern}) ([0-9a-f]{{64}})")


class TokenFile:
    """Whose token one is."""

    def __init__(self, path: Path) -> None:
        """Takes the file. path: it need not be there yet."""
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._names: Mapping[str, str] = {}

    def find(self, token: str) -> str | None:
        """Find the name under which a token is kept; None: it is nobody's."""
        try:
            found = self._path.stat()
            if self._seen != (found.st_ino, found.st_mtime_ns):
                self._names = {digest: name for name, digest in _read(self._path, WaysealError).items()}
                self._seen = found.st_ino, found.st_mtime_ns
        except (OSError, WaysealError):
            self._seen, self._names = None, {}
        return self._names.get(_digest(token))


def add_token(path: Path, name: str, error: type[WaysealError]) -> str:
    """Make a token, which is kept nowhere, and takes the place of the one that was under that name.

    path: made where there is none; error: raised where name or file can't be as they are.
    """
    if not _NAME.fullmatch(name):
        raise error(N_("the name of a token has letters, digits, dots and dashes alone"))
    token = secrets.token_urlsafe(32)
    _change(path, name, _digest(token), error)
    return token


def remove_token(path: Path, name: str, error: type[WaysealError]) -> None:
    """Take a token back. error: raised where nobody has one under that name."""
    _change(path, name, None, error)


def _change(path: Path, name: str, digest: str | None, error: type[WaysealError]) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with lock_folder(path.parent):
        known = _read(path, error) if path.exists() else {}
        if digest is not None:
            known[name] = digest
        elif known.pop(name, None) is None:
            raise error(N_("no token has this name"))
        replace_file(path, "".join(f"{name} {one}\n" for name, one in sorted(known.items())).encode())


def _read(path: Path, error: type[WaysealError]) -> dict[str, str]:
    lines = path.read_text("utf-8", "replace").splitlines()
    found = [_LINE.fullmatch(line) for line in lines]
    if None in found:
        raise error(N_("a line is a name and the SHA-256 of a token"), file=path, line=found.index(None) + 1)
    return {one[1]: one[2] for one in found if one is not None}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
