"""Parameters that several routes have."""

from typing import Annotated

from fastapi import Header, Path

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
