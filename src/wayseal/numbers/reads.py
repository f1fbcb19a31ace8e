"""Reads of numbers before their first scan: whoever reads one that isn't theirs names themselves."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wayseal.database import Connection, Database, DatabaseError, query
from wayseal.model.numbers import clean_waybill
from wayseal.model.runtime import Closing
from wayseal.model.times import DAY_US
from wayseal.numbers import _store, breaches
from wayseal.numbers.breaches import Breach, BreachKind
from wayseal.numbers.tables import NumberState
from wayseal.service.process import Repeated

BULK = 100
"""So many early reads of one asker in a day are bulk."""
_WAITING, _AT_ONCE, _SECONDS = 100_000, 1000, 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRead:
    """A read. by: the account; client: by which system, "" for none; at: microseconds since 1970."""

    number: str
    by: str
    at: int
    client: str = ""


def find_early(connection: Connection, reads: Iterable[NumberRead]) -> list[Breach]:
    """The reads before a first scan by somebody else than the holder."""
    some = list(reads)
    found = _store.standing(connection, [one.number for one in some])
    early = []
    for one in some:
        number = found.get(one.number)
        if number is None or number.scanned_at is not None or number.holder in (one.by, one.client):
            continue
        if number.state in (NumberState.ISSUED, NumberState.BOUND):
            facts = {"state": str(number.state), "client": one.client}
            early.append(
                Breach(kind=BreachKind.READ_EARLY, number=one.number, at=one.at, asker=one.by, holder=number.holder,
                       facts=facts)
            )  # fmt: skip
    return early


def record_read(connection: Connection, reads: Iterable[NumberRead]) -> int:
    """Keep reads before a first scan as breaches, within a transaction that may write; how many they are."""
    early = find_early(connection, reads)
    breaches.add(connection, *early)
    text = "SELECT COUNT(*) FROM breaches WHERE asker = ? AND kind = ? AND day = ?"
    for asker, at in {one.asker: one.at for one in early}.items():
        ((count,),) = query(connection, text, (asker, BreachKind.READ_EARLY.value, at // DAY_US))
        if count >= BULK:
            facts = {"numbers": int(count)}
            breaches.add(connection, Breach(kind=BreachKind.BULK_READ, number="", at=at, asker=asker, facts=facts))
    return len(early)


class ReadWatch(Closing):
    """Looks at what was read, in a thread of its own: to note a read costs a list's end, and waits for nothing.

    What the database can't be asked about is asked again; beyond `_WAITING` the oldest are dropped, and counted.
    """

    def __init__(self, database: Database) -> None:
        self._database, self.dropped = database, 0
        self._waiting: deque[tuple[Sequence[str], str, str, int]] = deque(maxlen=_WAITING)
        self._repeated = Repeated(self._look, _SECONDS, "wayseal-reads")
        self._repeated.__enter__()

    def note(self, waybills: Sequence[str], by: str, client: str, at: int) -> None:
        """Note reads of an account, by a client. Safe in any thread."""
        self.dropped += len(self._waiting) == _WAITING
        self._waiting.append((waybills, by, client, at))

    def close(self) -> None:
        """Looks at what waits, and ends."""
        self._repeated.close()
        self._look()

    def _look(self) -> None:
        while self._waiting:
            asked = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            some = [
                NumberRead(number=clean_waybill(one), by=by, client=client, at=at)
                for waybills, by, client, at in asked
                for one in waybills
            ]
            try:
                if self._database.read(find_early, some):
                    self._database.write(record_read, some)
            except DatabaseError:
                self._waiting.extendleft(reversed(asked))
                return
