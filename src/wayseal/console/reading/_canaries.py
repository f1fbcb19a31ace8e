"""Whether a number is a canary: the register of canaries, asked one number at a time.

Which numbers are canaries is kept from those who are to meet them, so that nothing here lists any.
"""

import threading
from dataclasses import dataclass
from pathlib import Path

from wayseal.model.errors import disk_says
from wayseal.trace.canary import CanaryError, read_state

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A canary. Times are microseconds since 1970.

    Attributes:
        waybill: Its number, clean.
        planned_at: When it was planned.
        accounts: Those that it was made for.
        answer: "hit": it came out; "silent": its wait was closed without; "": neither yet.
        answered_at: When that was; None: it wasn't.
    """

    waybill: str
    planned_at: int
    accounts: frozenset[str]
    answer: str = ""
    answered_at: int | None = None


class CanaryWatch:
    """A register of canaries, read again when it was written to."""

    def __init__(self, register: Path) -> None:
        """Of a file."""
        self._register = register
        self._lock = threading.Lock()
        self._kept: tuple[_Stamp, dict[str, Canary]] | None = None

    def find(self, waybill: str) -> Canary | None:
        """A canary by its number.

        Args:
            waybill: A clean number.

        Returns:
            It; None: the number is none.

        Raises:
            CanaryError: The register can't be read, so that nobody can say.
        """
        try:
            about = self._register.stat()
            stamp = about.st_ino, about.st_mtime_ns, about.st_size
            with self._lock:
                if self._kept is None or self._kept[0] != stamp:
                    self._kept = stamp, self._read()
                return self._kept[1].get(waybill)
        except OSError as error:
            raise CanaryError(
                "the register of canaries can't be read ({reason})", file=self._register, reason=disk_says(error)
            ) from None

    def _read(self) -> dict[str, Canary]:
        watch = read_state(self._register).watch
        found = {}
        for one in watch.canaries:
            answer = watch.answer(one.id)
            found[one.waybill] = Canary(
                waybill=one.waybill,
                planned_at=one.planned_at,
                accounts=frozenset(one.pool),
                answer="" if answer is None else answer.kind,
                answered_at=None if answer is None else answer.at,
            )
        return found
