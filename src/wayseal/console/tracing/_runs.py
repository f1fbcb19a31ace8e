"""Runs over baskets in the console's database: which job did what over which version, and what came out.

1. How a job stands is asked of jobs; once it is over, what it gave is kept here, so that lists ask this table alone.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from wayseal.console.tracing import _tables as tables
from wayseal.console.tracing._baskets import number_of
from wayseal.console.tracing.types import Run, RunKind
from wayseal.store.database import Connection, Database


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
        return self._database.look(_find, job)

    def page(
        self, kinds: Sequence[RunKind], *, basket: str | None = None, before: int | None = None, limit: int = 25
    ) -> tuple[Run, ...]:
        """Runs of some kinds, the newest first."""
        return self._database.look(_page, kinds, basket, before, limit)

    def left_out(self, job: str) -> Run | None:
        """The newest run that leaves out the numbers of a run one by one."""
        return self._database.look(_left_out, job)

    def find_queued(self, item: str) -> Run | None:
        """The run that became something in the queue."""
        return self._database.look(_find_queued, item)

    def settle(self, job: str, state: str, told: Mapping[str, str]) -> None:
        """Keeps how a job stands (rule 1)."""
        self._database.write(_set, job, {"state": state, "told": json.dumps(dict(told), ensure_ascii=False)})

    def queue(self, job: str, item: str) -> None:
        """Notes what a run became in the queue."""
        self._database.write(_set, job, {"item": item})


def _note(connection: Connection, values: dict[str, Any]) -> None:
    newest = connection.execute(sa.select(sa.func.max(tables.runs.c.number))).scalar()
    connection.execute(tables.runs.insert().values(number=(newest or 0) + 1, **values))


def _find(connection: Connection, job: str) -> Run | None:
    row = connection.execute(sa.select(tables.runs).where(tables.runs.c.job == job)).first()
    return None if row is None else _run(row)


def _find_queued(connection: Connection, item: str) -> Run | None:
    row = connection.execute(sa.select(tables.runs).where(tables.runs.c.item == item).limit(1)).first()
    return None if row is None else _run(row)


def _page(
    connection: Connection, kinds: Sequence[RunKind], basket: str | None, before: int | None, limit: int
) -> tuple[Run, ...]:
    t = tables.runs.c
    asked = sa.select(tables.runs).where(t.kind.in_([kind.value for kind in kinds]))
    if basket is not None:
        asked = asked.where(t.basket == number_of(basket))
    if before is not None:
        asked = asked.where(t.number < before)
    return tuple(_run(row) for row in connection.execute(asked.order_by(t.number.desc()).limit(limit)))


def _left_out(connection: Connection, job: str) -> Run | None:
    t = tables.runs.c
    asked = sa.select(tables.runs).where(t.of == job).order_by(t.number.desc()).limit(1)
    row = connection.execute(asked).first()
    return None if row is None else _run(row)


def _set(connection: Connection, job: str, values: dict[str, Any]) -> None:
    connection.execute(tables.runs.update().where(tables.runs.c.job == job).values(**values))


def _run(row: Any) -> Run:
    return Run(
        number=row.number,
        job=row.job,
        kind=RunKind(row.kind),
        basket=f"b-{row.basket}",
        version=row.version,
        seed=row.seed,
        at=row.at,
        who=row.who,
        of=row.of,
        state=row.state,
        told=json.loads(row.told),
        item=row.item,
    )
