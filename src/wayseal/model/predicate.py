"""What a buyer asked for, or a query selected: a conjunction of conditions on waybills.

Rules (data contract, version 1):
1. A predicate is a JSON object. A key is a column of `waybills`, `origin_city`, `destination_city`,
   `origin_region`, `destination_region`, `issued_from` or `issued_to`; `limit` is the row limit.
2. A value is a scalar or a list (any of); keys are joined by AND; an empty list selects nothing.
3. An unknown key or a value of the wrong type is an error that names the key, never a condition
   that is left out: a predicate that is wider than what was asked would spoil the comparison.
4. `"unknown": true` says that there was more than the contract can express: the keys beside it are an upper
   bound, and the rest may have narrowed it. Who can't use an upper bound must refuse it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from wayseal.model.errors import WaysealError
from wayseal.model.numbers import clean_waybill

CONDITIONS = (
    "channel",
    "customer",
    "destination_city",
    "destination_outlet",
    "destination_region",
    "goods_class",
    "order_ref",
    "origin_city",
    "origin_outlet",
    "origin_region",
    "waybill",
    "weight_g",
)
"""Keys whose value is a scalar or a list, in the canonical order."""


PLACES = {f"{end}_{what}": (f"{end}_outlet", what) for end in ("origin", "destination") for what in ("city", "region")}
"""Conditions on a place: the column of `waybills` with its outlet, and the column of `outlets` to compare."""


class PredicateError(WaysealError):
    """A predicate that can't be read; the text names the key, never the value.

    key: the key that is wrong; None where it is none of ours, or there is no object at all.
    """

    exit_code = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """Conditions on waybills. `any_of` maps a key to its permitted values, as text, sorted and without repeats.

    issued_from (inclusive) and issued_to (exclusive) bound the time of issue; both are UTC. limit
    is kept for replay and does not narrow `any_of`. unknown: the conditions are an upper bound (rule 4).
    """

    any_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    issued_from: datetime | None = None
    issued_to: datetime | None = None
    limit: int | None = None
    unknown: bool = False

    @property
    def everything(self) -> bool:
        """True if every waybill fits the conditions that are known."""
        return not self.any_of and self.issued_from is None and self.issued_to is None


def parse_predicate(text: str) -> Predicate:
    """Read a predicate from JSON. PredicateError names the key that is wrong (rules 1 to 3)."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        raise PredicateError("a predicate must be a JSON object") from None
    if not isinstance(read, dict):
        raise PredicateError("a predicate must be a JSON object")
    any_of: dict[str, tuple[str, ...]] = {}
    for key in sorted(read):
        if key in CONDITIONS:
            any_of[key] = _values(key, read[key])
        elif key not in ("issued_from", "issued_to", "limit", "unknown"):
            raise PredicateError("unknown key in a predicate; known are: {known}", known=list(CONDITIONS))
    return Predicate(
        any_of=any_of,
        issued_from=_time("issued_from", read.get("issued_from")),
        issued_to=_time("issued_to", read.get("issued_to")),
        limit=_limit(read.get("limit")),
        unknown=_unknown(read.get("unknown")),
    )


def _values(key: str, value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    texts = set()
    for item in values:
        if isinstance(item, bool) or not isinstance(item, str | int):
            raise PredicateError("needs text or a whole number, or a list of them", key=key)
        texts.add(clean_waybill(str(item)) if key == "waybill" else str(item))
    return tuple(sorted(texts))


def _time(key: str, value: object) -> datetime | None:
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
        if read is not None:
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # an offset can carry the first and the last day out of the calendar
    raise PredicateError("not a time in ISO 8601", key=key)


def _limit(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise PredicateError("not a whole number", key="limit")
    return value


def _unknown(value: object) -> bool:
    if value is not None and not isinstance(value, bool):
        raise PredicateError("not true or false", key="unknown")
    return bool(value)
