"""What the verifier names, and what it refuses: changed packs, and zips as attackers make them."""

import hashlib
import io
import json
import random
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest

from tests.cases.evidence.packs import (
    ITEMS,
    LINES,
    NOISE,
    PAGE,
    TOP,
    bomb,
    files_of,
    fixed,
    lying_bomb,
    offset_of,
    pack,
    written,
    zipped,
)
from tests.effort import DEEP
from tests.tables import each
from wayseal.cases.evidence import _archive, _verify, verify_pack
from wayseal.cases.evidence._archive import Entry, directory, local_header, place
from wayseal.cases.evidence.errors import EvidenceError, NotAPackError, PackRefusedError, PackVersionError
from wayseal.cases.evidence.findings import Code, PackVerification
from wayseal.cases.evidence.texts import describe_pack
from wayseal.page.languages import LANGS

CONTENT, SEAL = written(pack())
FILES = files_of(CONTENT)


def verified(content: bytes, **more: object) -> PackVerification:
    return verify_pack(io.BytesIO(content), **more)  # type: ignore[arg-type]


def named(found: PackVerification) -> list[tuple[str, str]]:
    return [(finding.code.value, finding.where) for finding in found.findings]


def changed(content: bytes, at: int, bit: int = 0) -> bytes:
    """The same with another bit."""
    return content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]


def test_a_changed_bit_anywhere_is_refused_or_named() -> None:
    drawn = random.Random(7)
    for _ in range(3_000 if DEEP else 150):
        at, bit = drawn.randrange(len(CONTENT)), drawn.randrange(8)
        try:
            found = verified(changed(CONTENT, at, bit))
        except EvidenceError:
            continue
        assert not found.sound or not found.as_written, (at, bit)


@each("path", list(ITEMS))
def test_a_changed_bit_in_an_item_is_named_by_file_piece_line_and_byte(path: str) -> None:
    content, _ = ITEMS[path]
    drawn = random.Random(path)
    for _ in range(5 if content else 0):
        at = drawn.randrange(len(content))
        altered = changed(CONTENT, offset_of(CONTENT, path) + at)
        found = verified(altered, against=io.BytesIO(content))
        assert named(found) == [(code, path) for code in ("changed", "chunks", "bytes")]
        pieces, exact = found.findings[1].values, found.findings[2].values
        assert (pieces["chunks"], pieces["count"], pieces["first"]) == (str(at // 4096 + 1), 1, at // 4096 * 4096)
        line = content.count(b"\n", 0, at) + 1
        if path != "data/noise.bin":
            first, _, last = str(pieces["lines"]).partition("-")
            assert int(first) <= line <= int(last or first)
        assert (exact["first"], exact["count"], exact["line"]) == (at, 1, line)
        assert exact["column"] == at - content.rfind(b"\n", 0, at)
        assert verified(altered, against=io.BytesIO(CONTENT)).findings == found.findings
        assert found.exit_code == 7
        assert found.as_written


def test_an_item_that_grew_is_named_from_there_on() -> None:
    longer = FILES | {f"{TOP}/data/noise.bin": NOISE[:5000] + b"!" + NOISE[5000:]}
    found = verified(zipped(longer), against=io.BytesIO(NOISE))
    assert named(found)[:2] == [("changed", "data/noise.bin"), ("chunks", "data/noise.bin")]
    assert found.findings[1].values["chunks"] == "2-8"
    assert found.findings[2].values["first"] == 5000
    assert not found.as_written


def test_what_is_missing_put_in_or_renamed_is_named() -> None:
    path = f"{TOP}/data/one.txt"
    left = {name: content for name, content in FILES.items() if name != path}
    assert named(verified(zipped(left))) == [("missing", "data/one.txt")]
    assert named(verified(zipped(left | {f"{TOP}/data/two.txt": FILES[path]}))) == [
        ("missing", "data/one.txt"),
        ("extra", "data/two.txt"),
    ]
    assert ("extra", "notes.txt") in named(verified(zipped(FILES | {f"{TOP}/notes.txt": b""})))
    for name in ("pack.json", "manifest-sm3.txt", "chunks.bin", "custody.jsonl", "tagmanifest-sha256.txt"):
        assert ("missing", name) in named(verified(zipped({n: c for n, c in FILES.items() if n != f"{TOP}/{name}"})))


@each("name", ["data/the sum is wrong/", "see 'old'/", "a/b/", "DATA/", "data/one/"])
def test_an_empty_folder_that_was_put_in_is_named(name: str) -> None:
    """Its name alone can say something to whoever unpacks the pack."""
    modes = {f"{TOP}/{name}": stat.S_IFDIR | 0o755}
    assert named(verified(zipped({**FILES, f"{TOP}/{name}": b""}, modes=modes), seal=SEAL)) == [("extra", name)]


def test_a_changed_record_is_told_from_a_changed_file() -> None:
    manifest = f"{TOP}/manifest-sha256.txt"
    lines = FILES[manifest].splitlines(keepends=True)
    other = hashlib.sha256(b"other").hexdigest().encode()
    found = named(verified(zipped(FILES | {manifest: other + lines[0][64:] + b"".join(lines[1:])})))
    assert ("changed", "manifest-sha256.txt") in found
    assert ("record", "manifest-sha256.txt") in found
    assert not [where for _, where in found if where.startswith("data/")]
    garbled = verified(zipped(FILES | {manifest: FILES[manifest].replace(b"  ", b" ", 1)}))
    assert [f.values["line"] for f in garbled.findings if f.code is Code.LINE] == [1]
    assert ("index", "pack.json") in named(verified(zipped(FILES | {f"{TOP}/pack.json": b"{"})))


def test_a_record_that_leaves_a_file_out_is_named() -> None:
    """The manifests agree with each other again, as whoever takes a line out would see to."""
    for name in ("manifest-sha256.txt", "manifest-sm3.txt", "tagmanifest-sm3.txt"):
        lines = FILES[f"{TOP}/{name}"].splitlines(keepends=True)
        found = named(verified(zipped(FILES | {f"{TOP}/{name}": b"".join(lines[1:])})))
        assert ("record", name) in found
    index = json.loads(FILES[f"{TOP}/pack.json"])
    index["items"] = index["items"][1:]
    found = named(verified(zipped(FILES | {f"{TOP}/pack.json": json.dumps(index).encode()})))
    assert ("record", "pack.json") in found
    assert not [where for _, where in found if where.startswith("data/")]


def test_a_tag_manifest_that_nothing_lists_is_held_against_the_files() -> None:
    path = f"{TOP}/tagmanifest-sm3.txt"
    lines = FILES[path].splitlines(keepends=True)
    for content in (b"", b"".join(reversed(lines)), FILES[path][:-1]):
        assert named(verified(zipped(FILES | {path: content}), seal=SEAL)) == [("changed", "tagmanifest-sm3.txt")]


def test_sizes_behind_the_files_are_read(tmp_path: Path) -> None:
    """As programs write them that don't know sizes before they have written."""
    out = (tmp_path / "streamed.zip").open("wb")
    with out, zipfile.ZipFile(Unseekable(out), "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in FILES.items():
            archive.writestr(path, content)
    found = verified((tmp_path / "streamed.zip").read_bytes(), seal=SEAL)
    assert found.sound
    assert not found.as_written


class Unseekable(io.RawIOBase):
    """A file that is only written to."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._file.write(data)


def test_custody_that_was_changed_is_named_by_line() -> None:
    path = f"{TOP}/custody.jsonl"
    lines = FILES[path].splitlines(keepends=True)
    found = verified(zipped(FILES | {path: b"".join(lines[:1] + lines[2:])}))
    assert [f.values["line"] for f in found.findings if f.code is Code.CUSTODY] == [2]


def test_a_pack_made_anew_is_told_by_its_seal_alone() -> None:
    anew, seal = written(pack(why="another"))
    assert verified(anew).sound
    assert named(verified(anew, seal=SEAL)) == [("seal", "tagmanifest-sha256.txt")]
    assert verified(anew, seal=seal).sound


def test_a_pack_that_was_packed_anew_is_sound_and_said() -> None:
    for again in (
        zipped(FILES),
        zipped(FILES, zipfile.ZIP_DEFLATED),
        zipped({f"{TOP}/": b"", **FILES}, modes={f"{TOP}/": stat.S_IFDIR | 0o755}),
    ):
        found = verified(again, seal=SEAL)
        assert found.sound, named(found)
        assert not found.as_written


@pytest.mark.parametrize("version", [b"1", b"3"])
def test_a_pack_of_another_version_is_refused(version: bytes) -> None:
    other = FILES[f"{TOP}/pack.json"].replace(b'"wayseal_pack": 2', b'"wayseal_pack": ' + version)
    with pytest.raises(PackVersionError):
        verified(zipped(FILES | {f"{TOP}/pack.json": other}))


def test_against_something_else_is_refused() -> None:
    with pytest.raises(EvidenceError, match="original of nothing"):
        verified(CONTENT, against=io.BytesIO(b"something else"))


def _with(path: str, content: bytes = b"x", mode: int = stat.S_IFREG | 0o644) -> bytes:
    return zipped({**FILES, path: content}, modes={path: mode})


def _twice() -> bytes:
    out = io.BytesIO(zipped(FILES))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr(f"{TOP}/data/one.txt", b"other")
    return out.getvalue()


def _flagged(flag: int) -> bytes:
    """With a flag of its first file, in both places."""
    content = bytearray(CONTENT)
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(sign) + at
        content[place : place + 2] = struct.pack("<H", struct.unpack_from("<H", content, place)[0] | flag)
    return bytes(content)


def _other_name() -> bytes:
    """The directory says another name than stands before the file."""
    at = CONTENT.rfind(b"one.txt")
    return CONTENT[:at] + b"two.txt" + CONTENT[at + 7 :]


def _overlapping() -> bytes:
    """Two entries of the directory with the same bytes, as a bomb of Fifield's has them."""
    content = bytearray(zipped({f"{TOP}/bagit.txt": b"", f"{TOP}/a": b"x" * 100, f"{TOP}/b": b"x" * 100}))
    first = content.find(b"PK\x01\x02")
    second = content.find(b"PK\x01\x02", first + 4)
    third = content.find(b"PK\x01\x02", second + 4)
    content[third + 42 : third + 46] = content[second + 42 : second + 46]
    return bytes(content)


def _between() -> bytes:
    """Bytes between the last file and the directory."""
    end = CONTENT.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<I", CONTENT, end + 16)[0]
    tail = CONTENT[end : end + 16] + struct.pack("<I", start + 5) + CONTENT[end + 20 :]
    return CONTENT[:start] + b"12345" + CONTENT[start:end] + tail


def _entries(gap: int) -> bytes:
    """Two files with so many bytes between them, which directory and headers know of."""
    contents = {f"{TOP}/bagit.txt": b"a", f"{TOP}/b": b"b"}
    first, second = place(Entry(name=name.encode(), crc=zlib.crc32(c), size=len(c)) for name, c in contents.items())
    second = replace(second, at=second.at + gap)
    files = local_header(first, 1) + b"a" + bytes(gap) + local_header(second, 1) + b"b"
    return files + directory([first, second], 1)


def _inside() -> bytes:
    """A file that lies in the bytes of another, as bombs share them."""
    inner = Entry(name=f"{TOP}/b".encode(), crc=zlib.crc32(b"x" * 50), size=50)
    content = local_header(inner, 1) + b"x" * 50
    outer = Entry(name=f"{TOP}/bagit.txt".encode(), crc=zlib.crc32(content), size=len(content))
    start = len(local_header(outer, 1))
    tail = bytearray(directory([replace(inner, at=start), outer], 1))
    tail[-6:-2] = struct.pack("<I", outer.end)
    return local_header(outer, 1) + content + bytes(tail)


def _central(at: int, value: bytes, content: bytes = CONTENT, local: int | None = None) -> bytes:
    """Other bytes in what the directory says of the first file, and in what stands before it."""
    changed_ = bytearray(content)
    start = struct.unpack_from("<I", content, len(content) - 6)[0]
    changed_[start + at : start + at + len(value)] = value
    if local is not None:
        changed_[local : local + len(value)] = value
    return bytes(changed_)


def _extra(*, local: bool) -> bytes:
    """A file to which an extra field gives another name, which `unzip` takes; it stands in one of the two places."""
    name, out = f"{TOP}/data/one.txt", io.BytesIO()
    body = struct.pack("<BI", 1, zlib.crc32(name.encode())) + f"{TOP}/data/two.txt".encode()
    field = struct.pack("<2H", 0x7075, len(body)) + body
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in FILES.items():
            one = zipfile.ZipInfo(path)
            one.extra = field if local and path == name else b""
            archive.writestr(one, content)
            one.extra = field if not local and path == name else b""
    return out.getvalue()


def _commented() -> bytes:
    """A comment of one file, which programs that list archives show."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in FILES.items():
            one = zipfile.ZipInfo(path)
            one.comment = b"the clerk made this one up" if path.endswith("one.txt") else b""
            archive.writestr(one, content)
    return out.getvalue()


def _behind_what_was_packed() -> bytes:
    """A deflated file whose stream ends before its bytes do."""
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(b"x" * 100) + packer.flush() + b"and something else"
    content = bytearray(zipped({f"{TOP}/bagit.txt": b"a", f"{TOP}/b": packed}))
    for sign, method, sizes in ((b"PK\x03\x04", 8, 14), (b"PK\x01\x02", 10, 16)):
        at = content.rfind(sign)
        content[at + method : at + method + 2] = struct.pack("<H", zipfile.ZIP_DEFLATED)
        content[at + sizes : at + sizes + 12] = struct.pack("<3I", zlib.crc32(b"x" * 100), len(packed), 100)
    return bytes(content)


def _streamed(*, sizes: bytes = bytes(12), behind: bytes = b"") -> bytes:
    """A file whose sizes stand behind it, with other bytes where they stand or don't yet."""
    contents = {f"{TOP}/bagit.txt": b"a", f"{TOP}/b": b"b"}
    first, second = place(Entry(name=name.encode(), crc=zlib.crc32(c), size=len(c)) for name, c in contents.items())
    second = replace(second, at=second.at + len(behind))
    local, tail = bytearray(local_header(first, 1)), bytearray(directory([first, second], 1))
    for content, at in ((local, 6), (tail, 8)):
        content[at] |= 0x8
    local[14:26] = sizes
    return bytes(local) + b"a" + behind + local_header(second, 1) + b"b" + bytes(tail)


def _with_times(size: int) -> bytes:
    """An extra field of times of so many bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in FILES.items():
            one = zipfile.ZipInfo(path)
            one.extra = struct.pack("<2H", 0x5455, size) + b"t" * size
            archive.writestr(one, content)
    return out.getvalue()


def _a_folder_elsewhere() -> bytes:
    return zipped({**FILES, "elsewhere/": b""}, modes={"elsewhere/": stat.S_IFDIR | 0o755})


REFUSED: dict[str, Callable[[], bytes]] = {
    "a way up": lambda: _with(f"{TOP}/../x"),
    "a way up alone": lambda: _with("../x"),
    "an absolute name": lambda: _with("/etc/passwd"),
    "a drive": lambda: _with("C:/x"),
    "a backslash": lambda: _with(f"{TOP}/a|b").replace(b"a|b", b"a\\b"),
    "a NUL": lambda: _with(f"{TOP}/a|b").replace(b"a|b", b"a\0b"),
    "what turns text round": lambda: _with(f"{TOP}/\u202etxt.exe"),
    "a device": lambda: _with(f"{TOP}/aux.txt"),
    "a name that only differs by case": lambda: _with(f"{TOP}/DATA/one.txt"),
    "a name that only differs by its form": lambda: zipped({**FILES, f"{TOP}/é": b"", f"{TOP}/e\u0301": b""}),
    "a name of compatible characters": lambda: zipped({**FILES, f"{TOP}/fi": b"", f"{TOP}/ﬁ": b""}),
    "a name twice": _twice,
    "a file that is a folder": lambda: zipped({**FILES, f"{TOP}/data": b""}),
    "a link": lambda: _with(f"{TOP}/link", b"/etc/passwd", stat.S_IFLNK | 0o777),
    "a device node": lambda: _with(f"{TOP}/null", b"", stat.S_IFCHR | 0o666),
    "another name for some programs": lambda: _extra(local=False),
    "another name before the file": lambda: _extra(local=True),
    "an encrypted file": lambda: _flagged(0x1),
    "strong encryption": lambda: _flagged(0x40),
    "a masked directory": lambda: _flagged(0x2000),
    "another way of packing": lambda: zipped(FILES, zipfile.ZIP_BZIP2),
    "a bomb": lambda: bomb(8 << 20),
    "a lying bomb": lambda: lying_bomb(900_000, 8 << 20),
    "shared bytes": _overlapping,
    "a file inside another": _inside,
    "a gap": lambda: _entries(5),
    "a directory without its sign": lambda: _central(0, b"XX"),
    "a directory of more than there are": lambda: CONTENT[:-14] + struct.pack("<HH", 99, 99) + CONTENT[-10:],
    "a size of more than 4 GiB": lambda: _central(20, b"\xff" * 4),
    "a file behind the files": lambda: _central(42, struct.pack("<I", len(CONTENT) - 40)),
    "a stored file of another size": lambda: _central(24, struct.pack("<I", 9), local=22),
    "bytes between": _between,
    "bytes before": lambda: b"12345" + CONTENT,
    "another name in the directory": _other_name,
    "a directory of fewer": lambda: CONTENT[:-14] + struct.pack("<HH", 3, 3) + CONTENT[-10:],
    "parts": lambda: CONTENT[:-18] + struct.pack("<H", 1) + CONTENT[-16:],
    "a comment": _commented,
    "bytes behind what was packed": _behind_what_was_packed,
    "sizes behind a file that are others": lambda: _streamed(behind=b"twelve bytes"),
    "sizes before a file that are others": lambda: _streamed(sizes=b"twelve bytes"),
    "a long extra field": lambda: _with_times(200),
    "a file that is a folder for some": lambda: _central(38, struct.pack("<I", 0x10)),
    "a directory elsewhere": lambda: CONTENT[:-6] + struct.pack("<I", 7) + CONTENT[-2:],
}


def test_two_files_without_a_gap_are_read() -> None:
    with pytest.raises(PackRefusedError, match="bytes of no file"):
        verified(_entries(1))
    assert not verified(_entries(0)).sound
    sizes = struct.pack("<3I", zlib.crc32(b"a"), 1, 1)
    for behind in (sizes, b"PK\x07\x08" + sizes):
        assert not verified(_streamed(behind=behind)).sound
    assert verified(_with_times(13)).sound


def test_what_describes_a_pack_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_verify, "MOST_RECORD", 100)
    with pytest.raises(PackRefusedError, match="too large"):
        verified(CONTENT)


def test_what_unpacks_to_more_than_a_zip_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_archive, "MOST", 1_000)
    with pytest.raises(PackRefusedError, match="more than 4 GiB"):
        verified(CONTENT)


def test_ranges_of_bytes_end_somewhere() -> None:
    altered = bytearray(CONTENT)
    start = offset_of(CONTENT, PAGE)
    for n in range(30):
        altered[start + 100 * n] ^= 1
    found = verified(bytes(altered), against=io.BytesIO(LINES))
    assert len([f for f in found.findings if f.code is Code.BYTES]) == 20


@pytest.mark.filterwarnings("ignore:Duplicate")
@each("what", list(REFUSED))
def test_what_could_mislead_is_refused(what: str) -> None:
    with pytest.raises(PackRefusedError):
        verified(REFUSED[what]())


@each(
    "content",
    [
        b"", b"PK", b"no archive" * 10, CONTENT[: len(CONTENT) // 2], CONTENT[:-1], CONTENT + b"x",
        CONTENT[:-2] + b"\x03\x00abc", zipped({}), zipped({"a/x": b"", "b/y": b""}), zipped({"a/x": b""}),
        _a_folder_elsewhere(),
    ],
)  # fmt: skip
def test_what_is_no_pack_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(NotAPackError):
        verified(content)


def test_too_many_files_are_refused_before_they_are_read() -> None:
    many = CONTENT[:-14] + struct.pack("<HH", 20_001, 20_001) + CONTENT[-10:]
    with pytest.raises(PackRefusedError, match="more than 20,000"):
        verified(many)


def test_a_deflated_file_that_breaks_off_is_changed() -> None:
    packed = bytearray(zipped(FILES, zipfile.ZIP_DEFLATED))
    at = offset_of(bytes(packed), PAGE) + 40
    packed[at : at + 8] = bytes(8)
    found = verified(bytes(packed))
    assert ("changed", PAGE) in named(found)


def test_sums_that_fit_again_hide_nothing() -> None:
    altered = fixed(changed(CONTENT, offset_of(CONTENT, PAGE) + 10))
    assert ("chunks", PAGE) in named(verified(altered))


def test_every_finding_has_words_in_both_languages_and_none_of_the_content() -> None:
    altered = changed(CONTENT, offset_of(CONTENT, PAGE) + len(LINES) // 2)
    found = verified(altered, against=io.BytesIO(LINES), seal="0" * 64)
    for lang in LANGS:
        lines = list(describe_pack(found, lang, anchored=False))
        assert len(lines) >= 8
        assert not any("{" in line for line in lines)
        assert "line 9" not in "".join(lines).replace("in lines", "")
    told = json.dumps([dict(one.values) for one in found.findings])
    assert "行" not in told
