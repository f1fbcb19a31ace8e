"""What looking at a casebook's lines finds (rule 4)."""

from dataclasses import dataclass

from wayseal.cases.types import Forgotten
from wayseal.journal import Fault, Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of verifying a casebook. acts: lines that count.

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
        """True if nothing is wrong."""
        return not self.faults and self.earlier is not False
