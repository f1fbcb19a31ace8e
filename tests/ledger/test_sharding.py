"""Sets: whatever is asked of one is answered as by its ledger, whatever it is cut into; what is changed is named."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.ledger.helpers import load_manifest
from tests.ledger.kept import purged
from tests.ledger.sealed import make, note
from wayseal.ledger import LedgerError, Snapshot, open_ledger, sharding
from wayseal.ledger._manifest import save_manifest
from wayseal.ledger.integrity import prove, verify
from wayseal.ledger.retention import Hooks, compact
from wayseal.ledger.sharding import merge_set, split_ledger
from wayseal.ledger.upkeep import backup, examine
from wayseal.ledger.walk import Wanted
from wayseal.model.progress import silent

WANTED = Wanted(reads=("at", "actor"), tables={"waybills": ("channel",), "scans": ("at",)})


def answers(ledger: Path) -> dict[str, Any]:
    """What a ledger says, but for its digest."""
    with open_ledger(ledger) as snapshot:
        keys = snapshot.control(500)
        counted = {name: getattr(snapshot, name)().to_pydict() for name in COUNTS}
        about = {name: getattr(snapshot, name)(keys).to_pydict() for name in ABOUT}
        said = snapshot.summary()
        summary = {
            name: getattr(said, name) for name in said.__dataclass_fields__ if name not in ("digest", "generation")
        }
        return {
            **counted,
            **about,
            "summary": summary,
            "keys": keys.tolist(),
            "names": snapshot.names("waybill", keys),
            "every": np.concatenate([*snapshot.everything(100)]).tolist(),
            "sizes": (snapshot.size(), snapshot.sessions, snapshot.devices, sorted(snapshot.tables)),
            "sessions": snapshot.session_volumes(snapshot.ids("session")).to_pydict(),
            "walked": walked(snapshot),
        }


COUNTS = ("volumes", "channel_volumes", "outlet_volumes", "activity", "first_seen", "actors", "outlets", "assignments")
ABOUT = ("find", "reads", "waybills", "scans", "places")


def walked(snapshot: Snapshot) -> list[tuple[int, ...]]:
    """The reads of a walk, whatever ranges it has."""
    found = snapshot.waybill_partitions(WANTED, lambda part: [rows.to_pylist() for rows in part.reads])
    return sorted((row["waybill"], row["at"].value if hasattr(row["at"], "value") else row["at"], row["actor"])
                  for made, _, _ in found for rows in made for row in rows)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of several commits."""
    folder = tmp_path_factory.mktemp("whole")
    make(folder)
    return folder / "L"


@pytest.fixture(scope="module")
def sets(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("sets")
    for shards in (2, 16):
        split_ledger(whole, folder / str(shards), shards)
    return {shards: folder / str(shards) for shards in (2, 16)}


@pytest.mark.parametrize("shards", [2, 16])
def test_a_set_says_what_its_ledger_says(whole: Path, sets: dict[int, Path], shards: int) -> None:
    assert answers(sets[shards]) == answers(whole)
    checked = verify(sets[shards], (), (), silent)
    assert (checked.findings, checked.rows) == ((), verify(whole, (), (), silent).rows)


def test_tasks_in_any_order_and_twice_and_back_again(whole: Path, sets: dict[int, Path], tmp_path: Path) -> None:
    def run(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Any:
        for place in reversed(range(len(tasks))):
            work(tasks[place])
            yield place, work(tasks[place])

    split_ledger(whole, tmp_path / "set", 4, run=run)
    assert answers(tmp_path / "set") == answers(whole)
    split_ledger(tmp_path / "set", tmp_path / "again", 2)
    merge_set(tmp_path / "again", tmp_path / "one")
    assert answers(tmp_path / "one") == answers(whole)
    assert verify(tmp_path / "one", (), (), silent).findings == ()
    assert not examine(tmp_path / "one", deep=True).diagnoses
    shard = tmp_path / "set/shards/0001"
    assert not [one for one in examine(shard, deep=True).diagnoses if one.severity == "error"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "one", "set"]


@pytest.mark.parametrize("rows", [1, 150])
def test_ranges_may_be_of_any_length(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(sharding, "rows_of_range", lambda files: rows)
    (tmp_path / "set").mkdir()  # an empty folder is no hindrance
    split_ledger(whole, tmp_path / "set", 4)
    assert answers(tmp_path / "set") == answers(whole)
    merge_set(tmp_path / "set", tmp_path / "one")
    assert answers(tmp_path / "one") == answers(whole)


def test_disks_without_links(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    split_ledger(whole, tmp_path / "set", 2)
    assert answers(tmp_path / "set") == answers(whole)
    assert verify(tmp_path / "set", (), (), silent).findings == ()


def test_another_number_of_shards_than_was_signed(sets: dict[int, Path], tmp_path: Path) -> None:
    copy = tmp_path / "set"
    shutil.copytree(sets[2], copy)
    manifest = load_manifest(copy)
    last = manifest.commits[-1]
    save_manifest(copy, replace(manifest, commits=(*manifest.commits[:-1], replace(last, pages=last.pages + 1))))
    found = verify(copy, (), (), silent).findings
    assert str(copy / "manifest.json") in {one.where for one in found}


def test_what_was_changed_in_a_set_is_named(sets: dict[int, Path], tmp_path: Path) -> None:
    copy = tmp_path / "set"
    shutil.copytree(sets[16], copy)
    segment = next(path for path in sorted((copy / "shards/0003").rglob("*accesses*")) if path.is_file())
    raw = bytearray(segment.read_bytes())
    raw[-20] ^= 1
    segment.write_bytes(raw)
    (copy / "shards/0005/manifest.json").unlink()
    other = (copy / "shards/0007/manifest.json").read_bytes()
    (copy / "shards/0006/manifest.json").write_bytes(other)
    where = {Path(one.where).relative_to(copy).as_posix() for one in verify(copy, (), (), silent).findings}
    assert segment.relative_to(copy).as_posix() in where
    assert {"shards/0005/manifest.json", "shards/0006/manifest.json"} <= where
    assert not [one for one in where if one.startswith("shards/0004")]


def test_what_is_not_done_with_a_set_or_into_it(whole: Path, sets: dict[int, Path], tmp_path: Path) -> None:
    made, folder = sets[2], tmp_path / "x"
    for act in (
        lambda: backup(made, folder),
        lambda: examine(made),
        lambda: compact(made, hooks=Hooks()),
        lambda: prove(made, "a", None, note(made)),
    ):
        with pytest.raises(LedgerError, match="set of shards"):
            act()
    with pytest.raises(LedgerError, match="one ledger already"):
        merge_set(whole, folder)
    for shards in (0, 1, 3, 2048):
        with pytest.raises(LedgerError, match="2, 4, 8"):
            split_ledger(whole, folder, shards)
    with pytest.raises(LedgerError, match="there already"):
        split_ledger(whole, made, 2)

    shutil.copytree(whole, tmp_path / "purged")
    purged(tmp_path / "purged", "2026-03-02")
    with pytest.raises(LedgerError, match="purged or replaced"):
        split_ledger(tmp_path / "purged", folder, 2)
    shutil.rmtree(tmp_path / "purged")

    def broken(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Any:
        yield 0, work(tasks[0])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        split_ledger(whole, folder, 2, run=broken)
    assert list(tmp_path.iterdir()) == []
