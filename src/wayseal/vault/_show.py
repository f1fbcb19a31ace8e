"""What is shown once it stands in the log: wrapped keys fetched, fields opened, each put in its form.

1. Nothing comes in here that isn't durable in the log.
2. What can't be opened is refused by a rule (`damaged`, `erased`) in the place of its answer; the log then says more
   than was shown, never less.
3. A record whose key was superseded before it was decided on is one of an older revision that somebody put back.
"""

from collections.abc import Callable, Sequence
from typing import Any

from wayseal.store.database import Connection, Database
from wayseal.vault import _tables as t
from wayseal.vault._acts import Answer, Disclosed, Refused
from wayseal.vault._disclose import Decided
from wayseal.vault._sql import chosen
from wayseal.vault._words import refused
from wayseal.vault.errors import SealError, VaultError
from wayseal.vault.fields import Field, Form
from wayseal.vault.keyring import KeyService, Wrapped
from wayseal.vault.masks import mask, region
from wayseal.vault.sealing import SealedItem, open_parcels

_SECOND = 1_000_000


def show(keys: Database, service: KeyService, decided: Sequence[Decided]) -> list[Answer]:
    """The answers, in order (rules 1 and 2)."""
    granted = [d for d in decided if d.decision.allowed and d.parcel is not None]
    wrapped = keys.read(_wrapped, [d.ask.waybill for d in granted])
    items: list[SealedItem] = []
    places: dict[int, int] = {}
    for d in granted:
        key = wrapped.get(d.ask.waybill, {}).get(bytes(d.parcel.key_id))
        if key is not None and not (key.superseded_by is not None and d.seq > key.superseded_by):
            places[id(d)] = len(items)
            item = Wrapped(key.key_version, bytes(key.wrapped))
            items.append(SealedItem(d.ask.waybill, d.parcel.sealed, item, d.forms.keys(), d.parcel.revision))
    opened = open_parcels(service, items)
    # Whoever erases leaves no key of a number; where others are left, the record isn't the one that they open.
    missing = {number: SealError("this is not what was sealed under this number") for number in wrapped}
    return [
        _answer(d, missing.get(d.ask.waybill) if (at := places.get(id(d))) is None else opened[at]) for d in decided
    ]


def _wrapped(connection: Connection, numbers: Sequence[str]) -> dict[str, dict[bytes, Any]]:
    """Rows of keys by their id, by number."""
    found: dict[str, dict[bytes, Any]] = {}
    for row in chosen(connection, t.data_keys, "waybill", list(dict.fromkeys(numbers))):
        found.setdefault(row.waybill, {})[bytes(row.key_id)] = row
    return found


def _answer(one: Decided, opened: dict[Field, str] | VaultError | None) -> Answer:
    decision, number = one.decision, one.ask.waybill
    if not decision.allowed:
        return Refused(waybill=number, rule=decision.rule, zh=decision.zh, en=decision.en, seq=one.seq)
    if opened is None:
        return refused(number, "erased", seq=one.seq)
    if isinstance(opened, VaultError) or one.purpose is None:
        return refused(number, "damaged", seq=one.seq)
    forms = {field: one.forms[field] for field in opened}
    return Disclosed(
        waybill=number,
        seq=one.seq,
        leaf=one.leaf,
        values={field: _FORMS[form](opened[field], field) for field, form in forms.items()},
        forms=forms,
        until=one.at + one.purpose.lasts_s * _SECOND,
    )


_FORMS: dict[Form, Callable[[str, Field], str]] = {
    Form.FULL: lambda text, field: text,
    Form.MASKED: lambda text, field: mask(text, field.kind),
    Form.REGION: lambda text, field: region(text),
}
