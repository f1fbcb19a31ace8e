"""Rules 1 to 4: what counts as gone, removed and back, and when to look again."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.market.types import Hindrance, Sight
from wayseal.market.watch import first_seen, next_looks, step
from wayseal.market.watch._schedule import next_look
from wayseal.market.watch.types import DAY, HOUR, Glance, News, Policy, RemovalAsked, State, Target

NOW = 1_700_000_000_000_000
POLICY = Policy()
SEEN, GONE, UNSEEN = Sight.SEEN, Sight.GONE, Sight.UNSEEN


def follow(events: list[Any], policy: Policy = POLICY) -> tuple[Target, list[News]]:
    """events: (hours, way, sight) or (hours,) for a request."""
    target, told = first_seen("forum", "s1", NOW, ("page", "list")), []
    for hours, *look in events:
        at = NOW + int(hours * HOUR)
        event = Glance(at=at, way=look[0], sight=look[1]) if look else RemovalAsked(at=at)
        target, notices = step(target, event, policy)
        told += [notice.news for notice in notices]
    return target, told


CASES: dict[str, tuple[list[Any], State, list[News]]] = {
    "three misses in two ways": ([(1, "page", GONE), (4, "list", GONE), (8, "page", GONE)], State.GONE, [News.GONE]),
    "two misses": ([(1, "page", GONE), (9, "list", GONE)], State.SEEN, []),
    "one way only": ([(h, "page", GONE) for h in range(1, 40, 5)], State.SEEN, []),
    "too quickly": ([(1, "page", GONE), (1.1, "list", GONE), (1.2, "page", GONE)], State.SEEN, []),
    "seen in between": (
        [(1, "page", GONE), (4, "list", GONE), (6, "page", SEEN), (9, "list", GONE), (12, "page", GONE)],
        State.SEEN,
        [],
    ),
    "never by what can't be seen": ([(h, w, UNSEEN) for h in range(60) for w in ("page", "list")], State.SEEN,
                                    [News.BLIND]),
    "blind in between": (
        [(1, "page", GONE), (2, "list", UNSEEN), (3, "page", UNSEEN), (5, "list", GONE), (9, "page", GONE)],
        State.GONE,
        [News.GONE],
    ),
    "asked, and gone": ([(1,), (2, "page", GONE), (5, "list", GONE), (9, "page", GONE)], State.REMOVED, [News.REMOVED]),
    "asked, and still there": ([(1,), (2, "page", GONE), (5, "list", SEEN)], State.ASKED, []),
    "back at the first look": (
        [(2, "page", GONE), (5, "list", GONE), (9, "page", GONE), (200, "list", SEEN)],
        State.BACK,
        [News.GONE, News.BACK],
    ),
    "back, asked, removed again": (
        [(1,), (2, "page", GONE), (5, "list", GONE), (9, "page", GONE), (99, "page", SEEN), (100,),
         (101, "page", GONE), (105, "list", GONE), (110, "page", GONE)],
        State.REMOVED,
        [News.REMOVED, News.BACK, News.REMOVED],
    ),
    "asked when it is gone already": (
        [(1, "page", GONE), (4, "list", GONE), (8, "page", GONE), (9,)],
        State.GONE,
        [News.GONE],
    ),
    "a shape that vanishes and returns": (
        [(h, "page", UNSEEN) for h in (1, 2, 3, 4)] + [(5, "page", SEEN)],
        State.SEEN,
        [News.BLIND, News.SIGHTED],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_states(name: str) -> None:
    events, state, told = CASES[name]
    target, news = follow(events)
    assert (target.state, news) == (state, told)


def test_a_hindrance_is_told_with_the_notice() -> None:
    target = first_seen("forum", "", NOW, ("page",))
    for hours in range(1, 4):
        glance = Glance(at=NOW + hours * HOUR, way="page", sight=UNSEEN, hindrance=Hindrance.CHANGED)
        target, notices = step(target, glance, POLICY)
    assert [(notice.news, notice.hindrance) for notice in notices] == [(News.BLIND, Hindrance.CHANGED)]


looks = st.lists(st.tuples(st.sampled_from(("page", "list")), st.sampled_from((GONE, UNSEEN))), max_size=30)


@given(looks)
def test_gone_needs_misses_in_two_ways_whatever_else_happens(made: list[tuple[str, Sight]]) -> None:
    target, _ = follow([(3 * n + 1, way, sight) for n, (way, sight) in enumerate(made)])
    missed = [way for way, sight in made if sight is GONE]
    assert (target.state is State.GONE) <= (len(missed) >= 3 and len(set(missed)) == 2)
    assert target.last_seen == NOW


def test_who_is_away_is_looked_at_for_a_year_and_ever_less_often() -> None:
    target, _ = follow([(2, "page", GONE), (5, "list", GONE), (9, "page", GONE)])
    gaps, ways = [], []
    while planned := next_look(target, POLICY, 0.0):
        gaps.append((planned.at - target.last_look) / HOUR)
        ways.append(planned.way)
        target, _ = step(target, Glance(at=planned.at, way=planned.way, sight=GONE), POLICY)
    assert gaps == sorted(gaps)
    assert (gaps[0], gaps[-1]) == (4.0, 168.0)
    assert 364 <= (target.last_look - target.since) / DAY <= 373
    assert ways[:4] == ["list", "page", "list", "page"]


def test_what_cannot_be_seen_is_asked_less_often_but_every_day() -> None:
    target = first_seen("forum", "s1", NOW, ("page", "list"))
    gaps = []
    for _ in range(6):
        planned = next_look(target, POLICY, 0.0)
        assert planned is not None
        gaps.append((planned.at - target.last_look) // HOUR)
        target, _ = step(target, Glance(at=planned.at, way=planned.way, sight=UNSEEN), POLICY)
    assert gaps == [12, 24, 24, 24, 24, 24]


def test_due_looks_come_the_longest_overdue_first_and_jitter_is_bounded() -> None:
    rng = random.Random(1)
    targets = [replace(first_seen("f", str(n), NOW - n * HOUR, ("page",)), last_look=NOW - n * HOUR) for n in range(40)]
    draws = {target.key: rng.uniform(-1, 1) for target in targets}
    due = next_looks(targets, NOW, POLICY, lambda target: draws[target.key])
    assert list(due) == sorted(due)
    late = {int(one.key) for one in due}
    assert late >= set(range(15, 40))
    assert late.isdisjoint(range(9))
    assert next_looks(targets, NOW, POLICY, lambda target: draws[target.key]) == due
