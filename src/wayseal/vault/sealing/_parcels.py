"""Whole parcels in batches: a fresh data key for each, wrapped together.

1. A data key belongs to one parcel and one sealing; it is drawn anew each time, and leaves only wrapped.
2. A wrapped key is bound to its number: under another it doesn't open.
3. A batch takes one draw of randomness and one round trip to the key service.
4. One damaged record of a batch hides none of the others: it has an error in its place.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wayseal.model.fields import Field
from wayseal.model.records import Parcel
from wayseal.vault.errors import VaultError
from wayseal.vault.keyring import KeyService, Wrapped
from wayseal.vault.sealing._fields import KEY, NONCE, open_fields, seal_fields
from wayseal.vault.sealing.wrapping import key_binding

_DRAW = KEY + NONCE


class SealedRecord(NamedTuple):
    """A sealed parcel, and its wrapped data key, which belongs in a store of its own."""

    waybill: str
    sealed: bytes
    wrapped: Wrapped


@dataclass(frozen=True, slots=True)
class SealedItem:
    """A sealed parcel that is to be opened: which of its fields (None: all), and which revision it must be."""

    waybill: str
    sealed: bytes
    wrapped: Wrapped
    fields: Collection[Field] | None = None
    revision: int | None = None


def seal_parcels(keys: KeyService, parcels: Sequence[Parcel], revisions: Sequence[int] | int = 1) -> list[SealedRecord]:
    """The parcels, sealed, in their order (rules 1 to 3). revisions: of each of them, or one for all."""
    each = [revisions] * len(parcels) if isinstance(revisions, int) else revisions
    random = os.urandom(_DRAW * len(parcels))
    sealed, secrets, place = [], [], 0
    for parcel, revision in zip(parcels, each, strict=True):
        secret = random[place : place + KEY]
        nonces = random[place + KEY : place + _DRAW]
        place += _DRAW
        sealed.append(seal_fields(parcel.waybill, parcel.values, secret, revision, nonces))
        secrets.append((key_binding(parcel.waybill), secret))
    wrapped = keys.wrap(secrets)
    return [SealedRecord(p.waybill, s, w) for p, s, w in zip(parcels, sealed, wrapped, strict=True)]


def open_parcels(keys: KeyService, items: Sequence[SealedItem]) -> list[dict[Field, str] | VaultError]:
    """Open sealed items, in their order; an error in the place of one that can't be opened (rule 4).

    The error is a SealError, or a KeyringError where the wrapping key is gone.
    """
    out: list[dict[Field, str] | VaultError] = []
    for item, secret in zip(items, _secrets(keys, items), strict=True):
        if isinstance(secret, VaultError):
            out.append(secret)
            continue
        try:
            out.append(open_fields(item.waybill, item.sealed, secret, item.fields, revision=item.revision))
        except VaultError as error:
            out.append(error)
    return out


def _secrets(keys: KeyService, items: Sequence[SealedItem]) -> Sequence[bytes | VaultError]:
    """Data keys; where the group doesn't open, each on its own (rule 4)."""
    asked = [(key_binding(item.waybill), item.wrapped) for item in items]
    try:
        return keys.unwrap(asked)
    except VaultError:
        return [_secret(keys, one) for one in asked]


def _secret(keys: KeyService, asked: tuple[bytes, Wrapped]) -> bytes | VaultError:
    try:
        return keys.unwrap([asked])[0]
    except VaultError as error:
        return error
