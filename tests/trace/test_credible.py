import numpy as np
from numpy.typing import NDArray

from wayseal.trace._posterior import MOST_MEMBERS, credible_set


def states(*rows: tuple[int, ...]) -> NDArray[np.int32]:
    out = np.full((len(rows), 4), -1, np.int32)
    for place, row in enumerate(rows):
        out[place, : len(row)] = row
    return out


def test_a_certain_source_stands_alone() -> None:
    members, p = credible_set(states(*[(0, 1)] * 99, (0,)), 3, 0)
    assert members.tolist() == [0]
    assert p == 1.0


def test_sources_that_take_turns_share_a_set() -> None:
    turns = states(*[(0,)] * 60, *[(1,)] * 40)
    for unit in (0, 1):
        members, p = credible_set(turns, 2, unit)
        assert sorted(members.tolist()) == [0, 1]
        assert p == 1.0


def test_a_companion_is_no_substitute() -> None:
    """A second leaker is always there, with or without the first: no reason to doubt which of them it is."""
    members, p = credible_set(states(*[(0, 1)] * 90, *[(1,)] * 10), 2, 0)
    assert members.tolist() == [0]
    assert p == 0.9


def test_small_gains_end_it() -> None:
    rare = states(*[(0,)] * 950, *[(c,) for c in range(1, 6)], *[()] * 45)
    members, p = credible_set(rare, 6, 0)
    assert members.tolist() == [0]
    assert p == 0.95


def test_a_set_has_an_end() -> None:
    many = states(*[(c,) for c in range(40)] * 3)
    members, p = credible_set(many, 40, 0)
    assert len(members) == MOST_MEMBERS
    assert p == MOST_MEMBERS / 40


def test_a_unit_counts_once_a_state() -> None:
    double = states(*[(0,)] * 50, *[(1, 1)] * 50)
    members, p = credible_set(double, 2, 0)
    assert members.tolist() == [0, 1]
    assert p == 1.0


def test_a_source_that_never_appears() -> None:
    members, p = credible_set(states(*[()] * 10), 2, 1)
    assert members.tolist() == [1]
    assert p == 0.0
