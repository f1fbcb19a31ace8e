"""How probable it is that an account pulls: the numbered obligations of `_score`."""

import json
import math
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from wayseal.detect._judge import FRESH, MAIN, RESPONSIBILITY
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
from wayseal.detect._signals import CLEAR, GROWN, TOLD_BY
from wayseal.detect.detectors import detectors

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
