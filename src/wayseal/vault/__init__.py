"""The vault: waybill data sealed, shown by purpose, and a log of what was shown that can't be changed unseen."""

from wayseal.vault._vault import Vault, new_vault
from wayseal.vault.requests import Ask, Caller, Disclosed, Parcel, Refused, Sealed

__all__ = ["Ask", "Caller", "Disclosed", "Parcel", "Refused", "Sealed", "Vault", "new_vault"]
