"""Files that are sent with a form: written down as they come, hashed on the way, and gone if nobody keeps them.

1. Nothing of a file is written before it is known that the one who sends it may, and that our own page sent it: what
   the page holds (`csrf`) stands before the first file. Of whoever has to sign in first, files are passed over.
2. A file goes into a private folder under a name of the machine's; its own name is a text that was sent.
3. What goes beyond the bounds of `service.multipart` is refused, and what was written of it goes.
4. What the page didn't keep goes with the answer, and what a crash left goes at the next start.
5. Hashes are of what came, not of what was read again: SHA-256 and SM3.
"""

import errno
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from anyio.to_thread import run_sync
from cryptography.hazmat.primitives import hashes
from starlette.requests import Request

from wayseal.console.errors import UploadError
from wayseal.console.web._forms import MOST
from wayseal.model.messages import N_
from wayseal.service.multipart import Parts, Sink, read_parts
from wayseal.store.durable import sync_folder

MOST_OF_CASE, MOST_OF_BASKET = 64 << 20, 4 << 20
"""Bytes of files that may be sent at once."""
_MARK = "upload-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that came.

    Attributes:
        form_field: The field of the form.
        name: What it was called where it came from, without folders: a text that somebody sent.
        path: Where it is until the answer is given.
        size: Its bytes.
        sha256: SHA-256 of them, as hexadecimal digits.
        sm3: SM3, in the same way.
    """

    form_field: str
    name: str
    path: Path = field(repr=False)
    size: int
    sha256: str
    sm3: str

    def keep(self, target: Path) -> None:
        """Moves it to where it stays, durably; the same disk. UploadError where that one refuses."""
        try:
            self.path.replace(target)
            sync_folder(target.parent)
        except OSError as error:
            raise _disk_error(error) from None


def make_spool(folder: Path) -> Path:
    """A private folder for what comes, without what a crash left there (rule 4). OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(f"{_MARK}*"):
        left.unlink(missing_ok=True)
    return folder


class _Writing:
    """The file that is coming."""

    def __init__(self, field_: str, name: str, folder: Path) -> None:
        handle, path = tempfile.mkstemp(prefix=_MARK, dir=folder)
        self.path = Path(path)
        self._file: IO[bytes] = os.fdopen(handle, "wb", buffering=0)
        self._field, self._name = field_, name
        self._size, self._sha, self._sm3 = 0, hashlib.sha256(), hashes.Hash(hashes.SM3())

    def write(self, part: memoryview) -> None:
        """Some more of it."""
        self._sha.update(part)
        self._sm3.update(part)
        self._size += len(part)
        while part:
            part = part[self._file.write(part) :]

    def done(self) -> Upload:
        """It is whole, and on the disk."""
        os.fsync(self._file.fileno())
        self._file.close()
        return Upload(
            form_field=self._field,
            name=self._name,
            path=self.path,
            size=self._size,
            sha256=self._sha.hexdigest(),
            sm3=self._sm3.finalize().hex(),
        )

    def drop(self) -> None:
        """It goes."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def spool_parts(name: str, parts: Iterable[bytes], folder: Path) -> Upload:
    """A file of our own as one that was sent. UploadError: the disk refuses; what `parts` raises; then it is gone."""
    writing = _Writing("", name, folder)
    try:
        for part in parts:
            writing.write(memoryview(part))
        return writing.done()
    except BaseException as error:
        writing.drop()
        raise (_disk_error(error) if isinstance(error, OSError) else error) from None


@asynccontextmanager
async def read_upload(
    request: Request, folder: Path | None, most: int, may: Callable[[Mapping[str, str]], bool]
) -> AsyncIterator[Parts[Upload]]:
    """Fields and files of a form; what nobody kept is gone behind it (rule 4).

    Args:
        request: What is sent.
        folder: Where files go meanwhile; None: they are passed over.
        most: Bytes, all in all.
        may: Whether who sent these fields may send files with them (rule 1).

    Yields:
        Fields, and files in their order.

    Raises:
        UploadError: It isn't such a form, or more than the page takes.
    """

    def opens(form_field: str, name: str, fields: Mapping[str, str]) -> Sink[Upload] | None:
        if not may(fields):
            raise UploadError(N_("this didn't come from a page of the console: nothing was taken"))
        return None if folder is None else _Writing(form_field, name, folder)

    try:
        parts = await read_parts(request, most=most, room=MOST, opens=opens, error=UploadError)
    except OSError as error:
        raise _disk_error(error) from None
    try:
        yield parts
    finally:
        await run_sync(_drop, parts.files)


def _drop(files: Iterable[Upload]) -> None:
    for file in files:
        file.path.unlink(missing_ok=True)


def _disk_error(error: OSError) -> UploadError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UploadError(N_("the disk is full: nothing was kept"))
    return UploadError(N_("the disk of the console can't be written: nothing was kept"))
