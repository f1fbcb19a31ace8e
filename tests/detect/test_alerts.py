"""When the balance tips: the numbered obligations of `_alerts`."""

import math

import numpy as np
import pytest

from tests.detect.viewed import CHINA, DAY_US, FIRST, MINUTE, WORK, R, constant, judged, place, staff, view
from wayseal.detect._alerts import PRIOR, RIGHT, THRESHOLD, find_alerts, find_tipping_time, score_of, thresholds
from wayseal.detect._judge import MAIN, Finding, Floats, add_evidence
from wayseal.detect._view import View
from wayseal.detect._weigh import CAP, EPISODE, YOUNG
from wayseal.detect.detectors import detectors
from wayseal.detect.peers import evidence

MAIN_ONE = next(d for d in detectors() if d.name == MAIN)


def flat(v: View, value: float) -> Floats:
    return np.full(v.shape[0], value)


def table(v: View, rows: dict[str, list[float]]) -> Floats:
    out = np.zeros(v.shape)
    for actor, days in rows.items():
        out[place(v, actor)] = days
    return out


def told(v: View, total: Floats, budget: int, first: int = 0) -> tuple[list[tuple[str, int]], set[str]]:
    found, without = find_alerts(v, (), total, flat(v, 10.0), first, budget)
    who = {place(v, a): a for a in "abcd"}
    return [(who[a.actor], a.day) for a in found], {who[k] for k in without}


@pytest.fixture(scope="module")
def four() -> View:
    return view([R(actor=a, day=d, minute=600 + k, what=WORK) for d in range(4) for k, a in enumerate("abcd")], 4)


def test_1_each_account_once_on_its_first_day(four: View) -> None:
    total = table(four, {"a": [0, 12, 20, 30], "b": [0, 0, 10, 0], "c": [9.99] * 4})
    assert told(four, total, 5) == ([("a", 1), ("b", 2)], set())


def test_1_days_of_the_past_raise_no_alert_but_what_stands_does(four: View) -> None:
    total = table(four, {"a": [12, 12, 12, 12], "b": [12, 0, 0, 0]})
    assert told(four, total, 5, first=2) == ([("a", 2)], set())


def test_1_the_strongest_first_and_the_others_wait(four: View) -> None:
    total = table(four, {"a": [11, 11, 11, 11], "b": [0, 13, 13, 13], "c": [0, 12, 12, 12], "d": [0, 11, 0, 0]})
    assert told(four, total, 1) == ([("a", 0), ("b", 1), ("c", 2)], {"d"})
    days, who = told(four, total, 2)
    assert (sorted(days), who) == ([("a", 0), ("b", 1), ("c", 1)], {"d"}), "who fell away meanwhile is told"
    days, none = told(four, total, 3)
    assert (sorted(days), none) == ([("a", 0), ("b", 1), ("c", 1), ("d", 1)], set())
    assert told(four, total, 1, first=3)[1] == {"a", "c"}


def test_1_strength_is_counted_from_the_account_s_own_threshold(four: View) -> None:
    total = table(four, {"a": [20, 0, 0, 0], "b": [18, 0, 0, 0]})
    limit = flat(four, 10.0)
    limit[place(four, "a")] = 19.0
    found, _ = find_alerts(four, (), total, limit, 0, 1)
    assert [a.actor for a in found] == [place(four, "b")]


PULLS = [
    *staff("abcdefgh", 14),
    *(R(actor="a", day=d, minute=700, n=60, waybill=5_000 + 100 * d) for d in range(7, 14)),
]


@pytest.fixture(scope="module")
def pulled() -> tuple[View, tuple[Finding, ...]]:
    v = view(PULLS, 14)
    return v, judged(v, MAIN_ONE)


def at(day: int, minute: float) -> int:
    return (FIRST + day) * DAY_US + int(minute * MINUTE) - CHINA


def test_2_the_read_that_tipped_is_the_first_that_is_enough(pulled: tuple[View, tuple[Finding, ...]]) -> None:
    v, (main,) = pulled
    a, total = place(v, "a"), add_evidence((main,), v.shape)
    ((alert,), _) = find_alerts(v, (main,), total, flat(v, THRESHOLD), 0, 20)
    day = alert.day
    assert alert.actor == a
    assert total[a, day - 1] < THRESHOLD <= total[a, day] == alert.evidence
    nth = rank(v, a, day, alert.at)
    assert 1 < nth < 60

    def had_there_been(n: int) -> float:
        return min(_evidence_of(v, main, a, day, n), CAP)

    assert had_there_been(nth - 1) < THRESHOLD <= had_there_been(nth)


def rank(v: View, a: int, day: int, until: int) -> int:
    """How many unexplained reads the account has on the day up to a moment."""
    s = v.suspects
    return int(((s.actor == a) & (s.day == day) & (s.at <= until)).sum())


def _evidence_of(v: View, main: Finding, a: int, day: int, n: int) -> float:
    """Evidence on a day's end, had the account n odd reads that day."""
    odd = main.odd.odd.copy()
    odd[a, day] = n
    return float(evidence(odd, main.odd.base, v.group, main.usual, main.causes, main.cleared).total[a, day])


def test_2_no_evidence_of_later_days(pulled: tuple[View, tuple[Finding, ...]]) -> None:
    v, found = pulled
    ((alert,), _) = find_alerts(v, found, add_evidence(found, v.shape), flat(v, THRESHOLD), 0, 20)
    shorter = view([r for r in PULLS if r.day <= alert.day], alert.day + 1)
    again = judged(shorter, MAIN_ONE)
    ((same,), _) = find_alerts(shorter, again, add_evidence(again, shorter.shape), flat(shorter, THRESHOLD), 0, 20)
    assert (same.at, same.day) == (alert.at, alert.day)


def test_2_where_the_day_as_a_whole_tips_it_is_its_last_read(pulled: tuple[View, tuple[Finding, ...]]) -> None:
    v, (main,) = pulled
    a = place(v, "a")
    other = np.zeros(v.shape, np.int64)
    other[a, 10:] = 50
    both = (main, *judged(v, constant("heavy_actions", other, np.maximum(v.reads, other).astype(float))))
    total = add_evidence(both, v.shape)
    last = at(10, 0) + 13 * 60 * MINUTE - 1
    assert find_tipping_time(v, both, total, a, 10, float(total[a, 10]) + 1) == last, (
        "the end of the hour, without a device"
    )
    assert find_tipping_time(v, both[1:], total, a, 10, 5.0) == last, "without the main detector, too"
    used = view([*PULLS, R(actor="a", day=10, minute=900, device=7, what=WORK)], 14)
    assert find_tipping_time(used, (), np.zeros(used.shape), place(used, "a"), 10, 5.0) == at(10, 900)


def test_2_what_others_say_of_the_days_before_is_held_against_the_threshold(
    pulled: tuple[View, tuple[Finding, ...]],
) -> None:
    v, (main,) = pulled
    a, total, enough = place(v, "a"), add_evidence(pulled[1], v.shape), EPISODE - 1
    ((alert,), _) = find_alerts(v, (main,), total, flat(v, enough), 0, 20)
    room = enough - float(total[a, alert.day - 1])
    helped = find_tipping_time(v, (main,), total + room / 2, a, alert.day, enough)
    assert at(alert.day, 700) <= helped < alert.at


def test_2_days_that_were_cleared_say_nothing(pulled: tuple[View, tuple[Finding, ...]]) -> None:
    v, (open_,) = pulled
    a = place(v, "a")
    cleared = np.zeros(v.shape, np.bool_)
    cleared[a, :9] = True
    (main,) = judged(v, MAIN_ONE, cleared=cleared)
    total = add_evidence((main,), v.shape)
    assert total[a, 8] == 0.0 < total[a, 9] < open_.evidence.total[a, 9]
    limit = float(total[a, 9]) * 0.9
    nth = rank(v, a, 9, find_tipping_time(v, (main,), total, a, 9, limit))
    assert nth > 1, "the reads of the days before count for nothing"
    assert _evidence_of(v, main, a, 9, nth - 1) < limit <= _evidence_of(v, main, a, 9, nth)


def test_3_verdicts_of_peers_move_the_threshold(four: View) -> None:
    none = np.zeros(int(four.group.max()) + 1, np.int64)
    g = int(four.group[place(four, "a")])

    def after(false: int, true: int) -> float:
        f, t = none.copy(), none.copy()
        f[g], t[g] = false, true
        return float(thresholds(four, f, t)[place(four, "a")])

    assert after(0, 0) == THRESHOLD == math.log(PRIOR)
    assert after(1, 0) == pytest.approx(THRESHOLD + math.log(2))
    assert after(0, 1) == pytest.approx(THRESHOLD - math.log(2))
    assert after(3, 3) == THRESHOLD
    assert after(10**6, 0) == THRESHOLD + 4
    assert after(0, 10**6) == THRESHOLD - 1


def test_a_score_is_a_probability() -> None:
    """Where so many cases were counted it is the share of them that were right."""
    for beyond, share in RIGHT:
        assert score_of(THRESHOLD + beyond) == pytest.approx(share)
        assert score_of(beyond, 0.0) == pytest.approx(share)
    assert score_of(math.inf) == pytest.approx(1)
    assert score_of(-math.inf) == pytest.approx(0)
    scores = [score_of(x) for x in np.linspace(-50, 50, 101)]
    assert scores == sorted(scores)


def test_evidence_of_one_detector_is_capped(pulled: tuple[View, tuple[Finding, ...]]) -> None:
    v, (main,) = pulled
    young = np.arange(v.shape[1]) - main.evidence.since < YOUNG
    assert main.evidence.total.max() > CAP
    most = np.where(young, EPISODE, CAP)
    assert np.array_equal(add_evidence((main,), v.shape), np.minimum(main.evidence.total, most))
    assert {EPISODE, CAP} <= set(main.weight[place(v, "a")].tolist())
    assert add_evidence((main, main), v.shape).max() == 2 * CAP
    assert add_evidence((), v.shape).tolist() == np.zeros(v.shape).tolist()
