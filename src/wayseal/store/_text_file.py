r"""Text files as blocks of whole UTF-8 lines, whatever their encoding and compression.

Lines of a log out of what container runtimes and shippers put around each.

1. Docker writes `{"log": "…\n", "stream": "stdout", "time": "…"}`, containerd and CRI-O `TIME stdout F …`: both
   are known by the first line. A shipper's field is named by a mapping (`unwrap`), dotted where it lies deeper.
2. A line that was cut into several is one again, on its last piece's line; the others are blank, so that numbers stay.
3. A line without such a field stays as it is, for the log's own reader to turn away.
"""

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from wayseal.model.errors import disk_says
from wayseal.store.errors import StoreError
from wayseal.store.types import Notice, NoticeCode, SourceFile

CRI = "<cri>"
_DOCKER = frozenset({"log", "stream", "time", "attrs"})
_CRI = re.compile(
    r"\d{4}-\d\d-\d\dT[0-9:.]{8,18}(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([FP])(?::\S*)?(?: (.*))?", re.DOTALL
)


def wrapping_of(line: str) -> str:
    """Name what a line stands in; "" where it is nothing that is known by itself."""
    if _CRI.fullmatch(line.strip()):
        return CRI
    row = _object(line)
    return "log" if isinstance(row.get("log"), str) and len(row) > 1 and row.keys() <= _DOCKER else ""


class Unwrapper:
    """Takes the lines of one file out. name: the field, or `CRI`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._held: dict[str, str] = {}

    def lines(self, data: bytes) -> bytes:
        """As many lines as there are in `data`, which ends with a newline."""
        found = [self._line(line) for line in data.decode("utf-8", "surrogateescape")[:-1].split("\n")]
        return ("\n".join(found) + "\n").encode("utf-8", "surrogateescape")

    def rest(self) -> bytes:
        """Return what was cut and never ended."""
        return "".join(f"{text}\n" for text in self._held.values()).encode("utf-8", "surrogateescape")

    def _line(self, line: str) -> str:
        stream, text, more = self._parted(line)
        if text is None:
            return line
        text = self._held.pop(stream, "") + text
        if more and len(text) < 1 << 24:
            self._held[stream] = text
            return ""
        return text.rstrip("\r\n").replace("\r", " ").replace("\n", " ")

    def _parted(self, line: str) -> tuple[str, str | None, bool]:
        """The stream, the piece of a line on it, and whether the line goes on."""
        if self._name == CRI:
            found = _CRI.fullmatch(line)
            return (found[1], found[3] or "", found[2] == "P") if found else ("", None, False)
        row = _object(line)
        value: Any = row.get(self._name, row)
        for name in self._name.split(".") if value is row else ():
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, dict):
            value = json.dumps(value, ensure_ascii=False)
        if not isinstance(value, str):
            return "", None, False
        return str(row.get("stream", "")), value, row.keys() <= _DOCKER and not value.endswith("\n")


def _object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line) if line.lstrip().startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


LONGEST_LINE = 64 << 20
_SAMPLED_LINES = 2000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# No encoding makes this byte part of UTF-8: it marks what could not be decoded.
_BROKEN = b"\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """Whole lines, each ended by a newline. `valid`: all of it is UTF-8; bytes_read: of the file on disk so far."""

    data: bytes
    valid: bool
    bytes_read: int


class TextFile:
    """A text file, read from front to back; `notices` says in which encoding once that is known. ends: of pieces."""

    def __init__(self, file: SourceFile, encoding: str | None, block_bytes: int, ends: bytes = b"\n") -> None:
        self._file = file
        self._ends = ends
        self._block_bytes = block_bytes
        self._forced = encoding is not None
        self._encoding = encoding
        self._seen_wide = False
        self._lines = 0
        self._old_mac: bool | None = None
        self.notices: list[Notice] = []

    def blocks(self) -> Generator[TextBlock, None, None]:
        """The file's lines; StoreError names the line where it can't be read on."""
        try:
            with self._file.content.open("rb") as disk:
                inner = Unwrapper(self._file.wrapped) if self._file.wrapped else None
                for data in self._whole_lines(self._chunks(disk)):
                    text, valid = self._decode(data)
                    self._lines += text.count(b"\n")
                    yield TextBlock(data=inner.lines(text) if inner else text, valid=valid, bytes_read=disk.tell())
                if inner and (text := inner.rest()):
                    yield TextBlock(data=text, valid=is_utf8(text), bytes_read=disk.tell())
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self._error("the compressed file is damaged or cut short here") from error
        except OSError as error:
            raise self._error("can't be read ({reason})", reason=disk_says(error)) from error

    def _error(self, text: str, **values: object) -> StoreError:
        return StoreError(text, file=self._file.path, line=self._lines + 1, key=None, **values)

    def _chunks(self, disk: BinaryIO) -> Iterator[bytes]:
        """The file's bytes; those of encodings in which a newline is not one byte are UTF-8 already."""
        raw: BinaryIO = gzip.GzipFile(fileobj=disk) if self._file.gzipped else disk  # type: ignore[assignment]
        first = raw.read(self._block_bytes)
        first = self._settle(first)
        if self._encoding is None or is_ascii_based(self._encoding):
            yield first
            while chunk := raw.read(self._block_bytes):
                yield chunk
            return
        decoder = codecs.getincrementaldecoder(self._encoding)("surrogatepass")
        chunk = first
        while True:
            try:
                yield decoder.decode(chunk, not chunk).encode("utf-8", "surrogatepass")
            except UnicodeDecodeError:
                yield _BROKEN
                return
            if not chunk:
                return
            chunk = raw.read(self._block_bytes)

    def _settle(self, first: bytes) -> bytes:
        """Finds the encoding by the byte order mark, or by the zero bytes of UTF-16; takes the mark off."""
        for mark, name in _BOMS:
            if first.startswith(mark):
                if not self._forced and name != "utf-8":
                    self._settled(name)
                elif self._forced:
                    self._encoding = name
                return first[len(mark) :]
        if not self._forced and (guess := guess_utf16(first)):
            self._settled(guess)
        return first

    def _settled(self, encoding: str) -> None:
        self._encoding = encoding
        values: dict[str, str | int] = {"encoding": encoding.upper()}
        self.notices.append(Notice(code=NoticeCode.ENCODING, file=self._file.path, values=values))

    def _whole_lines(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        carry: list[bytes] = []
        held = 0
        for read in chunks:
            chunk = self._newlines(read)
            cut = chunk.rfind(self._ends) + 1
            if cut:
                yield b"".join([*carry, chunk[:cut]])
                carry, held = [], 0
            carry.append(chunk[cut:])
            held += len(chunk) - cut
            if held > LONGEST_LINE:
                raise self._error("a line is longer than 64 MiB; this is no text file")
        last = b"".join(carry)
        if last:
            yield last + b"\n"

    def _newlines(self, chunk: bytes) -> bytes:
        """Files of old Macs end their lines with a carriage return alone."""
        if self._old_mac is None and chunk:
            self._old_mac = b"\r" in chunk[:-1] and b"\n" not in chunk
        return chunk.replace(b"\r", b"\n") if self._old_mac else chunk

    def _decode(self, data: bytes) -> tuple[bytes, bool]:
        if data.isascii():
            return data, True
        if self._encoding is None:
            valid = is_utf8(data)
            if not valid and not self._seen_wide and guess_gb18030(data):
                self._settled("gb18030")
            self._seen_wide = True
        if self._encoding is None:
            return data, valid
        if self._encoding == "utf-8" or not is_ascii_based(self._encoding):
            return data, is_utf8(data)
        return _transcode(data, self._encoding)


def is_ascii_based(encoding: str) -> bool:
    """True if a newline is the byte 0x0A in it and nothing else is, so that lines can be cut before decoding."""
    return not encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32", "utf16", "utf32"))


def guess_utf16(sample: bytes) -> str | None:
    """UTF-16 without a byte order mark shows by a zero in every other byte of its ASCII part."""
    sample = sample[:4096]
    pairs = len(sample) // 2
    if pairs < 4:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > pairs * 0.4 and even == 0:
        return "utf-16-le"
    if even > pairs * 0.4 and odd == 0:
        return "utf-16-be"
    return None


def guess_gb18030(data: bytes) -> bool:
    """True if more lines with non-ASCII bytes read well as GB18030 (GBK, GB 2312) than as UTF-8."""
    wide = [line for line in data.split(b"\n") if not line.isascii()][:_SAMPLED_LINES]
    as_utf8 = sum(is_utf8(line) for line in wide)
    return sum(_reads_chinese(line) for line in wide) > as_utf8


def _reads_chinese(line: bytes) -> bool:
    try:
        wide = [c for c in line.decode("gb18030") if c > "\x7f"]
    except UnicodeDecodeError:
        return False
    common = sum("\u4e00" <= c <= "\u9fff" or "\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uffef" for c in wide)
    return common * 2 > len(wide)


def is_utf8(data: bytes) -> bool:
    """True if the bytes are UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _transcode(data: bytes, encoding: str) -> tuple[bytes, bool]:
    """To UTF-8; a line that can't be decoded becomes one that is no UTF-8, so that it keeps its number."""
    try:
        return data.decode(encoding).encode(), True
    except UnicodeError:
        return b"\n".join(_transcode_line(line, encoding) for line in data.split(b"\n")), False


def _transcode_line(line: bytes, encoding: str) -> bytes:
    try:
        return line.decode(encoding).encode()
    except UnicodeError:
        return _BROKEN
