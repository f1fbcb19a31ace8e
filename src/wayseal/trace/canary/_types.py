"""A waybill as far as a canary must look like it, a canary, and what is known of all canaries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of `waybills`. issued_at: UTC microseconds; "" and None for what is not known."""

    waybill: str
    issued_at: int
    channel: str
    origin_outlet: str
    destination_outlet: str
    customer: str = ""
    goods_class: str = ""
    weight_g: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCanary:
    """A canary: the row to create, the accounts to show it to, and how likely its leaker's sale of it is seen.

    planned_at: UTC microseconds. round: which planning it is of, from 1.
    """

    id: str
    row: Row
    pool: tuple[str, ...]
    sensitivity: float
    planned_at: int
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a canary: it came out, or its wait was closed without. at: UTC microseconds."""

    id: str
    kind: Literal["hit", "silent"]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterContents:
    """What a register holds. belief: of the last round that brought one; unread: lines that could not be read."""

    belief: Mapping[str, float] = field(default_factory=dict)
    canaries: tuple[PlannedCanary, ...] = ()
    answers: tuple[Answer, ...] = ()
    rounds: int = 0
    unread: tuple[int, ...] = ()

    def answer(self, id_: str) -> Answer | None:
        """The answer that counts: a hit, else a silence, else none."""
        found = [a for a in self.answers if a.id == id_]
        return next((a for a in found if a.kind == "hit"), found[0] if found else None)
