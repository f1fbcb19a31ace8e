"""A cache of the directory: who a client and an actor are right now.

1. What is remembered was true at most a second ago: whoever is disabled or blocked is out within it, however long
   their token lasts. It stays true while the vault's directory has the same version, and that is asked for every half
   second, once for all who are remembered. Whoever administers the database could hold that version where it is, so
   nothing is remembered for longer than `LONGEST`.
2. Where it can't be read, nobody is let in: the error goes to whoever asks.
3. Many who ask for the same at once make one read.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wayseal.vault.directory import ActorRecord, Client

FRESH = 0.5
"""Seconds after which the directory's version is asked for anew."""
OLDEST = 1.0
"""Seconds after which nobody is let in before that answer is there."""
LONGEST = 60.0
"""Seconds after which everything is read anew."""
REMEMBERED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A client and an actor as the vault has them; None: there is none by this id."""

    client: Client | None
    actor: ActorRecord | None

    @property
    def in_use(self) -> bool:
        """True if there is this client, and it wasn't disabled."""
        return self.client is not None and self.client.disabled_at is None

    def may_act(self, *, now: int) -> bool:
        """Check if this client is in use and may act for this actor, who is in office; now: microseconds."""
        client, actor = self.client, self.actor
        if client is None or not self.in_use or actor is None:
            return False
        if client.actor != actor.actor and actor.role not in client.acts_for:
            return False
        return in_office(actor, now=now)


def in_office(actor: ActorRecord, *, now: int) -> bool:
    """Neither blocked nor outside its time; `valid_to` is the first moment after it. now: microseconds."""
    return actor.blocked_at is None and actor.valid_at(now)


Read = Callable[[str, str | None], Awaitable[Principal]]


class DirectoryCache:
    """Remembers principals. version: of the vault's directory, read now; clock: seconds that never go back."""

    def __init__(self, read: Read, version: Callable[[], Awaitable[int]], clock: Callable[[], float]) -> None:
        self._read = read
        self._version = version
        self._clock = clock
        self._seen = -1
        self._at = -OLDEST
        self._emptied = clock()
        self._checking: asyncio.Task[None] | None = None
        self._known: OrderedDict[tuple[str, str | None], Principal] = OrderedDict()
        self._reading: dict[tuple[str, str | None], asyncio.Task[Principal]] = {}

    async def principal(self, client: str, actor: str | None) -> Principal:
        """A client and an actor (None: the client's own), as they were within `OLDEST` seconds (rule 1)."""
        age = self._clock() - self._at
        if age >= FRESH:
            look = self._version_check()
            if age >= OLDEST:
                await asyncio.shield(look)
        key = (client, actor)
        known = self._known.get(key)
        if known is not None:
            return known
        task = self._reading.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._renew(key))
            self._reading[key] = task
            task.add_done_callback(lambda done: self._read_ended(key, done))
        # Whoever goes away doesn't take the read from the others.
        return await asyncio.shield(task)

    def _read_ended(self, key: tuple[str, str | None], done: "asyncio.Task[Principal]") -> None:
        if self._reading.get(key) is done:
            del self._reading[key]
        if not done.cancelled():
            done.exception()  # Looked at, so that nothing complains when all who waited are gone.

    def _version_check(self) -> "asyncio.Task[None]":
        """The one look for a newer version that goes on."""
        if self._checking is None:
            self._checking = asyncio.get_running_loop().create_task(self._check_version())
            self._checking.add_done_callback(self._check_ended)
        return self._checking

    def _check_ended(self, done: "asyncio.Task[None]") -> None:
        self._checking = None
        if not done.cancelled():
            done.exception()

    async def _check_version(self) -> None:
        began = self._clock()
        version = await self._version()
        if version != self._seen or began - self._emptied >= LONGEST:
            self._emptied = began
            self._known.clear()
            # Whoever asks from now on mustn't join a read that began before.
            self._reading.clear()
            self._seen = version
        self._at = began

    async def _renew(self, key: tuple[str, str | None]) -> Principal:
        seen = self._seen
        principal = await self._read(*key)
        # What was read while the version changed may be of before.
        if seen == self._seen:
            self._known[key] = principal
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return principal
