"""Hashes: bit for bit those of ImageHash, near for the same picture, far for another and for the mirror."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from wayseal.market.pictures._read import hash_picture
from wayseal.market.sellers._weigh import PICTURE_BITS


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
        assert hash_distance(own, hash_picture(same)[0]) <= PICTURE_BITS
    assert hash_distance(mirrored, hash_picture(ImageOps.mirror(noisy))[0]) <= PICTURE_BITS
    assert hash_distance(own, mirrored) > 2 * PICTURE_BITS
    for other in range(2, 12):
        assert hash_distance(own, hash_picture(_advert(other))[0]) > 2 * PICTURE_BITS


def test_any_size_has_a_hash() -> None:
    for size in ((1, 1), (1, 900), (2600, 3)):
        assert all(0 <= value < 1 << 64 for value in hash_picture(Image.new("RGB", size, (9, 9, 9))))
