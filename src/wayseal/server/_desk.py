"""The vault, as coroutines see it.

1. Disclosures go to the committer and nowhere else; everything else runs in few threads, so that a slow question never
   holds the loop.
2. A caller who goes away takes nothing back: what the vault began it finishes.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, Protocol, TypeVar

import sqlalchemy as sa

from wayseal.merkle import Checkpoint
from wayseal.merkle.tiles import Tile
from wayseal.server._arrivals import Arrivals
from wayseal.server._directory import Standing
from wayseal.store.database import Connection
from wayseal.vault import Vault
from wayseal.vault.committer import Committer
from wayseal.vault.jobs import DiscloseJob
from wayseal.vault.log import proofs, tiles
from wayseal.vault.policies import PolicyTexts, texts_in_force
from wayseal.vault.requests import Answer, Ask, Caller

P = ParamSpec("P")
T = TypeVar("T")
_THREADS = 6


class Discloses(Protocol):
    """What takes disclosures: a committer in a thread, or one in another process."""

    async def disclose(self, job: DiscloseJob) -> list[Answer]:
        """The answers, once they are durable; BusyError where too much waits. Who is cancelled takes nothing back."""

    @property
    def waiting(self) -> int:
        """How many asks wait."""

    def close(self) -> None:
        """Takes nothing more, and finishes."""


class CommitsHere:
    """A committer in a thread of this process."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self._arrivals = Arrivals()

    async def disclose(self, job: DiscloseJob) -> list[Answer]:
        """See `Discloses`."""
        return await self._arrivals.of(self._committer.submit(job))

    @property
    def waiting(self) -> int:
        """See `Discloses`."""
        return self._committer.waiting

    def close(self) -> None:
        """See `Discloses`."""
        self._committer.close()


class Desk:
    """Puts questions to a vault. `now` of each is the service's clock."""

    def __init__(self, vault: Vault, discloses: Discloses) -> None:
        self.vault = vault
        self._discloses = discloses
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="wayseal-desk")

    async def disclose(
        self, caller: Caller, asks: Sequence[Ask], *, key: str | None, approval: str | None
    ) -> list[Answer]:
        """Answers, once they are durable."""
        job = self.vault.job(caller, asks, key=key, approval=approval)
        return await self._discloses.disclose(job)

    async def act(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` (a method of the vault) returns, run in a thread."""
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._pool, partial(work, *args, **kwargs)))

    async def standing(self, client: str, actor: str | None) -> Standing:
        """Who a client and an actor are (None: whom the client is itself)."""
        return await self.act(self._standing, client, actor)

    async def directory_version(self) -> int:
        """The version of the vault's directory, read now."""
        return await self.act(self.vault.directory_version)

    def _standing(self, client: str, actor: str | None) -> Standing:
        found = self.vault.client(client)
        name = actor if actor is not None else None if found is None else found.actor
        return Standing(client=found, actor=None if name is None else self.vault.actor(name))

    async def log_size(self) -> int:
        """How many entries the log has; DatabaseError where the database doesn't answer."""
        return await self.act(self.vault.main.read, tiles.size)

    async def check(self) -> None:
        """Asks both databases; DatabaseError where one doesn't answer."""
        await self.act(self.vault.main.read, tiles.size)
        await self.act(self.vault.keys.read, _nothing)

    async def log_tile(self, wanted: Tile) -> bytes | None:
        """The hashes of a tile; None where the log has no such tile."""
        return await self.act(self.vault.main.read, _tile, wanted)

    async def prove(self, seq: int) -> str:
        """The proof of an entry, under a checkpoint that has it; VaultError where there is none (any more)."""
        return await self.act(self._prove, seq)

    def _prove(self, seq: int) -> str:
        note = self.vault.newest_checkpoint()
        if note is None or Checkpoint.claimed(note.encode()).size <= seq:
            note = self.vault.checkpoint(now=now())
        return self.vault.main.read(proofs.prove, seq, note.encode()).to_json()

    async def policy_texts(self) -> PolicyTexts:
        """The policy in force, as it was written."""
        return await self.act(self.vault.main.read, texts_in_force)

    def close(self) -> None:
        """Finishes what was begun (rule 2)."""
        self._discloses.close()
        self._pool.shutdown()


def _nothing(connection: Connection) -> None:
    connection.execute(sa.select(1))


def _tile(connection: Connection, wanted: Tile) -> bytes | None:
    return tiles.tile(connection, tiles.size(connection), wanted)


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000
