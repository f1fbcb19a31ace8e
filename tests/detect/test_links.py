"""Accounts that pull together: the numbered obligations of `_link`."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.detect.viewed import DAY_US, WEAK, WORK, R, place, staff, view
from wayseal.detect._link import CLOSE, DAYS, LARGEST, LEAST, LEAST_READS, MOST, SPLITS, link_accounts
from wayseal.detect._view import View

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
