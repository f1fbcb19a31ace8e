"""The vault: waybill data sealed, shown by purpose, and a log of what was shown that can't be changed unseen.

What it takes and gives stands in `wayseal.model.records`.
"""

from wayseal.vault._vault import Vault, new_vault
from wayseal.vault.requests import Caller

__all__ = ["Caller", "Vault", "new_vault"]
