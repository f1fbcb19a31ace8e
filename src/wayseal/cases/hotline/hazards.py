"""What is risky about a file that came with a report, as far as its bytes tell: no scanner for viruses, and no promise.

1. Of a file at most `MOST` bytes are held, of its parts at most `PIECES` looked into, each up to a bound; no number
   in it sizes anything. Where a bound ends the search, that is named (PARTLY).
2. What can't be searched is named, too (UNSEEN): that nothing is named says that all was searched.
3. Nothing raises, whatever a file holds.
"""

import re
import struct
import unicodedata
import zlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from wayseal.cases.hotline.letters import FileKind

MOST: Final = 16 << 20
PIECES: Final = 4000
PIECE: Final = 64 << 10
HEAD: Final = 4096
"""Bytes that say what a file is."""
_BOMB = 100
"""What unpacks to so many times itself, and to so many MB, is no list or letter."""
_KINDS = re.compile(
    rb"(?P<jpeg>\xff\xd8\xff)|(?P<png>\x89PNG\r\n\x1a\n)|(?P<gif>GIF8[79]a)|(?P<webp>RIFF.{4}WEBP)|(?P<tiff>II[*+]\0|MM\0[*+])"
    rb"|(?P<heic>.{4}ftyp(?:hei|hev|mif|msf|avif|avis))"
    rb"|(?P<sound>.{4}ftypM4[ABP]|ID3|\xff[\xf1-\xf3\xf9-\xfb]|fLaC|OggS|RIFF.{4}WAVE|FORM.{4}AIF|#!AMR|\x02?#!SILK)"
    rb"|(?P<video>.{4}(?:ftyp|moov|mdat|wide)|\x1aE\xdf\xa3|RIFF.{4}AVI |FLV\x01|\0\0\x01[\xb3\xba]|0&\xb2u|G.{187}G)"
    rb"|(?P<office>\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|\{\\rtf"
    rb"|PK\x03\x04.{26}(?:\[Content_Types\]|_rels/|docProps/|word/|xl/|ppt/|mimetypeapplication/))"
    rb"|(?P<archive>PK\x03\x04|PK\x05\x06|Rar!\x1a|7z\xbc\xaf|\x1f\x8b|BZh[1-9]|\xfd7zXZ\0|\x28\xb5\x2f\xfd|.{257}ustar)"
    rb"|(?P<pdf>.{0,1024}?%PDF-)|(?P<text>\xff\xfe|\xfe\xff|[^\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]+\Z)",
    re.DOTALL,
)


class Hazard(StrEnum):
    """What is risky. kind: a file is something else than its letter says."""

    VIRUS_TEST = "virus_test"
    PROGRAM = "program"
    SCRIPT = "script"
    ACTION = "action"
    EMBEDDED = "embedded"
    MACRO = "macro"
    LOCKED = "locked"
    BOMB = "bomb"
    NAME = "name"
    KIND = "kind"
    UNSEEN = "unseen"
    PARTLY = "partly"


def _names(words: bytes) -> bytes:
    """A pattern of names of a PDF, each letter as it is or by its number (`#4a`)."""
    return b"|".join(b"".join(b"(?:%c|(?i:#%02x))" % (one, one) for one in word) for word in words.split())


_EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
_PROGRAM = re.compile(
    rb"MZ[^\r\n]{0,62}\0|\x7fELF|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe|dex\n|L\0\0\0\x01\x14\x02\0"
    rb"|MSCF|ITSF|\0asm|#!(?!AMR|SILK)|@echo off"
)
_PDF = re.compile(
    rb"/(?=[JXOALSIGER#])(?:(?P<script>" + _names(b"JavaScript JS XFA") + rb")|(?P<action>"
    + _names(b"OpenAction AA Launch SubmitForm ImportData GoToE GoToR") + rb")|(?P<embedded>"
    + _names(b"EmbeddedFiles EmbeddedFile RichMedia") + rb")|(?P<locked>" + _names(b"Encrypt")
    + rb"))(?=[\s/<>\[\](){}%]|\Z)"
)  # fmt: skip
_OBJECTS, _STREAM = re.compile(b"/(?:" + _names(b"ObjStm") + b")"), re.compile(rb"(?<!end)stream\r?\n")
_PAGE = re.compile(rb"(?i)<(?:script|html|svg|iframe|object|hta:)|javascript:|wscript\.|createobject\(|powershell")
_OLD = {
    Hazard.MACRO: ("_VBA_PROJECT", "Macros"),
    Hazard.LOCKED: ("EncryptedPackage", "EncryptionInfo"),
    Hazard.EMBEDDED: ("Ole10Native", "ObjectPool"),
}
_OBJECT = re.compile(rb"\\obj(?:data|ect|emb|link|ocx)")
_RUNS = rb"\.(?:exe|scr|com|pif|bat|cmd|ps1|vb[se]|jse?|ws[fh]|hta|lnk|ms[ip]|dll|jar|apk|reg|iso|img|chm|html?|svg)"
_NAMED = {
    Hazard.PROGRAM: re.compile(_RUNS + rb"[ .]{0,20}\Z", re.IGNORECASE),
    Hazard.NAME: re.compile(
        rb"\.\w{2,4}[ ._]{0,300}" + _RUNS + rb"[ .]{0,20}\Z|(?:\A|[/\\])\.\.(?:[/\\]|\Z)|\A[/\\]|\A\w:", re.IGNORECASE
    ),
    Hazard.MACRO: re.compile(rb"vbaproject|vbadata|macrosheets/|(?:\A|/)(?:Basic|Scripts)/", re.IGNORECASE),
    Hazard.EMBEDDED: re.compile(rb"oleobject|activex/|embeddings/", re.IGNORECASE),
}
_ENTRY = re.compile(rb"PK(?:\x01\x02|\x03\x04)")
_IN_PACKS = FileKind.ARCHIVE, FileKind.OFFICE, FileKind.PDF


def kind_of(head: bytes | bytearray) -> FileKind:
    """What a file is by its first bytes, of which `HEAD` are enough."""
    found = _KINDS.match(head[:HEAD])
    return FileKind(found.lastgroup or "") if found else FileKind.UNKNOWN


def find_hazards(parts: Iterable[bytes], said: FileKind) -> tuple[Hazard, ...]:
    """What is risky about a file. parts: of it, read to the end; said: what its letter says that it is."""
    content, found = bytearray(), set[Hazard]()
    for part in parts:
        room = MOST - len(content)
        content += part[:room]
        if len(part) > room:
            found.add(Hazard.PARTLY)
    kind = kind_of(content)
    if kind is not said:
        found.add(Hazard.KIND)
    found |= _of_piece(content)
    if kind is FileKind.PDF:
        found |= _of_pdf(content)
    elif content.startswith(b"PK"):
        found |= _of_zip(content)
    elif kind in (FileKind.ARCHIVE, FileKind.UNKNOWN):
        found.add(Hazard.UNSEEN)
    elif kind is FileKind.OFFICE:
        found |= {one for one, names in _OLD.items() if any(name.encode("utf-16-le") in content for name in names)}
        found |= {Hazard.EMBEDDED} if _OBJECT.search(content) else set()
    elif kind is FileKind.TEXT and _PAGE.search(content):
        found.add(Hazard.SCRIPT)
    return tuple(one for one in Hazard if one in found)


def _of_piece(content: bytes | bytearray) -> set[Hazard]:
    """What the beginning of anything tells."""
    found = {Hazard.VIRUS_TEST} if _EICAR in content else set[Hazard]()
    return found | ({Hazard.PROGRAM} if _PROGRAM.match(content) else set())


def _of_pdf(content: bytearray) -> set[Hazard]:
    found, room = _of_names(content), MOST
    for one in _STREAM.finditer(content):
        if _OBJECTS.search(content, max(0, one.start() - 300), one.start()):
            inside = _unpacked(content, one.end(), zlib.MAX_WBITS, 1 << 20)
            room -= len(inside) + PIECE
            found |= _of_names(inside) | (set() if 0 < len(inside) < 1 << 20 and room > 0 else {Hazard.PARTLY})
        if room <= 0:
            break
    return found


def _of_names(content: bytes | bytearray) -> set[Hazard]:
    return {Hazard(one.lastgroup or "") for one in _PDF.finditer(content)}


def _of_zip(content: bytearray) -> set[Hazard]:
    """By each entry and each line of the directory, wherever they stand."""
    found, size = set[Hazard](), 0
    for n, one in enumerate(_ENTRY.finditer(content, 0, max(0, len(content) - 46))):
        if n >= PIECES:
            found.add(Hazard.PARTLY)
            break
        at, local = one.start(), content[one.start() + 2] == 3
        flags, method, large, named, extra = struct.unpack_from("<HH12xIHH", content, at + (6 if local else 8))
        begins = at + (30 if local else 46)
        found |= _of_name(content[begins : begins + named]) | ({Hazard.LOCKED} if flags & 1 else set())
        size += 0 if local else large
        if local:
            begins += named + extra
            inside = content[begins : begins + PIECE] if method == 0 else _unpacked(content, begins, -zlib.MAX_WBITS)
            found |= _of_piece(inside) | ({Hazard.UNSEEN} if kind_of(inside) in _IN_PACKS else set())
    return found | ({Hazard.BOMB} if size > _BOMB * max(1 << 20, len(content)) else set())


def _of_name(name: bytearray) -> set[Hazard]:
    found = {one for one, pattern in _NAMED.items() if pattern.search(name[:1000])}
    hides = any(unicodedata.category(one) in {"Cf", "Cc"} for one in name[:1000].decode("utf-8", "replace"))
    return found | ({Hazard.NAME} if hides else set())


def _unpacked(content: bytearray, at: int, bits: int, most: int = PIECE) -> bytes:
    try:
        return zlib.decompressobj(bits).decompress(content[at : at + most], most)
    except zlib.error:
        return b""
