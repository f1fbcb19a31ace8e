"""What is written: a dataset that reads without a single rejection, beside it what was bought and the truth."""

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest

from wayseal.store import open_source, read_batches, read_leaks
from wayseal.store.mapping import LAID_OUT, LOGS, Format
from wayseal_sim import SimulateError, generate, preset, simulate

TINY = preset("tiny")


def digests(folder: Path) -> dict[str, str]:
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.parametrize("form", sorted(set(Format) - LOGS - LAID_OUT))
def test_every_row_reads_back(tmp_path: Path, form: Format) -> None:
    scenario = preset("tiny", accesses=8_000, bought=10) if form is not Format.PARQUET else TINY
    paths = simulate(tmp_path / "world", scenario, seed=5, form=form)
    source = open_source(paths.dataset)
    assert source.notices == ()
    found: dict[str, int] = {}
    for file in source.files:
        for batch in read_batches(file, options=source.options):
            assert batch.rejected == ()
            found[file.table] = found.get(file.table, 0) + len(batch.rows)
    assert found == dict(paths.rows)
    leaks = read_leaks(paths.leaks)
    assert leaks.rejected == ()
    truth = json.loads(paths.truth.read_text("utf-8"))
    assert [n["waybill"] for n in truth["numbers"]] == leaks.rows["waybill"].to_pylist()
    assert truth["rows"] == dict(paths.rows)
    world = generate(scenario, seed=5)
    assert found == {name: len(table) for name, table in world.tables.items()}
    assert leaks.rows["seen_at"].equals(world.leaks["seen_at"])


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        simulate(tmp_path / name, TINY, seed=9)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    before = digests(tmp_path / "one")
    simulate(tmp_path / "one", TINY, seed=10, overwrite=True)
    after = digests(tmp_path / "one")
    assert set(after) == set(before)
    assert after["leaks.csv"] != before["leaks.csv"]


def test_the_truth_does_not_lie_in_the_dataset(tmp_path: Path) -> None:
    paths = simulate(tmp_path, TINY, seed=2)
    names = {p.name for p in paths.dataset.iterdir()}
    assert not names & {"truth.json", "leaks.csv", "leaks.parquet"}
    assert {p.name for p in tmp_path.iterdir()} == {"dataset", "leaks.csv", "truth.json"}
    assert min(p.name for p in (paths.dataset / "accesses").iterdir()) == "2026-03-02.parquet"


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "dataset").mkdir()
    for overwrite in (False, True):
        with pytest.raises(SimulateError, match="is there already"):
            simulate(tmp_path, TINY, seed=1, overwrite=overwrite)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(SimulateError, match=r"can't be written"):
        simulate(tmp_path / "file" / "world", TINY, seed=1)


@pytest.mark.parametrize("method", ["write_batch", "close"])
def test_a_full_disk_is_an_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(f"pyarrow.parquet.ParquetWriter.{method}", full)
        with pytest.raises(SimulateError, match=r"parquet can't be written \(No space left") as caught:
            simulate(tmp_path, TINY, seed=1)
    # The writers live as long as the traceback does; when they go, they must find their own `close` again.
    del caught


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "dataset").symlink_to(tmp_path / "nowhere" / "else")
    with pytest.raises(SimulateError, match="dataset can't be written"):
        simulate(tmp_path, TINY, seed=1)


def test_what_cannot_be_cleared_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(tmp_path, TINY, seed=1)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(SimulateError, match="can't be cleared"):
        simulate(tmp_path, TINY, seed=1, overwrite=True)


def test_progress_is_told_from_first_to_last(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    scenario = preset("tiny", accesses=900_000, scans=False, cities=40)
    simulate(tmp_path, scenario, seed=1, progress=lambda *step: told.append(step))
    assert told[0][0] == "network"
    parcels = [(done, total) for stage, done, total in told if stage == "parcels"]
    assert parcels == sorted(parcels)
    assert parcels[-1][0] == parcels[-1][1]
    assert len(parcels) > 2
