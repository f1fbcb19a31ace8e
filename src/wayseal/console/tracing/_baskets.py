"""Baskets in the console's database.

1. Each act makes a new version of the basket, and says who, when and why. All versions stay: a row is there from the
   version that brought it to the one that took it away.
2. A number is changed or taken away from what the editor saw; where somebody changed it meanwhile, nothing is written,
   and the error has what stands now (StaleNumberError).
3. What is there already, the same in everything that a trace uses, isn't added again, and is told.
4. A basket holds `MOST` numbers at most; one that was closed takes none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import sqlalchemy as sa

from wayseal.console.errors import StaleNumberError, TraceWorkError
from wayseal.console.tracing import _tables as tables
from wayseal.console.tracing.types import Basket, BasketAct, Done, Number, Row, Sighting
from wayseal.model.times import HOUR_US
from wayseal.store.database import Connection, Database

MOST = 2000
DAY_US = 24 * HOUR_US
MOST_NAME, MOST_WHY = 120, 500
_T = TypeVar("_T")
_Made = tuple[int | None, Mapping[str, Any], _T]
"""Numbers that an act was about (None: it did nothing), columns of the basket that it changes, its answer."""
_LIVE = tables.OPEN_END


class Baskets:
    """Everything about baskets; whoever made it closes the database."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

    def page(
        self, *, after: tuple[int, int] | None = None, limit: int = 25, closed: bool = False
    ) -> tuple[Basket, ...]:
        """Baskets, those changed last first. after: (changed_at, number) of the last one that was seen."""
        return self._database.look(_page, after, limit, closed)

    def find(self, id_: str) -> Basket | None:
        """A basket by id."""
        return self._database.look(_find, id_)

    def rows(self, basket: Basket, *, after: int = -1, limit: int = 100, version: int | None = None) -> tuple[Row, ...]:
        """Its numbers behind a row, as they are, or as of a version."""
        return self._database.look(_rows, basket.number, after, limit, version)

    def sightings(self, waybill: str, *, limit: int = 20) -> tuple[Sighting, ...]:
        """Where a number stands now, in open baskets and closed ones, the first seen first: 1 statement."""
        return self._database.look(_sightings, waybill, limit)

    def sold_at(self, waybills: Sequence[str]) -> Mapping[str, int]:
        """Of some numbers those that stand in a basket now, and when each was on sale at the latest: 1 statement.

        Where only the day is known, that is its end.
        """
        return self._database.look(_sold_at, waybills) if waybills else {}

    def acts(self, basket: Basket, *, limit: int = 12) -> tuple[Done, ...]:
        """What was done with it, the newest first."""
        return self._database.look(_acts, basket.number, limit)

    def make(self, name: str, who: str, why: str) -> str:
        """Makes an empty basket; its id. TraceWorkError: the name can't be."""
        return self._database.write(_make, _line(name, "name", MOST_NAME), who, _why(why), self._now())

    def add(self, id_: str, numbers: Sequence[Number], who: str, why: str) -> tuple[int, int]:
        """Adds numbers; how many are new, and how many were there (rule 3). TraceWorkError (rule 4)."""
        return self._act(id_, BasketAct.ADDED, who, why, _add, numbers)

    def change(self, id_: str, row: int, since: int, number: Number, who: str, why: str) -> None:
        """Puts another number in a row's place (rule 2)."""
        self._act(id_, BasketAct.CHANGED, who, why, _change, row, since, number)

    def remove(self, id_: str, row: int, since: int, who: str, why: str) -> None:
        """Takes a number away (rule 2)."""
        self._act(id_, BasketAct.REMOVED, who, why, _change, row, since, None)

    def rename(self, id_: str, name: str, who: str, why: str) -> None:
        """Gives it another name."""
        self._act(id_, BasketAct.RENAMED, who, why, _set, {"name": _line(name, "name", MOST_NAME)})

    def close(self, id_: str, who: str, why: str, *, closed: bool = True) -> None:
        """Puts it away, or takes it out again."""
        act = BasketAct.CLOSED if closed else BasketAct.OPENED
        self._act(id_, act, who, why, _set, {"closed": int(closed)})

    def _act(self, id_: str, act: BasketAct, who: str, why: str, work: Callable[..., _Made[_T]], *args: Any) -> _T:
        return self._database.write(_perform, id_, act, who, _why(why), self._now(), work, *args)


def _perform(
    connection: Connection,
    id_: str,
    act: BasketAct,
    who: str,
    why: str,
    at: int,
    work: Callable[..., _Made[_T]],
    *args: Any,
) -> _T:
    """One act and its version (rule 1); none where nothing was done."""
    basket = _find(connection, id_)
    if basket is None:
        raise TraceWorkError("there is no such basket", key="basket")
    if basket.closed and act is not BasketAct.OPENED:
        raise TraceWorkError("this basket is closed: open it first", key="basket")
    version = basket.version + 1
    count, values, answer = work(connection, basket, version, *args)
    if count is not None:
        changed = {"version": version, "changed_at": at, "changed_by": who, **values}
        connection.execute(tables.baskets.update().where(tables.baskets.c.number == basket.number).values(**changed))
        row = {"basket": basket.number, "version": version, "at": at, "act": act.value, "who": who, "why": why}
        connection.execute(tables.acts.insert().values(**row, count=count))
    return answer


def _make(connection: Connection, name: str, who: str, why: str, at: int) -> str:
    newest = connection.execute(sa.select(sa.func.max(tables.baskets.c.number))).scalar()
    number = (newest or 0) + 1
    values = {"number": number, "name": name, "version": 1, "numbers": 0, "next_row": 1, "closed": 0}
    connection.execute(tables.baskets.insert().values(**values, changed_at=at, changed_by=who))
    row = {"basket": number, "version": 1, "at": at, "act": BasketAct.MADE.value, "who": who, "why": why, "count": 0}
    connection.execute(tables.acts.insert().values(**row))
    return f"b-{number}"


def _add(connection: Connection, basket: Basket, version: int, numbers: Sequence[Number]) -> _Made[tuple[int, int]]:
    there = {_same(row.number) for row in _rows(connection, basket.number, -1, MOST, None)}
    new = [number for number in dict.fromkeys(numbers) if _same(number) not in there]
    if basket.numbers + len(new) > MOST:
        raise TraceWorkError("a basket holds {most:,} numbers at most", key="typed", most=MOST)
    if not new:
        return None, {}, (0, len(numbers))
    place = tables.baskets.c.number == basket.number
    first = connection.execute(sa.select(tables.baskets.c.next_row).where(place)).scalar_one()
    values = [_values(basket.number, first + n, version, number) for n, number in enumerate(new)]
    connection.execute(tables.rows.insert(), values)
    changed = {"numbers": basket.numbers + len(new), "next_row": first + len(new)}
    return len(new), changed, (len(new), len(numbers) - len(new))


def _change(
    connection: Connection, basket: Basket, version: int, row: int, since: int, number: Number | None
) -> _Made[None]:
    t = tables.rows.c
    asked = sa.select(tables.rows).where(t.basket == basket.number, t.row == row, t.until == _LIVE)
    found = connection.execute(asked).first()
    now = None if found is None else _row(found)
    if now is None or now.since != since:
        raise StaleNumberError(now)
    if now.number == number:
        return None, {}, None
    place = (t.basket == basket.number, t.row == row, t.since == since)
    connection.execute(tables.rows.update().where(*place).values(until=version))
    if number is None:
        return 1, {"numbers": basket.numbers - 1}, None
    connection.execute(tables.rows.insert().values(**_values(basket.number, row, version, number)))
    return 1, {}, None


def _set(connection: Connection, basket: Basket, version: int, values: dict[str, Any]) -> _Made[None]:
    del connection, basket, version
    return 0, values, None


def _values(basket: int, row: int, version: int, number: Number) -> dict[str, Any]:
    values = {**asdict(number), "seen_day": int(number.seen_day)}
    return {"basket": basket, "row": row, "since": version, "until": _LIVE, **values}


def _same(number: Number) -> tuple[object, ...]:
    """What two rows share that say the same (rule 3)."""
    return number.waybill, number.seen_at, number.seen_day, number.seller, number.found_by


def _page(connection: Connection, after: tuple[int, int] | None, limit: int, closed: bool) -> tuple[Basket, ...]:
    t = tables.baskets.c
    asked = sa.select(tables.baskets).where(t.closed == int(closed))
    if after is not None:
        at, number = after
        asked = asked.where(sa.or_(t.changed_at < at, sa.and_(t.changed_at == at, t.number < number)))
    ordered = asked.order_by(t.changed_at.desc(), t.number.desc()).limit(limit)
    return tuple(_basket(row) for row in connection.execute(ordered))


def _find(connection: Connection, id_: str) -> Basket | None:
    number = number_of(id_)
    if number is None:
        return None
    row = connection.execute(sa.select(tables.baskets).where(tables.baskets.c.number == number)).first()
    return None if row is None else _basket(row)


def _rows(connection: Connection, basket: int, after: int, limit: int, version: int | None) -> tuple[Row, ...]:
    t = tables.rows.c
    asked = sa.select(tables.rows).where(t.basket == basket, t.row > after)
    there = [t.until == _LIVE] if version is None else [t.since <= version, t.until > version]
    asked = asked.where(*there)
    return tuple(_row(row) for row in connection.execute(asked.order_by(t.row).limit(limit)))


def _sightings(connection: Connection, waybill: str, limit: int) -> tuple[Sighting, ...]:
    t = tables.rows.c
    asked = (
        sa.select(tables.rows, tables.baskets.c.name.label("basket_name"))
        .join(tables.baskets, tables.baskets.c.number == t.basket)
        .where(t.waybill == waybill, t.until == _LIVE)
        .order_by(t.seen_at, t.basket, t.row)
        .limit(limit)
    )
    return tuple(
        Sighting(basket=f"b-{row.basket}", name=row.basket_name, version=row.since, number=_row(row).number)
        for row in connection.execute(asked)
    )


def _sold_at(connection: Connection, waybills: Sequence[str]) -> Mapping[str, int]:
    t = tables.rows.c
    asked = (
        sa.select(t.waybill, sa.func.min(t.seen_at + sa.cast(t.seen_day, sa.BigInteger) * DAY_US).label("at"))
        .where(t.waybill.in_(sorted(set(waybills))), t.until == _LIVE)
        .group_by(t.waybill)
    )
    return {row.waybill: int(row.at) for row in connection.execute(asked)}


def _acts(connection: Connection, basket: int, limit: int) -> tuple[Done, ...]:
    t = tables.acts.c
    asked = sa.select(tables.acts).where(t.basket == basket).order_by(t.version.desc()).limit(limit)
    return tuple(
        Done(
            version=row.version,
            at=row.at,
            act=BasketAct(row.act),
            who=row.who,
            why=row.why,
            count=row._mapping["count"],
        )
        for row in connection.execute(asked)
    )


def _basket(row: Any) -> Basket:
    return Basket(
        id=f"b-{row.number}",
        number=row.number,
        name=row.name,
        version=row.version,
        numbers=row.numbers,
        closed=bool(row.closed),
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )


def _row(row: Any) -> Row:
    number = Number(
        waybill=row.waybill,
        seen_at=row.seen_at,
        seen_day=bool(row.seen_day),
        asked_at=row.asked_at,
        absent_at=row.absent_at,
        found_by=row.found_by,
        seller=row.seller,
        asked=row.asked,
        price=row.price,
        bought_by=row.bought_by,
    )
    return Row(row=row.row, since=row.since, number=number)


def number_of(id_: str) -> int | None:
    """The number in an id such as b-12; None where it is no id."""
    kind, _, digits = id_.partition("-")
    return int(digits) if kind == "b" and digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def _line(text: str, key: str, most: int) -> str:
    plain = " ".join(text.split())
    if not plain or len(plain) > most or not plain.isprintable():
        raise TraceWorkError("one line of up to {most} characters", key=key, most=most)
    return plain


def _why(text: str) -> str:
    return _line(text, "why", MOST_WHY) if text.strip() else ""
