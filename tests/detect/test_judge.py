"""All detectors on a view, weighed together (`_judge`)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from tests.detect.making import CHINA
from tests.detect.viewed import PLAIN, WEAK, R, constant, place, staff, view
from tests.detect.views import Seen, facts_of_reads, look, seen, told_by
from tests.effort import examples
from wayseal.detect._judge import MAIN, Finding, add_evidence, judge
from wayseal.detect._unknown_work import Peers
from wayseal.detect._view import View
from wayseal.detect._weigh import CAP, EPISODE, YOUNG, Kind, weigh
from wayseal.detect.detectors import detectors

BEGINS = 8
DAYS = 18
ALL = detectors()
BY_NAME = {d.name: d for d in ALL}
WEAKLY = "responsibility_only"


def pulls(actor: str, a_day: int, what: str = PLAIN, days: Sequence[int] = range(BEGINS, DAYS), step: int = 50,
          minute: float = 700.0, early: bool = False) -> list[R]:  # fmt: skip
    """So many reads a day, a minute after another, of numbers that lie apart by `step`."""
    start = 100_000 * ord(actor) + (50_000 if what == WEAK else 0)
    return [
        R(actor=actor, day=d, minute=minute, n=a_day, waybill=start + 10_000_000 * d, step=step, what=what, early=early)
        for d in days
    ]  # fmt: skip


def said(rows: Sequence[R]) -> tuple[View, dict[str, Finding]]:
    v = view([*staff("abcdefgh", DAYS), *rows], DAYS)
    return v, {f.name: f for f in judge(v, ALL)}


def details(found: dict[str, Finding]) -> list[Finding]:
    return [f for f in found.values() if f.odd.among is not None]


def alone(finding: Finding, actor: int, day: int) -> float:
    """What it would say if there were no other detector."""
    return float(weigh([finding.said()])[0][actor, day])


def test_what_kind_each_detector_is_of() -> None:
    v, found = said(pulls("a", 30))
    kinds = {name: f.kind for name, f in found.items()}
    assert kinds[MAIN] == Kind.STORY
    assert kinds[WEAKLY] == Kind.WEAK
    assert {n for n, k in kinds.items() if k is Kind.SURE} == {"canary_touch", "partner_contract"}
    counted_out = {"number_walks", "stock_rhythm", "before_pickup", "inhuman_tempo"}
    assert {n for n, k in kinds.items() if k is Kind.DETAIL} == counted_out == {f.name for f in details(found)}
    assert {f.weight.shape for f in found.values()} == {v.shape}


def test_first_an_episode_then_a_story() -> None:
    v, found = said([*pulls("a", 300), *pulls("b", 300, days=(BEGINS,)), *pulls("c", 300, days=(BEGINS, BEGINS + 1))])
    main, a = found[MAIN], place(v, "a")
    assert main.evidence.since[a, BEGINS] == BEGINS
    assert main.evidence.total[a, BEGINS] > CAP
    assert main.weight[a, BEGINS:].tolist() == [EPISODE] * YOUNG + [CAP] * (DAYS - BEGINS - YOUNG)
    for actor, last in (("b", BEGINS), ("c", BEGINS + 1)):
        assert main.weight[place(v, actor), last] == EPISODE


def test_walks_batches_and_early_reads_say_no_more_than_the_reads_they_are_counted_from() -> None:
    """A few reads a day that do all of it at once: each detail alone would say more than the reads."""
    batch = pulls("a", 10, step=1, minute=11 * 60, early=True)
    rows = [replace(r, minute=r.minute + k / 600, n=1, waybill=r.waybill + k) for r in batch for k in range(r.n)]
    v, found = said(rows)
    a, main = place(v, "a"), found[MAIN]
    loud = {f.name for f in details(found) if f.evidence.total[a].max() > main.weight[a].max()}
    assert {"number_walks", "before_pickup"} <= loud
    for day in range(BEGINS + YOUNG, DAYS):
        whole = add_evidence(details(found), v.shape)[a, day]
        assert whole == pytest.approx(min(sum(alone(f, a, day) for f in details(found)), main.weight[a, day]))


def test_details_of_which_each_says_little_are_added() -> None:
    v, found = said(pulls("a", 30, step=1))
    a, day = place(v, "a"), BEGINS + 5
    each = [alone(f, a, day) for f in details(found)]
    assert 0 < sum(each) <= found[MAIN].weight[a, day]
    assert [f.weight[a, day] for f in details(found)] == pytest.approx(each)


def test_details_are_weighed_given_that_the_reads_are_not_explained() -> None:
    """What no table knows is told by the reads, not by each detail of them."""
    others = [replace(r, waybill=r.waybill + 40_000) for r in pulls("a", 10, minute=900)]
    v, found = said([*pulls("a", 26, step=1), *others])
    peers = Peers(v)
    for finding in found.values():
        own = finding.name != MAIN and finding.odd.among is None
        odd = finding.odd.odd if own else v.count(v.suspects.plain)
        causes = peers.find_causes(odd)
        for name in ("unknown", "steady", "shared"):
            assert np.array_equal(getattr(finding.causes, name), getattr(causes, name)), finding.name


def weakly(a_day: int, plain: int) -> tuple[float, float, float]:
    """Weights of both and of the weak ones alone, at the end, of one who reads so many of each."""
    v, found = said([*(pulls("a", a_day, WEAK) if a_day else []), *(pulls("a", plain, minute=900) if plain else [])])
    a, weak = place(v, "a"), found[WEAKLY]
    return found[MAIN].weight[a, -1], weak.weight[a, -1], alone(weak, a, DAYS - 1)


def test_what_is_weakly_explained_and_what_is_not_say_no_more_than_one() -> None:
    assert weakly(0, 300) == pytest.approx((CAP, 0.0, 0.0))
    main, weak, by_itself = weakly(300, 0)
    assert main == pytest.approx(0)
    assert weak == by_itself
    assert weak > 1
    assert weakly(300, 300)[:2] == pytest.approx((CAP, 0.0))


def test_what_is_weakly_explained_says_what_is_left_by_the_others() -> None:
    main, weak, by_itself = weakly(300, 16)
    assert 1 < main < CAP < main + by_itself
    assert main + weak == pytest.approx(CAP)
    main, weak, by_itself = weakly(1, 2)
    assert main + by_itself < CAP
    assert weak == by_itself > 0


def test_young_evidence_of_both_is_an_episode_too() -> None:
    v, found = said([*pulls("a", 300, WEAK), *pulls("a", 300, minute=900)])
    both = add_evidence([found[MAIN], found[WEAKLY]], v.shape)[place(v, "a")]
    assert both[BEGINS:] == pytest.approx([EPISODE] * YOUNG + [CAP] * (DAYS - BEGINS - YOUNG))


@examples(30, quick=12)
@given(seen(7))
def test_nothing_says_more_than_it_may(reads: list[Seen]) -> None:
    v = told_by(look(facts_of_reads(reads, CHINA), 7))
    found = {f.name: f for f in judge(v, ALL)}
    main = found[MAIN].weight
    assert np.all(add_evidence(details(found), v.shape) <= main + 1e-9)
    assert np.all(main + found[WEAKLY].weight <= CAP + 1e-9)
    for finding in found.values():
        assert np.all((finding.weight >= 0) & (finding.weight <= CAP)), finding.name


def test_without_the_main_detector_details_count_as_they_are() -> None:
    v = view([*staff("abcdefgh", DAYS), *pulls("a", 30, step=1)], DAYS)
    found = judge(v, [d for d in ALL if d.name != MAIN])
    a, last = place(v, "a"), DAYS - 1
    for finding in details({f.name: f for f in found}):
        assert finding.weight[a, last] == alone(finding, a, last)
    assert add_evidence(found, v.shape)[a, last] > 1
    assert judge(v, []) == ()


def test_a_canary_says_all_it_may_at_once() -> None:
    v = view(staff("abcdefgh", DAYS), DAYS)
    odd = np.zeros(v.shape, np.int64)
    odd[place(v, "a"), BEGINS] = 1
    (found,) = judge(replace(v, external_counts={"canary_touch": odd}), [BY_NAME["canary_touch"]])
    assert found.weight[place(v, "a"), BEGINS:].tolist() == [CAP] * (DAYS - BEGINS)
    assert found.weight[place(v, "a"), :BEGINS].max() < 1


def test_circumstances_are_about_other_reads_and_come_on_top() -> None:
    v = view([*staff("abcdefgh", DAYS), *pulls("a", 300)], DAYS)
    odd = np.zeros(v.shape, np.int64)
    odd[place(v, "a"), BEGINS:] = 50
    other = constant("heavy_actions", odd, np.maximum(v.reads, odd).astype(float))
    main, more = judge(v, [BY_NAME[MAIN], other])
    assert add_evidence([main, more], v.shape)[place(v, "a"), -1] == CAP + EPISODE
