"""What the gate asks of the numbers' database, and what it tells it.

1. Whatever is asked costs the same: one look-up and one comparison of constant time, number and secret or none.
2. Look-ups that come while one runs go together, in one transaction: on PostgreSQL beside the loop; on SQLite, whose
   answers take less than two threads lose with the interpreter's lock, within it.
3. Breaches are written by `flush`, never while somebody waits for an answer. What the database doesn't take stays
   queued, up to `MOST_QUEUED`; more is counted as lost.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from starlette.concurrency import run_in_threadpool

from wayseal.database import Connection, Database
from wayseal.model.times import DAY_US
from wayseal.numbers import breaches
from wayseal.numbers.breaches import Breach
from wayseal.numbers.codes import VERIFIER, GateKeys, courier_code_fits, secret_fits
from wayseal.numbers.tables import NumberState
from wayseal.numbers.tracking import AFTER_CLOSE_US, Tracked, find

MOST_QUEUED: Final = 20_000
_BATCH = 256
_NOBODY = bytes(VERIFIER)
_Waiting = list[tuple[str, asyncio.Future[Tracked | None]]]


class Lookup:
    """Numbers as the gate sees them. clock: microseconds since 1970."""

    def __init__(self, database: Database, keys: GateKeys, closed_days: int, clock: Callable[[], int]) -> None:
        self._database, self._keys, self.clock = database, keys, clock
        self._earlier = AFTER_CLOSE_US - closed_days * DAY_US
        self._waiting: _Waiting = []
        self._running: asyncio.Task[None] | None = None
        self._queue = deque[Breach]()
        self.lost = 0

    async def find(self, number: str) -> Tracked | None:
        """Find a number (rule 2). WaysealError where the database doesn't answer."""
        future: asyncio.Future[Tracked | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((number, future))
        if self._running is None:
            self._running = asyncio.create_task(self._work())
        return await future

    def fits(self, number: str, secret: str, found: Tracked | None) -> bool:
        """Whether the secret is the number's (rule 1)."""
        return secret_fits(self._keys.gate, number, secret, _NOBODY if found is None else found.verifier) and (
            found is not None
        )

    def code_fits(self, number: str, code: str) -> bool:
        """Whether a courier's code is that of these minutes."""
        return courier_code_fits(self._keys.courier, number, code, self.clock())

    def is_live(self, found: Tracked) -> bool:
        """Whether a parcel is shown now."""
        return found.is_live(self.clock() + (self._earlier if found.state is NumberState.CLOSED else 0))

    def note(self, breach: Breach) -> None:
        """Queue a breach (rule 3)."""
        if len(self._queue) >= MOST_QUEUED:
            self.lost += 1
        else:
            self._queue.append(breach)

    def flush(self) -> None:
        """Write what is queued; for a thread of its own. WaysealError: it stays queued."""
        some = list(self._queue)
        if some:
            self._database.write(breaches.add, *some)
            for _ in some:
                self._queue.popleft()

    def healthy(self) -> bool:
        """Whether the database answers."""
        return self._database.healthy()

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            try:
                asked = [one for one, _ in batch]
                if self._database.dialect == "sqlite":
                    found = self._database.read(_find_all, asked)
                else:
                    found = await run_in_threadpool(self._database.read, _find_all, asked)
                for (_, future), one in zip(batch, found, strict=True):
                    if not future.done():
                        future.set_result(one)
            except Exception as error:  # whoever waits is told, whatever it is
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
        self._running = None


def _find_all(connection: Connection, numbers: Sequence[str]) -> list[Tracked | None]:
    return [find(connection, number) for number in numbers]
