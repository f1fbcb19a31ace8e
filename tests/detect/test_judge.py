"""What each detector may say at most, and what they may say together (`_judge`)."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from tests.detect.making import CHINA
from tests.detect.viewed import PLAIN, WEAK, R, constant, place, staff, view
from tests.detect.views import Seen, facts_of_reads, look, seen, told_by
from tests.effort import examples
from wayseal.detect._judge import CAP, EPISODE, MAIN, OFTEN, YOUNG, Finding, add_evidence, cap_evidence, judge
from wayseal.detect._unknown_work import find_unknown_work
from wayseal.detect._view import View
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


# --- a detector alone ---


def test_an_episode_says_less_than_a_story_that_goes_on() -> None:
    ages = np.arange(6)
    assert cap_evidence(MAIN, np.full(6, 99.0), ages).tolist() == [EPISODE] * YOUNG + [CAP] * (6 - YOUNG)
    assert cap_evidence(MAIN, np.full(6, 3.0), ages).tolist() == [3.0] * 6
    less = math.log(1 - OFTEN + OFTEN * math.exp(3.0))
    assert cap_evidence("heavy_actions", np.full(6, 3.0), ages).tolist() == pytest.approx([less] * 6)
    assert cap_evidence("heavy_actions", np.full(6, 99.0), ages).tolist() == [EPISODE] * YOUNG + [CAP] * (6 - YOUNG)


def test_first_an_episode_then_a_story() -> None:
    v, found = said(pulls("a", 300))
    main, a = found[MAIN], place(v, "a")
    since = int(main.evidence.since[a, BEGINS])
    assert since == BEGINS
    assert main.evidence.total[a, BEGINS] > CAP
    assert main.weight[a, BEGINS:].tolist() == [EPISODE] * YOUNG + [CAP] * (DAYS - BEGINS - YOUNG)


def test_whoever_helped_for_two_days_stays_an_episode_while_nothing_follows() -> None:
    v, found = said([*pulls("a", 300, days=(BEGINS,)), *pulls("b", 300, days=(BEGINS, BEGINS + 1))])
    for actor, last in (("a", BEGINS), ("b", BEGINS + 1)):
        assert found[MAIN].weight[place(v, actor), last] == EPISODE


# --- what is counted out of the unexplained reads ---


def test_walks_batches_and_early_reads_say_no_more_than_the_reads_they_are_counted_from() -> None:
    """A few reads a day that do all of it at once: each detail alone would say more than the reads."""
    batch = pulls("a", 9, step=1, minute=11 * 60, early=True)
    v, found = said(
        [replace(r, minute=r.minute + k / 600, n=1, waybill=r.waybill + k) for r in batch for k in range(r.n)]
    )
    a, main = place(v, "a"), found[MAIN]
    loud = [f for f in details(found) if f.evidence.total[a].max() > main.weight[a].max()]
    assert {"number_walks", "before_pickup"} <= {f.name for f in loud}
    for day in range(DAYS):
        whole = add_evidence(details(found), v.shape)[a, day]
        alone = sum(replace(f, part=None).weight[a, day] for f in details(found))
        assert whole == pytest.approx(min(alone, main.weight[a, day]))


def test_details_of_which_each_says_little_are_added() -> None:
    v, found = said(pulls("a", 30, step=1))
    a = place(v, "a")
    day = BEGINS + 5
    alone = [replace(f, part=None).weight[a, day] for f in details(found)]
    assert 0 < sum(alone) <= found[MAIN].weight[a, day]
    assert [f.weight[a, day] for f in details(found)] == pytest.approx(alone)


def test_details_are_weighed_given_that_the_reads_are_not_explained() -> None:
    """What no table knows is told by the reads, not by each detail of them."""
    v, found = said(pulls("a", 30, step=1))
    unexplained = find_unknown_work(v, v.count(v.suspects.plain))
    for finding in found.values():
        own = finding.name != MAIN and finding.odd.among is None
        expected = find_unknown_work(v, finding.odd.odd) if own else unexplained
        assert np.array_equal(finding.unknown, expected), finding.name


# --- weak and plain ---


def weakly(a_day: int, plain: int) -> tuple[float, float, float]:
    """Weights of both and of the weak ones alone, at the end, of one who reads so many of each."""
    v, found = said([*(pulls("a", a_day, WEAK) if a_day else []), *(pulls("a", plain, minute=900) if plain else [])])
    a, weak = place(v, "a"), found[WEAKLY]
    return found[MAIN].weight[a, -1], weak.weight[a, -1], replace(weak, part=None).weight[a, -1]


def test_what_is_weakly_explained_and_what_is_not_say_no_more_than_one() -> None:
    assert weakly(0, 300) == pytest.approx((CAP, 0.0, 0.0))
    main, weak, _ = weakly(300, 0)
    assert main < 1
    assert weak + main == pytest.approx(CAP)
    main, weak, alone = weakly(300, 300)
    assert (main, alone) == (CAP, CAP)
    assert weak == pytest.approx(0)


def test_what_is_weakly_explained_says_what_is_left_by_the_others() -> None:
    main, weak, alone = weakly(300, 12)
    assert 1 < main < CAP
    assert alone == CAP
    assert main + weak == pytest.approx(CAP)
    main, weak, alone = weakly(1, 2)
    assert main + alone < CAP
    assert weak == pytest.approx(alone) != 0


def test_young_evidence_of_both_is_an_episode_too() -> None:
    v, found = said([*pulls("a", 300, WEAK), *pulls("a", 300, minute=900)])
    both = add_evidence([found[MAIN], found[WEAKLY]], v.shape)[place(v, "a")]
    assert both[BEGINS:] == pytest.approx([EPISODE] * YOUNG + [CAP] * (DAYS - BEGINS - YOUNG))


# --- whatever is read ---


@examples(30, quick=12)
@given(seen(7))
def test_nothing_says_more_than_it_may(reads: list[Seen]) -> None:
    v = told_by(look(facts_of_reads(reads, CHINA), 7))
    found = {f.name: f for f in judge(v, ALL)}
    main = found[MAIN].weight
    assert np.all((main >= 0) & (main <= CAP))
    assert np.all(add_evidence(details(found), v.shape) <= main + 1e-9)
    assert np.all(main + found[WEAKLY].weight <= CAP + 1e-9)
    for finding in found.values():
        assert np.all((finding.weight >= 0) & (finding.weight <= CAP))
        cells = [[finding.weight_on(a, d) for d in range(v.shape[1])] for a in range(v.shape[0])]
        assert np.array_equal(np.array(cells).reshape(v.shape), finding.weight)


def test_without_the_main_detector_all_count_as_they_are() -> None:
    v = view([*staff("abcdefgh", DAYS), *pulls("a", 30, step=1)], DAYS)
    found = judge(v, [d for d in ALL if d.name != MAIN])
    assert {f.part is None for f in found} == {True}
    assert add_evidence(found, v.shape)[place(v, "a"), -1] > 1
    assert judge(v, []) == ()


def test_what_is_about_other_reads_is_added_in_full() -> None:
    v = view([*staff("abcdefgh", DAYS), *pulls("a", 300)], DAYS)
    odd = np.zeros(v.shape, np.int64)
    odd[place(v, "a"), BEGINS:] = 50
    other = constant("heavy_actions", odd, np.maximum(v.reads, odd).astype(float))
    found = judge(v, [BY_NAME[MAIN], other])
    assert add_evidence(found, v.shape)[place(v, "a"), -1] == 2 * CAP
