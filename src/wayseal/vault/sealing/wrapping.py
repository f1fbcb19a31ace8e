"""Data keys of numbers, as they are wrapped.

1. A wrapped key is bound to its number: under another it doesn't open.
2. Wrapping anew changes no sealed byte: a rotation touches the key database alone.
"""

from collections.abc import Sequence

from wayseal.vault.keyring import KeyService, Wrapped
from wayseal.vault.sealing._padding import number_bytes


def key_binding(waybill: str) -> bytes:
    """Associated data of a wrapped data key (rule 1)."""
    return b"waybill\0" + number_bytes(waybill)


def rewrap(keys: KeyService, items: Sequence[tuple[str, Wrapped]]) -> list[Wrapped]:
    """Data keys of numbers, wrapped anew with the active key: after a rotation, before the old one is retired."""
    bindings = [key_binding(waybill) for waybill, _ in items]
    secrets = keys.unwrap([(bound, wrapped) for bound, (_, wrapped) in zip(bindings, items, strict=True)])
    return keys.wrap(list(zip(bindings, secrets, strict=True)))
