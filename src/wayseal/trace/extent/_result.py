"""The result of an extent."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import PlainSerializer

from wayseal.page.programs import digits
from wayseal.trace.extent._estimate import Estimate


def spelled(e: Estimate | None, places: int = 1) -> dict[str, float | None] | None:
    """An estimate as JSON can hold it; null for no limit and for no value."""
    values = {} if e is None else {"value": e.value, "low": e.low, "high": e.high}
    return {k: round(v, places) if math.isfinite(v) else None for k, v in values.items()} or None


Spelled = Annotated[Estimate, PlainSerializer(spelled)]


class Status(StrEnum):
    """How far the lists carry: an estimate; a lower limit alone; one list or none, which say nothing."""

    ESTIMATE = "estimate"
    LOWER_BOUND = "lower_bound"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A list: its name, its different numbers, and how many of them another list has too."""

    name: str
    numbers: int
    shared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """Two lists: sizes, overlap, and Chapman's estimate (None without overlap)."""

    first: str
    second: str
    both: int
    estimate: Spelled | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """A log-linear model. pairs: names of lists that depend on each other. uneven: chances differ.

    worse: by how much than the best.
    """

    pairs: tuple[tuple[str, str], ...]
    uneven: bool
    worse: Annotated[float, digits(2)]
    estimate: Spelled


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtentResult:
    """How many numbers leaked.

    total: of the period, from `method` ("chapman", "loglinear", "apart", "chao"; "" for nothing). least: Chao's lower
    bound (None without overlap). stock: what purchases are drawn from (None for fewer than two). days: from the first
    sighting to the last, in China's days. waybills_a_day: in the ledger, the median of its days (None for no days).
    warnings: codes of what hurts.
    """

    wayseal: str
    ledger_digest: str
    leaks_digest: str
    status: Status
    method: str
    by: str
    criterion: str
    total: Estimate | None
    least: Estimate | None
    stock: Estimate | None
    first_day: int | None
    last_day: int | None
    waybills_a_day: float | None
    lists: tuple[ListRow, ...]
    pairs: tuple[PairRow, ...]
    models: tuple[ModelRow, ...]
    rows: int
    numbers: int
    repeated: int
    foreign: int
    unlisted: int
    rejected: int
    purchases: int
    bought: int
    warnings: tuple[str, ...]

    @property
    def days(self) -> int:
        """How many days the sightings span, the first and the last included; 0 without any."""
        return 0 if self.first_day is None or self.last_day is None else self.last_day - self.first_day + 1

    def daily(self, estimate: Estimate | None) -> Estimate | None:
        """An estimate of the period as one of a day."""
        if estimate is None or not self.days:
            return None
        n = self.days
        return Estimate(value=estimate.value / n, low=estimate.low / n, high=estimate.high / n)
