import datetime
import stat
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.ledger.helpers import at, content, expected, load_manifest, put, read, reads_of, write
from wayseal import ledger, store
from wayseal.model.predicate import parse_predicate
from wayseal.store.errors import StoreError

ROWS = [
    read(0, "u-1", "YT1", access="a1", action="view", session="s1", via="if-1", fields=["name", "phone"]),
    read(5, "u-2", "YT1", access="a2", action="export", session="s2"),
    read(9, "u-1", "YT1", access="a3", session="s1", request="r1", ip="10.0.0.1", device="d", purpose="p"),
    read(3, "u-1", "EA123456789CN", access="a4", session="s3"),
    read(3000, "u-2", "YT2", access="a5"),
]


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    report = put(write(tmp_path, "accesses", ROWS), tmp_path / "L")
    assert (report.rows, report.rejected, report.repeated, report.skipped) == (5, {}, 0, ())
    assert reads_of(tmp_path / "L", ["YT1"]) == expected(ROWS[:3])
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        keys = snapshot.keys(["YT1", "EA123456789CN", "YT2", "YT404"])
        table = snapshot.reads(keys)
        assert table.num_rows == 5
        assert snapshot.names("waybill", keys) == ["YT1", "EA123456789CN", "YT2", ""]
        one = snapshot.reads(keys[:1]).to_pylist()
        assert [r["action"] for r in one] == ["view", "export", None]
        assert snapshot.names("session", [r["session"] for r in one]) == ["s1", "s2", "s1"]
        assert snapshot.names("fields", [one[0]["fields"]]) == ["name\x1fphone"]
        assert one[1]["via"] is None
        assert [one[2][n] for n in ("request",)] == snapshot.keys(["r1"]).tolist()
        assert [r["row"] for r in one] == [1, 2, 3]
        found = {r["waybill"]: r["day"] for r in snapshot.find(keys).to_pylist()}
        day = (at(0).date() - datetime.date(1970, 1, 1)).days
        assert found == dict(zip(keys.tolist(), [day, day, day + 2], strict=False))
        assert sorted(snapshot.control(10).tolist()) == sorted(found)
        assert snapshot.control(2).tolist() == sorted(found)[:2]
        assert snapshot.volumes().to_pylist() == sorted(
            [
                {"day": day, "actor": int(snapshot.keys(["u-1"])[0]), "reads": 3, "first": 2},
                {"day": day, "actor": int(snapshot.keys(["u-2"])[0]), "reads": 1, "first": 1},
                {"day": day + 2, "actor": int(snapshot.keys(["u-2"])[0]), "reads": 1, "first": 1},
            ],
            key=lambda r: (r["day"], r["actor"]),
        )
        [session] = snapshot.session_volumes(snapshot.keys(["s1"])).to_pylist()
        assert (session["reads"], session["first"]) == (2, 1)
        assert (session["from"], session["to"]) == (at(0), at(9))
        assert sum(r["reads"] for r in snapshot.activity().to_pylist()) == 5


def test_how_a_scan_came_in_and_by_which_truck_is_kept(tmp_path: Path) -> None:
    plain: dict[str, Any] = {"waybill": "YT1", "at": at(1), "kind": "pickup", "outlet": "o-1"}
    hub = {**plain, "at": at(9), "kind": "arrive", "outlet": "h-1", "entered": "machine", "device": "d", "trip": "T7"}
    put(write(tmp_path / "1", "scans", [plain]), tmp_path / "L")
    put(write(tmp_path / "2", "scans", [hub]), tmp_path / "L")
    put(write(tmp_path / "3", "accesses", ROWS), tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        first, second = snapshot.scans(snapshot.keys(["YT1"])).to_pylist()
        assert (first["entered"], first["device"], first["trip"]) == (None, None, None)
        assert (second["entered"], second["device"], second["trip"]) == ("machine", "d", "T7")
        assert snapshot.devices == 1


def test_the_same_source_twice_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "accesses", ROWS)
    first = put(path, tmp_path / "L")
    again = put(path, tmp_path / "L")
    assert [(s.table, s.name) for s in again.skipped] == [("accesses", "accesses.parquet")]
    assert (again.rows, again.digest) == (0, first.digest)
    copy = write(tmp_path / "other", "accesses", ROWS, "b")
    assert [s.name for s in put(copy, tmp_path / "L").skipped] == ["accesses.b.parquet"]


def test_equal_rows_inside_one_source_are_kept(tmp_path: Path) -> None:
    rows = [read(1, "u", "YT1")] * 3
    assert put(write(tmp_path, "accesses", rows), tmp_path / "L").rows == 3
    assert reads_of(tmp_path / "L", ["YT1"]) == expected(rows)


def test_a_repeated_access_counts_once(tmp_path: Path) -> None:
    put(write(tmp_path / "1", "accesses", ROWS), tmp_path / "L")
    more = [*ROWS[:2], read(9.5, "u-3", "YT1", access="a9"), read(9.5, "u-3", "YT1", access="a9")]
    report = put(write(tmp_path / "2", "accesses", more), tmp_path / "L")
    assert (report.rows, report.repeated) == (1, 3)
    assert reads_of(tmp_path / "L", ["YT1"]) == expected([*ROWS[:3], more[2]])


def test_the_same_ledger_has_the_same_digest(tmp_path: Path) -> None:
    path = write(tmp_path, "accesses", ROWS)
    assert put(path, tmp_path / "L1").digest == put(path, tmp_path / "L2").digest
    whole = put(path, tmp_path / "L3", memory=1, parts=4)
    assert content(tmp_path / "L1") == content(tmp_path / "L3")
    assert whole.rows == 5


def test_a_late_earlier_read_takes_the_mark(tmp_path: Path) -> None:
    rows = [read(100, "u-1", "YT1"), read(200, "u-2", "YT1"), read(2000, "u-1", "YT1", session="s")]
    put(write(tmp_path / "1", "accesses", rows), tmp_path / "L")
    late = [read(50, "u-1", "YT1", session="s"), read(300, "u-2", "YT1")]
    put(write(tmp_path / "2", "accesses", late), tmp_path / "L")
    assert reads_of(tmp_path / "L", ["YT1"]) == expected([*rows, *late])
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert sum(r["first"] for r in snapshot.volumes().to_pylist()) == 2
        [session] = snapshot.session_volumes(snapshot.keys(["s"])).to_pylist()
        assert (session["reads"], session["first"], session["from"]) == (2, 1, at(50))


def test_many_small_ingests_are_merged(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = []
    for n in range(20):
        part = [read(n, f"u-{n % 3}", f"YT{w}", session=f"s{n}") for w in range(3)]
        tracks = [{"waybill": f"YT{n}", "at": at(n), "kind": "pickup", "outlet": f"o-{n % 2}"}]
        numbers = [{"waybill": f"EA{n:09d}CN", "at": at(n), "kind": "arrive", "outlet": "o-9"}]
        put(write(tmp_path / f"{n}", "accesses", part), tmp_path / "L")
        put(write(tmp_path / f"{n}", "scans", tracks + numbers), tmp_path / "L")
        rows += part
    assert reads_of(tmp_path / "L", ["YT0", "YT1", "YT2"]) == sorted(
        expected(rows), key=lambda r: [int(k) for k in _keys(tmp_path / "L", [r[0]])] + [r[1]]
    )
    kinds: dict[tuple[str, int | None], int] = {}
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        for entry in snapshot.manifest.files:
            kinds[entry.kind, entry.day] = kinds.get((entry.kind, entry.day), 0) + 1
        assert max(kinds.values()) <= 8
        assert sum(r["waybills"] for r in snapshot.outlet_volumes().to_pylist()) == 40
        assert snapshot.scans(snapshot.keys(["EA000000007CN"])).num_rows == 1
    assert len(list((tmp_path / "L/data").rglob("*.parquet"))) == sum(kinds.values())


def _keys(path: Path, texts: list[str]) -> Any:
    with ledger.open_ledger(path) as snapshot:
        return snapshot.keys(texts)


LINES = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 2), st.integers(0, 3), st.none() | st.integers(0, 3)),
    max_size=14,
)


@examples(40)
@given(LINES, st.lists(st.integers(0, 2), min_size=14, max_size=14), st.randoms())
def test_any_split_and_order_gives_the_same_ledger(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Any], split: list[int], random: Any
) -> None:
    """Also where an access is repeated: it is the same row then."""
    rows = []
    for n, (minutes, actor, waybill, access) in enumerate(lines):
        when, who = (minutes, actor) if access is None else (10 * access, access % 3)
        more = {} if access is None else {"access": f"a{access}"}
        more["device"] = f"d{split[n]}"  # no two files are equal, or the second would be left out
        rows.append((split[n], read(when, f"u-{who}", f"YT{waybill}", session=f"s{who}", **more)))
    random.shuffle(rows)
    folder = tmp_path_factory.mktemp("split")
    wanted = sorted(r for r in expected([r for _, r in rows]))
    for part in range(3):
        mine = [r for p, r in rows if p == part]
        if mine:
            put(write(folder / str(part), "accesses", mine), folder / "L", parts=1 + 3 * (part % 2))
    if rows:
        found = reads_of(folder / "L", [f"YT{n}" for n in range(4)])
        assert sorted(found) == wanted
        with ledger.open_ledger(folder / "L") as snapshot:
            volumes = snapshot.volumes().to_pylist()
            sessions = snapshot.session_volumes(snapshot.keys(["s0", "s1", "s2"])).to_pylist()
        assert sum(v["reads"] for v in volumes) == len(wanted)
        assert sum(v["first"] for v in volumes) == sum(r[3] for r in wanted)
        assert sum(s["first"] for s in sessions) == len({(r[0], r[2]) for r in wanted})


WAYBILLS = [
    {"waybill": f"YT{n}", "issued_at": at(10 * n), "channel": f"c-{n % 2}", "origin_outlet": f"o-{n % 3}",
     "destination_outlet": f"o-{(n + 1) % 3}", "weight_g": 100 * n, "customer": f"k-{n % 4}"}
    for n in range(12)
]  # fmt: skip
OUTLETS: list[dict[str, Any]] = [
    {"outlet": "o-0", "kind": "outlet", "city": "Xi'an", "region": "NW"},
    {"outlet": "o-1", "kind": "hub", "city": "Wuhan", "region": "C"},
    {"outlet": "o-2", "kind": "outlet", "city": "Changsha", "region": "C"},
]
SCANS = [
    {"waybill": f"YT{n}", "at": at(20 * n), "kind": kind, "outlet": outlet, "operator": "u-1"}
    for n in range(6)
    for kind, outlet in (("pickup", f"o-{n % 3}"), ("arrive", "o-1"))
]
READS = [read(15 * n, f"u-{a}", f"YT{n}") for n in range(14) for a in range(1 + n % 3)]


def dataset(folder: Path) -> Path:
    write(folder, "waybills", WAYBILLS)
    write(folder, "outlets", OUTLETS)
    write(folder, "scans", SCANS)
    write(folder, "accesses", READS)
    write(folder, "actors", [{"actor": "u-0", "kind": "person", "role": "clerk", "rights": ["a", "b"]}])
    write(folder, "tickets", [{"ticket": "t-1", "waybill": "YT99", "opened_at": at(1), "actor": "u-1"}])
    write(folder, "changes", [{"waybill": "YT1", "at": at(1), "column": "channel", "value": "c-1"}])
    calls = [{"partner": "p-1", "at": at(1), "waybill": "YT1", "fields": ["x"], "request": "q"}]
    write(folder, "partner_calls", calls)
    write(folder, "queries", [{"request": "q", "at": at(1), "actor": "u-1", "filter": "{}"}])
    scope = [{"actor": "u-1", "scope": "city", "value": "Wuhan", "from": at(0)}]
    write(folder, "assignments", scope)
    return folder


@pytest.mark.parametrize("order", [None, ("accesses", "scans", "waybills"), ("scans", "accesses")])
def test_every_table_comes_back(tmp_path: Path, order: tuple[str, ...] | None) -> None:
    folder = dataset(tmp_path / "D")
    for table in order or ():
        put(folder / f"{table}.parquet", tmp_path / "L")
    put(folder, tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        keys = snapshot.keys([f"YT{n}" for n in range(12)])
        waybills = snapshot.waybills(keys)
        assert waybills.schema.equals(store.arrow_schema("waybills"))
        rows = sorted(waybills.to_pylist(), key=lambda r: r["issued_at"])
        assert [{k: v for k, v in r.items() if v is not None} for r in rows] == WAYBILLS
        scans = sorted(snapshot.scans(keys).to_pylist(), key=lambda r: (r["at"], r["kind"] != "pickup"))
        assert [{k: v for k, v in r.items() if v is not None} for r in scans] == SCANS
        assert snapshot.outlets().to_pylist() == [
            {**dict.fromkeys(store.arrow_schema("outlets").names), **o} for o in OUTLETS
        ]
        assert snapshot.actors()["rights"].to_pylist() == [["a", "b"]]
        assert snapshot.assignments()["value"].to_pylist() == ["Wuhan"]
        assert snapshot.loose("queries")["filter"].to_pylist() == ["{}"]
        assert snapshot.table("tickets", snapshot.keys(["YT99"]))["actor"].to_pylist() == ["u-1"]
        assert snapshot.table("partner_calls", keys)["fields"].to_pylist() == [["x"]]
        assert snapshot.table("changes", keys)["value"].to_pylist() == ["c-1"]
        assert snapshot.find(snapshot.keys(["YT99"])).num_rows == 0
        assert snapshot.size() == 14
        channels = dict(zip(["c-0", "c-1"], snapshot.keys(["c-0", "c-1"]).tolist(), strict=True))
        volumes = {r["channel"]: r["waybills"] for r in snapshot.channel_volumes().to_pylist()}
        assert volumes == {channels["c-0"]: 6, channels["c-1"]: 6}
        touched = {r["outlet"]: r["waybills"] for r in snapshot.outlet_volumes().to_pylist()}
        assert touched == dict(zip(snapshot.keys(["o-0", "o-1", "o-2"]).tolist(), [4, 8, 4], strict=True))
        summary = snapshot.summary()
        assert (summary.missing_tables, summary.rows["accesses"]) == ((), len(READS))
        assert summary.known_actors == pytest.approx(14 / len(READS))
        assert (summary.shares.described, summary.shares.scanned) == (12 / 14, 6 / 14)
        assert summary.shares.early == 0
        assert summary.first_at == round(at(0).timestamp() * 10**6)


def test_a_mentioned_waybill_is_found_once_it_is_seen(tmp_path: Path) -> None:
    ticket = [{"ticket": "t", "waybill": "YT1", "opened_at": at(1), "actor": "u"}]
    put(write(tmp_path, "tickets", ticket), tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        key = snapshot.keys(["YT1"])
        assert (snapshot.find(key).num_rows, snapshot.size(), len(snapshot.control(5))) == (0, 0, 0)
        assert snapshot.names("waybill", key) == ["YT1"]
        assert snapshot.summary().known_actors is None
    put(write(tmp_path, "accesses", [read(1, "u", "YT1")]), tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert (snapshot.find(key).num_rows, snapshot.size(), len(snapshot.control(5))) == (1, 1, 1)


def test_the_last_row_of_a_waybill_wins(tmp_path: Path) -> None:
    put(write(tmp_path / "1", "waybills", WAYBILLS[:3]), tmp_path / "L")
    changed = [{**WAYBILLS[0], "channel": "c-9"}, WAYBILLS[1], {**WAYBILLS[0], "weight_g": 7}]
    report = put(write(tmp_path / "2", "waybills", changed), tmp_path / "L")
    assert report.conflicts == {"waybills": 2}
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        rows = snapshot.waybills(snapshot.keys(["YT0", "YT1", "YT2"])).to_pylist()
        assert sorted(r["weight_g"] for r in rows) == [7, 100, 200]
        assert sum(r["waybills"] for r in snapshot.channel_volumes().to_pylist()) == 3
        assert snapshot.summary().conflicts == {"waybills": 2}


PREDICATES = [
    "{}",
    '{"origin_outlet": "o-0"}',
    '{"origin_city": "Wuhan"}',
    '{"origin_region": "C", "destination_region": "C"}',
    '{"destination_city": ["Wuhan", "Xi\'an"], "destination_outlet": "o-0"}',
    '{"channel": ["c-1"], "weight_g": [100, 300, "x"]}',
    '{"customer": "k-1"}',
    '{"waybill": ["YT1", "yt-2"]}',
    '{"issued_from": "2026-03-01T00:30:00Z"}',
    '{"issued_from": "2026-03-01T00:20:00Z", "issued_to": "2026-03-01T01:00:00Z"}',
    '{"origin_city": "nowhere"}',
    '{"order_ref": []}',
]


def fits(text: str, row: dict[str, Any]) -> bool:
    predicate = parse_predicate(text)
    place = {o["outlet"]: o for o in OUTLETS}
    for name, values in predicate.any_of.items():
        if name.endswith(("_city", "_region")):
            end, what = name.split("_")
            value = place[row[f"{end}_outlet"]][what]
        else:
            value = str(row.get(name))
        cleaned = {v.upper().replace("-", "") for v in values} if name == "waybill" else values
        if value not in cleaned:
            return False
    early = predicate.issued_from and row["issued_at"] < predicate.issued_from
    return not early and not (predicate.issued_to and row["issued_at"] >= predicate.issued_to)


@pytest.mark.parametrize("split", [False, True])
def test_strata_are_counted_exactly(tmp_path: Path, split: bool) -> None:
    folder = dataset(tmp_path / "D")
    if split:
        old = [{**w, "origin_outlet": "o-2"} for w in WAYBILLS[:3]]
        put(write(tmp_path / "old", "waybills", [*old, *WAYBILLS[6:8]]), tmp_path / "L")
        put(write(tmp_path / "early", "accesses", READS[:9], "b"), tmp_path / "L")
        write(folder, "accesses", READS[9:])
    put(folder, tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        made = snapshot.stratum_volumes([parse_predicate(p) for p in PREDICATES])
        assert snapshot.stratum_volumes([]) == []
        for text, volumes in zip(PREDICATES, made, strict=True):
            rows = [w for w in WAYBILLS if fits(text, w)]
            inside = {w["waybill"] for w in rows}
            if text == "{}":
                inside |= {"YT12", "YT13"}
            assert volumes.waybills == len(inside), text
            pairs = {(r["actor"], r["waybill"]) for r in READS if r["waybill"] in inside}
            actors = sorted({a for a, _ in pairs})
            expected_actors = {int(snapshot.keys([a])[0]): sum(1 for b, _ in pairs if b == a) for a in actors}
            assert dict(zip(*volumes.actors.to_pydict().values(), strict=True)) == expected_actors
            touches = {(s["outlet"], s["waybill"]) for s in SCANS}
            touches |= {(w["origin_outlet"], w["waybill"]) for w in WAYBILLS}
            if not split:
                found = dict(zip(*volumes.outlets.to_pydict().values(), strict=True))
                assert found == {
                    int(snapshot.keys([o])[0]): count
                    for o in ("o-0", "o-1", "o-2")
                    if (count := sum(1 for p, w in touches if p == o and w in inside))
                }
            channels = [str(w["channel"]) for w in rows]
            found = dict(zip(*volumes.channels.to_pydict().values(), strict=True))
            assert found == {int(snapshot.keys([c])[0]): channels.count(c) for c in set(channels)}


def test_more_predicates_than_bits(tmp_path: Path) -> None:
    put(dataset(tmp_path / "D"), tmp_path / "L")
    predicates = [parse_predicate(f'{{"waybill": "YT{n % 15}"}}') for n in range(130)]
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        made = snapshot.stratum_volumes(predicates)
    assert [v.waybills for v in made] == [int(n % 15 < 12) for n in range(130)]


def test_reads_before_the_issue_are_told(tmp_path: Path) -> None:
    write(tmp_path / "D", "waybills", WAYBILLS)
    rows = [read(0, "u", "YT5"), read(500, "u", "YT5"), read(900, "u", "YT5"), read(901, "u", "YT0")]
    put(write(tmp_path / "D", "accesses", rows).parent, tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        summary = snapshot.summary()
    assert summary.shares.early == 0.25
    assert summary.gaps == ()


def test_several_commits_for_a_big_folder(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "D")
    steps: list[str] = []
    put(folder, tmp_path / "L", commit_bytes=1, on_step=steps.append)
    assert steps.count("committed") == len(list(folder.glob("*.parquet")))
    put(folder, tmp_path / "M")
    assert content(tmp_path / "L") == content(tmp_path / "M")


def test_an_empty_log_makes_a_ledger(tmp_path: Path) -> None:
    report = put(write(tmp_path, "accesses", []), tmp_path / "L")
    assert report.rows == 0
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.reads(snapshot.keys(["YT1"])).num_rows == 0
        assert snapshot.names("actor", snapshot.keys(["u"])) == [""]
        assert snapshot.names("waybill", snapshot.keys(["YT1"])) == [""]
        assert snapshot.control(3).tolist() == []
        assert snapshot.volumes().num_rows == 0
        summary = snapshot.summary()
        assert (summary.gaps, summary.first_at, summary.rows) == ((), None, {"accesses": 0})
        assert "accesses" in summary.missing_tables
        volumes = snapshot.stratum_volumes([parse_predicate('{"channel": "c"}')])
        assert volumes[0].waybills == 0


def test_a_quarantine_file_takes_no_name_that_the_manifest_has(tmp_path: Path) -> None:
    """The same bytes as another table, and somebody removed the file of the first time."""
    bad = tmp_path / "accesses.csv"
    bad.write_text("at,actor,outlet,waybill,operator,kind\nnever,u,o,YT1,u,arrive\n")
    put(bad, tmp_path / "L")
    [first] = (tmp_path / "L/quarantine").iterdir()
    first.unlink()
    put(bad.rename(tmp_path / "scans.csv"), tmp_path / "L")
    [entry, other] = (f.path for f in load_manifest(tmp_path / "L").files if f.kind == "quarantine")
    assert (Path(entry).name, Path(other).stem) == (first.name, f"{first.stem}-2")


def test_bad_rows_go_to_quarantine(tmp_path: Path) -> None:
    path = tmp_path / "accesses.csv"
    path.write_text('at,actor,waybill\n2026-03-01T00:00:00Z,u,YT1\nnever,"u\n1",YT2\n,u,YT3\n')
    report = put(path, tmp_path / "L", keep_rejected=True)
    assert (report.rows, sum(report.rejected.values())) == (1, 2)
    names = sorted(p.name for p in (tmp_path / "L/quarantine").iterdir())
    assert [n.split(".", 1)[1] for n in names] == ["csv", "raw.csv"]
    texts = [(tmp_path / "L/quarantine" / name).read_text() for name in names]
    assert texts[0] == "file,line,column,reason\naccesses.csv,3,at,not-a-time\naccesses.csv,5,at,empty\n"
    assert texts[1].startswith('file,line,raw\naccesses.csv,3,"never,""u\n1"",YT2')
    assert {stat.S_IMODE((tmp_path / "L/quarantine" / name).stat().st_mode) for name in names} == {0o600}
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.summary().rejected == report.rejected


def test_ids_with_one_key_are_never_merged(tmp_path: Path) -> None:
    rows = [read(n, f"u-{n % 3}", f"YT{n % 5}") for n in range(30)]
    put(write(tmp_path / "1", "accesses", rows[:15]), tmp_path / "L", key_bits=2)
    report = put(write(tmp_path / "2", "accesses", rows[15:]), tmp_path / "L", parts=4)
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        keys = snapshot.control(100)
        table = snapshot.reads(keys)
        names = snapshot.names("waybill", table["waybill"].to_numpy())
        actors = snapshot.names("actor", table["actor"].to_numpy())
        summary = snapshot.summary()
    assert len(set(names)) == len(keys) < 5
    made = set(zip(names, actors, table["at"].to_pylist(), strict=True))
    assert made <= {(r["waybill"], r["actor"], r["at"]) for r in rows}
    assert set(summary.rejected) == {"same-key"}
    assert table.num_rows + summary.rejected["same-key"] == 30
    assert report.rejected["same-key"] > 0
    written = [p.read_text() for p in (tmp_path / "L/quarantine").glob("*.csv")]
    assert sum(t.count("same-key") for t in written) == summary.rejected["same-key"]


def test_a_number_without_a_packed_form_is_told_from_one_with_its_key(tmp_path: Path) -> None:
    marks = [
        {"waybill": w, "at": at(n), "kind": "arrive", "outlet": "o"} for n, w in enumerate(("EA1CN", "YT1", "XX1CN"))
    ]
    report = put(write(tmp_path, "scans", marks), tmp_path / "L", key_bits=1)
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        names = snapshot.scans(snapshot.control(9))["waybill"].to_pylist()
    assert len(names) == report.rows == 3 - report.rejected["same-key"]
    assert set(names) <= {"EA1CN", "YT1", "XX1CN"}


def test_a_table_whose_waybills_all_have_anothers_key(tmp_path: Path) -> None:
    write(tmp_path / "D", "scans", [{"waybill": "YT1", "at": at(1), "kind": "arrive", "outlet": "o"}])
    write(tmp_path / "D", "tickets", [{"ticket": "t", "waybill": "YT2", "opened_at": at(0), "actor": "u"}])
    report = put(tmp_path / "D", tmp_path / "L", key_bits=1)
    assert [(s.table, s.rows) for s in report.ingested] == [("scans", 1), ("tickets", 0)]
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.digest == report.digest
        assert snapshot.table("tickets", snapshot.keys(["YT2"])).num_rows == 0


def test_an_actor_with_anothers_key_is_refused(tmp_path: Path) -> None:
    rows = [{"actor": f"u-{n}", "kind": "person", "role": "clerk"} for n in range(9)]
    report = put(write(tmp_path, "actors", rows), tmp_path / "L", key_bits=1)
    assert report.rejected["same-key"] == 9 - report.rows >= 7


def test_many_rows_of_one_waybill(tmp_path: Path) -> None:
    rows = [read((n * 37) % 601, f"u-{n % 7}", "YT1") for n in range(600)]
    rows += [read(n % 5, "u-1", "YT2") for n in range(300)]
    put(write(tmp_path, "accesses", rows), tmp_path / "L")
    assert sorted(reads_of(tmp_path / "L", ["YT1", "YT2"])) == sorted(expected(rows))


def test_a_source_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "accesses", ROWS)

    def touch(step: str) -> None:
        if step == "batch":
            with path.open("ab") as file:
                file.write(b"x")

    with pytest.raises(StoreError, match="changed while it was read"):
        put(path, tmp_path / "L", on_step=touch)


def test_a_source_that_is_gone_is_said(tmp_path: Path) -> None:
    source = store.open_source(write(tmp_path, "accesses", ROWS))
    source.files[0].path.unlink()
    with pytest.raises(StoreError, match="can't be read"):
        ledger.ingest(source, tmp_path / "L")


def test_progress_is_told(tmp_path: Path) -> None:
    told: set[str] = set()
    source = store.open_source(write(tmp_path, "accesses", ROWS))
    ledger.ingest(source, tmp_path / "L", progress=lambda stage, _done, _total: told.add(stage))
    assert told == {"digest", "read", "settle"}


def test_days_far_apart(tmp_path: Path) -> None:
    rows = [read(m, "u", f"YT{m}") for m in (0, 60 * 24 * 365 * 30, 60 * 24 * 365 * 60)]
    put(write(tmp_path, "accesses", rows), tmp_path / "L")
    assert sorted(reads_of(tmp_path / "L", [r["waybill"] for r in rows])) == sorted(expected(rows))


def test_a_batch_without_a_column_that_others_have(tmp_path: Path) -> None:
    write(tmp_path / "D/accesses", "accesses", [read(n, "u", f"YT{n}") for n in range(40)], "a")
    more = [read(n, "u", f"YT{n}", via="if", access=f"x{n}") for n in range(40)]
    write(tmp_path / "D/accesses", "accesses", more, "b")
    for name, options in {"L": {}, "M": {"memory": 1, "parts": 2}}.items():
        put(tmp_path / "D", tmp_path / name, **options)
        with ledger.open_ledger(tmp_path / name) as snapshot:
            via = snapshot.reads(snapshot.control(99))["via"]
            assert (len(via), via.null_count) == (80, 40)


def test_reading_ahead_hands_over_errors(tmp_path: Path) -> None:
    write(tmp_path, "accesses", ROWS)
    path = tmp_path / "accesses.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StoreError, match="accesses"):
        put(path, tmp_path / "L")
    assert pa.types.is_uint64(pa.uint64())
