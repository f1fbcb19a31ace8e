"""How an outlet stands to a parcel: a case for each obligation of `wayseal.custody`."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.custody.test_stays import JOURNEY, Row, found, rows_of, scans, waybills
from wayseal.custody import Relation, Standing, State, present, relations, stays

HOUR = 3_600_000_000


def standing(
    outlet: str | None = None,
    until: int | None = None,
    departed: int | None = None,
    origin: str | None = "A",
    destination: str | None = "B",
) -> Standing:
    return Standing(outlet=outlet, until=until, departed=departed, origin=origin, destination=destination)


@pytest.mark.parametrize(
    ("name", "parcel", "state", "at_a", "at_b", "at_h"),
    [
        ("4: issued", standing(), "issued", "origin", "destination", ""),
        ("2: at its origin", standing("A"), "held", "holds origin", "destination", ""),
        ("2: left its origin", standing("A", None, 5), "on_the_way", "sent origin", "destination", ""),
        ("4: at a hub", standing("H"), "held", "", "destination", "holds"),
        ("2: left the hub", standing("H", None, 5), "on_the_way", "", "destination", "sent"),
        ("2: at its destination", standing("B"), "held", "", "holds destination", ""),
        ("3: delivered", standing("B", 9), "delivered", "", "left", ""),
        ("3: delivered elsewhere", standing("H", 9, 5), "delivered", "", "", "left"),
        ("4: came back", standing("A", None, None), "held", "holds origin", "destination", ""),
        ("4: no plan", standing("H", None, None, None, None), "held", "", "", "holds"),
        ("4: neither plan nor scan", standing(None, None, None, None, None), "issued", "", "", ""),
        ("4: within one place", standing("A", None, None, "A", "A"), "held", "holds origin destination", "", ""),
    ],
)
def test_obligations(name: str, parcel: Standing, state: str, at_a: str, at_b: str, at_h: str) -> None:
    assert parcel.state == state
    for outlet, expected in (("A", at_a), ("B", at_b), ("H", at_h)):
        assert relations(outlet, parcel) == set(expected.split()), outlet
        assert relations(outlet, parcel, own=True) == {*expected.split(), "own"}
    assert relations(None, parcel) == frozenset()  # obligation R5
    assert relations(None, parcel, own=True) == {Relation.OWN}  # obligation R6


ids = st.sampled_from([None, "A", "B", "H"])
parcels = st.builds(
    Standing,
    outlet=ids,
    until=st.none() | st.integers(0, 9),
    departed=st.none() | st.integers(0, 9),
    origin=ids,
    destination=ids,
)


@given(ids, parcels)
def test_what_no_parcel_can_be(outlet: str | None, parcel: Standing) -> None:
    found_ = relations(outlet, parcel)
    assert not {Relation.HOLDS, Relation.SENT} <= found_
    if parcel.state is State.DELIVERED:
        assert found_ <= {Relation.LEFT}
    if outlet not in (parcel.outlet, parcel.origin, parcel.destination):
        assert found_ == frozenset()
    if Relation.HOLDS in found_:
        assert (parcel.state, parcel.outlet) == (State.HELD, outlet)
    if Relation.SENT in found_:
        assert (parcel.state, parcel.outlet) == (State.ON_THE_WAY, outlet)
    assert relations(outlet, parcel) is found_


@given(st.integers(-5, 5 * HOUR), st.integers(-5, 5 * HOUR))
def test_hours_since_delivery(until: int, at: int) -> None:
    hours = standing("B", until).hours_since_delivery(at)
    assert hours == (0 if at < until else (at - until + HOUR - 1) // HOUR)
    assert standing("B").hours_since_delivery(at) == standing(None, until).hours_since_delivery(at) == 0


@given(rows_of)
def test_1_the_present_stay_is_the_last_of_stays(rows: list[Row]) -> None:
    last: dict[str, Any] = {row[0]: row for row in found(stays(scans(rows)))}
    assert found(present(scans(rows))) == list(last.values())
    open_ = {w: row[3] is None for w, row in last.items()}
    for w, outlet, _, until, departed in found(present(scans(rows))):
        parcel = Standing(outlet=outlet, until=until, departed=departed, origin=None, destination=None)
        holds = relations(outlet, parcel) & {Relation.HOLDS, Relation.SENT}
        assert bool(holds) == open_[w]


def test_1_a_whole_journey_step_by_step() -> None:
    seen = []
    for upto in range(1, len(JOURNEY) + 1):
        (_, outlet, _, until, departed), *rest = found(present(scans(JOURNEY[:upto])))
        assert rest == []
        parcel = standing(outlet, until, departed)
        seen.append((parcel.state.value, *(" ".join(sorted(relations(o, parcel))) for o in "AHB")))
    assert seen == [
        ("held", "holds origin", "", "destination"),
        ("held", "holds origin", "", "destination"),
        ("on_the_way", "origin sent", "", "destination"),
        ("held", "", "holds", "destination"),
        ("on_the_way", "", "sent", "destination"),
        ("held", "", "", "destination holds"),
        ("held", "", "", "destination holds"),
        ("delivered", "", "", "left"),
    ]


def test_1_an_earlier_life_is_not_the_present_stay() -> None:
    rows: list[Row] = [("W", -900, "delivered", "Z"), ("V", 3, "pickup", "A")]
    assert found(present(scans(rows), waybills([("W", 4.5, "A", "B")]))) == [("V", "A", 3, None, None)]
    assert len(present(scans([]))) == 0
