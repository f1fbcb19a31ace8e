"""What people keep for themselves or for all: up to where they saw changes, and views of lists, which are addresses.

1. A mark is its person's, or everybody's (`EVERYBODY`); nobody reads another person's.
2. A person has `MOST` at most.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from wayseal.console.access import _tables as tables
from wayseal.console.access._means import Means
from wayseal.console.errors import AccessError
from wayseal.store.database import Connection

EVERYBODY = ""
MOST = 60
_LONG = 120


class Marks:
    """Texts under names, by person."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def of(self, person: str, beginning: str) -> Mapping[tuple[str, str], str]:
        """(Person, name) → value, of a person's marks and everybody's whose names begin so: 1 statement."""
        table = tables.marks
        asked = (
            sa.select(table.c.person, table.c.name, table.c.value)
            .where(table.c.person.in_((person, EVERYBODY)), table.c.name.startswith(beginning, autoescape=True))
            .order_by(table.c.name, table.c.person)
        )
        rows = self._means.database.read(lambda connection: connection.execute(asked).all())
        return {(row.person, row.name): row.value for row in rows}

    def put(self, person: str, name: str, value: str) -> None:
        """Keeps a mark; "" takes it away. AccessError: there are too many, or its name is too long."""
        if len(name) > _LONG or not name.isprintable():
            raise AccessError("one line of up to {most} characters", key="name", most=_LONG)
        self._means.database.write(self._put, person, name, value)

    def _put(self, connection: Connection, person: str, name: str, value: str) -> None:
        table = tables.marks
        own = table.c.person == person
        this = (own, table.c.name == name)
        if not value:
            connection.execute(table.delete().where(*this))
            return
        if connection.execute(table.update().where(*this).values(value=value, at=self._means.now())).rowcount:
            return
        count = connection.execute(sa.select(sa.func.count()).select_from(table).where(own)).scalar_one()
        if count >= MOST:
            raise AccessError("there are {most} kept already: take one away first", key="name", most=MOST)
        connection.execute(table.insert().values(person=person, name=name, value=value, at=self._means.now()))
