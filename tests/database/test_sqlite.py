"""SQLite's file: whose it is, what it says when it can't, and what it keeps of what was deleted."""

import os
import random
import shutil
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.database.places import opened
from tests.database.test_database import T, put, rows
from wayseal.database import Connection, Database, DatabaseError, DatabaseGoneError
from wayseal.vault.tables import data_keys


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "运单 %20#?.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    with opened(address(file), patience=2) as found:
        yield found


@pytest.fixture
def filled(database: Database) -> Database:
    database.write(T.metadata.create_all)
    database.write(put, "first")
    return database


def address(file: Path) -> str:
    return sa.URL.create("sqlite", database=str(file)).render_as_string()


def test_the_file_is_its_owners_alone(filled: Database, file: Path) -> None:
    """Rule 4."""
    found = {f.name: stat.S_IMODE(f.stat().st_mode) for f in file.parent.glob("运单*")}
    assert found == {file.name: 0o600, file.name + "-wal": 0o600, file.name + "-shm": 0o600}


def test_who_opens_a_new_file_beside_others_waits(tmp_path: Path) -> None:
    """SQLite refuses one of two who turn the log of a new file on at once, whatever its patience."""
    start, failed = threading.Barrier(4), list[DatabaseError]()

    def begin() -> None:
        for i in range(60):
            start.wait(30)
            try:
                with opened(address(tmp_path / f"{i}.db"), patience=20) as database:
                    database.write(lambda c: c.exec_driver_sql("CREATE TABLE IF NOT EXISTS k (i INTEGER)") and None)
            except DatabaseError as error:
                failed.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_the_file_is_private_before_anything_is_in_it(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 4: at the moment when the driver opens it first."""
    seen: list[tuple[int, int]] = []
    connect = sqlite3.connect

    def watched(*args: object, **kwargs: object) -> sqlite3.Connection:
        seen.append((stat.S_IMODE(file.stat().st_mode), file.stat().st_size))
        return connect(*args, **kwargs)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(sqlite3, "connect", watched)
    before = os.umask(0)
    try:
        database.write(T.metadata.create_all)
    finally:
        os.umask(before)
    assert seen == [(0o600, 0)]


def test_only_a_writer_makes_the_file(database: Database, file: Path) -> None:
    with pytest.raises(DatabaseError, match=r"no database here: .*`wayseal vault init`.*its backup"):
        database.read(lambda c: None)
    assert not database.healthy()
    assert not file.exists()
    assert database.size() == 0


def test_the_folder_must_be_there(tmp_path: Path) -> None:
    with opened(address(tmp_path / "no/vault.db")) as database, pytest.raises(DatabaseError, match="folder"):
        database.write(lambda c: None)
    with opened(address(tmp_path)) as database, pytest.raises(DatabaseError, match="can't be opened"):
        database.write(lambda c: None)


@pytest.mark.parametrize(("content", "said"), [(b"PK\x03\x04" * 2000, "no database"), (None, "damaged")])
def test_a_file_that_is_no_whole_database(
    content: bytes | None, said: str, filled: Database, file: Path, tmp_path: Path
) -> None:
    filled.close()
    if content is None:
        whole = bytearray(file.read_bytes())
        whole[200:] = os.urandom(len(whole) - 200)
        content = bytes(whole)
    other = tmp_path / "other.db"
    other.write_bytes(content)
    with opened(address(other)) as database, pytest.raises(DatabaseError, match=said) as caught:
        database.write(put, "x")
    assert caught.value.file == other


def test_a_full_disk(filled: Database) -> None:
    filled.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=40") and None)
    with pytest.raises(DatabaseError, match="disk is full"):
        filled.write(lambda c: c.execute(sa.insert(T), [{"a": str(i), "b": b"z" * 900} for i in range(1000)]))
    assert len(rows(filled)) == 1
    filled.write(put, "small")
    assert len(rows(filled)) == 2


def test_a_file_that_may_only_be_read() -> None:
    """As an account that isn't root, for whom no mode holds."""
    folder = Path(tempfile.mkdtemp(prefix="wayseal-"))
    file = folder / "vault.db"
    try:
        with opened(address(file)) as database:
            database.write(T.metadata.create_all)
        file.chmod(0o444)
        folder.chmod(0o555)
        if os.geteuid() == 0:
            os.seteuid(65534)
        with opened(address(file)) as database:
            assert not database.healthy()
            with pytest.raises(DatabaseError, match=r"can't be (written to|opened)"):
                database.write(put, "x")
        with opened(address(folder / "new.db")) as database, pytest.raises(DatabaseError, match="can't be made"):
            database.write(put, "x")
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_waiting_for_another_process_ends(filled: Database, file: Path) -> None:
    """Rule 6."""
    with opened(address(file), patience=0.2) as hasty:
        raw = sqlite3.connect(file, isolation_level=None)
        raw.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseGoneError, match="another process holds"):
            hasty.write(put, "x")
        raw.execute("ROLLBACK")
        raw.close()
        hasty.write(put, "x")
    assert len(rows(filled)) == 2


def test_waiting_for_another_thread_ends(filled: Database, file: Path) -> None:
    """Rule 6."""
    held, done = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        held.set()
        done.wait(10)

    with opened(address(file), patience=0.2) as hasty:
        holder = threading.Thread(target=hasty.write, args=(hold,))
        holder.start()
        held.wait(10)
        with pytest.raises(DatabaseGoneError, match="another writer"):
            hasty.write(put, "x")
        done.set()
        holder.join()


def in_files(file: Path, needles: list[bytes]) -> int:
    """How many of `needles` stand in any file of the database."""
    whole = b"".join(f.read_bytes() for f in file.parent.glob(file.name + "*"))
    return sum(needle in whole for needle in needles)


Keys = dict[str, bytes]


def churn(connection: Connection, rng: random.Random, kept: Keys, gone: Keys) -> None:
    """Keys that come and go, so that pages of the table split and join."""
    for _ in range(1500):
        waybill, wrapped = f"YT{rng.randrange(10**9):013}", rng.randbytes(rng.choice((20, 60, 61, 200)))
        row = (waybill, wrapped[:8], wrapped)
        connection.exec_driver_sql("INSERT INTO data_keys VALUES (?, ?, 1, ?, 1, NULL, NULL)", row)
        kept[waybill] = wrapped
        if rng.random() < 0.6:
            waybill = next(iter(kept))
            connection.exec_driver_sql("DELETE FROM data_keys WHERE waybill = ?", (waybill,))
            gone[waybill] = kept.pop(waybill)


@pytest.mark.parametrize("seed", [9])
def test_shredding_leaves_no_byte_of_what_was_deleted(seed: int, database: Database, file: Path) -> None:
    """With this seed `secure_delete` and an empty log alone leave a number there."""
    database.write(data_keys.create)
    rng, kept, gone = random.Random(seed), Keys(), Keys()
    for _ in range(3):
        database.write(churn, rng, kept, gone)
    parts = [w.encode() for w in gone] + [key[:16] for key in gone.values()] + [key[-16:] for key in gone.values()]
    assert in_files(file, parts) > 0  # Or the test would test nothing.
    database.shred(["data_keys"])
    assert in_files(file, parts) == 0
    assert in_files(file, list(kept.values())) == len(kept)


def test_shredding_that_a_reader_hinders_says_so(filled: Database, file: Path) -> None:
    with opened(address(file), patience=0.2) as hasty:
        raw = sqlite3.connect(file, isolation_level=None)
        raw.execute("BEGIN")
        raw.execute("SELECT * FROM t").fetchall()
        with pytest.raises(DatabaseGoneError, match="nothing was shredded for certain"):
            hasty.shred(["t"])
        raw.close()
        hasty.shred(["t"])
    assert len(rows(filled)) == 1
