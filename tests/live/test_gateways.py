"""Counts of gateways: the same is told in whatever order events come, and however often."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.live.gateways import GatewayCounts, Hole, Restart

Event = tuple[int, int, int]
EVENTS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from((5, 7)), st.integers(1, 25)), max_size=60)


def counted(events: list[Event], most: int = 1024, sizes: int = 7) -> GatewayCounts:
    """What is known after those events, taken a few at a time."""
    counts = GatewayCounts(most)
    for low in range(0, len(events), sizes):
        give(counts, events[low : low + sizes])
    return counts


def give(counts: GatewayCounts, events: list[Event]) -> None:
    columns = np.array(events, np.int64).reshape(-1, 3).T.copy()
    counts.take(columns[0].astype(np.int32), columns[1], columns[2])


def missing(events: list[Event]) -> set[Event]:
    """What is missing, one by one."""
    came = set(events)
    most: dict[tuple[int, int], int] = {}
    for gateway, epoch, count in came:
        most[gateway, epoch] = max(count, most.get((gateway, epoch), 0))
    return {(*key, c) for key, top in most.items() for c in range(1, top)} - came


def one_by_one(holes: tuple[Hole, ...]) -> list[Event]:
    return [(hole.gateway, hole.epoch, c) for hole in holes for c in range(hole.first, hole.last + 1)]


@pytest.mark.kernels
@given(EVENTS, st.randoms(use_true_random=False), st.integers(1, 60))
def test_order_and_doubles_change_nothing(events: list[Event], chance: Random, sizes: int) -> None:
    told = counted(events)
    assert one_by_one(told.holes()) == sorted(missing(events))
    assert sum(told.doubled().values()) == len(events) - len(set(events))
    shuffled = list(events) + (chance.choices(events, k=10) if events else [])
    chance.shuffle(shuffled)
    again = counted(shuffled, sizes=sizes)
    assert again.holes() == told.holes()
    assert again.restarts() == told.restarts()
    assert sum(again.doubled().values()) == len(shuffled) - len(set(events))


@pytest.mark.kernels
@given(EVENTS)
def test_what_comes_late_closes_its_hole(events: list[Event]) -> None:
    told = counted(events)
    give(told, one_by_one(told.holes()))
    assert told.holes() == ()
    assert not told.written_off()


@pytest.mark.kernels
@given(EVENTS, st.integers(0, 60))
def test_it_goes_on_from_its_state(events: list[Event], cut: int) -> None:
    before = counted(events[:cut])
    after = GatewayCounts.of_state(before.state())
    give(after, events[cut:])
    whole = counted(events)
    assert (after.holes(), after.doubled(), after.restarts()) == (whole.holes(), whole.doubled(), whole.restarts())
    assert before.holes() == counted(events[:cut]).holes()


@pytest.mark.kernels
@given(st.lists(st.integers(1, 60), max_size=40), st.integers(2, 5))
def test_memory_is_bounded_and_what_is_written_off_counted(counts: list[int], most: int) -> None:
    events = [(0, 5, count) for count in counts]
    told = counted(events, most)
    assert len(told.holes()) < most
    assert all(len(array.shape) == 1 or array.shape[1] <= max(4, most) for array in told.state().values())
    rose = [(0, 5, count) for count in sorted(counts)]
    left = len(one_by_one((told := counted(rose, most)).holes()))
    assert left + sum(told.written_off().values()) == len(missing(rose))


def test_counters_are_bounded_and_what_is_not_followed_is_counted() -> None:
    counts = GatewayCounts(most_counters=3)
    give(counts, [(0, 1, 1), (0, 2, 1), (1, 1, 3), (0, 3, 2), (0, 1, 2), (2, 1, 1), (1, 1, 2), (1, 9, 1)])
    assert counts.holes() == (Hole(gateway=0, epoch=3, first=1, last=1),)
    assert counts.restarts() == (Restart(gateway=0, epoch=3, before=2),)
    assert (counts.passed, counts.written_off(), counts.doubled()) == (2, {1: 1}, {})
    many = np.arange(100_000)
    counts.take(many, many, np.ones(len(many), np.int64))
    assert all(len(array) <= 3 for name, array in counts.state().items())


def test_restarted_counters_are_told() -> None:
    told = counted([(2, 9, 1), (2, 5, 1), (2, 5, 2), (1, 5, 1), (2, 12, 2)])
    assert told.restarts() == (
        Restart(gateway=2, epoch=9, before=5),
        Restart(gateway=2, epoch=12, before=9),
    )
    assert told.holes() == (Hole(gateway=2, epoch=12, first=1, last=1),)
