"""Files that are sent with a form: written down as they come, hashed on the way, and gone if nobody keeps them.

1. Nothing of a file is written before it is known that the one who sends it may, and that our own page sent it: what
   the page holds (`csrf`) stands before the first file. Of whoever has to sign in first, files are passed over.
2. A file goes into a private folder under a name of the machine's; its own name is a text that was sent.
3. Bytes, files, fields, and how long nothing may come are bounded. What goes beyond is refused, and what was written of
   it goes.
4. What the page didn't keep goes with the answer, and what a crash left goes at the next start.
5. Hashes are of what came, not of what was read again: SHA-256 and SM3.
"""

import asyncio
import errno
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from anyio.to_thread import run_sync
from cryptography.hazmat.primitives import hashes
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from wayseal.console.errors import AccessError, UploadError
from wayseal.console.web._forms import MOST
from wayseal.model.messages import N_
from wayseal.store.durable import sync_folder

FILES, FIELDS = 20, 500
MOST_OF_CASE, MOST_OF_BASKET = 64 << 20, 4 << 20
"""Bytes of files that may be sent at once."""
SILENCE = 30
"""Seconds without a byte."""
_AT_ONCE = 1 << 20
_HEADS = 65_536
"""What stands between parts may be so long, all in all."""
_NAME = 200
_MARK = "upload-"
_FORM = "multipart/form-data"
_NONE = N_("the page takes forms with files")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A form with files. unread: field and name of those that were passed over."""

    fields: Mapping[str, str]
    files: tuple[Upload, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()


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


class _Form:
    """Fields and files, as the parser finds them. may: rule 1, told the fields that stand before the first file."""

    def __init__(self, folder: Path | None, may: Callable[[Mapping[str, str]], bool]) -> None:
        self._folder, self._may = folder, may
        self.fields: dict[str, str] = {}
        self.files: list[Upload] = []
        self.unread: list[tuple[str, str]] = []
        self.ended = False
        self._room, self._heads = MOST, _HEADS
        self._head: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._heads_of_part: dict[bytes, bytes] = {}
        self._name, self._text, self._file = "", bytearray(), None  # type: tuple[str, bytearray, _Writing | None]
        self._skipped = False

    def callbacks(self) -> dict[str, Callable[..., None]]:
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._head_name,
            "on_header_value": self._head_value,
            "on_header_end": self._head_end,
            "on_headers_finished": self._start,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def drop(self) -> None:
        """All that nobody kept goes (rule 4)."""
        if self._file is not None:
            self._file.drop()
        for file in self.files:
            file.path.unlink(missing_ok=True)

    def _begin(self) -> None:
        self._heads_of_part = {}
        self._skipped = False

    def _head_name(self, data: bytes, start: int, end: int) -> None:
        self._head[0].extend(data[start:end])

    def _head_value(self, data: bytes, start: int, end: int) -> None:
        self._heads -= end - start
        if self._heads < 0:
            raise AccessError(_NONE)
        self._head[1].extend(data[start:end])

    def _head_end(self) -> None:
        self._heads_of_part[bytes(self._head[0]).lower()] = bytes(self._head[1])
        self._head = (bytearray(), bytearray())

    def _start(self) -> None:
        _, options = parse_options_header(self._heads_of_part.get(b"content-disposition"))
        name, file = options.get(b"name"), options.get(b"filename")
        if name is None:
            raise AccessError(_NONE)
        self._name = _text(name)
        if file is None:
            self._text = bytearray()
            if self._name in self.fields or len(self.fields) >= FIELDS:
                raise AccessError(N_("a name stands twice in the form"))
        elif not file:
            self._skipped = True  # a field for a file into which nobody put one
        elif len(self.files) + len(self.unread) >= FILES:
            raise UploadError("up to {most} files at once", most=FILES)
        elif not self._may(self.fields):
            raise UploadError(N_("this didn't come from a page of the console: nothing was taken"))
        elif self._folder is None:
            self.unread.append((self._name, file_name(_text(file))))
            self._skipped = True
        else:
            self._file = _Writing(self._name, file_name(_text(file)), self._folder)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(memoryview(data)[start:end])
        elif not self._skipped:
            self._room -= end - start
            if self._room < 0:
                raise AccessError(N_("this is more than the page takes: {most:,} bytes at most"), most=MOST)
            self._text.extend(data[start:end])

    def _end(self) -> None:
        if self._file is not None:
            self.files.append(self._file.done())
            self._file = None
        elif not self._skipped:
            self.fields[self._name] = _text(bytes(self._text))

    def _finish(self) -> None:
        self.ended = True


def file_name(sent: str) -> str:
    """The name of a file as it was sent, without folders and hidden characters."""
    last = sent.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable()).strip()[:_NAME] or "file"


@asynccontextmanager
async def read_upload(
    request: Request, folder: Path | None, most: int, may: Callable[[Mapping[str, str]], bool]
) -> AsyncIterator[Sent]:
    """Fields and files of a form; what nobody kept is gone behind it (rule 4).

    Args:
        request: What is sent.
        folder: Where files go meanwhile; None: they are passed over.
        most: Bytes, all in all.
        may: Whether who sent these fields may send files with them (rule 1).

    Yields:
        Fields, and files in their order.

    Raises:
        AccessError: It isn't such a form, or more than the page takes.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if kind.decode("latin-1") != _FORM or not boundary:
        raise AccessError(_NONE)
    _refuse_long(request, most)
    form = _Form(folder, may)
    try:
        await _read(request, form, boundary, most)
        yield Sent(fields=form.fields, files=tuple(form.files), unread=tuple(form.unread))
    finally:
        await run_sync(form.drop)


async def _read(request: Request, form: _Form, boundary: bytes, most: int) -> None:
    try:
        parser: Any = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
    except FormParserError:  # such as of a boundary that is longer than any
        raise AccessError(_NONE) from None
    waiting, size = bytearray(), 0
    parts = request.stream().__aiter__()
    while True:
        try:
            async with asyncio.timeout(SILENCE):
                part = await anext(parts, None)
        except TimeoutError:
            raise AccessError(N_("what was sent didn't come to its end in time")) from None
        if part is not None:
            size += len(part)
            if size > most:
                raise _too_much(most)
            waiting += part
        if waiting and (part is None or len(waiting) >= _AT_ONCE):
            await run_sync(_parse, parser, bytes(waiting))
            waiting.clear()
        if part is None:
            break
    if not form.ended:
        raise AccessError(_NONE)


def _parse(parser: Any, data: bytes) -> None:
    try:
        parser.write(data)
    except FormParserError:
        raise AccessError(_NONE) from None
    except OSError as error:
        raise _disk_error(error) from None


def _refuse_long(request: Request, most: int) -> None:
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > most:
        raise _too_much(most)


def _too_much(most: int) -> UploadError:
    return UploadError("this is more than the page takes: {most:,} bytes at most", most=most)


def _disk_error(error: OSError) -> UploadError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UploadError(N_("the disk is full: nothing was kept"))
    return UploadError(N_("the disk of the console can't be written: nothing was kept"))


def _text(sent: bytes) -> str:
    try:
        return sent.decode("utf-8")
    except UnicodeDecodeError:
        raise AccessError(_NONE) from None
