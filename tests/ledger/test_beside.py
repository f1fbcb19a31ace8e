"""What detection keeps in `detect/` can't be made again: nothing that is done to a ledger touches it."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.detect.casebook.making import NOW, run, some
from tests.ledger.helpers import content, put, read, write
from tests.ledger.sealed import looked
from wayseal.detect.casebook import verify
from wayseal.ledger import LedgerError, retention
from wayseal.ledger.upkeep import backup, examine, restore
from wayseal.store.errors import StoreError

ROWS = [read(n, f"u-{n % 2}", f"YT{n}") for n in range(5)]


def state(ledger: Path) -> dict[str, tuple[bytes, int, int]]:
    files = {p.name: p for p in (ledger / "detect").iterdir()}
    return {name: (p.read_bytes(), p.stat().st_mode, p.stat().st_mtime_ns) for name, p in files.items()}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    put(write(tmp_path / "1", "accesses", ROWS), tmp_path / "L")
    some(tmp_path / "L/detect")
    (tmp_path / "L/detect/state.bin").write_bytes(b"of a detector")
    return tmp_path / "L"


def test_nothing_that_is_done_to_a_ledger_touches_it(ledger: Path, tmp_path: Path) -> None:
    before = state(ledger)
    put(write(tmp_path / "2", "accesses", [read(900, "u-9", "YT9")]), ledger)
    assert retention.compact(ledger)
    order = retention.PurgeOrder(
        who="Li",
        why="rule",
        before="2026-03-02",
        keep_days=None,
        at=datetime(2027, 1, 1, tzinfo=UTC),
        below_minimum=True,
    )
    retention.purge(ledger, order)
    assert looked(ledger).findings == ()
    for repair in (False, True):
        found = examine(ledger, deep=True, repair=repair)
        assert not [d for d in found.diagnoses if d.severity != "note"]
    bad = tmp_path / "accesses.csv"
    bad.write_text("at,who\n")
    with pytest.raises(StoreError):
        put(bad, ledger)
    assert state(ledger) == before
    assert verify(ledger / "detect").sound


def test_leavings_are_removed_without_it(ledger: Path) -> None:
    before = state(ledger)
    (ledger / "data/left.parquet").write_bytes(b"left")
    assert examine(ledger, repair=True).acts
    assert not (ledger / "data/left.parquet").exists()
    assert state(ledger) == before


def test_a_backup_is_without_it_and_may_have_a_copy(ledger: Path, tmp_path: Path) -> None:
    """The manifest names all that is in a backup, and a casebook goes on between commits: it is copied by itself."""
    backup(ledger, tmp_path / "B")
    assert not (tmp_path / "B/detect").exists()
    shutil.copytree(ledger / "detect", tmp_path / "B/detect")
    before = state(tmp_path / "B")
    run(ledger / "detect", lambda w: w.open("c-2", "Li", "why", NOW))
    put(write(tmp_path / "2", "accesses", [read(900, "u-9", "YT9")]), ledger)
    assert backup(ledger, tmp_path / "B", check=True).copied
    assert state(tmp_path / "B") == before
    restore(tmp_path / "B", tmp_path / "R")
    shutil.copytree(tmp_path / "B/detect", tmp_path / "R/detect")
    assert content(tmp_path / "R") == content(ledger)
    assert verify(ledger / "detect", head=verify(tmp_path / "R/detect").head).earlier


def test_a_ledger_that_is_made_anew_keeps_it(ledger: Path, tmp_path: Path) -> None:
    before, answers = state(ledger), content(ledger)
    for path in ledger.iterdir():
        if path.name != "detect":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    bad = tmp_path / "accesses.csv"
    bad.write_text("at,who\n")
    with pytest.raises(StoreError):
        put(bad, ledger)
    assert [p.name for p in ledger.iterdir()] == ["detect"], "a first ingest that is refused leaves nothing else"
    put(tmp_path / "1", ledger)
    assert content(ledger) == answers
    assert state(ledger) == before


@pytest.mark.parametrize("name", ["detect", "detect/other", "detect/casebook.jsonl/x"])
def test_something_else_of_that_name_is_no_casebook(tmp_path: Path, name: str) -> None:
    (tmp_path / "L" / name).mkdir(parents=True)
    with pytest.raises(LedgerError, match="holds other things"):
        put(write(tmp_path / "1", "accesses", ROWS), tmp_path / "L")
