"""A client of a vault's HTTP service, for systems written in Python. It needs httpx, and nothing else of Wayseal's.

What else goes and comes (scans, tickets, actors) and how long is waited stands in `wayseal.client.records`, errors in
`wayseal.client.errors`.
"""

from wayseal.client._client import VaultClient
from wayseal.client.errors import ClientError, RefusedError
from wayseal.client.records import Ask, Disclosed, Parcel, Refused, Sealed

__all__ = ["Ask", "ClientError", "Disclosed", "Parcel", "Refused", "RefusedError", "Sealed", "VaultClient"]
