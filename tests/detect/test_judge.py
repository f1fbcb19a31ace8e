"""All detectors on a view (`_judge`)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tests.detect.viewed import PLAIN, WEAK, R, place, staff, view
from wayseal.detect._judge import MAIN, Finding, Peers, judge
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


def test_what_kind_each_detector_is_of() -> None:
    v, found = said(pulls("a", 30))
    assert {n for n, f in found.items() if f.sure} == {"canary_touch", "partner_contract"}
    assert {n for n, f in found.items() if not f.is_detail and not f.sure} == {MAIN, WEAKLY}
    counted_out = {n for n, f in found.items() if f.odd.among is not None}
    assert counted_out == {"number_walks", "before_pickup", "inhuman_tempo"}
    assert {f.evidence.total.shape for f in found.values()} == {v.shape}


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


def test_a_canary_says_all_it_may_at_once() -> None:
    v = view(staff("abcdefgh", DAYS), DAYS)
    odd = np.zeros(v.shape, np.int64)
    odd[place(v, "a"), BEGINS] = 1
    (found,) = judge(replace(v, external_counts={"canary_touch": odd}), [BY_NAME["canary_touch"]])
    least = found.odd.least
    assert least > 10
    assert found.evidence.total[place(v, "a"), BEGINS:].min() >= least
    assert found.evidence.total[place(v, "a"), :BEGINS].max() < 1
    assert judge(v, []) == ()
