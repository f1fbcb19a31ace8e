"""Pictures: codes, lines of text, numbers, handles, and hashes by which near-same pictures are found.

1. A picture that isn't read is an error with its reason; one without text or codes is a record without them.
2. Codes first, as they check themselves; then lines, if they are asked for and what reads them is there.
3. A picture out of focus that showed no number is read once more, sharpened: lines that are too soft to be found are
   found then. Both looks count.
4. What is made for people holds no place and no maker: metadata isn't read beyond orientation (rule 12).

Hashes that near-same pictures share: pHash, 64 bits, bit for bit as ImageHash and what speaks its hex compute it.

Grey, 32×32, the lowest 8×8 of a cosine transform, each against their median. Measured on adverts: noise and JPEG turn
0 to 3 bits, a crop of a twentieth about 6, another picture 30; a mirrored one is another picture.

What a QR code's payload leads to: a handle of somebody, or nothing of that sort.

5. Hosts and forms are those by which the services' own codes are known; a payload of no known form is a handle of kind
   QR, as two sellers who show the same one are one.
6. What stands on labels leads to no seller: a payload with a waybill number, or of bars.
7. A payload is only read. Nothing here follows an address.

Bytes of a picture as pixels that stand upright, in bounded memory.

8. Nothing is decoded before its size is known: bytes, kind and pixels are held to limits first, by what the file says
   of itself, and the decoder writes no more pixels than that.
9. Of the kinds that Pillow reads five are let in; whatever can hold scripts or references (SVG, PostScript, PDF) isn't.
10. Of moving pictures the first frame is looked at.
11. A broken picture is an error of the room, whatever the decoder raised; a warning of its never stops a look.
12. Of what a picture says of its maker (EXIF, XMP, comments) its orientation is used, and nothing is kept.

Barcodes and QR codes, as zxing-cpp reads them in several looks.

13. Looks follow one another, the cheap ones first: as it is, evenly lit and sharpened, larger; then bars smeared along
    their own direction, so that scratches and grain drown in what is whole beside them. They end as soon as a code of
    bars and one of squares are known, or with the last; once one of a sort is known, only the other is looked for.
14. Only codes whose check is right count, and only kinds that stand on labels or lead to somebody.
15. Of bars a single check is right by chance too often: those that few lines of a picture agree on, or that were read
    out of smeared ones, count only once a second look says the same.
16. A payload is given once, in the order in which it was found. One that isn't text is given in hexadecimal.
"""

import io
import re
import struct
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from functools import partial
from itertools import product
from urllib.parse import urlsplit

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from wayseal.market.errors import PictureError
from wayseal.market.numbers import Writing, candidates
from wayseal.market.pictures._text import TextLine, read_lines, text_is_read
from wayseal.market.types import Handle, HandleKind, NumberCandidate, PictureRead
from wayseal.model.messages import N_
from wayseal.model.numbers import Formats

__all__ = ["FindHandles", "read_picture", "text_is_read"]
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
        except Exception:  # decoders raise whatever their parsing trips over (rule 11)
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
        grey = (np.asarray(picture).clip(0, 65535) // 257).astype(np.uint8)  # Pillow's own conversion cuts off
        return Image.fromarray(grey).convert("RGB")
    if picture.mode in ("LA", "PA", "RGBA") or "transparency" in picture.info:
        seen = picture.convert("RGBA")
        white = Image.new("RGB", seen.size, (255, 255, 255))
        white.paste(seen, mask=seen.getchannel("A"))
        return white
    return picture.convert("RGB")


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


_SIDE, _KEPT = 32, 8
_FREQUENCY, _PLACE = np.arange(_KEPT)[:, None], np.arange(_SIDE)[None, :]
_MATRIX = 2 * np.cos(np.pi * _FREQUENCY * (2 * _PLACE + 1) / (2 * _SIDE))
"""Of the transform (DCT-II, unscaled): all that is kept of it."""


def hash_picture(picture: Image.Image) -> tuple[int, int]:
    """A picture's pHash, and that of its mirror.

    Args:
        picture: Upright.

    Returns:
        64 bits each, the first the highest.
    """
    return _hash(picture), _hash(ImageOps.mirror(picture))


def _hash(picture: Image.Image) -> int:
    small = np.asarray(picture.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS), np.float64)
    low = _MATRIX @ small @ _MATRIX.T
    return int("".join("01"[int(bit)] for bit in (low > np.median(low)).ravel()), 2)


_LONGEST = 512
_CODES = frozenset({"QRCode", "MicroQRCode", "Aztec", "DataMatrix", "PDF417"})
_SCHEMES = {"wxp": HandleKind.PAYMENT, "alipayqr": HandleKind.PAYMENT, "alipays": HandleKind.PAYMENT} | {
    "tel": HandleKind.PHONE, "mailto": HandleKind.EMAIL, "matmsg": HandleKind.EMAIL, "tg": HandleKind.TELEGRAM,
    "bitcoin": HandleKind.PAYMENT, "ethereum": HandleKind.PAYMENT, "tron": HandleKind.PAYMENT,
}  # fmt: skip
_HOSTS: tuple[tuple[str, HandleKind], ...] = (
    ("qr.alipay.com", HandleKind.PAYMENT),
    ("render.alipay.com", HandleKind.PAYMENT),
    ("payapp.weixin.qq.com", HandleKind.PAYMENT),
    ("u.wechat.com", HandleKind.WECHAT),
    ("weixin.qq.com", HandleKind.WECHAT),
    ("qm.qq.com", HandleKind.QQ),
    ("qun.qq.com", HandleKind.INVITE),
    ("jq.qq.com", HandleKind.INVITE),
    ("t.me", HandleKind.TELEGRAM),
    ("telegram.me", HandleKind.TELEGRAM),
)
_GROUP = re.compile(r"^/(?:g/|\+|joinchat/)")
_WALLET = re.compile(r"T[1-9A-HJ-NP-Za-km-z]{33}|0x[0-9a-fA-F]{40}|(?:bc1|[13])[0-9A-Za-z]{25,60}")


def handle_of(kind: str, payload: str, is_number: Callable[[str], bool]) -> Handle | None:
    """The handle that a code's payload is.

    Args:
        kind: The code's format.
        payload: What it says.
        is_number: Whether a payload holds a waybill number.

    Returns:
        The handle; None if it leads to nobody (rule 6).
    """
    text = payload.strip()
    if kind not in _CODES or not text or is_number(text):
        return None
    if _WALLET.fullmatch(text):
        return Handle(kind=HandleKind.PAYMENT, value=text)
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return Handle(kind=HandleKind.QR, value=text[:_LONGEST])
    scheme = parts.scheme.lower()
    if scheme in _SCHEMES:
        return Handle(kind=_SCHEMES[scheme], value=_bare(_SCHEMES[scheme], text, parts.path))
    if scheme in ("http", "https") and host:
        return _of_address(host, parts.path, text)
    return Handle(kind=HandleKind.QR, value=text[:_LONGEST])


def _bare(kind: HandleKind, text: str, path: str) -> str:
    """A phone or an address of mail by itself, in the spelling in which it stands in texts; others whole."""
    if kind is HandleKind.PHONE:
        return re.sub(r"[^0-9+]", "", path).removeprefix("+86")
    if kind is HandleKind.EMAIL and "@" in path and ";" not in path:
        return path.lower()
    return text[:_LONGEST]


def _of_address(host: str, path: str, text: str) -> Handle:
    for known, kind in _HOSTS:
        if host == known or host.endswith(f".{known}"):
            group = kind in (HandleKind.TELEGRAM, HandleKind.WECHAT) and _GROUP.match(path) is not None
            if kind is HandleKind.TELEGRAM and not group:
                return Handle(kind=kind, value=path.strip("/").split("/")[0].lower())
            return Handle(kind=HandleKind.INVITE if group else kind, value=text[:_LONGEST])
    return Handle(kind=HandleKind.QR, value=text[:_LONGEST])


Codes = tuple[tuple[str, str], ...]
_FOUND = 0.5
_SHARP = 0.12
"""Of labels in effect photographed: in focus .15 to .3, out of focus up to .07, moved .06 to .16."""
FindHandles = Callable[[str], Iterable[Handle]]
"""Finds handles in a text: what reads texts brings it along."""


def read_picture(data: bytes, *, text: bool, find_handles: FindHandles | None = None, own: Formats = ()) -> PictureRead:
    """Read a picture (rules 1 to 3).

    Args:
        data: The file's bytes.
        text: Whether lines are read as well (about a second); without the extra `market-pictures` there are none.
        find_handles: Finds handles in lines; None: those in codes alone are given.
        own: Formats of numbers that were learnt, beside those of couriers.

    Returns:
        What it shows.

    Raises:
        PictureError: It is too large, of no kind that is read, or broken.
    """
    picture = decode(data)
    codes = read_codes(picture)
    lines, numbers = _read_text(picture, codes, own) if text else ((), candidates(writings(codes, ()), own))
    whole, mirrored = hash_picture(picture)
    return PictureRead(
        codes=codes,
        lines=tuple((line.text, line.probability) for line in lines),
        numbers=numbers,
        handles=_handles(codes, lines, find_handles, own),
        hash=whole,
        mirror_hash=mirrored,
    )


def _read_text(
    picture: Image.Image, codes: Codes, own: Formats
) -> tuple[tuple[TextLine, ...], tuple[NumberCandidate, ...]]:
    """Lines, and numbers of lines and codes (rules 2 and 3)."""
    lines = read_lines(picture)
    numbers = candidates(writings(codes, lines), own)
    if not text_is_read() or _is_sharp(picture) or any(one.probability >= _FOUND for one in numbers):
        return lines, numbers
    again = read_lines(_sharpened(picture))
    fuller = max(lines, again, key=lambda read: sum(len(line.text) for line in read))
    return fuller, candidates(writings(codes, (*lines, *again)), own)


def _is_sharp(picture: Image.Image) -> bool:
    """Check if it has as much detail as one in focus: what a blur takes away, as a share of all contrast."""
    grey = picture.convert("L")
    pixels = np.asarray(grey, np.float32)
    soft = np.asarray(grey.filter(ImageFilter.GaussianBlur(1.5)), np.float32)
    return float(np.std(pixels - soft)) >= _SHARP * float(np.std(pixels))


def _sharpened(picture: Image.Image) -> Image.Image:
    size = (max(round(picture.width * 0.7), 1), max(round(picture.height * 0.7), 1))
    return picture.resize(size, Image.Resampling.LANCZOS).filter(ImageFilter.UnsharpMask(4, 300, 0))


def writings(codes: Iterable[tuple[str, str]], lines: Iterable[TextLine]) -> tuple[Writing, ...]:
    """Codes and lines as places where a number may be written.

    Args:
        codes: (format, payload).
        lines: As they were read.

    Returns:
        Codes first.
    """
    said = [Writing(spellings=((payload, 1.0),), code=True) for _, payload in codes]
    said += [Writing(spellings=line.spellings, words=line.text) for line in lines if line.spellings]
    return tuple(said)


def _handles(
    codes: Sequence[tuple[str, str]], lines: Sequence[TextLine], find_handles: FindHandles | None, own: Formats
) -> tuple[Handle, ...]:
    found = [handle_of(kind, payload, partial(_is_number, own=own)) for kind, payload in codes]
    if find_handles is not None:
        found += [Handle(kind=h.kind, value=h.value) for line in lines for h in find_handles(line.text)]
    return tuple(dict.fromkeys(handle for handle in found if handle is not None))


def _is_number(payload: str, own: Formats) -> bool:
    """Check a payload for a number of a courier's format."""
    read = candidates([Writing(spellings=((payload, 1.0),), code=True)], own)
    return any(one.couriers for one in read)


MOST_CODES = 64
MOST_PAYLOAD = 4096
"""Characters of a payload that are kept; no code of these kinds holds more."""
_BARS = frozenset({"Code128", "Code39", "Code93", "ITF", "Codabar"})
_SQUARES = frozenset({"QRCode", "MicroQRCode", "DataMatrix", "PDF417", "Aztec"})
_FORMATS = {name: zxingcpp.BarcodeFormat.__members__[name] for name in sorted(_BARS | _SQUARES)}
_CODE_SIDE = 1800
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
    grey.thumbnail((_CODE_SIDE, _CODE_SIDE), Image.Resampling.LANCZOS)
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
    """Codes that one look finds (rule 14), and whether each is sure by itself (rule 15)."""
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
    """Check if enough lines agree on bars (rule 15)."""
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
