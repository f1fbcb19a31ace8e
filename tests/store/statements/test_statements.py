"""Rules 1, 3 and 4 on both databases."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.store.database.places import fresh
from wayseal.store.statements import Connection, Store, open_file, open_store, scratch
from wayseal.store.statements.errors import AddressError, DiskError, ForeignError, StatementsError


def keep(error: StatementsError) -> Exception:
    return error


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with fresh(request.param, tmp_path) as url:
        made = open_store(tmp_path / "kept.db", None if request.param == "sqlite" else url, keep)
        yield made
        made.close()


def make(connection: Connection) -> None:
    connection.rows("CREATE TABLE t (a BIGINT PRIMARY KEY, b TEXT)")
    connection.run("INSERT INTO t (a, b) VALUES (?, ?)", [(n, f"'?{n}") for n in range(3)])


def test_what_was_written_is_read(store: Store) -> None:
    store.write(make)
    assert store.there()
    assert store.has_table("t")
    assert not store.has_table("u")
    assert store.read(lambda c: c.rows("SELECT b FROM t WHERE a = ?", (1,))) == [("'?1",)]


def test_what_raises_leaves_nothing(store: Store) -> None:
    store.write(make)

    def half(connection: Connection) -> None:
        connection.run("INSERT INTO t (a, b) VALUES (?, ?)", [(7, "x")])
        raise KeyError

    with pytest.raises(KeyError):
        store.write(half)
    assert store.read(lambda c: c.rows("SELECT count(*) FROM t")) == [(3,)]


def refuse(store: Store, work: Callable[[Connection], Any]) -> StatementsError:
    with pytest.raises(StatementsError) as caught:
        store.read(work)
    return caught.value


def test_reading_writes_nothing_and_errors_say_no_value(store: Store) -> None:
    store.write(make)
    error = refuse(store, lambda c: c.run("INSERT INTO t (a, b) VALUES (?, ?)", [(9, "13800000000")]))
    assert isinstance(error, DiskError)
    assert "13800000000" not in str(error)
    assert error.__suppress_context__
    assert store.read(lambda c: c.rows("SELECT count(*) FROM t")) == [(3,)]


def test_a_key_that_is_there_is_refused_whole(store: Store) -> None:
    store.write(make)
    with pytest.raises(StatementsError):
        store.write(lambda c: c.run("INSERT INTO t (a, b) VALUES (?, ?)", [(8, ""), (1, "")]))
    assert store.read(lambda c: c.rows("SELECT count(*) FROM t")) == [(3,)]


class OwnError(Exception):
    pass


def test_errors_are_the_callers_at_once(tmp_path: Path) -> None:
    (tmp_path / "no.db").write_bytes(b"no database, but long enough to be looked at" * 9)
    seen: list[StatementsError] = []

    def turn(error: StatementsError) -> Exception:
        seen.append(error)
        return OwnError()

    store = open_file(tmp_path / "no.db", turn)
    with pytest.raises(OwnError):
        store.read(lambda c: c.rows("SELECT 1 FROM t"))
    with pytest.raises(OwnError):
        open_store(tmp_path / "no.db", "sqlite:///x.db", turn)
    assert [type(error) for error in seen] == [ForeignError, AddressError]


def test_a_file_is_its_owners_from_the_first_byte(tmp_path: Path) -> None:
    store = open_file(tmp_path / "kept.db", keep)
    assert not store.there()
    store.write(make)
    assert (tmp_path / "kept.db").stat().st_mode & 0o777 == 0o600
    store.close()
    with sqlite3.connect(tmp_path / "kept.db") as raw:
        assert raw.execute("SELECT count(*) FROM t").fetchone() == (3,)
    raw.close()


def test_scratch_is_gone_when_it_ends() -> None:
    with scratch() as connection:
        make(connection)
        assert connection.rows("SELECT count(*) FROM t") == [(3,)]
