"""Walking over everything that one source had: each waybill once, whatever the stretches, days and generations."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.ledger.helpers import at, put, read, write
from wayseal import ledger
from wayseal.ledger import Snapshot
from wayseal.ledger.walk import walk_source

OUTLETS = ("o-0", "o-1", "o-2")


def waybill(n: int) -> dict[str, Any]:
    return {
        "waybill": f"YT{n}",
        "issued_at": at(20 * n),
        "channel": f"c-{n % 2}",
        "origin_outlet": OUTLETS[n % 3],
        "destination_outlet": OUTLETS[(n + 1) % 3],
    }


ROUND = 400
CHANCE = random.Random(11)
READS = [
    read(CHANCE.uniform(0, 20 * ROUND), f"u-{CHANCE.randrange(4)}", f"YT{CHANCE.randrange(ROUND)}", **more)
    for more in [{"session": "s-1", "action": "view", "via": "web", "fields": ["name", "phone"]}, {}] * 600
]
SCANS: list[dict[str, Any]] = [
    {"waybill": f"YT{n}", "at": at(20 * n + 5), "kind": "pickup", "outlet": OUTLETS[n * 7 % 3]}
    for n in range(0, ROUND, 2)
]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Two generations, so that buckets have several files and a waybill's row is replaced by a later one."""
    folder = tmp_path_factory.mktemp("walk")
    write(folder / "A", "waybills", [waybill(n) for n in range(ROUND)])
    write(folder / "A", "accesses", READS[:700])
    write(folder / "B", "accesses", READS[700:])
    write(folder / "B", "scans", SCANS)
    write(folder / "B", "waybills", [waybill(0) | {"channel": "c-9"}])
    for name in "AB":
        put(folder / name, folder / "L")
    with ledger.open_ledger(folder / "L") as opened:
        yield opened


def names_of(snapshot: Snapshot, keys: Any) -> list[str]:
    return sorted(snapshot.names("waybill", keys))


@pytest.mark.parametrize("rows", [1, 64, 1 << 22])
@pytest.mark.parametrize(("kind", "text"), [("actor", "u-1"), ("session", "s-1")])
def test_reads_of_one_source(snapshot: Snapshot, kind: str, text: str, rows: int) -> None:
    found = list(walk_source(snapshot._finder, kind, snapshot.keys([text]), rows=rows))
    assert [s.done for s in found] == list(range(1, len(found) + 1))
    assert {s.total for s in found} == {len(found)}
    rows_of = [r for r in READS if r.get(kind) == text]
    got = [
        pair for s in found
        for pair in zip(snapshot.names("waybill", s.reads["waybill"]), s.reads["at"].to_pylist(), strict=True)
    ]  # fmt: skip
    assert sorted(got) == sorted((r["waybill"], r["at"]) for r in rows_of)
    assert names_of(snapshot, np.concatenate([s.keys for s in found])) == sorted({r["waybill"] for r in rows_of})
    for stretch in found:
        keys = stretch.reads["waybill"].to_numpy()
        assert np.array_equal(np.unique(keys), stretch.keys)
        assert np.all(keys[:-1] <= keys[1:])


def test_a_read_carries_what_the_log_said(snapshot: Snapshot) -> None:
    reads = [s.reads for s in snapshot.source_ranges("session", snapshot.keys(["s-1"]))]
    for table in reads:
        assert set(snapshot.names("fields", table["fields"].to_numpy())) == {"name\x1fphone"}
        assert set(snapshot.names("via", table["via"].to_numpy())) == {"web"}
        assert set(table["action"].to_pylist()) == {1}


def test_what_an_interface_issued(snapshot: Snapshot) -> None:
    keys = np.concatenate([s.keys for s in snapshot.source_ranges("channel", snapshot.keys(["c-0"]))])
    assert names_of(snapshot, keys) == sorted(f"YT{n}" for n in range(2, ROUND, 2))
    later = np.concatenate([s.keys for s in snapshot.source_ranges("channel", snapshot.keys(["c-9"]))])
    assert names_of(snapshot, later) == ["YT0"]


def test_what_passed_an_outlet(snapshot: Snapshot) -> None:
    keys = np.concatenate([s.keys for s in snapshot.source_ranges("outlet", snapshot.keys(["o-1"]))])
    came = {f"YT{n}" for n in range(ROUND) if n % 3 == 1}
    scanned = {str(s["waybill"]) for s in SCANS if s["outlet"] == "o-1"}
    assert names_of(snapshot, keys) == sorted(came | scanned)


@pytest.mark.parametrize("kind", ["actor", "session", "channel", "outlet"])
def test_a_source_that_nobody_knows(snapshot: Snapshot, kind: str) -> None:
    key = snapshot.keys(["nobody"])
    assert not snapshot.knows(kind, int(key[0]))
    assert all(not len(s.keys) for s in snapshot.source_ranges(kind, key))


@pytest.mark.parametrize("kind", ["actor", "session", "channel", "outlet"])
def test_an_empty_ledger(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "D", "accesses", [])
    put(tmp_path / "D", tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert list(snapshot.source_ranges(kind, snapshot.keys(["u-1"]))) == []
        assert not len(snapshot.first_seen())
        assert not len(snapshot.places(snapshot.keys(["YT1"])))


def test_ids_that_are_known(snapshot: Snapshot) -> None:
    for kind, text in (("actor", "u-1"), ("session", "s-1"), ("channel", "c-1"), ("outlet", "o-1")):
        assert snapshot.knows(kind, int(snapshot.keys([text])[0]))


def test_places_and_kept_rows(snapshot: Snapshot) -> None:
    keys = snapshot.keys(["YT0", "YT1", "YT2"])
    places = snapshot.places(keys)
    got = set(
        zip(
            snapshot.names("waybill", places["waybill"].to_numpy()),
            snapshot.names("outlet", places["outlet"].to_numpy()),
            strict=True,
        )
    )
    assert got == {("YT0", "o-0"), ("YT1", "o-1"), ("YT2", "o-2")}
    kept = snapshot.kept("waybills", keys, ("channel",))
    assert kept.schema.names == ["waybill", "channel"]
    channel = dict(
        zip(
            snapshot.names("waybill", kept["waybill"].to_numpy()),
            snapshot.names("channel", kept["channel"].to_numpy()),
            strict=True,
        )
    )
    assert channel == {"YT0": "c-9", "YT1": "c-1", "YT2": "c-0"}
    scans = snapshot.kept("scans", keys, ("kind",))
    assert names_of(snapshot, scans["waybill"].to_numpy()) == ["YT0", "YT2"]


def test_waybills_by_the_day_on_which_they_were_first_seen(snapshot: Snapshot) -> None:
    seen = snapshot.first_seen()
    assert sum(seen["waybills"].to_pylist()) == snapshot.size()
    assert seen["day"].to_pylist() == sorted(set(seen["day"].to_pylist()))


def test_more_columns_where_they_are_asked_for(snapshot: Snapshot) -> None:
    key = snapshot.keys(["u-1"])
    (plain,) = {tuple(s.reads.schema.names) for s in snapshot.source_ranges("actor", key)}
    (more,) = {tuple(s.reads.schema.names) for s in snapshot.source_ranges("actor", key, ("session", "ip", "at"))}
    assert more == (*plain, "session", "ip")
    sessions = np.concatenate(
        [s.reads["session"].to_numpy() for s in snapshot.source_ranges("actor", key, ("session",))]
    )
    mine = [r for r in READS if r["actor"] == "u-1"]
    assert np.sum(sessions == snapshot.keys(["s-1"])[0]) == sum(r.get("session") == "s-1" for r in mine)
    assert np.sum(sessions == 0) == sum("session" not in r for r in mine)


def test_a_table_beside_a_walk(tmp_path: Path) -> None:
    """Stretches cover the whole key space, so every row of the table is met once, also of waybills nobody read."""
    calls = [{"partner": f"p-{n % 2}", "at": at(n), "waybill": f"YT{n}", "request": f"r-{n}"} for n in range(90)]
    write(tmp_path / "A", "accesses", [read(1500 * (n % 5), "p-0", f"YT{n}") for n in range(40)])
    write(tmp_path / "A", "partner_calls", calls[:50])
    write(tmp_path / "B", "partner_calls", calls[50:])
    for name in "AB":
        put(tmp_path / name, tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        for rows in (1, None):
            walk = list(snapshot.source_ranges("actor", snapshot.keys(["p-0"]), (), ("partner_calls",), rows))
            assert walk[0].low == 0
            assert [s.high + 1 for s in walk[:-1]] == [s.low for s in walk[1:]]
            met = [snapshot.between("partner_calls", s.low, s.high, ("request",)) for s in walk]
            assert sorted(r for table in met for r in table["request"].to_pylist()) == sorted(
                str(c["request"]) for c in calls
            )
            assert sum(len(s.reads) for s in walk) == 40
            assert met[0].schema.names == ["waybill", "request"]


def test_who_asked_how_much(tmp_path: Path) -> None:
    rows = [{"request": f"q-{n}", "at": at(n), "actor": f"u-{n % 3}", "filter": "{}"} for n in range(9)]
    write(tmp_path / "D", "queries", rows)
    put(tmp_path / "D", tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        minute = 60_000_000
        start = round(at(0).timestamp()) * 1_000_000
        assert snapshot.askers(start, start + 4 * minute).to_pylist() == [
            {"actor": "u-0", "queries": 2},
            {"actor": "u-1", "queries": 1},
            {"actor": "u-2", "queries": 1},
        ]
        assert snapshot.askers(0, start).to_pylist() == []
