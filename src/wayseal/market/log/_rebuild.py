"""Tables made anew out of lines (rule 1)."""

from collections.abc import Iterator

from wayseal.market.log._lines import read_text
from wayseal.market.log._project import project, put_state
from wayseal.market.log._tables import LINES, make_tables
from wayseal.store.statements import Connection

BATCH = 5000
"""Lines that are held at once."""
Row = tuple[int, str | None, str]
"""A line as it lies there: number, text or None, leaf."""


def read_rows(connection: Connection) -> Iterator[list[Row]]:
    """All lines, some at a time."""
    text = f"SELECT seq, line, leaf FROM {LINES} WHERE seq > ? ORDER BY seq LIMIT ?"
    last = -1
    while batch := connection.rows(text, (last, BATCH)):
        yield [(int(seq), line, leaf) for seq, line, leaf in batch]
        last = int(batch[-1][0])


def remake_tables(connection: Connection) -> int:
    """Makes all tables anew; how many lines there are. ValueError: a line can't be read."""
    for text in make_tables():
        connection.rows(text)
    size = 0
    for rows in read_rows(connection):
        project(connection, [read_text(line) for _, line, _ in rows if line is not None])
        size = rows[-1][0] + 1
    put_state(connection, size)
    return size
