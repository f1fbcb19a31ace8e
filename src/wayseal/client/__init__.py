"""A client of a vault's HTTP service, for systems written in Python. It needs httpx, and nothing of the vault.

What else goes and comes (scans, tickets, actors) stands in `wayseal.model.records`, errors in `wayseal.client.errors`.
"""

from wayseal.client._client import VaultClient
from wayseal.client._transport import RetryPolicy
from wayseal.client.errors import ClientError, RefusedError
from wayseal.model.records import Ask, Disclosed, Parcel, Refused

__all__ = ["Ask", "ClientError", "Disclosed", "Parcel", "Refused", "RefusedError", "RetryPolicy", "VaultClient"]
