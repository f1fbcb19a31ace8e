"""What every detector must keep (`detectors/_contract.py`). Detectors are found by themselves: none is named here."""

import copy
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.making import CHINA, STAFF, commit, facts, same
from tests.detect.views import (
    DAY0,
    WHERE,
    WHO,
    Seen,
    cut,
    facts_of_reads,
    look,
    once,
    plain,
    seen,
    some,
    told_by,
    unsettled,
    window_known,
)  # fmt: skip
from tests.detect.watched import Watched, rows_of, tables_of
from tests.effort import examples
from wayseal import ledger, store
from wayseal.detect._detect import account_posts, outlet_places
from wayseal.detect._service_area import AT_OUTLET, BY_CHANNEL, IN_AREA, NONE, settle_by_service_area
from wayseal.detect._view import AccountPosts, OutletPlaces, View
from wayseal.detect.detectors import CELLS, Detector, Odd, detectors
from wayseal.detect.facts import Facts
from wayseal.detect.facts._facts import SavedFacts, load_state, save_state

pytestmark = pytest.mark.once

DAYS = 7
GIVEN = {"canaries", "contracts"}
"""What detectors may need that is no table of a ledger."""
ALL = detectors()
OFFSETS = st.sampled_from([0, CHINA, -5 * 3_600_000_000])
few = examples(50, quick=20)


@contextmanager
def named(detector: Detector) -> Iterator[None]:
    """Says of a failure whose it is: all detectors look at the same reads, since making those costs more."""
    try:
        yield
    except Exception as error:
        error.add_note(f"detector: {detector.name}")
        raise


def checked(detector: Detector, view: View) -> Odd:
    """What a detector says, after a look at its shape and bounds (obligation 2)."""
    odd = detector.count(view)
    assert odd.odd.shape == odd.base.shape == view.shape
    assert odd.odd.dtype == np.int64
    assert odd.base.dtype == np.float64
    assert np.all(odd.odd >= 0)
    assert np.all(np.isfinite(odd.base) & (odd.base >= 0))
    assert not np.any(odd.odd[odd.base == 0])
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
    names = [d.name for d in ALL]
    assert names == sorted(set(names))
    assert len(names) >= 10


def test_it_needs_what_there_is() -> None:
    for detector in ALL:
        for one in (one for need in detector.needs for one in need.split("|")):
            table, _, column = one.partition(".")
            with named(detector):
                assert one in GIVEN or table in store.TABLES
                assert not column or column in store.TABLES[table].names


@few
@given(seen(DAYS), OFFSETS)
def test_bounds(reads: list[Seen], offset: int) -> None:
    """Obligation 2; and it counts the same twice and leaves the view alone (obligation 1)."""
    view = told_by(look(facts_of_reads(reads, offset), DAYS))
    before = copy.deepcopy(view)
    for detector in ALL:
        with named(detector):
            one, two = checked(detector, view), checked(detector, view)
            assert plain(view, one) == plain(view, two)
            unchanged(view, before)


def unchanged(view: View, before: View) -> None:
    """Fails unless nothing of a view was written to."""
    for name in ("reads", "first", "mandate", "group", "role", "place"):
        assert np.array_equal(getattr(view, name), getattr(before, name))
    for field in fields(view.suspects):
        assert np.array_equal(getattr(view.suspects, field.name), getattr(before.suspects, field.name))
    for name in ("hours", "uses", "shown"):
        assert getattr(view, name).equals(getattr(before, name))
    assert all(
        np.array_equal(view.external_counts[name], before.external_counts[name]) for name in view.external_counts
    )


@few
@given(seen(DAYS), st.integers(0, 1 << 16))
def test_rows_in_another_order(reads: list[Seen], seed: int) -> None:
    """Obligation 1: rows of the facts, of what is known of people, and accounts."""
    made = facts_of_reads(reads, CHINA)
    view = told_by(look(made, DAYS))
    tables = {name: mixed(getattr(made, name), seed) for name in ("hours", "uses", "shown", "suspects")}
    order = list(range(len(WHO.keys)))
    random.Random(seed).shuffle(order)
    who = AccountPosts(**{f.name: taken(getattr(WHO, f.name), order) for f in fields(WHO)})
    turned = list(range(len(WHERE.keys)))[::-1]
    where = OutletPlaces(**{f.name: taken(getattr(WHERE, f.name), turned) for f in fields(WHERE)})
    again = replace(look(replace(made, **tables), DAYS, who=who, where=where), external_counts=view.external_counts)
    for detector in ALL:
        with named(detector):
            assert plain(again, checked(detector, again)) == plain(view, checked(detector, view))


def taken(column: Any, order: list[int]) -> Any:
    """Rows of a column in another order."""
    return column[order] if isinstance(column, np.ndarray) else column.take(order)


@few
@given(seen(DAYS))
def test_accounts_in_another_order(reads: list[Seen]) -> None:
    """Keys are hashes, so which account comes first is chance."""
    view = told_by(look(facts_of_reads(reads, CHINA), DAYS))
    turned = [replace(r, actor=100 - r.actor, channel=94 if r.channel == 6 else r.channel) for r in reads]
    who = replace(WHO, keys=np.uint64(100) - WHO.keys)
    other = look(facts_of_reads(turned, CHINA), DAYS, who=who)
    other = replace(other, external_counts={name: counts[::-1] for name, counts in view.external_counts.items()})
    for detector in ALL:
        with named(detector):
            mine, theirs = plain(view, checked(detector, view)), plain(other, checked(detector, other))
            assert mine == turned_back(theirs)


def turned_back(said: dict[str, Any]) -> dict[str, Any]:
    """What a detector says where account k is called 100 - k."""
    out: dict[str, Any] = {}
    for name, value in said.items():
        if name in ("odd", "base"):
            out[name] = {100 - k: v for k, v in value.items()}
        elif name == "suspects":
            out[name] = sorted((w, 100 - a) for w, a in value)
        else:
            out[name] = sorted((100 - row[0], *row[1:]) for row in value)
    return out


@few
@given(seen(DAYS), st.integers(0, DAYS))
def test_later_days_change_nothing(reads: list[Seen], day: int) -> None:
    """Obligation 3: a view that ends sooner says the same of its days, and so does territory before it.

    Who is whose peer, who works in the own area and what a busy day of a role is are matters of the whole window.
    """
    whole = told_by(look(facts_of_reads(reads, CHINA), DAYS, settle=unsettled))
    with window_known():
        view, short = settle_by_service_area(whole), settled(cut(whole, day))
    same_territory(view, short, day)
    for detector in ALL:
        with named(detector):
            assert plain(short, checked(detector, short)) == plain(view, checked(detector, view), day)


def settled(view: View) -> View:
    """The view with territory, if it has any day."""
    return settle_by_service_area(view) if view.shape[1] else view


def same_territory(view: View, short: View, days: int) -> None:
    """Fails unless a view that ends sooner has the territory of the first days of the other."""
    s = view.suspects
    for name in ("waybill", "plain", "weak", "territory"):
        assert np.array_equal(getattr(short.suspects, name), getattr(s, name)[s.day < days])


@few
@given(seen(DAYS), seen(DAYS), st.integers(1, DAYS - 1))
def test_late_reads_change_nothing_before_them(reads: list[Seen], more: list[Seen], day: int) -> None:
    """Obligation 3 for what comes late, of accounts that are there and of new ones."""
    late = [r for r in more if r.at >= day * 86_400_000_000]
    with window_known():
        both = told_by(look(facts_of_reads(once([*reads, *late]), CHINA), DAYS))
        before = look(facts_of_reads(reads, CHINA), DAYS)
    rows = np.searchsorted(both.keys, before.keys)
    before = replace(
        before, group=both.group[rows], external_counts={n: c[rows] for n, c in both.external_counts.items()}
    )
    there = set(before.keys.tolist())
    for detector in ALL:
        with named(detector):
            mine = plain(before, checked(detector, before), day)
            theirs = plain(both, checked(detector, both), day)
            for name in ("odd", "base"):
                if name in mine:
                    assert mine[name] == {k: v for k, v in theirs[name].items() if k in there}
            for name, column in (("suspects", 1), ("cells", 0)):
                if name in mine:
                    # What is counted of given numbers has no reads behind it: new accounts may have those alone.
                    assert mine[name] == [row for row in theirs[name] if row[column] in there]


@few
@given(seen(DAYS), seen(DAYS))
def test_the_state_is_all_it_takes(reads: list[Seen], more: list[Seen]) -> None:
    """Facts added up are the facts of all: a detector has no memory beside them."""
    both = once([*reads, *more])
    day = sorted(r.at for r in both)[len(both) // 2] if both else 0
    parts = [facts_of_reads([r for r in both if (r.at < day) == before], CHINA) for before in (True, False)]
    added, whole = parts[0].plus(parts[1]), facts_of_reads(both, CHINA)
    same(added, whole)
    one, two = told_by(look(added, DAYS)), told_by(look(whole, DAYS))
    for detector in ALL:
        with named(detector):
            assert plain(one, checked(detector, one)) == plain(two, checked(detector, two))


@pytest.mark.parametrize("days", [1, 3])
def test_nobody(days: int) -> None:
    """Obligation 4: a view without accounts."""
    view = told_by(look(Facts.empty(CHINA), days))
    for detector in ALL:
        with named(detector):
            assert checked(detector, view).odd.shape == (0, days)


@pytest.mark.parametrize("reads", [1, 2_000])
def test_one_account(subtests: pytest.Subtests, reads: int) -> None:
    """Obligation 4: one that somebody knows, one without a place, a stranger; one read, and many in a second."""
    for actor, why in product([1, 5, 6], [None, 5, 254, 255]):
        rows = [
            Seen(
                actor=actor, at=2 * 86_400_000_000 + n * 500, waybill=1 + 3 * n, why=why, device=1 + n % 3, ip=1,
                action=3,
            )
            for n in range(reads)
        ]  # fmt: skip
        view = told_by(look(facts_of_reads(rows, CHINA), DAYS))
        assert view.shape == (1, DAYS)
        with subtests.test(actor=actor, why=why):
            for detector in ALL:
                with named(detector):
                    odd = checked(detector, view)
                    assert not np.any(odd.odd[:, :2] > view.external_counts[detector.name][:, :2])


def test_a_day_without_reads(subtests: pytest.Subtests) -> None:
    rows = [Seen(actor=a, at=d * 86_400_000_000 + a, waybill=10 * d + a, why=254) for d in (0, 1, 5) for a in (1, 2, 6)]
    view = look(facts_of_reads(rows, CHINA), DAYS)
    told = told_by(view, seed=0)
    for detector in ALL:
        with subtests.test(detector=detector.name):
            checked(detector, told)
            assert not np.any(checked(detector, view).odd[:, 2:5])


def test_clocks_that_jumped(subtests: pytest.Subtests) -> None:
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
    for detector in ALL:
        with subtests.test(detector=detector.name):
            assert plain(view, checked(detector, view)) == plain(other, checked(detector, other))


Known = tuple[AccountPosts, OutletPlaces]
Looked = tuple[Facts, Facts, Known, int]


@pytest.fixture(scope="module")
def world(small: Watched, tmp_path_factory: pytest.TempPathFactory) -> Looked:
    """A simulated world with insiders: its facts brought up to date in three steps, counted whole, and its people."""
    folder = tmp_path_factory.mktemp("in-steps")
    tables = {name: rows_of(small, name) for name in tables_of(small)}
    rows = tables["accesses"]
    third = len(rows) // 3
    rest = {n: t for n, t in tables.items() if n not in (*STAFF, "accesses")}
    steps: list[dict[str, pa.Table]] = [
        {**{n: tables[n] for n in STAFF}, "accesses": rows.slice(0, third)},
        {**rest, "accesses": rows.slice(third, third)},
        {"accesses": rows.slice(2 * third)},
    ]
    for n, step in enumerate(steps):
        commit(folder, folder / "L", step, f"step-{n}")
        brought = facts(folder / "L", folder / "state")
    with ledger.open_ledger(folder / "L") as snapshot:
        who, where = account_posts(snapshot), outlet_places(snapshot)
    first = (int(brought.hours["hour"].to_numpy().min()) * 3_600_000_000 + CHINA) // 86_400_000_000
    return brought, facts(folder / "L"), (who, where), first


def looked(made: Facts, known: Known, first: int, settle: Callable[[View], View] = settle_by_service_area) -> View:
    who, where = known
    return told_by(look(made, 14, first, who, where, settle))


def test_a_world_in_steps_and_whole(subtests: pytest.Subtests, world: Looked, tmp_path: Path) -> None:
    """Increments are the batch, and a state that was written and read is the same state."""
    brought, whole, known, first = world
    save_state(tmp_path, SavedFacts(facts=brought, sources=(), basis=""))
    state = load_state(tmp_path)
    assert state is not None
    views = [looked(made, known, first) for made in (brought, whole, state.facts)]
    for detector in ALL:
        with subtests.test(detector=detector.name):
            one, *others = (plain(view, checked(detector, view)) for view in views)
            assert others == [one, one]


def test_a_world_cut_short(subtests: pytest.Subtests, world: Looked) -> None:
    """Obligation 3 where there is much of everything."""
    brought, _, known, first = world
    whole_view = looked(brought, known, first, unsettled)
    with window_known():
        view = settle_by_service_area(whole_view)
        shorts = {day: settled(cut(whole_view, day)) for day in (0, 1, 5, 9, 13)}
    for day, short in shorts.items():
        same_territory(view, short, day)
    for detector in ALL:
        with subtests.test(detector=detector.name):
            whole = checked(detector, view)
            for day, short in shorts.items():
                assert plain(short, checked(detector, short)) == plain(view, whole, day), day


def test_a_world_with_rows_mixed(subtests: pytest.Subtests, world: Looked) -> None:
    brought, _, known, first = world
    view = looked(brought, known, first)
    tables = {name: mixed(getattr(brought, name), 4) for name in ("hours", "uses", "shown", "suspects")}
    other = looked(replace(brought, **tables), known, first)
    for detector in ALL:
        with subtests.test(detector=detector.name):
            assert plain(other, checked(detector, other)) == plain(view, checked(detector, view))


def test_the_world_has_something_for_most(world: Looked) -> None:
    """Else the tests above would say little."""
    brought, _, known, first = world
    view = replace(looked(brought, known, first), external_counts={})
    silent = {d.name for d in ALL if not np.any(d.count(view).odd)}
    assert len(silent) <= len(ALL) // 2, silent
    assert set(view.suspects.territory.tolist()) >= {NONE, AT_OUTLET, IN_AREA}
    assert view.day == first > DAY0 - 1000


def test_the_reads_have_all_kinds_of_territory() -> None:
    """Else the tests above would say little of it."""
    found = set()
    for seed in range(8):
        found |= set(look(facts_of_reads(some(seed, 40, DAYS), CHINA), DAYS).suspects.territory.tolist())
    assert found == {NONE, AT_OUTLET, BY_CHANNEL, IN_AREA}
