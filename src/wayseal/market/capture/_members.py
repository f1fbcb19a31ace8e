"""WARC files as rows of gzip members, one a record: where each stands, and whether it is whole.

1. A record is whole if its member ends with the right checksum, and holds as many bytes as its head says, and its block
   has the digest that its head says.
2. Memory stays bounded, whatever a member unpacks to.
"""

import base64
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_PART = 1 << 18
_UNPACKED = 1 << 20
_MOST_HEAD = 1 << 16
_TAIL = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One record of a file.

    Attributes:
        offset: Where it begins.
        length: Its bytes, packed; of one that isn't whole what is there of it.
        whole: Rule 1.
        cut: The file ends in it.
        head: Its WARC headers, names in small letters.
    """

    offset: int
    length: int
    whole: bool
    cut: bool
    head: dict[str, str]

    @property
    def id(self) -> str:
        """Its WARC-Record-ID; "" where it has none."""
        return self.head.get("warc-record-id", "")


def members(file: BinaryIO, offset: int = 0) -> Iterator[Member]:
    """The records of a file from `offset` on; the last one isn't whole where the file is cut or broken there."""
    while True:
        found = _member(file, offset)
        if found is None:
            return
        yield found
        if not found.whole:
            return
        offset += found.length


def digest_text(raw: bytes) -> str:
    """A SHA-256 as WARC headers tell it."""
    return f"sha256:{base64.b32encode(raw).decode()}"


def _member(file: BinaryIO, offset: int) -> Member | None:
    file.seek(offset)
    unpacker, reader, used = zlib.decompressobj(zlib.MAX_WBITS | 16), _Reader(), 0
    try:
        while not unpacker.eof:
            part = unpacker.unconsumed_tail or file.read(_PART)
            if not part:
                return None if not used else _broken(reader, offset, used, cut=True)
            reader.take(unpacker.decompress(part, _UNPACKED))
            used = file.tell() - offset - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
    except zlib.error:
        return _broken(reader, offset, max(used, 1), cut=False)
    return Member(offset=offset, length=used, whole=reader.whole, cut=False, head=reader.head)


def _broken(reader: "_Reader", offset: int, used: int, *, cut: bool) -> Member:
    return Member(offset=offset, length=used, whole=False, cut=cut, head=reader.head)


class _Reader:
    """Reads a record as it is unpacked (rule 1)."""

    def __init__(self) -> None:
        self.head: dict[str, str] = {}
        self._held = b""
        self._left = -1
        self._tail = b""
        self._digest = hashlib.sha256()
        self._bad = False

    @property
    def whole(self) -> bool:
        said = self.head.get("warc-block-digest", "")
        good = not said.startswith("sha256:") or said == digest_text(self._digest.digest())
        return not self._bad and self._left == 0 and self._tail == _TAIL and good

    def take(self, data: bytes) -> None:
        if self._left < 0 and not self._bad:
            self._held += data
            end = self._held.find(_TAIL)
            if end < 0:
                self._bad = len(self._held) > _MOST_HEAD
                return
            self._parse(self._held[:end])
            data, self._held = self._held[end + len(_TAIL) :], b""
        if self._bad:
            return
        block = data[: self._left]
        self._digest.update(block)
        self._left -= len(block)
        self._tail += data[len(block) : len(block) + 2 * len(_TAIL)]
        self._bad = len(self._tail) > len(_TAIL)

    def _parse(self, head: bytes) -> None:
        first, *lines = head.decode("utf-8", "replace").split("\r\n")
        for line in lines:
            name, _, value = line.partition(":")
            self.head[name.strip().lower()] = value.strip()
        said = self.head.get("content-length", "")
        self._bad = not first.startswith("WARC/") or not (said.isascii() and said.isdecimal())
        self._left = -1 if self._bad else int(said)
