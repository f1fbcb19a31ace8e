"""The pure parts, against the same thing said plainly."""

import datetime
import errno
import fcntl
import itertools
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.effort import examples
from tests.ledger.helpers import at, put, read, write
from wayseal import ledger
from wayseal.ledger import _kernels
from wayseal.ledger._counts import Sums
from wayseal.ledger._files import HashingFile, storage_errors
from wayseal.ledger._generation import Generation
from wayseal.ledger._layout import CATALOGUE_SCHEMA, PAIRS_SCHEMA
from wayseal.ledger._lock import find_holder, no_readers, share_with_readers, writer_lock
from wayseal.ledger._merge import count_to_merge, find_crowded, merge
from wayseal.ledger._parallel import THREADS, map_ahead, read_ahead
from wayseal.ledger._part import ledger_order, mark_firsts, mark_repeats, run_starts
from wayseal.ledger._resolve import _tally
from wayseal.ledger._sorted import SortedWriter, contains, find_rows, open_sorted, ranges, read_range, rows_for
from wayseal.ledger._spill import MOST_PARTS, Spill, count_parts
from wayseal.ledger.errors import LedgerBusyError, LedgerStorageError
from wayseal.model.predicate import parse_predicate
from wayseal.model.times import day_name
from wayseal.store.durable import file_digest

pytestmark = pytest.mark.kernels

U64 = st.integers(0, 2**64 - 1)
ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 1), st.integers(0, 5)), max_size=40)


@given(ROWS, st.sampled_from([0, 20, 44, 61]), st.integers(0, 1))
def test_the_ledgers_order(rows: list[tuple[int, int, int, int]], shift: int, top: int) -> None:
    """Keys that differ in their lowest bits, in their highest, or beyond what the first passes look at."""
    key = np.array([(r[0] << shift | top << 63) % 2**64 for r in rows], np.uint64)
    when, row = np.array([r[1] for r in rows], np.int64), np.array([r[3] for r in rows], np.int64)
    source = np.array([r[2] for r in rows], np.int32)
    order = ledger_order(key, when, source, row)
    found = [(int(key[i]), *rows[i][1:]) for i in order]
    assert found == sorted((int(k), *r[1:]) for k, r in zip(key, rows, strict=True))
    assert sorted(order.tolist()) == list(range(len(rows)))


@pytest.mark.parametrize("ordered", [True, False])
def test_the_order_of_a_long_run(ordered: bool) -> None:
    n = _kernels.SMALL + 50
    when = np.arange(n) if ordered else np.arange(n)[::-1].copy()
    order = ledger_order(np.full(n, 7, np.uint64), when, np.zeros(n, np.int32), np.arange(n))
    assert when[order].tolist() == list(range(n))


def test_rows_that_share_their_first_bits_are_put_in_order() -> None:
    """Keys that differ below the bits of the radix passes, too."""
    key = np.array([1 << 60 | 5, 1 << 60 | 3, 0, 1 << 60 | 4], np.uint64)
    zeros = np.zeros(4, np.int64)
    assert ledger_order(key, zeros, zeros.astype(np.int32), zeros).tolist() == [2, 1, 3, 0]


RUNS = st.lists(
    st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.booleans()), min_size=1, max_size=9), max_size=5
)


@given(RUNS)
def test_first_marks(runs: list[list[tuple[int, bool, bool]]]) -> None:
    flat = [r for run in runs for r in run]
    starts = np.cumsum([0, *(len(r) for r in runs)]).astype(np.int64)
    ids = np.array([r[0] for r in flat], np.uint64)
    old = np.array([r[1] for r in flat], np.bool_)
    was = np.array([r[1] and r[2] and r[0] > 0 for r in flat], np.bool_)
    marks = mark_firsts(starts, ids, old, was)
    place = 0
    for run in runs:
        seen: set[int] = set()
        known = {r[0] for r in run if r[1]}
        for name, _, _ in run:
            first = name != 0 and name not in seen
            assert bool(marks.first[place]) == first
            assert bool(marks.moved[place]) == (bool(was[place]) and not first)
            assert bool(marks.fresh[place]) == (first and name not in known)
            seen.add(name)
            place += 1


@given(RUNS)
def test_repeats(runs: list[list[tuple[int, bool, bool]]]) -> None:
    flat = [r for run in runs for r in run]
    starts = np.cumsum([0, *(len(r) for r in runs)]).astype(np.int64)
    ids, old = np.array([r[0] for r in flat], np.uint64), np.array([r[1] for r in flat], np.bool_)
    repeat = mark_repeats(starts, ids, old)
    found = [False] * len(flat) if repeat is None else repeat.tolist()
    expected = []
    for run in runs:
        seen = {name for name, before, _ in run if before}
        for name, before, _ in run:
            expected.append(not before and name != 0 and name in seen)
            seen |= {name} - {0}
    assert found == expected


def test_marks_of_runs_in_which_ids_share_their_place() -> None:
    """Long runs of many ids, so that the tables of both kernels fill up."""
    chance = np.random.default_rng(7)
    sizes = chance.integers(1, 120, 9)
    n = int(sizes.sum())
    starts = np.cumsum([0, *sizes]).astype(np.int64)
    ids, old = chance.integers(0, 80, n).astype(np.uint64), chance.random(n) < 0.3
    first, fresh, repeat, met = ([False] * n for _ in range(4))
    for low, high in itertools.pairwise(starts.tolist()):
        before = set(ids[low:high][old[low:high]].tolist())
        seen: set[int] = {0}
        for i in range(low, high):
            name = int(ids[i])
            first[i], fresh[i] = name not in seen, name not in seen | before
            repeat[i] = not old[i] and name != 0 and (name in before or met[i])
            seen.add(name)
            for k in range(i + 1, high):
                met[k] = met[k] or (ids[k] == name and not old[i])
    marks = mark_firsts(starts, ids, old, np.zeros(n, np.bool_))
    assert (marks.first.tolist(), marks.fresh.tolist()) == (first, fresh)
    found = mark_repeats(starts, ids, old)
    assert found is not None
    assert found.tolist() == repeat


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 90), st.integers(-2, 2), st.integers(-9, 9)), max_size=60), max_size=3)
)
def test_sums(portions: list[list[tuple[int, int, int]]]) -> None:
    total = Sums()
    for rows in portions:
        columns = [np.array([r[k] for r in rows], np.int64) for k in (0, 1, 2)]
        total.add(columns[0].astype(np.uint64), columns[1], 2 * columns[1], columns[2])
    flat = [r for rows in portions for r in rows]
    ids, cells = _by_id(total)
    assert ids.tolist() == sorted({r[0] for r in flat})
    for name, cell in zip(ids.tolist(), cells.tolist(), strict=True):
        mine = [r for r in flat if r[0] == name]
        total_of = sum(r[1] for r in mine)
        assert cell == [total_of, 2 * total_of, min(r[2] for r in mine), max(r[2] for r in mine)]


def _by_id(total: Sums) -> tuple[Any, Any]:
    ids, cells = total.result()
    order = np.argsort(ids)
    return ids[order], cells[order]


def test_sums_grow() -> None:
    total = Sums()
    ids = np.arange(1000, dtype=np.uint64) % np.uint64(400)
    total.add(ids, np.ones(1000, np.int64), np.arange(1000), np.arange(1000))
    made, cells = _by_id(total)
    assert made.tolist() == list(range(400))
    assert cells[:, 0].tolist() == [3 if n < 200 else 2 for n in range(400)]
    assert cells[7].tolist() == [3, 7 + 407 + 807, 7, 807]


def test_what_is_spilled_comes_back_in_its_order(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "tmp", 4, 400)
    for n, size in enumerate((3, 4, 2, 5, 30, 2)):
        keys = pa.array([k << 62 for k in range(size)], pa.uint64()) if size < 4 else pa.array([0] * size, pa.uint64())
        other = pa.array([n] * size)
        spill.add("t", pa.record_batch({"waybill": keys, ("b" if n == 2 else "a"): other}))
    assert spill.spilled > 0
    assert [list(b.to_pydict().values())[1][0] for b in spill.part("t", 0)] == [0, 1, 2, 3, 4, 5]
    assert [b.num_rows for b in spill.part("t", 1)] == [1, 1, 1]
    assert spill.part("t", 3) == []


@given(st.lists(st.integers(-5, 5)), st.sampled_from([1, 10**7]))
def test_tally(values: list[int], wide: int) -> None:
    made, count = _tally(np.array(values, np.int64) * wide)
    assert dict(zip(made.tolist(), count.tolist(), strict=True)) == {v * wide: values.count(v) for v in values}


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), max_size=30),
    st.dictionaries(st.integers(0, 20), st.integers(0, 7)),
)
def test_pairs_are_counted(pairs: list[tuple[int, int]], chosen: dict[int, int]) -> None:
    pairs.sort()
    counts = np.zeros((3, 4), np.int64)
    keys = np.array([p[0] for p in pairs], np.uint64)
    names = sorted(chosen)
    with np.errstate(over="ignore"):
        _kernels.count_pairs(
            keys, np.array([p[1] for p in pairs], np.uint32), np.array(names, np.uint64),
            np.array([chosen[n] for n in names], np.uint64), counts,
        )  # fmt: skip
    for bit in range(3):
        for code in range(4):
            fit = [k for k, c in pairs if c == code and chosen.get(k, 0) >> bit & 1]
            assert counts[bit, code] == len(fit)


def test_the_lowest_bit_of_every_word() -> None:
    with np.errstate(over="ignore"):
        for place in range(64):
            assert _kernels.lowest_bit(np.uint64(1 << place)) == place
            assert _kernels.lowest_bit(np.uint64((1 << 64) - (1 << place))) == place


@given(st.lists(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_places(there: list[int], keys: set[int]) -> None:
    there.sort()
    array, wanted = np.array(there, np.uint64), np.array(sorted(keys), np.uint64)
    assert array[find_rows(array, wanted)].tolist() == [t for t in there if t in keys]
    assert contains(wanted, array).tolist() == [t in keys for t in there]
    assert run_starts(array).tolist()[:-1] == [n for n, t in enumerate(there) if n == 0 or there[n - 1] != t]


def catalogue(keys: list[int], day: int = 1) -> pa.RecordBatch:
    columns = [pa.array(keys, pa.uint64()), pa.array(keys, pa.uint64()), pa.array([day] * len(keys), pa.int32())]
    return pa.RecordBatch.from_arrays(columns, schema=CATALOGUE_SCHEMA)


@examples(30)
@given(st.lists(st.lists(U64, min_size=1, max_size=12, unique=True), min_size=1, max_size=3), st.integers(1, 9))
@example([[0, 1]], 1)
def test_sorted_files(tmp_path_factory: pytest.TempPathFactory, parts: list[list[int]], rows: int) -> None:
    """Ranges cover every row once; lookups find what is there; merging keeps the newest row of a key."""
    folder = tmp_path_factory.mktemp("sorted")
    generation = Generation(folder, 1)
    entries = []
    for n, keys in enumerate(parts):
        writer = SortedWriter(folder, "catalogue", f"c{n}", CATALOGUE_SCHEMA, 1, group=2)
        writer.write(catalogue(sorted(keys)[:3], n))
        writer.write(catalogue(sorted(keys)[3:], n))
        entries.append(writer.close())
    files = [open_sorted(folder, e) for e in entries]
    covered: list[int] = []
    for low, high in ranges(files, rows):
        for batch in read_range(files, low, high, CATALOGUE_SCHEMA):
            covered += batch["waybill"].to_pylist()
    assert sorted(covered) == sorted(k for keys in parts for k in keys)
    wanted = sorted({parts[0][0], 5})
    found = rows_for(files, np.array(wanted, np.uint64), CATALOGUE_SCHEMA)["waybill"].to_pylist()
    assert sorted(found) == sorted(k for keys in parts for k in keys if k in wanted)
    merged = open_sorted(folder, merge(generation, entries, range_rows=rows))
    newest = {k: n for n, keys in enumerate(parts) for k in keys}
    table = merged.read(range(len(merged.rows)), CATALOGUE_SCHEMA)
    assert dict(zip(table["waybill"].to_pylist(), table["day"].to_pylist(), strict=True)) == newest
    assert table["waybill"].to_pylist() == sorted(newest)


def test_ranges_of_nothing(tmp_path: Path) -> None:
    assert list(ranges([], 5)) == []
    Generation(tmp_path, 1)
    empty = open_sorted(tmp_path, SortedWriter(tmp_path, "catalogue", "c", CATALOGUE_SCHEMA, 1).close())
    assert list(ranges([empty], 5)) == []
    assert read_range([empty], 0, 9, CATALOGUE_SCHEMA) == []


def test_a_generation_holds_few_rows(tmp_path: Path) -> None:
    generation = Generation(tmp_path, 1, most_held=3)
    for n in range(4):
        generation.write("catalogue", catalogue([2 * n, 2 * n + 1]))
        generation.write("pairs:actor", pa.RecordBatch.from_pylist([], schema=PAIRS_SCHEMA))
    [entry] = generation.close()
    assert (entry.rows, entry.path) == (8, "data/g000001/catalogue.parquet")
    assert len(open_sorted(tmp_path, entry).rows) > 1


@pytest.mark.parametrize(
    ("rows", "count"), [([5, 5], 2), ([100, 1, 1], 2), ([2, 1, 1], 3), ([9, 4, 2, 1, 1], 4), ([8, 4, 2, 1, 1], 5)]
)
def test_which_files_are_merged(rows: list[int], count: int) -> None:
    assert count_to_merge(rows) == count


def test_nothing_is_crowded_at_first() -> None:
    assert find_crowded([], set()) == []


def test_names_of_days() -> None:
    assert day_name(0) == "1970-01-01"
    assert day_name((datetime.date(2026, 3, 4) - datetime.date(1970, 1, 1)).days) == "2026-03-04"


@pytest.mark.parametrize(("size", "parts"), [(0, 1), (8 << 20, 1), (9 << 20, 2), (1 << 50, MOST_PARTS)])
def test_parts_by_size(size: int, parts: int) -> None:
    assert count_parts(size) == parts


def test_a_file_knows_its_digest(tmp_path: Path) -> None:
    file = HashingFile(tmp_path / "f")
    for _ in range(3):
        file.write(bytes(range(256)) * 3000)
    assert (file.seal(), file.size) == (file_digest(tmp_path / "f"), 3 * 256 * 3000)


def test_errors_of_the_disk_without_a_number(tmp_path: Path) -> None:
    with pytest.raises(LedgerStorageError, match="the disk refuses"), storage_errors(tmp_path):
        raise OSError


def test_reading_ahead_stops_early() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for n in range(100):
            made.append(n)
            yield n

    with read_ahead(items(), 1) as numbers:
        assert next(numbers) == 0
    assert len(made) < 100
    with read_ahead(items(), 1) as numbers:
        import time

        time.sleep(0.25)
        assert list(numbers) == list(range(100))


def test_reading_ahead_hands_over_what_went_wrong() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyError("x")

    with read_ahead(items()) as numbers:
        assert next(numbers) == 1
        with pytest.raises(KeyError):
            next(numbers)


def test_an_ingest_that_is_broken_off_leaves_no_thread_waiting(tmp_path: Path) -> None:
    path = write(tmp_path, "accesses", [read(n, "u", f"YT{n}") for n in range(50)])

    def stop(step: str) -> None:
        if step == "part":
            raise InterruptedError

    with pytest.raises(LedgerStorageError):
        put(path, tmp_path / "L", parts=16, on_step=stop)
    assert put(path, tmp_path / "L").rows == 50


def test_views_are_a_sample_of_what_an_actor_read(tmp_path: Path) -> None:
    waybills: list[dict[str, Any]] = [
        {
            "waybill": f"YT{n}",
            "issued_at": at(n),
            "channel": f"c-{n % 2}",
            "origin_outlet": "o",
            "destination_outlet": "p",
        }
        for n in range(20)
    ]
    write(tmp_path / "D", "waybills", waybills)
    write(tmp_path / "D", "accesses", [read(n, f"u-{n % 3}", f"YT{n}") for n in range(20)])
    put(tmp_path / "D", tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.tables == {"accesses", "waybills"}
        assert snapshot.sessions == 0
        actor, nobody = (int(k) for k in snapshot.keys(["u-1", "nobody"]))
        odd, everything = (parse_predicate(p) for p in ('{"channel": "c-1"}', "{}"))
        mine = [n for n in range(20) if n % 3 == 1]
        for predicates, expected in (([], mine), ([odd], [n for n in mine if n % 2]), ([odd, everything], mine)):
            keys = snapshot.views(actor, predicates, 100)
            assert sorted(keys.tolist()) == sorted(snapshot.keys([f"YT{n}" for n in expected]).tolist())
            assert snapshot.views(actor, predicates, 2).tolist() == keys[:2].tolist()
        assert len(snapshot.views(nobody, [], 5)) == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    put(write(tmp_path, "accesses", [read(1, "u", "YT1")]), tmp_path / "L")
    return tmp_path / "L"


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_file_system_without_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written and nothing read there, and no handle is left open."""

    def refuse(_handle: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    before = open_files()
    for attempt in (
        lambda: writer_lock(path).__enter__(),
        lambda: no_readers(path).__enter__(),
        lambda: share_with_readers(path),
        lambda: find_holder(path),
        lambda: ledger.open_ledger(path),
    ):
        with pytest.raises(OSError, match="No locks available"):
            attempt()
        assert open_files() == before


SOON = 30
"""Seconds after which a thread that should have come is taken not to."""


def test_answers_come_in_order() -> None:
    assert list(map_ahead(lambda n: n * n, range(100))) == [n * n for n in range(100)]
    assert list(map_ahead(lambda n: n, [])) == []


def test_a_slow_piece_keeps_nobody_waiting() -> None:
    """While the first is worked on, the other thread goes through those after it."""
    later = threading.Event()

    def work(n: int) -> bool:
        if n == 3:
            later.set()
        return n > 0 or later.wait(SOON)

    assert list(map_ahead(work, range(8))) == [True] * 8
    assert THREADS == 2


def test_an_error_comes_out_and_ends_the_work() -> None:
    done: list[int] = []

    def work(n: int) -> int:
        done.append(n)
        if n == 1:
            raise ValueError("one")
        return n

    answers = map_ahead(work, range(1_000))
    assert next(answers) == 0
    with pytest.raises(ValueError, match="one"):
        next(answers)
    assert len(done) < 20


def test_whoever_stops_listening_ends_the_work() -> None:
    done: list[int] = []

    def pieces() -> Iterator[int]:
        yield from range(1_000)

    answers = map_ahead(done.append, pieces())
    next(answers)
    answers.close()
    assert len(done) < 20


def test_a_lock_that_its_holder_removed_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between opening and locking it: it may be gone, or another may have made a new one."""
    flock = fcntl.flock
    remake = [False, True]

    def late(handle: int, operation: int) -> None:
        if remake:
            (tmp_path / "lock").unlink()
            if remake.pop():
                (tmp_path / "lock").touch()
        flock(handle, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with writer_lock(tmp_path):
        assert remake == []
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
        with pytest.raises(LedgerBusyError), writer_lock(tmp_path):
            pass


def test_the_lock_of_a_nameless_process(tmp_path: Path) -> None:
    with writer_lock(tmp_path):
        os.truncate(tmp_path / "lock", 0)
        with pytest.raises(LedgerBusyError, match="process unknown"), writer_lock(tmp_path):
            pass
