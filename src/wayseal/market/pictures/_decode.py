"""Bytes of a picture as pixels that stand upright, in bounded memory.

1. Nothing is decoded before its size is known: bytes, kind and pixels are held to limits first, by what the file says
   of itself, and the decoder writes no more pixels than that.
2. Of the kinds that Pillow reads five are let in; whatever can hold scripts or references (SVG, PostScript, PDF) isn't.
3. Of moving pictures the first frame is looked at.
4. A broken picture is an error of the room, whatever the decoder raised; a warning of its never stops a look.
5. Of what a picture says of its maker (EXIF, XMP, comments) its orientation is used, and nothing is kept.
"""

import io
import struct
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from wayseal.market.errors import PictureError
from wayseal.model.messages import N_

MOST_BYTES = 32 << 20
MOST_PIXELS, MOST_OF_JPEG = 25_000_000, 50_000_000
"""A JPEG is made smaller while it is decoded; of others all pixels are in memory at once, up to three times."""
LONG_SIDE = 2600
"""Pixels of the longer side beyond which a picture is made smaller: print of 2 mm on a sheet of A4 still has 17."""
_SCALED_FIRST = frozenset({"L", "LA", "RGB", "RGBA", "CMYK", "YCbCr"})
"""Modes in which pixels can be averaged; others become RGB first."""
_KINDS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
_TOO_LARGE = N_("the picture is larger than what is looked at here")
_NO_PICTURE = N_("no picture of a kind that is read here (JPEG, PNG, GIF, WebP, BMP)")
_BROKEN = N_("the picture is broken")

Pixels = NDArray[np.uint8]


def decode(data: bytes) -> Image.Image:
    """A picture's pixels, upright, in colour, on white where it lets through.

    Args:
        data: The file's bytes.

    Returns:
        An RGB picture with at most `LONG_SIDE` pixels a side, without anything beside its pixels.

    Raises:
        PictureError: It is too large, of no kind that is read, or broken.
    """
    if len(data) > MOST_BYTES or _webp_pixels(data) > MOST_PIXELS:
        raise PictureError(_TOO_LARGE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=_KINDS) as picture:
                return _upright(picture)
        except PictureError:
            raise
        except Image.DecompressionBombError:
            raise PictureError(_TOO_LARGE) from None
        except UnidentifiedImageError:
            raise PictureError(_NO_PICTURE) from None
        except Exception:  # decoders raise whatever their parsing trips over (rule 4)
            raise PictureError(_BROKEN) from None


def _upright(picture: Image.Image) -> Image.Image:
    if picture.width * picture.height > (MOST_OF_JPEG if picture.format in ("JPEG", "MPO") else MOST_PIXELS):
        raise PictureError(_TOO_LARGE)
    if picture.format in ("JPEG", "MPO"):
        picture.draft(None, (LONG_SIDE, LONG_SIDE))
    picture.load()
    small: Image.Image = picture if picture.mode in _SCALED_FIRST else _on_white(picture)
    small.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return Image.fromarray(np.asarray(_on_white(_oriented(small))))


def _oriented(picture: Image.Image) -> Image.Image:
    """As its EXIF says that it was held; a broken EXIF says nothing."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:
        return picture


def _on_white(picture: Image.Image) -> Image.Image:
    """The picture in RGB."""
    if picture.mode.startswith("I"):
        return _from_16_bits(picture).convert("RGB")
    if picture.mode in ("LA", "PA", "RGBA") or "transparency" in picture.info:
        seen = picture.convert("RGBA")
        white = Image.new("RGB", seen.size, (255, 255, 255))
        white.paste(seen, mask=seen.getchannel("A"))
        return white
    return picture.convert("RGB")


def _from_16_bits(picture: Image.Image) -> Image.Image:
    """Grey of 16 bits as 8; Pillow's own conversion cuts off instead of scaling."""
    return Image.fromarray((np.asarray(picture).clip(0, 65535) // 257).astype(np.uint8))


def _webp_pixels(data: bytes) -> int:
    """Pixels that a WebP file says it has; 0 for other files. Pillow's reader takes their memory on opening."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return 0
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
    elif kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", data[26:30]))
    return width * height
