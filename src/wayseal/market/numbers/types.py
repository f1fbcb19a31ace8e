"""What matching of numbers against the courier's own gives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from wayseal.model.numbers import Formats


class Standing(StrEnum):
    """Whose a number is, as far as it can be told."""

    OURS = "ours"
    NOT_OURS = "not_ours"
    UNTOLD = "untold"


class Why(StrEnum):
    """What a standing rests on."""

    KNOWN = "known"
    """It stands among the courier's own, and hardly by chance."""
    UNKNOWN = "unknown"
    """It was read well and is none of the courier's own."""
    READ_BADLY = "read_badly"
    """No reading is sure enough to be missing, or several are found, of which any may be what is written."""
    OWN_FORMAT = "own_format"
    """It isn't known, and has a format that hardly anybody but this courier uses: forged, or not yet recorded. To be
    looked up again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The courier's own numbers, to be asked.

    Attributes:
        known: Gives those of some clean numbers that are the courier's.
        shapes: How many of its numbers have each shape (see `shape_of`); of a large ledger, out of a sample.
        crowds: Of the numbers that differ in one digit from one of its own, the part that is its own as well, by shape:
            numbers are issued in rows, so a misread one often hits its neighbour.
        formats: That its numbers have, as far as they are its alone (`learn_formats`).
    """

    known: Callable[[Sequence[str]], frozenset[str]]
    shapes: Mapping[str, float]
    crowds: Mapping[str, float]
    formats: Formats = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One written number, and whose it is.

    Attributes:
        number: What it is taken for: a reading that is known if it is ours, else the likeliest.
        standing: Whose.
        why: What that rests on.
        probability: That this is what is written, and ours.
        readings: How many spellings were looked up.
        canary: Whether one of them is a canary: nobody but its accounts could know it, so it is a case at once.
    """

    number: str = field(repr=False)
    standing: Standing
    why: Why
    probability: float
    readings: int
    canary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What came of some candidates.

    Attributes:
        rows: One for each written number, in the order of the likeliest.
        tried: Spellings that were looked up.
        by_chance: How many of those are expected to be found though they aren't what was written, or no waybill.
    """

    rows: tuple[Match, ...]
    tried: int
    by_chance: float

    @property
    def ours(self) -> tuple[Match, ...]:
        """Numbers that are the courier's."""
        return tuple(row for row in self.rows if row.standing is Standing.OURS)
