"""Libraries for other systems: a client of a vault's HTTP service, and a writer of events for gateways.

`VaultClient` needs httpx, and nothing of the vault. What else goes and comes (scans, tickets, actors) stands in
`wayseal.model.records`, errors in `wayseal.client.errors`. What a gateway needs stands in `wayseal.client.events`.
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.client._transport import RetryPolicy
    from wayseal.client._vault import VaultClient
    from wayseal.client.errors import ClientError, RefusedError
    from wayseal.model.records import Ask, Disclosed, Parcel, Refused

__all__ = ["Ask", "ClientError", "Disclosed", "Parcel", "Refused", "RefusedError", "RetryPolicy", "VaultClient"]

__getattr__ = load_when_asked(
    __name__,
    {
        "ClientError": "errors",
        "RefusedError": "errors",
        "RetryPolicy": "_transport",
        "VaultClient": "_vault",
        **dict.fromkeys(("Ask", "Disclosed", "Parcel", "Refused"), "_vault"),
    },
)
