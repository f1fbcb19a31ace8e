"""Showing, once it stands in the log: wrapped keys fetched, fields opened, each put in its form.

1. Nothing comes in here that isn't durable in the log.
2. What can't be opened is refused by a rule (`damaged`, `erased`) in the place of its answer; the log then says more
   than was shown, never less.
3. A verdict is complete: whoever has the keyring shows it without asking a database, in this process or another one.
4. A record whose key was superseded before it was decided on is one of an older revision that somebody put back.
"""

from collections.abc import Callable, Sequence

from wayseal.database import Database
from wayseal.model.fields import Field, Form
from wayseal.model.records import Answer, Disclosed, Refused
from wayseal.model.times import time_at
from wayseal.page.languages import in_both
from wayseal.vault.data_keys import DataKeys, data_keys_of
from wayseal.vault.errors import VaultError
from wayseal.vault.keyring import KeyService, Wrapped
from wayseal.vault.masks import mask, region
from wayseal.vault.requests import WORDS, Decided, Verdict, refused
from wayseal.vault.sealing import SealedItem, open_parcels

_SECOND = 1_000_000


def verdicts(keys: Database, decided: Sequence[Decided]) -> list[Verdict]:
    """Turn committed decisions into verdicts with wrapped keys, in order (rules 2 and 4)."""
    granted = list(dict.fromkeys(d.ask.waybill for d in decided if d.decision.allowed))
    wrapped = keys.look(data_keys_of, granted) if granted else {}
    return [_verdict(d, wrapped) for d in decided]


def _verdict(one: Decided, wrapped: DataKeys) -> Verdict:
    decision, row = one.decision, one.parcel
    if not decision.allowed:
        return _refuse(one, decision.rule, decision.zh, decision.en)
    keys = wrapped.get(one.ask.waybill)
    # Whoever erases leaves no key of a number; where others are left, the record isn't the one that they open.
    if row is None or one.purpose is None or keys is None:
        return _refuse(one, "erased", *in_both(WORDS["erased"]))
    key = keys.get(row.key_id)
    if key is None or (key.superseded_by is not None and one.place > key.superseded_by):
        return _refuse(one, "damaged", *in_both(WORDS["damaged"]))
    return Verdict(
        one.ask.waybill,
        one.seq,
        one.leaf,
        "",
        "",
        "",
        one.forms,
        one.at + one.purpose.lasts_s * _SECOND,
        row.sealed,
        row.revision,
        Wrapped(key.key_version, key.wrapped),
    )


def _refuse(one: Decided, rule: str, zh: str, en: str) -> Verdict:
    return Verdict(one.ask.waybill, one.seq, one.leaf, rule, zh, en, {}, one.at, b"", 0, None)


def show(service: KeyService, verdicts: Sequence[Verdict]) -> list[Answer]:
    """The answers, in order (rules 1 and 2)."""
    items = [SealedItem(v.waybill, v.sealed, v.key, v.forms.keys(), v.revision) for v in verdicts if v.key is not None]
    opened = iter(open_parcels(service, items))
    return [_to_refusal(v) if v.key is None else _answer(v, next(opened)) for v in verdicts]


def _to_refusal(one: Verdict) -> Refused:
    return Refused(waybill=one.waybill, rule=one.rule, zh=one.zh, en=one.en, seq=one.seq)


def _answer(one: Verdict, opened: dict[Field, str] | VaultError) -> Answer:
    if isinstance(opened, VaultError):
        return refused(one.waybill, "damaged", seq=one.seq)
    forms = {field: one.forms[field] for field in opened}
    return Disclosed(
        waybill=one.waybill,
        seq=one.seq,
        leaf=one.leaf.hex(),
        values={field: _FORMS[form](opened[field], field) for field, form in forms.items()},
        forms=forms,
        until=time_at(one.until),
    )


_FORMS: dict[Form, Callable[[str, Field], str]] = {
    Form.FULL: lambda text, field: text,
    Form.MASKED: lambda text, field: mask(text, field.kind),
    Form.REGION: lambda text, field: region(text),
}
