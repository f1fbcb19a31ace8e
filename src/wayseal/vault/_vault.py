"""The vault: databases, keys and policy put together. Every question and every act goes through here."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from wayseal.database import Connection, Database
from wayseal.model.errors import WaysealError
from wayseal.model.fields import MOST_AT_ONCE, Field
from wayseal.model.records import (
    Actor,
    Answer,
    Approval,
    Ask,
    Erased,
    Parcel,
    PolicyShown,
    Refused,
    Revised,
    Scan,
    Sealed,
    Ticket,
)
from wayseal.model.runtime import Closing
from wayseal.vault import _disclose as disclosing
from wayseal.vault import _seal as sealing
from wayseal.vault import active_policy, approvals, check, directory
from wayseal.vault import tables as t
from wayseal.vault import work_events as feed
from wayseal.vault._context import forget_replies
from wayseal.vault._disclose import DecisionInputs
from wayseal.vault._find import find
from wayseal.vault._revise import revise, tidy
from wayseal.vault._show import show, verdicts
from wayseal.vault.committer import Outcomes
from wayseal.vault.directory import ActorRecord, Client
from wayseal.vault.erasure import due, erase
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.keyring import Keyring, KeyService, KeySource, LocalKeys
from wayseal.vault.keyring.keys import LogKey
from wayseal.vault.log import Tail, UnitOfWork, make_checkpoint, newest_checkpoint
from wayseal.vault.log.memory import LogMemory, WatchedDatabase
from wayseal.vault.log.sound_entries import check_end
from wayseal.vault.policy import Policy
from wayseal.vault.policy.budgets import day_of
from wayseal.vault.requests import Caller, Change, Decided, DiscloseJob, Verdict
from wayseal.vault.row_macs import RowMacs
from wayseal.vault.sealing import read_token

A = TypeVar("A")
B = TypeVar("B")
P = ParamSpec("P")
T = TypeVar("T")
HOUR = 3_600_000_000
_SEEN = 500_000
_REFRESH = 1.0
"""Seconds between two looks for a newer policy or other clients."""


class Vault(Closing):
    """One vault over its two databases, which it closes. Thread-safe; times are microseconds since 1970, UTC.

    A context manager; databases of which no vault could be made stay with whoever opened them.
    """

    def __init__(
        self,
        main: Database,
        keys: Database,
        source: KeySource,
        *,
        service: KeyService | None = None,
        memory: LogMemory | None = None,
        utc_offset: int = 8 * HOUR,
        backups: int = 30 * 24 * HOUR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """The vault that `new_vault` made there.

        source: the keyring. service: what wraps data keys, by default the keyring too. memory: what was seen of the log
        before. utc_offset: of the courier's clock, by which budgets have their days. backups: how long backups of the
        key database are kept; both in microseconds. VaultError where there is no vault; LogChangedError where its log
        or its policy isn't the one that was seen.
        """
        self._main, self._keys, self._source = main, keys, source
        self._offset, self._backups, self._clock = utc_offset, backups, clock
        self._lock = threading.Lock()
        self._tail: Tail | None = None
        self._seen: tuple[int, set[tuple[str, str, str]]] = (0, set())
        self._refreshed_at = clock()
        self.memory = memory or LogMemory(None)
        self._writing = WatchedDatabase(main, self.memory)
        self.origin = main.read(_origin, self.keyring)
        self._marks = RowMacs(source, self.origin)
        self._service = service or LocalKeys(source, self.origin)
        self.check_log()
        self._policy, self._clients, self._directory = main.read(_standing, self.marks, None)

    @property
    def keyring(self) -> Keyring:
        """The keyring as it is now."""
        return self._source.current()

    @property
    def marks(self) -> RowMacs:
        """The maker and checker of the marks of its rows, by the keyring as it is now."""
        if self._marks.keyring is not self.keyring:
            self._marks = RowMacs(self._source, self.origin)
        return self._marks

    @property
    def policy(self) -> Policy:
        """The policy in force; looked for once a second."""
        self._refresh()
        return self._policy

    def client(self, client: str) -> Client | None:
        """A client by its id; None where there is none."""
        self._refresh()
        return self._clients.get(client)

    def directory_version(self) -> int:
        """A number that every change of an actor or a client raises, read now."""
        self._refresh(always=True)
        return self._directory

    def actor(self, actor: str) -> ActorRecord | None:
        """An actor of the directory."""
        return self._main.read(directory.actor_of, self.marks, actor)

    def seal(
        self, caller: Caller, parcels: Sequence[Parcel], *, now: int, key: str | None = None
    ) -> list[Sealed | Refused]:
        """Seals parcels under their numbers; an answer for each. key: idempotency key. VaultError: nothing was done."""
        key = check.optional("key", key)
        return sealing.seal(self._sealing(), partial(self._act, caller, now), caller, parcels, key=key)

    def disclose(
        self, caller: Caller, asks: Sequence[Ask], *, now: int, key: str | None = None, approval: str | None = None
    ) -> list[Answer]:
        """Shows what the policy allows; an answer for each. VaultError: the request as a whole can't be."""
        job = self.job(caller, asks, key=key, approval=approval)
        (done,) = self.disclose_group([job], now=now)
        if isinstance(done, Exception):
            raise done
        return done

    @staticmethod
    def job(caller: Caller, asks: Sequence[Ask], *, key: str | None = None, approval: str | None = None) -> DiscloseJob:
        """A request as `disclose_group` takes it; VaultError names the field that can't be."""
        if not 0 < len(asks) <= MOST_AT_ONCE:
            raise VaultError("1 to {most} in one request", key="waybills", most=MOST_AT_ONCE)
        clean = tuple(
            Ask(
                waybill=check.waybill(a.waybill),
                purpose=check.purpose(a.purpose),
                reason=check.reason(a.reason),
                fields=a.fields,
            )
            for a in asks
        )
        check.optional("key", key)
        check.optional("approval", approval)
        return DiscloseJob(caller=caller, asks=clean, key=key, approval=approval)

    def disclose_group(self, jobs: Sequence[DiscloseJob], *, now: int) -> list[list[Answer] | Exception]:
        """Answers to requests of many callers, made durable in one transaction; an error in the place of a request."""
        return self.answer_group(self.commit_group(jobs, now=now))

    def commit_group(self, jobs: Sequence[DiscloseJob], *, now: int) -> list[list[Decided] | VaultError]:
        """The first half: decides requests and makes that durable; nothing is shown yet. One at a time."""
        day = day_of(now, self._offset)
        with self._lock:
            if self._seen[0] != day or len(self._seen[1]) > _SEEN:
                self._seen = (day, set())
            rules = self._decision_inputs()
            try:
                tail = self._tail if self._tail and self._tail.size >= self.memory.seen.size else None
                done = self._main.write(disclosing.commit, jobs, rules, tail, self.memory.check, now=now, day=day)
            except WaysealError:
                self._tail = None
                raise
            self._tail = done.tail
            if done.tail is not None:
                self.memory.learn(done.tail.size, done.tail.last)
            self._seen[1].update(done.shown)
        return done.jobs

    def answer_group(self, jobs: Outcomes) -> list[list[Answer] | Exception]:
        """The second half: opens what was committed. What fails here fails alone; the log isn't asked again."""
        return self.show_group(self.verdict_group(jobs))

    def verdict_group(self, jobs: Outcomes) -> list[list[Verdict] | Exception]:
        """Return the verdicts that were committed, with all that showing them takes."""
        return _by_job(jobs, lambda flat: verdicts(self._keys, flat))

    def show_group(self, jobs: Sequence[list[Verdict] | Exception]) -> list[list[Answer] | Exception]:
        """Opens what was committed, here or by another process; asks no database."""
        return _by_job(jobs, lambda flat: show(self._service, flat))

    def revise(
        self,
        caller: Caller,
        waybill: str,
        purpose: str,
        reason: str,
        values: Mapping[Field, str],
        *,
        now: int,
        key: str | None = None,
    ) -> Revised | Refused:
        """Seals fields of a waybill anew, where the purpose changes them. VaultError: the request can't be."""
        if not values:
            raise VaultError("values: at least one field is needed")
        change = Change(
            waybill=check.waybill(waybill),
            purpose=check.purpose(purpose),
            reason=check.reason(reason),
            values={field: check.value(field, text) for field, text in values.items()},
        )
        rules, day = self._decision_inputs(), day_of(now, self._offset)
        return revise(self._sealing(), caller, change, rules, key=check.optional("key", key), now=now, day=day)

    def find(self, caller: Caller, phone: str, purpose: str, reason: str, *, now: int) -> list[str] | Refused:
        """Waybills with this phone, by blind index and quota."""
        check.purpose(purpose)
        check.reason(reason)
        return self._act(caller, now, find, self._decision_inputs(), phone, purpose, reason)

    def scans(self, caller: Caller, events: Sequence[Scan], *, now: int) -> int:
        """Takes scans in; how many were new."""
        return self._act(caller, now, feed.record_scans, events)

    def tickets(self, caller: Caller, events: Sequence[Ticket], *, now: int) -> int:
        """Takes tickets in; how many were new."""
        return self._act(caller, now, feed.record_tickets, events)

    def actors(self, caller: Caller, records: Sequence[Actor], *, now: int) -> None:
        """Adds actors, or replaces what is known of them."""
        self._act(caller, now, directory.put_actors, records)

    def train(self, caller: Caller, until: Mapping[str, int | None], *, now: int) -> None:
        """Sets until when actors' training counts, and nothing else of them."""
        self._act(caller, now, directory.set_trained, until)

    def block(self, caller: Caller, actor: str, *, now: int) -> None:
        """Puts an actor on the blocked list: it is shown nothing any more."""
        self._act(caller, now, directory.set_blocked, actor, blocked=True)

    def unblock(self, caller: Caller, actor: str, *, now: int) -> None:
        """Takes an actor off the blocked list."""
        self._act(caller, now, directory.set_blocked, actor, blocked=False)

    def add_client(
        self,
        caller: Caller,
        client: str,
        *,
        scopes: frozenset[str],
        actor: str | None = None,
        acts_for: frozenset[str] = frozenset(),
        per_second: int = 1000,
        certificate_sha256: str | None = None,
        now: int,
    ) -> str:
        """Adds a system that may call; its secret, which nobody can tell again."""
        secret, digest = directory.new_secret()
        made = Client(
            client=client,
            secret_sha256=digest,
            scopes=scopes,
            actor=actor,
            acts_for=acts_for,
            per_second=per_second,
            certificate_sha256=certificate_sha256,
            disabled_at=None,
        )
        self._act(caller, now, directory.add_client, made)
        self._refresh(always=True)
        return secret

    def disable_client(self, caller: Caller, client: str, *, now: int) -> None:
        """Ends a client's rights at once."""
        self._act(caller, now, directory.disable_client, client)
        self._refresh(always=True)

    def new_client_secret(self, caller: Caller, client: str, *, now: int) -> str:
        """Another secret for a client; the old one ends at once."""
        secret, digest = directory.new_secret()
        self._act(caller, now, directory.change_secret, client, digest)
        self._refresh(always=True)
        return secret

    def set_client_roles(self, caller: Caller, client: str, roles: frozenset[str], *, now: int) -> None:
        """Has a client act for other roles."""
        self._act(caller, now, directory.change_roles, client, roles)
        self._refresh(always=True)

    def list_actors(self) -> list[ActorRecord]:
        """All actors, by id."""
        return self._main.read(directory.actors, self.marks)

    def list_clients(self) -> list[Client]:
        """All clients, by id."""
        return self._main.read(directory.clients, self.marks)

    def ask_approval(self, caller: Caller, purpose: str, most: int, *, now: int) -> Approval:
        """Asks a second person to agree to bulk."""
        return self._act(caller, now, approvals.ask, purpose, most, self.policy)

    def approve(self, caller: Caller, approval: str, *, now: int) -> Approval:
        """Agrees to bulk that another asked for; VaultError says why not."""
        return self._act(caller, now, approvals.agree, approval, self.policy)

    def erase(self, caller: Caller, waybills: Sequence[str], *, why: str = "request", now: int) -> list[Erased]:
        """Erases what is sealed under numbers; each says when the last backup of its key is gone."""
        numbers = list(dict.fromkeys(check.waybill(w) for w in waybills))
        check.code("why", why)
        act = partial(self._act, caller, now)
        return erase(act, self._writing, self._keys, numbers, why, backups=self._backups, now=now)

    def retain(self, caller: Caller, *, now: int) -> list[Erased]:
        """Erases the oldest numbers whose time is over (at most 1,000), and answers that nobody can ask for again."""
        self._writing.write(forget_replies, now)
        numbers = self._main.read(due, now)
        return self.erase(caller, numbers, why="retention", now=now) if numbers else []

    def tidy(self, *, now: int) -> int:
        """Deletes data keys of records that were revised long enough ago; how many. Run it with `retain`."""
        return tidy(self._main, self._keys, now)

    def read_token(self, token: str) -> tuple[str, Field]:
        """Number and field of a token."""
        return read_token(self.keyring, token)

    def activate_policy(self, caller: Caller, purposes: str, rules: str, *, now: int) -> Policy:
        """Puts a policy in force; PolicyError where it can't be."""
        made = self._act(caller, now, active_policy.activate, purposes, rules)
        self._refresh(always=True)
        return made

    def checkpoint(self, *, now: int) -> str:
        """A signed checkpoint of the log as it is."""
        key = self.keyring.key(LogKey).signing(self.origin)
        self.memory.reread()
        return self._writing.write(make_checkpoint, self.origin, key, now, self._check_log, self.memory.keep_signed)

    def policy_texts(self) -> PolicyShown:
        """The policy in force, as it was written."""
        return self._main.read(active_policy.texts_in_force)

    def record_act(self, caller: Caller, act: str, *, now: int, **more: str | int) -> None:
        """Writes down what an administrator does beside the vault, before it is done; `more`: ids and counts."""
        self._act(caller, now, lambda unit: unit.record_act(act, **more))

    def check_log(self) -> None:
        """LogChangedError where the log isn't the one that was seen, or its last entry isn't this vault's."""
        self._main.read(self._check_log)

    def newest_checkpoint(self) -> str | None:
        """The newest signed checkpoint, without making one."""
        return self._main.read(newest_checkpoint)

    @property
    def main(self) -> Database:
        """The database with records, directory and log."""
        return self._main

    @property
    def keys(self) -> Database:
        """The database with wrapped data keys."""
        return self._keys

    def close(self) -> None:
        """Lets go of both databases, and keeps what was seen of the log."""
        with self._keys, self._main:
            self.memory.save()

    def _act(
        self, caller: Caller, now: int, work: Callable[Concatenate[UnitOfWork, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` as a unit of its own."""
        marks, version, day = self.marks, self.policy.version, day_of(now, self._offset)

        @wraps(work)
        def acting(connection: Connection) -> T:
            return work(UnitOfWork(connection, marks, caller, version, now, day), *args, **kwargs)

        return self._writing.write(acting)

    def _check_log(self, connection: Connection) -> None:
        self.memory.check(connection)
        self.memory.check_signed(connection)
        check_end(connection, self.marks)

    def _sealing(self) -> sealing.Sealing:
        return sealing.Sealing(
            main=self._writing, keys=self._keys, service=self._service, keyring=self.keyring, marks=self.marks
        )

    def _decision_inputs(self) -> DecisionInputs:
        self._refresh()
        may = {client.client: client.acts_for for client in self._clients.values() if client.disabled_at is None}
        return DecisionInputs(policy=self._policy, keyring=self.keyring, marks=self.marks, seen=self._seen[1], may=may)

    def _refresh(self, *, always: bool = False) -> None:
        """Looks for a newer policy and other clients."""
        now = self._clock()
        if always or now - self._refreshed_at >= _REFRESH:
            self._refreshed_at = now
            self._policy, self._clients, self._directory = self._main.read(_standing, self.marks, self._policy)


def _by_job(jobs: Sequence[list[A] | Exception], made: Callable[[list[A]], list[B]]) -> list[list[B] | Exception]:
    """Call `made` once on all that the jobs hold; put the results, or its error, back in their places."""
    try:
        out = iter(made([one for job in jobs if isinstance(job, list) for one in job]))
    except WaysealError as error:
        return [error if isinstance(job, list) else job for job in jobs]
    return [[next(out) for _ in job] if isinstance(job, list) else job for job in jobs]


def _origin(connection: Connection, keyring: Keyring) -> str:
    row = connection.execute(sa.select(t.facts).where(t.facts.c.name == "origin")).one_or_none()
    if row is None:
        raise VaultError("there is no vault in this database yet: run `wayseal vault init`")
    origin = str(row.value)
    if not RowMacs(keyring, origin).holds(t.facts, row):
        raise LogChangedError("the vault's origin was written by somebody else than the vault: verify it")
    return origin


def _standing(connection: Connection, marks: RowMacs, known: Policy | None) -> tuple[Policy, dict[str, Client], int]:
    """The policy in force (read anew only where it is another one), the clients, the directory's version."""
    policy = active_policy.policy_in_force(connection, marks, known)
    clients = {client.client: client for client in directory.clients(connection, marks)}
    return policy, clients, directory.version_of(connection)


def new_vault(
    main: Database, keys: Database, keyring: Keyring, origin: str, purposes: str, rules: str, caller: Caller, now: int
) -> None:
    """Makes a vault in databases that have their tables.

    Args:
        main: Records, directory and log.
        keys: Wrapped data keys.
        keyring: The vault's.
        origin: The log's name, for good.
        purposes: The first policy's purposes, as TOML.
        rules: Its rules, as Cedar policies.
        caller: Who does it.
        now: Microseconds since 1970, UTC.

    Raises:
        VaultError: There is one already.
        PolicyError: The policy can't be.
    """
    check.identifier("origin", origin)
    if " " in origin or "+" in origin:
        raise VaultError("origin: no space and no plus sign, as it signs checkpoints")
    main.write(_make, RowMacs(keyring, origin), origin, purposes, rules, caller, now)


def _make(
    connection: Connection, marks: RowMacs, origin: str, purposes: str, rules: str, caller: Caller, now: int
) -> None:
    if connection.execute(sa.select(t.facts)).first() is not None:
        raise VaultError("there is a vault in this database already")
    rows = [{"name": "origin", "value": origin}, {"name": "made_at", "value": str(now)}]
    connection.execute(t.facts.insert(), [marks.marked(t.facts, row) for row in rows])
    unit = UnitOfWork(connection, marks, caller, 0, now, 0)
    active_policy.activate(unit, purposes, rules)
