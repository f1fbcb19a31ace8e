"""Facts: tables of counts that grow, surroundings of a parcel, sums in any order, and what is counted anew."""

import shutil
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.making import CHINA, DAY, STAFF, commit, facts, same
from tests.effort import examples
from tests.ledger.helpers import at, read
from tests.ledger.kept import order
from wayseal.detect.explain import Routes, Scans, Template, TemplateKind, load_templates
from wayseal.detect.facts import Facts, _facts, _tally, totals
from wayseal.detect.facts._facts import (
    HOURS,
    SCHEMAS,
    SHOWN,
    SUSPECTS,
    USES,
    add_up,
    is_among,
    newest_suspects,
    rows_of,
)
from wayseal.detect.facts._tally import ADDRESS, DEVICE, CounterTable
from wayseal.detect.facts._walk import Surroundings, _count_with_room, find_surroundings, shown_rows, uses_rows
from wayseal.ledger.retention import compact, purge

N, DAY_US = 400, 86_400_000_000
CHANCE = np.random.default_rng(3)
AT = np.sort(CHANCE.integers(0, 3 * DAY_US, N))
ACTOR = CHANCE.integers(0, 9, N).astype(np.int32)
VALUE = CHANCE.integers(0, 30, N).astype(np.uint64)
KIND = CHANCE.integers(0, 4, N).astype(np.uint8)
WHY = CHANCE.choice([0, 1, 5, 253, 254], N).astype(np.uint8)


@pytest.mark.kernels
def test_hours() -> None:
    table = CounterTable(_tally.HOURS, 4)
    _count_with_room(table, lambda i, t: _tally.count_hours(i, AT, ACTOR, WHY, 1, t.slots, t.room), N)
    expected: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for when, actor, why in zip(AT.tolist(), ACTOR.tolist(), WHY.tolist(), strict=True):
        cell = expected[actor, when // (DAY_US // 24)]
        cell[0] += 1
        cell[1] += why != 253
        cell[2] += why == 0
    ids, counts = table.rows()
    found = {divmod(key, 1 << 32): row for (key,), row in zip(ids.tolist(), counts.tolist(), strict=True)}
    assert found == expected
    assert len(table.slots) * 6 // 10 >= len(found) > 100


@pytest.mark.kernels
def test_ways() -> None:
    """Uses of devices and addresses and what was shown are made of one table, and are what a plain count says."""
    table = CounterTable(_tally.WAYS, 4)
    purpose, fields, device = VALUE % np.uint64(3), VALUE % np.uint64(5), VALUE % np.uint64(7)

    def step(i: int, t: CounterTable) -> tuple[int, int]:
        return _tally.count_ways(i, AT, ACTOR, KIND, purpose, fields, device, VALUE, 0, t.slots, t.room)

    _count_with_room(table, step, N)
    days = (AT // DAY_US).tolist()
    shown = Counter(zip(*(c.tolist() for c in (ACTOR, AT // DAY_US, KIND, purpose, fields)), strict=True))
    uses: dict[tuple[int, ...], list[int]] = {}
    for kind, values in ((DEVICE, device), (ADDRESS, VALUE)):
        for when, day, actor, value in zip(AT.tolist(), days, ACTOR.tolist(), values.tolist(), strict=True):
            if value:
                cell = uses.setdefault((actor, day, kind, value), [0, when, when])
                cell[0], cell[2] = cell[0] + 1, when
    accounts = np.arange(9, dtype=np.uint64)
    found = [tuple(row.values()) for row in shown_rows(table, accounts).to_pylist()]
    assert found == sorted((*k, n) for k, n in shown.items())
    found = [tuple(row.values()) for row in uses_rows(table, accounts).to_pylist()]
    assert found == sorted((*k, *cell) for k, cell in uses.items())


@pytest.mark.kernels
def test_marks_that_go_to_late_reads() -> None:
    """Of each pair whose first read is a late one, the first of those that were there before lost its mark."""
    key = np.sort(CHANCE.integers(0, 40, N)).astype(np.uint64)
    actor, fresh = CHANCE.integers(0, 5, N).astype(np.uint64), CHANCE.random(N) < 0.4
    pairs = list(zip(key.tolist(), actor.tolist(), strict=True))
    first = np.array([pair not in pairs[:n] for n, pair in enumerate(pairs)])
    rows: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for n, pair in enumerate(pairs):
        rows[pair].append(n)
    older = [[n for n in mine if not fresh[n]] for mine in rows.values() if fresh[mine[0]]]
    found = _tally.find_demoted(key, actor, first, fresh)
    assert found.tolist() == sorted(some[0] for some in older if some)
    assert not all(older)
    assert len(found) > 20


Parcels = dict[int, tuple[int, int, int]]
"""Parcel → origin, destination, channel, issue."""
Rows = list[tuple[int, int, int]]
"""Parcel, moment, outlet."""


def keys(values: Any) -> np.ndarray:
    return np.array(list(values), np.uint64)


def asked(reads: list[tuple[int, int]], scans: Rows, routes: Parcels) -> list[tuple[int, ...]]:
    """Of each read: origin, destination, scanned, due, channel, and when its parcel began."""
    nowhere = np.full(len(scans), -1, np.int32)
    unplaced = np.full(len(routes), -1, np.int32)
    parcels = sorted(routes)
    out, begun = find_surroundings(
        keys(k for k, _ in reads), np.array([at for _, at in reads], np.int64),
        Scans(key=keys(k for k, _, _ in scans), at=np.array([at for _, at, _ in scans], np.int64), outlet=nowhere),
        Routes(
            key=keys(parcels), issued=np.array([100 + k % 7 for k in parcels], np.int64), channel=unplaced,
            origin=unplaced, destination=unplaced, customer=unplaced,
        ),
        Surroundings(
            scan=keys(o for _, _, o in scans),
            route=np.array([routes[k][:3] for k in parcels], np.uint64).reshape(-1, 3),
        ),
    )  # fmt: skip
    assert out.shape == (5, len(reads))
    return [(*row, when) for row, when in zip(out.T.tolist(), begun.tolist(), strict=True)]


def plainly(key: int, at: int, scans: Rows, routes: Parcels) -> tuple[int, ...]:
    """The same of one read, as the rules say it."""
    mine = [(when, outlet) for k, when, outlet in scans if k == key]
    before, after = ([o for when, o in mine if (when <= at) == earlier] for earlier in (True, False))
    origin, destination, channel = routes.get(key, (0, 0, 0))
    first = min((when for k, when, _ in scans if k == key), default=0)
    return origin, destination, [0, *before][-1], [*after, 0][0], channel, 100 + key % 7 if key in routes else first


WAYBILL_KEY = st.one_of(st.integers(1, 5), st.just((1 << 64) - 1))
WHEN = st.integers(-3, 6)
OUTLET = st.sampled_from([0, 7, 8, 9, 1 << 63])


@pytest.mark.kernels
@examples(100, quick=60)
@given(
    st.lists(st.tuples(WAYBILL_KEY, WHEN), max_size=12),
    st.lists(st.tuples(WAYBILL_KEY, WHEN, OUTLET), max_size=12),
    st.dictionaries(WAYBILL_KEY, st.tuples(OUTLET, OUTLET, OUTLET), max_size=5),
)
def test_the_same_in_plain_python(reads: list[tuple[int, int]], scans: Rows, routes: Parcels) -> None:
    """Reads lie by parcel in any order of time, scans by parcel and time."""
    reads.sort(key=lambda r: r[0])
    scans.sort(key=lambda s: s[:2])
    assert asked(reads, scans, routes) == [plainly(key, at, scans, routes) for key, at in reads]


@pytest.mark.kernels
def test_1_a_scan_at_the_moment_of_the_read_is_before_it() -> None:
    scans = [(1, 10, 7), (1, 20, 8), (1, 20, 9), (1, 30, 7)]
    told = [row[2:4] for row in asked([(1, at) for at in (9, 10, 19, 20, 30)], scans, {})]
    assert told == [(0, 7), (7, 8), (7, 8), (9, 7), (7, 0)]


@pytest.mark.kernels
def test_2_a_parcel_that_no_table_knows() -> None:
    scans, routes = [(1, 10, 7), (3, 10, 8)], {1: (4, 5, 6), 3: (5, 4, 6)}
    assert asked([(2, 10)], scans, routes) == [(0, 0, 0, 0, 0, 0)]
    assert asked([(2, 10)], [], {}) == [(0, 0, 0, 0, 0, 0)]
    assert asked([], scans, routes) == []
    assert asked([(3, 10)], [], routes) == [(5, 4, 0, 0, 6, 103)]
    assert asked([(3, 10)], scans, {}) == [(0, 0, 8, 0, 0, 10)]


KEY = st.sampled_from([1, 2, 3, (1 << 64) - 1])
SMALL = st.integers(0, 3)
SIGNED = st.integers(-3, 3)


def table(schema: pa.Schema, ids: int, rows: dict[tuple[Any, ...], tuple[Any, ...]]) -> pa.Table:
    """Rows by their ids, sorted by these."""
    whole = [dict(zip(schema.names, (*key, *rows[key]), strict=True)) for key in sorted(rows)]
    assert all(len(key) == ids for key in rows)
    return pa.Table.from_pylist(whole, schema=schema)


def dictionaries(ids: Any, cells: Any) -> Any:
    return st.dictionaries(ids, cells, max_size=6)


SPAN = st.tuples(SMALL, SMALL, SMALL).map(lambda t: (t[0], min(t[1:]), max(t[1:])))
COUNTS = st.builds(
    lambda h, u, s: {"hours": table(HOURS, 2, h), "uses": table(USES, 4, u), "shown": table(SHOWN, 5, s)},
    dictionaries(st.tuples(KEY, SMALL), st.tuples(SMALL, SIGNED, SIGNED)),
    dictionaries(st.tuples(KEY, SMALL, st.integers(0, 1), KEY), SPAN),
    dictionaries(st.tuples(KEY, SMALL, SMALL, KEY, KEY), st.tuples(SMALL)),
)


def facts_with(waybills: list[int]) -> Any:
    """Facts whose suspects are of some waybills only."""
    why = st.sampled_from([5, 254, 255])
    cells = st.tuples(SMALL, SMALL, KEY, KEY, KEY, why, st.booleans(), KEY, KEY, KEY, KEY, KEY, SMALL)
    suspects = dictionaries(st.tuples(st.sampled_from(waybills), KEY), cells)
    return st.builds(lambda c, s: Facts(**c, suspects=table(SUSPECTS, 2, s), offset=CHINA), COUNTS, suspects)


@pytest.mark.kernels
@given(facts_with([1, 2]), facts_with([3, 4]), facts_with([5, 6]))
def test_order_and_brackets(a: Facts, b: Facts, c: Facts) -> None:
    same(a.plus(b), b.plus(a))
    same(a.plus(b).plus(c), a.plus(b.plus(c)))


@pytest.mark.kernels
@given(facts_with([1, 2]))
def test_nothing_more(a: Facts) -> None:
    none = Facts.empty(CHINA)
    same(a.plus(none), a)
    same(none.plus(a), a)
    same(none.plus(none), none)
    for name, schema in SCHEMAS.items():
        assert getattr(a.plus(none), name).schema.equals(schema)


@pytest.mark.kernels
@given(facts_with([1, 2]), facts_with([1, 2]))
def test_counts_add_and_the_later_suspect_stays(a: Facts, b: Facts) -> None:
    both = a.plus(b)
    assert totals(both) == tuple(np.add(totals(a), totals(b)).tolist())
    mine = {(r["waybill"], r["actor"]): r for r in a.suspects.to_pylist()}
    mine |= {(r["waybill"], r["actor"]): r for r in b.suspects.to_pylist()}
    assert both.suspects.to_pylist() == [mine[key] for key in sorted(mine)]
    uses = {tuple(r.values())[:4]: r for r in both.uses.to_pylist()}
    for use in [*a.uses.to_pylist(), *b.uses.to_pylist()]:
        made = uses[tuple(use.values())[:4]]
        assert made["from"] <= use["from"] <= use["to"] <= made["to"]
    for name in ("hours", "uses", "shown"):
        assert sum(getattr(both, name)["reads"].to_pylist()) == sum(
            sum(getattr(f, name)["reads"].to_pylist()) for f in (a, b)
        )


@pytest.mark.kernels
@given(facts_with([1, 2]), st.lists(st.tuples(st.sampled_from([1, 2, 3]), KEY), max_size=5))
def test_without_some_pairs(a: Facts, pairs: list[tuple[int, int]]) -> None:
    waybills, actors = (np.array([p[k] for p in pairs], np.uint64) for k in (0, 1))
    left = a.without(waybills, actors)
    expected = [r for r in a.suspects.to_pylist() if (r["waybill"], r["actor"]) not in pairs]
    assert left.suspects.to_pylist() == expected
    assert left.hours.equals(a.hours)


@pytest.mark.kernels
@given(st.lists(st.tuples(KEY, KEY), max_size=8), st.lists(st.tuples(KEY, KEY), max_size=8))
def test_among(pairs: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    def columns(rows: list[tuple[int, int]]) -> tuple[Any, Any]:
        return np.array([r[0] for r in rows], np.uint64), np.array([r[1] for r in rows], np.uint64)

    assert is_among(columns(pairs), columns(others)).tolist() == [p in others for p in pairs]


@pytest.mark.kernels
def test_rows_of_some_waybills() -> None:
    keys, wanted = [1, 1, 4, 5, 5, 9], [0, 1, 2, 5, 7]
    batch = pa.RecordBatch.from_pydict({"waybill": pa.array(keys, pa.uint64()), "row": pa.array(range(6))})
    assert rows_of(batch, np.array(wanted, np.uint64))["row"].to_pylist() == [0, 1, 3, 4]
    assert rows_of(batch, np.array([], np.uint64)).num_rows == 0
    assert rows_of(batch.slice(0, 0), np.array(wanted, np.uint64)).num_rows == 0


@pytest.mark.kernels
def test_other_local_days_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="local days"):
        Facts.empty(0).plus(Facts.empty(1))


@pytest.mark.kernels
def test_nothing_at_all() -> None:
    assert add_up("hours", []).schema.equals(HOURS)
    assert newest_suspects([]).schema.equals(SUSPECTS)
    assert totals(Facts.empty(0)) == (0, 0, 0)


BUILT_IN = load_templates(None)
ROUTE = {
    "waybill": "YT1", "issued_at": at(0), "channel": "c-1", "origin_outlet": "o-1", "destination_outlet": "o-2",
}  # fmt: skip
SCAN = {"waybill": "YT1", "at": at(9), "kind": "arrive", "outlet": "o-1"}
FIRST: dict[str, Any] = {
    "waybills": [ROUTE],
    "accesses": [read(60, "u-1", "YT1"), read(90, "u-3", "YT1"), read(60 * DAY, "u-2", "YT2")],
}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A ledger of which the facts are known in `state`."""
    commit(tmp_path, tmp_path / "L", STAFF, "staff")
    commit(tmp_path, tmp_path / "L", FIRST, "first")
    facts(tmp_path / "L", tmp_path / "state")
    return tmp_path


ROWS: dict[str, tuple[dict[str, Any], bool]] = {
    # what comes, and whether what was counted can stay
    "nothing": ({}, True),
    "a read": ({"accesses": [read(99, "u-1", "YT9")]}, True),
    "a read of somebody new": ({"accesses": [read(99, "new", "YT9")]}, True),
    "a scan at a place that is new": ({"scans": [{**SCAN, "outlet": "o-77"}]}, True),
    "a waybill": ({"waybills": [{**ROUTE, "waybill": "YT3"}]}, True),
    "the same waybill": ({"waybills": [ROUTE, ROUTE]}, True),
    "a waybill's row that is replaced": ({"waybills": [{**ROUTE, "origin_outlet": "o-3"}]}, False),
    "a query": ({"queries": [{"request": "r", "at": at(5), "actor": "u-1", "filter": "{}"}]}, True),
    "an account": ({"actors": [{"actor": "u-3", "kind": "person", "role": "clerk", "outlet": "o-1"}]}, False),
    "an outlet": ({"outlets": [{"outlet": "o-3", "kind": "head_office", "city": "c", "region": "r"}]}, False),
    "a duty": ({"assignments": [{"actor": "u-3", "scope": "outlet", "value": "o-1", "from": at(0)}]}, False),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "stays"), ROWS.values(), ids=ROWS.keys())
def test_rows(made: Path, rows: dict[str, Any], stays: bool, counts: list[bool]) -> None:
    if rows:
        commit(made, made / "L", rows, "second")
    brought = facts(made / "L", made / "state")
    assert counts == ([stays] if rows else [])
    same(brought, facts(made / "L"))
    counts.clear()
    same(facts(made / "L", made / "state"), brought)
    assert counts == []


def changed(by: TemplateKind, **changes: Any) -> list[Template]:
    return [replace(t, **changes) if t.by is by else t for t in BUILT_IN]


CUSTODY = next(t for t in BUILT_IN if t.by is TemplateKind.CUSTODY)
OTHER: dict[str, list[Template]] = {
    "one more": [*BUILT_IN[:-1], Template(name="x", by=TemplateKind.CHANNEL, strong=True), BUILT_IN[-1]],
    "one less": list(BUILT_IN[:-1]),
    "before and after in each other's place": changed(TemplateKind.CUSTODY, before=CUSTODY.after, after=CUSTODY.before),
    "kinds in the place of roles": changed(TemplateKind.TICKET, kinds=frozenset(("person",))),
    "roles in the place of kinds": changed(TemplateKind.TICKET, roles=frozenset(("person",))),
    "weak in the place of strong": changed(TemplateKind.HANDOVER, strong=False),
    "another right": changed(TemplateKind.MANDATE, rights=frozenset(("waybill.most",))),
}


def test_other_templates(made: Path, counts: list[bool]) -> None:
    for name, templates in OTHER.items():
        counts.clear()
        brought = facts(made / "L", made / "state", templates)
        assert counts == [False], name
        same(brought, facts(made / "L", templates=templates))


def test_the_same_templates_read_again(made: Path, counts: list[bool]) -> None:
    """Sets have no order; what they hold is what counts."""
    many = frozenset(f"role-{n}" for n in range(50))
    facts(made / "L", made / "state", [replace(BUILT_IN[0], roles=many), *BUILT_IN[1:]])
    counts.clear()
    facts(
        made / "L", made / "state", [replace(BUILT_IN[0], roles=frozenset(sorted(many, reverse=True))), *BUILT_IN[1:]]
    )
    assert counts == []


def test_other_local_days(made: Path, counts: list[bool]) -> None:
    brought = facts(made / "L", made / "state", offset=0)
    assert (counts, brought.offset) == ([False], 0)
    assert facts(made / "L", made / "state", offset=CHINA).offset == CHINA
    assert counts == [False, False]


def test_a_purge(made: Path, counts: list[bool]) -> None:
    commit(made, made / "L", {"accesses": [read(60 * DAY + 5, "u-1", "YT4")]}, "second")
    purge(made / "L", order((at(30 * DAY)).date().isoformat(), at=at(90 * DAY), below_minimum=True))
    brought = facts(made / "L", made / "state")
    assert counts == [False]
    assert totals(brought)[0] == 2
    same(brought, facts(made / "L"))


def test_files_folded_into_one(made: Path, counts: list[bool]) -> None:
    """They hold what they held: of what comes later only that is counted."""
    commit(made, made / "L", {"accesses": [read(61, "u-2", "YT1")]}, "second")
    compact(made / "L")
    same(facts(made / "L", made / "state"), facts(made / "L"))
    compact(made / "L")
    commit(made, made / "L", {"accesses": [read(55, "u-1", "YT1"), read(56, "u-1", "YT2")]}, "third")
    compact(made / "L")
    counts.clear()
    brought = facts(made / "L", made / "state")
    assert counts == [True]
    same(brought, facts(made / "L"))


def test_another_version(made: Path, counts: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_facts, "VERSION", 99)
    facts(made / "L", made / "state")
    assert counts == [False]


def test_another_ledger_of_the_same_files(made: Path, counts: list[bool]) -> None:
    commit(made / "again", made / "M", STAFF, "staff")
    commit(made / "again", made / "M", FIRST, "first")
    facts(made / "M", made / "state")
    assert counts == [False]


def test_a_ledger_put_back_from_a_backup(made: Path, counts: list[bool]) -> None:
    """Its steps since then are others, so generations say nothing: what was counted stays, nothing is left out."""
    shutil.copytree(made / "L", made / "backup")
    for n in range(3):
        commit(made, made / "L", {"accesses": [read(70 + n, "u-1", f"YT{n + 5}")]}, f"step-{n}")
    facts(made / "L", made / "state")
    shutil.rmtree(made / "L")
    shutil.copytree(made / "backup", made / "L")
    together = made / "together" / "accesses"
    together.mkdir(parents=True)
    for n in range(3):
        shutil.copy(made / f"step-{n}" / "accesses.parquet", together / f"{n}.parquet")
    commit(made, made / "L", {}, "together")
    commit(made, made / "L", {"accesses": [read(80, "u-1", "YT8")]}, "next")
    counts.clear()
    brought = facts(made / "L", made / "state")
    assert counts == [True]
    same(brought, facts(made / "L"))


def test_a_ledger_put_back_and_not_brought_up_to_date(made: Path, counts: list[bool]) -> None:
    shutil.copytree(made / "L", made / "backup")
    commit(made, made / "L", {"accesses": [read(70, "u-1", "YT5")]}, "second")
    facts(made / "L", made / "state")
    counts.clear()
    same(facts(made / "backup", made / "state"), facts(made / "backup"))
    assert counts == [False, False]
