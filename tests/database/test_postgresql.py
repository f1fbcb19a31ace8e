"""PostgreSQL: connections that die, servers that don't answer, accounts that aren't let in."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from tests.conftest import need
from tests.database.places import ask, opened
from tests.database.test_database import MARK, T, put, rows, told
from wayseal.database import Connection, Database, DatabaseError, DatabaseGoneError, raw
from wayseal.database._postgresql import LOCK


@pytest.fixture
def name(postgresql: str) -> str:
    return urlsplit(postgresql).path[1:]


@pytest.fixture
def filled(postgresql: str) -> Iterator[Database]:
    with opened(postgresql, patience=5) as found:
        found.write(T.metadata.create_all)
        found.write(put, "first")
        yield found


def backends(name: str) -> list[int]:
    return [r[0] for r in ask(f"SELECT pid FROM pg_stat_activity WHERE datname = '{name}'")]


def terminate(name: str) -> None:
    ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    while backends(name):
        time.sleep(0.01)


def test_a_connection_that_died_is_never_used_twice(filled: Database, name: str) -> None:
    """Rule 5: one call says so, and the next has a new connection, however many there were."""
    threads = [threading.Thread(target=filled.read, args=(lambda c: c.exec_driver_sql("SELECT pg_sleep(.1)"),))] * 1
    threads += [threading.Thread(target=rows, args=(filled,)) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    terminate(name)
    with pytest.raises(DatabaseGoneError, match="can't be reached"):
        filled.write(put, "lost")
    for _ in range(8):
        assert len(rows(filled)) == 1
    filled.write(put, "second")
    assert len(rows(filled)) == 2


def asked(connection: Connection) -> int:
    """In the driver's own words, as what runs with every question does."""
    return int(raw.fetch(connection, "SELECT 1 + $1::int", [1])[0][0])


@pytest.mark.parametrize("way", ["read", "write", "look"])
def test_a_dead_connection_is_told_once_whichever_way(filled: Database, name: str, way: str) -> None:
    """Rule 5, where SQLAlchemy doesn't see what the driver raises."""
    ask_it = getattr(filled, way)
    for _ in range(3):
        assert ask_it(asked) == 2
        terminate(name)
        with pytest.raises(DatabaseGoneError, match="can't be reached"):
            ask_it(asked)
    assert ask_it(asked) == 2


def test_a_connection_that_dies_under_work(filled: Database, name: str) -> None:
    def work(connection: Connection) -> None:
        put(connection, "half")
        terminate(name)
        put(connection, "whole")

    with pytest.raises(DatabaseGoneError):
        filled.write(work)
    assert len(rows(filled)) == 1


def test_a_writer_that_died_lets_the_others_go_on(filled: Database, postgresql: str, name: str) -> None:
    with opened(postgresql) as other:
        with pytest.raises(DatabaseGoneError):
            other.write(lambda c: terminate(name))
        with pytest.raises(DatabaseGoneError):
            filled.write(put, "x")
        filled.write(put, "x")
    assert len(rows(filled)) == 2


def test_a_server_that_takes_too_long(filled: Database, postgresql: str) -> None:
    """Rule 6."""
    with opened(postgresql, patience=0.3) as hasty:
        start = time.monotonic()
        with pytest.raises(DatabaseGoneError):
            hasty.write(lambda c: c.exec_driver_sql("SELECT pg_sleep(30)") and None)
        assert time.monotonic() - start < 5
        assert len(rows(hasty)) == 1
    filled.write(put, "x")


def test_waiting_for_another_writer_ends(filled: Database, postgresql: str) -> None:
    """Rule 6, and nothing is left behind that would block."""
    with opened(postgresql, patience=0.3) as hasty:

        def hold(connection: Connection) -> None:
            with pytest.raises(DatabaseGoneError):
                hasty.write(put, "y")
            put(connection, "x")

        filled.write(hold)
        hasty.write(put, "y")
    assert len(rows(filled)) == 3


def run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)


def test_who_may_connect_and_nothing_more_holds_up_no_writer(filled: Database, postgresql: str, name: str) -> None:
    """Rule 2: all that a writer waits for is a lock on a table, and that only whoever may change the table can have."""
    role = f"{name}_role"
    ask(f"CREATE ROLE {role} LOGIN", name)
    try:
        held = "SELECT locktype FROM pg_locks WHERE pid = pg_backend_pid() AND granted AND mode LIKE '%Exclusive%'"
        assert {row[0] for row in filled.write(lambda c: c.exec_driver_sql(held).all())} <= {"relation", "virtualxid"}
        with opened(postgresql.replace("postgres@", f"{role}@")) as stranger:
            for mode in ("ACCESS SHARE", "ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"):
                statement = f"LOCK TABLE {LOCK} IN {mode} MODE"
                with pytest.raises(DatabaseError, match="may not do that"):
                    stranger.read(run, statement)
            with pytest.raises(DatabaseError, match="may not do that"):
                stranger.write(put, "x")
    finally:
        ask(f"DROP ROLE {role}", name)


def test_who_may_read_holds_up_no_writer(filled: Database, postgresql: str, name: str) -> None:
    role = f"{name}_role"
    ask(f"CREATE ROLE {role} LOGIN", name)
    ask(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}", name)
    try:
        with opened(postgresql.replace("postgres@", f"{role}@")) as reader:

            def read(connection: Connection) -> None:
                connection.exec_driver_sql(f"LOCK TABLE {LOCK} IN ACCESS SHARE MODE")
                filled.write(put, "x")

            reader.read(read)
        assert len(rows(filled)) == 2
    finally:
        ask(f"DROP OWNED BY {role}", name)
        ask(f"DROP ROLE {role}", name)


def test_many_begin_to_write_in_a_new_database(postgresql: str) -> None:
    """The first one makes what they lock, whoever it is."""
    with opened(postgresql) as one, opened(postgresql) as other:
        done: list[int] = []

        def begin(at: Database) -> None:
            done.append(at.write(lambda c: c.exec_driver_sql("SELECT 1").scalar_one()))

        threads = [threading.Thread(target=begin, args=(at,)) for at in (one, other) * 4]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert done == [1] * 8


def test_a_server_that_stands_still(filled: Database, postgresql: str, name: str) -> None:
    """Rule 6, where the other side neither answers nor hangs up."""
    need(os.geteuid() == 0, "only root can stop a server's process")
    with opened(postgresql, patience=0.3) as hasty:
        pid = hasty.read(lambda c: c.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        need(os.path.exists(f"/proc/{pid}"), "the server runs on another machine")  # noqa: PTH110
        os.kill(pid, signal.SIGSTOP)
        try:
            start = time.monotonic()
            with pytest.raises(DatabaseGoneError):
                rows(hasty)
            assert time.monotonic() - start < 5
            assert len(rows(hasty)) == 1
            assert pid in backends(name)
        finally:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        (f"postgresql://postgres:{MARK}@127.0.0.1:1/x", DatabaseGoneError),
        (f"postgresql://postgres:{MARK}@nowhere.invalid/x", DatabaseGoneError),
        (f"postgresql://postgres:{MARK}@127.0.0.1/x?host=/nowhere", DatabaseGoneError),
    ],
)
def test_servers_that_arent_there(address: str, kind: type[DatabaseError]) -> None:
    with opened(address) as database:
        with pytest.raises(kind, match="can't be reached") as caught:
            database.read(lambda c: None)
        assert MARK not in told(caught.value)
        assert "nowhere" not in str(caught.value)
        assert not database.healthy()


def test_accounts_that_arent_let_in(postgresql: str, name: str) -> None:
    parts = urlsplit(postgresql)
    host = parts.netloc.rpartition("@")[2]
    for address, said in (
        (f"postgresql://wayseal_nobody:{MARK}@{host}/{name}", "doesn't let this account in"),
        (f"{parts.scheme}://{parts.netloc}/no_{MARK}", "no database of this name"),
    ):
        with opened(address) as database:
            with pytest.raises(DatabaseError, match=said) as caught:
                database.read(lambda c: None)
            assert MARK not in told(caught.value)
            assert MARK not in repr(database)


def test_an_account_without_rights(filled: Database, postgresql: str, name: str) -> None:
    role = f"{name}_role"
    ask(f"CREATE ROLE {role} LOGIN", name)
    try:
        address = postgresql.replace("postgres@", f"{role}@")
        with opened(address) as database, pytest.raises(DatabaseError, match="may not do that"):
            rows(database)
    finally:
        ask(f"DROP ROLE {role}", name)


def test_tables_that_change_under_a_statement_are_asked_again(filled: Database, name: str) -> None:
    statement = sa.text("SELECT * FROM t")
    filled.read(lambda c: c.execute(statement).all())
    ask("ALTER TABLE t ADD COLUMN z integer", name)
    with pytest.raises(DatabaseGoneError, match="changed just now"):
        filled.read(lambda c: c.execute(statement).all())
    assert filled.read(lambda c: len(c.execute(statement).one())) == 4


def test_what_is_acknowledged_is_durable(postgresql: str, name: str) -> None:
    """Rule 1, whatever the server's own setting."""
    ask(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with opened(postgresql) as database:
        show = "SHOW synchronous_commit"
        assert database.write(lambda c: c.exec_driver_sql(show).scalar()) == "on"
        ask(f"ALTER DATABASE {name} SET synchronous_commit = remote_write")
        terminate(name)
        with pytest.raises(DatabaseGoneError):
            rows(database)
        assert database.write(lambda c: c.exec_driver_sql(show).scalar()) == "remote_write"


def test_shredding_leaves_no_byte_in_the_tables_file(filled: Database, name: str) -> None:
    def whole() -> bytes:
        ask("CHECKPOINT", name)
        return bytes(ask("SELECT pg_read_binary_file(pg_relation_filepath('t'))", name)[0][0])

    gone, kept = [f"gone-{i:05}" for i in range(300)], [f"kept-{i:05}" for i in range(300)]
    filled.write(lambda c: c.execute(sa.insert(T), [{"a": a} for pair in zip(gone, kept, strict=True) for a in pair]))
    filled.write(lambda c: c.execute(sa.delete(T).where(T.c.a.startswith("gone"))))
    assert any(a.encode() in whole() for a in gone)
    for _ in range(20):
        filled.shred(["t"])
        after = whole()
        if not any(a.encode() in after for a in gone):
            break
        # The server's own housekeeping may look at the table just now, and what it may see stays.
        time.sleep(0.2)
    assert not any(a.encode() in after for a in gone)
    assert all(a.encode() in after for a in kept)
    assert len(rows(filled)) == 301


def test_shredding_names_are_names(filled: Database) -> None:
    with pytest.raises(DatabaseError, match="no tables"):
        filled.shred(["t; DROP TABLE t"])
    assert len(rows(filled)) == 1


def test_a_server_that_only_follows_is_not_healthy(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert filled.healthy()
    monkeypatch.setattr("wayseal.database._postgresql._LIFE", "SELECT true")
    assert not filled.healthy()
