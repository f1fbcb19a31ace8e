"""From evidence to cases: who belongs together, why each stands out, and what fits into the budget."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.detect.viewed import CHINA, DAY_US, FIRST, R, constant, judged, names, place, staff, view
from wayseal.detect._alerts import THRESHOLD, AccountAlert, score_of
from wayseal.detect._cases import CaseInputs, build_cases
from wayseal.detect._judge import MAIN, Finding, Floats, add_evidence
from wayseal.detect._link import COST, LinkedAccounts
from wayseal.detect._result import MOST_READS, Case
from wayseal.detect._view import View
from wayseal.detect._weigh import EPISODE, OFTEN, weigh
from wayseal.detect.detectors import detectors
from wayseal.detect.peers import DailyEvidence

MAIN_ONE = next(d for d in detectors() if d.name == MAIN)
READS = [
    *staff("abcdefgh", 14),
    *(R(actor="a", day=d, minute=700, n=40, waybill=5_000 + 100 * d) for d in range(8, 14)),
    *(R(actor="b", day=d, minute=701, n=20, waybill=10_000 + 100 * d) for d in range(8, 14)),
]


def saying(found: Finding, total: Floats, name: str = "", since: int | None = None) -> Finding:
    """What a detector found, with other evidence, weighed alone. since: of all days, None: its own."""
    begun = found.evidence.since if since is None else np.full(total.shape, since, np.int64)
    weighed = DailyEvidence(total=total, since=begun)
    other = replace(found, name=name or found.name, evidence=weighed)
    return replace(other, weight=weigh([other.said()])[0])


@pytest.fixture(scope="module")
def world() -> tuple[View, Finding]:
    v = view(READS, 14, places={"a": "CQ-0231"})
    (main,) = judged(v, MAIN_ONE)
    return v, main


def ground(
    v: View, *found: Finding, first: int = 0, threshold: float = THRESHOLD, total: Floats | None = None
) -> CaseInputs:
    return CaseInputs(
        view=v,
        findings=found,
        total=add_evidence(found, v.shape) if total is None else total,
        threshold=np.full(v.shape[0], threshold),
        names=names,
        first_day=first,
    )


def alert(v: View, actor: str, day: int = 10) -> AccountAlert:
    return AccountAlert(actor=place(v, actor), day=day, at=at(day, 700), evidence=12.0)


def at(day: int, minute: int) -> int:
    return (FIRST + day) * DAY_US + minute * 60_000_000 - CHINA


def group(v: View, actors: str, *by: str) -> LinkedAccounts:
    return LinkedAccounts(actors=tuple(sorted(place(v, a) for a in actors)), by=frozenset(by))


def made(
    g: CaseInputs, alerted: Sequence[AccountAlert], groups: Sequence[LinkedAccounts] = (), budget: int = 20
) -> tuple[Case, ...]:
    return build_cases(g, alerted, frozenset(), groups, budget)[0]


def test_a_case_of_one(world: tuple[View, Finding]) -> None:
    v, main = world
    g = ground(v, main)
    (case,) = made(g, [alert(v, "a")])
    (person,) = case.people
    assert (case.id, case.actors, case.by) == ("", ("a",), ())
    assert (person.role, person.place, person.alerted_at) == ("clerk", "CQ-0231", at(10, 700))
    assert case.alerted_at == at(10, 700)
    assert case.evidence == person.evidence == pytest.approx(g.total[place(v, "a")].max())
    assert case.score == score_of(case.evidence)
    assert [r.detector for r in person.reasons] == [MAIN]


def test_the_reads_are_those_since_it_began_to_stand_out(world: tuple[View, Finding]) -> None:
    v, main = world
    (case,) = made(ground(v, main), [alert(v, "a")])
    (reason,) = case.people[0].reasons
    s, a = v.suspects, place(v, "a")
    since = (reason.since + CHINA) // DAY_US - FIRST
    rows = np.flatnonzero((s.actor == a) & (s.day >= since))
    assert since <= 8
    assert case.reads == case.people[0].odd == len(rows)
    newest = sorted(rows.tolist(), key=lambda k: int(s.at[k]), reverse=True)
    assert case.waybills == tuple(str(int(s.waybill[k])) for k in newest)
    assert case.last_read == int(s.at[newest[0]]) == case.until
    assert reason.value == reason.total_reads == len(rows)
    assert [r.waybill for r in reason.reads] == [str(int(s.waybill[k])) for k in newest[:MOST_READS][::-1]]
    assert {r.actor for r in reason.reads} == {"a"}
    assert reason.until == reason.reads[-1].at
    assert reason.values == {"days": 14 - since}


def test_the_peak_is_the_last_of_the_strongest_days_in_the_window(world: tuple[View, Finding]) -> None:
    v, main = world
    total = np.zeros(v.shape)
    total[place(v, "a"), [2, 9, 11, 12]] = 99.0, 12.0, 14.0, 14.0
    (case,) = made(ground(v, main, first=5, total=total), [alert(v, "a")])
    (reason,) = case.people[0].reasons
    assert case.evidence == 14.0
    assert reason.until < at(13, 0)
    assert at(12, 0) < reason.until


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
    (reason,) = case.people[0].reasons
    assert (reason.value, reason.peers) == (200, (1, 19))
    assert (reason.since, reason.until) == (at(0, 0), at(4, 0) - 1)
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

    less = math.log(1 - OFTEN + OFTEN * math.exp(3.0))
    (case,) = made(ground(v, says("x", 0.49), says("y", 3.0), says("z", 99.0), says("b", 3.0)), [alert(v, "a")])
    told = [(r.detector, r.weight) for r in case.people[0].reasons]
    assert told == [("z", EPISODE), ("b", pytest.approx(less)), ("y", pytest.approx(less))]


def test_linked_accounts_are_one_case(world: tuple[View, Finding]) -> None:
    v, main = world
    g = ground(v, main)
    (case,) = made(g, [alert(v, "b", 11), alert(v, "a", 10)], [group(v, "ab", "rhythm", "ip")])
    best = {x: float(g.total[place(v, x)].max()) for x in "ab"}
    assert case.actors == tuple(sorted("ab", key=lambda x: (-best[x], place(v, x))))
    assert case.by == ("ip", "rhythm")
    assert case.evidence == pytest.approx(best["a"] + best["b"] - COST)
    assert case.alerted_at == at(10, 700)
    assert [p.alerted_at for p in sorted(case.people, key=lambda p: p.actor)] == [at(10, 700), at(11, 700)]
    assert case.reads == sum(p.odd for p in case.people) == len(case.waybills)


def test_an_alerted_account_brings_those_linked_to_it(world: tuple[View, Finding]) -> None:
    v, main = world
    (case,) = made(ground(v, main), [alert(v, "a")], [group(v, "abc", "device")])
    assert sorted(case.actors) == ["a", "b", "c"]
    assert [p.alerted_at for p in case.people if p.actor != "a"] == [None, None]


def test_linked_accounts_that_together_reach_what_none_reaches_alone(world: tuple[View, Finding]) -> None:
    v, main = world
    total = np.zeros(v.shape)
    for actor, day in (("a", 9), ("b", 11), ("c", 12)):
        total[place(v, actor), day] = 5.0
    enough = 15.0 - 2 * COST
    assert made(ground(v, main, total=total, threshold=enough + 0.01), [], [group(v, "abc", "range")]) == ()
    (case,) = made(ground(v, main, total=total, threshold=enough), [], [group(v, "abc", "range")])
    assert case.evidence == enough
    assert case.score == score_of(enough, enough)
    assert case.alerted_at == max(r.until for p in case.people for r in p.reasons), "no sooner than all of it was there"
    assert made(ground(v, main, total=total, threshold=5.0), [], [group(v, "a", "range")]) != ()


def test_cases_come_by_strength(world: tuple[View, Finding]) -> None:
    v, main = world
    total = np.zeros(v.shape)
    for k, actor in enumerate("abcd"):
        total[place(v, actor), 10] = 10 + (k * 7) % 4
    cases = made(ground(v, main, total=total), [alert(v, x) for x in "abcd"])
    assert [c.evidence for c in cases] == [13, 12, 11, 10]


def test_joint_cases_need_room_in_the_budget_of_their_day(world: tuple[View, Finding]) -> None:
    v, main = world
    total = np.zeros(v.shape)
    for actor in "abcdefgh":
        total[place(v, actor), 13] = 6.0
    total[place(v, "g"), 13] = total[place(v, "h"), 13] = 7.0
    g = ground(v, main, total=total)
    groups = [group(v, "ab", "ip"), group(v, "cd", "ip"), group(v, "gh", "ip")]
    for budget, actors in ((1, "gh"), (2, ""), (3, "abcdgh")):
        found, held = build_cases(g, [], frozenset(), groups, budget)
        assert (len(found), held) == (budget, 3 - budget)
        assert set(found[0].actors) == {"g", "h"}
        assert not actors or "".join(sorted(a for c in found for a in c.actors)) == actors
    day = next(c for c in build_cases(g, [], frozenset(), groups[2:], 1)[0]).alerted_at
    taken = AccountAlert(actor=place(v, "e"), day=13, at=day - 1, evidence=10.0)
    found, held = build_cases(g, [taken], frozenset(), groups[2:], 1)
    assert ([c.actors for c in found], held) == ([("e",)], 1), "whoever was alerted that day has the room"


def test_who_found_no_room_and_is_in_no_case_is_counted(world: tuple[View, Finding]) -> None:
    v, main = world
    without = frozenset(place(v, x) for x in "bcd")
    found, held = build_cases(ground(v, main), [alert(v, "a")], without, [group(v, "ab", "ip")], 20)
    assert (len(found), held) == (1, 2)


def test_no_case_without_an_alert(world: tuple[View, Finding]) -> None:
    v, main = world
    assert build_cases(ground(v, main), [], frozenset(), [], 20) == ((), 0)


def test_an_account_without_the_main_detector_has_no_odd_reads(world: tuple[View, Finding]) -> None:
    v, main = world
    other = replace(main, name="heavy_actions")
    (case,) = made(ground(v, other), [alert(v, "a")])
    assert (case.reads, case.waybills, case.last_read) == (0, (), 0)
    assert case.until >= case.alerted_at
