"""Who reads more than others and than before, and how probable it is that an account pulls."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.viewed import (
    CHINA,
    DAY_US,
    FIRST,
    MANDATE,
    PLAIN,
    WEAK,
    R,
    constant,
    judged,
    place,
    staff,
    view,
    with_fresh,
)
from tests.effort import examples
from wayseal.detect._judge import FRESH, MAIN, RESPONSIBILITY, Finding, Peers, judge
from wayseal.detect._link import LinkedAccounts
from wayseal.detect._score import (
    ALERT,
    BEYOND,
    GROUND,
    LEVEL,
    STORY,
    base_of,
    find_odds,
    log_odds,
    probability,
    shares_of,
)
from wayseal.detect._signals import (
    CLEAR,
    GROWN,
    LEAST_DAYS,
    NOW,
    PEERS,
    TOLD_BY,
    Signals,
    measure_growth,
    measure_signals,
    stand_out,
)
from wayseal.detect._view import View
from wayseal.detect.detectors import detectors
from wayseal.detect.peers import WEEKS, DailyEvidence
from wayseal.model.arrays import Longs

pytestmark = pytest.mark.once

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


GROWTH_DAYS, STEP = 14, 8
ROLE = np.zeros(8, np.int32)


def reads(n: int = 8, a_day: int = 500, seed: int = 1) -> Longs:
    """Accounts that read about as much every day."""
    return np.random.default_rng(seed).poisson(a_day, (n, GROWTH_DAYS)).astype(np.int64)


def grown(more: int = 200) -> Longs:
    """Of whom the first reads more from a day on."""
    out = reads()
    out[0, STEP:] += more
    return out


@given(st.integers(4, GROWTH_DAYS - 1), st.integers(0, 5))
@examples(40)
def test_1_later_days_change_no_growth(day: int, seed: int) -> None:
    counts = reads(seed=seed)
    counts[0, STEP:] += 300
    whole, part = measure_growth(counts, ROLE), measure_growth(counts[:, : day + 1], ROLE)
    assert np.allclose(whole.score[:, : day + 1], part.score)
    assert np.allclose(whole.more[:, : day + 1], part.more)


def test_2_the_step_is_found_with_its_day_and_size() -> None:
    found = measure_growth(grown(), ROLE)
    assert found.score[0, -1] > 3 > found.score[1:, -1].max()
    assert found.since[0, -1] == STEP
    assert found.more[0, -1] == pytest.approx(200 * (GROWTH_DAYS - STEP), rel=0.25)
    assert found.score[0, STEP + LEAST_DAYS - 2] < found.score[0, STEP + LEAST_DAYS - 1]


def test_2_a_storm_of_a_day_is_none_nor_is_a_beginning() -> None:
    storm, begun = reads(), reads()
    storm[0, STEP] *= 4
    begun[0, :STEP], begun[0, STEP] = 0, 60
    for counts in (storm, begun):
        assert measure_growth(counts, ROLE).score[0, -1] < 2


def test_2_a_few_reads_are_no_growth() -> None:
    counts = np.full((8, GROWTH_DAYS), 3, np.int64)
    counts[0, STEP:] = 8
    assert measure_growth(counts, ROLE).score[0, -1] < 2


def test_3_what_all_do_is_none() -> None:
    counts = reads()
    counts[:, STEP:] *= 2
    assert measure_growth(counts, ROLE).score.max() < 3
    apart = np.arange(8, dtype=np.int32)
    assert measure_growth(counts, apart).score.max() < 3, "where a role is small all others tell"
    few = measure_growth(counts[: PEERS - 1], ROLE[: PEERS - 1])
    assert few.score[:, -1].min() > 3, "where there are fewer nobody tells"


def test_growth_of_nobody_and_nothing() -> None:
    for counts in (
        np.zeros((0, GROWTH_DAYS), np.int64),
        np.zeros((3, GROWTH_DAYS), np.int64),
        np.zeros((3, 0), np.int64),
    ):
        found = measure_growth(counts, np.zeros(len(counts), np.int32))
        assert found.score.shape == counts.shape
        assert not found.score.any()


SIGNAL_DAYS = 14
MAIN_ONE = next(d for d in detectors() if d.name == MAIN)
READS = [
    *staff("abcdefgh", SIGNAL_DAYS),
    *(R(actor="a", day=d, minute=700, n=60, waybill=5_000 + 100 * d) for d in (8, 9, 10, 12)),
    R(actor="a", day=11, minute=700, n=3, waybill=9_000),
    *(R(actor="b", day=d, minute=701, n=20, waybill=10_000 + 100 * d) for d in range(8, 14)),
]


@pytest.fixture(scope="module")
def pulled() -> tuple[View, Finding]:
    v = view(READS, SIGNAL_DAYS)
    (main,) = judged(v, MAIN_ONE)
    return v, main


def measured(v: View, *found: Finding, groups: tuple[LinkedAccounts, ...] = ()) -> Signals:
    return measure_signals(v, with_fresh(found), groups, 0)


def of(pulled: tuple[View, Finding], actor: str, day: int) -> dict[str, float]:
    v, main = pulled
    return measured(v, main).of(place(v, actor), day)


def test_1_later_days_change_no_signal(pulled: tuple[View, Finding]) -> None:
    shorter = view([r for r in READS if r.day <= 10], 11)
    (main,) = judged(shorter, MAIN_ONE)
    before = measured(shorter, main).of(place(shorter, "a"), 10)
    assert before == pytest.approx(of(pulled, "a", 10))


def test_2_measured_is_who_stands_out_or_reads_far_above_the_role(pulled: tuple[View, Finding]) -> None:
    v, main = pulled
    some = {a for a in "abcdefgh" if place(v, a) in measured(v, main).actors}
    assert {"a", "b"} <= some < set("abcdefgh")
    much = [R(actor="h", day=d, minute=800, n=200, waybill=70_000 + 1_000 * d, what=MANDATE) for d in (9, 10, 11)]
    mandated = view([*READS, *much], SIGNAL_DAYS)
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
    v = view([*READS, *later], SIGNAL_DAYS)
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
    v = view([*READS, *much], SIGNAL_DAYS)
    cleared = np.zeros(v.shape, np.bool_)
    before = measured(v, *judged(v, MAIN_ONE))
    cleared[place(v, "h"), :11] = True
    after = measured(v, *judged(v, MAIN_ONE, cleared=cleared))
    h = place(v, "h")
    assert stand_out({n: x[[before.row_of(h)]] for n, x in before.values.items()})[0, 13]
    assert h not in after.actors or not stand_out({n: x[[after.row_of(h)]] for n, x in after.values.items()})[0, 13]


def test_6_an_interface_that_reads_more_than_before_is_measured() -> None:
    kinds = dict.fromkeys("abcdef", "service")
    usual = [R(actor=a, day=d, n=300, waybill=1_000 * d, what=MANDATE) for a in "abcdef" for d in range(SIGNAL_DAYS)]
    more = [R(actor="a", day=d, n=200, waybill=90_000 + 1_000 * d, what=MANDATE) for d in range(9, SIGNAL_DAYS)]
    signals = measured(view([*usual, *more], SIGNAL_DAYS, kinds=kinds))
    v = view([*usual, *more], SIGNAL_DAYS, kinds=kinds)
    a = place(v, "a")
    assert signals.of(a, 8)[GROWN] == 0.0
    assert signals.of(a, 13)[GROWN] > 3
    assert signals.growth.since[signals.row_of(a), 13] == 9
    assert signals.odd[signals.row_of(a), 13] == pytest.approx(1_000, rel=0.01)
    cleared = np.zeros(v.shape, np.bool_)
    cleared[a, :11] = True
    after = measured(v, *judged(v, MAIN_ONE, cleared=cleared))
    assert a not in after.actors or after.of(a, 13)[GROWN] < 2, "what was said to be work is no growth"
    people = view([*usual, *more], SIGNAL_DAYS)
    assert measured(people).of(place(people, "a"), 13)[GROWN] > 3, "nor does a mandate hide it"
    people = view([replace(one, what=WEAK) for one in (*usual, *more)], SIGNAL_DAYS)
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


def test_signals_of_nobody_and_nothing() -> None:
    v = view(staff("ab", 2), 2)
    assert len(measured(v).actors) == 0
    beyond = {f"{name}{whose}" for name in ("beyond_role", "days_beyond_role") for whose in ("", "_service")}
    assert set(measured(v).values) == {"role", "service", GROWN} | beyond


def test_6_a_mandate_hides_nobody_who_reads_more_from_elsewhere() -> None:
    usual = [
        R(actor="h", day=d, minute=800, n=200, waybill=70_000 + 1_000 * d, what=MANDATE) for d in range(SIGNAL_DAYS)
    ]
    more = [
        R(actor="h", day=d, minute=100, n=900, waybill=200_000 + 1_000 * d, what=MANDATE)
        for d in range(10, SIGNAL_DAYS)
    ]

    def last_day(reads: list[R], nats: float) -> dict[str, np.ndarray]:
        v = view([*READS, *reads], SIGNAL_DAYS)
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


TABLE = json.loads(resources.files("wayseal.detect").joinpath("score.json").read_text("utf-8"))
CURVES = TABLE["dated"]["curves"]
FALLING = {"steady", *(n + s for n in ("unknown", "alike") for s in ("", "_service"))}
SIGNALS = st.dictionaries(st.sampled_from(sorted(CURVES)), st.floats(-20, 80))


def odds(signals: dict[str, float]) -> float:
    return base_of(signals) + sum(shares_of(signals).values())


@given(SIGNALS, SIGNALS)
@examples(200)
def test_1_a_share_hangs_on_its_signal_alone(some: dict[str, float], others: dict[str, float]) -> None:
    others = {name: value for name, value in others.items() if name not in some}
    assert odds(some | others) - odds(others) == pytest.approx(odds(some) - odds({}), abs=1e-9)


@given(SIGNALS)
@examples(200)
def test_1_many_at_once_are_reckoned_as_one(signals: dict[str, float]) -> None:
    both = log_odds({name: np.array([[value, 0.0]]) for name, value in signals.items()})
    assert both[0, 0] == pytest.approx(odds(signals), abs=1e-9) if signals else both.shape == (1,)


@given(SIGNALS, st.sampled_from(sorted(set(CURVES) - GROUND)), st.floats(0, 30))
@examples(200)
def test_2_more_for_pulling_is_never_less(signals: dict[str, float], name: str, more: float) -> None:
    signals = {name: 0.0} | signals
    grown = signals | {name: signals[name] + more}
    change = odds(grown) - odds(signals)
    assert change <= 1e-9 if name in FALLING else change >= -1e-9


def test_3_what_is_sure_by_itself_counts_its_nats() -> None:
    others = {BEYOND, "days_beyond_role", GROWN, FRESH, "fresher"}
    assert set(CURVES) <= {d.name for d in detectors()} | STORY | GROUND | others
    assert shares_of({"undated": 1.0, "beyond_role_service": 4.0}) == {BEYOND: 0.0}, "it says nothing alone"
    assert {"canary_touch", "partner_contract", "route_sweeps"} == {d.name for d in detectors()} - set(CURVES)
    assert set(CURVES) - set(TABLE["undated"]["curves"]) == {"fresher"}
    assert base_of({"undated": 1.0}) == TABLE["undated"]["base"] != base_of({})
    assert shares_of({"undated": 1.0, "fresher": 0.6}) == {MAIN: 0.0}
    assert shares_of({"canary_touch": 15.0}) == {"canary_touch": 15.0}
    assert probability(odds({"role": math.log(2_000), "canary_touch": 15.0})) > 0.99


def test_4_what_is_not_there_says_nothing() -> None:
    for name in set(CURVES) - GROUND:
        at = CURVES[name]["at"]
        assert list(shares_of({name: 0.0 if at[0] < 0 < at[-1] else at[0]}).values()) == [0.0]
    assert set(shares_of(dict.fromkeys(STORY, 1.0))) == {MAIN}
    assert set(shares_of(dict.fromkeys(STORY, 1.0) | {TOLD_BY: 1.0})) == {RESPONSIBILITY}, "of whom the story is"
    assert set(shares_of({MAIN: 1.0, FRESH: 1.0, "fresher": 0.2})) == {MAIN}
    assert set(shares_of({GROWN: 1.0})) == {GROWN}
    assert set(shares_of({BEYOND: 1.0, "days_beyond_role": 1.0})) == {BEYOND}
    assert shares_of({}) == {}


@pytest.mark.parametrize("odds", [-1e9, -8.0, 0.0, 8.0, 1e9])
def test_probabilities_lie_between_0_and_1(odds: float) -> None:
    assert 0.0 <= probability(odds) <= 1.0
    assert probability(odds) + probability(-odds) == pytest.approx(1.0)


def test_5_and_6_who_stands_out_is_never_below_an_alert_and_verdicts_are_taken_off() -> None:
    names = ("beyond_role", "days_beyond_role", "beyond_role_service", "days_beyond_role_service")
    far = {name: np.array([value]) for name, value in zip(names, (2.0, 2.0, 0.0, 0.0), strict=True)}
    near = far | {"days_beyond_role": np.array([1.0])}
    assert find_odds(far)[0] == find_odds(far, 4.0)[0] == LEVEL == pytest.approx(math.log(ALERT / (1 - ALERT)))
    assert find_odds(near)[0] < LEVEL
    assert find_odds(near, 1.5)[0] == pytest.approx(log_odds(near)[0] - 1.5)
    few = near | {"role": np.array([math.log(10)])}
    assert (
        find_odds(few | {FRESH: np.array([CLEAR - 0.1])})[0] < LEVEL == find_odds(few | {FRESH: np.array([CLEAR])})[0]
    )
