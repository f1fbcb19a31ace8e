"""The read that tipped the balance, by the times of all odd reads: obligations 5 and 6 of `_alerts`."""

from dataclasses import replace

import numpy as np
import pytest

from tests.detect.viewed import CHINA, DAY_US, FIRST, MINUTE, R, constant, judged, place, staff, view
from wayseal.detect._alerts import refine_tipping_time
from wayseal.detect._judge import MAIN, Finding, Longs, add_evidence
from wayseal.detect._view import View
from wayseal.detect._weigh import Said, weigh
from wayseal.detect.detectors import detectors
from wayseal.detect.peers import evidence

DAY = 9
READS = [
    *staff("abcdefgh", 14),
    *(R(actor="a", day=d, minute=700, n=60, waybill=5_000 + 100 * d) for d in range(7, 14)),
]
MAIN_ONE = next(d for d in detectors() if d.name == MAIN)


def at(minute: float) -> int:
    return (FIRST + DAY) * DAY_US + int(minute * MINUTE) - CHINA


def times_of(v: View, actor: str) -> Longs:
    """When the account's unexplained reads of the day came."""
    s = v.suspects
    out: Longs = s.at[(s.actor == place(v, actor)) & (s.day == DAY)]
    return out


def evidence_at(v: View, found: Finding, actor: str, n: int) -> float:
    """Weight of a detector out of suspects on the day's end, had there been n odd reads, and as many fewer in all."""
    a = place(v, actor)
    odd, base = found.odd.odd.copy(), found.odd.base.copy()
    if found.odd.among is not None:
        base[a, DAY] -= odd[a, DAY] - n
    odd[a, DAY] = n
    weighed = evidence(odd, base, v.group, found.usual, found.causes, found.cleared)
    nats, age = weighed.total[a : a + 1, DAY], DAY - weighed.since[a : a + 1, DAY]
    return float(weigh([Said(kind=found.kind, nats=nats, age=age)])[0][0])


@pytest.fixture(scope="module")
def pulled() -> tuple[View, Finding]:
    v = view(READS, 14)
    (main,) = judged(v, MAIN_ONE)
    return v, main


def test_1_the_first_read_that_is_enough(pulled: tuple[View, Finding]) -> None:
    v, main = pulled
    a, times = place(v, "a"), times_of(v, "a")
    yesterday, today = add_evidence((main,), v.shape)[a, [DAY - 1, DAY]]
    threshold = float(yesterday + today) / 2
    moment = refine_tipping_time(v, (main,), a, DAY, threshold, {MAIN: times})
    assert moment is not None
    n = int(np.searchsorted(times, moment, side="right"))
    assert 1 < n < len(times)
    assert evidence_at(v, main, "a", n - 1) < threshold <= evidence_at(v, main, "a", n)


def test_1_days_that_were_cleared_say_nothing(pulled: tuple[View, Finding]) -> None:
    v, open_ = pulled
    a, times = place(v, "a"), times_of(v, "a")
    cleared = np.zeros(v.shape, np.bool_)
    cleared[a, :DAY] = True
    (main,) = judged(v, MAIN_ONE, cleared=cleared)
    threshold = float(add_evidence((main,), v.shape)[a, DAY]) * 0.9
    early = refine_tipping_time(v, (replace(main, cleared=None),), a, DAY, threshold, {MAIN: times})
    moment = refine_tipping_time(v, (main,), a, DAY, threshold, {MAIN: times})
    assert moment is not None
    assert early is not None
    assert moment > early, "what was cleared would have tipped it at once"
    n = int(np.searchsorted(times, moment, side="right"))
    assert evidence_at(v, main, "a", n - 1) < threshold <= evidence_at(v, main, "a", n)
    assert open_.evidence.total[a, DAY] > main.evidence.total[a, DAY]


def test_2_detectors_without_times_count_with_the_day_before(pulled: tuple[View, Finding]) -> None:
    v, main = pulled
    a, times = place(v, "a"), times_of(v, "a")
    odd = np.zeros(v.shape, np.int64)
    odd[a, DAY - 2 :] = 9
    (other,) = judged(v, constant("canary_touch", odd, np.maximum(v.reads, odd).astype(float)))
    both = (main, other)
    assert other.weight[a, DAY - 1] > 0
    threshold = float(main.weight[a, DAY]) * 0.9
    alone, helped = (refine_tipping_time(v, found, a, DAY, threshold, {MAIN: times}) for found in ((main,), both))
    assert alone is not None
    assert helped is not None
    assert helped < alone
    more = float(add_evidence(both, v.shape)[a, DAY])
    assert main.weight[a, DAY] + other.weight[a, DAY - 1] < more
    assert refine_tipping_time(v, both, a, DAY, more, {MAIN: times}) is None, "only the day as a whole tips it"


def test_2_no_times_no_moment(pulled: tuple[View, Finding]) -> None:
    v, main = pulled
    a = place(v, "a")
    assert refine_tipping_time(v, (main,), a, DAY, 1.0, {}) is None
    assert refine_tipping_time(v, (main,), a, DAY, 1.0, {MAIN: np.zeros(0, np.int64)}) is None
    assert refine_tipping_time(v, (), a, DAY, 1.0, {MAIN: times_of(v, "a")}) is None


def test_a_first_day(pulled: tuple[View, Finding]) -> None:
    v, main = pulled
    first = np.array([at(0) - DAY * DAY_US], np.int64)
    assert refine_tipping_time(v, (main,), place(v, "a"), 0, -1.0, {MAIN: first}) == int(first[0])
    assert refine_tipping_time(v, (main,), place(v, "a"), 0, 99.0, {MAIN: first}) is None
