"""What there is to say of accounts: the numbered obligations of `_signals`."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.detect.viewed import CHINA, DAY_US, FIRST, MANDATE, WEAK, R, constant, judged, place, staff, view, with_fresh
from wayseal.detect._judge import FRESH, MAIN, RESPONSIBILITY, Finding
from wayseal.detect._link import LinkedAccounts
from wayseal.detect._score import shares_of
from wayseal.detect._signals import GROWN, NOW, TOLD_BY, Signals, measure_signals, stand_out
from wayseal.detect._view import View
from wayseal.detect.detectors import detectors
from wayseal.detect.peers import WEEKS, DailyEvidence

DAYS = 14
MAIN_ONE = next(d for d in detectors() if d.name == MAIN)
READS = [
    *staff("abcdefgh", DAYS),
    *(R(actor="a", day=d, minute=700, n=60, waybill=5_000 + 100 * d) for d in (8, 9, 10, 12)),
    R(actor="a", day=11, minute=700, n=3, waybill=9_000),
    *(R(actor="b", day=d, minute=701, n=20, waybill=10_000 + 100 * d) for d in range(8, 14)),
]


@pytest.fixture(scope="module")
def pulled() -> tuple[View, Finding]:
    v = view(READS, DAYS)
    (main,) = judged(v, MAIN_ONE)
    return v, main


def measured(v: View, *found: Finding, groups: tuple[LinkedAccounts, ...] = ()) -> Signals:
    return measure_signals(v, with_fresh(found), groups, 0)


def of(pulled: tuple[View, Finding], actor: str, day: int) -> dict[str, float]:
    v, main = pulled
    return measured(v, main).of(place(v, actor), day)


def test_1_later_days_change_nothing(pulled: tuple[View, Finding]) -> None:
    shorter = view([r for r in READS if r.day <= 10], 11)
    (main,) = judged(shorter, MAIN_ONE)
    before = measured(shorter, main).of(place(shorter, "a"), 10)
    assert before == pytest.approx(of(pulled, "a", 10))


def test_2_measured_is_who_stands_out_or_reads_far_above_the_role(pulled: tuple[View, Finding]) -> None:
    v, main = pulled
    some = {a for a in "abcdefgh" if place(v, a) in measured(v, main).actors}
    assert {"a", "b"} <= some < set("abcdefgh")
    much = [R(actor="h", day=d, minute=800, n=200, waybill=70_000 + 1_000 * d, what=MANDATE) for d in (9, 10, 11)]
    mandated = view([*READS, *much], DAYS)
    (again,) = judged(mandated, MAIN_ONE)
    signals = measured(mandated, again)
    assert place(mandated, "h") in signals.actors, "whatever explains its reads"
    told = signals.of(place(mandated, "h"), 11)
    assert told[NOW] < 1
    assert told["beyond_role"] > 1
    assert told["days_beyond_role"] == 3
    linked = LinkedAccounts(actors=(place(v, "d"),), by=frozenset())
    assert place(v, "d") in measured(v, main, groups=(linked,)).actors


def test_3_what_counted_once_counts_for_four_weeks() -> None:
    days = WEEKS + 10
    v = view(staff("abcdefgh", days), days)
    odd = np.zeros(v.shape, np.int64)
    (found,) = judged(v, constant("unusual_hour", odd, np.maximum(v.reads, 1).astype(float)))
    total = np.zeros(v.shape)
    total[place(v, "a"), 3] = 7.0
    once = replace(found, evidence=DailyEvidence(total=total, since=found.evidence.since))
    told = measured(v, once).values["unusual_hour"][0]
    assert told.tolist() == [0.0] * 3 + [7.0] * WEEKS + [0.0] * 7


def test_4_days_are_those_on_which_it_goes_on(pulled: tuple[View, Finding]) -> None:
    v, main = pulled
    a = place(v, "a")
    assert main.evidence.since[a, 12] == 8
    assert of(pulled, "a", 8)["days"] == 1
    assert of(pulled, "a", 12)["days"] == 4, "three reads are none of sixty"
    odd, base = main.odd.odd[a, 8:13].sum(), main.odd.base[a, 8:13].sum()
    assert measured(v, main).odd[measured(v, main).row_of(a), 12] == odd
    told = of(pulled, "a", 12)
    assert told["share"] == pytest.approx(odd / (odd + base))
    assert told[NOW] == main.evidence.total[a, 12]
    assert told[MAIN] == main.evidence.total[a, :13].max()


def test_4_the_story_is_that_which_says_most() -> None:
    later = [R(actor="a", day=d, minute=700, n=60, waybill=50_000 + 100 * d, what=WEAK) for d in range(10, 14)]
    v = view([*READS, *later], DAYS)
    found = with_fresh(judged(v, MAIN_ONE, *(d for d in detectors() if d.name == RESPONSIBILITY)))
    told, nats = measured(v, *found), {f.name: f.evidence.total for f in found}
    for actor in "ab":
        a = place(v, actor)
        for day in (9, 12, 13):
            weak = nats[RESPONSIBILITY][a, day] > nats[FRESH][a, day]
            assert told.of(a, day)[TOLD_BY] == float(weak)
            assert told.of(a, day)[NOW] == max(nats[name][a, day] for name in (FRESH, RESPONSIBILITY))
    assert {told.of(place(v, "a"), day)[TOLD_BY] for day in (9, 13)} == {0.0, 1.0}
    shares = shares_of(told.of(place(v, "a"), 13))
    assert shares[RESPONSIBILITY] > shares_of(told.of(place(v, "a"), 13) | {TOLD_BY: 0.0})[RESPONSIBILITY]


def test_5_what_was_said_to_be_work_is_what_one_usually_reads() -> None:
    much = [R(actor="h", day=d, minute=800, n=300, waybill=70_000 + 1_000 * d, what=MANDATE) for d in range(9, 14)]
    v = view([*READS, *much], DAYS)
    cleared = np.zeros(v.shape, np.bool_)
    before = measured(v, *judged(v, MAIN_ONE))
    cleared[place(v, "h"), :11] = True
    after = measured(v, *judged(v, MAIN_ONE, cleared=cleared))
    h = place(v, "h")
    assert stand_out({n: x[[before.row_of(h)]] for n, x in before.values.items()})[0, 13]
    assert h not in after.actors or not stand_out({n: x[[after.row_of(h)]] for n, x in after.values.items()})[0, 13]


def test_6_an_interface_that_reads_more_than_before_is_measured() -> None:
    kinds = dict.fromkeys("abcdef", "service")
    usual = [R(actor=a, day=d, n=300, waybill=1_000 * d, what=MANDATE) for a in "abcdef" for d in range(DAYS)]
    more = [R(actor="a", day=d, n=200, waybill=90_000 + 1_000 * d, what=MANDATE) for d in range(9, DAYS)]
    signals = measured(view([*usual, *more], DAYS, kinds=kinds))
    v = view([*usual, *more], DAYS, kinds=kinds)
    a = place(v, "a")
    assert signals.of(a, 8)[GROWN] == 0.0
    assert signals.of(a, 13)[GROWN] > 3
    assert signals.growth.since[signals.row_of(a), 13] == 9
    assert signals.odd[signals.row_of(a), 13] == pytest.approx(1_000, rel=0.01)
    cleared = np.zeros(v.shape, np.bool_)
    cleared[a, :11] = True
    after = measured(v, *judged(v, MAIN_ONE, cleared=cleared))
    assert a not in after.actors or after.of(a, 13)[GROWN] < 2, "what was said to be work is no growth"
    people = view([*usual, *more], DAYS)
    assert measured(people).of(place(people, "a"), 13)[GROWN] > 3, "nor does a mandate hide it"
    people = view([replace(one, what=WEAK) for one in (*usual, *more)], DAYS)
    assert not measured(people).values[GROWN].any(), "of other people nothing is said"


def test_4_people_of_the_role_who_stand_out_alike_are_counted(pulled: tuple[View, Finding]) -> None:
    v, main = pulled
    best = {x: main.evidence.total[place(v, x), :13].max() for x in "ab"}
    few, many = sorted("ab", key=lambda x: best[x])
    assert best[few] > 2
    assert of(pulled, few, 12)["alike"] == pytest.approx(math.log(2))
    assert of(pulled, many, 12)["alike"] == pytest.approx(math.log(2) if best[few] >= best[many] / 2 else 0.0)


def test_4_far_above_the_third_of_the_role(pulled: tuple[View, Finding]) -> None:
    v, _ = pulled
    signals = of(pulled, "a", 12)
    first = v.first[place(v, "a"), 8:13]
    others = sorted(v.first[place(v, x), :13].sum() / (v.first[place(v, x), :13] > 0).sum() for x in "bcdefgh")
    assert signals["beyond_role"] == pytest.approx(math.log((first.mean() + 1) / (others[-3] + 5)))
    assert signals["days_beyond_role"] == 4
    assert of(pulled, "b", 3)["beyond_role"] == 0.0
    assert signals["role"] == pytest.approx(math.log(8))
    assert signals["service"] == 0.0


def test_4_fresh_parcels_are_held_against_the_middle_of_all() -> None:
    new, old = ((FIRST + 4) * DAY_US - CHINA - hours * 3_600_000_000 for hours in (4, 90))
    pulls = [
        R(actor=a, day=4, minute=700 + k, waybill=5_000 * (1 + nth) + 7 * k, begun=new if k < fresh else old)
        for nth, (a, fresh) in enumerate({"a": 30, "b": 12, "c": 3}.items())
        for k in range(30)
    ]
    v = view([*staff("abcdefgh", 6), *pulls], 6)
    (main,) = judged(v, MAIN_ONE)
    told = measured(v, main)
    assert [told.of(place(v, a), 4)["fresher"] for a in "abc"] == pytest.approx([0.6, 0.0, -0.3])
    assert told.of(place(v, "a"), 3)["fresher"] == 0.0, "of a few nothing is said"
    assert told.of(place(v, "a"), 5)["fresher"] == pytest.approx(0.6), "what was said stays"


def test_4_what_is_no_person_has_curves_of_its_own() -> None:
    pulls = [R(actor="a", day=d, minute=700, n=60, waybill=5_000 + 100 * d) for d in (3, 4, 5)]
    for kind in ("person", "service"):
        v = view([*staff("abcdefgh", 6), *pulls], 6, kinds=dict.fromkeys("abcdefgh", kind))
        (main,) = judged(v, MAIN_ONE)
        told = measured(v, main).of(place(v, "a"), 5)
        for name, least in (("unknown", np.log(1e-6)), ("alike", 0.0)):
            assert told[f"{name}_service"] == (told[name] if kind == "service" else least)
        beyond = told["beyond_role_service" if kind == "service" else "beyond_role"]
        assert beyond == told["beyond_role"] + told["beyond_role_service"] > 0


def test_nobody_and_nothing() -> None:
    v = view(staff("ab", 2), 2)
    assert len(measured(v).actors) == 0
    beyond = {f"{name}{whose}" for name in ("beyond_role", "days_beyond_role") for whose in ("", "_service")}
    assert set(measured(v).values) == {"role", "service", GROWN} | beyond


def test_6_a_mandate_hides_nobody_who_reads_more_from_elsewhere() -> None:
    usual = [R(actor="h", day=d, minute=800, n=200, waybill=70_000 + 1_000 * d, what=MANDATE) for d in range(DAYS)]
    more = [R(actor="h", day=d, minute=100, n=900, waybill=200_000 + 1_000 * d, what=MANDATE) for d in range(10, DAYS)]

    def last_day(reads: list[R], nats: float) -> dict[str, np.ndarray]:
        v = view([*READS, *reads], DAYS)
        (main,) = judged(v, MAIN_ONE)
        (device,) = judged(v, constant("new_device_or_address", np.ones(v.shape, np.int64), np.ones(v.shape)))
        total = np.zeros(v.shape)
        total[place(v, "h"), 10:] = nats
        device = replace(device, evidence=replace(device.evidence, total=total))
        signals = measured(v, main, device)
        return {n: x[[signals.row_of(place(v, "h"))], -1] for n, x in signals.values.items()}

    taken = last_day([*usual, *more], 9.0)
    assert taken[GROWN][0] > 2
    taken["beyond_role"] = taken["days_beyond_role"] = np.zeros(1)
    assert stand_out(taken)[0]
    quiet = last_day([*usual, *more], 3.0)
    quiet["beyond_role"] = quiet["days_beyond_role"] = np.zeros(1)
    assert not stand_out(quiet)[0], "growth alone is work, more often than not"
    steady = last_day(usual, 9.0)
    steady["beyond_role"] = steady["days_beyond_role"] = np.zeros(1)
    assert not stand_out(steady)[0], "a new device alone is nothing"
