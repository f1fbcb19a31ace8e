"""The analytics ledger as a projection of the log: made, gone on with, made anew, compared."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.ledger.helpers import write
from tests.vault.log.helpers import KINDS, MARKS, ORIGIN, database, entry, filled
from wayseal import ledger as ledgers
from wayseal import store
from wayseal.database import Database
from wayseal.ledger.integrity import verify as verify_ledger
from wayseal.ledger.retention import PurgeOrder, purge
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log import EntryKind, append, erase_entries
from wayseal.vault.log.comparison import Comparison, check_projection
from wayseal.vault.log.projection import origin_of, project, projected_to, write_dataset

SIZE = 300
ORDER = PurgeOrder(who="w", why="y", at=datetime(2027, 1, 1, tzinfo=UTC), before="2026-03-02", below_minimum=True)
SHOWN = [n for n in range(SIZE) if entry(n).kind is EntryKind.DISCLOSED]


def shown(first: int, stop: int) -> int:
    """How many of some entries disclosed something."""
    return sum(first <= n < stop for n in SHOWN)


def silent(_stage: str, _done: int, _total: int) -> None:
    pass


def compared(made: Database, folder: Path) -> Comparison:
    return check_projection(made, MARKS, folder, silent)


def stands(made: Database, ledger: Path) -> int:
    with ledgers.open_ledger(ledger) as snapshot:
        return projected_to(made, snapshot)


def named(found: Comparison) -> set[tuple[str, str]]:
    return {(str(f.code), f.where) for f in found.findings}


@pytest.fixture(scope="module", params=KINDS)
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with database(request.param, tmp_path_factory.mktemp("log")) as made:
        filled(made, SIZE)
        yield made


@pytest.fixture(scope="module")
def base(log: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    project(log, MARKS, folder, folder / "L")
    return folder


@pytest.fixture
def ledger(base: Path, tmp_path: Path) -> Path:
    """A copy of the ledger that was made of the log."""
    return Path(shutil.copytree(base / "L", tmp_path / "L"))


def test_a_change_is_known_and_no_row(tmp_path: Path) -> None:
    """It shows nothing to whoever makes it."""
    with database("sqlite", tmp_path) as made:
        for kind in (EntryKind.DISCLOSED, EntryKind.REVISED, EntryKind.DISCLOSED):
            made.write(append, MARKS, [entry(0, kind)])
        assert project(made, MARKS, tmp_path, tmp_path / "L").rows == 2
        found = compared(made, tmp_path / "L")
        assert (found.rows, found.waiting, found.findings) == (2, 0, ())


def test_what_was_disclosed_becomes_rows_by_the_contract(log: Database, tmp_path: Path) -> None:
    assert write_dataset(log, MARKS, tmp_path) == len(SHOWN)
    (path,) = (tmp_path / "accesses").iterdir()
    rows = pq.read_table(path).to_pylist()
    assert [r["access"] for r in rows] == [f"{ORIGIN}/{n}" for n in SHOWN]
    first = entry(SHOWN[1])
    assert rows[1] == {
        "access": f"{ORIGIN}/1", "at": datetime.fromtimestamp(first.at / 1e6, UTC), "actor": "u-1",
        "waybill": "YT0000000001", "action": "decrypt", "via": "api", "fields": ["goods", "recipient_phone"],
        "request": "r-1", "session": None, "ip": "10.0.0.7", "device": None, "purpose": "deliver",
    }  # fmt: skip


def test_ledger_and_log_say_the_same(log: Database, base: Path) -> None:
    found = compared(log, base / "L")
    assert (found.findings, found.exit_code, found.rows, found.waiting) == ((), 0, len(SHOWN), 0)
    assert verify_ledger(base / "L", [], [], silent).findings == ()
    assert [p.name for p in base.iterdir()] == ["L"], "nothing is left of the files"


def test_running_it_twice_changes_nothing(log: Database, ledger: Path, tmp_path: Path) -> None:
    before = (ledger / "manifest.json").read_bytes()
    again = project(log, MARKS, tmp_path / "work", ledger)
    assert (again.first, again.stop, again.rows, again.report) == (SIZE, SIZE, 0, None)
    assert (ledger / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("kind", KINDS)
def test_it_goes_on_and_is_made_anew(kind: str, tmp_path: Path) -> None:
    with database(kind, tmp_path) as made:
        ledger, work = tmp_path / "L", tmp_path / "work"
        assert project(made, MARKS, work, ledger).report is None
        assert not ledger.exists()
        for first, count in ((0, 100), (100, 57), (157, 1), (158, 2)):
            filled(made, count, first=first)
            if count == 57:
                waits = compared(made, ledger)
                assert (waits.findings, waits.waiting) == ((), shown(100, 157))
            done = project(made, MARKS, work, ledger)
            assert (done.first, done.stop) == (first, first + count)
            assert compared(made, ledger).findings == ()
        assert (compared(made, ledger).rows, stands(made, ledger)) == (shown(0, 160), 160)
        shutil.rmtree(ledger)
        assert project(made, MARKS, work, ledger).rows == shown(0, 160)
        assert (compared(made, ledger).findings, compared(made, ledger).rows) == ((), shown(0, 160))


def anew(made: Database, folder: Path, rows: list[dict[str, Any]]) -> Path:
    """A ledger of other rows, under the name that a projection would give them."""
    work = folder / "work"
    write_dataset(made, MARKS, work)
    (path,) = (work / "accesses").iterdir()
    write(folder, "accesses", rows)
    (folder / "accesses.parquet").rename(path)
    ledgers.ingest(store.open_source(work), folder / "L", options=ledgers.IngestOptions(projection=True))
    return folder / "L"


def rows_of(made: Database, folder: Path) -> list[dict[str, Any]]:
    write_dataset(made, MARKS, folder)
    (path,) = (folder / "accesses").iterdir()
    return list(pq.read_table(path).to_pylist())


@pytest.mark.parametrize("column", ["actor", "waybill", "at", "access"])
def test_a_row_that_says_something_else_is_named(log: Database, tmp_path: Path, column: str) -> None:
    rows = rows_of(log, tmp_path / "right")
    other = {"actor": "u-x", "waybill": "YT9", "at": datetime(2026, 1, 1, tzinfo=UTC), "access": f"{ORIGIN}/9999"}
    rows[5][column] = other[column]
    ledger = anew(log, tmp_path, rows)
    found = named(compared(log, ledger))
    if column == "access":
        (name,) = (p.name for p in (tmp_path / "work" / "accesses").iterdir())
        assert found == {("row-missing", f"entries/{SHOWN[5]}"), ("row-extra", name)}
    else:
        assert found == {("row-changed", f"entries/{SHOWN[5]}")}


def test_rows_that_are_missing_doubled_or_made_up_are_named(log: Database, tmp_path: Path) -> None:
    rows = rows_of(log, tmp_path / "right")
    refused = next(n for n in range(SIZE) if entry(n).kind is EntryKind.REFUSED)
    doubled, made_up, bare = rows[9] | {"waybill": "YT77"}, rows[3] | {"access": f"{ORIGIN}/{refused}"}, rows[4]
    ledger = anew(log, tmp_path, [*rows[:2], *rows[3:], doubled, made_up, bare | {"access": None}])
    found = named(compared(log, ledger))
    (name,) = (p.name for p in (tmp_path / "work" / "accesses").iterdir())
    assert found == {
        ("row-missing", f"entries/{SHOWN[2]}"), ("row-extra", f"entries/{SHOWN[9]}"),
        ("row-changed", f"entries/{SHOWN[9]}"), ("row-extra", f"entries/{refused}"), ("row-extra", name),
    }  # fmt: skip
    assert compared(log, ledger).exit_code == 7


def test_reads_of_other_systems_are_none_of_its_business(log: Database, ledger: Path, tmp_path: Path) -> None:
    read = {"at": datetime(2026, 3, 1, tzinfo=UTC), "actor": "u", "waybill": "YT1"}
    write(tmp_path / "other", "accesses", [{**read, "access": a} for a in (None, "o/1", "1")])
    ledgers.ingest(store.open_source(tmp_path / "other"), ledger)
    assert compared(log, ledger).findings == ()
    write(tmp_path / "more", "accesses", [{**read, "access": f"{ORIGIN}/0"}])
    ledgers.ingest(store.open_source(tmp_path / "more"), ledger)
    assert named(compared(log, ledger)) == {("row-extra", "entries/0"), ("row-changed", "entries/0")}


def test_what_a_purge_took_is_counted(log: Database, ledger: Path) -> None:
    purge(ledger, ORDER)
    found = compared(log, ledger)
    assert (found.findings, found.purged + found.rows) == ((), len(SHOWN))
    assert found.purged


def test_what_the_log_erased_is_counted_and_not_projected(tmp_path: Path) -> None:
    with database("sqlite", tmp_path) as made:
        filled(made, 60)
        project(made, MARKS, tmp_path / "work", tmp_path / "L")
        made.write(erase_entries, MARKS, [0, 1, 2], entry(2, EntryKind.ADMIN))
        found = compared(made, tmp_path / "L")
        assert (found.findings, found.erased, found.rows) == ((), 3, shown(3, 60))
        assert project(made, MARKS, tmp_path / "work", tmp_path / "M").rows == shown(3, 60)
        assert compared(made, tmp_path / "M").erased == 0


def test_a_changed_log_is_projected_no_further(tmp_path: Path) -> None:
    with database("sqlite", tmp_path) as made:
        filled(made, 60)
        made.write(lambda c: c.execute(t.entries.update().where(t.entries.c.seq == 30).values(leaf=bytes(32))))
        with pytest.raises(LogChangedError, match="isn't what was written"):
            project(made, MARKS, tmp_path / "work", tmp_path / "L")
        made.write(lambda c: c.execute(t.entries.delete().where(t.entries.c.seq == 30)))
        with pytest.raises(LogChangedError, match="missing"):
            project(made, MARKS, tmp_path / "work", tmp_path / "L")
        assert not (tmp_path / "L").exists()
        assert not list((tmp_path / "work").iterdir())


def test_a_log_that_disclosed_nothing_and_a_vault_without_a_name(tmp_path: Path) -> None:
    with database("sqlite", tmp_path) as made:
        made.write(append, MARKS, [entry(5)])
        assert project(made, MARKS, tmp_path / "work", tmp_path / "L").rows == 0
        write(tmp_path / "d", "accesses", [{"at": datetime(2026, 3, 1, tzinfo=UTC), "actor": "u", "waybill": "YT1"}])
        ledgers.ingest(store.open_source(tmp_path / "d"), tmp_path / "L")
        assert compared(made, tmp_path / "L") == Comparison(rows=0, erased=0, purged=0, waiting=0, findings=())
        made.write(lambda c: c.execute(t.facts.delete()))
        with pytest.raises(VaultError, match="vault init"):
            made.read(origin_of)
