"""What a purge leaves in the manifest: what was removed, who did it, why and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

_EPOCH = date(1970, 1, 1)
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One file of reads that a purge removed: the day of its bucket (after 1970-01-01), its rows and SHA-256."""

    day: int
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeEntry:
    """One purge. before: the day (2026-03-01); of waybills first seen earlier nothing is left, but for those held.

    generation: that it made. at: when, as whoever ran it said. reads, waybills: removed. held: waybills that were first
    seen earlier and stayed because one of their reads is younger than the legal minimum. below_minimum: whether that
    minimum was set aside. rows: table → rows removed of the other tables. segments: the files of reads that went.
    """

    generation: int
    before: str
    who: str
    why: str
    at: str
    reads: int
    waybills: int
    held: int
    below_minimum: bool
    rows: Mapping[str, int] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()

    @property
    def day(self) -> int:
        """The day before which everything went, after 1970-01-01."""
        return day_of(self.before)

    @staticmethod
    def of(content: Mapping[str, Any]) -> "PurgeEntry":
        """From JSON; TypeError or ValueError where it is none."""
        made = PurgeEntry(**{**content, "segments": tuple(Segment(**s) for s in content["segments"])})
        numbers = (*made.rows.values(), *(n for s in made.segments for n in (s.rows, s.day)))
        if type(made.below_minimum) is not bool or not all(type(n) is int for n in numbers):
            raise TypeError("purge")
        if made.before != date.fromisoformat(made.before).isoformat():
            raise ValueError("before")
        return made


def day_of(text: str) -> int:
    """A day such as 2026-03-01 as days after 1970-01-01; ValueError where it is none."""
    return (date.fromisoformat(text) - _EPOCH).days
