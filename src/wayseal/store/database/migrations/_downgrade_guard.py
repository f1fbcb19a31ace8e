"""What steps back share."""

from collections.abc import Iterable

import sqlalchemy as sa

from wayseal.store.database.errors import DatabaseError


def refuse_with_rows(connection: sa.Connection, tables: Iterable[str]) -> None:
    """DatabaseError if one of `tables` holds a row: what would drop it would lose it."""
    for name in tables:
        found = connection.execute(sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)).first()
        if found:
            raise DatabaseError("table {name} holds rows, and this step back would lose them", name=name)
