"""Uploaded pictures without what they tell of who took them, cleaned as they stream by; other files are only named.

1. Nothing is decoded, and nothing allocated by a length that stands in the file: held is what came of the head, of one
   segment of a JPEG or of a PNG's Exif, 64 kB each. However the file is split, the same stays.
2. What decoders need stays, as long as what it holds, so that nothing hides behind it. All else goes: Exif, XMP, IPTC,
   colour profiles, comments, thumbnails, other pictures, and whatever stands behind the end.
3. How the picture is turned comes back, as an Exif that says nothing else.
4. What can't be followed (another structure, more pieces than pictures have) passes as it came from there on; what is
   cut off ends there. Neither is called cleaned, and nothing raises.
"""

import re
import struct
import zlib
from collections.abc import Generator, Iterator
from typing import Literal

from wayseal.cases.hotline.hazards import HEAD, kind_of
from wayseal.cases.hotline.letters import FileKind

MOST_PIECES = 100_000
"""Segments or chunks that are looked at: each costs time, however short it is."""
_SEGMENT = re.compile(  # quantisation, arithmetic, lines and restarts, expansion, scan, frame; Huffman's by `_fits`
    rb"\xff(?:\xdb..(?:[\0-\x03].{64}|[\x10-\x13].{128}){0,4}|\xcc..(?:..){0,32}|[\xdc\xdd]....|\xdf..."
    rb"|\xda..(?:\x01..|\x02.{4}|\x03.{6}|\x04.{8})..."
    rb"|[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf\xde].{7}(?:\x01...|\x02.{6}|\x03.{9}|\x04.{12}))",
    re.DOTALL,
)
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd9-\xef\xfe\xff]")
_END_OF_SCAN = re.compile(rb"\xff[^\0\x01\xd0-\xd7\xff]")
_ORIENTATION = {b"II*\0": b"\x12\x01\x03\0\x01\0\0\0", b"MM\0*": b"\x01\x12\0\x03\0\0\0\x01"}
_ANY = 2**31 - 1
_CHUNKS = {b"IHDR": 13, b"PLTE": 768, b"IDAT": _ANY, b"IEND": 0, b"tRNS": 256, b"gAMA": 4, b"sRGB": 1, b"cHRM": 32}
_CHUNKS |= {b"sBIT": 4, b"bKGD": 6, b"acTL": 8, b"fcTL": 26, b"fdAT": _ANY}


class Cleaner:
    """Takes a file in pieces, and gives back what stays. `kind` and `cleaned` are sure when it ended."""

    def __init__(self) -> None:
        self.kind, self.cleaned = FileKind.UNKNOWN, False
        self._held, self._kept = bytearray(), list[bytes | bytearray]()
        self._ended, self._turned = False, False
        self._work = self._run()

    def feed(self, data: bytes | memoryview) -> bytes:
        """Takes more of it, and gives what stays."""
        self._held += data
        next(self._work)
        kept, self._kept = b"".join(self._kept), []
        return kept

    def end(self) -> bytes:
        """Gives the rest of what stays: no more comes."""
        self._ended = True
        return self.feed(b"")

    def _run(self) -> Iterator[None]:
        while len(self._held) < HEAD and not self._ended:
            yield
        self.kind = kind_of(self._held)
        if self.kind is FileKind.JPEG:
            self.cleaned = yield from self._clean_jpeg()
        if self.kind is FileKind.PNG:
            self.cleaned = yield from self._clean_png()
        while True:
            self._pass(len(self._held), keep=not self.cleaned)
            yield

    def _need(self, size: int) -> Iterator[None]:
        """Waits until so much is held. What stands at a cut is no use to anybody, and may be half an Exif."""
        while len(self._held) < size:
            if self._ended:
                self._held.clear()
            yield

    def _pass(self, size: int, *, keep: bool = True) -> int:
        """Keeps or drops so much of what is held, and says how much was there."""
        part = self._held[:size]
        del self._held[:size]
        self._kept += [part] if keep else []
        return len(part)

    def _clean_jpeg(self) -> Generator[None, None, bool]:
        self._pass(2)
        for _ in range(MOST_PIECES):
            yield from self._need(2)
            if not _MARKER.match(self._held):
                break
            if (marker := self._held[1]) == 0xD9:
                return self._pass(2) == 2
            if marker == 0xFF:
                self._pass(1, keep=False)
                continue
            yield from self._need(4)
            size = 2 + int.from_bytes(self._held[2:4])
            yield from self._need(size)
            whole, needed = bytes(self._held[:size]), marker < 0xE0
            if needed and not _fits(whole):
                break
            self._kept.append(whole if needed else self._cut_app(marker, whole[4:]))
            self._pass(size, keep=False)
            if marker == 0xDA:
                while not (found := _END_OF_SCAN.search(self._held)):
                    self._pass(len(self._held) - self._held.endswith(b"\xff"))
                    yield from self._need(len(self._held) + 1)
                self._pass(found.start())
        return False

    def _cut_app(self, marker: int, body: bytes) -> bytes:
        """What stays of what isn't needed: how dense the picture is, how its colours are coded, how it is turned."""
        if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 14:
            return b"\xff\xe0\0\x10" + body[:12] + b"\0\0"
        if marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            return b"\xff\xee\0\x0eAdobe\0d\0\0\0\0" + body[11:12]
        exif = self._cut_exif(body[6:]) if marker == 0xE1 and body.startswith(b"Exif\0") else b""
        return exif and b"\xff\xe1\0\x22Exif\0\0" + exif

    def _cut_exif(self, tiff: bytes) -> bytes:
        """What stays of the first Exif (rule 3): nothing where the picture stands as it is."""
        if self._turned or tiff[:4] not in _ORIENTATION:
            return b""
        self._turned = True
        order: Literal["little", "big"] = "little" if tiff[:1] == b"I" else "big"
        at = int.from_bytes(tiff[4:8], order)
        for place in range(at + 2, at + 2 + 12 * int.from_bytes(tiff[at : at + 2], order), 12):
            value = int.from_bytes(tiff[place + 8 : place + 10], order)
            if tiff.startswith(_ORIENTATION[tiff[:4]], place) and 2 <= value <= 8:
                return b"MM\0*\0\0\0\x08\0\x01" + _ORIENTATION[b"MM\0*"] + struct.pack(">HHI", value, 0, 0)
        return b""

    def _clean_png(self) -> Generator[None, None, bool]:
        self._pass(8)
        for _ in range(MOST_PIECES):
            yield from self._need(8)
            size, kind = int.from_bytes(self._held[:4]), bytes(self._held[4:8])
            keep, left = size <= _CHUNKS.get(kind, -1), size + 12
            if not keep and (size > _ANY or not (kind.isalpha() and kind[:1].islower())):
                break
            if kind == b"eXIf" and size < 65_536:
                yield from self._need(left)
                if exif := self._cut_exif(bytes(self._held[8 : left - 4])):
                    self._kept.append(struct.pack(">I4s26sI", 26, kind, exif, zlib.crc32(kind + exif)))
            while left := left - self._pass(left, keep=keep):
                yield from self._need(1)
            if kind == b"IEND":
                return True
        return False


def _fits(segment: bytes) -> bool:
    """Check that it is one that decoders need, and as long as what it holds (rule 2)."""
    if segment[1] != 0xC4:
        return _SEGMENT.fullmatch(segment) is not None
    at = 4
    for _ in range(8):
        at += 17 + sum(segment[at + 1 : at + 17]) if at < len(segment) else 0
    return at == len(segment)
