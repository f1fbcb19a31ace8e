"""What a verification of a log finds, as data; the command line has the words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from wayseal.merkle.errors import OtherOriginError, UnknownKeyError

CHANGED: Final = 7
"""Exit code where something is not what was written."""
_CODES = {"checkpoint-origin": OtherOriginError.exit_code, "checkpoint-key": UnknownKeyError.exit_code}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be.

    where: path of the file at fault, or the row (`entries/17`, `nodes/1/3`, `checkpoints/300`; of several entries the
    first), or a given checkpoint's name. values: what the words need (first, last, column, reason, …).
    """

    code: StrEnum
    where: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """The command's exit code if nothing worse was found."""
        return _CODES.get(self.code, CHANGED)


def exit_code_of(findings: Iterable[Finding]) -> int:
    """0 where all is as it should be; what was changed goes before a checkpoint that can't be used."""
    return min((found.exit_code for found in findings), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCheckpoint:
    """A checkpoint that holds: where it is, the size and root that it says, who signed it, and how the tree goes on.

    at: when it was signed, microseconds, if it says so. proof: hashes that lead from its root to the present one
    (RFC 9162, 2.1.4); empty for checkpoints that the log stores itself.
    """

    where: str
    size: int
    root: bytes
    keys: tuple[str, ...]
    proof: tuple[bytes, ...]
    at: int | None = None
