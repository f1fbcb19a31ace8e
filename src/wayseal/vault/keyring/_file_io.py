"""A keyring's file.

1. A file that others than its owner can reach is refused, whatever is in it, and so is one of another owner than
   whoever reads it or root: who owns the keys decides what they are. It is judged and read by one handle. In
   the folder of systemd's credentials a file may have the group's right to read: there that is the mask of a list of
   access rights, which names the service alone.
2. It is written beside its place, made durable and moved there in one step; who writes holds a lock on the folder.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from wayseal.model.errors import disk_says
from wayseal.store.durable import lock_folder, write_file
from wayseal.vault.errors import KeyringError

_MOST = 1 << 24
_ROOT = 0


def read(path: Path) -> bytes:
    """The bytes of a file of one's own that nobody else can reach; KeyringError otherwise (rule 1)."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise KeyringError("the keyring can't be read: {reason}", key=path.name, reason=disk_says(error)) from None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST:
            raise KeyringError("{name} is no file of a keyring", name=path.name)
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~_masked(path):
            raise KeyringError("{name} can be reached by others than its owner: chmod 600", name=path.name)
        if found.st_uid not in (_ROOT, os.geteuid()):
            raise KeyringError("{name} belongs to another user than the one who runs this: chown it", name=path.name)
        return file.read()


def _masked(path: Path) -> int:
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    return stat.S_IRGRP if given and path.parent == Path(given) else 0


def write(path: Path, raw: bytes, check: Callable[[bytes], None]) -> None:
    """Puts `raw` there once `check` agreed to replace what stands there (rule 2)."""
    beside = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        with lock_folder(path.parent) as folder:
            try:
                if path.exists():
                    check(read(path))
                write_file(beside, raw, new=True)
                beside.replace(path)
                os.fsync(folder)
            finally:
                beside.unlink(missing_ok=True)
    except OSError as error:
        raise KeyringError("the keyring can't be written: {reason}", key=path.name, reason=disk_says(error)) from None
