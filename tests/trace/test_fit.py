"""Whether the leaks are a fair draw of what a source saw, and what doubt about that leaves of its probability."""

import math

import numpy as np
import pytest

from tests.trace.rim import QUICK, make
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.trace import verdict
from wayseal.trace._evidence import ACTOR, OUTLET, REGION, SESSION, ViewSample
from wayseal.trace._fit import CHOSEN, apply_doubts, check_fit, find_doubtful, own_leaks
from wayseal.trace._framing import FRAMED, Framing, check_co_readers, find_co_readers, weigh_framing
from wayseal.trace._posterior import Posterior, infer

N = 10
SOLD = [30.0 + i for i in range(N)]


def posterior_of(beside: dict[int, list[int]], *, delay: float = 3.0) -> Posterior:
    """Account 0 read every leak; the accounts of `beside` (1, 2, …) those that are listed."""
    reads = [(0, i, SOLD[i] - delay) for i in range(N)]
    reads += [(s, i, 1.0) for s, leaks in beside.items() for i in leaks]
    volume = [10.0] + [500.0] * len(beside)
    evidence = make(SOLD, reads=reads, volume=volume, universe={SourceKind.ACTOR: 1000}, life_h=400.0)
    return infer(evidence, seed=1, effort=QUICK)


def sample_of(beside: dict[int, list[int]], views: int = 100) -> ViewSample:
    """Other reads of account 0, and who else had them."""
    pairs = [(s, item) for s, items in beside.items() for item in items]
    return ViewSample(
        source=0,
        own_at=np.full(views, 10.0),
        item=np.array([item for _, item in pairs], np.int32),
        account=np.array([s for s, _ in pairs], np.int32),
        at=np.full(len(pairs), 2.0),
    )


def test_own_leaks_and_their_delays() -> None:
    own, delays = own_leaks(posterior_of({1: [0]}), 0)
    assert own.tolist() == list(range(N))
    assert delays == pytest.approx(np.full(N, 3.0))


def test_an_honest_draw_fits() -> None:
    rng = np.random.default_rng(1)
    beside = {s: np.flatnonzero(rng.random(N) < 0.3).tolist() for s in range(1, 6)}
    others = {s: np.flatnonzero(rng.random(100) < 0.3).tolist() for s in range(1, 6)}
    test = check_fit(posterior_of(beside), [0], [sample_of(others)], seed=1, shuffles=200)
    assert test.p_value is not None
    assert test.p_value > 0.05
    assert test.code == "fit.good"


def test_honest_draws_are_seldom_suspected() -> None:
    rng = np.random.default_rng(7)
    posterior = posterior_of({1: [0]})
    own, delays = own_leaks(posterior, 0)
    low = 0
    for _ in range(40):
        others = {s: np.flatnonzero(rng.random(100) < rng.uniform(0.05, 0.6)).tolist() for s in range(1, 8)}
        beside = find_co_readers(posterior.evidence, sample_of(others), own, delays, rng)
        low += check_co_readers(beside, rng, 100).p_value < 0.02
    assert low <= 2


def test_whoever_sells_only_what_one_colleague_saw_is_found_out() -> None:
    test = check_fit(
        posterior_of({1: list(range(N)), 2: [3]}),
        [0],
        [sample_of({1: list(range(20)), 2: list(range(30, 60)), 1000: [1, 2, 3]})],
        seed=1,
    )
    assert test.p_value is not None
    assert test.p_value < 0.01
    assert test.code == "fit.company"
    assert not test.fair
    assert test.source == 0
    assert test.co_reader is not None
    assert (test.co_reader.other, test.co_reader.seen, test.co_reader.leaks) == (1, N, N)
    assert test.co_reader.expected == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("mine", "theirs", "rate", "framed"),
    [(40, 3, 0.6, True), (3, 40, 0.6, False), (3, 3, 0.98, True)],  # the last two accounts can't be told apart
)
def test_whose_reads_explain_the_sales_better(mine: float, theirs: float, rate: float, framed: bool) -> None:
    """Account 1 had read all leaks too, and `rate` of what else account 0 read."""
    sold = [100.0 + i for i in range(N)]
    reads = [(0, i, sold[i] - mine) for i in range(N)] + [(1, i, sold[i] - theirs) for i in range(N)]
    evidence = make(sold, reads=reads, volume=[10.0, 700.0], universe={SourceKind.ACTOR: 1000}, life_h=400.0)
    posterior = infer(evidence, seed=1, effort=QUICK)
    own, _ = own_leaks(posterior, 0)
    found = weigh_framing(posterior, 0, own, {1: rate})
    assert (found.log_ratio >= FRAMED) == framed
    assert (found.other, found.seen, found.leaks) == (1, len(own), len(own))


def test_nobody_frames_where_nobody_else_read_the_leaks() -> None:
    posterior = posterior_of({1: [0]})
    own, _ = own_leaks(posterior, 0)
    assert weigh_framing(posterior, 0, own, {}).log_ratio == -np.inf
    assert weigh_framing(posterior, 0, own[:0], {}).other == -1


def test_who_hides_behind_a_source_is_said_and_stops_the_naming() -> None:
    sold = [100.0 + i for i in range(N)]
    reads = [(0, i, sold[i] - 15.0) for i in range(N)] + [(1, i, sold[i] - 4.0) for i in range(N)]
    evidence = make(sold, reads=reads, volume=[10.0, 700.0], universe={SourceKind.ACTOR: 1000}, life_h=400.0)
    posterior = infer(evidence, seed=1, effort=QUICK)
    test = check_fit(posterior, [0], [sample_of({1: list(range(70))})], seed=1)
    assert test.code == "fit.framed"
    assert test.framed is not None
    assert test.framed.other == 1
    assert verdict(posterior, fair=True) is VerdictKind.NAMED
    assert verdict(posterior, fair=test.fair) is not VerdictKind.NAMED


def test_an_account_may_hide_behind_its_outlet() -> None:
    test = check_fit(outlet_leak(list(range(N))), [2], [], seed=1)
    assert test.framed is not None
    assert test.framed.leaks == N


def test_reads_after_the_sale_are_no_company() -> None:
    posterior = posterior_of({1: [0]})
    late = ViewSample(
        source=0,
        own_at=np.full(50, 10.0),
        item=np.arange(50, dtype=np.int32),
        account=np.full(50, 1, np.int32),
        at=np.full(50, 500.0),
    )
    test = check_fit(posterior, [0], [late], seed=1, shuffles=50)
    assert test.co_reader is not None
    assert test.co_reader.other == -1
    assert test.tests["fit.company", 0] == 1.0


def test_an_empty_sample_tells_nothing() -> None:
    test = check_fit(posterior_of({1: [0, 1]}), [0], [sample_of({}, views=0)], seed=1, shuffles=50)
    assert test.co_reader is not None
    assert test.co_reader.p_value == 1.0


def test_reads_that_have_nothing_to_do_with_the_sales() -> None:
    """Somebody always reads just before the sale, and it is never the source."""
    sold = [100.0 + i for i in range(N)]
    reads = [(0, i, 5.0) for i in range(N)] + [(1 + i, i, sold[i] - 1.0) for i in range(N)]
    evidence = make(
        sold,
        reads=reads,
        volume=[10.0] + [900.0] * N,
        universe={SourceKind.ACTOR: 1000},
        life_h=120.0,
    )
    test = check_fit(infer(evidence, seed=1, effort=QUICK), [0], [], seed=1)
    assert test.tests["fit.delay", 0] < 0.01
    assert test.code == "fit.delay"


def late_reader() -> Posterior:
    """Account 0 read half the leaks before their sale and the other half after it."""
    reads = [(0, i, SOLD[i] - 3.0 if i < 5 else SOLD[i] + 3.0) for i in range(N)]
    reads += [(1, 0, 1.0)]
    touches = [(0, i, 0.5) for i in range(0, N, 2)]
    evidence = make(
        SOLD,
        reads=reads,
        touches=touches,
        volume=[10.0, 500.0],
        touch_volume=[100.0, 0.0],
        universe={SourceKind.ACTOR: 1000},
    )
    return infer(evidence, seed=1, effort=QUICK)


def test_nobody_sells_what_he_has_yet_to_read() -> None:
    test = check_fit(late_reader(), [0], [], seed=1)
    assert test.tests["fit.after", 0] < 1e-4
    assert test.code == "fit.after"
    assert test.p_value is not None
    assert test.p_value < 0.01
    assert check_fit(posterior_of({1: [0]}), [0], [], seed=1).tests["fit.after", 0] == 1.0


def outlet_leak(mate: list[int]) -> Posterior:
    """Ten leaks from outlet 2 (its number is 7), whose account 0 had read some of them, after their sale."""
    evidence = make(
        SOLD,
        reads=[(0, i, SOLD[i] + 5.0) for i in mate] + [(1, 0, 1.0)],
        touches=[(2, i, 10.0) for i in range(N)],
        kind=[ACTOR, ACTOR, OUTLET],
        group=np.array([7, -1, 7], np.int32),
        volume=[10.0, 500.0, 0.0],
        touch_volume=[50.0, 0.0, 50.0],
        universe={SourceKind.OUTLET: 400, SourceKind.ACTOR: 1000},
    )
    return infer(evidence, seed=1, effort=QUICK)


def test_an_outlet_whose_leaks_are_one_accounts_views() -> None:
    test = check_fit(outlet_leak(list(range(N))), [2], [], seed=1)
    assert test.code == "fit.company"
    assert test.co_reader is not None
    assert (test.co_reader.other, test.co_reader.seen) == (0, N)
    assert test.p_value is not None
    assert test.p_value < 0.01
    assert check_fit(outlet_leak([0, 1]), [2], [], seed=1).p_value == 1.0


def test_many_leaks_are_thinned_for_the_delay() -> None:
    n = 40
    sold = [30.0 + i for i in range(n)]
    reads = [(0, i, sold[i] - 3.0) for i in range(n)] + [(1, i, 2.0) for i in range(3)]
    evidence = make(sold, reads=reads, volume=[60.0, 500.0], universe={SourceKind.ACTOR: 1000})
    test = check_fit(infer(evidence, seed=1, effort=QUICK), [0], [], seed=1)
    assert test.tests["fit.delay", 0] > 0.05


def test_nothing_to_test() -> None:
    evidence = make(
        SOLD,
        touches=[(0, i, 10.0) for i in range(N)],
        kind=[REGION],
        touch_volume=[5.0],
        universe={SourceKind.REGION: 40},
    )
    test = check_fit(infer(evidence, seed=1, effort=QUICK), [0], [], seed=1)
    assert test.p_value is None
    assert test.code == "fit.none"
    assert test.source == -1


def test_same_seed_same_p_value() -> None:
    posterior, sample = posterior_of({1: [0, 1, 2]}), sample_of({1: [4, 5, 6, 7, 8]})
    one, two = (check_fit(posterior, [0], [sample], seed=3, shuffles=60) for _ in range(2))
    assert one.p_value == two.p_value


SOLD_LATER = [20.0 + 3 * place for place in range(8)]


def clear(*, session: bool = False) -> Posterior:
    """Account 0 read all eight leaks six hours before; account 1 reads much and read them days before."""
    reads = [(0, leak, at - 6) for leak, at in enumerate(SOLD_LATER)] + [
        (1, leak, at - 15) for leak, at in enumerate(SOLD_LATER)
    ]
    kind = [ACTOR, ACTOR] + [SESSION] * session
    reads += [(2, leak, at - 6) for leak, at in enumerate(SOLD_LATER)] * session
    parent = np.array([-1, -1] + [0] * session, np.int32)
    evidence = make(SOLD_LATER, reads=reads, kind=kind, volume=[8.0, 500.0, 8.0][: len(kind)], parent=parent)
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
