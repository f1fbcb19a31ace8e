"""Stand-ins: what is printed instead of a recipient's own name, address and phone, as the recipient wishes.

1. Only who sealed a parcel sets them, on the recipient's behalf; to everybody else there is no such parcel.
2. A pseudonym holds neither the real name nor what may be a phone. That is compared inside the vault, after an entry in
   its log that says so; the answer is yes or no, to one who sealed the name.
3. A pick-up point is an outlet of the directory, so that nobody's home is printed as one.
4. A virtual number isn't a phone that is sealed there, by the blind index.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar

import pydantic
import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.database.raw import record_of
from wayseal.model.fields import Field, FieldKind, Form
from wayseal.model.records import ONLY, Disclosed, Identifier
from wayseal.vault import Caller, Vault, check
from wayseal.vault import tables as vault_tables
from wayseal.vault._sql import put
from wayseal.vault.aliases import tables as t
from wayseal.vault.aliases.desk import Aliases
from wayseal.vault.aliases.holding import rows_of
from wayseal.vault.data_keys import data_keys_of
from wayseal.vault.errors import VaultError
from wayseal.vault.keyring import Wrapped
from wayseal.vault.requests import Verdict
from wayseal.vault.sealing.phones import lookup_tags

ACT = "stand_in_compared"
_PHONE_LIKE = re.compile(r"(?:\d[ .-]*){5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIns:
    """What stands in for a recipient on a label; None: the own, masked.

    Attributes:
        pseudonym: For the name.
        pickup_point: An outlet, for the address.
        virtual_number: For the phone, perhaps with an extension.
    """

    __pydantic_config__: ClassVar = ONLY
    pseudonym: Annotated[str | None, pydantic.Field(min_length=1, max_length=20)] = None
    pickup_point: Identifier | None = None
    virtual_number: Annotated[str | None, pydantic.Field(pattern=r"^[0-9]{5,20}(-[0-9]{1,6})?$")] = None

    def texts(self) -> dict[FieldKind, str]:
        """What is printed, by the kind of field in whose place it stands."""
        kinds = (FieldKind.NAME, FieldKind.ADDRESS, FieldKind.PHONE)
        texts = (self.pseudonym, self.pickup_point, self.virtual_number)
        return {kind: text for kind, text in zip(kinds, texts, strict=True) if text is not None}


def set_stand_ins(desk: Aliases, caller: Caller, waybill: str, wanted: StandIns, *, now: int) -> StandIns | None:
    """Puts stand-ins in the place of those before; None: no parcel of the caller's (rule 1). VaultError names a field.

    wanted: with nothing in it, the own are printed again.
    """
    vault, number = desk.vault, check.waybill(waybill)
    row, actor = rows_of(vault, [number]).get(number), vault.actor(caller.actor)
    if row is None or row.sealed_by != caller.actor or row.erased_at is not None:
        return None
    if actor is None or actor.blocked_at is not None or not actor.valid_at(now):
        return None
    if wanted.pickup_point is not None and not vault.main.read(_is_outlet, wanted.pickup_point):
        raise VaultError("no outlet of the directory", key="pickup_point")
    if wanted.virtual_number is not None and vault.main.read(_is_sealed_phone, vault, number, wanted.virtual_number):
        raise VaultError("is a phone of the parcel's own", key="virtual_number")
    if wanted.pseudonym is not None:
        check.identifier("pseudonym", wanted.pseudonym)
        if _PHONE_LIKE.search(unicodedata.normalize("NFKC", wanted.pseudonym)):
            raise VaultError("holds what may be a phone", key="pseudonym")
        name = _plain(_open_name(vault, caller, row, now))
        if name and name in _plain(wanted.pseudonym):
            raise VaultError("is the recipient's own name", key="pseudonym")
    desk.database.write(put, t.stand_ins, [asdict(wanted) | {"waybill": number, "set_at": now}])
    return wanted


def stand_ins_of(connection: Connection, waybills: Iterable[str]) -> dict[str, StandIns]:
    """The stand-ins of parcels, as labels print them; of those that have any."""
    rows = connection.execute(sa.select(t.stand_ins).where(t.stand_ins.c.waybill.in_([*waybills])))
    return {row.waybill: record_of(StandIns, row._mapping) for row in rows}


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _open_name(vault: Vault, caller: Caller, row: Any, now: int) -> str:
    """The name, opened for nobody but this comparison (rule 2); "" where none was sealed."""
    vault.record_act(caller, ACT, now=now, waybill=row.waybill)
    key = vault.keys.look(data_keys_of, [row.waybill]).get(row.waybill, {}).get(row.key_id)
    wrapped = None if key is None else Wrapped(key.key_version, key.wrapped)
    shown = {Field.RECIPIENT_NAME: Form.FULL}
    verdict = Verdict(row.waybill, 0, b"", "", "", "", shown, now, row.sealed, row.revision, wrapped)
    (found,) = vault.show_group([[verdict]])
    if isinstance(found, Exception) or not isinstance(found[0], Disclosed):
        raise VaultError("what is sealed there can't be compared with", key="pseudonym")
    return found[0].values.get(Field.RECIPIENT_NAME, "")


def _is_outlet(connection: Connection, outlet: str) -> bool:
    actors = vault_tables.actors
    return connection.execute(sa.select(actors.c.actor).where(actors.c.outlet == outlet)).first() is not None


def _is_sealed_phone(connection: Connection, vault: Vault, waybill: str, number: str) -> bool:
    phones = vault_tables.phones
    tags = [tag for _, tag in lookup_tags(vault.keyring, number)]
    which = (phones.c.waybill == waybill) & phones.c.tag.in_(tags)
    return connection.execute(sa.select(phones.c.tag).where(which)).first() is not None
