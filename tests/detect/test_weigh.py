"""What several detectors say together: the numbered obligations of `_weigh`."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from wayseal.detect._weigh import CAP, CLEAR, EPISODE, LONE, OFTEN, STRENGTH, YOUNG, Kind, Said, weigh

OLD, TODAY = YOUNG, 0
STORY, WEAK, DETAIL, CIRCUMSTANCE, SURE = Kind.STORY, Kind.WEAK, Kind.DETAIL, Kind.CIRCUMSTANCE, Kind.SURE
Told = tuple[Kind, float, int]


def counted(*told: Told) -> list[float]:
    """What counts of each: its kind, nats and age."""
    said = [Said(kind=kind, nats=np.array([nats]), age=np.array([age])) for kind, nats, age in told]
    return [float(nats[0]) for nats in weigh(said)]


def seldom(nats: float) -> float:
    """Nats of what only a share of those who pull does."""
    return math.log(1 - OFTEN + OFTEN * math.exp(nats))


def test_1_no_detector_says_more_than_all_it_may() -> None:
    assert counted((STORY, 99.0, OLD)) == counted((SURE, 99.0, TODAY)) == counted((DETAIL, 99.0, OLD)) == [CAP]
    assert counted((STORY, 3.0, OLD), (SURE, 4.0, OLD)) == [3.0, 4.0]


def test_2_not_everybody_who_pulls_does_it() -> None:
    for kind in (DETAIL, CIRCUMSTANCE):
        assert counted((kind, 6.0, OLD)) == [pytest.approx(seldom(6.0))]
        assert counted((kind, 0.0, OLD)) == [pytest.approx(0)]


@pytest.mark.parametrize("age", range(6))
def test_3_a_young_story_is_an_episode_whatever_is_counted_of_its_reads(age: int) -> None:
    most = EPISODE if age < YOUNG else CAP
    assert counted((STORY, 99.0, age)) == [most]
    story, weak, detail = counted((STORY, 99.0, age), (WEAK, 99.0, age), (DETAIL, 99.0, age))
    assert (story, weak) == (most, 0.0)
    assert detail == (0.0 if age < YOUNG else CAP)
    story, detail = counted((STORY, 8.0, age), (DETAIL, 99.0, OLD))
    assert story + detail == (EPISODE if age < YOUNG else 16.0)


def test_3_it_is_as_old_as_the_older_of_its_sides() -> None:
    assert sum(counted((STORY, 99.0, TODAY), (WEAK, 4 / STRENGTH, OLD))) == CAP
    assert sum(counted((STORY, 99.0, TODAY), (WEAK, 0.5, OLD))) == EPISODE, "which says hardly anything"


def test_4_weakly_explained_reads_are_worth_less() -> None:
    assert counted((WEAK, 20.0, OLD)) == [pytest.approx(STRENGTH * seldom(20.0))]
    story, weak = counted((STORY, 10.0, OLD), (WEAK, 60.0, OLD))
    assert story == 10.0
    assert story + weak == pytest.approx(CAP)


def test_5_details_say_no_more_than_the_reads_they_are_counted_from() -> None:
    story, one, other = counted((STORY, 6.0, OLD), (DETAIL, 9.0, OLD), (DETAIL, 8.0, OLD))
    assert one + other == pytest.approx(story) == 6.0
    assert one / other == pytest.approx(seldom(9.0) / seldom(8.0))
    assert counted((STORY, 0.0, OLD), (DETAIL, 99.0, OLD)) == [0.0, 0.0]
    assert counted((STORY, 9.0, OLD), (DETAIL, 6.0, OLD)) == [9.0, pytest.approx(seldom(6.0))]
    assert counted((DETAIL, 9.0, OLD)) == [pytest.approx(seldom(9.0))], "where these can't be judged"


def test_6_one_circumstance_beside_a_young_story_or_none() -> None:
    clear = 99.0
    assert counted((CIRCUMSTANCE, clear, OLD)) == [EPISODE]
    for age, most in ((TODAY, LONE), (OLD, CAP + EPISODE)):
        assert sum(counted((STORY, 99.0, age), (CIRCUMSTANCE, clear, OLD))) == pytest.approx(most)
    two = (CIRCUMSTANCE, clear, OLD), (CIRCUMSTANCE, CLEAR - math.log(OFTEN) + 0.1, OLD)
    assert sum(counted(*two)) > LONE
    assert sum(counted((STORY, 99.0, TODAY), *two)) == pytest.approx(EPISODE + sum(counted(*two)))
    hardly = (CIRCUMSTANCE, CLEAR - math.log(OFTEN) - 0.5, OLD)
    assert sum(counted(two[0], hardly)) == pytest.approx(LONE)


def test_7_what_is_sure_is_under_no_other_cap() -> None:
    """A canary that was touched an hour ago says as much as one of last week."""
    assert counted((SURE, CAP, TODAY)) == [CAP]
    assert counted((STORY, 99.0, TODAY), (SURE, 99.0, TODAY), (CIRCUMSTANCE, 99.0, TODAY))[:2] == [EPISODE, CAP]


TOLD = st.tuples(st.sampled_from(Kind), st.floats(0, 60), st.integers(0, 6))


@examples(200, quick=60)
@given(st.lists(TOLD, max_size=7), st.permutations(range(7)))
def test_whatever_is_said(told: list[Told], order: list[int]) -> None:
    out = counted(*told)

    def of(*kinds: Kind) -> float:
        return sum(nats for (kind, _, _), nats in zip(told, out, strict=True) if kind in kinds)

    assert all(0 <= nats <= min(CAP, max(said, 0.0)) + 1e-9 for nats, (_, said, _) in zip(out, told, strict=True))
    assert of(STORY, WEAK) <= CAP + 1e-9
    if any(kind is STORY for kind, _, _ in told):
        assert of(DETAIL) <= of(STORY) + 1e-9
    if not any(kind in (STORY, WEAK) and age >= YOUNG for kind, _, age in told):
        assert of(STORY, WEAK) <= EPISODE + 1e-9
        assert of(STORY, WEAK, DETAIL) <= EPISODE + 1e-9 or not any(kind is STORY for kind, _, _ in told)
    mixed = [k for k in order if k < len(told)]
    assert counted(*(told[k] for k in mixed)) == pytest.approx([out[k] for k in mixed])


def test_each_cell_by_itself() -> None:
    chance = np.random.default_rng(1)
    kinds = [STORY, WEAK, DETAIL, DETAIL, CIRCUMSTANCE, CIRCUMSTANCE, SURE]
    nats, age = chance.uniform(0, 30, (7, 4, 5)), chance.integers(0, 6, (7, 4, 5))
    whole = weigh([Said(kind=kind, nats=n, age=a) for kind, n, a in zip(kinds, nats, age, strict=True)])
    for a in range(4):
        for d in range(5):
            cell = [(kind, float(nats[k, a, d]), int(age[k, a, d])) for k, kind in enumerate(kinds)]
            assert [float(n[a, d]) for n in whole] == pytest.approx(counted(*cell))
    assert weigh([]) == []
