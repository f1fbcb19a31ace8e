"""Barcodes and QR codes of a picture: their payloads.

1. Looks follow one another, the cheap ones first: as it is, sharpened, larger; then QR codes module by module
   (`_modules.py`); dark for light, evenly lit; turned upright, and there smoothed along either side and sharpened
   across (so that what a scratch left of the bars counts together). They end as soon as a code of bars and one of
   squares are known, or with the last; once a code of squares is known, only bars are looked for.
2. Only codes whose check is right count, and only kinds that stand on labels or lead to somebody.
3. A payload is given once, in the order in which it was found. One that isn't text is given in hexadecimal.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from wayseal.market.pictures._modules import mend_squares

MOST_CODES = 64
MOST_PAYLOAD = 4096
"""Characters of a payload that are kept; no code of these kinds holds more."""
_BARS = frozenset({"Code128", "Code39", "Code93", "ITF", "Codabar"})
_SQUARES = frozenset({"QRCode", "MicroQRCode", "DataMatrix", "PDF417", "Aztec"})
_SIDE = 1800
"""Pixels of the longer side in looks: the bars of a label that fills its photograph are three wide."""
_LARGER = 2400
_SMOOTHED = (41, 9)
_WIDEST = 3600
_EDGE = 20
"""Steps of brightness that count when it is told how a picture lies."""
_LEVEL = 0.3
"""Degrees off upright that do no harm."""
_MENDED = frozenset({"QRCode"})

Grey = NDArray[np.uint8]
Look = Callable[[frozenset[str]], Iterable[tuple[str, str]]]
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
    for kinds, look in _looks(grey):
        known = {kind for kind, _ in found}
        wanted = kinds - _SQUARES if known & _SQUARES else kinds
        if not wanted or (known & _BARS and wanted <= _BARS):
            continue
        for code in look(wanted):
            found.setdefault(code)
    return tuple(found)[:MOST_CODES]


def _scan(pixels: Grey, wanted: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Codes that one look finds (rules 2 and 3)."""
    formats = zxingcpp.BarcodeFormats([kind for name, kind in _KINDS.items() if name in wanted])
    return _told(zxingcpp.read_barcodes(np.ascontiguousarray(pixels), formats=formats))


def _told(codes: Iterable[zxingcpp.Barcode]) -> Iterator[tuple[str, str]]:
    for code in codes:
        payload = code.text if code.content_type is not zxingcpp.ContentType.Binary else code.bytes.hex()
        if payload:
            # The kind's family: models of QR and variants of Code 39 are told apart by nobody here.
            yield code.symbology.name, payload[:MOST_PAYLOAD]


def _looks(grey: Image.Image) -> Iterator[tuple[frozenset[str], Look]]:
    """What is tried, one after the other, and the kinds that it may find (rule 1)."""

    def plain(made: Callable[[], Image.Image | Grey]) -> tuple[frozenset[str], Look]:
        return _BARS | _SQUARES, lambda wanted: _scan(np.asarray(made()), wanted)

    yield plain(lambda: grey)
    yield plain(lambda: grey.filter(ImageFilter.UnsharpMask(3, 250, 0)))
    yield plain(lambda: _enlarged(grey))
    yield _MENDED, lambda _: _told(mend_squares(np.asarray(grey, np.float64)))
    yield plain(lambda: 255 - np.asarray(grey))
    yield plain(lambda: _evenly_lit(grey))
    yield plain(lambda: _enlarged(grey).filter(ImageFilter.UnsharpMask(4, 250, 0)))
    upright = cache(lambda: _upright(Image.fromarray(_evenly_lit(grey))))
    yield _BARS, lambda wanted: _scan(np.asarray(upright()), wanted)
    for reach in _SMOOTHED:
        for turned in (False, True):
            look = partial(_bars_alone, upright, reach, turned=turned)
            yield _BARS, lambda wanted, look=look: _scan(look(), wanted)  # type: ignore[misc]  # binds the loop's value


def _enlarged(grey: Image.Image) -> Image.Image:
    scale = min(2.0, max(_LARGER / max(grey.size), 1.0))
    return grey.resize((round(grey.width * scale), round(grey.height * scale)), Image.Resampling.BICUBIC)


def _evenly_lit(grey: Image.Image) -> Grey:
    """Without shadows: as bright as its surroundings are dark."""
    around = grey.resize((max(grey.width // 16, 1), max(grey.height // 16, 1)), Image.Resampling.BOX)
    around = around.filter(ImageFilter.GaussianBlur(3)).resize(grey.size, Image.Resampling.BILINEAR)
    lit = np.asarray(grey, np.float32) * 170 / np.maximum(np.asarray(around, np.float32), 8)
    return np.clip(lit, 0, 255).astype(np.uint8)


def _upright(grey: Image.Image) -> Image.Image:
    """Turned so that most of its edges stand or lie."""
    seen = np.asarray(grey, np.float32)
    if min(seen.shape) < 3:
        return grey
    edges = (seen[1:-1, 2:] - seen[1:-1, :-2]) + 1j * (seen[2:, 1:-1] - seen[:-2, 1:-1])
    edges = edges[np.abs(edges) > _EDGE]
    # By the fourth power all four sides of an upright thing point one way.
    tilt = float(np.degrees(np.angle((edges**4 / np.abs(edges) ** 2).sum()))) / 4
    if abs(tilt) < _LEVEL:
        return grey
    return grey.rotate(tilt, Image.Resampling.BICUBIC, expand=True, fillcolor=128)


def _bars_alone(upright: Callable[[], Image.Image], reach: int, *, turned: bool) -> Grey:
    """Smoothed along one side, and sharpened across."""
    seen = np.asarray(upright())
    smooth = Image.fromarray(_smoothed(seen.T if turned else seen, reach))
    wide = smooth.resize((min(2 * smooth.width, _WIDEST), smooth.height), Image.Resampling.BICUBIC)
    return np.asarray(wide.filter(ImageFilter.UnsharpMask(5, 300, 0)))


def _smoothed(pixels: Grey, reach: int) -> Grey:
    """Each pixel the mean of those around it in its column."""
    padded = np.pad(pixels, ((reach // 2 + 1, reach // 2), (0, 0)), mode="edge")
    sums = np.cumsum(padded, axis=0, dtype=np.uint32)
    return ((sums[reach:] - sums[:-reach]) // reach).astype(np.uint8)
