"""What is shown once it stands in the log: wrapped keys fetched, fields opened, each put in its form.

1. Nothing comes in here that isn't durable in the log.
2. What can't be opened is refused by a rule (`damaged`, `erased`) in the place of its answer; the log then says more
   than was shown, never less.
"""

from collections.abc import Callable, Sequence

from wayseal.store.database import Connection, Database
from wayseal.vault import _tables as t
from wayseal.vault._acts import Answer, Disclosed, Refused
from wayseal.vault._disclose import Decided
from wayseal.vault._sql import chosen
from wayseal.vault._words import refused
from wayseal.vault.errors import VaultError
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
        row = d.parcel
        key = None if row is None else wrapped.get((d.ask.waybill, bytes(row.key_id)))
        if row is not None and key is not None:
            places[id(d)] = len(items)
            items.append(SealedItem(d.ask.waybill, row.sealed, key, d.forms.keys(), row.revision))
    opened = open_parcels(service, items)
    return [_answer(d, None if (at := places.get(id(d))) is None else opened[at]) for d in decided]


def _wrapped(connection: Connection, numbers: Sequence[str]) -> dict[tuple[str, bytes], Wrapped]:
    rows = chosen(connection, t.data_keys, "waybill", list(dict.fromkeys(numbers)))
    return {(row.waybill, bytes(row.key_id)): Wrapped(row.key_version, bytes(row.wrapped)) for row in rows}


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
