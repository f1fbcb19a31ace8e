"""Replay against a brute force written from the data contract: query by query, waybill by waybill, plain Python."""

import gc
import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.ledger.helpers import at, put, read, write
from tests.tables import each
from wayseal import ledger, store
from wayseal.ledger import Snapshot, _replay
from wayseal.ledger._keys import Keyer
from wayseal.ledger._queries import Queries, parse_queries
from wayseal.ledger._replay import States, build_states
from wayseal.model import clean_waybill
from wayseal.model.predicate import Predicate

pytestmark = pytest.mark.kernels

Row = dict[str, Any]
KEYER = Keyer()


def shows(query: Row, waybill: str, row: Row | None, changes: list[Row], outlets: list[Row]) -> bool:
    """Whether a query showed a waybill, by the letter of the contract; `changes` in the order in which they came."""
    asked = json.loads(query["filter"])
    if row is not None and row["issued_at"] > query["at"]:
        return False
    now = dict.fromkeys(store.TABLES["waybills"].names) | (row or {}) | {"waybill": waybill}
    for change in sorted(changes, key=lambda c: c["at"]):
        if change["waybill"] == waybill and change["at"] <= query["at"] and replayable(change):
            now[change["column"]] = int(change["value"]) if change["column"] == "weight_g" else change["value"]
    for end in ("origin", "destination"):
        place = next((o for o in outlets if o["outlet"] == now[f"{end}_outlet"]), {})
        now[f"{end}_city"], now[f"{end}_region"] = place.get("city"), place.get("region")
    for key, value in asked.items():
        if key in ("limit", "unknown"):
            continue
        if key in ("issued_from", "issued_to"):
            bound = datetime.fromisoformat(value)
            if now["issued_at"] is None or (now["issued_at"] >= bound) != (key == "issued_from"):
                return False
            continue
        permitted = [str(v) for v in (value if isinstance(value, list) else [value])]
        if key == "waybill":
            permitted = [clean_waybill(v) for v in permitted]
        if now[key] is None or str(now[key]) not in permitted:
            return False
    return True


def replayable(change: Row) -> bool:
    known = {"channel", "origin_outlet", "destination_outlet", "customer", "order_ref", "weight_g", "goods_class"}
    whole = all(c in "0123456789" for c in change["value"])
    return change["column"] in known and (change["column"] != "weight_g" or whole)


# A small network: o-9 is no outlet that anybody knows, wb-0 … wb-5 are numbers.
OUTLETS = [{"outlet": f"o-{n}", "kind": "outlet", "city": f"city-{n // 2}", "region": f"r-{n // 3}"} for n in range(5)]
NUMBERS = [f"WB{n}" for n in range(6)]
OUTLET = st.sampled_from(["o-0", "o-1", "o-2", "o-3", "o-4", "o-9"])
MINUTES = st.integers(0, 8)
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "channel": st.sampled_from(["app", "api"]),
    "customer": st.sampled_from(["c-1", "c-2"]),
    "order_ref": st.sampled_from(["", "x"]),
    "weight_g": st.integers(0, 3),
    "goods_class": st.sampled_from(["food", "books"]),
    "origin_outlet": OUTLET,
    "destination_outlet": OUTLET,
    "origin_city": st.sampled_from(["city-0", "city-1", "city-2", "nowhere"]),
    "destination_city": st.sampled_from(["city-0", "city-1", "city-2"]),
    "origin_region": st.sampled_from(["r-0", "r-1"]),
    "destination_region": st.sampled_from(["r-0", "r-1", "r-2"]),
    "waybill": st.sampled_from([*NUMBERS, "wb-1", "WB99"]),
}
ROW = st.fixed_dictionaries(
    {"issued_at": MINUTES.map(at), "channel": VALUES["channel"], "origin_outlet": OUTLET, "destination_outlet": OUTLET},
    optional={name: VALUES[name] for name in ("customer", "order_ref", "weight_g", "goods_class")},
)
CHANGED = st.one_of(
    st.sampled_from(["origin_outlet", "destination_outlet"]).flatmap(lambda c: st.tuples(st.just(c), OUTLET)),
    st.tuples(st.just("weight_g"), st.sampled_from(["0", "2", "002", "heavy", "-1"])),
    st.tuples(st.just("customer"), VALUES["customer"]),
    st.tuples(st.sampled_from(["issued_at", "waybill", "colour"]), st.just("x")),
)
CHANGE = st.builds(
    lambda waybill, minute, what: {"waybill": waybill, "at": at(minute), "column": what[0], "value": what[1]},
    st.sampled_from(NUMBERS),
    MINUTES,
    CHANGED,
)
TIME = MINUTES.map(lambda m: at(m).isoformat())
FILTER = st.fixed_dictionaries(
    {},
    optional={
        **{name: one | st.lists(one, max_size=3) for name, one in VALUES.items()},
        "issued_from": TIME,
        "issued_to": TIME,
    },
).filter(lambda f: len(f) <= 4)
QUERY = st.builds(
    lambda minute, actor, asked: {"at": at(minute), "actor": actor, "filter": json.dumps(asked)},
    MINUTES,
    st.sampled_from(["u-1", "u-2"]),
    FILTER,
)
WORLD = st.tuples(
    st.dictionaries(st.sampled_from(NUMBERS), ROW), st.lists(CHANGE, max_size=8), st.lists(QUERY, max_size=6)
)


def table(name: str, rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=store.arrow_schema(name))


def made(waybills: dict[str, Row], changes: list[Row], numbers: list[str] = NUMBERS) -> States:
    """States of waybills, whose changes are sorted as the ledger sorts them."""
    ordered = sorted(changes, key=lambda c: c["at"])
    keys = np.arange(len(numbers), dtype=np.uint64)
    rows = table("waybills", [{"waybill": w, **row} for w, row in waybills.items()])
    return build_states(keys, numbers, rows, table("changes", ordered), table("outlets", OUTLETS))


def asked(rows: list[Row]) -> Queries:
    return parse_queries(table("queries", [{"request": f"r-{n}", **row} for n, row in enumerate(rows)]), KEYER)


@given(WORLD)
@examples(300)
def test_it_agrees_with_the_brute_force(world: tuple[dict[str, Row], list[Row], list[Row]]) -> None:
    """Rule 1, with all rules A: changes in any order, two at one moment, lists, places, nulls, bounds."""
    waybills, changes, queries = world
    states = made(waybills, changes)
    got = asked(queries)
    query, state = _replay.match_queries(got, states)
    request = {int(KEYER.of([f"r-{n}"])[0]): n for n in range(len(queries))}
    found = {(request[int(got.request[q])], NUMBERS[states.item[s]]) for q, s in zip(query, state, strict=True)}
    wanted = {
        (n, waybill)
        for n, row in enumerate(queries)
        for waybill in NUMBERS
        if shows(row, waybill, waybills.get(waybill), changes, OUTLETS)
    }
    assert found == wanted
    assert len(query) == len(wanted)
    counted = _replay.count_fitting(got, states)
    assert counted.tolist() == [sum(int(r) == q for r in query) for q in range(len(queries))]


@given(WORLD, st.lists(st.floats(0, 1), min_size=6, max_size=6))
@examples(100)
def test_counts_agree_with_the_brute_force(
    world: tuple[dict[str, Row], list[Row], list[Row]], chances: list[float]
) -> None:
    """Rule 5: the probability that any of an owner's queries showed a waybill, over each group, the known ones out."""
    waybills, changes, queries = world
    states = made(waybills, changes)
    got = asked(queries)
    weight = np.array([round(c, 3) for c in chances[: len(got)]])
    owners = KEYER.of(["u-1", "u-2"])
    owner = np.array([owners.tolist().index(a) for a in got.actor], np.int32)
    groups = [np.array(g) for g in ([0, 1, 2], [2, 3, 4, 5], [])]
    known = [np.array([1], np.int32), np.array([], np.int32)]
    out = _replay.sum_shown(got, states, weight, owner, known, groups)
    query, state = _replay.match_queries(got, states)
    for o in range(2):
        for g, group in enumerate(groups):
            total = 0.0
            for item in group:
                miss = np.prod([1 - weight[q] for q, s in zip(query, state, strict=True)
                                if owner[q] == o and states.item[s] == item])  # fmt: skip
                total += 0.0 if item in known[o] else 1 - float(miss)
            assert out[o, g] == pytest.approx(total)


def one(asked_for: str, **more: Any) -> Queries:
    return asked([{"at": at(0), "actor": "u-1", "filter": asked_for, **more}])


# Filter, logged rows, waybills that fitted of how many: the weight beside a waybill and in a count.
WEIGHTS = [
    ("{}", None, 7, 1, 1.0, 1.0),  # rule 2: whole
    ("{}", 7, 7, 1, 1.0, 1.0),
    ("{}", 9, 7, 1, 1.0, 1.0),
    ('{"limit":10}', 7, 7, 1, 1.0, 1.0),
    ("{}", 0, 7, 1, 0.0, 0.0),  # nothing was shown
    ('{"limit":0}', None, 7, 1, 0.0, 0.0),
    ("{}", 6, 8, 1, 0.75, 0.75),  # rule 3: plainly fewer
    ('{"limit":5}', 5, 20, 1, 0.25, 0.25),
    ('{"limit":5}', None, 20, 1, 0.25, 0.25),
    ('{"limit":5}', None, 3, 1, 1.0, 1.0),
    ('{"unknown":true,"channel":"app"}', 5, 20, 1, 0.25, 0.25),
    ('{"unknown":true,"channel":"app"}', None, 20, 1, _replay.UNKNOWN, _replay.UNKNOWN),
    ('{"unknown":true,"channel":"app","limit":2}', None, 80, 1, 0.025, 0.025),
    ('{"unknown":true,"channel":"app","limit":20}', None, 20, 1, _replay.UNKNOWN, _replay.UNKNOWN),
    ('{"limit":5}', 5, 4, 10, 0.1, 0.125),  # rules 4 and 5: one waybill more beside a leak, not in a count
    ('{"limit":5}', 5, 0, 10, 0.5, 1.0),
    ("{}", 30, 4, 10, 1.0, 1.0),  # 40 ± 20 fit: that is not plainly fewer
    ("{}", 300, 64, 10, 300 / 650, 300 / 640),
]


@each(("text", "rows", "fitted", "scale", "safe", "even"), WEIGHTS)
def test_weights(text: str, rows: int | None, fitted: int, scale: int, safe: float, even: float) -> None:
    got = _replay.weigh_queries(one(text, rows=rows), np.array([fitted]), float(scale))
    assert [w.tolist() for w in got] == [[pytest.approx(safe)], [pytest.approx(even)]]


def test_the_logged_rows_bound_what_was_shown() -> None:
    """Whole results of one filter are the same waybills; results that were cut off may all differ."""
    whole, cut = '{"channel":"app"}', '{"limit":5}'
    rows = [
        ("u-1", whole, 4),
        ("u-1", whole, 9),
        ("u-1", cut, 5),
        ("u-1", cut, 5),
        ("u-2", whole, None),
        ("u-3", whole, 2),
    ]
    made_of = [{"at": at(n), "actor": a, "filter": f, "rows": r} for n, (a, f, r) in enumerate(rows)]
    queries = asked(made_of)
    owners = KEYER.of(["u-1", "u-2"]).tolist()
    owner = np.array([owners.index(a) if a in owners else -1 for a in queries.actor.tolist()], np.int32)
    weight = np.where(queries.rows == 5, 0.5, 1.0)
    assert _replay.bound_shown(queries, weight, owner, 2).tolist() == [9 + 5 + 5, np.inf]
    for text, most in (('{"waybill":["YT1","YT2"]}', 2), ('{"waybill":"YT1","limit":5}', 1), ('{"limit":3}', 3)):
        assert _replay.bound_shown(one(text), np.ones(1), np.zeros(1, np.int32), 1).tolist() == [most]
    nothing = _replay.bound_shown(one("{}"), np.zeros(1), np.zeros(1, np.int32), 1)
    assert nothing.tolist() == [0.0]


def test_what_cannot_be_replayed_is_counted_by_name() -> None:
    filters = [
        '{"colour":"red"}',
        '{"colour":1}',
        '{"limit":-1}',
        '{"weight_g":1.5}',
        '{"unknown":true}',
        '{"channel":"app"}',
    ]
    rows = [{"at": at(n), "actor": "u-1", "filter": f} for n, f in enumerate(filters)]
    got = asked([*rows, {"at": at(9), "actor": "u-1", "filter": '{"unknown":true}', "rows": 3}])
    assert dict(got.unreadable) == {"": 2, "limit": 1, "weight_g": 1}
    assert (len(got), got.useless) == (2, 5)
    # Rule 4: without `waybills` only numbers can be compared.
    texts = [
        '{"waybill":"yt-1"}',
        '{"waybill":["YT1","YT2"]}',
        '{"channel":"app"}',
        '{"issued_from":"2026-03-01","waybill":"YT1"}',
    ]
    made_of = [{"request": f"r-{n}", "at": at(n), "actor": "u-1", "filter": f} for n, f in enumerate(texts)]
    bare = parse_queries(table("queries", made_of), KEYER, described=False)
    assert (len(bare), bare.useless) == (2, 2)


def test_a_query_in_two_files_is_one() -> None:
    row = {"request": "r", "at": at(0), "actor": "u-1", "filter": "{}"}
    other = [row | {"actor": "u-2"}, row | {"at": at(1)}, row | {"filter": '{"limit":1}'}, row | {"request": "s"}]
    got = parse_queries(table("queries", [row, *other, row]), KEYER)
    assert (len(got), got.repeated) == (5, 1)
    empty = parse_queries(table("queries", []), KEYER)
    assert (len(empty), empty.repeated, empty.useless) == (0, 0, 0)


def test_the_collector_is_left_as_it_was() -> None:
    gc.disable()
    try:
        one("{}")
        assert not gc.isenabled()
    finally:
        gc.enable()
    one("{}")
    assert gc.isenabled()


def test_the_last_change_of_a_moment_counts_and_what_cannot_change_is_counted() -> None:
    rows = {"WB0": {"issued_at": at(1), "channel": "app", "origin_outlet": "o-0", "destination_outlet": "o-0"}}
    changes = [
        {"waybill": "WB0", "at": at(2), "column": "destination_outlet", "value": "o-1"},
        {"waybill": "WB0", "at": at(2), "column": "destination_outlet", "value": "o-2"},
        {"waybill": "WB0", "at": at(0), "column": "channel", "value": "api"},
        {"waybill": "WB0", "at": at(2), "column": "weight_g", "value": "heavy"},
        {"waybill": "WB0", "at": at(2), "column": "issued_at", "value": "x"},
    ]
    states = made(rows, changes, ["WB0"])
    assert states.left_out == 2
    texts = [
        '{"destination_outlet":"o-0"}',
        '{"destination_outlet":"o-1"}',
        '{"destination_outlet":"o-2"}',
        '{"channel":"app"}',
    ]
    queries = asked([{"at": at(m), "actor": f"u-{m}", "filter": f} for m in (0, 1, 2) for f in texts])
    counted = dict.fromkeys(range(3), 0)
    for q, fitted in enumerate(_replay.count_fitting(queries, states).tolist()):
        minute = int((queries.at[q] - int(at(0).timestamp()) * 1_000_000) // 60_000_000)
        counted[minute] += fitted << int(queries.filter[q])
    assert counted == {0: 0, 1: 0b0001, 2: 0b0100}


QUERIES = [
    {
        "request": "r1",
        "at": at(30),
        "actor": "u-1",
        "filter": '{"origin_city":"city-0"}',
        "session": "s-1",
        "via": "web",
    },
    {"request": "r2", "at": at(40), "actor": "u-9", "filter": '{"origin_city":"city-0","limit":1}'},
    {"request": "r3", "at": at(50), "actor": "u-1", "filter": '{"destination_outlet":"o-4"}', "rows": 1},
    {"request": "r4", "at": at(50), "actor": "u-1", "filter": '{"colour":"red"}'},
]


@pytest.fixture
def snapshot(tmp_path: Path) -> Any:
    """Three waybills from o-0 and one from o-3; WB1 goes to o-4 from minute 45 on, WB3 was only read."""
    issued = [{"waybill": w, "issued_at": at(n), "channel": "app", "origin_outlet": o, "destination_outlet": "o-1"}
              for n, (w, o) in enumerate([("WB0", "o-0"), ("WB1", "o-0"), ("WB2", "o-3")])]  # fmt: skip
    write(tmp_path / "d", "waybills", issued)
    write(tmp_path / "d", "outlets", OUTLETS)
    write(tmp_path / "d", "queries", QUERIES)
    write(tmp_path / "d", "accesses", [read(5, "u-2", "WB3"), read(6, "u-1", "WB0", session="s-1")])
    changed = [{"waybill": "WB1", "at": at(45), "column": "destination_outlet", "value": "o-4"}]
    write(tmp_path / "d", "changes", changed)
    put(tmp_path / "d", tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as opened:
        yield opened


def test_a_ledger_is_replayed(snapshot: Snapshot) -> None:
    replay = snapshot.replay()
    keys = snapshot.keys(["WB1", "WB0", "WB2", "WB3", "WB1"])
    shown = replay.exposures(keys)
    names = [
        snapshot.names(kind, shown.rows[kind].fill_null(0).to_numpy())
        for kind in ("waybill", "actor", "session", "via")
    ]
    rows = set(zip(*names, shown.rows["at"].to_pylist(), shown.rows["weight"].to_pylist(), strict=True))
    assert rows == {
        ("WB0", "u-1", "s-1", "web", at(30), 1.0),
        ("WB1", "u-1", "s-1", "web", at(30), 1.0),
        ("WB0", "u-9", "", "", at(40), 0.5),
        ("WB1", "u-9", "", "", at(40), 0.5),
        ("WB1", "u-1", "", "", at(50), 1.0),
    }
    assert shown.rows["session"].null_count == 3
    assert shown.changes_left_out == 0
    counts = replay.counts
    assert (counts.replayed, counts.soft, counts.useless, dict(counts.unreadable)) == (3, 1, 1, {"": 1})
    assert counts.span == (int(at(30).timestamp() * 1e6), int(at(50).timestamp() * 1e6))
    assert snapshot.names("actor", replay.actors()) == sorted(["u-1", "u-9"], key=lambda a: snapshot.keys([a])[0])
    assert snapshot.sessions == 1


def test_what_was_shown_is_counted(snapshot: Snapshot) -> None:
    replay = snapshot.replay()
    keys = dict(zip(["WB0", "WB1", "WB2"], snapshot.keys(["WB0", "WB1", "WB2"]), strict=True))
    groups = [np.sort(snapshot.keys(["WB0", "WB1", "WB2"])), snapshot.keys(["WB2"])]
    owners = snapshot.keys(["u-9", "u-1", "u-404"])
    known = (snapshot.keys(["u-1", "u-1", "u-2"]), np.array([keys["WB0"], 1, keys["WB1"]], np.uint64))
    expected, most = replay.shown("actor", owners, groups, known)
    assert expected.tolist() == [[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
    assert most.tolist() == [1.0, np.inf, 0.0]
    nobody, none = replay.shown("session", snapshot.keys(["s-404"]), groups, known)
    assert nobody.tolist() == [[0.0, 0.0]]
    assert none.tolist() == [0.0]
    by_session, _ = replay.shown("session", snapshot.keys(["s-1"]), groups, known)
    assert by_session.tolist() == [[2.0, 0.0]]


def test_the_filters_of_an_account(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    replay = snapshot.replay()
    u1 = int(snapshot.keys(["u-1"])[0])
    asked_for = [Predicate(any_of={"origin_city": ("city-0",)}), Predicate(any_of={"destination_outlet": ("o-4",)})]
    assert sorted(map(repr, replay.questions(u1))) == sorted(map(repr, asked_for))
    monkeypatch.setattr("wayseal.ledger.replay.MOST_FILTERS", 1)
    assert len(replay.questions(u1)) == 1
    assert replay.questions(int(snapshot.keys(["u-404"])[0])) == []


def test_bounds_come_back_as_they_were(tmp_path: Path) -> None:
    bounds = {"issued_from": at(3).isoformat(), "issued_to": at(9).isoformat()}
    rows = [{"request": "r", "at": at(n), "actor": "u", "filter": json.dumps(f)}
            for n, f in enumerate([bounds, {"issued_to": bounds["issued_to"]}])]  # fmt: skip
    write(tmp_path / "d", "queries", rows)
    write(
        tmp_path / "d",
        "waybills",
        [{"waybill": "WB0", "issued_at": at(5), "channel": "a", "origin_outlet": "o", "destination_outlet": "o"}],
    )
    put(tmp_path / "d", tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as opened:
        found = opened.replay().questions(int(opened.keys(["u"])[0]))
    assert found == [Predicate(issued_from=at(3), issued_to=at(9)), Predicate(issued_to=at(9))]


def test_samples_of_questions(tmp_path: Path) -> None:
    """Uniform: the first of the key space. More questions than one walk answers, and one that is everything."""
    place = {"origin_outlet": "o", "destination_outlet": "o"}
    rows = [{"waybill": f"WB{n}", "issued_at": at(n), "channel": f"c-{n % 70}", **place} for n in range(700)]
    write(tmp_path / "d", "waybills", rows)
    put(tmp_path / "d", tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as opened:
        questions = [Predicate(any_of={"channel": (f"c-{n}",)}) for n in range(70)]
        found = opened.sample([*questions, Predicate()], 4)
        for n, keys in enumerate(found[:-1]):
            mine = np.sort(opened.keys([f"WB{k}" for k in range(n, 700, 70)]))
            assert keys.tolist() == mine[:4].tolist()
        assert found[-1].tolist() == opened.control(4).tolist()
        assert [len(k) for k in opened.sample(questions[:2], 100)] == [10, 10]
        assert opened.sample(questions[1:2], 0)[0].tolist() == []
        assert len(opened.fitting(questions[:3])) == 30


def test_queries_of_several_files_and_generations(tmp_path: Path) -> None:
    """The same row in two files is one query; filters and accounts are told apart over all of them."""
    place = {"channel": "app", "origin_outlet": "o", "destination_outlet": "o"}
    write(tmp_path / "a", "waybills", [{"waybill": f"WB{n}", "issued_at": at(n), **place} for n in range(3)])
    rows = [
        {"request": f"r{n}", "at": at(10 + n), "actor": f"u-{n % 2}", "filter": f'{{"waybill":"WB{n % 3}"}}'}
        for n in range(6)
    ]
    write(tmp_path / "a", "queries", rows[:3])
    write(tmp_path / "b", "queries", rows[2:])
    for name in "ab":
        put(tmp_path / name, tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as opened:
        replay = opened.replay()
        shown = replay.exposures(opened.keys(["WB0", "WB1", "WB2"])).rows
        names = [opened.names(kind, shown[kind].to_numpy()) for kind in ("waybill", "actor")]
    assert (replay.counts.replayed, replay.counts.repeated) == (6, 1)
    found = sorted(zip(*names, shown["at"].to_pylist(), strict=True), key=lambda row: row[2])
    assert found == [(f"WB{n % 3}", f"u-{n % 2}", at(10 + n)) for n in range(6)]


@pytest.mark.parametrize(("code", "fits"), [(0, False), (1, True), (2, False), (3, True), (4, True), (5, False)])
def test_a_value_is_looked_up_among_several(code: int, fits: bool) -> None:
    """The first condition is known to hold; the second permits the codes 1, 3 and 4."""
    ints, longs = (partial(np.array, dtype=kind) for kind in (np.int32, np.int64))
    plan = _replay.Plan(
        first=longs([0]), last=longs([2]), column=ints([0, 1]), value_first=longs([0, 1, 4]), value=ints([0, 1, 3, 4]),
        low=longs([0]), high=longs([9]), dead=ints([0]),
    )  # fmt: skip
    none = longs([])
    index = _replay.Index(
        codes=ints([[0], [code]]), order=ints([[0], [0]]), bound_first=none, bound=none, by_issue=ints([0]),
        issue=longs([5]), issued=longs([5]), since=longs([5]), until=longs([9]),
    )  # fmt: skip
    assert _replay.holds(plan, index, 0, 0, 0, 6) == fits


@pytest.mark.parametrize(
    ("issued", "at_", "fits"), [(2, 6, False), (3, 6, True), (6, 6, True), (7, 6, False), (5, 4, False), (5, 9, False)]
)
def test_a_state_stands_for_a_time_and_was_issued_within_bounds(issued: int, at_: int, fits: bool) -> None:
    """The filter has bounds alone, issued from 3 on and before 7; the state stands from 5 on and until 9."""
    ints, longs = (partial(np.array, dtype=kind) for kind in (np.int32, np.int64))
    none = longs([])
    plan = _replay.Plan(
        first=longs([0]), last=longs([0]), column=ints([]), value_first=longs([0]), value=ints([]),
        low=longs([3]), high=longs([7]), dead=ints([0]),
    )  # fmt: skip
    index = _replay.Index(
        codes=ints([[0]]), order=ints([[0]]), bound_first=none, bound=none, by_issue=ints([0]), issue=longs([issued]),
        issued=longs([issued]), since=longs([5]), until=longs([9]),
    )  # fmt: skip
    assert _replay.holds(plan, index, 0, -1, 0, at_) == fits
