"""Zip archives as packs are written: stored, nothing between and behind the entries, the same bytes each time.

1. Nothing is compressed: a changed byte of the archive is a changed byte of a file, and others stay readable.
2. Names are UTF-8; times are the pack's; there are no extra fields, comments or folders. So one list of entries has one
   spelling in bytes, and what differs from it is told.
3. No zip64: a pack and its files stay under 4 GiB.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import IO

from wayseal.cases.evidence.errors import EvidenceError
from wayseal.model.times import EPOCH

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
LOCAL_SIGN, CENTRAL_SIGN, END_SIGN = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
MOST = 0xFFFF_FFFE
"""Bytes of an archive, and of a file in it (rule 3)."""
MOST_FILES = 20_000
UTF8 = 0x800
_VERSION, _UNIX, _FILE = 20, 3 << 8, 0o100644 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of an archive. name: its path; at: where its local header begins."""

    name: bytes
    crc: int
    size: int
    at: int = 0

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.at + LOCAL.size + len(self.name) + self.size


def dos_time(us: int) -> int:
    """A moment as zips have it: two seconds, UTC; from 1980 on."""
    moment = EPOCH + timedelta(microseconds=us)
    if not 1980 <= moment.year <= 2107:
        raise EvidenceError("a pack's time lies between 1980 and 2107")
    day = (moment.year - 1980) << 9 | moment.month << 5 | moment.day
    return day << 16 | moment.hour << 11 | moment.minute << 5 | moment.second // 2


def local_header(entry: Entry, time: int) -> bytes:
    """Return the header that stands before a file. time: of `dos_time`."""
    fields = (LOCAL_SIGN, _VERSION, UTF8, 0, time & 0xFFFF, time >> 16, entry.crc, entry.size, entry.size)
    return LOCAL.pack(*fields, len(entry.name), 0) + entry.name


def central_header(entry: Entry, time: int) -> bytes:
    """Return a file's header in the directory at the end."""
    fields = (CENTRAL_SIGN, _UNIX | _VERSION, _VERSION, UTF8, 0, time & 0xFFFF, time >> 16, entry.crc)
    more = (entry.size, entry.size, len(entry.name), 0, 0, 0, 0, _FILE, entry.at)
    return CENTRAL.pack(*fields, *more) + entry.name


def directory(entries: Sequence[Entry], time: int) -> bytes:
    """All that stands behind the last file."""
    start = entries[-1].end if entries else 0
    central = b"".join(central_header(entry, time) for entry in entries)
    count = len(entries)
    return central + END.pack(END_SIGN, 0, 0, count, count, len(central), start, 0)


def place(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries one behind the other. EvidenceError: more than an archive holds (rule 3)."""
    placed: list[Entry] = []
    at = 0
    for entry in entries:
        placed.append(Entry(name=entry.name, crc=entry.crc, size=entry.size, at=at))
        at = placed[-1].end
    if len(placed) > MOST_FILES or at + sum(CENTRAL.size + len(e.name) for e in placed) + END.size > MOST:
        raise EvidenceError("a pack holds up to {files:,} files and 4 GiB; make several", files=MOST_FILES)
    return tuple(placed)


def write_header(out: IO[bytes], entry: Entry, time: int) -> None:
    """Begins a file."""
    out.write(local_header(entry, time))
