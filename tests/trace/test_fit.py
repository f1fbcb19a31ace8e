import numpy as np
import pytest

from tests.trace.making import QUICK, make
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.trace import verdict
from wayseal.trace._evidence import ACTOR, OUTLET, REGION, ViewSample
from wayseal.trace._fit import check_fit, own_leaks
from wayseal.trace._framing import FRAMED, check_co_readers, find_co_readers, weigh_framing
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
