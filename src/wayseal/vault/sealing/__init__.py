"""Waybill data sealed under its number, and what stands for it in the open: tokens, tags of phones.

Reasons in the log are sealed by `wayseal.vault.sealing.reasons`; look-ups of a phone by `wayseal.vault.sealing.phones`.
"""

from wayseal.vault.sealing._fields import open_fields, seal_fields
from wayseal.vault.sealing._parcels import SealedItem, SealedRecord, open_parcels, seal_parcels
from wayseal.vault.sealing.phones import phone_tags
from wayseal.vault.sealing.tokens import read_token, token_of

__all__ = [
    "SealedItem",
    "SealedRecord",
    "open_fields",
    "open_parcels",
    "phone_tags",
    "read_token",
    "seal_fields",
    "seal_parcels",
    "token_of",
]
