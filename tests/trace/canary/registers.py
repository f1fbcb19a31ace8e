"""Registers of canaries as tests need them, without a planning before."""

from collections.abc import Sequence
from pathlib import Path

from wayseal.trace.canary._register import PlannedCanary, Round, writing


def write_register(path: Path, at: int, canaries: Sequence[tuple[str, tuple[str, ...]]]) -> Path:
    """A register in which numbers were planned at a moment, each for some accounts."""
    made = [
        PlannedCanary(
            id=f"c{n}", waybill=number, issued_at=at, channel="app", origin_outlet="o-1", destination_outlet="o-2",
            pool=pool, sensitivity=0.5, planned_at=at, round=1,
        )
        for n, (number, pool) in enumerate(canaries, 1)
    ]  # fmt: skip
    with writing(path, new=True) as writer:
        writer.add([Round(round=1, at=at, belief={"a": 1.0}), *made])
    return path
