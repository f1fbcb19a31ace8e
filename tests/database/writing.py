"""What writes in a process of its own."""

from multiprocessing.connection import Connection as Line

from wayseal.database import Connection, open_database
from wayseal.database.migrations import upgrade
from wayseal.vault.tables import CHAINS


def write_for_ever(url: str, line: Line) -> None:
    """Writes two halves at a time, and says when both are acknowledged."""
    database = open_database(url)
    database.write(_make)
    for i in range(1_000_000):
        database.write(_put, i)
        line.send(i)


def _make(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE k (i INTEGER, half INTEGER, PRIMARY KEY (i, half))")


def _put(connection: Connection, i: int) -> None:
    connection.exec_driver_sql(f"INSERT INTO k VALUES ({i}, 1)")
    connection.exec_driver_sql(f"INSERT INTO k VALUES ({i}, 2)")


def upgrade_when_told(url: str, line: Line) -> None:
    """Upgrades a database at a word; says how many steps it took."""
    database = open_database(url)
    line.recv()
    line.send(len(upgrade(database, CHAINS["main"])))
    database.close()
