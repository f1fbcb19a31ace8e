"""A shape and the values of one statement: which waybills were read, or what was asked.

Values that are personal data by their looks (obligation 5).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import pyarrow as pa

from wayseal.model.numbers import clean_waybill
from wayseal.store._column_plan import parse_times
from wayseal.store._csv import split_record
from wayseal.store.logs._query_shape import Condition, Operand, QueryShape
from wayseal.store.logs._row_builder import DroppedCondition, NoRead, Outcome, QueryMade, WaybillsRead, Why
from wayseal.store.mapping import EPOCHS
from wayseal.store.tables import EARLIEST, LATEST

MOST = 512
_MOBILE = re.compile(r"(?:\+|00)?(?:86)?1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[1-9][0-9]{8,10}")
_CARD = re.compile(r"[0-9]{17}[0-9X]")
_PLAIN = re.compile("[A-Z]{1,4}[0-9]{6,30}|[1-9][0-9]{11}|[1-79][0-9]{12}|[1-9][0-9]{13,14}").fullmatch
"""Most numbers: clean as they are, and no phone number or identity card."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def looks_personal(value: str) -> bool:
    """True if a value has the shape of a Chinese phone number, of an identity card (its check digit right), or "@"."""
    plain = clean_waybill(value)
    if "@" in plain or _MOBILE.fullmatch(plain) or _LANDLINE.fullmatch(plain):
        return True
    return bool(_CARD.fullmatch(plain)) and _card_is_valid(plain)


def plain_waybill(value: str | None) -> str | None:
    """The number, if it is clean as it stands and like most; None says nothing."""
    return value if value and _PLAIN(value) else None


def waybill_of(value: str) -> str | None:
    """The clean number, or None where this can't be one: empty, too long, without a digit, other scripts, personal."""
    if plain_waybill(value):
        return value
    plain = clean_waybill(value)
    fits = plain.isascii() and plain.isalnum() and len(plain) <= MOST and any(c.isdigit() for c in plain)
    return plain if fits and not looks_personal(value) else None


def usable(value: str) -> bool:
    """True if a value can stand in a filter: not empty, not too long, printable."""
    return bool(value.strip()) and len(value.encode("utf-8", "replace")) <= MOST and value.isprintable()


def _card_is_valid(plain: str) -> bool:
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, plain[:17], strict=True))
    return plain[17] == "10X98765432"[total % 11]


_TICK = timedelta(microseconds=1)
_STEPS = {"day": timedelta(days=1), "epoch_s": timedelta(seconds=1), "epoch_ms": timedelta(milliseconds=1)}
_SUPPRESSED = "<long param suppressed>"


class LeftOutError(Exception):
    """A condition whose values can't be used; it says why and never which."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(why.value)


@dataclass(slots=True, kw_only=True)
class Filter:
    """Conditions as they are gathered. any_of: key → permitted values; start (included) and end (not) of issue."""

    offset: timedelta
    any_of: dict[str, set[str]] = field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None
    limit: int | None = None
    wider: list[DroppedCondition] = field(default_factory=list)
    naive: bool = False

    def permit(self, key: str, values: Sequence[str]) -> None:
        """One of these values; LeftOutError if one of them can't be used, since without it the filter is too narrow."""
        kept = {_kept(key, v) for v in values}
        self.any_of[key] = self.any_of[key] & kept if key in self.any_of else kept

    def time(self, text: str, date: bool = False, formats: tuple[str, ...] = ()) -> datetime:
        """A time in UTC, in ISO 8601 or one of the formats; LeftOutError if it can't be read."""
        try:
            read = _time_as(text, formats) if formats else datetime.fromisoformat(text.strip())
            if date:
                read = read.replace(hour=0, minute=0, second=0, microsecond=0)
            if read.tzinfo is None:
                made = (read - self.offset).replace(tzinfo=UTC)
                self.naive = True
                return made
            return read.astimezone(UTC)
        except (ValueError, OverflowError):
            raise LeftOutError(Why.VALUE) from None

    def bound(self, sign: str, at: datetime, unit: str = "") -> None:
        """The time of issue is >=, >, <, <= or = `at`, in whole numbers of the unit, else to the microsecond."""
        step = _STEPS.get(unit, _TICK)
        try:
            if sign in {">=", ">", "="}:
                low = at + step if sign == ">" else at
                self.start = low if self.start is None else max(self.start, low)
            if sign in {"<", "<=", "="}:
                high = at if sign == "<" else at + step
                self.end = high if self.end is None else min(self.end, high)
        except OverflowError:
            raise LeftOutError(Why.VALUE) from None

    @property
    def empty(self) -> bool:
        """True if no waybill can fit."""
        crossed = self.start is not None and self.end is not None and self.start >= self.end
        return crossed or any(not v for v in self.any_of.values())

    def as_json(self) -> dict[str, object]:
        """The filter as `model.predicate` reads it."""
        out: dict[str, object] = {k: one(sorted(v)) for k, v in self.any_of.items()}
        for name, at in (("issued_from", self.start), ("issued_to", self.end)):
            if at is not None:
                out[name] = at.isoformat()
        if self.limit is not None:
            out["limit"] = self.limit
        if self.wider:
            out["unknown"] = True
        return out

    def outcome(self, rows: int | None, action: str | None, strict: bool = True) -> Outcome:
        """Reads where it is certain, or exactly asked, which waybills were shown; else what was asked.

        rows: of the answer, where known, one a waybill. strict: what was asked beside the numbers may have hidden some.
        """
        if rows == 0 or self.empty:
            return NoRead(why=Why.NO_ROWS)
        targets = self.any_of.get("waybill", set())
        alone = len(self.any_of) == 1 and not self.wider and self.start is None and self.end is None
        exact = (alone and (self.limit is None or self.limit >= len(targets))) or not strict
        if targets and (exact if rows is None else rows >= len(targets)):
            return WaybillsRead(waybills=tuple(sorted(targets)), action=action)
        return QueryMade(filter=self.as_json(), rows=rows, wider=tuple(self.wider), naive=self.naive)


def one(values: list[str]) -> str | list[str]:
    """A single value stands for itself."""
    return values[0] if len(values) == 1 else values


def bind(
    shape: QueryShape,
    literals: Sequence[str | None],
    bound: Sequence[str] | None,
    rows: int | None,
    offset: timedelta,
) -> Outcome:
    """Bind values to a statement of this shape. bound: values of $1, …; None if not logged."""
    if shape.nothing is not None:
        return NoRead(why=shape.nothing)
    if rows == 0:
        return NoRead(why=Why.NO_ROWS)
    made = Filter(offset=offset, wider=list(shape.wider))
    values = _Values(literals=literals, bound=bound)
    for condition in shape.conditions:
        try:
            _apply(made, condition, values)
        except LeftOutError as left:
            made.wider.append(DroppedCondition(why=left.why, name="" if left.why is not Why.VALUE else condition.key))
    if shape.counts and "waybill" not in made.any_of:
        return NoRead(why=Why.ONLY_COUNTED)
    if shape.grouped or shape.counts:
        return made.outcome(None, action_of(shape))
    made.limit = 1 if shape.one else _limit(shape.limit, values)
    if made.limit == 0:
        return NoRead(why=Why.NO_ROWS)
    return made.outcome(rows, action_of(shape))


def action_of(shape: QueryShape) -> str:
    """Return the contract's word for such a statement."""
    return "export" if shape.export else "view"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Values:
    literals: Sequence[str | None]
    bound: Sequence[str] | None

    def of(self, operand: Operand) -> list[str]:
        text = self._text(operand)
        return array_items(text) if operand.array else [text]

    def _text(self, operand: Operand) -> str:
        if not operand.bound:
            text = self.literals[operand.index] if operand.index < len(self.literals) else None
            if text is None:
                raise LeftOutError(Why.VALUE)
            return text
        if self.bound is None or not 1 <= operand.index <= len(self.bound):
            raise LeftOutError(Why.PARAMETER)
        text = self.bound[operand.index - 1]
        if text in {"", _SUPPRESSED}:
            raise LeftOutError(Why.PARAMETER)
        return text


def _apply(made: Filter, condition: Condition, values: _Values) -> None:
    texts = [text for item in condition.operands for text in values.of(item)]
    if condition.sign == "same":
        if texts[0] != texts[1]:
            raise LeftOutError(Why.COMPARISON)
    elif condition.key == "issued_at":
        formats = (condition.unit,) if condition.unit in EPOCHS else ()
        made.bound(condition.sign, made.time(texts[0], condition.operands[0].date, formats), condition.unit)
    else:
        made.permit(condition.key, texts)


@lru_cache(1 << 12)
def _time_as(text: str, formats: tuple[str, ...]) -> datetime:
    """A time in one of the formats, as a mapping reads a column of them; ValueError."""
    times = parse_times(formats, pa.array([text]))
    if not times.ok[0] or not EARLIEST <= times.us[0] < LATEST:
        raise ValueError("not a time")
    return datetime(1970, 1, 1, tzinfo=None if times.naive[0] else UTC) + int(times.us[0]) * _TICK


def _kept(key: str, value: str) -> str:
    if key == "waybill":
        plain = waybill_of(value)
        if plain is None:
            raise LeftOutError(Why.PERSONAL if looks_personal(value) else Why.VALUE)
        return plain
    if looks_personal(value):
        raise LeftOutError(Why.PERSONAL)
    if not usable(value):
        raise LeftOutError(Why.VALUE)
    return value


def _limit(operand: Operand | None, values: _Values) -> int | None:
    if operand is None:
        return None
    try:
        (text,) = values.of(operand)
    except (LeftOutError, ValueError):
        return None
    return int(text) if text.isdecimal() and len(text) < 16 else None


def array_items(text: str) -> list[str]:
    """The items of a PostgreSQL array of one dimension, `{a,"b c"}`; LeftOutError for another form."""
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")) or "\\" in inner or "{" in inner[1:]:
        raise LeftOutError(Why.VALUE)
    items = [i.strip() for i in split_record(inner[1:-1], ",")]
    if not all(items) or "NULL" in items:
        raise LeftOutError(Why.VALUE)
    return items
