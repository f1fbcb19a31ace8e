"""From evidence to cases: who belongs together, why each stands out, and what fits into the budget."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.detect.viewed import CHINA, DAY_US, FIRST, R, constant, judged, names, place, staff, view, with_fresh
from wayseal.detect._alerts import AccountAlert
from wayseal.detect._cases import CaseInputs, build_cases
from wayseal.detect._judge import MAIN, Finding
from wayseal.detect._link import LinkedAccounts
from wayseal.detect._result import MOST_READS, Case
from wayseal.detect._score import BEYOND, base_of, find_odds, probability
from wayseal.detect._signals import GROWN, measure_signals
from wayseal.detect._view import View
from wayseal.detect.detectors import detectors
from wayseal.detect.peers import DailyEvidence
from wayseal.model.arrays import Floats

MAIN_ONE = next(d for d in detectors() if d.name == MAIN)
READS = [
    *staff("abcdefgh", 14),
    *(R(actor="a", day=d, minute=700, n=40, waybill=5_000 + 100 * d) for d in range(8, 14)),
    *(R(actor="b", day=d, minute=701, n=20, waybill=10_000 + 100 * d) for d in range(8, 14)),
]


def saying(found: Finding, total: Floats, name: str = "", since: int | None = None) -> Finding:
    """What a detector found, with other evidence. since: of all days, None: its own."""
    begun = found.evidence.since if since is None else np.full(total.shape, since, np.int64)
    return replace(found, name=name or found.name, evidence=DailyEvidence(total=total, since=begun))


@pytest.fixture(scope="module")
def world() -> tuple[View, Finding]:
    v = view(READS, 14, places={"a": "CQ-0231"})
    (main,) = judged(v, MAIN_ONE)
    return v, main


def ground(
    v: View, *found: Finding, first: int = 0, groups: Sequence[LinkedAccounts] = (), lift: float = 0.0
) -> CaseInputs:
    found = with_fresh(found)
    signals = measure_signals(v, found, groups, first)
    odds = find_odds(signals.values, lift)
    return CaseInputs(view=v, findings=found, signals=signals, odds=odds, names=names, first_day=first)


def alert(v: View, actor: str, day: int = 10) -> AccountAlert:
    return AccountAlert(actor=place(v, actor), day=day, at=at(day, 700))


def at(day: int, minute: int) -> int:
    return (FIRST + day) * DAY_US + minute * 60_000_000 - CHINA


def group(v: View, actors: str, *by: str) -> LinkedAccounts:
    return LinkedAccounts(actors=tuple(sorted(place(v, a) for a in actors)), by=frozenset(by))


def made(g: CaseInputs, alerted: Sequence[AccountAlert], groups: Sequence[LinkedAccounts] = ()) -> tuple[Case, ...]:
    return build_cases(g, alerted, frozenset(), groups)[0]


def test_a_case_of_one(world: tuple[View, Finding]) -> None:
    v, main = world
    g = ground(v, main)
    (case,) = made(g, [alert(v, "a")])
    (person,) = case.people
    assert (case.id, case.actors, case.by) == ("", ("a",), ())
    assert (person.role, person.place, person.alerted_at) == ("clerk", "CQ-0231", at(10, 700))
    assert case.alerted_at == at(10, 700)
    assert {r.detector for r in person.reasons} <= {MAIN, BEYOND}
    assert case.evidence == person.evidence == pytest.approx(sum(r.weight for r in person.reasons), abs=0.3)
    assert case.score == pytest.approx(probability(base_of(person.signals) + person.evidence)), "shares add up"
    assert case.parcels_a_day == case.reads / 7
    assert case.worth == (case.score >= 0.5)
    taught = ground(v, main, lift=2.0)
    (less,) = made(taught, [alert(v, "a")])
    assert less.score == pytest.approx(probability(base_of(person.signals) + person.evidence - 2.0))


def test_the_reads_are_those_since_it_began_to_stand_out(world: tuple[View, Finding]) -> None:
    v, main = world
    (case,) = made(ground(v, main), [alert(v, "a")])
    reason = next(r for r in case.people[0].reasons if r.detector == MAIN)
    s, a = v.suspects, place(v, "a")
    since = (reason.since + CHINA) // DAY_US - FIRST
    rows = np.flatnonzero((s.actor == a) & (s.day >= since))
    assert since <= 8
    assert case.reads == case.people[0].odd == len(rows)
    newest = sorted(rows.tolist(), key=lambda k: int(s.at[k]), reverse=True)
    assert case.waybills == tuple(str(int(s.waybill[k])) for k in newest)
    assert case.last_read == int(s.at[newest[0]]) <= case.until
    assert reason.value == reason.total_reads == len(rows)
    assert [r.waybill for r in reason.reads] == [str(int(s.waybill[k])) for k in newest[:MOST_READS][::-1]]
    assert {r.actor for r in reason.reads} == {"a"}
    assert reason.until == reason.reads[-1].at
    assert reason.values == {"days": len(set(s.day[rows].tolist()))}


def test_a_reason_that_counted_stays_and_goes_to_the_newest_read(world: tuple[View, Finding]) -> None:
    v, main = world
    total = np.zeros(v.shape)
    total[place(v, "a"), [2, 9, 10]] = 99.0, 12.0, 14.0
    (case,) = made(ground(v, saying(main, total), first=5), [alert(v, "a")])
    reason = next(r for r in case.people[0].reasons if r.detector == MAIN)
    assert reason.until == case.last_read > at(13, 0)
    assert reason.since == at(int(main.evidence.since[place(v, "a"), 10]), 0), "not that of the days before the window"


def test_the_course_of_a_score(world: tuple[View, Finding]) -> None:
    v, main = world
    g = ground(v, main)
    (case,) = made(g, [alert(v, "a", 9)])
    row = g.signals.row_of(place(v, "a"))
    assert case.course == tuple((v.day + d, probability(float(g.odds[row, d]))) for d in range(9, 14))
    assert case.course[-1][1] == case.score
    reason = next(r for r in case.people[0].reasons if r.detector == MAIN)
    assert reason.before < reason.weight, "what moved it"
    (on_its_day,) = made(g, [alert(v, "a", 13)])
    assert [(r.before, len(on_its_day.course)) for r in on_its_day.people[0].reasons] == [
        (r.weight, 1) for r in on_its_day.people[0].reasons
    ]


def test_who_reads_far_more_than_the_role_is_told_so() -> None:
    much = [R(actor="h", day=d, minute=800, n=900, waybill=700_000 + 1_000 * d, what="mandate") for d in range(8, 14)]
    v = view([*READS, *much], 14)
    (main,) = judged(v, MAIN_ONE)
    (case,) = made(ground(v, main), [alert(v, "h")])
    reasons = {reason.detector: reason for reason in case.people[0].reasons}
    assert set(reasons) == {BEYOND, GROWN}
    reason = reasons[BEYOND]
    assert reason.value == int(v.first[place(v, "h")].sum())
    assert reason.peers[1] < reason.value / 5
    assert (case.reads, reason.total_reads) == (0, 0)
    assert case.parcels_a_day >= (reason.value - reason.peers[1]) / 14, "what is beyond the role may be lost"


def test_peers_are_told_by_quantiles_without_the_account_itself() -> None:
    reads = [R(actor="a", day=d, n=50, waybill=10**6 + 100 * d) for d in range(4)]
    counts = {x: k for k, x in enumerate("bcdefghijklmnopqrstuv")}
    reads += [R(actor=x, day=3, minute=0, n=k, waybill=10_000 * (k + 1)) for x, k in counts.items() if k]
    reads += [R(actor=x, day=3, minute=0, waybill=9_000 + k, what="work") for x, k in counts.items()]
    v = view(reads, 4)
    odd = v.count(v.suspects.plain)
    (found,) = judged(v, constant("two_places_at_once", odd, np.maximum(v.reads, 1).astype(float)))
    total = np.zeros(v.shape)
    total[place(v, "a")] = 12.0
    found = saying(found, total, since=0)
    (case,) = made(ground(v, found), [alert(v, "a", 3)])
    reason = next(r for r in case.people[0].reasons if r.detector == "two_places_at_once")
    assert (reason.value, reason.peers) == (200, (1, 19))
    assert (reason.since, reason.until) == (at(0, 0), at(3, 11 * 60) - 1), "the end of the hour of its last read"
    assert (reason.reads, reason.total_reads) == ((), 0)
    alone = view(reads[:4], 4)
    odd = np.full(alone.shape, 3)
    (found,) = judged(alone, constant("two_places_at_once", odd, odd.astype(float)))
    found = saying(found, np.full(alone.shape, 12.0), since=0)
    (case,) = made(ground(alone, found), [alert(alone, "a", 3)])
    assert case.people[0].reasons[0].peers == (0, 0), "nobody to compare with"


def test_reasons_come_by_weight_and_weak_ones_not_at_all(world: tuple[View, Finding]) -> None:
    v, main = world

    def says(name: str, nats: float) -> Finding:
        return saying(main, np.full(v.shape, nats), name)

    some = says("unusual_hour", 2.4), says("partner_contract", 3.0), says("canary_touch", 9.0), says("own_tickets", 3.0)
    (case,) = made(ground(v, *some), [alert(v, "a")])
    told = [(r.detector, r.weight) for r in case.people[0].reasons if r.detector != BEYOND]
    assert told[:2] == [("canary_touch", 9.0), ("partner_contract", 3.0)], "what is sure counts as it is"
    assert [name for name, _ in told[2:]] == ["own_tickets"]
    assert 0 < told[2][1] < 3.0


def test_linked_accounts_are_one_case(world: tuple[View, Finding]) -> None:
    v, main = world
    both = [group(v, "ab", "rhythm", "ip")]
    g = ground(v, main, groups=both)
    (case,) = made(g, [alert(v, "b", 11), alert(v, "a", 10)], both)
    now = {x: float(g.odds[g.signals.row_of(place(v, x)), -1]) for x in "ab"}
    assert case.actors == tuple(sorted("ab", key=lambda x: -now[x]))
    assert case.by == ("ip", "rhythm")
    assert case.evidence == case.people[0].evidence == max(p.evidence for p in case.people)
    assert case.score == pytest.approx(probability(max(now.values())))
    assert case.alerted_at == at(10, 700)
    assert [p.alerted_at for p in sorted(case.people, key=lambda p: p.actor)] == [at(10, 700), at(11, 700)]
    assert case.reads == sum(p.odd for p in case.people) == len(case.waybills)


def test_an_alerted_account_brings_those_linked_to_it(world: tuple[View, Finding]) -> None:
    v, main = world
    (case,) = made(ground(v, main), [alert(v, "a")], [group(v, "ab", "device")])
    assert sorted(case.actors) == ["a", "b"]
    assert [p.alerted_at for p in case.people if p.actor != "a"] == [None]


def test_what_most_is_lost_by_comes_first(world: tuple[View, Finding]) -> None:
    v, main = world
    cases = made(ground(v, main), [alert(v, x) for x in "ba"])
    assert [c.actors for c in cases] == [("a",), ("b",)]
    assert cases[0].parcels_a_day > 1.5 * cases[1].parcels_a_day
    assert [c.expected_loss for c in cases] == [c.score * c.parcels_a_day for c in cases]


def test_who_found_no_room_and_is_in_no_case_is_counted(world: tuple[View, Finding]) -> None:
    v, main = world
    without = frozenset(place(v, x) for x in "bcd")
    found, held = build_cases(ground(v, main), [alert(v, "a")], without, [group(v, "ab", "ip")])
    assert (len(found), held) == (1, 2)


def test_no_case_without_an_alert(world: tuple[View, Finding]) -> None:
    v, main = world
    assert build_cases(ground(v, main), [], frozenset(), []) == ((), 0)


def test_an_account_without_the_main_detector_has_no_odd_reads(world: tuple[View, Finding]) -> None:
    v, main = world
    other = replace(main, name="canary_touch")
    (case,) = made(ground(v, other), [alert(v, "a")])
    assert (case.reads, case.waybills, case.last_read) == (0, (), 0)
    assert case.until >= case.alerted_at
