"""Everything about waybills side by side: each row once, whatever the stretches, and what a later commit brought."""

import random
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.helpers import at, put, read, write
from wayseal import ledger
from wayseal.ledger import Snapshot, _generation, _strata, walk
from wayseal.ledger._strata import read_counts
from wayseal.ledger.codes import Coder
from wayseal.ledger.walk import Wanted, WaybillPartition
from wayseal.model.predicate import parse_predicate

EVERY_KEY = (1 << 64) - 1

ROUND = 300
DAYS = 4
CHANCE = random.Random(3)
TABLES = {"waybills": ("issued_at", "channel", "customer"), "scans": ("at", "outlet", "source"), "tickets": ("actor",)}
READS = ("at", "actor", "source", "first", "device")


def some(count: int) -> list[dict[str, Any]]:
    return [
        read(CHANCE.uniform(0, DAYS * 1440), f"u-{CHANCE.randrange(9)}", f"YT{CHANCE.randrange(ROUND):04d}")
        for _ in range(count)
    ]


def waybill(n: int, channel: str) -> dict[str, Any]:
    ends = {"origin_outlet": "o-1", "destination_outlet": "o-2"}
    return {"waybill": f"YT{n:04d}", "issued_at": at(n), "channel": channel, **ends}


def scan(n: int, minutes: float, outlet: str) -> dict[str, Any]:
    return {"waybill": f"YT{n:04d}", "at": at(minutes), "kind": "arrive", "outlet": outlet}


COMMITS: list[dict[str, list[dict[str, Any]]]] = [
    {
        "waybills": [waybill(n, "first") for n in range(0, ROUND, 2)],
        "scans": [scan(n, n, "o-1") for n in range(0, ROUND, 3)],
        "accesses": some(500),
    },
    {
        "waybills": [waybill(n, "second") for n in range(0, ROUND, 6)],
        "scans": [scan(n, n - 9, "o-2") for n in range(0, ROUND, 3)],
        "accesses": [{**r, "device": "d-1"} for r in some(300)],
    },
    {
        "waybills": [waybill(0, "third")],
        "tickets": [{"ticket": "t", "waybill": "YT0009", "opened_at": at(5), "actor": "u-1"}],
        "accesses": [{**r, "at": r["at"] - (at(900) - at(0))} for r in some(40)],
    },
]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Three generations, of which the last one took marks away and so merged buckets; small row groups."""
    folder = tmp_path_factory.mktemp("beside")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_generation, "ROW_GROUP", 16)
        patch.setattr(_generation, "WIDE_GROUP", 16)
        for n, rows in enumerate(COMMITS):
            for table, them in rows.items():
                write(folder / f"{n}", table, them)
            put(folder / f"{n}", folder / "L")
    with ledger.open_ledger(folder / "L") as opened:
        yield opened


def walked(snapshot: Snapshot, wanted: Wanted) -> list[WaybillPartition]:
    found = list(snapshot.waybill_partitions(wanted, lambda b: b))
    assert [done for _, done, _ in found] == list(range(1, len(found) + 1))
    assert {total for _, _, total in found} <= {len(found)}
    return [b for b, _, _ in found]


def rows_of(snapshot: Snapshot, batches: list[pa.RecordBatch]) -> list[tuple[Any, ...]]:
    """(waybill, at, actor, source) of reads."""
    out: list[tuple[Any, ...]] = []
    for batch in batches:
        names = snapshot.names("waybill", batch["waybill"].to_numpy())
        actors = snapshot.names("actor", batch["actor"].to_numpy())
        out += zip(names, batch["at"].to_pylist(), actors, batch["source"].to_pylist(), strict=True)
    return out


def source_of(snapshot: Snapshot, commit: int) -> int:
    places = [n for n, s in enumerate(snapshot.manifest.sources) if s.table == "accesses"]
    return places[commit]


def all_reads(snapshot: Snapshot, commits: range) -> Counter[tuple[Any, ...]]:
    return Counter(
        (r["waybill"], r["at"], r["actor"], source_of(snapshot, n)) for n in commits for r in COMMITS[n]["accesses"]
    )


@pytest.mark.parametrize("rows", [1, 50, 3 << 20])
def test_every_row_stands_in_one_stretch(snapshot: Snapshot, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "_ROWS", rows)
    found = walked(snapshot, Wanted(reads=READS, tables=TABLES))
    assert found[0].low == 0
    assert found[-1].high == EVERY_KEY
    assert all(a.high + 1 == b.low for a, b in pairwise(found))
    assert len(found) > 10 if rows <= 50 else len(found) == 1
    batches = [b for stretch in found for b in stretch.reads]
    assert Counter(rows_of(snapshot, batches)) == all_reads(snapshot, range(3))
    for stretch in found:
        assert all(b.num_rows for b in stretch.reads)
        for batch in [*stretch.reads, *stretch.tables.values()]:
            keys = batch["waybill"].to_numpy()
            assert np.all((keys >= np.uint64(stretch.low)) & (keys <= np.uint64(stretch.high)))
            assert np.all(keys[:-1] <= keys[1:])
    assert sum(s.tables["scans"].num_rows for s in found) == ROUND // 3 * 2
    assert sum(s.tables["tickets"].num_rows for s in found) == 1


def test_several_files_lie_side_by_side(snapshot: Snapshot) -> None:
    (whole,) = walked(snapshot, Wanted(reads=READS, tables={}))
    files = [f for f in snapshot.manifest.files if f.kind == "accesses"]
    assert len(whole.reads) == len(files) > len({f.day for f in files})
    assert any("merged" in f.path for f in files)
    for batch in whole.reads:
        order = list(zip(*(batch[n].to_pylist() for n in ("waybill", "at", "source")), strict=True))
        assert order == sorted(order)
    assert whole.tables == {}


@pytest.mark.parametrize("since", [0, 1, 2, 3, 4])
def test_since(snapshot: Snapshot, since: int) -> None:
    """What came since is read; what is older only out of files that were merged since. Tables come whole."""
    found = walked(snapshot, Wanted(reads=READS, tables=TABLES, since=since))
    (whole,) = found
    got = Counter(rows_of(snapshot, list(whole.reads)))
    assert got <= all_reads(snapshot, range(3))
    fresh = all_reads(snapshot, range(max(0, since - 1), 3))
    assert fresh <= got
    if since > 3:
        assert not whole.reads
    if since == 3:
        assert fresh < got < all_reads(snapshot, range(3))
    assert whole.tables["scans"].num_rows == ROUND // 3 * 2


def test_the_last_row_of_a_waybill_wins(snapshot: Snapshot) -> None:
    (whole,) = walked(snapshot, Wanted(reads=(), tables=TABLES))
    rows = whole.tables["waybills"]
    names = snapshot.names("waybill", rows["waybill"].to_numpy())
    channels = dict(zip(names, snapshot.names("channel", rows["channel"].to_numpy()), strict=True))
    assert len(names) == len(channels)
    expected = {w["waybill"]: w["channel"] for commit in COMMITS for w in commit["waybills"]}
    assert channels == expected
    assert set(channels.values()) == {"first", "second", "third"}


def test_scans_come_in_time_s_order(snapshot: Snapshot) -> None:
    (whole,) = walked(snapshot, Wanted(reads=(), tables=TABLES))
    rows = whole.tables["scans"]
    order = list(zip(rows["waybill"].to_pylist(), rows["at"].to_pylist(), strict=True))
    assert order == sorted(order)
    assert set(rows["source"].to_pylist()) == {
        n for n, s in enumerate(snapshot.manifest.sources) if s.table == "scans"
    }  # fmt: skip


def test_columns_that_files_lack(snapshot: Snapshot) -> None:
    """0 where keys stand, null elsewhere; no more columns than were asked for, but those by which files are ordered."""
    (whole,) = walked(snapshot, Wanted(reads=(*READS, "ip", "action"), tables=TABLES))
    for batch in whole.reads:
        assert set(batch.schema.names) == {"waybill", *READS, "ip", "action"}
        assert not np.any(batch["ip"].to_numpy())
        assert not np.any(batch["action"].to_numpy())
        assert all(
            bool(device) == (source == source_of(snapshot, 1))
            for device, source in zip(batch["device"].to_pylist(), batch["source"].to_pylist(), strict=True)
        )
    assert whole.tables["waybills"]["customer"].null_count == whole.tables["waybills"].num_rows
    assert set(whole.tables["tickets"].schema.names) == {"waybill", "actor"}


def test_work_is_done_on_each_stretch_once(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "_ROWS", 50)
    seen: list[int] = []

    def work(stretch: WaybillPartition) -> int:
        seen.append(stretch.low)
        return stretch.low

    made = [low for low, _, _ in snapshot.waybill_partitions(Wanted(reads=(), tables=TABLES), work)]
    assert made == sorted(made) == sorted(seen)


def test_what_work_raises_comes_out(snapshot: Snapshot) -> None:
    def work(stretch: WaybillPartition) -> int:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        list(snapshot.waybill_partitions(Wanted(reads=(), tables=TABLES), work))


def test_a_ledger_without_rows(tmp_path: Path) -> None:
    write(tmp_path / "D", "accesses", [])
    put(tmp_path / "D", tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as opened:
        assert walked(opened, Wanted(reads=READS, tables=TABLES)) == []
        for kind in ("actor", "outlet", "channel", "device"):
            assert opened.ids(kind).tolist() == []
        assert opened.numbers(opened.keys(["YT1"])).tolist() == [0]


def test_ids_in_the_order_of_their_coming(snapshot: Snapshot) -> None:
    assert snapshot.names("channel", snapshot.ids("channel")) == ["first", "second", "third"]
    assert sorted(snapshot.names("actor", snapshot.ids("actor"))) == [f"u-{n}" for n in range(9)]
    assert len(snapshot.ids("session")) == 0


def test_numbers_keep_the_order_of_their_form(snapshot: Snapshot) -> None:
    texts = [f"YT{n:04d}" for n in range(ROUND)]
    numbers = snapshot.numbers(snapshot.keys(texts))
    there = numbers[numbers > 0]
    assert len(there) > ROUND * 0.9
    assert np.diff(there).tolist() == np.diff(np.flatnonzero(numbers > 0)).tolist()
    backwards = snapshot.numbers(snapshot.keys(texts)[::-1])
    assert np.array_equal(backwards[::-1], numbers)
    key = snapshot.keys(["YT0000"])
    assert np.array_equal(snapshot.numbers(np.repeat(key, 3)), np.repeat(numbers[:1], 3))
    assert snapshot.numbers(snapshot.keys(["never seen"])).tolist() == [0]
    assert snapshot.numbers(key[:0]).tolist() == []


def test_numbers_of_other_forms(tmp_path: Path) -> None:
    """A number that is too long or has other signs has no integer; neither has what only looks like the last key."""
    texts = ["YT0009", "75900000000001", "A" * 40, "运单-1", "x/7"]
    write(tmp_path / "D", "accesses", [read(n, "u", text) for n, text in enumerate(texts)])
    put(tmp_path / "D", tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as opened:
        made = opened.numbers(opened.keys(texts)).tolist()
        assert [bool(n) for n in made] == [True, True, False, False, False]
        assert opened.numbers(np.array([EVERY_KEY, 0, 1], np.uint64)).tolist() == [0, 0, 0]


KEYS = st.lists(st.integers(1, EVERY_KEY) | st.integers(1, 40), unique=True, max_size=40)


@given(KEYS, st.lists(st.integers(0, 60) | st.integers(0, EVERY_KEY), max_size=20))
def test_a_coder_gives_places(keys: list[int], others: list[int]) -> None:
    coder = Coder(np.array(keys, np.uint64))
    asked = [*others, *keys, 0]
    found = coder.places(np.array(asked, np.uint64))
    assert found.dtype == np.int32
    assert found.tolist() == [keys.index(k) if k in keys else -1 for k in asked]
    assert len(coder) == len(keys)
    assert coder.places(np.zeros(0, np.uint64)).tolist() == []


@pytest.mark.parametrize("shift", [0, 32, 56])
def test_a_coder_of_keys_that_share_their_bits(shift: int) -> None:
    keys = np.arange(1, 200, dtype=np.uint64) << np.uint64(shift)
    assert Coder(keys).places(keys[::-1]).tolist() == list(range(198, -1, -1))
    mixed = np.concatenate([keys[::-1], keys[::2]])
    assert Coder.of(mixed).keys.tolist() == sorted(keys.tolist())
    assert len(Coder.of(keys[:0])) == 0


PARCELS = 600
TAKEN_BY_CHANCE = random.Random(5)
WAYBILLS: list[dict[str, Any]] = [
    {
        "waybill": f"YT{n}",
        "issued_at": at(n),
        "channel": f"c-{n % 3}",
        "origin_outlet": f"o-{n % 4}",
        "destination_outlet": "p",
    }
    for n in range(PARCELS)
]
SESSION_READS = [
    read(
        TAKEN_BY_CHANCE.uniform(0, PARCELS),
        f"u-{TAKEN_BY_CHANCE.randrange(5)}",
        f"YT{TAKEN_BY_CHANCE.randrange(PARCELS)}",
        session=f"s-{n % 97}",
    )
    for n in range(4_000)
]
ODD = parse_predicate('{"channel": "c-1"}')
FROM = parse_predicate('{"channel": ["c-1", "c-2"], "origin_outlet": "o-2"}')


@pytest.fixture(scope="module")
def odd_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Two generations of files with many small row groups; asked for at most 1,000 pairs at once."""
    folder = tmp_path_factory.mktemp("stretch")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_generation, "ROW_GROUP", 16)
        patch.setattr(_generation, "WIDE_GROUP", 16)
        patch.setattr(_strata, "MOST_PAIRS", 1_000)
        patch.setattr(_strata, "MOST_CODES", 2_000)
        write(folder / "A", "waybills", WAYBILLS)
        write(folder / "A", "accesses", SESSION_READS[:2_000])
        write(folder / "B", "accesses", SESSION_READS[2_000:])
        for name in "AB":
            put(folder / name, folder / "L")
        with ledger.open_ledger(folder / "L") as opened:
            yield opened


def keys_of(odd_snapshot: Snapshot) -> dict[str, int]:
    numbers = [w["waybill"] for w in WAYBILLS]
    return dict(zip(numbers, odd_snapshot.keys(numbers).tolist(), strict=True))


def test_counts_are_those_of_the_stretch(odd_snapshot: Snapshot) -> None:
    keys = keys_of(odd_snapshot)
    odd, origin, whole = odd_snapshot.stratum_volumes([ODD, FROM, parse_predicate("{}")])
    assert whole.last == EVERY_KEY
    assert whole.waybills == len({r["waybill"] for r in SESSION_READS} | set(keys))
    assert odd.last == origin.last < EVERY_KEY
    for made, channels, outlets in ((odd, {1}, range(4)), (origin, {1, 2}, [2])):
        inside = {
            f"YT{n}" for n in range(PARCELS) if n % 3 in channels and n % 4 in outlets and keys[f"YT{n}"] <= made.last
        }
        assert 0 < made.waybills == len(inside)
        assert made.waybills < PARCELS / 2 * len(channels) / 3 * len(outlets) / 4 * 1.5
        expected = Counter(a for a, w in {(r["actor"], r["waybill"]) for r in SESSION_READS} if w in inside)
        assert (
            dict(
                zip(odd_snapshot.names("actor", made.actors["actor"]), made.actors["waybills"].to_pylist(), strict=True)
            )
            == expected
        )
        assert sum(made.outlets["waybills"].to_pylist()) == len(inside)
        assert sum(made.channels["waybills"].to_pylist()) == len(inside)


@pytest.mark.parametrize("predicates", [[], [ODD], [ODD, FROM], [parse_predicate("{}"), ODD]])
def test_views_go_on_beyond_the_stretch(odd_snapshot: Snapshot, predicates: list[Any]) -> None:
    keys = keys_of(odd_snapshot)
    last = _strata.find_reach(odd_snapshot._finder)
    far = _strata._end(odd_snapshot._finder)
    assert last < far < EVERY_KEY
    narrow = [p for p in predicates if p in (ODD, FROM)] if parse_predicate("{}") not in predicates else []

    def fits(n: int) -> bool:
        return not narrow or (ODD in narrow and n % 3 == 1) or (FROM in narrow and n % 3 > 0 and n % 4 == 2)

    actor = int(odd_snapshot.keys(["u-3"])[0])
    mine = sorted(keys[w] for w in {r["waybill"] for r in SESSION_READS if r["actor"] == "u-3"} if fits(int(w[2:])))
    within = [k for k in mine if k <= far]
    assert last < within[-1] < mine[-1]
    assert odd_snapshot.views(actor, predicates, PARCELS).tolist() == within
    for limit in (1, 7, 40):
        assert odd_snapshot.views(actor, predicates, limit).tolist() == within[:limit]


def test_only_so_many_views_beyond_the_stretch_are_tried(
    odd_snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = int(odd_snapshot.keys(["u-3"])[0])
    every = odd_snapshot.views(actor, [ODD], PARCELS)
    monkeypatch.setattr(_strata, "TRIED", 5)
    few = odd_snapshot.views(actor, [ODD], PARCELS)
    last = np.uint64(_strata.find_reach(odd_snapshot._finder))
    assert every[: len(few)].tolist() == few.tolist()
    assert 0 <= (few > last).sum() <= 5 < (every > last).sum()


def test_sessions_are_looked_up(odd_snapshot: Snapshot) -> None:
    wanted = odd_snapshot.keys(["s-5", "s-96", "nobody's"])
    whole = read_counts(odd_snapshot._finder, "sessions")
    expected = whole.filter(pc.is_in(whole["session"], value_set=pa.array(wanted)))
    made = odd_snapshot.session_volumes(wanted)
    assert made.equals(expected.sort_by([("session", "ascending"), ("actor", "ascending")]))
    assert sum(made["reads"].to_pylist()) == sum(r["session"] in ("s-5", "s-96") for r in SESSION_READS)
    assert odd_snapshot.session_volumes(wanted[:0]).num_rows == 0


def test_fits_looks_up_what_stands_last(odd_snapshot: Snapshot) -> None:
    keys = np.sort(odd_snapshot.keys([f"YT{n}" for n in range(70)] + ["unknown"]))
    fit = odd_snapshot._chooser.fits([ODD] * 70, keys)
    assert sorted(keys[fit].tolist()) == sorted(odd_snapshot.keys([f"YT{n}" for n in range(1, 70, 3)]).tolist())
    assert not odd_snapshot._chooser.fits([], keys).any()
