"""A picture, read: codes, lines, what may be numbers, handles, hashes.

1. A picture that isn't read is an error with its reason; one without text or codes is a record without them.
2. Codes first, as they check themselves; then lines, if they are asked for and what reads them is there.
3. A picture out of focus that showed no number is read once more, sharpened: lines that are too soft to be found are
   found then. Both looks count.
4. What is made for people holds no place and no maker: metadata isn't read beyond orientation (`_decode.py`).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
from PIL import Image, ImageFilter

from wayseal.market.numbers import Writing, candidates
from wayseal.market.pictures._codes import read_codes
from wayseal.market.pictures._decode import decode
from wayseal.market.pictures._hash import hash_picture
from wayseal.market.pictures._payloads import handle_of
from wayseal.market.pictures._text import TextLine, read_lines, text_is_read
from wayseal.market.types import Handle, NumberCandidate, PictureRead
from wayseal.model.numbers import Formats

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
