"""Waybill data sealed under its number, and the tokens that stand for it in the open.

Beside them: `phones` (tags by which a phone is looked up), `reasons` (sealed in the log), `wrapping` (data keys wrapped
anew after a rotation).
"""

from wayseal.vault.sealing._fields import open_fields, seal_fields
from wayseal.vault.sealing._parcels import SealedItem, SealedRecord, open_parcels, seal_parcels
from wayseal.vault.sealing.tokens import read_token, token_of

__all__ = [
    "SealedItem",
    "SealedRecord",
    "open_fields",
    "open_parcels",
    "read_token",
    "seal_fields",
    "seal_parcels",
    "token_of",
]
