"""Changing what is sealed under a number: the whole record is sealed anew, as its next revision.

Obligations (code and tests cite the numbers):
1. The policy decides as it does for a disclosure of the purpose, and the purpose must say that it changes these fields
   (`revises`). Each change counts against the purpose's budgets, and leaves one entry, as each refusal does.
2. Ledger before change: entry, budgets, record and tags of its phones are one transaction. The entry names fields, and
   nothing that stands in them.
3. Each revision has a data key of its own, durable before its record: whatever stands under a number can be opened. So
   what was replaced goes with its own key, in copies and backups too, and no old record opens as a new one.
4. Once the record is durable, its older keys are superseded. A record that comes with such a key, or with none, was put
   back by somebody: it is `damaged`. What a crash leaves unmarked, `tidy` marks.
5. A superseded key is kept for KEPT, as a backup of the records may be as much older than that of the keys, and is then
   deleted.
6. Of several at once, each changes what the one before left. What is opened to be sealed anew is opened in memory, once
   the policy allowed it, and is told to nobody.
7. With an idempotency key a request is done once, and has the same answer again.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection, Database, DatabaseError
from wayseal.model.fields import Field
from wayseal.model.records import Ask, Parcel, Refused, Revised
from wayseal.vault import tables as t
from wayseal.vault._context import find_reply, keep_reply, request_digest
from wayseal.vault._disclose import DecisionInputs, decide_one
from wayseal.vault._seal import KEY_ID, Sealing, tags_of
from wayseal.vault._sql import add, chosen, delete_chosen, put
from wayseal.vault.data_keys import data_keys_of
from wayseal.vault.errors import BusyError, VaultError
from wayseal.vault.keyring import Wrapped
from wayseal.vault.log import EntryKind, append
from wayseal.vault.log.entries import UNKNOWN, entry, loggable_number
from wayseal.vault.requests import Caller, Change, Decided, DiscloseJob, words_of
from wayseal.vault.row_macs import RowMacs
from wayseal.vault.sealing import SealedItem, SealedRecord, open_parcels, seal_parcels, seal_reason, token_of
from wayseal.vault.sealing.tokens import field_token

KEPT = 2 * 86_400_000_000
"""How long a superseded key is kept, microseconds: both halves of a backup are to be made within it."""
TRIES = 5
"""How often a change begins anew because another came first."""
PORTION = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReviseRequest:
    """A request: who, what, by which rules. key: idempotency key, and the hash by which the request is known again."""

    job: DiscloseJob
    change: Change
    inputs: DecisionInputs
    key: tuple[str, bytes] | None
    now: int
    day: int

    @property
    def marks(self) -> RowMacs:
        """The maker of row marks."""
        return self.inputs.marks

    @property
    def names(self) -> str:
        """The fields that are to change, in their order."""
        return " ".join(field for field in Field if field in self.change.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resealed:
    """A record sealed anew, and the tags of its phones. before: the row that it takes the place of."""

    before: Any
    key_id: bytes
    record: SealedRecord
    tags: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unopenable:
    """A record that doesn't open."""

    before: Any


def revise(
    parts: Sealing, caller: Caller, change: Change, inputs: DecisionInputs, *, key: str | None, now: int, day: int
) -> Revised | Refused:
    """Seals the fields that change, and with them the whole record anew (obligations 1 to 7).

    BusyError: others changed it again and again meanwhile.
    """
    request = _make_request(parts, caller, change, inputs, key, now, day)
    for _ in range(TRIES):
        before = parts.main.read(_read_if_allowed, request)
        made = None if before is None else _reseal(parts, change, before)
        if isinstance(made, _Resealed):
            parts.keys.write(_store_key, made)
        answer, kept = parts.main.write(_commit_revision, parts, request, made)
        if isinstance(made, _Resealed):
            # What was done is durable: whatever a database that fails now leaves behind, `tidy` sees to.
            with suppress(DatabaseError):
                _settle_keys(parts.keys, made, answer.seq if kept and answer is not None else None, now)
        if answer is not None:
            return answer
    raise BusyError("others change the waybill: ask again")


def tidy(main: Database, keys: Database, now: int) -> int:
    """Marks what crashes left unmarked (obligation 4), and deletes what was kept long enough (5); how many it deleted.

    A key of a later revision than the record's is left alone: somebody is about to use it.
    """
    last = ""
    while numbers := keys.read(_with_several_keys, last):
        seq, rows = main.read(_current_records, numbers)
        for row in rows:
            keys.write(_supersede, row.waybill, row.key_id, row.revision, seq, now)
        last = numbers[-1]
    old = keys.read(_superseded_before, now - KEPT)
    named = {(row.waybill, row.key_id) for row in main.read(_current_records, [number for number, _ in old])[1]}
    gone = [one for one in old if one not in named]
    if gone:
        keys.write(_delete_keys, gone)
    return len(gone)


def _make_request(
    parts: Sealing, caller: Caller, change: Change, inputs: DecisionInputs, key: str | None, now: int, day: int
) -> _ReviseRequest:
    ask = Ask(waybill=change.waybill, purpose=change.purpose, reason=change.reason)
    spelled = [f"{field}={text}" for field, text in sorted(change.values.items())]
    said = (change.waybill, change.purpose, change.reason, *spelled)
    return _ReviseRequest(
        job=DiscloseJob(caller=caller, asks=(ask,)),
        change=change,
        inputs=inputs,
        key=None if key is None else (key, request_digest(parts.keyring, "revise", caller.actor, *said)),
        now=now,
        day=day,
    )


def _read_if_allowed(connection: Connection, request: _ReviseRequest) -> Any:
    """The record, where it may be changed; None where it may not, or this request was answered before."""
    if _find_answer(connection, request) is not None:
        return None
    one, _ = decide_one(connection, request.job, request.inputs, now=request.now, day=request.day)
    return one.parcel if one.decision.allowed and _purpose_allows(request) else None


def _find_answer(connection: Connection, request: _ReviseRequest) -> list[Any] | None:
    """Find the answer given to this very request before (obligation 7)."""
    if request.key is None:
        return None
    return find_reply(connection, request.marks, request.job.caller.client, *request.key, request.now)


def _purpose_allows(request: _ReviseRequest) -> bool:
    """Check whether the purpose changes these fields (obligation 1)."""
    purpose = request.inputs.policy.purposes.get(request.change.purpose)
    return purpose is not None and request.change.values.keys() <= purpose.revises


def _reseal(parts: Sealing, change: Change, before: Any) -> _Resealed | _Unopenable:
    """Obligations 3 and 6."""
    keys = parts.keys.read(data_keys_of, [change.waybill])
    found = keys.get(change.waybill, {}).get(before.key_id)
    if found is None or found.superseded_by is not None:
        return _Unopenable(before=before)
    wrapped = Wrapped(found.key_version, found.wrapped)
    item = SealedItem(change.waybill, before.sealed, wrapped, revision=before.revision)
    (opened,) = open_parcels(parts.service, [item])
    if isinstance(opened, VaultError):
        return _Unopenable(before=before)
    parcel = Parcel(waybill=change.waybill, values={**opened, **change.values})
    (record,) = seal_parcels(parts.service, [parcel], before.revision + 1)
    return _Resealed(before=before, key_id=os.urandom(KEY_ID), record=record, tags=tags_of(parts.keyring, parcel))


def _store_key(connection: Connection, made: _Resealed) -> None:
    wrapped = made.record.wrapped
    row = {"waybill": made.record.waybill, "key_id": made.key_id, "revision": made.before.revision + 1}
    connection.execute(t.data_keys.insert(), {**row, "key_version": wrapped.key_version, "wrapped": wrapped.wrapped})


def _commit_revision(
    connection: Connection, parts: Sealing, request: _ReviseRequest, made: _Resealed | _Unopenable | None
) -> tuple[Revised | Refused | None, bool]:
    """Obligation 2: the answer, and whether the record was kept.

    No answer where this has to begin anew: the record, or what the policy says of it, is another now.
    """
    if (old := _find_answer(connection, request)) is not None:
        return _make_answer(parts, request, *old), False
    one, counts = decide_one(connection, request.job, request.inputs, now=request.now, day=request.day)
    rule = None if one.decision.allowed else one.decision.rule
    if rule is None and not _purpose_allows(request):
        rule = "revises"
    if rule is None:
        if made is None or _version_of(made.before) != _version_of(one.parcel):
            return None, False
        if isinstance(made, _Unopenable):
            rule = "damaged"
    revision = 0
    if rule is None and isinstance(made, _Resealed):
        revision = made.before.revision + 1
        _store_record(connection, request.marks, made)
        add(connection, t.budgets, "used", counts)
    seq, leaf = _append_entry(connection, request, one, rule, revision)
    answer = (seq, leaf.hex(), rule, revision)
    if request.key is not None:
        keep_reply(connection, request.marks, request.job.caller.client, request.key, answer, request.now)
    return _make_answer(parts, request, *answer), rule is None


def _version_of(row: Any) -> tuple[bytes, int]:
    return row.key_id, row.revision


def _store_record(connection: Connection, marks: RowMacs, made: _Resealed) -> None:
    """The record, and the tags of its phones."""
    number = made.record.waybill
    (before,) = chosen(connection, t.waybills, "waybill", [number])
    values = {"sealed": made.record.sealed, "revision": made.before.revision + 1, "key_id": made.key_id}
    put(connection, t.waybills, [marks.marked(t.waybills, {**before._asdict(), **values})])
    delete_chosen(connection, t.phones, "waybill", [number])
    if made.tags:
        connection.execute(t.phones.insert(), made.tags)


def _append_entry(
    connection: Connection, request: _ReviseRequest, one: Decided, rule: str | None, revision: int
) -> tuple[int, bytes]:
    """Place and leaf of the entry that says what was done."""
    also, known = one.decision.also, one.parcel is not None
    caller, change, keyring = request.job.caller, request.change, request.inputs.keyring
    more: dict[str, str | int] = {"fields": request.names}
    waybill = loggable_number(change.waybill, known=known)
    if waybill is None:
        more["number"] = UNKNOWN
    if rule is None:
        more["revision"] = revision
    else:
        more |= {"act": "revise", **({"also": " ".join(also)} if also else {})}
    made = entry(
        EntryKind.REVISED if rule is None else EntryKind.REFUSED,
        caller,
        request.now,
        request.inputs.policy.version,
        waybill=waybill,
        purpose=request.inputs.policy.code_of(change.purpose),
        rule=rule,
        reason=seal_reason(keyring, caller.request.encode(), change.reason),
        more=more,
    )
    added = append(connection, request.marks, [made])
    return added.first, added.leaves[0]


def _make_answer(
    parts: Sealing, request: _ReviseRequest, seq: int, leaf: str, rule: str | None, revision: int
) -> Revised | Refused:
    """Make the answer to a change, now or again (obligation 7)."""
    change, policy = request.change, request.inputs.policy
    if rule is not None:
        zh, en = words_of(policy, rule)
        return Refused(waybill=change.waybill, rule=rule, zh=zh, en=en, seq=seq)
    base, purpose = token_of(parts.keyring, change.waybill), policy.purposes.get(change.purpose)
    shown = {} if purpose is None else purpose.fields
    changed = [field for field in Field if field in change.values]
    return Revised(
        waybill=change.waybill,
        revision=revision,
        tokens={field: field_token(base, field) for field in changed},
        forms={field: shown[field] for field in changed if field in shown},
        seq=seq,
        leaf=leaf,
    )


def _settle_keys(keys: Database, made: _Resealed, seq: int | None, now: int) -> None:
    """Obligation 4. seq: place of the change's entry; None: the record wasn't kept, and its key goes."""
    number, revision = made.record.waybill, made.before.revision + 1
    if seq is None:
        keys.write(_delete_keys, [(number, made.key_id)])
    else:
        keys.write(_supersede, number, made.key_id, revision, seq, now)


def _supersede(connection: Connection, number: str, key_id: bytes, revision: int, seq: int, now: int) -> None:
    """Marks the keys of a number that a record of this revision and key has left behind."""
    columns = t.data_keys.c
    older = (columns.revision < revision) | ((columns.revision == revision) & (columns.key_id != key_id))
    which = (columns.waybill == number) & columns.superseded_by.is_(None) & older
    connection.execute(sa.update(t.data_keys).where(which).values(superseded_by=seq, superseded_at=now))


def _delete_keys(connection: Connection, which: Sequence[tuple[str, bytes]]) -> None:
    columns = t.data_keys.c
    one = (columns.waybill == sa.bindparam("b_waybill")) & (columns.key_id == sa.bindparam("b_key_id"))
    rows: list[Mapping[str, Any]] = [{"b_waybill": number, "b_key_id": key_id} for number, key_id in which]
    connection.execute(sa.delete(t.data_keys).where(one), rows)


def _with_several_keys(connection: Connection, last: str) -> list[str]:
    """Numbers with several keys of which none was superseded, in order."""
    columns = t.data_keys.c
    counted = (
        sa.select(columns.waybill)
        .where(columns.superseded_by.is_(None) & (columns.waybill > last))
        .group_by(columns.waybill)
        .having(sa.func.count() > 1)
        .order_by(columns.waybill)
        .limit(PORTION)
    )
    return list(connection.execute(counted).scalars())


def _current_records(connection: Connection, numbers: Sequence[str]) -> tuple[int, Sequence[Any]]:
    """The last place of the log, and the records of numbers."""
    last = connection.execute(sa.select(sa.func.max(t.entries.c.seq))).scalar()
    return last or 0, chosen(connection, t.waybills, "waybill", list(dict.fromkeys(numbers)))


def _superseded_before(connection: Connection, before: int) -> list[tuple[str, bytes]]:
    columns = t.data_keys.c
    which = sa.select(columns.waybill, columns.key_id).where(columns.superseded_at < before)
    return [(row.waybill, row.key_id) for row in connection.execute(which)]
