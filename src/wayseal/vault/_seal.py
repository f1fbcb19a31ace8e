"""Sealing parcels under their numbers.

1. Wrapped keys are durable before what they open: whatever stands under a number can be opened.
2. A number is sealed once: a second parcel under it is refused (rule `exists`), whatever it holds.
3. A request with an idempotency key gives the same answer again; the key with another request is refused.
4. Each request leaves one entry in the log: how many numbers, and a hash over them.
5. What hangs on the length of a caller's texts is done before the transaction, which holds up everybody else.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wayseal.database import Connection, Database
from wayseal.model.fields import MOST_AT_ONCE, Field
from wayseal.model.records import Parcel, Refused, Sealed, format_time
from wayseal.model.times import micros_of
from wayseal.vault import check
from wayseal.vault import tables as t
from wayseal.vault._context import ACTOR, OUTLET, digest, find_reply, keep_reply, request_digest
from wayseal.vault._sql import chosen
from wayseal.vault.errors import VaultError
from wayseal.vault.keyring import Keyring, KeyService
from wayseal.vault.log import EntryKind, UnitOfWork
from wayseal.vault.log.memory import WatchedDatabase
from wayseal.vault.policy import Work
from wayseal.vault.requests import Caller, refused
from wayseal.vault.row_macs import RowMacs
from wayseal.vault.sealing import SealedRecord, seal_parcels, token_of
from wayseal.vault.sealing.phones import phone_tags
from wayseal.vault.sealing.tokens import field_token
from wayseal.vault.work_events import count_work, settle

KEY_ID = 8
_PHONES = (Field.SENDER_PHONE, Field.RECIPIENT_PHONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """The parts that sealing needs: where keys and records go, and what seals."""

    main: Database | WatchedDatabase
    keys: Database
    service: KeyService
    keyring: Keyring
    marks: RowMacs


def seal(
    sealing: Sealing, act: Callable[..., Any], caller: Caller, parcels: Sequence[Parcel], *, key: str | None
) -> list[Sealed | Refused]:
    """Seals parcels (rules 1 to 4). VaultError: something in the request can't be, and nothing was sealed."""
    clean = _clean(parcels)
    there = sealing.main.read(_find_existing, [p.waybill for p in clean])
    fresh = [p for p in clean if p.waybill not in there]
    records = seal_parcels(sealing.service, fresh)
    ids = os.urandom(KEY_ID * len(records))
    key_ids = {r.waybill: ids[KEY_ID * n : KEY_ID * (n + 1)] for n, r in enumerate(records)}
    if records:
        sealing.keys.write(_keep_keys, records, key_ids)
    tags = {p.waybill: tags_of(sealing.keyring, p) for p in fresh}
    asked = None if key is None else (key, request_digest(sealing.keyring, "seal", caller.actor, *_spelled(clean)))
    done: frozenset[str] = act(_keep, clean, records, key_ids, tags, asked)
    tokens = {p.waybill: token_of(sealing.keyring, p.waybill) for p in clean if p.waybill in done}
    return [_answer(p, tokens.get(p.waybill)) for p in clean]


def _clean(parcels: Sequence[Parcel]) -> list[Parcel]:
    if not 0 < len(parcels) <= MOST_AT_ONCE:
        raise VaultError("1 to {most} in one request", key="waybills", most=MOST_AT_ONCE)
    clean = []
    for place, parcel in enumerate(parcels):
        try:
            clean.append(_clean_one(parcel))
        except VaultError as error:
            if len(parcels) > 1:
                error.key = f"parcels.{place}.{error.key}"
            raise
    if len({p.waybill for p in clean}) < len(clean):
        raise VaultError("a number stands twice in one request", key="waybills")
    return clean


def _clean_one(parcel: Parcel) -> Parcel:
    if not parcel.values:
        raise VaultError("a parcel needs at least one field", key="values")
    return Parcel(
        waybill=check.new_waybill(parcel.waybill),
        values={field: check.value(field, text) for field, text in parcel.values.items()},
        origin_outlet=check.optional("origin_outlet", parcel.origin_outlet),
        destination_outlet=check.optional("destination_outlet", parcel.destination_outlet),
        keep_until=parcel.keep_until,
    )


def _spelled(parcels: Sequence[Parcel]) -> list[str]:
    """All that a request asks, for the hash by which it is known again."""
    return [
        part
        for p in parcels
        for part in (
            p.waybill,
            p.origin_outlet or "",
            p.destination_outlet or "",
            format_time(p.keep_until) if p.keep_until else "",
            *(f"{field}={text}" for field, text in sorted(p.values.items())),
        )
    ]


def _find_existing(connection: Connection, numbers: Sequence[str]) -> set[str]:
    return {row.waybill for row in chosen(connection, t.waybills, "waybill", numbers)}


def _keep_keys(connection: Connection, records: Sequence[SealedRecord], key_ids: Mapping[str, bytes]) -> None:
    connection.execute(
        t.data_keys.insert(),
        [
            {
                "waybill": r.waybill,
                "key_id": key_ids[r.waybill],
                "key_version": r.wrapped.key_version,
                "wrapped": r.wrapped.wrapped,
            }
            for r in records
        ],
    )


def _keep(
    unit: UnitOfWork,
    parcels: Sequence[Parcel],
    records: Sequence[SealedRecord],
    key_ids: Mapping[str, bytes],
    tags: Mapping[str, Sequence[Mapping[str, Any]]],
    asked: tuple[str, bytes] | None,
) -> frozenset[str]:
    """Keeps what isn't there yet; the numbers of this request that it sealed, now or the first time it came."""
    connection, marks, caller, now = unit.connection, unit.marks, unit.caller, unit.now
    if asked is not None and (old := find_reply(connection, marks, caller.client, *asked, now)) is not None:
        return frozenset(old)
    there = _find_existing(connection, [r.waybill for r in records])
    new = {r.waybill: r for r in records if r.waybill not in there}
    made = [p for p in parcels if p.waybill in new]
    if made:
        rows = [_row(p, new[p.waybill].sealed, key_ids[p.waybill], caller, now) for p in made]
        connection.execute(t.waybills.insert(), [marks.marked(t.waybills, row) for row in rows])
        if kept := [tag for p in made for tag in tags[p.waybill]]:
            connection.execute(t.phones.insert(), kept)
        whose = [OUTLET + p.origin_outlet for p in made if p.origin_outlet is not None]
        count_work(unit, Work.ISSUED, [*whose, *([ACTOR + caller.actor] * len(made))])
        settle(unit, list(new))
    if asked is not None:
        keep_reply(connection, marks, caller.client, asked, sorted(new), now)
    numbers = sorted(new)
    told = {"waybills": len(numbers), "refused": len(parcels) - len(numbers), "numbers": digest(*numbers).hex()}
    unit.record(EntryKind.SEALED, more=told)
    return frozenset(new)


def _row(parcel: Parcel, sealed: bytes, key_id: bytes, caller: Caller, now: int) -> dict[str, Any]:
    return {
        "waybill": parcel.waybill,
        "sealed": sealed,
        "revision": 1,
        "key_id": key_id,
        "sealed_at": now,
        "sealed_by": caller.actor,
        "keep_until": None if parcel.keep_until is None else micros_of(parcel.keep_until),
        "origin_outlet": parcel.origin_outlet,
        "destination_outlet": parcel.destination_outlet,
    }


def tags_of(keyring: Keyring, parcel: Parcel) -> list[dict[str, Any]]:
    """Rows of the blind index for a parcel's phones."""
    found = tags_of_values(keyring, parcel.values)
    return [{"tag": tag, "waybill": parcel.waybill, "key_version": version} for tag, version in found.items()]


def tags_of_values(keyring: Keyring, values: Mapping[Field, str], version: int | None = None) -> dict[bytes, int]:
    """The tags of a parcel's phones, each with the version of its key. version: see `phone_tags`."""
    texts = [values[field] for field in _PHONES if field in values]
    return {tag: used for text in texts for used, tag in phone_tags(keyring, text, version)}


def _answer(parcel: Parcel, base: str | None) -> Sealed | Refused:
    if base is None:
        return refused(parcel.waybill, "exists", seq=None)
    return Sealed(waybill=parcel.waybill, tokens={field: field_token(base, field) for field in parcel.values})
