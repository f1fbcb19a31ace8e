"""The vault, as coroutines see it.

1. Disclosures go to the committer and nowhere else; everything else runs in few threads, so that a slow question never
   holds the loop.
2. A caller who goes away takes nothing back: what the vault began it finishes.
3. What other threads finish comes to the event loop many at a time: one wake-up for a group, and not one for each.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar

import sqlalchemy as sa

from wayseal.merkle import Checkpoint
from wayseal.merkle.tiles import Tile
from wayseal.model.records import Answer, Ask, Disclosed
from wayseal.numbers.reads import ReadWatch
from wayseal.server._directory_cache import Principal
from wayseal.vault import Caller, Vault
from wayseal.vault.committer import Committer
from wayseal.vault.log import proofs, tiles
from wayseal.vault.requests import DiscloseJob

P = ParamSpec("P")
T = TypeVar("T")
_THREADS = 6


class Discloser(Protocol):
    """A taker of disclosures: a committer in a thread, or one in another process."""

    async def disclose(self, job: DiscloseJob) -> list[Answer]:
        """The answers, once they are durable; BusyError where too much waits. Who is cancelled takes nothing back."""

    @property
    def waiting(self) -> int:
        """How many asks wait."""

    def close(self) -> None:
        """Takes nothing more, and finishes."""


class LoopFutures:
    """Futures of a loop for futures of threads (rule 3)."""

    def __init__(self) -> None:
        self._finished: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._called = False

    def of(self, theirs: "Future[T]") -> "asyncio.Future[T]":
        """A future of the running loop that gets what `theirs` gets; cancelling it leaves `theirs` alone."""
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[T] = loop.create_future()
        theirs.add_done_callback(lambda done: self._finish(loop, mine, done))
        return mine

    def _finish(self, loop: asyncio.AbstractEventLoop, mine: "asyncio.Future[Any]", theirs: "Future[Any]") -> None:
        self._finished.append((mine, theirs))
        if not self._called:
            self._called = True
            with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
                loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # First, so that what finishes from now on calls again.
        self._called = False
        while self._finished:
            mine, theirs = self._finished.popleft()
            if mine.done():
                continue
            if (error := theirs.exception()) is not None:
                mine.set_exception(error)
            else:
                mine.set_result(theirs.result())


class LocalDiscloser:
    """A committer in a thread of this process."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self._futures = LoopFutures()

    async def disclose(self, job: DiscloseJob) -> list[Answer]:
        """See `Discloser`."""
        return await self._futures.of(self._committer.submit(job))

    @property
    def waiting(self) -> int:
        """See `Discloser`."""
        return self._committer.waiting

    def close(self) -> None:
        """See `Discloser`."""
        self._committer.close()


class AsyncVault:
    """Puts questions to a vault. `now` of each is the service's clock."""

    def __init__(self, vault: Vault, discloser: Discloser, reads: ReadWatch | None = None) -> None:
        """reads: is told of what was disclosed."""
        self.vault = vault
        self._discloser, self._reads = discloser, reads
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="wayseal-vault")

    async def disclose(
        self, caller: Caller, asks: Sequence[Ask], *, key: str | None, approval: str | None
    ) -> list[Answer]:
        """Answers, once they are durable."""
        job = self.vault.job(caller, asks, key=key, approval=approval)
        done = await self._discloser.disclose(job)
        if self._reads is not None and (seen := [one.waybill for one in done if isinstance(one, Disclosed)]):
            self._reads.note(seen, caller.actor or caller.client, caller.client, now())
        return done

    async def act(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` (a method of the vault) in a thread."""
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._pool, partial(work, *args, **kwargs)))

    async def principal(self, client: str, actor: str | None) -> Principal:
        """Who a client and an actor are (None: whom the client is itself)."""
        return await self.act(self._principal, client, actor)

    async def directory_version(self) -> int:
        """The version of the vault's directory, read now."""
        return await self.act(self.vault.directory_version)

    def _principal(self, client: str, actor: str | None) -> Principal:
        found = self.vault.client(client)
        name = actor if actor is not None else None if found is None else found.actor
        return Principal(client=found, actor=None if name is None else self.vault.actor(name))

    async def log_size(self) -> int:
        """How many entries the log has; DatabaseError where the database doesn't answer."""
        return await self.act(self.vault.main.read, tiles.size)

    async def check(self) -> None:
        """Asks both databases. DatabaseError: one doesn't answer. LogChangedError: it isn't the log that was seen."""
        await self.act(self.vault.check_log)
        await self.act(self.vault.keys.read, lambda c: c.execute(sa.select(1)).one())

    async def log_tile(self, wanted: Tile) -> bytes | None:
        """The hashes of a tile; None where the log has no such tile."""
        return await self.act(self.vault.main.read, lambda c: tiles.tile(c, tiles.size(c), wanted))

    async def prove(self, seq: int) -> str:
        """The proof of an entry, under a checkpoint that has it; VaultError where there is none (any more)."""
        return await self.act(self._prove, seq)

    def _prove(self, seq: int) -> str:
        note = self.vault.newest_checkpoint()
        if note is None or Checkpoint.claimed(note.encode()).size <= seq:
            note = self.vault.checkpoint(now=now())
        return self.vault.main.read(proofs.prove, self.vault.marks, seq, note.encode()).to_json()

    def close(self) -> None:
        """Finishes what was begun (rule 2)."""
        self._discloser.close()
        self._pool.shutdown()


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000
