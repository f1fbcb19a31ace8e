"""Waybill data sealed under its number, the reasons in the log, and the tokens that stand for data in the open.

Beside them: `phones` (tags by which a phone is looked up) and `tokens`.
"""

from wayseal.vault.sealing._fields import (
    SealedItem,
    SealedRecord,
    open_fields,
    open_parcels,
    open_reason,
    rewrap,
    seal_fields,
    seal_parcels,
    seal_reason,
)
from wayseal.vault.sealing.tokens import read_token, token_of

__all__ = [
    "SealedItem",
    "SealedRecord",
    "open_fields",
    "open_parcels",
    "open_reason",
    "read_token",
    "rewrap",
    "seal_fields",
    "seal_parcels",
    "seal_reason",
    "token_of",
]
