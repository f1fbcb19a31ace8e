"""Acts of access: a table that is only added to, each row chained to the one before it (`wayseal.journal.chain`).

What stands in `detail` are words of ours: roles, kinds, ids; nothing that somebody typed to get in.
"""

import json

import sqlalchemy as sa

from wayseal.console.access import _tables as tables
from wayseal.console.access.types import Act, ActKind, Checked
from wayseal.journal.chain import chain_line, sum_of
from wayseal.store.database import Connection


def add(
    connection: Connection, kind: ActKind, /, *, at: int, who: str | None, person: str | None = None, **detail: str
) -> None:
    """Adds an act. who, person: ids. Only inside a write, where nobody adds beside it."""
    newest = sa.select(tables.acts.c.number, tables.acts.c.chain).order_by(tables.acts.c.number.desc()).limit(1)
    last = connection.execute(newest).first()
    row = {
        "number": 1 if last is None else last.number + 1,
        "at": at,
        "act": kind.value,
        "who": who,
        "person": person,
        "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True),
    }
    chain = sum_of(chain_line(row, "" if last is None else last.chain))
    connection.execute(tables.acts.insert().values(**row, chain=chain))


def check(connection: Connection, *, start: int, limit: int) -> Checked:
    """Checks the acts from a number on; what stands before `start` is believed, as it was checked before."""
    acts = tables.acts
    newest = connection.execute(sa.select(sa.func.max(acts.c.number))).scalar() or 0
    chain, expected = "", start
    if start > 1:
        chain = connection.execute(sa.select(acts.c.chain).where(acts.c.number == start - 1)).scalar() or ""
    asked = sa.select(acts).where(acts.c.number >= start).order_by(acts.c.number).limit(limit)
    for row in connection.execute(asked):
        fields = {name: row._mapping[name] for name in ("number", "at", "act", "who", "person", "detail")}
        chain = sum_of(chain_line(fields, chain))
        if row.number != expected or row.chain != chain:
            return Checked(upto=expected - 1, newest=newest, wrong=expected)
        expected += 1
    return Checked(upto=expected - 1, newest=newest)


def page(connection: Connection, *, before: int | None, limit: int) -> tuple[Act, ...]:
    """The newest acts first, below a number."""
    who, person = tables.people.alias("who"), tables.people.alias("person")
    asked = (
        sa.select(tables.acts, who.c.login.label("who_login"), person.c.login.label("person_login"))
        .outerjoin(who, who.c.person == tables.acts.c.who)
        .outerjoin(person, person.c.person == tables.acts.c.person)
        .order_by(tables.acts.c.number.desc())
        .limit(limit)
    )
    if before is not None:
        asked = asked.where(tables.acts.c.number < before)
    return tuple(
        Act(
            number=row.number,
            at=row.at,
            act=ActKind(row.act),
            who=row.who_login,
            person=row.person_login,
            detail=json.loads(row.detail),
        )
        for row in connection.execute(asked)
    )
