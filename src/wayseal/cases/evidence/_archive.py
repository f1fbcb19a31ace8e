"""Zip archives: one that somebody handed over read in one way only, and packs written in one way only.

Reading:

1. The directory at the end and the headers before the files say the same; entries fill the file from its first byte to
   the directory without gaps or overlaps (so no bomb shares its bytes), and nothing stands behind it.
2. Names lead nowhere else, and no two of them are one on any system; there are only plain files (and their folders),
   stored or deflated, none of them encrypted. Extra fields hold times and owners: one that gives a file another name
   for some programs is refused, as any that isn't known or has room for more; so is a comment of a file.
3. What it says it holds is bounded before anything is unpacked, and what comes out is held to what it says.
4. Content that differs from its CRC is no reason to stop: what is wrong with it is what the verifier looks for.

Writing (stored, nothing between and behind the entries, the same bytes each time):

5. Nothing is compressed: a changed byte of the archive is a changed byte of a file, and others stay readable.
6. Names are UTF-8; times are the pack's; there are no extra fields, comments or folders. So one list of entries has one
   spelling in bytes, and what differs from it is told.
7. No zip64: a pack and its files stay under 4 GiB.
"""

import io
import stat
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import IO

from wayseal.cases.evidence.errors import EvidenceError, NotAPackError, PackRefusedError
from wayseal.cases.evidence.types import check_name, twin_key
from wayseal.model.messages import N_
from wayseal.model.times import EPOCH

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
LOCAL_SIGN, CENTRAL_SIGN, END_SIGN = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
MOST = 0xFFFF_FFFE
"""Bytes of an archive, and of a file in it (rule 7)."""
MOST_FILES = 20_000
UTF8 = 0x800
_VERSION, _UNIX, _FILE = 20, 3 << 8, 0o100644 << 16
STORED, DEFLATED = 0, 8
MOST_RATIO = 200
"""How much more a file may be than its bytes in the archive; text of one letter is a thousand times."""
_SMALL = 1 << 20
_AT_ONCE = 1 << 18
_FLAGS = UTF8 | 0x8 | 0x6
"""UTF-8 names, sizes behind the file, how hard it was compressed."""
_DOS_KINDS = 0x18
"""A folder, or the name of a disk, to programs of another system."""
_STRAY = N_("the archive holds bytes of no file, or two files share some")
_SIZES_SIGN = b"PK\x07\x08"
_MOST_EXTRA = 128
_EXTRAS = frozenset((0x0001, 0x000A, 0x5455, 0x5855, 0x7855, 0x7875, 0xCAFE))
"""Extra fields that say nothing of what a file is or is called: long sizes, times, owners, the mark of Java."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFile:
    """A file of an archive: its path, its place and its sizes there."""

    path: str
    name: bytes
    method: int
    flags: int
    time: int
    crc: int
    packed: int
    size: int
    at: int
    start: int

    @property
    def end(self) -> int:
        """Where its bytes end; sizes may stand behind them."""
        return self.start + self.packed


class Archive:
    """An archive that was looked at whole (rules 1 to 3). files: path → file; folders: those that have an entry."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        self._first, count, length = self._end()
        self._tail = self._read(self._first, length + END.size)
        found = list(self._central(self._tail[:length], count))
        self._check_tiles(found)
        self.folders = [one.path for one in found if one.path.endswith("/")]
        self.files = {one.path: one for one in found if not one.path.endswith("/")}
        _check_twins(found)
        _check_sizes(list(self.files.values()))
        self._order = found

    def parts(self, path: str) -> Iterator[bytes]:
        """A file's bytes. A stream that breaks off gives what came before (rule 4)."""
        one, given = self.files[path], 0
        inflate = zlib.decompressobj(-15) if one.method == DEFLATED else None
        at = one.start
        while at < one.end:
            part = self._read(at, min(_AT_ONCE, one.end - at))
            at += len(part)
            if inflate is None:
                yield part
                continue
            while part and given <= one.size:
                try:
                    out = inflate.decompress(part, _AT_ONCE)
                except zlib.error:
                    return
                if inflate.unused_data:
                    raise PackRefusedError(_STRAY, file=path)
                part = inflate.unconsumed_tail
                given += len(out)
                if given > one.size:
                    raise PackRefusedError("a file unpacks to more than the archive says", file=path)
                yield out

    def content(self, path: str, most: int) -> bytes:
        """A file whole, if it is no longer than that; PackRefusedError."""
        if self.files[path].size > most:
            raise PackRefusedError("a file that describes the pack is too large", file=path)
        return b"".join(self.parts(path))

    @property
    def as_written(self) -> bool:
        """True if every byte around the files is as Wayseal writes it; not so where it was packed anew."""
        if not self._order or any(one.method != STORED for one in self._order):
            return False
        time = self._order[0].time
        entries = [Entry(name=one.name, crc=one.crc, size=one.size, at=one.at) for one in self._order]
        heads = all(
            self._read(one.at, one.start - one.at) == local_header(entry, time)
            for one, entry in zip(self._order, entries, strict=True)
        )
        return heads and self._tail == directory(entries, time)

    def _read(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        found = self._file.read(size)
        if len(found) != size:
            raise NotAPackError("the archive ends too early: it was cut off")
        return found

    def _end(self) -> tuple[int, int, int]:
        """Where the directory begins, how many entries it has, and its length."""
        if self._size < END.size:
            raise NotAPackError("this is no zip archive")
        sign, disk, start, here, count, length, at, comment = END.unpack(self._read(self._size - END.size, END.size))
        if sign != END_SIGN or comment:
            known = self._read(0, 4) == LOCAL_SIGN
            raise NotAPackError(
                "the archive was cut off, or something was put behind it" if known else "this is no zip archive"
            )
        if disk or start or here != count or at + length + END.size != self._size:
            raise PackRefusedError("the archive's directory doesn't fit the archive")
        if count > MOST_FILES:
            raise PackRefusedError("the archive has more than {files:,} files", files=MOST_FILES)
        return at, count, length

    def _check_tiles(self, files: Sequence[PackedFile]) -> None:
        """Entries lie one behind the other, from the first byte to the directory (rule 1)."""
        at, ordered = 0, sorted(files, key=lambda one: one.at)
        for number, one in enumerate(ordered, start=1):
            follows = ordered[number].at if number < len(ordered) else self._first
            sizes = struct.pack("<3I", one.crc, one.packed, one.size)
            allowed = (b"", sizes, _SIZES_SIGN + sizes) if one.flags & 0x8 else (b"",)
            gap = follows - one.end
            if one.at != at or gap not in map(len, allowed) or self._read(one.end, gap) not in allowed:
                raise PackRefusedError(_STRAY, file=one.path)
            at = follows
        if at != self._first:
            raise PackRefusedError(_STRAY)

    def _central(self, tail: bytes, count: int) -> Iterator[PackedFile]:
        at = 0
        for _ in range(count):
            try:
                sign, _, _, flags, method, time, day, crc, packed, size, n, extra, comment, disk, _, mode, start = (
                    CENTRAL.unpack_from(tail, at)
                )
            except struct.error:
                sign = b""
            if sign != CENTRAL_SIGN:
                raise PackRefusedError("the archive's directory is damaged")
            if comment:
                raise PackRefusedError("the archive says more of a file than every program reads")
            name = tail[at + CENTRAL.size : at + CENTRAL.size + n]
            more = tail[at + CENTRAL.size + n : at + CENTRAL.size + n + extra]
            at += CENTRAL.size + n + extra
            if disk or 0xFFFF_FFFF in (packed, size, start):
                raise PackRefusedError("an archive in parts, or of more than 4 GiB")
            path = _path(name, flags)
            _check_kind(path, flags, method, mode, size)
            _check_extra(path, more)
            yield self._local(path, name, method, flags, (day << 16) | time, crc, packed, size, start)
        if at != len(tail):
            raise PackRefusedError("the archive's directory is damaged")

    def _local(
        self, path: str, name: bytes, method: int, flags: int, time: int, crc: int, packed: int, size: int, at: int
    ) -> PackedFile:  # fmt: skip
        """The file with what stands before it, which must say the same as the directory (rule 1)."""
        if at + LOCAL.size > self._first:
            raise PackRefusedError("the archive's directory doesn't fit the archive", file=path)
        sign, _, flags_, method_, _, _, crc_, packed_, size_, n, extra = LOCAL.unpack(self._read(at, LOCAL.size))
        sums = [(crc, packed, size), (0, 0, 0)][: 2 if flags & 0x8 else 1]
        same = (flags_, method_) == (flags, method) and (crc_, packed_, size_) in sums
        start = at + LOCAL.size + n + extra
        if sign != LOCAL_SIGN or not same or start > self._first or self._read(at + LOCAL.size, n) != name:
            raise PackRefusedError("the archive's directory says other things than stand before the file", file=path)
        _check_extra(path, self._read(start - extra, extra))
        return PackedFile(
            path=path,
            name=name,
            method=method,
            flags=flags,
            time=time,
            crc=crc,
            packed=packed,
            size=size,
            at=at,
            start=start,
        )


def _path(name: bytes, flags: int) -> str:
    """The path that a name stands for (rule 2)."""
    try:
        path = name.decode("utf-8" if flags & UTF8 else "ascii")
        check_name(path.removesuffix("/"))
    except (UnicodeDecodeError, EvidenceError):
        raise PackRefusedError(
            "the archive holds a name that leads elsewhere, hides, or is another one elsewhere"
        ) from None
    return path


def _check_kind(path: str, flags: int, method: int, mode: int, size: int) -> None:
    if flags & 0x41 or flags & ~_FLAGS & 0x2040:
        raise PackRefusedError("the archive holds an encrypted file", file=path)
    if flags & ~_FLAGS or method not in (STORED, DEFLATED):
        raise PackRefusedError("the archive holds a file that is packed in an unknown way", file=path)
    folder = path.endswith("/")
    kind = stat.S_IFMT(mode >> 16)
    other = kind not in (0, stat.S_IFDIR if folder else stat.S_IFREG)
    if other or (size if folder else mode & _DOS_KINDS):
        raise PackRefusedError("the archive holds something that is no plain file, such as a link", file=path)


def _check_extra(path: str, extra: bytes) -> None:
    """Extra fields are whole, and of those that are known (rule 2)."""
    kinds, at = set[int](), 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        kinds.add(kind)
        at += 4 + size
    if at != len(extra) or at > _MOST_EXTRA or not kinds <= _EXTRAS:
        raise PackRefusedError("the archive says more of a file than every program reads", file=path)


def _check_twins(files: Sequence[PackedFile]) -> None:
    """No two names are one, and none is a file and a folder (rule 2)."""
    names: set[str] = set()
    for one in files:
        key = twin_key(one.path.removesuffix("/"))
        if key in names:
            raise PackRefusedError("the archive holds two names that some system can't tell apart", file=one.path)
        names.add(key)
    plain_files = {twin_key(one.path) for one in files if not one.path.endswith("/")}
    for one in files:
        path = one.path.removesuffix("/")
        if any(twin_key(path[:at]) in plain_files for at, char in enumerate(path) if char == "/"):
            raise PackRefusedError("the archive holds a name that is a file and a folder", file=one.path)


def _check_sizes(files: Sequence[PackedFile]) -> None:
    """Check that the size to which it says it unpacks is bounded (rule 3)."""
    for one in files:
        if one.method == STORED and one.packed != one.size:
            raise PackRefusedError("the archive's directory doesn't fit the archive", file=one.path)
        if one.size > _SMALL and one.size > MOST_RATIO * one.packed:
            raise PackRefusedError("a file unpacks to far more than its size: this may be a bomb", file=one.path)
    if sum(one.size for one in files) > MOST:
        raise PackRefusedError("the archive unpacks to more than 4 GiB")


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
    """Entries one behind the other. EvidenceError: more than an archive holds (rule 7)."""
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
