"""Barcodes and QR codes of a picture: their payloads.

1. Looks follow one another, the cheap ones first: as it is, sharpened, larger, dark for light, evenly lit, smoothed
   along one side (so that what a scratch left of the bars counts together), turned. They end as soon as a code of bars
   and one of squares are known, or with the last; once a code of squares is known, only bars are looked for.
2. Only codes whose check is right count, and only kinds that stand on labels or lead to somebody.
3. A payload is given once, in the order in which it was found. One that isn't text is given in hexadecimal.
"""

from collections.abc import Callable, Iterator

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageFilter

MOST_CODES = 64
MOST_PAYLOAD = 4096
"""Characters of a payload that are kept; no code of these kinds holds more."""
_BARS = frozenset({"Code128", "Code39", "Code93", "ITF", "Codabar"})
_SQUARES = frozenset({"QRCode", "MicroQRCode", "DataMatrix", "PDF417", "Aztec"})
_SIDE = 1800
"""Pixels of the longer side in looks: the bars of a label that fills its photograph are three wide."""
_LARGER = 2400
_SMOOTHED = 41
_TURNS = (12, -12, 24, -24, 38, -38)
"""Degrees. A look finds bars that lie within ten of its own sides; what lies steeper is nearer to the other side."""

Grey = NDArray[np.uint8]
_KINDS = {name: zxingcpp.BarcodeFormat.__members__[name] for name in sorted(_BARS | _SQUARES)}


def read_codes(picture: Image.Image) -> tuple[tuple[str, str], ...]:
    """Payloads of the codes in a picture.

    Args:
        picture: Upright.

    Returns:
        (format, payload) of each; at most `MOST_CODES`.
    """
    grey = picture.convert("L")
    grey.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    found: dict[tuple[str, str], None] = {}
    wanted = _BARS | _SQUARES
    for look in _looks(grey):
        for code in _scan(look(), wanted):
            found.setdefault(code)
        known = {kind for kind, _ in found}
        if known & _SQUARES:
            wanted = _BARS
            if known & _BARS:
                break
    return tuple(found)[:MOST_CODES]


def _scan(pixels: Grey, wanted: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Codes that one look finds (rules 2 and 3)."""
    formats = zxingcpp.BarcodeFormats([kind for name, kind in _KINDS.items() if name in wanted])
    for code in zxingcpp.read_barcodes(np.ascontiguousarray(pixels), formats=formats):
        payload = code.text if code.content_type is not zxingcpp.ContentType.Binary else code.bytes.hex()
        if payload:
            # The kind's family: models of QR and variants of Code 39 are told apart by nobody here.
            yield code.symbology.name, payload[:MOST_PAYLOAD]


def _looks(grey: Image.Image) -> Iterator[Callable[[], Grey]]:
    """What is tried, one after the other (rule 1)."""
    yield lambda: np.asarray(grey)
    yield lambda: np.asarray(grey.filter(ImageFilter.UnsharpMask(3, 250, 0)))
    yield lambda: np.asarray(_enlarged(grey))
    yield lambda: 255 - np.asarray(grey)
    yield lambda: _evenly_lit(grey)
    yield lambda: _smoothed(np.asarray(grey))
    yield lambda: _smoothed(np.asarray(grey).T)
    yield lambda: np.asarray(_enlarged(grey).filter(ImageFilter.UnsharpMask(4, 250, 0)))
    for turn in _TURNS:
        yield lambda turn=turn: np.asarray(  # type: ignore[misc]  # a default binds the loop's value
            grey.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=128)
        )


def _enlarged(grey: Image.Image) -> Image.Image:
    scale = min(2.0, max(_LARGER / max(grey.size), 1.0))
    return grey.resize((round(grey.width * scale), round(grey.height * scale)), Image.Resampling.BICUBIC)


def _evenly_lit(grey: Image.Image) -> Grey:
    """Without shadows: as bright as its surroundings are dark."""
    around = grey.resize((max(grey.width // 16, 1), max(grey.height // 16, 1)), Image.Resampling.BOX)
    around = around.filter(ImageFilter.GaussianBlur(3)).resize(grey.size, Image.Resampling.BILINEAR)
    lit = np.asarray(grey, np.float32) * 170 / np.maximum(np.asarray(around, np.float32), 8)
    return np.clip(lit, 0, 255).astype(np.uint8)


def _smoothed(pixels: Grey) -> Grey:
    """Each pixel the mean of those around it in its column."""
    padded = np.pad(pixels, ((_SMOOTHED // 2 + 1, _SMOOTHED // 2), (0, 0)), mode="edge")
    sums = np.cumsum(padded, axis=0, dtype=np.uint32)
    return ((sums[_SMOOTHED:] - sums[:-_SMOOTHED]) // _SMOOTHED).astype(np.uint8)
