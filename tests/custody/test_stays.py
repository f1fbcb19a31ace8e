"""Stays against a plain state machine, and a case for each obligation of `wayseal.custody`."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.custody import stays, touches

T0 = datetime(2026, 3, 2, tzinfo=UTC)
TIME = pa.timestamp("us", tz="UTC")
RANK = {
    k: i for i, k in enumerate(("pickup", "depart", "arrive", "out_for_delivery", "problem", "returned", "delivered"))
}
Row = tuple[str, int, str, str]


def at(hour: float) -> datetime:
    return T0 + timedelta(hours=hour)


def scans(rows: list[Row], *, coded: bool = False) -> pa.Table:
    text = pa.dictionary(pa.int32(), pa.string()) if coded else pa.string()
    return pa.table(
        {
            "waybill": pa.array([r[0] for r in rows], pa.string()).cast(text),
            "at": pa.array([at(r[1]) for r in rows], TIME),
            "kind": pa.array([r[2] for r in rows], pa.string()).cast(text),
            "outlet": pa.array([r[3] for r in rows], pa.string()).cast(text),
        }
    )


def waybills(rows: list[tuple[str, float, str, str]]) -> pa.Table:
    return pa.table(
        {
            "waybill": pa.array([r[0] for r in rows], pa.string()),
            "issued_at": pa.array([at(r[1]) for r in rows], TIME),
            "origin_outlet": pa.array([r[2] for r in rows], pa.string()),
            "destination_outlet": pa.array([r[3] for r in rows], pa.string()),
        }
    )


def found(table: pa.Table) -> list[tuple[Any, ...]]:
    def hours(value: Any) -> Any:
        return (value - T0) / timedelta(hours=1) if isinstance(value, datetime) else value

    return [tuple(hours(v) for v in row.values()) for row in table.to_pylist()]


JOURNEY: list[Row] = [
    ("W", 1, "pickup", "A"),
    ("W", 2, "arrive", "A"),
    ("W", 4, "depart", "A"),
    ("W", 6, "arrive", "H"),
    ("W", 8, "depart", "H"),
    ("W", 20, "arrive", "B"),
    ("W", 21, "out_for_delivery", "B"),
    ("W", 23, "delivered", "B"),
]
WHOLE = [("W", "A", 1, 6, 4), ("W", "H", 6, 20, 8), ("W", "B", 20, 23, None)]


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        ("1: the whole journey", JOURNEY, WHOLE),
        ("1: still open", JOURNEY[:4], [("W", "A", 1, 6, 4), ("W", "H", 6, None, None)]),
        ("2: rows in any order", JOURNEY[::-1], WHOLE),
        (
            "2: left and arrived at the same instant",
            [("W", 1, "arrive", "B"), ("W", 1, "depart", "A"), ("W", 0, "pickup", "A")],
            [("W", "A", 0, 1, 1), ("W", "B", 1, None, None)],
        ),
        ("3: every scan twice", JOURNEY + JOURNEY, WHOLE),
        (
            "4: a depart without an arrive",
            [("W", 1, "pickup", "A"), ("W", 8, "depart", "H"), ("W", 20, "arrive", "B")],
            [("W", "A", 1, 8, None), ("W", "H", 8, 20, 8), ("W", "B", 20, None, None)],
        ),
        (
            "4: an arrive without a depart",
            [("W", 2, "arrive", "A"), ("W", 6, "arrive", "H")],
            [("W", "A", 2, 6, None), ("W", "H", 6, None, None)],
        ),
        (
            "5: late uploads after the delivery",
            [*JOURNEY, ("W", 24, "out_for_delivery", "B"), ("W", 25, "delivered", "B"), ("W", 26, "problem", "B")],
            WHOLE,
        ),
        (
            "5: nothing but a delivery, then a late upload",
            [("W", 5, "delivered", "B"), ("W", 6, "out_for_delivery", "B")],
            [("W", "B", 5, 5, None)],
        ),
        (
            "6: sent back and delivered to its sender",
            [
                *JOURNEY,
                *[("W", 30, "returned", "B"), ("W", 31, "depart", "B")],
                *[("W", 50, "arrive", "A"), ("W", 52, "delivered", "A")],
            ],
            [*WHOLE, ("W", "B", 30, 50, 31), ("W", "A", 50, 52, None)],
        ),
        ("7: an outlet nobody knows", [("W", 1, "arrive", "??")], [("W", "??", 1, None, None)]),
        ("9: nothing", [], []),
        (
            "two parcels",
            [("V", 3, "pickup", "A"), ("W", 1, "pickup", "A"), ("V", 5, "arrive", "H")],
            [("V", "A", 3, 5, None), ("V", "H", 5, None, None), ("W", "A", 1, None, None)],
        ),
    ],
)  # fmt: skip
def test_obligations(name: str, rows: list[Row], expected: list[tuple[Any, ...]]) -> None:
    assert found(stays(scans(rows))) == expected


def test_8_scans_of_an_earlier_life_do_not_count() -> None:
    rows: list[Row] = [("W", -900, "delivered", "Z"), ("W", 4, "pickup", "A"), ("V", -900, "pickup", "Y")]
    known = waybills([("W", 4.5, "A", "B"), ("U", 0, "C", "D")])
    assert found(stays(scans(rows), known)) == [("W", "A", 4, None, None), ("V", "Y", -900, None, None)]
    touched = found(touches(scans(rows), known))
    assert touched[:2] == [("W", "A", 4), ("V", "Y", -900)]
    assert sorted(touched[2:]) == [("U", "C", None), ("U", "D", None), ("W", "B", None)]


def test_coded_columns_and_integer_parcels_are_read_too() -> None:
    assert found(stays(scans(JOURNEY, coded=True))) == WHOLE
    assert found(touches(scans(JOURNEY, coded=True))) == [("W", "A", 1), ("W", "H", 6), ("W", "B", 20)]
    keyed = scans(JOURNEY).set_column(0, "waybill", pa.array([2**63 + 5] * len(JOURNEY), pa.uint64()))
    assert stays(keyed)["waybill"].to_pylist() == [2**63 + 5] * 3


def test_nothing_has_no_touches() -> None:
    assert len(touches(scans([]))) == 0
    assert found(touches(scans([]), waybills([("W", 0, "A", "A")]))) == [("W", "A", None)]


def test_times_far_apart_are_put_in_order_too() -> None:
    far = scans([("W", 0, "arrive", "B"), ("W", 0, "arrive", "A"), ("V", 0, "pickup", "A")])
    years = pa.array([2**62, 5, 7], pa.int64()).cast(TIME)
    table = stays(far.set_column(1, "at", years))
    assert table["outlet"].to_pylist() == ["A", "B", "A"]
    assert table["since"].cast(pa.int64()).to_pylist() == [5, 2**62, 7]


rows_of = st.lists(
    st.tuples(
        st.sampled_from(["W1", "W2", "W3"]),
        st.integers(0, 12),
        st.sampled_from(sorted(RANK)),
        st.sampled_from(["A", "B", "H"]),
    ),
    max_size=25,
)


def plainly(rows: list[Row]) -> dict[str, list[list[Any]]]:
    """The obligations once more, one scan at a time."""
    out: dict[str, list[list[Any]]] = {}
    closed: set[str] = set()
    for w, hour, kind, outlet in sorted(set(rows), key=lambda r: (r[0], r[1], RANK[r[2]], r[3])):
        mine = out.setdefault(w, [])
        if w in closed:
            if kind not in ("arrive", "depart", "returned"):
                continue
            closed.discard(w)
            mine.append([outlet, hour, None, None])
        elif not mine or mine[-1][0] != outlet:
            if mine:
                mine[-1][2] = hour
            mine.append([outlet, hour, None, None])
        if kind == "depart":
            mine[-1][3] = hour
        if kind == "delivered":
            mine[-1][2] = hour
            closed.add(w)
    return out


@given(rows_of)
def test_stays_are_what_one_scan_at_a_time_gives(rows: list[Row]) -> None:
    got: dict[str, list[list[Any]]] = {}
    for w, *rest in found(stays(scans(rows))):
        got.setdefault(w, []).append(rest)
    assert got == plainly(rows)


@given(rows_of, st.randoms(use_true_random=False))
def test_stays_never_overlap_and_cover_from_the_first_scan_on(rows: list[Row], random: Any) -> None:
    table = found(stays(scans(rows)))
    delivered = {(w, h) for w, h, kind, _ in rows if kind == "delivered"}
    for w in {r[0] for r in rows}:
        mine = [row for row in table if row[0] == w]
        assert mine[0][2] == min(h for v, h, *_ in rows if v == w)
        for before, after in pairwise(mine):
            assert before[2] <= before[3] <= after[2]
            assert before[3] == after[2] or (w, before[3]) in delivered
        assert mine[-1][3] is None or (w, mine[-1][3]) in delivered
    shuffled = rows + random.sample(rows, len(rows) // 2)
    random.shuffle(shuffled)
    assert sorted(found(stays(scans(shuffled))), key=str) == sorted(table, key=str)


@given(rows_of)
def test_touches_are_the_first_scan_of_each_pair(rows: list[Row]) -> None:
    first: dict[tuple[str, str], int] = {}
    for w, hour, _, outlet in rows:
        first[w, outlet] = min(hour, first.get((w, outlet), hour))
    assert {(w, o): h for w, o, h in found(touches(scans(rows)))} == first
