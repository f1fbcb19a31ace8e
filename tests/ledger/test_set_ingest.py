"""Ingest into a set: the same as into one ledger, whoever runs the tasks, how often and in what order."""

import os
import pickle
import random
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ledger.children import ended
from tests.ledger.helpers import load_manifest, put, read, write
from tests.ledger.kept import Row, Tables
from tests.ledger.test_crash import sound
from tests.ledger.test_retention import halves, world
from tests.ledger.test_sharding import answers
from wayseal import ledger, store
from wayseal.ledger import IngestOptions, IngestReport, LedgerError
from wayseal.ledger.errors import LedgerBusyError
from wayseal.ledger.sharding import make_set, merge_set, split_ledger
from wayseal.model.tasks import Run
from wayseal.store.errors import StoreError

PORTIONS = 5


def elsewhere(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """As by processes that share nothing: in another order, each task twice, the first result thrown away."""
    for place in reversed(range(len(tasks))):
        for _ in range(2):
            done = copied(copied(work)(copied(tasks[place])))
        yield place, done


def copied(one: Any) -> Any:
    """One as another process gets it."""
    return pickle.loads(pickle.dumps(one))


def portions(folder: Path) -> list[Path]:
    """Folders of sources that come one after the other, with what can't be read, is known already, and has grown."""
    lot = random.Random(4)
    rows: Tables = world(lot, reads=1500, waybills=200)
    made: list[Path] = []
    log = "at,actor,waybill,access\n"
    for n, portion in enumerate(halves(lot, rows, PORTIONS)):
        made.append(folder / str(n))
        for table, some in portion.items():
            write(made[-1] / table, table, some)
        staff = [{"actor": f"u{k}", "kind": "person", "role": f"r{k % (n + 2)}"} for k in range(n, n + 4)]
        write(made[-1], "actors", staff)
        again: list[Row] = [read(k / 7, f"u{k % 5}", f"YT{k % 40}", access=f"a{k}", session=f"s{k}") for k in range(90)]
        write(made[-1] / "accesses", "accesses", [*again, *(read(k, f"v{n}{k}", f"Z-{k}") for k in range(20))], "more")
        log += "".join(f"2026-03-0{n + 1}T00:00:{k:02}Z,w{k % 3},YT{k},g{n}-{k}\n" for k in range(30))
        log += "never,u,YT1,x\n"
        (made[-1] / "accesses/log.csv").write_text(log)
    return made


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return portions(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="module")
def whole(sources: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger of all of them; beside it that of the first."""
    folder = tmp_path_factory.mktemp("whole")
    put(sources[0], folder / "L", keep_rejected=True)
    shutil.copytree(folder / "L", folder / "first")
    for source in sources[1:]:
        put(source, folder / "L", keep_rejected=True)
    return folder / "L"


def said(ledger: Path) -> dict[str, Any]:
    """What a ledger says, of its sources, quarantine and totals too."""
    manifest = load_manifest(ledger)
    rejected = {path.name: path.read_bytes() for path in sorted((ledger / "quarantine").iterdir())}
    return {**answers(ledger), "sources": manifest.sources, "counts": manifest.counts, "rejected": rejected}


@pytest.mark.parametrize("shards", [2, 16])
def test_a_set_takes_in_what_a_ledger_takes_in(whole: Path, sources: list[Path], tmp_path: Path, shards: int) -> None:
    digests = set()
    for name, run in (("here", None), ("elsewhere", elsewhere)):
        split_ledger(whole.with_name("first"), tmp_path / name, shards)
        for source in sources[1:]:
            report = put(source, tmp_path / name, keep_rejected=True, run=run, memory=1 if run else 1 << 20)
            assert report.rows
        assert said(tmp_path / name) == said(whole)
        assert sound(tmp_path / name)
        digests.add(load_manifest(tmp_path / name).digest)
        assert not put(sources[-1], tmp_path / name, run=run).ingested
        assert not (tmp_path / name / "tmp").exists()
    assert len(digests) == 1
    merge_set(tmp_path / "elsewhere", tmp_path / "one")
    assert answers(tmp_path / "one") == answers(whole)
    assert sound(tmp_path / "one")


def test_a_ledger_reads_by_tasks_too(whole: Path, sources: list[Path], tmp_path: Path) -> None:
    for source in sources:
        put(source, tmp_path / "L", keep_rejected=True, run=elsewhere)
    assert said(tmp_path / "L") == said(whole)
    assert load_manifest(tmp_path / "L").digest == load_manifest(whole).digest


def test_a_set_from_nothing(whole: Path, sources: list[Path], tmp_path: Path) -> None:
    made = make_set(tmp_path / "a/S", 4)
    assert [len(made.shards), made.rows("accesses"), made.sources] == [4, 0, ()]
    assert list((tmp_path / "a").iterdir()) == [tmp_path / "a/S"]
    for source in sources:
        put(source, tmp_path / "a/S", keep_rejected=True)
    assert make_set(tmp_path / "a/S", 4) == load_manifest(tmp_path / "a/S")
    assert said(tmp_path / "a/S") == said(whole)
    for there, shards in ((tmp_path / "a/S", 8), (whole, 4)):
        with pytest.raises(LedgerError, match=f"shards, not {shards}"):
            make_set(there, shards)


def test_ids_that_clash_are_refused_as_by_one_reader(sources: list[Path], tmp_path: Path) -> None:
    for name in ("L", "first"):
        put(sources[0], tmp_path / name, key_bits=10)
    split_ledger(tmp_path / "first", tmp_path / "S", 4)
    for source in sources[1:]:
        put(source, tmp_path / "L")
        put(source, tmp_path / "S", run=elsewhere)
    rejected = [one for entry in load_manifest(tmp_path / "L").sources for one in entry.rejected]
    assert "same-key" in rejected
    assert said(tmp_path / "S") == said(tmp_path / "L")


def test_ids_that_clash_between_files_alone(tmp_path: Path) -> None:
    write(tmp_path / "0", "accesses", [read(0, "u", "YT0")])
    for n in range(1, 12):
        write(tmp_path / "more/accesses", "accesses", [read(n, f"u{n}", f"YT{n}")], f"part-{n:02}")
    for name in ("L", "first"):
        put(tmp_path / "0", tmp_path / name, key_bits=3)
    split_ledger(tmp_path / "first", tmp_path / "S", 2)
    for name in ("L", "S"):
        assert put(tmp_path / "more", tmp_path / name, run=elsewhere).rejected["same-key"] > 2
    assert said(tmp_path / "S") == said(tmp_path / "L")


def test_a_large_file_is_read_by_several_tasks(tmp_path: Path) -> None:
    """Cut anywhere between row groups: what can't be read, texts and notices are those of one reader."""
    rows = 3000
    table: dict[str, list[Any]] = {
        "at": [f"2026-03-01T{n % 7:02}:00:{n % 60:02}" if n % 97 else "never" for n in range(rows)],
        "actor": [f"u{n % 61 + n // 1000}" for n in range(rows)],
        "waybill": [f"YT{n * 7 % 400}" if n % 89 else "" for n in range(rows)],
        "subject_id": [f"s{n}" if n % 2 else None for n in range(rows)],
        "outcome": ["allowed" if n % 53 else "odd" for n in range(rows)],
        "more": ["x"] * rows,
    }
    pq.write_table(pa.table(table), make(tmp_path / "in/accesses") / "a.parquet", row_group_size=70)
    source = store.open_source(tmp_path / "in")
    source = replace(source, options=replace(source.options, batch_rows=50))

    def take(into: str, run: Run | None, piece_rows: int) -> tuple[IngestReport, dict[str, Any]]:
        options = IngestOptions(keep_rejected=True, run=run, piece_rows=piece_rows)
        return ledger.ingest(source, tmp_path / into, options=options), said(tmp_path / into)

    report, one = take("L", None, 1)
    assert report.rejected
    assert report.notices
    counts = []

    def counted(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        if work.__name__ == "read_piece":
            counts.append(len(tasks))
        return elsewhere(work, tasks)

    for piece_rows in (1, 500, 1111, rows):
        made, cut = take(f"S{piece_rows}", counted, piece_rows)
        assert cut == one
        assert (made.rejected, made.notices) == (report.rejected, report.notices)
    assert counts == [15, 5, 3, 1]


def test_a_file_that_changes_after_its_digest(tmp_path: Path) -> None:
    write(tmp_path / "in/accesses", "accesses", [read(n, "u", f"YT{n}") for n in range(9)], "a")
    file = next((tmp_path / "in/accesses").iterdir())

    def changed(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        os.utime(file, (1, 1))
        return elsewhere(work, tasks)

    with pytest.raises(StoreError, match="changed while it was read"):
        put(tmp_path / "in", tmp_path / "L", run=changed)
    assert not (tmp_path / "L/manifest.json").exists()


def make(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


STEPS = ("swept", "batch", "read", "shard", "written", "named", "durable", "committed", "cleaned")
KILLED = """
    import os, signal, sys
    from pathlib import Path
    from wayseal import ledger, store
    source, into, step = sys.argv[1:]
    def on_step(name):
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)
    options = ledger.IngestOptions(on_step=on_step, keep_rejected=True)
    ledger.ingest(store.open_source(Path(source)), Path(into), options=options)
"""


@pytest.fixture(scope="module")
def two(whole: Path, sources: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A set of the first source, and what it says before and after the second."""
    folder = tmp_path_factory.mktemp("two")
    split_ledger(whole.with_name("first"), folder / "S", 2)
    shutil.copytree(folder / "S", folder / "after")
    put(sources[1], folder / "after", keep_rejected=True)
    return {"set": folder / "S", "before": said(folder / "S"), "after": said(folder / "after")}


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(two: dict[str, Any], sources: list[Path], tmp_path: Path, step: str) -> None:
    shutil.copytree(two["set"], tmp_path / "S")
    process = ended(KILLED, sources[1], tmp_path / "S", step)
    assert (process.err, process.code) == ("", -signal.SIGKILL)
    done = step in ("committed", "cleaned")
    there = answers(tmp_path / "S")
    assert there == {name: two["after" if done else "before"][name] for name in there}
    put(sources[1], tmp_path / "S", keep_rejected=True)
    assert said(tmp_path / "S") == two["after"]
    assert sound(tmp_path / "S")
    assert_tidy(tmp_path / "S")


def assert_tidy(path: Path) -> None:
    """Nothing lies in a set or its shards that no manifest names."""
    named = {f.path for f in load_manifest(path).files}
    shards = sorted((path / "shards").iterdir())
    named |= {f"shards/{shard.name}/{f.path}" for shard in shards for f in load_manifest(shard).files}
    inside = (p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
    there = {name for name in inside if "data/" in name}
    assert there == {name for name in named if "quarantine" not in name}


@pytest.mark.parametrize("step", ["read", "shard", "named", "durable"])
def test_broken_off_at_a_step(two: dict[str, Any], sources: list[Path], tmp_path: Path, step: str) -> None:
    def stop(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    shutil.copytree(two["set"], tmp_path / "S")
    with pytest.raises(KeyboardInterrupt):
        put(sources[1], tmp_path / "S", on_step=stop)
    assert said(tmp_path / "S") == two["before"]
    assert_tidy(tmp_path / "S")
    assert sound(tmp_path / "S")


def test_a_task_that_fails_leaves_the_set(two: dict[str, Any], sources: list[Path], tmp_path: Path) -> None:
    def failing(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        for place, task in enumerate(tasks):
            done = work(task)
            if place:
                raise OSError(28, "full")
            yield place, done

    shutil.copytree(two["set"], tmp_path / "S")
    with pytest.raises(LedgerError, match="No space left"):
        put(sources[1], tmp_path / "S", run=failing)
    assert said(tmp_path / "S") == two["before"]
    assert_tidy(tmp_path / "S")


def test_a_forgotten_process_changes_nothing(two: dict[str, Any], sources: list[Path], tmp_path: Path) -> None:
    """A task of a driver that was killed ends after another driver has committed something else."""
    late: list[Callable[[], Any]] = []

    def hold(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        for place, task in enumerate(tasks):
            late.append(partial(work, copied(task)))
            yield place, work(task)

    shutil.copytree(two["set"], tmp_path / "S")
    put(sources[1], tmp_path / "S", keep_rejected=True, run=hold)
    assert len(late) > 2
    for one in late:
        with suppress(OSError):  # what it reads is gone
            one()
    assert said(tmp_path / "S") == two["after"]
    assert sound(tmp_path / "S")


def test_a_shard_is_written_to_by_its_set_alone(two: dict[str, Any], sources: list[Path], tmp_path: Path) -> None:
    shutil.copytree(two["set"], tmp_path / "S")
    with pytest.raises(LedgerError, match="its set alone"):
        put(sources[1], tmp_path / "S/shards/0001")
    with pytest.raises(LedgerError, match="set of shards"):
        put(sources[0], tmp_path / "S", again=True)
    shutil.rmtree(tmp_path / "S/shards/0001")
    with pytest.raises(LedgerError, match=r"missing; [\d,]+ reads stand in it") as caught:
        put(sources[1], tmp_path / "S")
    assert caught.value.file == tmp_path / "S/shards/0001"


def test_a_kept_manifest_that_was_lost_or_changed(two: dict[str, Any], sources: list[Path], tmp_path: Path) -> None:
    shutil.copytree(two["set"], tmp_path / "S")
    kept = tmp_path / "S" / load_manifest(tmp_path / "S").shards[1].path
    kept.write_bytes(kept.read_bytes() + b" ")
    with pytest.raises(LedgerError, match="was changed") as caught:
        put(sources[1], tmp_path / "S")
    assert caught.value.file == kept
    kept.unlink()
    with pytest.raises(LedgerError, match="can't be read"):
        put(sources[1], tmp_path / "S")


def test_one_driver_at_a_time(two: dict[str, Any], sources: list[Path], tmp_path: Path) -> None:
    shutil.copytree(two["set"], tmp_path / "S")

    def second(name: str) -> None:
        if name == "shard":
            with pytest.raises(LedgerBusyError):
                ledger.ingest(store.open_source(sources[2]), tmp_path / "S", options=IngestOptions())

    put(sources[1], tmp_path / "S", keep_rejected=True, on_step=second)
    assert said(tmp_path / "S") == two["after"]
