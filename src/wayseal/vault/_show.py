"""What is shown once it stands in the log: wrapped keys fetched, fields opened, each put in its form.

1. Nothing comes in here that isn't durable in the log.
2. What can't be opened is refused by a rule (`damaged`, `erased`) in the place of its answer; the log then says more
   than was shown, never less.
3. A verdict is complete: whoever has the keyring shows it without asking a database, in this process or another one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

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


class Verdict(NamedTuple):
    """What came of one ask, as it stands in the log, with all that showing it takes (rule 3).

    rule, zh, en: of a refusal, otherwise empty. until: microseconds. key: None where it was erased.
    """

    waybill: str
    seq: int
    leaf: bytes
    rule: str
    zh: str
    en: str
    forms: Mapping[Field, Form]
    until: int
    sealed: bytes
    revision: int
    key: Wrapped | None


def verdicts(keys: Database, decided: Sequence[Decided]) -> list[Verdict]:
    """What was decided and committed, with wrapped keys, in order."""
    granted = list(dict.fromkeys(d.ask.waybill for d in decided if d.decision.allowed))
    wrapped = keys.look(_wrapped, granted) if granted else {}
    return [_verdict(d, wrapped) for d in decided]


def _wrapped(connection: Connection, numbers: Sequence[str]) -> dict[tuple[str, bytes], Wrapped]:
    rows = chosen(connection, t.data_keys, "waybill", numbers)
    return {(row.waybill, bytes(row.key_id)): Wrapped(row.key_version, bytes(row.wrapped)) for row in rows}


def _verdict(one: Decided, wrapped: Mapping[tuple[str, bytes], Wrapped]) -> Verdict:
    number, decision, row = one.ask.waybill, one.decision, one.parcel
    if not decision.allowed:
        return Verdict(number, one.seq, one.leaf, decision.rule, decision.zh, decision.en, {}, one.at, b"", 0, None)
    if row is None or one.purpose is None:
        return Verdict(number, one.seq, one.leaf, "", "", "", {}, one.at, b"", 0, None)
    key = wrapped.get((number, bytes(row.key_id)))
    until = one.at + one.purpose.lasts_s * _SECOND
    return Verdict(number, one.seq, one.leaf, "", "", "", one.forms, until, bytes(row.sealed), row.revision, key)


def show(service: KeyService, verdicts: Sequence[Verdict]) -> list[Answer]:
    """The answers, in order (rules 1 and 2)."""
    items = [
        SealedItem(v.waybill, v.sealed, v.key, v.forms.keys(), v.revision)
        for v in verdicts
        if not v.rule and v.key is not None
    ]
    opened = iter(open_parcels(service, items))
    return [_answer(v, next(opened) if not v.rule and v.key is not None else None) for v in verdicts]


def _answer(one: Verdict, opened: dict[Field, str] | VaultError | None) -> Answer:
    if one.rule:
        return Refused(waybill=one.waybill, rule=one.rule, zh=one.zh, en=one.en, seq=one.seq)
    if opened is None:
        return refused(one.waybill, "erased", seq=one.seq)
    if isinstance(opened, VaultError):
        return refused(one.waybill, "damaged", seq=one.seq)
    forms = {field: one.forms[field] for field in opened}
    return Disclosed(
        waybill=one.waybill,
        seq=one.seq,
        leaf=one.leaf,
        values={field: _FORMS[form](opened[field], field) for field, form in forms.items()},
        forms=forms,
        until=one.until,
    )


_FORMS: dict[Form, Callable[[str, Field], str]] = {
    Form.FULL: lambda text, field: text,
    Form.MASKED: lambda text, field: mask(text, field.kind),
    Form.REGION: lambda text, field: region(text),
}
