"""Forms with files, read as they come; where their bytes go says whoever asks for them.

1. Nothing is taken of a file before `opens` was asked, which is told the fields that stand before it. What it doesn't
   take is passed over, and named.
2. Bytes, files, fields, and how long nothing may come are bounded. What goes beyond, or is no such form, is refused.
3. Every file that was begun is dropped then, and whatever else stops the reading.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from anyio.to_thread import run_sync
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from wayseal.model.errors import WaysealError
from wayseal.model.messages import N_

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
FILES, FIELDS = 20, 500
SILENCE = 30
"""Seconds without a byte."""
_AT_ONCE = 1 << 20
_HEADS = 65_536
"""What stands between parts may be so long, all in all."""
_NAME = 200
_FORM = "multipart/form-data"
_NONE = N_("the page takes forms with files")
_TOO_MUCH = N_("this is more than the page takes: {most:,} bytes at most")


class Sink(Protocol[T_co]):
    """Where a file goes. It is called in threads, one call at a time; what it raises ends the reading."""

    def write(self, part: memoryview, /) -> None:
        """Takes some more of it; the bytes are gone afterwards."""

    def done(self) -> T_co:
        """It is whole: what the form has of it."""

    def drop(self) -> None:
        """All of it goes, whether it is whole or not."""


Opens = Callable[[str, str, Mapping[str, str]], Sink[T] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts(Generic[T]):
    """A form with files. unread: field and name of those that were passed over."""

    fields: Mapping[str, str]
    files: tuple[T, ...]
    unread: tuple[tuple[str, str], ...]


async def read_parts(request: Request, *, most: int, room: int, opens: Opens[T], error: type[WaysealError]) -> Parts[T]:
    """Reads a form with files. Of what it returns, whoever asked drops what isn't kept.

    Args:
        request: What is sent.
        most: Bytes, all in all.
        room: Bytes of all fields.
        opens: Where a file goes, told its field, its name and the fields before it; None: it is passed over. Called in
            a thread.
        error: Raised where it isn't such a form, or goes beyond a bound.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if kind.decode("latin-1") != _FORM or not boundary:
        raise error(_NONE)
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > most:
        raise error(_TOO_MUCH, most=most)
    form = _Form(room, opens, error)
    try:
        await form.read(request.stream(), boundary, most)
    except BaseException:
        await run_sync(form.drop)
        raise
    return Parts(fields=form.fields, files=tuple(form.files), unread=tuple(form.unread))


def file_name(sent: str) -> str:
    """The name of a file as it was sent, without folders and hidden characters."""
    last = sent.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable()).strip()[:_NAME] or "file"


class _Form(Generic[T]):
    """Fields and files, as the parser finds them."""

    def __init__(self, room: int, opens: Opens[T], error: type[WaysealError]) -> None:
        self._most, self._opens, self._error = room, opens, error
        self.fields: dict[str, str] = {}
        self.files: list[T] = []
        self.unread: list[tuple[str, str]] = []
        self._ended = False
        self._begun: list[Sink[T]] = []
        self._room, self._heads = room, _HEADS
        self._head: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._heads_of_part: dict[bytes, bytes] = {}
        self._name, self._text = "", bytearray()
        self._file: Sink[T] | None = None
        self._skipped = False

    async def read(self, parts: AsyncGenerator[bytes, None], boundary: bytes, most: int) -> None:
        """All of it, up to `most` bytes (rule 2)."""
        parser = self._parser(boundary)
        waiting, size = bytearray(), 0
        while True:
            try:
                async with asyncio.timeout(SILENCE):
                    part = await anext(parts, None)
            except TimeoutError:
                raise self._error(N_("what was sent didn't come to its end in time")) from None
            if part is not None:
                size += len(part)
                if size > most:
                    raise self._error(_TOO_MUCH, most=most)
                waiting += part
            if waiting and (part is None or len(waiting) >= _AT_ONCE):
                await run_sync(self._parse, parser, bytes(waiting))
                waiting.clear()
            if part is None:
                break
        if not self._ended:
            raise self._error(_NONE)

    def drop(self) -> None:
        """Rule 3."""
        for file in self._begun:
            file.drop()

    def _parser(self, boundary: bytes) -> Any:
        calls: Any = {
            "on_part_begin": self._begin,
            "on_header_field": self._head_name,
            "on_header_value": self._head_value,
            "on_header_end": self._head_end,
            "on_headers_finished": self._start,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }
        try:
            return MultipartParser(boundary, calls)
        except FormParserError:  # such as of a boundary that is longer than any
            raise self._error(_NONE) from None

    def _parse(self, parser: Any, data: bytes) -> None:
        try:
            parser.write(data)
        except FormParserError:
            raise self._error(_NONE) from None

    def _begin(self) -> None:
        self._heads_of_part = {}
        self._skipped = False

    def _head_name(self, data: bytes, start: int, end: int) -> None:
        self._head[0].extend(data[start:end])

    def _head_value(self, data: bytes, start: int, end: int) -> None:
        self._heads -= end - start
        if self._heads < 0:
            raise self._error(_NONE)
        self._head[1].extend(data[start:end])

    def _head_end(self) -> None:
        self._heads_of_part[bytes(self._head[0]).lower()] = bytes(self._head[1])
        self._head = (bytearray(), bytearray())

    def _start(self) -> None:
        _, options = parse_options_header(self._heads_of_part.get(b"content-disposition"))
        name, file = options.get(b"name"), options.get(b"filename")
        if name is None:
            raise self._error(_NONE)
        self._name = self._decode(name)
        if file is None:
            self._text = bytearray()
            if self._name in self.fields or len(self.fields) >= FIELDS:
                raise self._error(N_("a name stands twice in the form"))
        elif not file:
            self._skipped = True  # a field for a file into which nobody put one
        elif len(self.files) + len(self.unread) >= FILES:
            raise self._error(N_("up to {most} files at once"), most=FILES)
        elif (sink := self._opens(self._name, named := file_name(self._decode(file)), self.fields)) is None:  # rule 1
            self.unread.append((self._name, named))
            self._skipped = True
        else:
            self._begun.append(sink)
            self._file = sink

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(memoryview(data)[start:end])
        elif not self._skipped:
            self._room -= end - start
            if self._room < 0:
                raise self._error(_TOO_MUCH, most=self._most)
            self._text.extend(data[start:end])

    def _end(self) -> None:
        if self._file is not None:
            self.files.append(self._file.done())
            self._file = None
        elif not self._skipped:
            self.fields[self._name] = self._decode(bytes(self._text))

    def _finish(self) -> None:
        self._ended = True

    def _decode(self, sent: bytes) -> str:
        try:
            return sent.decode("utf-8")
        except UnicodeDecodeError:
            raise self._error(_NONE) from None
