"""When somebody is worth a look: the numbered obligations of `_alerts`."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from tests.detect.viewed import CHINA, DAY_US, FIRST, MINUTE, WORK, R, constant, judged, place, staff, view, with_fresh
from wayseal.detect._alerts import AccountAlert, find_alerts, find_moment, learn_lift
from wayseal.detect._judge import FRESH, MAIN, Finding
from wayseal.detect._score import LEVEL, log_odds
from wayseal.detect._signals import Growth, Signals, measure_signals
from wayseal.detect._view import View
from wayseal.detect.detectors import detectors
from wayseal.model.arrays import Floats, Longs

MAIN_ONE = next(d for d in detectors() if d.name == MAIN)
NO = LEVEL - 3.0
NONE = Growth(score=np.zeros((0, 0)), more=np.zeros((0, 0)), since=np.zeros((0, 0), np.int64))
Rows = Mapping[str, Sequence[float]]


def told(
    v: View, rows: Rows, budget: int, first: int = 0, odd: dict[str, int] | None = None
) -> tuple[list[tuple[str, int]], set[str]]:
    """Alerts where these are the log odds above the level; odd: how many reads of each account are odd."""
    who = {place(v, a): a for a in rows}
    actors = np.array(sorted(who))
    odds = np.array([[LEVEL + x for x in rows[who[k]]] for k in actors.tolist()])
    many = np.array([[(odd or {}).get(who[k], 10)] * v.shape[1] for k in actors.tolist()])
    found, without = find_alerts(v, Signals(actors=actors, odd=many, values={}, growth=NONE), odds, first, budget)
    return [(who[a.actor], a.day) for a in found], {who[k] for k in without}


@pytest.fixture(scope="module")
def four() -> View:
    return view([R(actor=a, day=d, minute=600 + k, what=WORK) for d in range(4) for k, a in enumerate("abcd")], 4)


def test_1_each_account_once_on_its_first_day(four: View) -> None:
    rows = {"a": [NO, 2, 10, 20], "b": [NO, NO, 0, NO], "c": [-0.01] * 4}
    assert told(four, rows, 5) == ([("a", 1), ("b", 2)], set())


def test_1_days_of_the_past_raise_no_alert_but_what_stands_does(four: View) -> None:
    assert told(four, {"a": [2, 2, 2, 2], "b": [2, NO, NO, NO]}, 5, first=2) == ([("a", 2)], set())


def test_1_the_strongest_first_and_the_others_wait(four: View) -> None:
    rows: Rows = {"a": [1, 1, 1, 1], "b": [NO, 3, 3, 3], "c": [NO, 2, 2, 2], "d": [NO, 1, NO, NO]}
    assert told(four, rows, 1) == ([("a", 0), ("b", 1), ("c", 2)], {"d"})
    days, who = told(four, rows, 2)
    assert (sorted(days), who) == ([("a", 0), ("b", 1), ("c", 1)], {"d"}), "who fell away meanwhile is told"
    days, none = told(four, rows, 3)
    assert (sorted(days), none) == ([("a", 0), ("b", 1), ("c", 1), ("d", 1)], set())
    assert told(four, rows, 1, first=3)[1] == {"a", "c"}


def test_1_where_most_is_lost_comes_first(four: View) -> None:
    rows: Rows = {"a": [3, NO, NO, NO], "b": [0, NO, NO, NO]}
    assert told(four, rows, 1)[0] == [("a", 0)]
    assert told(four, rows, 1, odd={"b": 1_000})[0] == [("b", 0)]


DAY = 9
PULLS = [
    *staff("abcdefgh", 14),
    *(R(actor="a", day=d, minute=700, n=60, waybill=5_000 + 100 * d) for d in range(DAY, 14)),
]


@pytest.fixture(scope="module")
def pulled() -> tuple[View, tuple[Finding, ...]]:
    v = view(PULLS, 14)
    return v, judged(v, MAIN_ONE)


def at(day: int, minute: float) -> int:
    return (FIRST + day) * DAY_US + int(minute * MINUTE) - CHINA


def times_of(v: View, day: int = DAY) -> Longs:
    """When the unexplained reads of account a came on a day."""
    s = v.suspects
    out: Longs = s.at[(s.actor == place(v, "a")) & (s.day == day)]
    return out


def end_of(v: View, found: tuple[Finding, ...], day: int) -> float:
    """Log odds of account a on a day's end."""
    found = with_fresh(found)
    signals = measure_signals(v, found, (), 0)
    odds: Floats = log_odds(signals.values)
    a = place(v, "a")
    return float(odds[signals.row_of(a), day]) if a in signals.actors else -np.inf


def moment(v: View, found: tuple[Finding, ...], lift: float, times: dict[str, Longs], day: int = DAY) -> int | None:
    found = with_fresh(found)
    signals = measure_signals(v, found, (), 0)
    times |= {FRESH: times[MAIN]} if MAIN in times else {}
    return find_moment(v, found, signals, AccountAlert(actor=place(v, "a"), day=day, at=0), lift, times)


def test_2_the_read_that_tipped_is_the_first_that_is_enough(pulled: tuple[View, tuple[Finding, ...]]) -> None:
    v, found = pulled
    lift = (end_of(v, found, DAY - 1) + end_of(v, found, DAY)) / 2 - LEVEL
    tipped = moment(v, found, lift, {MAIN: times_of(v)})
    assert tipped is not None
    nth = int(np.searchsorted(times_of(v), tipped, side="right"))
    assert 1 < nth < 60

    def had_there_been(n: int) -> float:
        """Log odds at the day's end, had account a read no more that day."""
        pulls = [R(actor="a", day=DAY, minute=700, n=n, waybill=5_000 + 100 * DAY)]
        less = view([*staff("abcdefgh", DAY + 1), *pulls], DAY + 1)
        return end_of(less, judged(less, MAIN_ONE), DAY)

    assert had_there_been(nth - 12) < LEVEL + lift < had_there_been(nth + 12)


def test_2_no_evidence_of_later_days(pulled: tuple[View, tuple[Finding, ...]]) -> None:
    v, found = pulled
    shorter = view([r for r in PULLS if r.day <= DAY], DAY + 1)
    lift = end_of(v, found, DAY) - 1.0 - LEVEL
    again = moment(shorter, judged(shorter, MAIN_ONE), lift, {MAIN: times_of(shorter)})
    assert again is not None
    assert again == moment(v, found, lift, {MAIN: times_of(v)})


def test_2_where_no_read_is_enough_it_is_the_last_of_the_day(pulled: tuple[View, tuple[Finding, ...]]) -> None:
    v, found = pulled
    assert moment(v, found, end_of(v, found, DAY) + 1.0 - LEVEL, {MAIN: times_of(v)}) is None
    assert moment(v, found, 0.0, {}) is None
    assert moment(v, found, 0.0, {MAIN: np.zeros(0, np.int64)}) is None
    last = at(DAY, 0) + 13 * 60 * MINUTE - 1
    actors = np.array([place(v, "a")])
    odds = np.full((1, v.shape[1]), NO)
    odds[0, DAY] = 0.0
    none = np.zeros(odds.shape, np.int64)
    ((alert,), _) = find_alerts(v, Signals(actors=actors, odd=none, values={}, growth=NONE), odds, 0, 1)
    assert alert.at == last, "the end of the hour, without a device"
    used = view([*PULLS, R(actor="a", day=DAY, minute=900, device=7, what=WORK)], 14)
    ((alert,), _) = find_alerts(
        used, Signals(actors=np.array([place(used, "a")]), odd=none, values={}, growth=NONE), odds, 0, 1
    )
    assert alert.at == at(DAY, 900)


def test_3_detectors_without_times_say_what_they_said_the_day_before(pulled: tuple[View, tuple[Finding, ...]]) -> None:
    v, (main,) = pulled
    odd = np.zeros(v.shape, np.int64)
    odd[place(v, "a"), DAY - 2 :] = 9
    (canary,) = judged(v, constant("canary_touch", odd, np.maximum(v.reads, odd).astype(float)))
    before = float(canary.evidence.total[place(v, "a"), DAY - 1])
    assert before > 0
    lift = end_of(v, (main,), DAY) - LEVEL - 0.5
    alone = moment(v, (main,), lift, {MAIN: times_of(v)})
    helped = moment(v, (main, canary), lift + before / 2, {MAIN: times_of(v)})
    assert alone is not None
    assert helped is not None
    assert helped < alone
    assert moment(v, (main, canary), lift + before + 1.0, {MAIN: times_of(v)}) is None


def test_2_a_first_day(pulled: tuple[View, tuple[Finding, ...]]) -> None:
    v, found = pulled
    first = np.array([at(0, 0)], np.int64)
    assert moment(v, found, -99.0, {MAIN: first}, day=0) == int(first[0])
    assert moment(v, found, 99.0, {MAIN: first}, day=0) is None


def test_4_verdicts_on_peers_are_taken_off(four: View) -> None:
    none = np.zeros(int(four.group.max()) + 1, np.int64)
    g = int(four.group[place(four, "a")])

    def after(false: int, true: int) -> float:
        f, t = none.copy(), none.copy()
        f[g], t[g] = false, true
        return float(learn_lift(four, f, t)[place(four, "a")])

    assert after(0, 0) == after(3, 3) == 0.0
    assert after(1, 0) == pytest.approx(math.log(2))
    assert after(0, 1) == pytest.approx(-math.log(2))
    assert after(10**6, 0) == 4
    assert after(0, 10**6) == -1
