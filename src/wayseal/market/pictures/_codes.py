"""Barcodes and QR codes of a picture: their payloads, as zxing-cpp reads them in several looks.

1. Looks follow one another, the cheap ones first: as it is, evenly lit and sharpened, larger; then bars smeared along
   their own direction, so that scratches and grain drown in what is whole beside them. They end as soon as a code of
   bars and one of squares are known, or with the last; once one of a sort is known, only the other is looked for.
2. Only codes whose check is right count, and only kinds that stand on labels or lead to somebody.
3. Of bars a single check is right by chance too often: those that few lines of a picture agree on, or that were read
   out of smeared ones, count only once a second look says the same.
4. A payload is given once, in the order in which it was found. One that isn't text is given in hexadecimal.
"""

from collections import Counter
from collections.abc import Iterator, Set
from itertools import product

import numpy as np
import zxingcpp
from PIL import Image, ImageFilter, ImageOps

MOST_CODES = 64
MOST_PAYLOAD = 4096
"""Characters of a payload that are kept; no code of these kinds holds more."""
_BARS = frozenset({"Code128", "Code39", "Code93", "ITF", "Codabar"})
_SQUARES = frozenset({"QRCode", "MicroQRCode", "DataMatrix", "PDF417", "Aztec"})
_FORMATS = {name: zxingcpp.BarcodeFormat.__members__[name] for name in sorted(_BARS | _SQUARES)}
_SIDE = 1800
"""Pixels of the longer side in looks: the bars of a label that fills its photograph are three wide."""
_FIRM = 0.1
"""Height of the stretch whose lines agree on bars, as a share of its length, from which they are believed."""
_PAPER = 170
"""Grey of paper where a picture is evenly lit."""
_ASKEW, _ACROSS, _SMEARS = (0, -5, 5), (0, 90), (16, 9)
"""Degrees by which bars may lie off the picture's edges, either way of them, and pixels over which they are smeared."""


def read_codes(picture: Image.Image) -> tuple[tuple[str, str], ...]:
    """Payloads of the codes in a picture.

    Args:
        picture: Upright.

    Returns:
        (format, payload) of each; at most `MOST_CODES`.
    """
    grey = picture.convert("L")
    grey.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    lit = _evenly_lit(grey)
    found: dict[tuple[str, str], None] = {}
    doubted: Counter[tuple[str, str]] = Counter()
    for smeared, looks in ((False, _looks(grey, lit)), (True, _smears(lit))):
        for pixels in looks:
            known = {kind for kind, _ in found}
            wanted = (_BARS if not known & _BARS else frozenset()) | (
                _SQUARES if not (smeared or known & _SQUARES) else frozenset()
            )
            if not wanted:
                break
            for code, firm in _scan(pixels, wanted).items():
                doubted[code] += 1
                if (firm and not smeared) or doubted[code] > 1:
                    found.setdefault(code)
    return tuple(found)[:MOST_CODES]


def _scan(pixels: Image.Image, wanted: Set[str]) -> dict[tuple[str, str], bool]:
    """Codes that one look finds (rule 2), and whether each is sure by itself (rule 3)."""
    formats = zxingcpp.BarcodeFormats([kind for name, kind in _FORMATS.items() if name in wanted])
    found = {}
    # What lines agree on most comes last, so that it is what counts of one that was read twice.
    for code in zxingcpp.read_barcodes(np.asarray(pixels), formats=formats):
        payload = code.text if code.content_type is not zxingcpp.ContentType.Binary else code.bytes.hex()
        if payload:
            # The kind's family: models of QR and variants of Code 39 are told apart by nobody here.
            kind = code.symbology.name
            found[kind, payload[:MOST_PAYLOAD]] = kind in _SQUARES or _is_firm(code.position)
    return found


def _is_firm(place: zxingcpp.Position) -> bool:
    """Check if enough lines agree on bars (rule 3)."""
    first, right, far, below = (
        complex(corner.x, corner.y)
        for corner in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    )
    long, high = abs(right - first) + abs(far - below), abs(below - first) + abs(far - right)
    return high >= _FIRM * long


def _looks(grey: Image.Image, lit: Image.Image) -> Iterator[Image.Image]:
    yield grey
    yield lit.filter(ImageFilter.UnsharpMask(6, 400, 0))
    larger = lit.resize((lit.width * 3 // 2, lit.height * 3 // 2), Image.Resampling.BICUBIC)
    yield larger.filter(ImageFilter.UnsharpMask(5, 400, 0))
    yield larger
    yield ImageOps.invert(grey)


def _smears(lit: Image.Image) -> Iterator[Image.Image]:
    """Turned so that bars may stand upright, smeared from top to bottom, and sharpened from left to right."""
    tilt = _tilt(lit)
    for askew, across, smear in product(_ASKEW, _ACROSS, _SMEARS):
        turned = lit.rotate(tilt + across + askew, Image.Resampling.BILINEAR, expand=True, fillcolor=_PAPER)
        smeared = turned.filter(ImageFilter.BoxBlur((0, smear)))
        yield Image.blend(smeared.filter(ImageFilter.GaussianBlur((5, 0))), smeared, 4)


def _tilt(lit: Image.Image) -> float:
    """Degrees by which most edges of a picture lie off its sides, from -45 to 45."""
    if min(lit.size) < 2:
        return 0.0
    down, right = np.gradient(np.asarray(lit.filter(ImageFilter.GaussianBlur(1.5)), np.float32))
    edges = right + 1j * down
    return float(np.degrees(np.angle((edges**4 / (np.abs(edges) ** 2 + 1e-6)).sum()) / 4))


def _evenly_lit(grey: Image.Image) -> Image.Image:
    """Without shadows: as bright as its surroundings are dark."""
    around = grey.resize((max(grey.width // 16, 1), max(grey.height // 16, 1)), Image.Resampling.BOX)
    around = around.filter(ImageFilter.GaussianBlur(3)).resize(grey.size, Image.Resampling.BILINEAR)
    shares = np.asarray(grey, np.float32) / np.maximum(np.asarray(around, np.float32), 8)
    return Image.fromarray(np.clip(_PAPER * shares, 0, 255).astype(np.uint8))
