"""What holds on both databases; numbers are the rules of `_database`."""

import logging
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.database.places import opened
from tests.tables import each
from wayseal.database import (
    Connection,
    Database,
    DatabaseError,
    DatabaseGoneError,
    execute,
    open_database,
    query,
    scratch,
)  # fmt: skip
from wayseal.database.errors import ForeignDatabaseError

MARK = "MARK13800138000"
T = sa.Table(
    "t",
    sa.MetaData(),
    sa.Column("a", sa.String(40), primary_key=True),
    sa.Column("n", sa.Integer),
    sa.Column("b", sa.LargeBinary),
)


@pytest.fixture
def filled(database: Database) -> Database:
    database.write(T.metadata.create_all)
    database.write(lambda c: c.execute(sa.insert(T), [{"a": MARK, "n": 1, "b": b"x"}]))
    return database


def rows(database: Database) -> list[tuple[Any, ...]]:
    return database.read(lambda c: [tuple(r) for r in c.execute(sa.select(T).order_by(T.c.a))])


def put(connection: Connection, a: Any, n: Any = 0) -> None:
    connection.execute(sa.insert(T), {"a": a, "n": n})


def told(error: BaseException) -> str:
    """All that a log could print of an error and of what stands behind it."""
    chain: list[BaseException] = []
    while error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__ or error
    printed = "".join(traceback.format_exception(chain[0], chain=True))
    # Lines of the tests themselves hold the marker's name only.
    return printed + "".join(f"{e!r} {e} {vars(e)}" for e in chain)


def test_what_was_written_is_read(filled: Database) -> None:
    assert filled.write(lambda c, n: c.execute(sa.update(T).values(n=n)).rowcount, 7) == 1
    assert rows(filled) == [(MARK, 7, b"x")]


def test_what_raises_leaves_nothing(filled: Database) -> None:
    def half(connection: Connection) -> None:
        put(connection, "b")
        raise LookupError(MARK)

    with pytest.raises(LookupError):
        filled.write(half)
    assert len(rows(filled)) == 1
    filled.write(put, "c")
    assert len(rows(filled)) == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_ends_no_database(error: type[BaseException], filled: Database) -> None:
    def half(connection: Connection) -> None:
        put(connection, "b")
        raise error

    with pytest.raises(error):
        filled.write(half)
    filled.write(put, "c")
    assert [r[0] for r in rows(filled)] == [MARK, "c"]


def test_a_statement_that_fails_undoes_those_before_it(filled: Database) -> None:
    def half(connection: Connection) -> None:
        put(connection, "b")
        put(connection, MARK)

    with pytest.raises(DatabaseError, match="something else under this key"):
        filled.write(half)
    assert len(rows(filled)) == 1


def test_readers_can_write_nothing(filled: Database) -> None:
    with pytest.raises(DatabaseError, match="can't be written to"):
        filled.read(put, "b")
    filled.write(put, "b")
    assert len(rows(filled)) == 2


def test_a_read_sees_one_snapshot(filled: Database, url: str) -> None:
    count = sa.select(sa.func.count()).select_from(T)

    with opened(url) as other:

        def twice(connection: Connection) -> tuple[int, int]:
            before = connection.execute(count).scalar_one()
            other.write(put, "between")
            return before, connection.execute(count).scalar_one()

        assert filled.read(twice) == (1, 1)
    assert filled.read(lambda c: c.execute(count).scalar_one()) == 2


def add_one(connection: Connection) -> None:
    n = connection.execute(sa.select(T.c.n)).scalar_one()
    connection.execute(sa.update(T).values(n=n + 1))


def add_many(database: Database) -> None:
    for _ in range(20):
        database.write(add_one)


def test_writers_follow_one_another(filled: Database, url: str) -> None:
    """Rule 2: nobody's addition is lost, by threads of one database and by another's."""
    with opened(url) as other:
        threads = [threading.Thread(target=add_many, args=(d,)) for d in (filled, other) * 5]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    assert rows(filled)[0][1] == 201


def test_many_readers_at_once(filled: Database) -> None:
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(len(rows(filled)))) for _ in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert seen == [1] * 40


REFUSED: dict[str, Callable[[Connection], object]] = {
    "twice": lambda c: put(c, MARK),
    "null": lambda c: c.execute(sa.text("INSERT INTO t (a, n) VALUES (NULL, 1), (:m, 2)"), {"m": MARK + "2"}),
    "lone surrogate": lambda c: put(c, MARK + "\ud800"),
    "too large": lambda c: put(c, MARK + "3", 2**70),
    "no table": lambda c: c.execute(sa.text(f"SELECT '{MARK}' FROM nowhere")),
    "no column": lambda c: c.execute(sa.text(f"SELECT nothing, '{MARK}' FROM t")),
    "syntax": lambda c: c.execute(sa.text(f"SELEKT '{MARK}'")),
    "type": lambda c: c.execute(sa.text("INSERT INTO t (a, n) VALUES (:m, 1)"), {"m": {"phone": MARK}}),
    "parameter missing": lambda c: c.execute(sa.text("SELECT :m, :n"), {"m": MARK}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_errors_hold_nothing_of_what_was_asked(case: str, filled: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Rule 3."""
    caplog.set_level(logging.INFO)
    with pytest.raises(DatabaseError) as caught:
        filled.write(REFUSED[case])
    assert MARK not in told(caught.value)
    assert "SELECT" not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert MARK not in caplog.text
    assert rows(filled) == [(MARK, 1, b"x")]


def test_a_zero_byte_comes_back_or_is_refused(filled: Database) -> None:
    if filled.dialect == "sqlite":
        filled.write(put, MARK + "\0b")
        assert rows(filled)[1][0] == MARK + "\0b"
        return
    with pytest.raises(DatabaseError, match="doesn't take a value") as caught:
        filled.write(put, MARK + "\0b")
    assert MARK not in told(caught.value)


def test_any_text_and_bytes_come_back(filled: Database) -> None:
    text, data = "张三·𠮷\u202e\U0010ffff", bytes(range(256))
    filled.write(lambda c: c.execute(sa.insert(T), {"a": text, "b": data}))
    assert (text, None, data) in rows(filled)


def test_no_tables_yet(database: Database) -> None:
    database.write(lambda c: None)
    with pytest.raises(DatabaseError, match="no tables yet: run `wayseal vault init`"):
        rows(database)


def nested(connection: Connection, inner: Any) -> None:
    del connection
    inner(add_one)


def test_a_transaction_in_a_transaction_is_refused(filled: Database) -> None:
    """On PostgreSQL it would wait for itself, for ever."""
    for outer in (filled.read, filled.write):
        for inner in (filled.read, filled.write):
            with pytest.raises(DatabaseError, match="within another"):
                outer(nested, inner)
    assert filled.write(lambda c: 5) == 5


def test_a_closed_database_says_so(filled: Database) -> None:
    filled.close()
    filled.close()
    for act in (filled.read, filled.write):
        with pytest.raises(DatabaseGoneError, match="was closed"):
            act(lambda c: None)
    assert not filled.healthy()


def test_size_and_health(filled: Database) -> None:
    before = filled.size()
    assert before > 4000
    filled.write(lambda c: c.execute(sa.insert(T), {"a": "large", "b": b"y" * 1_000_000}))
    assert filled.size() > before + 10_000
    assert filled.healthy()


@each(
    ("address", "said"),
    [
        ("", "no URL"),
        ("vault.db", "no URL"),
        (f"mysql://u:{MARK}@h/d", "neither"),
        ("sqlite://", "neither"),
        ("sqlite:///:memory:", "neither"),
        ("sqlite:///a.db?mode=ro", "takes no options"),
        (f"postgresql://u@h/d?{MARK}=1", "as options only"),
        (f"postgresql://u:{MARK}@h:port/d", "no URL"),
        (f"postgresql://u:{MARK}@h:99999999/d", "database"),
    ],
)
def test_addresses_that_are_none(address: str, said: str) -> None:
    with pytest.raises(DatabaseError, match=said) as caught, open_database(address) as opened:
        opened.read(lambda c: None)
    assert MARK not in told(caught.value)


def test_plain_statements_are_the_same_for_both(filled: Database) -> None:
    def make(connection: Connection) -> None:
        query(connection, "CREATE TABLE plain (a BIGINT PRIMARY KEY, b TEXT)")
        execute(connection, "INSERT INTO plain (a, b) VALUES (?, ?)", [(n, f"'?{n}") for n in range(3)])

    assert not filled.has_table("plain")
    filled.write(make)
    assert filled.has_table("plain")
    assert filled.read(query, "SELECT b FROM plain WHERE a = ?", (1,)) == [("'?1",)]
    with scratch() as connection:
        make(connection)
        assert query(connection, "SELECT count(*) FROM plain") == [(3,)]


def test_errors_are_the_callers(tmp_path: Path) -> None:
    class OwnError(Exception):
        pass

    seen: list[DatabaseError] = []

    def turn(error: DatabaseError) -> Exception:
        seen.append(error)
        return OwnError()

    file = tmp_path / "no.db"
    with open_database(file, turn=turn) as database:
        assert not database.has_table("t")
        file.write_bytes(b"no database, but long enough to be looked at" * 9)
        with pytest.raises(OwnError):
            database.has_table("t")
    with pytest.raises(OwnError):
        database.read(query, "SELECT 1")
    assert [type(error) for error in seen] == [ForeignDatabaseError, DatabaseGoneError]
