"""Mutes: notices that nobody is told of, for a while and for a reason.

1. A mute is of detectors, of an account, of hours of the day, or of some of these together. A notice is muted if it is
   of the account, comes within the hours, and gives no reason but these detectors.
2. Each has a reason, who made it, and an end. Nobody is told of what it mutes, then or later; what follows from a
   notice (its case, a block) does so all the same, and the record of notices says what muted it.
3. The record is a chain of lines (`wayseal.journal.record`). It holds ids of accounts: it is its owner's alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from wayseal.journal.record import Act, Record
from wayseal.live._block_acts import one_line
from wayseal.live.errors import ActError, RecordError
from wayseal.live.notices import Muted
from wayseal.live.types import Notice
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Moment, Name
from wayseal.model.times import now_us

FILE: Final = "mutes.jsonl"
MOST_DAYS: Final = 31
_HOUR, _DAY = 3_600_000_000, 86_400_000_000
_HEADER = {"wayseal": "mutes", "version": 1}
_Hour = Annotated[int, Field(ge=0, le=24)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """What isn't told (rule 1).

    Attributes:
        id: Its id.
        detectors: Names of detectors; none: whichever.
        account: Id of an account; "": whichever.
        hours: Hours of the local day, from the first up to before the second, over midnight where it is smaller; None:
            whichever.
        until: Its end, microseconds since 1970.
        why: For what reason.
    """

    __pydantic_config__: ClassVar = CLOSED
    id: Name
    detectors: tuple[Name, ...] = ()
    account: str = ""
    hours: tuple[_Hour, _Hour] | None = None
    until: Moment
    why: Name

    def fits(self, notice: Notice, offset: int) -> bool:
        """Check whether a notice is muted by it. offset: of local days, microseconds ahead of UTC."""
        if self.hours is not None:
            hour, (first, last) = (notice.at + offset) % _DAY // _HOUR, self.hours
            if not (first <= hour < last if first <= last else hour >= first or hour < last):
                return False
        given = {one.detector for one in notice.reasons}
        return self.account in ("", notice.actor) and (not self.detectors or given <= {*self.detectors})


@dataclass(frozen=True, slots=True, kw_only=True)
class Added(Act):
    """A mute was made."""

    kind: Literal["added"] = "added"
    mute: Mute


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Act):
    """A mute was ended before its time, for a reason."""

    kind: Literal["ended"] = "ended"
    mute: Name
    why: Name


_ACT: Any = Annotated[Added | Ended, Field(discriminator="kind")]


class Mutes:
    """The record of mutes of a folder. Safe to use from many threads and processes."""

    def __init__(self, folder: Path, *, clock: Callable[[], int] = now_us) -> None:
        """Takes the folder. folder: it is made by the first act; clock: microseconds after 1970."""
        self._clock = clock
        changed = partial(RecordError, N_("the record of mutes was changed"))
        self._record = Record(folder / FILE, _HEADER, _ACT, self._begin, changed)

    def _begin(self) -> Callable[[Added | Ended], None]:
        self._added: dict[str, Added] = {}
        self._ended: dict[str, Ended] = {}
        return self._apply

    def _apply(self, act: Added | Ended) -> None:
        match act:
            case Added() as added if added.mute.id not in self._added:
                self._added[added.mute.id] = added
            case Ended() as ended if ended.mute in self._added and ended.mute not in self._ended:
                self._ended[ended.mute] = ended
            case _:
                raise ValueError("act")

    def all(self) -> Mapping[str, tuple[Added, Ended | None]]:
        """Every mute by its id, and what ended it before its time. RecordError: the record was changed; OSError."""
        with self._record.mutex:
            self._record.read()
            return {id_: (added, self._ended.get(id_)) for id_, added in self._added.items()}

    def standing(self) -> tuple[Mute, ...]:
        """Mutes that count now. RecordError, OSError."""
        now = self._clock()
        return tuple(added.mute for added, ended in self.all().values() if ended is None and now < added.mute.until)

    def muted(self, notice: Notice, offset: int) -> Muted | None:
        """What mutes a notice now, the oldest where several do; None: nothing.

        Args:
            notice: It.
            offset: Of local days, microseconds ahead of UTC.

        Returns:
            The mute's id and reason.

        Raises:
            RecordError: The record was changed.
            OSError: It can't be read.
        """
        found = next((one for one in self.standing() if one.fits(notice, offset)), None)
        return None if found is None else Muted(mute=found.id, why=found.why)

    def add(
        self,
        *,
        until: int,
        why: str,
        who: str,
        detectors: Iterable[str] = (),
        account: str = "",
        hours: tuple[int, int] | None = None,
    ) -> Mute:
        """Makes a mute; the fields are those of `Mute`. ActError: a field can't be as it is; names it."""
        now, some = self._clock(), tuple(detectors)
        if not (some or account or hours):
            raise ActError("needs a detector, an account or hours: not all is muted")
        if hours is not None and not (min(hours) >= 0 and max(hours) <= 24 and hours[0] != hours[1]):
            raise ActError("are two hours of a day, from 0 to 24", key="hours")
        if not now < until <= now + MOST_DAYS * _DAY:
            raise ActError("lies ahead, by {days} days at most", key="until", days=MOST_DAYS)
        with self._record.writing() as write:
            made = Mute(
                id=f"m-{len(self._added) + 1}",
                detectors=some,
                account=account,
                hours=hours,
                until=until,
                why=one_line(why, "why"),
            )
            write(Added(at=now, who=one_line(who, "who"), mute=made))
        return made

    def end(self, mute: str, *, who: str, why: str) -> None:
        """Ends a mute before its time.

        who: who does it; why: for what reason. ActError: it doesn't count now, or a field can't be as it is; names it.
        """
        with self._record.writing() as write:
            added = self._added.get(mute)
            if added is None or mute in self._ended or self._clock() >= added.mute.until:
                raise ActError("no such mute counts now", key="mute")
            write(Ended(at=self._clock(), who=one_line(who, "who"), mute=mute, why=one_line(why, "why")))
