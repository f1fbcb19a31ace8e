"""Barcodes and QR codes of a picture: their payloads.

1. Looks follow one another, the cheap ones first: as it is, sharpened, larger; then bars by whole strips (`_strips.py`,
   `_bars.py`) and QR codes module by module (`_modules.py`); dark for light, evenly lit. They end as soon as a code of
   bars and one of squares are known, or with the last; once one of a sort is known, only the other is looked for.
2. Only codes whose check is right count, and only kinds that stand on labels or lead to somebody.
3. Of bars a single check is right by chance too often: one that few lines of a picture agree on counts only if a strip
   as a whole says the same, or a second look if no strip says anything.
4. A payload is given once, in the order in which it was found. One that isn't text is given in hexadecimal.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from wayseal.market.pictures._bars import MOST_PLACES, read_bars
from wayseal.market.pictures._modules import mend_squares
from wayseal.market.pictures._strips import Lines, find_strips, read_lines_across

MOST_CODES = 64
MOST_PAYLOAD = 4096
"""Characters of a payload that are kept; no code of these kinds holds more."""
_BARS = frozenset({"Code128", "Code39", "Code93", "ITF", "Codabar"})
_SQUARES = frozenset({"QRCode", "MicroQRCode", "DataMatrix", "PDF417", "Aztec"})
_SIDE = 1800
"""Pixels of the longer side in looks: the bars of a label that fills its photograph are three wide."""
_LARGER = 2400
_FIRM = 0.1
"""Height of the stretch whose lines agree on bars, as a share of its length, from which they are believed."""
_TILED = 16
"""Rows of a picture that is made of one line."""
_SHARPER = ((5, 300), (14, 200))
"""Radius and percent by which it is sharpened."""
_MENDED = frozenset({"QRCode"})

Grey = NDArray[np.uint8]
_KINDS = {name: zxingcpp.BarcodeFormat.__members__[name] for name in sorted(_BARS | _SQUARES)}


class _Code(NamedTuple):
    kind: str
    payload: str
    firm: bool


Look = Callable[[frozenset[str]], Iterable[_Code]]


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
    doubted: Counter[tuple[str, str]] = Counter()
    for kinds, look in _looks(grey):
        known = {kind for kind, _ in found}
        wanted = kinds - (_SQUARES if known & _SQUARES else frozenset()) - (_BARS if known & _BARS else frozenset())
        if not wanted:
            continue
        for code, firm in {(one.kind, one.payload): one.firm for one in look(wanted)}.items():
            if firm:
                found.setdefault(code)
            else:
                doubted[code] += 1
    if not {kind for kind, _ in found} & _BARS:
        found |= dict.fromkeys(code for code, times in doubted.most_common(1) if times > 1)
    return tuple(found)[:MOST_CODES]


def _scan(pixels: Grey, wanted: frozenset[str]) -> Iterator[_Code]:
    """Codes that one look finds (rules 2 and 3)."""
    formats = zxingcpp.BarcodeFormats([kind for name, kind in _KINDS.items() if name in wanted])
    return _tell(zxingcpp.read_barcodes(np.ascontiguousarray(pixels), formats=formats))


def _tell(codes: Iterable[zxingcpp.Barcode]) -> Iterator[_Code]:
    # What lines agree on most comes last, so that it is what counts of one that was read twice.
    for code in codes:
        payload = code.text if code.content_type is not zxingcpp.ContentType.Binary else code.bytes.hex()
        if payload:
            # The kind's family: models of QR and variants of Code 39 are told apart by nobody here.
            kind = code.symbology.name
            yield _Code(kind, payload[:MOST_PAYLOAD], kind in _SQUARES or _is_firm(code.position))


def _is_firm(place: zxingcpp.Position) -> bool:
    """Whether enough lines agree on bars (rule 3)."""
    first, right, far, below = (
        complex(corner.x, corner.y)
        for corner in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    )
    long, high = abs(right - first) + abs(far - below), abs(below - first) + abs(far - right)
    return high >= _FIRM * long


def _looks(grey: Image.Image) -> Iterator[tuple[frozenset[str], Look]]:
    """What is tried, one after the other, and the kinds that it may find (rule 1)."""

    def plain(made: Callable[[], Image.Image | Grey]) -> tuple[frozenset[str], Look]:
        return _BARS | _SQUARES, lambda wanted: _scan(np.asarray(made()), wanted)

    lit = cache(lambda: _evenly_lit(grey))
    yield plain(lambda: grey)
    yield plain(lambda: grey.filter(ImageFilter.UnsharpMask(3, 250, 0)))
    yield plain(lambda: _enlarged(grey))
    yield _BARS, lambda _: _read_strips(np.asarray(lit(), np.float64))
    yield _MENDED, lambda _: _tell(mend_squares(np.asarray(grey, np.float64)))
    yield plain(lambda: 255 - np.asarray(grey))
    yield plain(lit)
    yield plain(lambda: _enlarged(grey).filter(ImageFilter.UnsharpMask(4, 250, 0)))


def _read_strips(lit: NDArray[np.float64]) -> Iterator[_Code]:
    """Codes of bars, each out of its strip as a whole."""
    for n, strip in enumerate(find_strips(lit), 1):
        lines = read_lines_across(lit, strip)
        payload = read_bars(lines.whole, strip.margin, MOST_PLACES // n)
        if payload is not None:
            yield _Code("Code128", payload, True)
        else:
            yield from _scan_lines(lines)


def _scan_lines(lines: Lines) -> set[_Code]:
    """What both halves of a strip say: bars of kinds that have no check of their own are believed by that."""
    one, other = ({code for look in _draw(half) for code in _scan(look, _BARS)} for half in lines.halves)
    return {code._replace(firm=True) for code in one & other}


def _draw(line: NDArray[np.float64]) -> Iterator[Grey]:
    """A line as pictures, more and less sharp."""
    grey = np.clip(255 * (1 - line), 0, 255).astype(np.uint8)
    drawn = Image.fromarray(np.tile(grey, (_TILED, 1)))
    yield np.asarray(drawn)
    for radius, percent in _SHARPER:
        yield np.asarray(drawn.filter(ImageFilter.UnsharpMask(radius, percent, 0)))


def _enlarged(grey: Image.Image) -> Image.Image:
    scale = min(2.0, max(_LARGER / max(grey.size), 1.0))
    return grey.resize((round(grey.width * scale), round(grey.height * scale)), Image.Resampling.BICUBIC)


def _evenly_lit(grey: Image.Image) -> Grey:
    """Without shadows: as bright as its surroundings are dark."""
    around = grey.resize((max(grey.width // 16, 1), max(grey.height // 16, 1)), Image.Resampling.BOX)
    around = around.filter(ImageFilter.GaussianBlur(3)).resize(grey.size, Image.Resampling.BILINEAR)
    lit = np.asarray(grey, np.float32) * 170 / np.maximum(np.asarray(around, np.float32), 8)
    return np.clip(lit, 0, 255).astype(np.uint8)
