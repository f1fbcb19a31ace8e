"""Baskets, and runs over them, in the console's database, as `console.serve` has its tables made.

1. Each act makes a new version of the basket, and says who, when and why. All versions stay: a row is there from the
   version that brought it to the one that took it away.
2. A number is changed or taken away from what the editor saw; where somebody changed it meanwhile, nothing is written,
   and the error has what stands now (StaleNumberError).
3. What is there already, the same in everything that a trace uses, isn't added again, and is told.
4. A basket holds `MOST` numbers at most; one that was closed takes none.
5. How a job stands is asked of jobs; once it is over, what it gave is kept here, so that lists ask this table alone.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import sqlalchemy as sa

from wayseal.console.errors import StaleNumberError, TraceWorkError
from wayseal.console.tracing.types import Basket, BasketAct, Done, Number, Row, Run, RunKind, Sighting
from wayseal.database import Connection, Database
from wayseal.database.raw import record_of
from wayseal.model.times import HOUR_US

METADATA = sa.MetaData()
OPEN_END = 2**31 - 1
"""`until` of a row that is still there."""

all_baskets = sa.Table(
    "baskets",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("numbers", sa.Integer, nullable=False),
    sa.Column("next_row", sa.Integer, nullable=False),
    sa.Column("closed", sa.Integer, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Column("changed_by", sa.String(64), nullable=False),
    sa.Index("ix_baskets_closed", "closed", "changed_at", "number"),
)
basket_rows = sa.Table(
    "basket_rows",
    METADATA,
    sa.Column("basket", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("since", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("until", sa.Integer, nullable=False),
    sa.Column("waybill", sa.String(512), nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sa.Column("seen_day", sa.Integer, nullable=False),
    sa.Column("asked_at", sa.BigInteger),
    sa.Column("absent_at", sa.BigInteger),
    sa.Column("found_by", sa.String(16)),
    sa.Column("seller", sa.Text),
    sa.Column("asked", sa.Text),
    sa.Column("price", sa.String(40), nullable=False),
    sa.Column("bought_by", sa.String(80), nullable=False),
    sa.Index("ix_basket_rows_until", "basket", "until", "row"),
    sa.Index("ix_basket_rows_waybill", "waybill", "until"),
)
basket_acts = sa.Table(
    "basket_acts",
    METADATA,
    sa.Column("basket", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("act", sa.String(12), nullable=False),
    sa.Column("who", sa.String(64), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
)
all_runs = sa.Table(
    "trace_runs",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("job", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("basket", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("who", sa.String(64), nullable=False),
    sa.Column("of", sa.String(64), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("told", sa.Text, nullable=False),
    sa.Column("item", sa.String(40), nullable=False),
    sa.Index("ix_trace_runs_job", "job", unique=True),
    sa.Index("ix_trace_runs_basket", "basket", "kind", "number"),
    sa.Index("ix_trace_runs_kind", "kind", "number"),
    sa.Index("ix_trace_runs_of", "of", "number"),
)


MOST = 2000
DAY_US = 24 * HOUR_US
MOST_NAME, MOST_WHY = 120, 500
_T = TypeVar("_T")
_Made = tuple[int | None, Mapping[str, Any], _T]
"""Numbers that an act was about (None: it did nothing), columns of the basket that it changes, its answer."""
_LIVE = OPEN_END


class Baskets:
    """Everything about baskets; whoever made it closes the database."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

    def page(
        self, *, after: tuple[int, int] | None = None, limit: int = 25, closed: bool = False
    ) -> tuple[Basket, ...]:
        """Baskets, those changed last first. after: (changed_at, number) of the last one that was seen."""
        t = all_baskets.c
        asked = sa.select(all_baskets).where(t.closed == int(closed))
        if after is not None:
            at, number = after
            asked = asked.where(sa.or_(t.changed_at < at, sa.and_(t.changed_at == at, t.number < number)))
        return tuple(map(_basket, self._all(asked.order_by(t.changed_at.desc(), t.number.desc()).limit(limit))))

    def find(self, id_: str) -> Basket | None:
        """A basket by id."""
        return self._database.look(_find, id_)

    def search(self, text: str, limit: int) -> tuple[Basket, ...]:
        """Baskets by their id, or by a part of the name, those changed last first."""
        t = all_baskets.c
        fits = sa.func.lower(t.name).contains(text.lower(), autoescape=True)
        asked = sa.select(all_baskets).where(sa.or_(fits, t.number == (number_of(text) or 0)))
        return tuple(map(_basket, self._all(asked.order_by(t.changed_at.desc()).limit(limit))))

    def rows(self, basket: Basket, *, after: int = -1, limit: int = 100, version: int | None = None) -> tuple[Row, ...]:
        """Its numbers behind a row, as they are, or as of a version."""
        return self._database.look(_rows, basket.number, after, limit, version)

    def sightings(self, waybill: str, *, limit: int = 20) -> tuple[Sighting, ...]:
        """Where a number stands now, in open baskets and closed ones, the first seen first: 1 statement."""
        t = basket_rows.c
        asked = (
            sa.select(basket_rows, all_baskets.c.name.label("basket_name"))
            .join(all_baskets, all_baskets.c.number == t.basket)
            .where(t.waybill == waybill, t.until == _LIVE)
            .order_by(t.seen_at, t.basket, t.row)
            .limit(limit)
        )
        return tuple(
            Sighting(basket=f"b-{row.basket}", name=row.basket_name, version=row.since, number=_row(row).number)
            for row in self._all(asked)
        )

    def sold_at(self, waybills: Sequence[str]) -> Mapping[str, int]:
        """Of some numbers those that stand in a basket now, and when each was on sale at the latest: 1 statement.

        Where only the day is known, that is its end.
        """
        t = basket_rows.c
        asked = (
            sa.select(t.waybill, sa.func.min(t.seen_at + sa.cast(t.seen_day, sa.BigInteger) * DAY_US).label("at"))
            .where(t.waybill.in_(sorted(set(waybills))), t.until == _LIVE)
            .group_by(t.waybill)
        )
        return {row.waybill: int(row.at) for row in self._all(asked)} if waybills else {}

    def acts(self, basket: Basket, *, limit: int = 12) -> tuple[Done, ...]:
        """Return what was done with it, the newest first."""
        t = basket_acts.c
        asked = sa.select(basket_acts).where(t.basket == basket.number).order_by(t.version.desc()).limit(limit)
        return tuple(record_of(Done, row._mapping, act=BasketAct(row.act)) for row in self._all(asked))

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

    def _all(self, asked: sa.Select[Any]) -> Sequence[Any]:
        return self._database.look(lambda connection: connection.execute(asked).all())

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
        connection.execute(all_baskets.update().where(all_baskets.c.number == basket.number).values(**changed))
        row = {"basket": basket.number, "version": version, "at": at, "act": act.value, "who": who, "why": why}
        connection.execute(basket_acts.insert().values(**row, count=count))
    return answer


def _make(connection: Connection, name: str, who: str, why: str, at: int) -> str:
    newest = connection.execute(sa.select(sa.func.max(all_baskets.c.number))).scalar()
    number = (newest or 0) + 1
    values = {"number": number, "name": name, "version": 1, "numbers": 0, "next_row": 1, "closed": 0}
    connection.execute(all_baskets.insert().values(**values, changed_at=at, changed_by=who))
    row = {"basket": number, "version": 1, "at": at, "act": BasketAct.MADE.value, "who": who, "why": why, "count": 0}
    connection.execute(basket_acts.insert().values(**row))
    return f"b-{number}"


def _add(connection: Connection, basket: Basket, version: int, numbers: Sequence[Number]) -> _Made[tuple[int, int]]:
    there = {_same(row.number) for row in _rows(connection, basket.number, -1, MOST, None)}
    new = [number for number in dict.fromkeys(numbers) if _same(number) not in there]
    if basket.numbers + len(new) > MOST:
        raise TraceWorkError("a basket holds {most:,} numbers at most", key="typed", most=MOST)
    if not new:
        return None, {}, (0, len(numbers))
    place = all_baskets.c.number == basket.number
    first = connection.execute(sa.select(all_baskets.c.next_row).where(place)).scalar_one()
    values = [_values(basket.number, first + n, version, number) for n, number in enumerate(new)]
    connection.execute(basket_rows.insert(), values)
    changed = {"numbers": basket.numbers + len(new), "next_row": first + len(new)}
    return len(new), changed, (len(new), len(numbers) - len(new))


def _change(
    connection: Connection, basket: Basket, version: int, row: int, since: int, number: Number | None
) -> _Made[None]:
    t = basket_rows.c
    asked = sa.select(basket_rows).where(t.basket == basket.number, t.row == row, t.until == _LIVE)
    found = connection.execute(asked).first()
    now = None if found is None else _row(found)
    if now is None or now.since != since:
        raise StaleNumberError(now)
    if now.number == number:
        return None, {}, None
    place = (t.basket == basket.number, t.row == row, t.since == since)
    connection.execute(basket_rows.update().where(*place).values(until=version))
    if number is None:
        return 1, {"numbers": basket.numbers - 1}, None
    connection.execute(basket_rows.insert().values(**_values(basket.number, row, version, number)))
    return 1, {}, None


def _set(connection: Connection, basket: Basket, version: int, values: dict[str, Any]) -> _Made[None]:
    del connection, basket, version
    return 0, values, None


def _values(basket: int, row: int, version: int, number: Number) -> dict[str, Any]:
    values = {**asdict(number), "seen_day": int(number.seen_day)}
    return {"basket": basket, "row": row, "since": version, "until": _LIVE, **values}


def _same(number: Number) -> tuple[object, ...]:
    """Return what two rows share that say the same (rule 3)."""
    return number.waybill, number.seen_at, number.seen_day, number.seller, number.found_by


def _find(connection: Connection, id_: str) -> Basket | None:
    number = number_of(id_)
    if number is None:
        return None
    row = connection.execute(sa.select(all_baskets).where(all_baskets.c.number == number)).first()
    return None if row is None else _basket(row)


def _rows(connection: Connection, basket: int, after: int, limit: int, version: int | None) -> tuple[Row, ...]:
    t = basket_rows.c
    asked = sa.select(basket_rows).where(t.basket == basket, t.row > after)
    there = [t.until == _LIVE] if version is None else [t.since <= version, t.until > version]
    asked = asked.where(*there)
    return tuple(_row(row) for row in connection.execute(asked.order_by(t.row).limit(limit)))


def _basket(row: Any) -> Basket:
    return record_of(Basket, row._mapping, id=f"b-{row.number}", closed=bool(row.closed))


def _row(row: Any) -> Row:
    return record_of(Row, row._mapping, number=record_of(Number, row._mapping, seen_day=bool(row.seen_day)))


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


class Runs:
    """Everything about runs; whoever made it closes the database."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

    def note(self, job: str, kind: RunKind, basket: str, version: int, seed: int, who: str, of: str = "") -> None:
        """Notes that a job was begun."""
        row = {"job": job, "kind": kind.value, "basket": number_of(basket), "version": version, "seed": seed}
        rest = {"at": self._now(), "who": who, "of": of, "state": "queued", "told": "{}", "item": ""}
        self._database.write(_note, {**row, **rest})

    def find(self, job: str) -> Run | None:
        """The run of a job."""
        return self._newest(all_runs.c.job == job)

    def search(self, job: str, baskets: Sequence[str], limit: int) -> tuple[Run, ...]:
        """Traces by their job, or of some baskets, the newest first."""
        t = all_runs.c
        numbers = [number_of(basket) for basket in baskets]
        asked = sa.select(all_runs).where(t.kind == RunKind.TRACE.value, sa.or_(t.job == job, t.basket.in_(numbers)))
        return self._all(asked.order_by(t.number.desc()).limit(limit))

    def left_out(self, job: str) -> Run | None:
        """The newest run that leaves out the numbers of a run one by one."""
        return self._newest(all_runs.c.of == job)

    def find_queued(self, item: str) -> Run | None:
        """The run that became something in the queue."""
        return self._newest(all_runs.c.item == item)

    def page(
        self, kinds: Sequence[RunKind], *, basket: str | None = None, before: int | None = None, limit: int = 25
    ) -> tuple[Run, ...]:
        """Runs of some kinds, the newest first."""
        t = all_runs.c
        asked = sa.select(all_runs).where(t.kind.in_([kind.value for kind in kinds]))
        if basket is not None:
            asked = asked.where(t.basket == number_of(basket))
        if before is not None:
            asked = asked.where(t.number < before)
        return self._all(asked.order_by(t.number.desc()).limit(limit))

    def settle(self, job: str, state: str, told: Mapping[str, str]) -> None:
        """Keeps how a job stands (rule 5)."""
        self._set(job, state=state, told=json.dumps(dict(told), ensure_ascii=False))

    def queue(self, job: str, item: str) -> None:
        """Notes what a run became in the queue."""
        self._set(job, item=item)

    def _newest(self, which: sa.ColumnElement[bool]) -> Run | None:
        found = self._all(sa.select(all_runs).where(which).order_by(all_runs.c.number.desc()).limit(1))
        return found[0] if found else None

    def _all(self, asked: sa.Select[Any]) -> tuple[Run, ...]:
        return self._database.look(lambda connection: tuple(_run(row) for row in connection.execute(asked)))

    def _set(self, job: str, **values: str) -> None:
        changed = all_runs.update().where(all_runs.c.job == job).values(**values)
        self._database.write(lambda connection: connection.execute(changed))


def _note(connection: Connection, values: dict[str, Any]) -> None:
    newest = connection.execute(sa.select(sa.func.max(all_runs.c.number))).scalar()
    connection.execute(all_runs.insert().values(number=(newest or 0) + 1, **values))


def _run(row: Any) -> Run:
    return record_of(Run, row._mapping, kind=RunKind(row.kind), basket=f"b-{row.basket}", told=json.loads(row.told))
