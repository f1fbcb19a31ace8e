"""A picture, read: codes, lines, what may be numbers, handles, hashes.

1. A picture that isn't read is an error with its reason; one without text or codes is a record without them.
2. Codes first, as they check themselves; then lines, if they are asked for and what reads them is there.
3. A picture out of focus that showed no number is read once more, sharpened: lines that are too soft to be found are
   found then. Both looks count.
4. What is made for people holds no place and no maker: metadata isn't read beyond orientation (`_decode.py`).

Hashes that near-same pictures share: pHash, 64 bits, bit for bit as ImageHash and what speaks its hex compute it.

Grey, 32×32, the lowest 8×8 of a cosine transform, each against their median. Measured on adverts: noise and JPEG turn
0 to 3 bits, a crop of a twentieth about 6, another picture 30; a mirrored one is another picture.

What a QR code's payload leads to: a handle of somebody, or nothing of that sort.

5. Hosts and forms are those by which the services' own codes are known; a payload of no known form is a handle of kind
   QR, as two sellers who show the same one are one.
6. What stands on labels leads to no seller: a payload with a waybill number, or of bars.
7. A payload is only read. Nothing here follows an address.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from wayseal.market.numbers import Writing, candidates
from wayseal.market.pictures._codes import read_codes
from wayseal.market.pictures._decode import decode
from wayseal.market.pictures._text import TextLine, read_lines, text_is_read
from wayseal.market.types import Handle, HandleKind, NumberCandidate, PictureRead
from wayseal.model.numbers import Formats

_SIDE, _KEPT = 32, 8


def _cosines() -> NDArray[np.float64]:
    """The transform's matrix (DCT-II, unscaled): all that is kept of it."""
    frequency, place = np.arange(_KEPT)[:, None], np.arange(_SIDE)[None, :]
    return 2 * np.cos(np.pi * frequency * (2 * place + 1) / (2 * _SIDE))


_MATRIX = _cosines()


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
    """What a picture shows (rules 1 to 3).

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
    """Whether it has as much detail as one in focus: what a blur takes away, as a share of all contrast."""
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
    """Whether a payload holds a number of a courier's format."""
    read = candidates([Writing(spellings=((payload, 1.0),), code=True)], own)
    return any(one.couriers for one in read)
