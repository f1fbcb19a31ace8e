"""What doubt about the draw leaves of a probability."""

import math

import numpy as np
import pytest

from tests.trace.making import QUICK, make
from wayseal.trace._evidence import ACTOR, SESSION, ViewSample
from wayseal.trace._fit import CHOSEN, apply_doubts, find_doubtful
from wayseal.trace._framing import Framing
from wayseal.trace._posterior import Posterior, infer

SOLD = [20.0 + 3 * place for place in range(8)]


def clear(*, session: bool = False) -> Posterior:
    """Account 0 read all eight leaks six hours before; account 1 reads much and read them days before."""
    reads = [(0, leak, at - 6) for leak, at in enumerate(SOLD)] + [(1, leak, at - 15) for leak, at in enumerate(SOLD)]
    kind = [ACTOR, ACTOR] + [SESSION] * session
    reads += [(2, leak, at - 6) for leak, at in enumerate(SOLD)] * session
    parent = np.array([-1, -1] + [0] * session, np.int32)
    evidence = make(SOLD, reads=reads, kind=kind, volume=[8.0, 500.0, 8.0][: len(kind)], parent=parent)
    return infer(evidence, seed=3, effort=QUICK)


def ratio(log_ratio: float, *, own: float = -np.inf) -> dict[int, Framing]:
    """What `_framing` may have said of account 0: account 1 hides behind it."""
    return {0: Framing(log_ratio=log_ratio, other=1, leaks=8, seen=8, best_log_ratio=log_ratio, log_own=own)}


def test_an_honest_draw_keeps_its_probability() -> None:
    posterior = clear()
    after = apply_doubts(posterior, [], ratio(-8.0), seed=1)
    assert after.probability[0] == pytest.approx(posterior.probability[0], abs=1e-6)


def test_a_framed_account_loses_what_the_other_gains() -> None:
    posterior = clear()
    after = apply_doubts(posterior, [], ratio(14.0), seed=1)
    stays = 1 / (1 + CHOSEN * math.exp(14))
    assert after.probability[0] == pytest.approx(posterior.probability[0] * stays)
    assert after.probability[1] > 0.95
    assert after.log10_lr[0] < posterior.log10_lr[0]
    points = after.points_at(0) + after.points_at(1) + after.unknown
    before = posterior.points_at(0) + posterior.points_at(1) + posterior.unknown
    assert points == pytest.approx(before, abs=1e-9)
    assert after.set_of(0)[1] < 0.05
    assert after.sensitivity(0, 1.0) < 0.05
    assert after.sensitivity(1, 1.0) > 0.9


def test_it_may_have_chosen_itself() -> None:
    posterior = clear()
    after = apply_doubts(posterior, [], ratio(14.0, own=20.0), seed=1)
    assert after.probability[0] > 0.98


def test_a_session_loses_with_its_account() -> None:
    posterior = clear(session=True)
    after = apply_doubts(posterior, [], ratio(14.0), seed=1)
    assert after.probability[2] < 0.05 < posterior.probability[2]
    assert after.points_at(2).max() < 0.05


def test_nothing_is_said_without_a_sample_or_below_one_half() -> None:
    posterior = clear()
    assert find_doubtful(posterior) == [0]
    assert apply_doubts(posterior, [], {}, seed=1) is posterior


def test_the_ratio_is_weighed_where_it_was_not_before() -> None:
    """Account 1 read four in five of account 0's other parcels, and follows the sales worse: no doubt."""
    posterior = clear()
    items = np.arange(40, dtype=np.int32)
    sample = ViewSample(
        source=0,
        own_at=np.full(50, 10.0),
        item=items,
        account=np.ones(40, np.int32),
        at=np.full(40, 9.0),
    )
    after = apply_doubts(posterior, [sample], {}, seed=1)
    assert [shift.source for shift in after.shifts] == [0]
    assert after.shifts[0].other == 1
    assert after.probability[0] == pytest.approx(posterior.probability[0], abs=0.01)
