"""What looking at a casebook's lines finds (rule 4)."""

from dataclasses import dataclass
from enum import StrEnum

from wayseal.cases.types import Forgotten


class Code(StrEnum):
    """What is wrong with a line: it was changed; before it one is missing, moved or put in; it says what can't be.

    tables: this and later lines are sound, and the tables say something else than they come to.
    """

    CHANGED = "changed"
    MISSING = "missing"
    ACT = "act"
    TABLES = "tables"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with a line, by its number from 1."""

    line: int
    code: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a casebook, to be written down elsewhere: how many lines, and the SHA-256 of the last."""

    lines: int
    sum: str

    def __str__(self) -> str:
        """Such as 17:3f… with all 64 digits."""
        return f"{self.lines}:{self.sum}"

    @staticmethod
    def parse(text: str) -> "Head":
        """From what `str` gives; ValueError if it is something else."""
        lines, _, sum_ = text.strip().partition(":")
        if not lines.isascii() or not lines.isdigit() or len(sum_) != 64 or not set(sum_) <= set("0123456789abcdef"):
            raise ValueError("head")
        return Head(lines=int(lines), sum=sum_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What looking at a casebook found. acts: lines that count.

    earlier: whether the casebook goes on from a head that was written down; None where none was given.
    restarted: the act of forgetting with which the chain was begun anew right behind that head.
    """

    head: Head
    acts: int
    faults: tuple[Fault, ...]
    forgotten: tuple[Forgotten, ...]
    earlier: bool | None = None
    restarted: Forgotten | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults and self.earlier is not False
