"""What every detector must keep (`detectors/_contract.py`). Detectors are found by themselves: none is named here."""

import copy
import random
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detect.making import CHINA, STAFF, commit, facts, same
from tests.detect.views import (
    DAY0,
    WHO,
    Seen,
    cut,
    facts_of_reads,
    look,
    numbers,
    once,
    plain,
    seen,
    told_by,
)  # fmt: skip
from wayseal import ledger, store
from wayseal.detect._view import View, Who, view_of
from wayseal.detect.detectors import Detector, Odd, detectors
from wayseal.detect.detectors._contract import CELLS
from wayseal.detect.facts import Facts
from wayseal.detect.facts._disk import State, load_state, save_state
from wayseal.simulate import generate, preset

DAYS = 7
GIVEN = {"canaries", "contracts"}
"""What detectors may need that is no table of a ledger."""
every = pytest.mark.parametrize("detector", detectors(), ids=lambda d: d.name)
OFFSETS = st.sampled_from([0, CHINA, -5 * 3_600_000_000])
few = settings(max_examples=max(10, settings().max_examples // 2))


def checked(detector: Detector, view: View) -> Odd:
    """What a detector says, after a look at its shape and bounds (obligation 2)."""
    odd = detector.count(view)
    assert odd.odd.shape == odd.base.shape == view.shape
    assert odd.odd.dtype == np.int64
    assert odd.base.dtype == np.float64
    assert np.all(odd.odd >= 0)
    assert np.all(np.isfinite(odd.base) & (odd.base >= 0))
    assert not np.any(odd.odd[odd.base == 0])
    if odd.told is not None:
        assert odd.told.shape == view.shape
        assert odd.told.dtype == np.int64
    if odd.suspects is not None:
        assert odd.suspects.shape == (len(view.suspects),)
        assert odd.suspects.dtype == np.bool_
        assert np.array_equal(view.count(odd.suspects), odd.odd)
    if odd.cells is not None:
        assert odd.suspects is None
        assert odd.cells.column_names[:2] == ["actor", "day"]
        assert set(odd.cells.column_names[2:]) <= set(CELLS)
        there = set(zip(odd.cells["actor"].to_pylist(), odd.cells["day"].to_pylist(), strict=True))
        assert there == set(zip(*(n.tolist() for n in np.nonzero(odd.odd)), strict=True))
    return odd


def mixed(table: pa.Table, seed: int) -> pa.Table:
    order = list(range(len(table)))
    random.Random(seed).shuffle(order)
    return table.take(pa.array(order, pa.int64()))


def test_they_are_found_by_name() -> None:
    names = [d.name for d in detectors()]
    assert names == sorted(set(names))
    assert len(names) >= 10
    folder = Path(__file__).parents[2] / "src/wayseal/detect/detectors"
    assert names == sorted(p.stem for p in folder.glob("*.py") if not p.name.startswith("_"))


@every
def test_it_needs_what_there_is(detector: Detector) -> None:
    for need in detector.needs:
        for one in need.split("|"):
            table, _, column = one.partition(".")
            assert one in GIVEN or table in store.TABLES
            assert not column or column in store.TABLES[table].names


@every
@few
@given(seen(DAYS), OFFSETS)
def test_bounds(detector: Detector, reads: list[Seen], offset: int) -> None:
    """Obligation 2; and it counts the same twice and leaves the view alone (obligation 1)."""
    view = told_by(look(facts_of_reads(reads, offset), DAYS))
    before = copy.deepcopy(view)
    one, two = checked(detector, view), checked(detector, view)
    assert plain(view, one) == plain(view, two)
    for name in ("reads", "first", "mandate", "group", "role", "place"):
        assert np.array_equal(getattr(view, name), getattr(before, name))
    for field in fields(view.suspects):
        assert np.array_equal(getattr(view.suspects, field.name), getattr(before.suspects, field.name))
    for name in ("hours", "uses", "shown"):
        assert getattr(view, name).equals(getattr(before, name))
    assert all(np.array_equal(view.given[name], before.given[name]) for name in view.given)


@every
@few
@given(seen(DAYS), st.integers(0, 1 << 16))
def test_rows_in_another_order(detector: Detector, reads: list[Seen], seed: int) -> None:
    """Obligation 1: rows of the facts, of what is known of people, and accounts."""
    made = facts_of_reads(reads, CHINA)
    view = told_by(look(made, DAYS))
    whole = plain(view, checked(detector, view))
    tables = {name: mixed(getattr(made, name), seed) for name in ("hours", "uses", "shown", "suspects")}
    order = list(range(len(WHO.keys)))
    random.Random(seed).shuffle(order)
    who = Who(keys=WHO.keys[order], role=WHO.role.take(order), place=WHO.place.take(order))
    again = look(replace(made, **tables), DAYS, who=who)
    again = replace(again, given=view.given)
    assert plain(again, checked(detector, again)) == whole


@every
@few
@given(seen(DAYS))
def test_accounts_in_another_order(detector: Detector, reads: list[Seen]) -> None:
    """Keys are hashes, so which account comes first is chance."""
    view = told_by(look(facts_of_reads(reads, CHINA), DAYS))
    turned = [replace(r, actor=100 - r.actor) for r in reads]
    who = Who(keys=np.uint64(100) - WHO.keys, role=WHO.role, place=WHO.place)
    other = look(facts_of_reads(turned, CHINA), DAYS, who=who)
    other = replace(other, given={name: counts[::-1] for name, counts in view.given.items()})
    mine, theirs = plain(view, checked(detector, view)), plain(other, checked(detector, other))
    for name in mine:
        if name in ("odd", "base", "told"):
            assert mine[name] == {100 - k: v for k, v in theirs[name].items()}
        elif name == "suspects":
            assert mine[name] == sorted((w, 100 - a) for w, a in theirs[name])
        else:
            assert mine[name] == sorted((100 - row[0], *row[1:]) for row in theirs[name])


@every
@few
@given(seen(DAYS), st.integers(0, DAYS))
def test_later_days_change_nothing(detector: Detector, reads: list[Seen], day: int) -> None:
    """Obligation 3: a view that ends sooner says the same of its days."""
    view = told_by(look(facts_of_reads(reads, CHINA), DAYS))
    short = cut(view, day)
    assert plain(short, checked(detector, short)) == plain(view, checked(detector, view), day)


@every
@few
@given(seen(DAYS), seen(DAYS), st.integers(1, DAYS - 1))
def test_late_reads_change_nothing_before_them(
    detector: Detector, reads: list[Seen], more: list[Seen], day: int
) -> None:
    """Obligation 3 for what comes late, of accounts that are there and of new ones."""
    late = [r for r in more if r.at >= day * 86_400_000_000]
    both = told_by(look(facts_of_reads(once([*reads, *late]), CHINA), DAYS))
    before = look(facts_of_reads(reads, CHINA), DAYS)
    rows = np.searchsorted(both.keys, before.keys)
    before = replace(before, group=both.group[rows], given={n: c[rows] for n, c in both.given.items()})
    mine = plain(before, checked(detector, before), day)
    theirs = plain(both, checked(detector, both), day)
    there = set(before.keys.tolist())
    for name in ("odd", "base", "told"):
        if name in mine:
            assert mine[name] == {k: v for k, v in theirs[name].items() if k in there}
    for name, column in (("suspects", 1), ("cells", 0)):
        if name in mine:
            # What is counted of given numbers has no reads behind it: new accounts may have those alone.
            assert mine[name] == [row for row in theirs[name] if row[column] in there]


@every
@few
@given(seen(DAYS), seen(DAYS))
def test_the_state_is_all_it_takes(detector: Detector, reads: list[Seen], more: list[Seen]) -> None:
    """Facts added up are the facts of all: a detector has no memory beside them."""
    both = once([*reads, *more])
    day = sorted(r.at for r in both)[len(both) // 2] if both else 0
    parts = [facts_of_reads([r for r in both if (r.at < day) == before], CHINA) for before in (True, False)]
    added, whole = parts[0].plus(parts[1]), facts_of_reads(both, CHINA)
    same(added, whole)
    one, two = told_by(look(added, DAYS)), told_by(look(whole, DAYS))
    assert plain(one, checked(detector, one)) == plain(two, checked(detector, two))


@every
@pytest.mark.parametrize("days", [1, 3])
def test_nobody(detector: Detector, days: int) -> None:
    """Obligation 4: a view without accounts."""
    view = told_by(look(Facts.empty(CHINA), days))
    odd = checked(detector, view)
    assert odd.odd.shape == (0, days)


@every
@pytest.mark.parametrize("actor", [1, 5, 6])
@pytest.mark.parametrize("why", [None, 5, 254, 255])
@pytest.mark.parametrize("reads", [1, 2_000])
def test_one_account(detector: Detector, actor: int, why: int | None, reads: int) -> None:
    """Obligation 4: one that somebody knows, one without a place, a stranger; one read, and many in a second."""
    rows = [
        Seen(actor=actor, at=2 * 86_400_000_000 + n * 500, waybill=1 + 3 * n, why=why, device=1 + n % 3, ip=1, action=3)
        for n in range(reads)
    ]  # fmt: skip
    view = told_by(look(facts_of_reads(rows, CHINA), DAYS))
    assert view.shape == (1, DAYS)
    odd = checked(detector, view)
    assert not np.any(odd.odd[:, :2] > view.given[detector.name][:, :2])


@every
def test_a_day_without_reads(detector: Detector) -> None:
    rows = [Seen(actor=a, at=d * 86_400_000_000 + a, waybill=10 * d + a, why=254) for d in (0, 1, 5) for a in (1, 2, 6)]
    odd = checked(detector, told_by(look(facts_of_reads(rows, CHINA), DAYS), seed=0))
    view = look(facts_of_reads(rows, CHINA), DAYS)
    odd = checked(detector, view)
    assert not np.any(odd.odd[:, 2:5])


@every
def test_clocks_that_jumped(detector: Detector) -> None:
    """Reads of 1990 and 2099 lie outside the view and leave it alone."""
    rows = [
        Seen(actor=a, at=d * 86_400_000_000 + a, waybill=10 * d + a, why=254, device=1)
        for d in range(7)
        for a in (1, 2)
    ]
    stray = [
        Seen(actor=a, at=at, waybill=900 + a, why=255, device=9)
        for a in (1, 9) for at in (-13_000 * 86_400_000_000, 26_600 * 86_400_000_000)
    ]  # fmt: skip
    view, other = (look(facts_of_reads(r, CHINA), DAYS) for r in (rows, [*rows, *stray]))
    assert plain(view, checked(detector, view)) == plain(other, checked(detector, other))


Looked = tuple[Facts, Facts, Who, int]


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    """A simulated world with insiders: its facts brought up to date in three steps, counted whole, and its people."""
    folder = tmp_path_factory.mktemp("watched")
    world = generate(preset("watch", insiders="few", accesses=60_000, cities=6, outlets=40), seed=5)
    rows = world.tables["accesses"]
    third = len(rows) // 3
    rest = {n: t for n, t in world.tables.items() if n not in (*STAFF, "accesses")}
    steps: list[dict[str, pa.Table]] = [
        {**{n: world.tables[n] for n in STAFF}, "accesses": rows.slice(0, third)},
        {**rest, "accesses": rows.slice(third, third)},
        {"accesses": rows.slice(2 * third)},
    ]
    for n, step in enumerate(steps):
        commit(folder, folder / "L", step, f"step-{n}")
        brought = facts(folder / "L", folder / "state")
    actors = world.tables["actors"]
    with ledger.open_ledger(folder / "L") as snapshot:
        ids = actors["actor"].to_pylist()
        places = [o or r or "" for o, r in zip(actors["outlet"].to_pylist(), actors["region"].to_pylist(), strict=True)]
        who = Who(keys=snapshot.keys(ids), role=actors["role"].combine_chunks(), place=pa.array(places))
    first = (int(brought.hours["hour"].to_numpy().min()) * 3_600_000_000 + CHINA) // 86_400_000_000
    return brought, facts(folder / "L"), who, first


def looked(made: Facts, who: Who, first: int, days: int = 14) -> View:
    return told_by(view_of(made, who, numbers, first, first + days - 1))


@every
def test_a_world_in_steps_and_whole(detector: Detector, watched: Looked, tmp_path: Path) -> None:
    """Increments are the batch, and a state that was written and read is the same state."""
    brought, whole, who, first = watched
    views: Sequence[View] = [looked(made, who, first) for made in (brought, whole)]
    said = [plain(view, checked(detector, view)) for view in views]
    assert said[0] == said[1]
    save_state(tmp_path, State(facts=brought, sources=(), ground=""))
    state = load_state(tmp_path)
    assert state is not None
    again = looked(state.facts, who, first)
    assert plain(again, checked(detector, again)) == said[0]


@every
def test_a_world_cut_short(detector: Detector, watched: Looked) -> None:
    """Obligation 3 where there is much of everything."""
    brought, _, who, first = watched
    view = looked(brought, who, first)
    whole: Any = checked(detector, view)
    for day in (0, 1, 5, 9, 13):
        short = cut(view, day)
        assert plain(short, checked(detector, short)) == plain(view, whole, day)


@every
def test_a_world_with_rows_mixed(detector: Detector, watched: Looked) -> None:
    brought, _, who, first = watched
    view = looked(brought, who, first)
    tables = {name: mixed(getattr(brought, name), 4) for name in ("hours", "uses", "shown", "suspects")}
    other = looked(replace(brought, **tables), who, first)
    assert plain(other, checked(detector, other)) == plain(view, checked(detector, view))


def test_the_world_has_something_for_most(watched: Looked) -> None:
    """Else the tests above would say little."""
    brought, _, who, first = watched
    view = replace(looked(brought, who, first), given={})
    silent = {d.name for d in detectors() if not np.any(d.count(view).odd)}
    assert len(silent) <= len(detectors()) // 2, silent
    assert view.day == first > DAY0 - 1000
