"""Logins that look like several people's."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.rights.world import DAY, OWN, courier, reads, result_of, staff
from tests.trace.rim import World
from wayseal.detect.rights import at_once
from wayseal.detect.rights._result import Shared

TIMES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(0, 8)), max_size=30)


@given(TIMES)
def test_at_once_against_plain_counting(rows: list[tuple[int, int, int]]) -> None:
    group, start, length = (np.array([r[k] for r in rows], np.int64) for k in range(3))
    end = start + length
    together = at_once(group, start, end)
    for g, s in {(g, s) for g, s, _ in rows}:
        going_on = int(((group == g) & (start <= s) & (s <= end)).sum())
        here = together[(group == g) & (start == s)]
        assert sorted(here.tolist()) == list(range(going_on - len(here) + 1, going_on + 1))


def day_of(world: World, name: str, day: int, ways: dict[str, tuple[float, float]], column: str) -> None:
    """Reads of a local day through each way from one hour to another."""
    for way, ends in ways.items():
        for hours in ends:
            reads(world, name, OWN[day], day * DAY + hours, **{column: way})


ONE = {"x": (1.0, 9.0)}
TWO = {"x": (1.0, 5.0), "y": (3.0, 7.0)}
APART = {"x": (1.0, 3.0), "y": (3.5, 7.0)}


def found(world: World, folder: Path) -> dict[str, Shared]:
    return {s.actor: s for s in result_of(world, folder).shared}


@pytest.mark.parametrize("column", ["device", "ip", "session"])
@pytest.mark.parametrize(
    ("days", "of", "ways", "kind", "listed"),
    [
        (3, 10, TWO, "person", True),
        (2, 10, TWO, "person", False),
        (3, 15, TWO, "person", True),
        (3, 16, TWO, "person", False),
        (10, 10, APART, "person", False),
        (10, 10, TWO, "service", False),
    ],
)
def test_what_is_listed(
    tmp_path: Path, column: str, days: int, of: int, ways: dict[str, tuple[float, float]], kind: str, listed: bool
) -> None:
    """Obligations 8, 10 and 11."""
    world = courier()
    staff(world, "u-1", kind=kind)
    for day in range(of):
        marks = {f"{way}{day}": ends for way, ends in (ways if day < days else ONE).items()}
        day_of(world, "u-1", day, marks, column)
    one = found(world, tmp_path).get("u-1")
    assert (one is not None) == listed
    if one:
        ways_of = {"device": one.devices, "ip": one.addresses, "session": one.sessions}
        mine = ways_of.pop(column)
        assert mine is not None
        assert (mine.days, mine.active, mine.most, mine.peers, mine.shared) == (days, of, 2, None, True)
        assert mine.a_day == pytest.approx(1 + days / of)
        assert set(ways_of.values()) == {None}


@pytest.mark.parametrize(("same", "listed"), [(0, True), (1, True), (2, False)])
def test_peers_who_work_like_that(tmp_path: Path, same: int, listed: bool) -> None:
    """Obligation 10: two of six peers are more than a quarter."""
    world = courier()
    for k in range(7):
        staff(world, f"u-{k}")
        for day in range(4):
            day_of(world, f"u-{k}", day, TWO if k <= same else ONE, "device")
    shared = found(world, tmp_path)
    assert set(shared) == ({f"u-{k}" for k in range(same + 1)} if listed else set())
    for one in shared.values():
        assert one.devices is not None
        assert (one.devices.a_day, one.devices.peers) == (2, 1)


def test_sessions_count_at_once_and_not_by_the_day(tmp_path: Path) -> None:
    """Obligation 9: three sessions, never more than two of them at once; one runs over midnight."""
    world = courier()
    staff(world, "u-1")
    for day in range(4):
        ways = {f"a{day}": (1.0, 3.0), f"b{day}": (2.0, 5.0), f"c{day}": (4.0, 25.5)}
        day_of(world, "u-1", day, ways, "session")
    one = found(world, tmp_path)["u-1"].sessions
    assert one is not None
    assert (one.most, one.days, one.a_day) == (2, 4, 3)


def test_uses_before_the_period_do_not_count(tmp_path: Path) -> None:
    world = courier()
    staff(world, "u-1")
    for day in range(20):
        day_of(world, "u-1", day, TWO if day < 10 else ONE, "device")
    assert result_of(world, tmp_path / "1", days=10).shared == ()
    assert len(result_of(world, tmp_path / "2", days=90).shared) == 1
