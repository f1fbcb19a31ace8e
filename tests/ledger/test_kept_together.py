"""Purges beside backups and the doctor: what one does, the others understand."""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.helpers import load_manifest, put, write
from tests.ledger.kept import answers, ingested, iso, purged
from tests.ledger.sealed import files, flipped, looked
from tests.ledger.test_retention import world
from wayseal.ledger import LedgerError
from wayseal.ledger.retention import compact
from wayseal.ledger.upkeep import Fault, Remedy, backup, examine, restore

pytestmark = pytest.mark.once

TOMBSTONES, GONE = "tombstones", "gone"


@pytest.fixture(autouse=True)
def private() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger of two commits that was purged, so that of some pages tombstones are left and others are gone."""
    lot = random.Random(3)
    for name, reads in (("A", 1_500), ("B", 400)):
        ingested(tmp_path, name, world(lot, reads=reads, waybills=90), tmp_path / "L", parts=4)
    purged(tmp_path / "L", iso(12))
    kinds = {f.kind for f in load_manifest(tmp_path / "L").files}
    assert {TOMBSTONES, GONE} & kinds
    return tmp_path / "L"


def test_a_purged_ledger_is_healthy(ledger: Path, tmp_path: Path) -> None:
    assert examine(ledger, deep=True).diagnoses == ()
    compact(ledger)
    assert examine(ledger, deep=True).diagnoses == ()
    assert looked(ledger).findings == ()


def test_a_purged_ledger_goes_through_a_backup(ledger: Path, tmp_path: Path) -> None:
    backup(ledger, tmp_path / "K")
    restore(tmp_path / "K", tmp_path / "R")
    assert answers(tmp_path / "R") == answers(ledger)
    assert looked(tmp_path / "R").findings == ()
    write(tmp_path / "C", "accesses", world(random.Random(8), reads=50)["accesses"])
    put(tmp_path / "C", tmp_path / "R")
    assert looked(tmp_path / "R").findings == ()


def test_a_backup_follows_a_purge(tmp_path: Path) -> None:
    """What was purged is in the backup no longer once the backup was made again."""
    ingested(tmp_path, "A", world(random.Random(3)), tmp_path / "L")
    backup(tmp_path / "L", tmp_path / "K")
    purged(tmp_path / "L", iso(12))
    gone = {f.path for f in load_manifest(tmp_path / "K").files} - {f.path for f in load_manifest(tmp_path / "L").files}
    assert any("accesses-" in path for path in gone)
    backup(tmp_path / "L", tmp_path / "K")
    assert not any((tmp_path / "K" / path).exists() for path in gone)
    assert answers(tmp_path / "K") == answers(tmp_path / "L")
    assert looked(tmp_path / "K").findings == ()


@pytest.mark.parametrize("command", [compact, lambda path: purged(path, iso(12))])
def test_a_backup_is_not_purged(tmp_path: Path, command: object) -> None:
    for name in "AB":
        ingested(tmp_path, name, world(random.Random(ord(name))), tmp_path / "L")
    backup(tmp_path / "L", tmp_path / "K")
    before = load_manifest(tmp_path / "K")
    with pytest.raises(LedgerError, match="restore"):
        command(tmp_path / "K")  # type: ignore[operator]
    assert load_manifest(tmp_path / "K") == before


def test_tiles_of_a_purged_ledger_are_made_again(ledger: Path) -> None:
    """Where no purged page lies in it; the leaves of such are in the tiles alone, or in a backup's."""
    backup(ledger, ledger.parent / "K")
    for name in (n for n in files(ledger) if n.startswith("tree/0/")):
        right = (ledger / name).read_bytes()
        for change in (flipped(0.5, 1), lambda _: b""):
            (ledger / name).write_bytes(change(right))
            alone = examine(ledger)
            assert {d.fault for d in alone.diagnoses} <= {Fault.TILE, Fault.TREE}
            assert alone.exit_code == 11
            examine(ledger, repair=True)
            mended = examine(ledger, source=ledger.parent / "K", repair=True)
            assert mended.diagnoses == ()
            assert (ledger / name).read_bytes() == right


def test_tiles_without_gone_pages_need_no_backup(tmp_path: Path) -> None:
    ingested(tmp_path, "A", world(random.Random(3)), tmp_path / "L")
    purged(tmp_path / "L", iso(12))
    kinds = {f.kind for f in load_manifest(tmp_path / "L").files}
    assert TOMBSTONES in kinds
    assert GONE not in kinds
    shutil.rmtree(tmp_path / "L/tree")
    assert {d.remedy for d in examine(tmp_path / "L").diagnoses} == {Remedy.TREE}
    assert examine(tmp_path / "L", repair=True).exit_code == 0
    assert looked(tmp_path / "L").findings == ()


def test_tombstones_are_files_like_others(ledger: Path) -> None:
    backup(ledger, ledger.parent / "K")
    for entry in load_manifest(ledger).files:
        if entry.kind in (TOMBSTONES, GONE):
            (ledger / entry.path).unlink()
            [found] = examine(ledger).diagnoses
            assert (found.fault, found.where) == (Fault.FILE_MISSING, ledger / entry.path)
            assert examine(ledger, source=ledger.parent / "K", repair=True).diagnoses == ()
