"""A waybill as far as a canary must look like it, a canary, and what is known of all canaries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from wayseal.model.schema import CLOSED, parsed_by
from wayseal.model.times import micros

Moment = Annotated[int, parsed_by(micros, str)]
"""UTC microseconds; in a register a time with an offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of `waybills`; "" and None for what is not known."""

    waybill: str
    issued_at: Moment
    channel: str
    origin_outlet: str
    destination_outlet: str
    customer: str = ""
    goods_class: str = ""
    weight_g: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCanary(Row):
    """A canary: the row to create, the accounts to show it to, and how likely its leaker's sale of it is seen.

    round: which planning it is of, from 1.
    """

    __pydantic_config__: ClassVar = CLOSED
    kind: Literal["canary"] = "canary"
    id: str
    pool: tuple[str, ...]
    sensitivity: Annotated[float, Field(gt=0, le=1)]
    planned_at: Moment
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a canary: it came out, or its wait was closed without."""

    __pydantic_config__: ClassVar = CLOSED
    id: str
    kind: Literal["hit", "silent"]
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round of planning. belief: None where it goes on from the one before."""

    __pydantic_config__: ClassVar = CLOSED
    kind: Literal["round"] = "round"
    round: int
    at: Moment
    belief: Mapping[str, Annotated[float, Field(ge=0, le=1)]] | None


Line = PlannedCanary | Answer | Round


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
