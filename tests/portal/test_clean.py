"""Pictures without what they tell of who took them: what stays, what goes, and what is said of it."""

import io
import itertools
import random
import struct
import tracemalloc
import zlib
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps, ImageSequence

from tests.effort import examples
from tests.tables import each
from wayseal.cases.hotline.hazards import HEAD, kind_of
from wayseal.cases.hotline.letters import FileKind
from wayseal.portal._clean import MOST_PIECES, Cleaner

PLANT = b"PLANTED"
MOST_HELD = 2 * 65_540
"""A segment that isn't whole yet, and the piece that made it so."""


def _picture(mode: str = "RGB", size: tuple[int, int] = (90, 60)) -> Image.Image:
    noise = random.Random(5).randbytes(size[0] * size[1])
    grey = Image.frombytes("L", size, noise).resize((size[0] // 3, size[1] // 3)).resize(size)
    return Image.merge("RGB", (grey, grey.rotate(180), ImageOps.invert(grey))).convert(mode)


def _saved(form: str, mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    _picture(mode).save(out, form, **options)
    return out.getvalue()


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _exif(turn: int, *, order: str = ">") -> bytes:
    """With a maker, an orientation, and a thumbnail behind them; its first directory doesn't begin at once."""
    mark = {">": b"MM\0*", "<": b"II*\0"}[order]
    entries = [(0x10F, 2, 8, struct.pack(order + "I", 60)), (0x112, 3, 1, struct.pack(order + "HH", turn, 0))]
    fields = b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
    ifd = struct.pack(order + "H", 2) + fields + bytes(4)
    return (mark + struct.pack(order + "I", 12) + b"PLAN" + ifd).ljust(60, b"\0") + PLANT + b"\0" + b"\xff\xd8\xff\xd9"


def _clean(data: bytes, cuts: Iterable[int] = ()) -> tuple[bytes, Cleaner]:
    cleaner, kept = Cleaner(), b""
    for a, b in itertools.pairwise([0, *sorted(cuts), len(data)]):
        kept += cleaner.feed(memoryview(data)[a:b])
        assert len(cleaner._held) <= max(MOST_HELD, b - a)
    return kept + cleaner.end(), cleaner


def _pixels(data: bytes) -> list[tuple[str, tuple[int, int], bytes]]:
    picture = Image.open(io.BytesIO(data))
    return [(frame.mode, frame.size, frame.tobytes()) for frame in ImageSequence.Iterator(picture)]


def _jpeg_segments(data: bytes) -> list[bytes]:
    """What an independent walk finds: SOI, segments, each scan with its data, EOI."""
    parts, at = [data[:2]], 2
    while data[at + 1] != 0xD9:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if data[at + 1] == 0xDA:
            while data[end] != 0xFF or data[end + 1] in {0, *range(0xD0, 0xD8)}:
                end += 1
        parts.append(data[at:end])
        at = end
    return [*parts, data[at : at + 2]]


def _png_chunks(data: bytes) -> list[bytes]:
    parts, at = [data[:8]], 8
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        parts.append(data[at:end])
        at = end
    return parts


def _planted_jpeg(data: bytes, transform: int) -> bytes:
    """A plant in each kind of segment that goes or is cut, before each segment, and behind the end."""
    plants = b"".join(_segment(marker, PLANT) for marker in (*range(0xE0, 0xF0), 0xFE))
    plants += _segment(0xE0, b"JFXX\0\x10" + PLANT) + _segment(0xE2, b"MPF\0" + PLANT)
    plants += _segment(0xEE, b"Adobe" + PLANT[:6] + bytes([transform]) + PLANT)
    plants += _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLANT) + _segment(0xE1, b"Exif\0\0" + _exif(1))
    plants += _segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04" + PLANT) + _segment(0xE2, b"ICC_PROFILE\0\1\1" + PLANT)
    soi, *parts, eoi = _jpeg_segments(data)
    jfif = _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\3\1" + (PLANT + b"xx"))
    return soi + jfif + b"".join(plants + b"\xff\xff" + part for part in parts) + plants + eoi + PLANT + data + PLANT


ANCILLARY = (
    b"tEXt zTXt iTXt iCCP eXIf tIME pHYs sPLT hIST sTER oFFs pCAL sCAL dSIG cICP mDCV cLLI vpAg caBX prVt".split()
)
SIZED = b"tRNS gAMA sRGB cHRM sBIT bKGD acTL fcTL".split()


def _planted_png(data: bytes) -> bytes:
    bomb = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000)))
    plants = bomb + b"".join(_chunk(kind, PLANT) for kind in ANCILLARY)
    plants += b"".join(_chunk(kind, bytes(300) + PLANT) for kind in SIZED)
    head, ihdr, *parts = _png_chunks(data)
    return head + ihdr + b"".join(plants + part for part in parts) + PLANT + data


JPEGS = {
    "baseline": {},
    "grey": {"mode": "L"},
    "cmyk": {"mode": "CMYK"},
    "progressive": {"progressive": True, "quality": 95},
    "restarts": {"restart_marker_blocks": 1},
    "progressive restarts": {"progressive": True, "restart_marker_rows": 1},
    "optimised": {"optimize": True, "subsampling": 0, "dpi": (300, 300)},
}
MORE = [_picture().rotate(90), _picture().rotate(180)]
PNGS = {
    "plain": {},
    "palette": {"mode": "P", "transparency": 3},
    "alpha": {"mode": "RGBA"},
    "sixteen": {"mode": "I;16"},
    "bits": {"mode": "1", "bits": 1},
    "animated": {"save_all": True, "append_images": MORE, "duration": 50},
}
PICTURES = {
    **{f"jpeg {name}": _saved("JPEG", **options) for name, options in JPEGS.items()},  # type: ignore[arg-type]
    **{f"png {name}": _saved("PNG", **options) for name, options in PNGS.items()},  # type: ignore[arg-type]
}
PLANTED = {
    name: _planted_png(data) if name.startswith("png") else _planted_jpeg(data, int("cmyk" not in name))
    for name, data in PICTURES.items()
}


@each("name", PICTURES)
def test_the_picture_stays_and_nothing_of_a_plant(name: str) -> None:
    kept, cleaner = _clean(PLANTED[name])
    assert (cleaner.kind, cleaner.cleaned) == (name.partition(" ")[0], True)
    assert PLANT[:4] not in kept
    assert b"JFIF\0\1\1\0\0\1\0\1\3" not in kept, "a thumbnail of no pixels"
    assert _pixels(kept) == _pixels(PICTURES[name])
    assert _clean(kept)[0] == kept, "clean once, clean for ever"


@each("name", PICTURES)
def test_what_was_clean_stays_byte_for_byte(name: str) -> None:
    data = _clean(PICTURES[name])[0]
    assert set(PICTURES[name]) >= set(data)
    whole = _jpeg_segments if name.startswith("jpeg") else _png_chunks
    dropped = [part for part in whole(PICTURES[name]) if part not in whole(data)]
    assert all(part[4:8] == b"pHYs" for part in dropped), dropped


def test_density_and_colours_stay() -> None:
    assert Image.open(io.BytesIO(_clean(PICTURES["jpeg optimised"])[0])).info["dpi"] == (300, 300)
    assert b"Adobe" in PICTURES["jpeg cmyk"]
    assert b"Adobe" in _clean(PICTURES["jpeg cmyk"])[0]


@each(("form", "order", "turn"), itertools.product(("JPEG", "PNG"), "<>", range(10)))
def test_how_a_picture_is_turned_comes_back_alone(form: str, order: str, turn: int) -> None:
    exif = _exif(turn, order=order)
    if form == "JPEG":
        soi, *parts = _jpeg_segments(PICTURES["jpeg baseline"])
        again = _segment(0xE1, b"Exif\0\0" + _exif(turn % 8 + 1))
        data = soi + _segment(0xE1, b"Exif\0\0" + exif) + again + b"".join(parts)
    else:
        head, ihdr, *parts = _png_chunks(PICTURES["png plain"])
        data = head + ihdr + _chunk(b"eXIf", exif) + b"".join(parts)
    kept, cleaner = _clean(data)
    assert cleaner.cleaned
    assert b"PLAN" not in kept
    picture = Image.open(io.BytesIO(kept))
    picture.load()
    assert dict(picture.getexif()) == ({0x112: turn} if 2 <= turn <= 8 else {})
    same = Image.open(io.BytesIO(data))
    assert ImageOps.exif_transpose(picture).tobytes() == ImageOps.exif_transpose(same).tobytes()
    assert len(kept) - len(_clean(b"".join([soi, *parts] if form == "JPEG" else [head, ihdr, *parts]))[0]) == (
        (36 if form == "JPEG" else 38) if 2 <= turn <= 8 else 0
    )


@each("exif", [b"", b"MM", b"MM\0*", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff" + bytes(40), bytes(65_000)])
def test_a_malformed_exif_goes(exif: bytes) -> None:
    data = PICTURES["jpeg baseline"]
    assert _clean(data[:2] + _segment(0xE1, b"Exif\0\0" + exif) + data[2:])[0] == _clean(data)[0]
    png = PICTURES["png plain"]
    assert _clean(png[:33] + _chunk(b"eXIf", exif) + png[33:])[0] == _clean(png)[0]


def test_rare_segments_stay_whole() -> None:
    """Arithmetic coding, hierarchy, lines told behind the scan: nothing here writes them, so bytes are compared."""
    rare = [
        _segment(0xDE, b"\x08\0\1\0\1\1\1\x11\0"),
        _segment(0xDF, b"\x11"),
        _segment(0xC9, b"\x08\0\1\0\1\1\1\x11\0"),
    ]
    rare += [_segment(0xCC, b"\0\x10\x10\5"), _segment(0xDB, b"\0" + bytes(64) + b"\x13" + bytes(128))]
    scan = _segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\0\xff\xd0\x34\xff\1\xff\xff\0\x56"
    data = b"\xff\xd8" + b"".join(rare) + scan + _segment(0xDC, b"\0\1") + scan + b"\xff\xd9"
    kept, cleaner = _clean(data)
    assert kept == data
    assert cleaner.cleaned


SOI, DQT, SCAN = b"\xff\xd8", _segment(0xDB, b"\0" + bytes(64)), _segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\x34"
COMMENT = _segment(0xFE, PLANT)
BEHIND = SCAN + b"\xff\xd9" + b"behind"


@each(
    "broken",
    [
        b"\0",
        b"\xff\0\0\2",
        SOI,
        b"\xff\xd3\0\2",
        _segment(0xF7, b"JPEG-LS"),
        _segment(0xC8, PLANT),
        *(_segment(m, b"\1") for m in (0xC0, 0xC4, 0xDA, 0xDB, 0xDC)),
        _segment(0xC0, b"\x08\0\1\0\1\1\1\x11\0" + PLANT),
        _segment(0xC4, b"\0" + bytes(16) + PLANT),
        _segment(0xDA, b"\1\1\0\0\x3f\0" + PLANT),
        DQT[:2] + b"\0\x4a" + DQT[4:] + PLANT,
        _segment(0xDD, b"\0\1" + PLANT),
        _segment(0xDF, b"\1" + PLANT),
        b"\xff\xdb\0\0",
    ],
)
def test_what_cannot_be_followed_passes_and_is_named(broken: bytes) -> None:
    kept, cleaner = _clean(SOI + COMMENT + DQT + broken + COMMENT + BEHIND)
    assert (cleaner.kind, cleaner.cleaned) == (FileKind.JPEG, False)
    assert kept == SOI + DQT + broken + COMMENT + BEHIND


@each(
    "broken",
    [
        struct.pack(">I", 2**31) + b"tEXt",
        struct.pack(">I", 2**32 - 1) + b"IDAT",
        _chunk(b"CgBI", b"\0\0\0\0"),
        _chunk(b"IHDR", bytes(13) + PLANT),
        _chunk(b"PLTE", bytes(768) + PLANT),
        _chunk(b"IEND", PLANT),
        _chunk(b"te\0t", PLANT),
    ],
)
def test_so_it_is_with_chunks(broken: bytes) -> None:
    png = PICTURES["png plain"]
    kept, cleaner = _clean(png[:33] + _chunk(b"tEXt", PLANT) + broken + _chunk(b"tIME", PLANT) + png[33:] + b"behind")
    assert (cleaner.kind, cleaner.cleaned) == (FileKind.PNG, False)
    assert kept == png[:33] + broken + _chunk(b"tIME", PLANT) + png[33:] + b"behind"


@each("name", ["jpeg progressive restarts", "jpeg cmyk", "png animated", "png palette"])
def test_cut_anywhere_nothing_of_a_plant_stays(name: str) -> None:
    data = PLANTED[name]
    whole = _clean(data)[0]
    end = data.index(PLANT + PICTURES[name][:4])
    for cut in (*range(300), *range(300, end, 97), *range(end - 30, end)):
        kept, cleaner = _clean(data[:cut])
        assert not cleaner.cleaned
        assert cut < 8 or whole.startswith(kept)


@given(data=st.data())
def test_any_split_gives_the_same(data: st.DataObject) -> None:
    picture = PLANTED[data.draw(st.sampled_from(sorted(PLANTED)))]
    cuts = data.draw(st.lists(st.integers(0, len(picture)), max_size=40))
    kept, cleaner = _clean(picture, cuts)
    assert kept == _clean(picture)[0]
    assert cleaner.cleaned


@each("name", ["jpeg progressive restarts", "png animated"])
def test_byte_by_byte_too(name: str) -> None:
    data = PLANTED[name][:60_000]
    assert _clean(data, range(1, len(data)))[0] == _clean(data)[0]


_PIECES = st.sampled_from(
    [
        SOI,
        DQT,
        SCAN,
        COMMENT,
        b"\xff\xd9",
        b"\xff",
        b"\xff\xe1\xff\xff",
        b"\0",
        b"\xff\xd0",
        _segment(0xC4, bytes(17)),
        _segment(0xE1, b"Exif\0\0" + _exif(6)),
        b"\x89PNG\r\n\x1a\n",
        _chunk(b"IHDR", bytes(13)),
        _chunk(b"eXIf", _exif(3)),
        _chunk(b"IDAT", PLANT),
        _chunk(b"IEND", b""),
        b"\x7f\xff\xff\xffIDAT",
        b"\x7f\xff\xff\xfftEXt",
        b"\0\0\xff\xffeXIf",
    ]
)


@given(
    start=st.sampled_from([b"", SOI + b"\xff", b"\x89PNG\r\n\x1a\n"]),
    pieces=st.lists(_PIECES | st.binary(max_size=40), max_size=30),
    cuts=st.lists(st.integers(0, 600), max_size=8),
)
@examples(deep=2000, quick=300)
def test_nothing_raises_and_no_split_changes_it(start: bytes, pieces: list[bytes], cuts: list[int]) -> None:
    data = start + b"".join(pieces)
    kept, cleaner = _clean(data, (cut for cut in cuts if cut < len(data)))
    whole, same = _clean(data)
    assert (kept, cleaner.kind, cleaner.cleaned) == (whole, same.kind, same.cleaned)
    assert len(kept) <= len(data) + 4


@given(data=st.data())
@examples(deep=2000, quick=200)
def test_a_damaged_picture_never_raises(data: st.DataObject) -> None:
    picture = bytearray(PLANTED[data.draw(st.sampled_from(sorted(PLANTED)))])
    for place in data.draw(st.lists(st.integers(0, len(picture) - 1), min_size=1, max_size=12)):
        picture[place] = data.draw(st.integers(0, 255))
    kept, cleaner = _clean(bytes(picture), range(1000, len(picture), 4096))
    assert len(kept) <= len(picture) + 4
    if cleaner.cleaned:
        again, same = _clean(kept)
        assert (again, same.cleaned) == (kept, True)


@each("end", [b"\xff\xfe\xff\xff", b"\xff", b"\xff\xda\0\x08\1\1\0\0\x3f\0"])
def test_a_long_file_takes_no_memory(end: bytes) -> None:
    _flood(PICTURES["jpeg baseline"][:-2] + end)


@each("kind", [b"tEXt", b"IDAT", b"eXIf"])
def test_a_long_chunk_takes_no_memory(kind: bytes) -> None:
    cleaner, kept = _flood(PICTURES["png plain"][:33] + b"\x7f\xff\xff\xff" + kind)
    assert not cleaner.cleaned
    assert (kept > 20_000_000) == (kind == b"IDAT")


def _flood(start: bytes) -> tuple[Cleaner, int]:
    cleaner, more, kept = Cleaner(), random.Random(3).randbytes(65_536), 0
    tracemalloc.start()
    try:
        kept += len(cleaner.feed(start))
        for _ in range(400):
            kept += len(cleaner.feed(more))
        kept += len(cleaner.end())
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    return cleaner, kept


@each(("start", "piece"), [(SOI, b"\xff\xfe\0\2"), (SOI, b"\xff"), (b"\x89PNG\r\n\x1a\n", _chunk(b"tEXt", b""))])
def test_more_pieces_than_pictures_have_pass(start: bytes, piece: bytes) -> None:
    kept, cleaner = _clean(start + piece * (MOST_PIECES + 1000))
    assert not cleaner.cleaned
    assert abs(len(kept) - len(start) - 1000 * len(piece)) <= 4


KINDS = {
    FileKind.JPEG: [b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1%PDF-"],
    FileKind.PNG: [b"\x89PNG\r\n\x1a\n"],
    FileKind.GIF: [b"GIF89a", b"GIF87a"],
    FileKind.WEBP: [b"RIFF\x10\0\0\0WEBPVP8 "],
    FileKind.TIFF: [b"II*\0\x08\0\0\0", b"MM\0*", b"MM\0+"],
    FileKind.HEIC: [b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypmif1", b"\0\0\0\x18ftypavif"],
    FileKind.SOUND: [
        b"ID3\x04",
        b"\xff\xfb\x90",
        b"\xff\xf1",
        b"OggS",
        b"RIFF\0\0\0\0WAVE",
        b"\0\0\0\x18ftypM4A ",
        b"#!AMR\n",
        b"\x02#!SILK_V3",
        b"fLaC",
    ],
    FileKind.VIDEO: [
        b"\0\0\0\x18ftypisom",
        b"\0\0\0\x14ftypqt  ",
        b"\x1aE\xdf\xa3",
        b"RIFF\0\0\0\0AVI LIST",
        b"FLV\x01",
        b"\0\0\x01\xba",
        b"\0\0\0\x01moov",
        (b"G" + bytes(187)) * 2,
    ],
    FileKind.OFFICE: [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"{\\rtf1",
        b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml",
        b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.text",
        b"PK\x03\x04" + bytes(26) + b"word/a",
    ],
    FileKind.ARCHIVE: [
        b"PK\x03\x04" + bytes(26) + b"a.txt",
        b"PK\x05\x06",
        b"Rar!\x1a\x07\0",
        b"7z\xbc\xaf'\x1c",
        b"\x1f\x8b\x08",
        b"BZh9",
        b"\xfd7zXZ\0",
        b"(\xb5/\xfd",
        b"a".ljust(257, b"\0") + b"ustar",
    ],
    FileKind.PDF: [b"%PDF-1.7", b"\0junk\n%PDF-1.4"],
    FileKind.TEXT: ["圆通 YT123\r\n".encode(), "圆通".encode("gb18030"), "圆".encode("utf-16"), b"a" * 9000, b"<svg/>"],
    FileKind.UNKNOWN: [b"", b"\0", b"a\0b", b"MZ\x90\0", bytes(9000), b"x" * (HEAD - 1) + b"\0"],
}


@each(("kind", "head"), [(kind, head) for kind, heads in KINDS.items() for head in heads])
def test_each_kind_by_its_first_bytes(kind: FileKind, head: bytes) -> None:
    assert kind_of(head) is kind
    assert _clean(head, range(1, len(head)))[1].kind is kind


def test_every_kind_is_tried() -> None:
    assert set(KINDS) == set(FileKind)


@each("kind", sorted(set(FileKind) - {FileKind.JPEG, FileKind.PNG}))
def test_what_is_only_named_passes_as_it_came(kind: FileKind) -> None:
    data = KINDS[kind][0] + random.Random(7).randbytes(3 * HEAD)
    kept, cleaner = _clean(data, range(1, len(data), 500))
    assert kept == data
    assert not cleaner.cleaned


def test_the_end_may_be_said_twice() -> None:
    cleaner = Cleaner()
    cleaner.feed(PICTURES["jpeg baseline"])
    assert cleaner.end()
    assert (cleaner.end(), cleaner.feed(b"more"), cleaner.cleaned) == (b"", b"", True)
