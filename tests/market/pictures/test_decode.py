"""Bytes as pixels: what is refused before it is decoded, what comes out upright, and hashes of it."""

import io
import random
import struct
import warnings
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from tests.tables import each
from wayseal.market.errors import PictureError
from wayseal.market.pictures import LONG_SIDE, MOST_BYTES, decode, hash_picture, read_picture

NEAR = 8
"""Bits in which near-same pictures differ at most."""


def _arrow(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Dark in its upper left corner alone, so that it tells which way it stands."""
    picture = Image.new("L", size, 255)
    picture.paste(20, (0, 0, size[0] // 3, size[1] // 3))
    return picture.convert(mode)


def _saved(picture: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png_of(width: int, height: int, *more: bytes, data: bytes = b"") -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = b"".join(more) + _chunk(b"IDAT", zlib.compress(data)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + body


def _webp_of(kind: bytes, body: bytes) -> bytes:
    chunk = kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def _side(value: int) -> bytes:
    return (value - 1).to_bytes(3, "little")


@each(
    ("what", "data"),
    [
        ("larger", _png_of(31_623, 31_623)),
        ("larger", _png_of(1, 60_000_000)),
        ("larger", _webp_of(b"VP8X", bytes(4) + _side(16_384) + _side(16_384))),
        ("larger", _webp_of(b"VP8L", b"\x2f" + struct.pack("<I", 0x3FFF | 0x3FFF << 14) + bytes(20))),
        ("larger", _webp_of(b"VP8 ", bytes(6) + struct.pack("<HH", 0x3FFF, 0x3FFF) + bytes(20))),
        ("larger", b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b"," + bytes(20)),
        ("larger", bytes(MOST_BYTES + 1)),
        ("no picture", b""),
        ("no picture", b"GIF"),
        ("no picture", b"<html><img src=x></html>"),
        ("no picture", b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"><rect width="9" height="9"/></svg>'),
        ("no picture", b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n"),
        ("no picture", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
        ("no picture", _saved(_arrow(), "TIFF")),
        ("no picture", _saved(_arrow("RGBA"), "ICO")),
        ("broken", _png_of(60, 40, data=b"\0" * 99)),
        ("broken", _png_of(60, 40, _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80 << 20), 1)))),
        ("broken", _saved(_arrow(), "JPEG")[:400]),
        ("broken", _saved(_arrow(), "PNG")[:-40]),
    ],
)
def test_a_picture_that_is_not_looked_at_says_why(what: str, data: bytes) -> None:
    with pytest.raises(PictureError, match=what):
        read_picture(data, text=False)


def _dark(picture: Image.Image) -> tuple[int, int]:
    """The corner that is dark, as (row, column) of 0 and 1."""
    grey = np.asarray(picture.convert("L"), float)
    half = grey.shape[0] // 2, grey.shape[1] // 2
    parts = [
        grey[: half[0], : half[1]],
        grey[: half[0], half[1] :],
        grey[half[0] :, : half[1]],
        grey[half[0] :, half[1] :],
    ]
    return divmod(int(np.argmin([part.mean() for part in parts])), 2)


def test_a_picture_stands_as_its_exif_says() -> None:
    turned = {3: (1, 1), 6: (0, 1), 8: (1, 0), 2: (0, 1), 1: (0, 0), 77: (0, 0)}
    for value, corner in turned.items():
        exif = Image.Exif()
        exif[0x0112] = value
        picture = decode(_saved(_arrow(), "JPEG", exif=exif))
        assert _dark(picture) == corner, value
        assert picture.size == ((40, 60) if value in (6, 8) else (60, 40))
        assert not picture.info
        assert not picture.getexif()
    broken = _saved(_arrow(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\x01\x02")
    assert _dark(decode(broken)) == (0, 0)


def _grey_of_16_bits() -> Image.Image:
    return Image.fromarray((np.asarray(_arrow("L"), np.uint16) * 257).astype(np.uint16))


def _see_through() -> Image.Image:
    picture = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    picture.paste((20, 20, 20, 255), (0, 0, 20, 13))
    return picture


@each(
    ("form", "make"),
    [
        ("JPEG", lambda: _arrow("CMYK")),
        ("JPEG", lambda: _arrow("L")),
        ("PNG", lambda: _arrow("1")),
        ("PNG", lambda: _arrow("P")),
        ("PNG", lambda: _arrow("LA")),
        ("PNG", _grey_of_16_bits),
        ("PNG", _see_through),
        ("GIF", _see_through),
        ("WEBP", _see_through),
        ("BMP", lambda: _arrow("RGB")),
    ],
)
def test_every_form_becomes_the_same(form: str, make: Callable[[], Image.Image]) -> None:
    picture = decode(_saved(make(), form))
    seen = np.asarray(picture)
    assert picture.mode == "RGB"
    assert _dark(picture) == (0, 0)
    assert seen[5, 5].max() < 60
    assert seen[35, 55].min() > 200


def test_of_a_moving_picture_the_first_frame_is_seen() -> None:
    first, *others = [_arrow(), *(Image.new("RGB", (60, 40), (n, 0, 0)) for n in range(50))]
    for form in ("GIF", "WEBP", "PNG"):
        assert _dark(decode(_saved(first, form, save_all=True, append_images=others))) == (0, 0)


def test_a_large_picture_becomes_smaller() -> None:
    for form in ("JPEG", "PNG"):
        assert max(decode(_saved(_arrow("L", (6000, 90)), form)).size) == LONG_SIDE


def test_any_damage_is_an_error_of_the_room_or_a_picture() -> None:
    rng = random.Random(4)
    wholes = [_saved(_arrow(), form) for form in ("JPEG", "PNG", "GIF", "WEBP", "BMP")]
    refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in range(400):
            data = bytearray(wholes[n % len(wholes)])
            for _ in range(rng.randint(1, 6)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            try:
                decode(bytes(data[: rng.choice([len(data), rng.randrange(len(data))])]))
            except PictureError:
                refused += 1
    assert 100 < refused < 400


def hash_distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def _advert(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (360, 240), (240, 240, 230))
    draw = ImageDraw.Draw(picture)
    for _ in range(25):
        x, y, w, h = (int(v) for v in rng.integers(0, [300, 200, 120, 60]))
        draw.rectangle((x, y, x + w, y + h), fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
    return picture


def test_hashes_are_those_that_others_compute() -> None:
    # imagehash.phash of version 4.3.2 on the same pictures.
    assert [f"{hash_picture(_advert(n))[0]:016x}" for n in range(3)] == [
        "f3ceb066d4d92988",
        "ee9cc9e5341bc24a",
        "e762b220e0179ddd",
    ]


def test_near_same_is_near_and_other_is_far() -> None:
    whole = _advert(1)
    own, mirrored = hash_picture(whole)
    out = io.BytesIO()
    whole.save(out, "JPEG", quality=30)
    grain = np.random.default_rng(1).normal(0, 12, (240, 360, 3))
    noisy = Image.fromarray(np.clip(np.asarray(whole) + grain, 0, 255).astype(np.uint8))
    for same in (Image.open(out), noisy, whole.resize((180, 120)), whole.crop((6, 4, 354, 236))):
        assert hash_distance(own, hash_picture(same)[0]) <= NEAR
    assert hash_distance(mirrored, hash_picture(ImageOps.mirror(noisy))[0]) <= NEAR
    assert hash_distance(own, mirrored) > 2 * NEAR
    for other in range(2, 12):
        assert hash_distance(own, hash_picture(_advert(other))[0]) > 2 * NEAR


def test_any_size_has_a_hash() -> None:
    for size in ((1, 1), (1, 900), (2600, 3)):
        assert all(0 <= value < 1 << 64 for value in hash_picture(Image.new("RGB", size, (9, 9, 9))))
