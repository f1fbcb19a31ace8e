"""Changes of what is sealed, as tests make them and look at them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tests.vault.world import ORIGIN, World
from wayseal.model.fields import Field
from wayseal.model.records import Ask, Refused, Revised
from wayseal.vault import tables as t
from wayseal.vault.keyring import LocalKeys, Wrapped
from wayseal.vault.sealing import SealedItem, open_parcels
from wayseal.vault.verification import verify_vault

ADDRESS = "北京市朝阳区不存在路9号7层"
PHONE = "13700001111"
NEW = {Field.RECIPIENT_ADDRESS: ADDRESS, Field.RECIPIENT_PHONE: PHONE}


def parcel(at: World, name: str = "t", actor: str = "agent") -> str:
    """A sealed parcel with a ticket of customer service."""
    (number,) = at.seal()
    at.ticket(f"{name}-{number}", number, actor)
    return number


def change(
    at: World, number: str, values: Mapping[Field, str] = NEW, purpose: str = "change_address", **more: Any
) -> Revised | Refused:
    caller = at.caller(more.pop("actor", "agent"))
    return at.vault.revise(caller, number, purpose, "收件人来电", values, now=at.now, **more)


def changed(at: World, number: str, values: Mapping[Field, str] = NEW, **more: Any) -> Revised:
    done = change(at, number, values, **more)
    assert isinstance(done, Revised), done
    return done


def refused(at: World, number: str, values: Mapping[Field, str] = NEW, **more: Any) -> str:
    done = change(at, number, values, **more)
    assert isinstance(done, Refused), done
    assert done.zh
    assert done.en
    return done.rule


def record(at: World, number: str) -> Any:
    return at.main.read(lambda c: c.execute(sa.select(t.waybills).where(t.waybills.c.waybill == number)).one())


def keys(at: World, number: str) -> list[Any]:
    which = sa.select(t.data_keys).where(t.data_keys.c.waybill == number).order_by(t.data_keys.c.revision)
    return list(at.keys.read(lambda c: c.execute(which).all()))


def put_back(at: World, row: Any) -> None:
    """What somebody with the main database does who kept an old row."""
    values = {name: getattr(row, name) for name in ("sealed", "revision", "key_id", "mark")}
    at.main.write(lambda c: c.execute(sa.update(t.waybills).where(t.waybills.c.waybill == row.waybill).values(values)))


def whole(at: World, number: str) -> dict[Field, str]:
    """All that a record holds."""
    row = record(at, number)
    (key,) = [k for k in keys(at, number) if k.key_id == row.key_id]
    item = SealedItem(number, row.sealed, Wrapped(key.key_version, key.wrapped), revision=row.revision)
    (opened,) = open_parcels(LocalKeys(at.keyring, ORIGIN), [item])
    assert isinstance(opened, dict)
    return opened


def findings(at: World) -> list[tuple[StrEnum, str]]:
    found = verify_vault(at.main, at.keys, at.keyring, LocalKeys(at.keyring, ORIGIN), lambda *_: None)
    return [(one.code, one.where.removeprefix("waybills/")) for one in found.findings]


def asking(number: str) -> Ask:
    return Ask(waybill=number, purpose="deliver", reason="x")
