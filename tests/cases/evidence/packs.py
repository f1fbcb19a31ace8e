"""Small packs, and zips as attackers make them."""

import io
import random
import stat
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import need
from wayseal.cases.evidence import make_pack, take_in, write_pack
from wayseal.cases.evidence.errors import DocumentError
from wayseal.cases.evidence.types import Item, Pack, PackHead, Title
from wayseal.cases.evidence.typesetting import Typesetter
from wayseal.model.times import micros

AT = micros("2026-03-16T08:00:01Z")
TOP = "evidence-c-1"
PAGE = "data/report/报告.html"
LINES = "".join(f"line {n} 行\n" for n in range(2_000)).encode()
NOISE = random.Random(1).randbytes(30_000)
ITEMS = {
    PAGE: (LINES, "text/html"),
    "data/noise.bin": (NOISE, "application/octet-stream"),
    "data/empty.txt": (b"", "text/plain"),
    "data/one.txt": (b"x" * 4096, "text/plain"),
}


def need_font() -> None:
    """Goes on where documents can be set."""
    try:
        Typesetter()
    except DocumentError as error:
        need(False, str(error))


def head(**more: object) -> PackHead:
    given: dict[str, object] = {"name": TOP, "case": "c-1", "at": AT, "who": "Li, 审计", "why": "notice 7"}
    return PackHead(**{**given, "wayseal": "0.1.0", **more})  # type: ignore[arg-type]


def item(path: str, content: bytes | Path, format: str = "text/plain") -> Item:  # noqa: A002
    return Item(path=path, title=Title(zh="件", en="Item"), content=content, format=format)


def pack(**more: object) -> Pack:
    taken = [take_in(item(path, content, kind), AT) for path, (content, kind) in ITEMS.items()]
    return make_pack(head(**more), taken)


def written(made: Pack) -> tuple[bytes, str]:
    """A pack's bytes, and its seal."""
    out = io.BytesIO()
    seal = write_pack(made, out)
    return out.getvalue(), seal


def files_of(content: bytes) -> dict[str, bytes]:
    """What is in a zip, by path."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {one.filename: archive.read(one) for one in archive.infolist()}


def zipped(
    files: Mapping[str, bytes], method: int = zipfile.ZIP_STORED, modes: Mapping[str, int] | None = None
) -> bytes:
    """A zip by the standard library."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for path, content in files.items():
            one = zipfile.ZipInfo(path, (2026, 3, 16, 8, 0, 0))
            one.compress_type = method
            one.external_attr = (modes or {}).get(path, stat.S_IFREG | 0o644) << 16
            archive.writestr(one, content)
    return out.getvalue()


def offset_of(content: bytes, path: str) -> int:
    """Where a file's bytes begin in a stored zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        one = archive.getinfo(f"{TOP}/{path}")
        name, extra = struct.unpack_from("<2H", content, one.header_offset + 26)
        return int(one.header_offset) + 30 + int(name) + int(extra)


def fixed(content: bytes) -> bytes:
    """The same with CRCs that fit its files, as somebody would write them who knows zips."""
    return zipped(_without_check(content))


def _without_check(content: bytes) -> dict[str, bytes]:
    found = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for one in archive.infolist():
            name, extra = struct.unpack_from("<2H", content, one.header_offset + 26)
            start = one.header_offset + 30 + name + extra
            found[one.filename] = content[start : start + one.compress_size]
    return found


def bomb(size: int) -> bytes:
    """A file of zeros, packed small."""
    return zipped({f"{TOP}/bagit.txt": b"", f"{TOP}/data/zeros": bytes(size)}, zipfile.ZIP_DEFLATED)


def lying_bomb(said: int, size: int) -> bytes:
    """A file that unpacks to more than the archive says."""
    content = bytearray(bomb(size))
    true, lie = struct.pack("<I", size), struct.pack("<I", said)
    for at in (content.find(true), content.rfind(true)):
        content[at : at + 4] = lie
    return bytes(content)
