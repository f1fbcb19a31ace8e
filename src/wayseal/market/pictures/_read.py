"""A picture, read: codes, lines, what may be numbers, handles, hashes.

1. A picture that isn't read is an error with its reason; one without text or codes is a record without them.
2. Codes first, as they check themselves; then lines, if they are asked for and what reads them is there.
3. What is made for people holds no place and no maker: metadata isn't read beyond orientation (`_decode.py`).
"""

from collections.abc import Callable, Iterable, Sequence

from wayseal.market.numbers import Writing, candidates
from wayseal.market.pictures._codes import read_codes
from wayseal.market.pictures._decode import decode
from wayseal.market.pictures._hash import hash_picture
from wayseal.market.pictures._payloads import handle_of
from wayseal.market.pictures._text import TextLine, read_lines
from wayseal.market.types import Handle, PictureRead

FindHandles = Callable[[str], Iterable[Handle]]
"""Finds handles in a text: what reads texts brings it along."""


def read_picture(data: bytes, *, text: bool, find_handles: FindHandles | None = None) -> PictureRead:
    """What a picture shows (rules 1 to 3).

    Args:
        data: The file's bytes.
        text: Whether lines are read as well (about a second); without the extra `market-pictures` there are none.
        find_handles: Finds handles in lines; None: those in codes alone are given.

    Returns:
        What it shows.

    Raises:
        PictureError: It is too large, of no kind that is read, or broken.
    """
    picture = decode(data)
    codes = read_codes(picture)
    lines = read_lines(picture) if text else ()
    own, mirrored = hash_picture(picture)
    return PictureRead(
        codes=codes,
        lines=tuple((line.text, line.probability) for line in lines),
        numbers=candidates(writings(codes, lines)),
        handles=_handles(codes, lines, find_handles),
        hash=own,
        mirror_hash=mirrored,
    )


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
    codes: Sequence[tuple[str, str]], lines: Sequence[TextLine], find_handles: FindHandles | None
) -> tuple[Handle, ...]:
    found = [handle_of(kind, payload, _is_number) for kind, payload in codes]
    if find_handles is not None:
        found += [Handle(kind=h.kind, value=h.value) for line in lines for h in find_handles(line.text)]
    return tuple(dict.fromkeys(handle for handle in found if handle is not None))


def _is_number(payload: str) -> bool:
    """Whether a payload holds a number of a courier's format."""
    read = candidates([Writing(spellings=((payload, 1.0),), code=True)])
    return any(one.couriers for one in read)
