"""When accounts, alone and together, are worth a look: the numbered obligations of `_link` and `_alerts`."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.detect.viewed import (
    CHINA,
    DAY_US,
    FIRST,
    MINUTE,
    WEAK,
    WORK,
    R,
    constant,
    judged,
    names,
    place,
    staff,
    view,
    with_fresh,
)
from wayseal.detect._alerts import AccountAlert, find_alerts, find_moment, learn_lift
from wayseal.detect._cases import CaseInputs, build_cases
from wayseal.detect._judge import FRESH, MAIN, Finding
from wayseal.detect._link import CLOSE, DAYS, LARGEST, LEAST, LEAST_READS, MOST, SPLITS, link_accounts
from wayseal.detect._result import Case
from wayseal.detect._score import LEVEL, find_odds, log_odds
from wayseal.detect._signals import Growth, Signals, measure_signals
from wayseal.detect._view import View
from wayseal.detect.detectors import detectors
from wayseal.model.arrays import Floats, Longs

NEAR = CLOSE / 60_000_000
PLACES = {"a": "x", "b": "y", "c": "z", "d": "x"}


def linked(v: View, *out: str) -> dict[tuple[str, ...], set[str]]:
    """Groups by their accounts; those of `out` don't stand out."""
    single = np.full(v.shape[0], LEAST)
    for actor in out:
        single[place(v, actor)] = LEAST - 0.01
    who = {place(v, a): a for a in "abcdefgh" if any(v.keys == np.uint64(10_000 - ord(a)))}
    return {tuple(sorted(who[k] for k in g.actors)): set(g.by) for g in link_accounts(v, single)}


def through(actor: str, k: int, **more: Any) -> R:
    """Odd reads at hours and of numbers that nobody shares."""
    given = {"n": LEAST_READS, "step": 50, **more}
    return R(actor=actor, day=k, minute=60 * k, waybill=1_000_000 * (k + 1), **given)


@pytest.mark.parametrize("kind", ["device", "ip"])
def test_2_a_common_device_or_address_of_several_places(kind: str) -> None:
    reads = [through(a, k, **{kind: 9}) for k, a in enumerate("abc")]
    assert linked(view(reads, places=PLACES)) == {("a", "b", "c"): {kind}}
    assert linked(view(reads, places=PLACES), "c") == {("a", "b"): {kind}}, "obligation 1"


@pytest.mark.parametrize("kind", ["device", "ip"])
def test_2_no_link_across_one_place(kind: str) -> None:
    reads = [through(a, k, **{kind: 9}) for k, a in enumerate("ad")]
    assert linked(view(reads, places=PLACES)) == {}
    assert linked(view(reads)) == {}, "nor where no place is known"


def test_2_a_few_reads_or_explained_ones_are_no_link() -> None:
    for change in ({"n": LEAST_READS - 1}, {"what": WEAK}, {"what": WORK}):
        reads = [through("a", 0, ip=9), through("b", 1, ip=9, **change)]
        assert linked(view([*reads, through("b", 2)], places=PLACES)) == {}


def test_2_an_address_that_everybody_has_is_none() -> None:
    reads = [through(a, k, ip=9) for k, a in enumerate("ab")]
    others = [R(actor=a, day=0, waybill=77 * k, what=WORK, ip=9) for k, a in enumerate("cdefg")]
    assert linked(view([*reads, *others[:2]], places=PLACES), *"cdefg"[:2]) == {("a", "b"): {"ip"}}
    assert linked(view([*reads, *others[:3]], places=PLACES), *"cde") == {}, "less than half of them stand out"


def daily(actor: str, minute: float, days: range, number: int) -> list[R]:
    """An odd read a day, each day at another hour, and a second one later."""
    return [
        r
        for d in days
        for r in (
            R(actor=actor, day=d, minute=minute + 97 * (d * 5 % 9), waybill=number + 1_000 * d),
            R(actor=actor, day=d, minute=1_000 + 40 * ord(actor) % 400, waybill=number + 1_000 * d + 500),
        )
    ]


def test_3_beginning_within_minutes_of_each_other() -> None:
    reads = [*daily("a", 60, range(8), 10**6), *daily("b", 60 + NEAR, range(8), 2 * 10**6)]
    assert linked(view(reads)) == {("a", "b"): {"rhythm"}}
    assert linked(view(reads), "b") == {}
    apart = [*daily("a", 60, range(8), 10**6), *daily("b", 60.5 + NEAR, range(8), 2 * 10**6)]
    assert linked(view(apart)) == {}


def test_3_few_days_or_less_than_half_of_them_are_no_rhythm() -> None:
    a = daily("a", 60, range(DAYS - 1), 10**6)
    assert linked(view([*a, *daily("b", 60, range(DAYS - 1), 2 * 10**6)])) == {}
    half = [*daily("b", 60, range(5), 2 * 10**6), *daily("b", 300, range(5, 10), 3 * 10**6)]
    assert linked(view([*daily("a", 60, range(10), 10**6), *half])) == {}


def test_3_shifts_that_begin_alike_every_day_are_chance() -> None:
    reads = [
        R(actor=a, day=d, minute=480 + k, waybill=10**6 * (k + 1) + 1_000 * d)
        for k, a in enumerate("abc")
        for d in range(14)
    ]
    assert linked(view(reads)) == {}


def test_4_numbers_that_are_split_between_them() -> None:
    reads = [R(actor="a", day=0, n=20, waybill=1_000, step=2), R(actor="b", day=1, n=20, waybill=1_001, step=2)]
    far = [R(actor=a, day=2, n=60, waybill=50_000 * (k + 1), step=50) for k, a in enumerate("cdef")]
    assert linked(view([*reads, *far])) == {("a", "b"): {"range"}}
    assert linked(view([R(actor="a", day=0, n=SPLITS, waybill=1_000, step=100), *reads[1:], *far])) == {}
    both = R(actor="b", day=3, waybill=1_002)
    assert linked(view([*reads, *far, both])) == {}, "one number was read by both"


def test_4_a_number_between_two_that_a_third_read_too() -> None:
    """All three read the same numbers: nothing is split, whoever stands next to whom in the order of numbers."""
    reads = [R(actor=a, day=k, n=40, waybill=1_000, step=2) for k, a in enumerate("abc")]
    far = [R(actor=a, day=3, n=200, waybill=50_000 * (k + 1), step=50) for k, a in enumerate("defg")]
    assert linked(view([*reads, *far])) == {}


def test_4_who_reads_much_has_neighbours_everywhere() -> None:
    much = [R(actor="a", day=d, n=700, minute=0, waybill=10_000 + 2_800 * d, step=4) for d in range(10)]
    others = [R(actor=b, day=3, n=12, waybill=10_002 + 4 * 17 * k, step=4 * 41) for k, b in enumerate("bcd")]
    assert linked(view([*much, *others])) == {}


def test_links_join_and_say_by_what() -> None:
    reads = [through("a", 0, device=9), through("b", 1, device=9), through("b", 2, ip=8), through("c", 3, ip=8)]
    v = view([*reads, *staff("gh", 5)], places={**PLACES, "g": "x", "h": "y"})
    assert linked(v, "g", "h") == {("a", "b", "c"): {"device", "ip"}}


def test_6_a_whole_hub_is_no_ring() -> None:
    for many, groups in ((LARGEST, [LARGEST]), (LARGEST + 1, [])):
        names = [chr(48 + n) for n in range(many)]
        reads = [replace(through(a, k % 12, ip=9), waybill=1_000_000 * (k + 1)) for k, a in enumerate(names)]
        v = view(reads, places={a: f"o{a}" for a in names})
        assert [len(group.actors) for group in link_accounts(v, np.full(v.shape[0], 3.0))] == groups


def test_nobody_and_one() -> None:
    assert link_accounts(view([]), np.zeros(0)) == ()
    one = view([through("a", 0)])
    assert link_accounts(one, np.full(1, 99.0)) == ()
    work = view(staff("ab", 3))
    assert link_accounts(work, np.full(2, 0.0)) == ()


def test_only_the_strongest_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST >= 1_000
    monkeypatch.setattr("wayseal.detect._link.MOST", 2)
    v = view([through(a, k, ip=9) for k, a in enumerate("abc")], places=PLACES)
    single = np.zeros(3)
    single[[place(v, a) for a in "abc"]] = 3.0, 5.0, 4.0
    (group,) = link_accounts(v, single)
    assert set(group.actors) == {place(v, "b"), place(v, "c")}


def test_a_day_has_the_length_that_the_rhythm_takes_it_for() -> None:
    late = [
        R(actor=a, day=d, minute=1_439.9, waybill=10**6 * (k + 1) + d * 1_000)
        for k, a in enumerate("ab")
        for d in range(9)
    ]
    assert view(late).suspects.at.max() % DAY_US
    assert linked(view(late)) == {}


def test_7_accounts_of_one_case_stay_linked() -> None:
    reads = [through(a, k) for k, a in enumerate("abcd")]
    v = view(reads, places=PLACES)
    single = np.full(v.shape[0], LEAST)
    single[place(v, "b")] = 0.0
    assert link_accounts(v, single) == ()
    told = [[place(v, "a"), place(v, "b")], [place(v, "c")], []]
    (group,) = link_accounts(v, single, told)
    assert set(group.actors) == {place(v, "a"), place(v, "b")}
    assert group.by == {"case"}


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
    found, without = find_alerts(
        v, Signals(actors=actors, odd=many, values={}, growth=NONE, middle=NONE.score[:0]), odds, first, budget
    )
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
    ((alert,), _) = find_alerts(
        v, Signals(actors=actors, odd=none, values={}, growth=NONE, middle=NONE.score[:0]), odds, 0, 1
    )
    assert alert.at == last, "the end of the hour, without a device"
    used = view([*PULLS, R(actor="a", day=DAY, minute=900, device=7, what=WORK)], 14)
    ((alert,), _) = find_alerts(
        used,
        Signals(actors=np.array([place(used, "a")]), odd=none, values={}, growth=NONE, middle=NONE.score[:0]),
        odds,
        0,
        1,
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


TEN = "abcdefghij"


def cases_of(v: View) -> dict[str, Case]:
    """What detection makes of a view, by account."""
    findings = with_fresh(judged(v, *detectors()))
    main = next(f.evidence.total.max(axis=1) for f in findings if f.name == MAIN)
    groups = link_accounts(v, main)
    signals = measure_signals(v, findings, groups, 0)
    odds = find_odds(signals.values)
    alerted, without = find_alerts(v, signals, odds, 0, 20)
    inputs = CaseInputs(view=v, findings=findings, signals=signals, odds=odds, names=names, first_day=0)
    return {a: case for case in build_cases(inputs, alerted, without, groups)[0] for a in case.actors}


def pulls(actor: str, days: Sequence[int], a_day: int = 200) -> list[R]:
    """Odd reads of new numbers, three a minute."""
    return [
        R(actor=actor, day=d, minute=640 + k / 3, waybill=40_000_000 * (1 + ord(actor) - 96) + 9_000 * d + 11 * k)
        for d in days
        for k in range(a_day)
    ]


def test_of_ten_accounts_the_one_who_pulls_is_first() -> None:
    found = cases_of(view([*staff(TEN, 14), *pulls("c", range(7, 14))], 14))
    assert next(iter(found)) == "c"
    assert found["c"].worth
    assert all(not case.worth for a, case in found.items() if a != "c")


def test_a_hole_in_the_log_hides_nobody() -> None:
    whole = [*staff(TEN, 28), *pulls("c", range(21, 28))]
    v = view([r for r in whole if not 8 <= r.day < 18], 28)
    assert not v.reads[:, 8:18].any()
    found = cases_of(v)
    assert found["c"].worth
    assert found["c"].course[0][0] - v.day >= 21
    assert all(not case.worth for a, case in found.items() if a != "c")


@pytest.mark.parametrize("a_day", [30, 300])
def test_where_everybody_pulls_scores_are_careful_and_finite(a_day: int) -> None:
    found = cases_of(view([*staff(TEN, 14), *(r for a in TEN for r in pulls(a, range(7, 14), a_day))], 14))
    alone = cases_of(view([*staff(TEN, 14), *pulls("c", range(7, 14), a_day)], 14))["c"]
    assert all(0 < case.score < 1 and np.isfinite(case.expected_loss) for case in found.values())
    assert max((case.score for case in found.values()), default=0.0) <= alone.score


def test_nobody_has_a_role() -> None:
    found = cases_of(view([*staff(TEN, 14), *pulls("c", range(7, 14))], 14, roles=dict.fromkeys(TEN, "")))
    assert found["c"].worth
    assert all(not case.worth for a, case in found.items() if a != "c")
