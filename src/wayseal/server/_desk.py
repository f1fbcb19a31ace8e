"""The vault, as coroutines see it.

1. Disclosures go to the committer and nowhere else; everything else runs in few threads, so that a slow question never
   holds the loop.
2. A caller who goes away takes nothing back: what the vault began it finishes.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar

from wayseal.server._directory import Standing
from wayseal.server._port import (
    ActorRecord,
    Approval,
    Client,
    DiscloseJob,
    Erasure,
    Policy,
    ScanEvent,
    TicketEvent,
)
from wayseal.vault._acts import Answer, Ask, Caller, Parcel, Refused, Sealed
from wayseal.vault.fields import Field

P = ParamSpec("P")
T = TypeVar("T")
_THREADS = 6


class Vault(Protocol):
    """What the service needs of a vault; times are microseconds."""

    def seal(
        self, caller: Caller, parcels: Sequence[Parcel], *, now: int, key: str | None
    ) -> list[Sealed | Refused]: ...
    def find(self, caller: Caller, phone: str, purpose: str, reason: str, *, now: int) -> list[str] | Refused: ...
    def scans(self, caller: Caller, scans: Sequence[ScanEvent], *, now: int) -> int: ...
    def tickets(self, caller: Caller, tickets: Sequence[TicketEvent], *, now: int) -> int: ...
    def actors(self, caller: Caller, records: Sequence[ActorRecord], *, now: int) -> int: ...
    def block(self, caller: Caller, actor: str, reason: str, *, now: int) -> None: ...
    def unblock(self, caller: Caller, actor: str, reason: str, *, now: int) -> None: ...
    def ask_approval(self, caller: Caller, purpose: str, most: int, reason: str, *, now: int) -> Approval: ...
    def approve(self, caller: Caller, approval: str, *, now: int) -> Approval | Refused: ...
    def erase(self, caller: Caller, waybill: str, reason: str, *, now: int) -> Erasure: ...
    def client(self, client: str) -> Client | None: ...
    def actor(self, actor: str) -> ActorRecord | None: ...
    def token(self, token: str) -> tuple[str, Field] | None: ...
    def checkpoint(self) -> str: ...
    def tile(self, level: int, index: int, width: int) -> bytes: ...
    def prove(self, seq: int) -> dict[str, Any]: ...
    def health(self) -> dict[str, Any]: ...
    def activate_policy(self, caller: Caller, purposes: str, rules: str, *, now: int) -> Policy: ...
    @property
    def policy(self) -> Policy: ...


class Commits(Protocol):
    """What the service needs of a committer."""

    @property
    def waiting(self) -> int: ...
    def submit(self, job: DiscloseJob) -> "Future[list[Answer]]": ...
    def close(self) -> None: ...


class Desk:
    """Puts questions to a vault. `now` of each is the service's clock."""

    def __init__(self, vault: Vault, committer: Commits) -> None:
        self.vault = vault
        self.committer = committer
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="wayseal-desk")

    async def disclose(
        self, caller: Caller, asks: Sequence[Ask], *, key: str | None, approval: str | None
    ) -> list[Answer]:
        """Answers, once they are durable."""
        job = DiscloseJob(caller=caller, asks=asks, key=key, approval=approval)
        return await asyncio.shield(asyncio.wrap_future(self.committer.submit(job)))

    async def act(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` (a method of the vault) returns, run in a thread."""
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._pool, partial(work, *args, **kwargs)))

    async def standing(self, client: str, actor: str | None) -> Standing:
        """Who a client and an actor are (None: whom the client is itself)."""
        return await self.act(self._standing, client, actor)

    def _standing(self, client: str, actor: str | None) -> Standing:
        found = self.vault.client(client)
        name = actor if actor is not None else None if found is None else found.actor
        return Standing(client=found, actor=None if name is None else self.vault.actor(name))

    def close(self) -> None:
        """Finishes what was begun (rule 2)."""
        self.committer.close()
        self._pool.shutdown()


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000
