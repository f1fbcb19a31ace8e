"""Evidence: the kernel against the same sums in plain Python, and what it promises (`peers/_evidence.py`)."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.peers.drawing import Floats, Longs, draw, one_group
from tests.effort import examples
from wayseal.detect.peers import (
    AGES,
    ANEW,
    EXTRA,
    FAR,
    LARGE,
    ODD_WORK,
    REPORTS,
    STEADY,
    WEEKS,
    Causes,
    DailyEvidence,
    Usual,
    evidence,
    fit,
)

pytestmark = pytest.mark.once

ENOUGH = 9.2
"""Nats: ten thousand to one."""
UNEVEN = 0.25
"""Squared coefficient of variation of what comes on top, from day to day."""
FEW = 3
"""Bursts in four weeks; whoever has more does something else."""


def usual_of(days: int, **more: float) -> Usual:
    values = {
        "rate": 0.05,
        "between": 0.5,
        "within": 0.5,
        "burst": 0.005,
        "size": 20.0,
        "low": 0.0,
        "high": 0.0,
        **more,
    }
    return Usual(**{name: np.full((1, days), value) for name, value in values.items()})


def weighed(
    odd: Any, base: Any, usual: Usual, cleared: Any = None, unknown: Any = 0.0, steady: Any = 1.0, shared: Any = 0.0
) -> DailyEvidence:
    """Evidence of one account; unknown, steady: of all days, or of each; shared: of all, or (d, AGES)."""
    mask = None if cleared is None else np.array([cleared], np.bool_)
    rows = np.array([odd], np.int64)
    no_table, own = (np.broadcast_to(np.asarray(each, float), rows.shape).copy() for each in (unknown, steady))
    with_others = np.broadcast_to(np.asarray(shared, float), (*rows.shape, len(AGES))).copy()
    causes = Causes(unknown=no_table, steady=own, shared=with_others)
    return evidence(rows, np.array([base], float), one_group(1), usual, causes, mask)


def known(odd: Longs) -> Causes:
    """Tables know everybody's work, anybody may have odd work, and nothing is shared."""
    none = np.zeros(odd.shape)
    return Causes(unknown=none, steady=np.ones(odd.shape), shared=np.zeros((*odd.shape, len(AGES))))


def nb(y: float, mean: float, shape: float) -> float:
    """Log of the negative binomial distribution."""
    ways = math.lgamma(y + shape) - math.lgamma(shape) - math.lgamma(y + 1)
    return ways + shape * math.log(shape / (shape + mean)) + y * math.log(mean / (shape + mean))


def geometric(y: float, p: float) -> float:
    """Log of the geometric distribution, from 1 on."""
    return (y - 1) * math.log1p(-p) + math.log(p)


def logsumexp(values: Sequence[float] | Floats) -> float:
    most = max(values)
    return float(most + math.log(sum(math.exp(value - most) for value in values)))


class Person:
    """What was learnt of somebody: a gamma's two numbers, and what came of it."""

    def __init__(self, a: float = 0.0, b: float = 0.0) -> None:
        self.a, self.b = a, b

    def rate(self, u: dict[str, float]) -> float:
        return (1 / u["between"] + self.a) / (1 / u["between"] / u["rate"] + self.b)

    def work(self, y: float, n: float, u: dict[str, float], spread: float) -> float:
        alpha, beta = 1 / u["between"] + self.a, 1 / u["between"] / u["rate"] + self.b
        return nb(y, max(alpha / beta * n, 1e-9), 1 / (1 / alpha + spread))

    def pull(self, y: float, n: float, u: dict[str, float], extra: float) -> float:
        alpha, beta = 1 / u["between"] + self.a, 1 / u["between"] / u["rate"] + self.b
        usual = alpha / beta * n
        variance = usual**2 * (1 / alpha + u["within"]) + extra**2 * UNEVEN
        return nb(y, usual + extra, (usual + extra) ** 2 / variance)

    def learns(self, y: float, n: float, u: dict[str, float], spread: float, ordinary: float) -> None:
        weight = ordinary / (1 + self.rate(u) * n * spread)
        self.a, self.b = self.a + weight * y, self.b + weight * n

    def bounded(self, u: dict[str, float], granted: float) -> None:
        most = max(u["rate"] * (1 + FAR * math.sqrt(u["between"])), granted)
        self.a = min(self.a, max(0.0, most * (1 / u["between"] / u["rate"] + self.b) - 1 / u["between"]))


class Story:
    """Pulling since a day t, against work as ever and new work."""

    def __init__(self, t: int, as_ever: float, any_work: Floats, unknown: float, steady: float, before: Person) -> None:
        self.t, self.before, self.anew, self.unknown = t, Person(before.a, before.b), Person(), unknown
        self.by_then = self.work(as_ever, any_work, steady)
        self.pull, self.as_new, self.nats = np.zeros(len(EXTRA)), 0.0, 0.0

    def work(self, as_ever: float, any_work: Floats, steady: float) -> float:
        """Work as ever, or such as no table knows (as probable as when the story began), of so much (as of today)."""
        if not self.unknown:
            return as_ever
        return logsumexp([as_ever, math.log(self.unknown * steady / len(EXTRA)) + logsumexp(any_work)])

    def told(
        self, y: float, n: float, u: dict[str, float], so_far: tuple[float, Floats, float], often: float, burst: float
    ) -> None:
        self.as_new += float(np.logaddexp(math.log(1 - often) + self.anew.work(y, n, u, u["within"]), burst))
        pulled = [math.log(1 - often) + self.before.pull(y, n, u, x) for x in EXTRA]
        self.pull = self.pull + np.logaddexp(pulled, burst)
        others = np.logaddexp(self.work(*so_far) - self.by_then, math.log(ANEW) + self.as_new)
        self.nats = float(logsumexp(self.pull) - math.log(len(EXTRA)) - others)


def burst_of(y: int, size: float, large: float) -> float:
    """Log of how probable a burst's count is."""
    if not y:
        return -700.0
    usual = geometric(y, 1 / size)
    return float(np.logaddexp(math.log1p(-large) + usual, math.log(large / math.log(50_000) / y))) if large else usual


def reference(
    odd: list[int],
    base: list[float],
    usual: Usual,
    cleared: list[bool],
    unknown: list[float],
    own: list[float],
    shared: Floats,
) -> list[float]:
    """Evidence day by day, as the docstring tells it."""
    out = []
    ever, alike, bursts, lived, granted = Person(), [0.0, 0.0], 0.0, 0.0, 0.0
    stories: list[Story] = []
    ordinarily = as_ever = 0.0
    steady = [x for x in EXTRA if x <= STEADY]
    any_work = np.zeros(len(EXTRA))
    for d, (y, n) in enumerate(zip(odd, base, strict=True)):
        u = {name: float(getattr(usual, name)[0, d]) for name in ("rate", "between", "within", "burst", "size")}
        stories = [s for s in stories if s.nats > 0 and d - s.t < WEEKS] or [
            Story(d, as_ever, any_work, unknown[d], own[d], ever)
        ]
        if y == 0 and n <= 0:
            out.append(max(0.0, *(s.nats for s in stories)))
            continue
        some = max(u["burst"], unknown[d] * own[d] * REPORTS)
        often = min((0.5 + bursts) / (0.5 / some + lived), FEW / WEEKS)
        spreads = [u["within"], min(u["within"], UNEVEN)]
        fits = [a + ever.work(y, n, u, s) for a, s in zip(alike, spreads, strict=True)]
        plain = math.log(1 - often) + logsumexp(fits) - logsumexp(alike)
        burst = math.log(often) + burst_of(y, max(u["size"], 1.5), unknown[d] * own[d] * LARGE)
        work = float(np.logaddexp(plain, burst))
        ordinarily += work
        young = Story(d, as_ever, any_work, unknown[d], own[d], ever)
        any_work += [np.logaddexp(math.log(1 - often) + Person().pull(y, n, u, x), burst) for x in EXTRA]
        odd_work = math.log(min(own[d], ODD_WORK) / len(steady)) + logsumexp(any_work[: len(steady)])
        as_ever = logsumexp([ordinarily, odd_work])
        for story in (*stories, young):
            story.told(y, n, u, (as_ever, any_work, own[d]), often, burst)
            age = max(k for k, age in enumerate(AGES) if age <= d - story.t)
            if (part := shared[story.t, age]) > 0:
                story.nats = -float(np.logaddexp(-story.nats, math.log(part)))
        second = stories[1].nats if len(stories) > 1 else 0.0
        if stories[0].t < d and y > ever.rate(u) * n and young.nats > max(second, 0.0):
            stories = [stories[0], young]
        ordinary = 1.0 if cleared[d] else math.exp(plain - work)
        even = math.exp(alike[1] - logsumexp(alike))
        ever.learns(y, n, u, even * spreads[1] + (1 - even) * spreads[0], ordinary)
        granted = max(granted, ever.rate(u)) if cleared[d] else granted
        ever.bounded(u, granted)
        for story in stories:
            story.anew.learns(y, n, u, u["within"], ordinary)
            story.anew.bounded(u, granted)
            story.nats = story.nats if any(odd[: d + 1]) and not cleared[d] else 0.0
        alike = [a + ordinary * (f - a) for a, f in zip(alike, fits, strict=True)]
        bursts, lived = bursts + 1 - ordinary, lived + 1
        out.append(max(0.0, *(s.nats for s in stories)))
    return out


DAY = st.tuples(
    st.one_of(st.integers(0, 8), st.integers(0, 400)), st.integers(0, 80), st.sampled_from([False] * 9 + [True]),
    st.sampled_from([0.0, 0.0, 0.002, 0.1, 0.99]), st.sampled_from([2e-5, 1e-3, 1.0]),
    st.sampled_from([0.0, 0.0, 1e-3, 0.3]),
)  # fmt: skip


@pytest.mark.kernels
@examples(50)
@given(
    st.lists(DAY, min_size=1, max_size=45), st.floats(1e-4, 0.9), st.floats(0.2, 8), st.floats(0.2, 8),
    st.floats(5e-4, 0.3), st.floats(1.6, 300),
)  # fmt: skip
def test_the_same_in_plain_python(
    days: list[tuple[int, int, bool, float, float, float]],
    rate: float,
    between: float,
    within: float,
    burst: float,
    size: float,
) -> None:
    base = [float(n) for _, n, *_ in days]
    odd = [y if n else 0 for y, n, *_ in days]
    cleared, unknown, own = [day[2] for day in days], [day[3] for day in days], [day[4] for day in days]
    # As one sees it later, shared work is less probable, or more.
    shared = np.array([[day[5] / (1 + k) if k % 2 else day[5] for k in range(len(AGES))] for day in days])
    usual = usual_of(len(days), rate=rate, between=between, within=within, burst=burst, size=size)
    found = weighed(odd, base, usual, cleared, unknown, own, shared)
    told = reference(odd, base, usual, cleared, unknown, own, shared)
    np.testing.assert_allclose(found.total[0], told, rtol=1e-6, atol=1e-6)


def test_usual_may_change_from_day_to_day() -> None:
    odd, base = draw(2, 1, 40, rate=0.2, between=0.5, within=0.5)
    chance = np.random.default_rng(1)
    usual = usual_of(40)
    usual = replace(usual, rate=chance.uniform(0.02, 0.3, (1, 40)), within=chance.uniform(0.2, 2, (1, 40)))
    found = weighed(odd[0], base[0], usual)
    np.testing.assert_allclose(
        found.total[0],
        reference(
            odd[0].tolist(), base[0].tolist(), usual, [False] * 40, [0.0] * 40, [1.0] * 40, np.zeros((40, len(AGES)))
        ),
        rtol=1e-6,
        atol=1e-6,
    )


def test_days_to_come_change_nothing() -> None:
    """Obligation 1."""
    odd, base = draw(1, 50, 60, rate=0.1, between=1, within=1, burst=0.02)
    odd[:10, 20:] += 15
    usual = fit(odd, base, one_group(50), one_group(50))
    unknown = np.random.default_rng(5).choice([0.0, 0.01, 0.9], odd.shape)
    own = np.random.default_rng(6).choice([2e-5, 1e-3, 1.0], odd.shape)
    shared = np.random.default_rng(7).choice([0.0, 0.0, 0.01], (*odd.shape, len(AGES)))
    whole = evidence(odd, base, one_group(50), usual, Causes(unknown=unknown, steady=own, shared=shared))
    for day in (1, 20, 41):
        cut = Usual(**{n: getattr(usual, n)[:, :day] for n in usual.__slots__})
        causes = Causes(unknown=unknown[:, :day], steady=own[:, :day], shared=shared[:, :day])
        short = evidence(odd[:, :day], base[:, :day], one_group(50), cut, causes)
        for name in ("total", "since"):
            assert np.array_equal(getattr(short, name), getattr(whole, name)[:, :day])


@pytest.mark.parametrize("share", [0.01, 0.2])
def test_what_others_began_with_it_says_little(share: float) -> None:
    """No more than how seldom one takes part in it; and again, once the others have stopped."""
    odd, base = np.full(40, 2), np.full(40, 40.0)
    odd[20:] += 60
    shared = np.full((40, len(AGES)), share)
    shared[:, -2:] = 0.0
    alone, together = (weighed(odd, base, usual_of(40), shared=each).total[0] for each in (0.0, shared))
    assert np.all(together[20:28] <= -math.log(share) + 1e-9)
    assert np.all(together[21:28] > -math.log(share) - 0.5)
    np.testing.assert_allclose(together[28:], alone[28:])
    assert np.all(alone[21:] > 10)


def test_whoever_pulls_teaches_nothing() -> None:
    """Obligation 2: within a story what is expected stays what it was before, and evidence goes on growing."""
    odd, base = np.full(50, 2), np.full(50, 40.0)
    odd[20:] += 25
    found = weighed(odd, base, usual_of(50))
    assert np.all(found.total[0, :20] < 3)
    story = found.since[0, 20:47] == found.since[0, 30]
    assert story[2:].all()
    assert np.all(np.diff(found.total[0, 20:40]) > 0)


@pytest.mark.parametrize("a_day", [300, 3_000])
def test_what_may_be_learnt_is_bounded(a_day: int) -> None:
    """Obligation 3: somebody who always did it is found all the same; said to be work, it becomes usual."""
    days = 120
    odd, base = np.full(days, a_day), np.full(days, a_day * 1.2)
    usual = usual_of(days, rate=0.01, between=0.3, within=0.3)
    found = weighed(odd, base, usual)
    assert found.total[0, -WEEKS:].max() > ENOUGH
    free = weighed(odd, base, usual, np.arange(days) < 90)
    assert np.all(free.total[0, :90] == 0)
    assert free.total[0, 90:].max() < ENOUGH


@pytest.mark.kernels
def test_a_strong_day_after_a_weak_story() -> None:
    """A weak story of some days doesn't weaken a strong day: a second one begins on it."""
    usual = usual_of(10, rate=0.035, between=1.3, within=0.54, burst=0.01, size=22.0)
    odd, base = [1, 1, 1, 1, 6, 6, 7, 6, 128, 132], [*[100] * 9, 50]
    found = weighed(odd, base, usual)
    assert found.since[0].tolist() == [0, 1, 2, 3, 4, 4, 4, 4, 8, 8]
    assert 2 < found.total[0, 7] < 3
    assert found.total[0, 8] > 6
    assert found.total[0, 9] > 2 * found.total[0, 8]


@pytest.mark.parametrize(("rate", "a_day"), [(0.005, 5), (0.05, 12)])
def test_a_strong_day_saves_nobody(rate: float, a_day: int) -> None:
    """The story before it goes on: whoever pulls slowly doesn't escape by pulling much on one day."""
    usual = usual_of(23, rate=rate, between=0.3, within=0.7, burst=0.003, size=20.0)
    slow = [1, 0, 1, *[a_day] * 20]
    once = [*slow[:8], 60, *slow[9:]]
    ends = [weighed(odd, [60.0] * 23, usual).total[0, -1] for odd in (slow, once)]
    assert min(ends) > ENOUGH


def test_no_evidence_before_an_odd_read() -> None:
    """Obligation 5: of a group in which everybody has many, few are no sign."""
    usual = usual_of(13, rate=0.5, between=1.0, within=8.0, burst=0.05)
    found = weighed([*[0] * 12, 400], [10_000.0] * 13, usual)
    assert np.all(found.total[0, :12] == 0)


def test_work_that_no_table_knows() -> None:
    """Up to STEADY a day, by somebody who was never seen without: for that alone nobody becomes a case."""
    odd, base = np.full(50, 30), np.full(50, 40.0)
    always = weighed(odd, base, usual_of(50))
    assert always.total[0].max() < ENOUGH
    odd[:20] = 1
    assert weighed(odd, base, usual_of(50)).total[0].max() > ENOUGH


@pytest.mark.parametrize("a_day", [30, 300, 3_000])
def test_of_work_that_probably_no_table_knows_nothing_is_said(a_day: int) -> None:
    """Of any size, as long as it goes on as ever; what comes on top later is seen."""
    odd, base = np.random.default_rng(1).poisson(a_day, 50), np.full(50, 1.0)
    said = [weighed(odd, base, usual_of(50), unknown=share).total[0] for share in (0.0, 0.01, 0.9)]
    assert said[0].max() > said[1].max() > said[2].max()
    assert said[2].max() < 3
    odd[30:] += 10 * a_day
    assert weighed(odd, base, usual_of(50), unknown=0.9).total[0, 30:].max() > ENOUGH


def test_a_large_burst_of_such_work_is_a_report_or_a_day_of_catching_up() -> None:
    odd, base = np.full(20, 1), np.full(20, 5.0)
    odd[12] = 900
    one, other = (weighed(odd, base, usual_of(20), unknown=share).total[0, 12] for share in (0.0, 0.9))
    assert one > ENOUGH > other
    odd[13:16] = 900
    assert weighed(odd, base, usual_of(20), unknown=0.9).total[0, 15] > ENOUGH, "four days are more than that"


@pytest.mark.kernels
@pytest.mark.parametrize("idle", [0, 1, 10, 27, 40])
def test_four_weeks_at_most(idle: int) -> None:
    """Obligation 4, whether the account goes on reading or not."""
    start, busy = 10, 4
    days = start + busy + idle + 60
    odd, base = np.zeros(days, np.int64), np.zeros(days)
    odd[:start], base[:start] = 1, 40
    odd[start : start + busy], base[start : start + busy] = 60, 100
    odd[start + busy + idle :], base[start + busy + idle :] = 1, 40
    found = weighed(odd, base, usual_of(days))
    top = found.total[0, start + busy - 1]
    assert top > ENOUGH
    assert np.all(np.arange(days) - found.since[0] < WEEKS)
    assert np.all(found.since[0] <= np.arange(days))
    over = start + WEEKS
    assert np.all(found.total[0, start + busy : min(start + busy + idle, over)] == top)
    assert found.total[0, over + busy :].max() < 3


@pytest.mark.kernels
def test_days_that_are_cleared_say_nothing() -> None:
    odd, base = np.full(30, 40), np.full(30, 50.0)
    odd[:5] = 2
    cleared = np.zeros(30, np.bool_)
    cleared[[10, 11, 12]] = True
    found = weighed(odd, base, usual_of(30), cleared)
    assert found.total[0, 9] > ENOUGH
    assert np.all(found.total[0, 10:13] == 0)
    assert found.since[0, 13] == 13


NULLS = [(0.05, 0.5, 0.5, 0.0), (0.05, 0.5, 0.5, 0.01), (0.01, 1.0, 0.5, 0.005), (0.3, 1.0, 1.0, 0.0)]


def null(model: tuple[float, float, float, float], seed: int) -> tuple[Longs, Floats]:
    rate, between, within, burst = model
    return draw(100 + seed, 400, 56, rate=rate, between=between, within=within, burst=burst)


@pytest.mark.parametrize("model", NULLS)
def test_who_does_nothing_is_seldom_thought_to(model: tuple[float, float, float, float]) -> None:
    """800 people over eight weeks of whom none pulls: on how many there ever is evidence of ten thousand to one."""
    above = 0
    for seed in (0, 1):
        odd, base = null(model, seed)
        found = evidence(odd, base, one_group(400), fit(odd, base, one_group(400), one_group(400)), known(odd))
        above += int((found.total > ENOUGH).any(axis=1).sum())
    assert above <= 8


@pytest.mark.parametrize("model", NULLS[:3])
def test_twenty_a_day_are_found_within_days(model: tuple[float, float, float, float]) -> None:
    odd, base = null(model, 0)
    odd[:40, 30:] += np.random.default_rng(0).poisson(20, (40, 26))
    found = evidence(odd, base, one_group(400), fit(odd, base, one_group(400), one_group(400)), known(odd))
    hit = found.total[:40, 30:] > ENOUGH
    first = np.where(hit.any(axis=1), hit.argmax(axis=1), 99)
    assert np.median(first) <= 3
    assert np.quantile(first, 0.9) <= 6
    assert np.median(found.since[:40, 40]) >= 28


def test_nobody_and_no_days() -> None:
    nobody = np.zeros((0, 3), np.int64)
    nothing = evidence(nobody, np.zeros((0, 3)), one_group(0), usual_of(3), known(nobody))
    assert nothing.total.shape == (0, 3)
    none = weighed([], [], usual_of(0))
    assert none.total.shape == (1, 0)


def test_accounts_are_weighed_each_for_itself() -> None:
    odd, base = draw(8, 30, 40, rate=0.1, between=1, within=0.5)
    usual = fit(odd, base, one_group(30), one_group(30))
    whole = evidence(odd, base, one_group(30), usual, known(odd))
    order = np.random.default_rng(0).permutation(30)
    mixed = evidence(odd[order], base[order], one_group(30), usual, known(odd))
    assert np.array_equal(mixed.total, whole.total[order])
