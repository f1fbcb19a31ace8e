"""Parameters that several routes have."""

from typing import Annotated

from fastapi import Header, Path

from wayseal.vault import fields as vault

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[!-~]+$",
        description="The same request under the same key is done once; its answer names the same places in the log.",
    ),
]
Waybill = Annotated[str, Path(min_length=1, max_length=64, examples=["YT1234567890123"])]
Actor = Annotated[str, Path(min_length=1, max_length=128)]


def chosen(fields: list[vault.Field] | None) -> frozenset[vault.Field] | None:
    """The fields that a body asks for."""
    return None if fields is None else frozenset(fields)
