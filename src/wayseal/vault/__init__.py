"""The vault: waybill data sealed, shown by purpose, and a log of what was shown that can't be changed unseen."""

from wayseal.vault._acts import Ask, Caller, Disclosed, Parcel, Refused, Sealed
from wayseal.vault._vault import Vault, new_vault

__all__ = ["Ask", "Caller", "Disclosed", "Parcel", "Refused", "Sealed", "Vault", "new_vault"]
