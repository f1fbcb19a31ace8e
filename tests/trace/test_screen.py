from functools import partial

import numpy as np
import pytest

from tests.trace.making import make
from wayseal.model.kinds import SourceKind
from wayseal.trace import _screen
from wayseal.trace._evidence import ACTOR, OUTLET, SESSION
from wayseal.trace._likelihood import likelihood
from wayseal.trace._posterior import RHO_MAX, Prior
from wayseal.trace._screen import classes, log_bayes_factors


def test_rho_spreads_kappa_over_all_sources_of_the_kind() -> None:
    evidence = make(
        [9.0],
        reads=[(0, 0, 1.0)],
        kind=[ACTOR, OUTLET],
        universe={SourceKind.ACTOR: 20_000, SourceKind.OUTLET: 400},
    )
    prior = Prior()
    assert prior.rho(evidence)[0] == pytest.approx(2 / 20_000)
    assert prior.rho(evidence, scale=5.0)[0] == pytest.approx(10 / 20_000)
    assert prior.rho(evidence)[1] == pytest.approx(prior.kappa[SourceKind.OUTLET] / 400)


def test_few_sources_are_not_half_guilty_from_the_start() -> None:
    assert Prior().rho(make([9.0], reads=[(0, 0, 1.0)], universe={SourceKind.ACTOR: 3}))[0] == RHO_MAX


def test_an_account_shares_its_prior_with_its_sessions() -> None:
    evidence = make(
        [9.0],
        kind=[ACTOR, ACTOR, SESSION],
        parent=np.array([-1, -1, 0], np.int32),
        universe={SourceKind.ACTOR: 100, SourceKind.SESSION: 1000},
    )
    assert Prior().rho(evidence).tolist() == pytest.approx([0.01, 0.02, 0.001])


def test_a_part_of_what_is_expected_of_accounts_goes_by_what_they_read() -> None:
    plain = partial(make, [9.0], kind=[ACTOR, ACTOR, OUTLET], volume=[900.0, 10.0, 0.0])
    universe = {SourceKind.ACTOR: 1000, SourceKind.OUTLET: 100}
    rho = Prior().rho(plain(universe=universe, overall_reads=100_000.0))
    assert rho.tolist() == pytest.approx([0.0016 + 0.0036, 0.0016 + 0.00004, 0.002])
    alike = Prior().rho(make([9.0], universe=universe, overall_reads=9_000.0, kind=[ACTOR], volume=[9.0]))
    assert alike.tolist() == pytest.approx([2 / 1000]), "where all read alike it is even"
    even = Prior(by_reads=0).rho(plain(universe=universe, overall_reads=100_000.0))
    assert even.tolist() == pytest.approx([0.002, 0.002, 0.002])


def test_the_prior_of_an_account_that_reads_most_of_all_is_capped() -> None:
    evidence = make([9.0], kind=[ACTOR], volume=[900.0], overall_reads=1000.0, universe={SourceKind.ACTOR: 1000})
    assert Prior().rho(evidence)[0] == RHO_MAX


def test_sessions_share_what_their_account_has_by_its_reads() -> None:
    evidence = make(
        [9.0],
        kind=[ACTOR, SESSION],
        parent=np.array([-1, 0], np.int32),
        volume=[100.0, 40.0],
        overall_reads=10_000.0,
        universe={SourceKind.ACTOR: 100, SourceKind.SESSION: 1000},
    )
    assert Prior().rho(evidence).tolist() == pytest.approx([(0.016 + 0.004) / 2, (0.0016 + 0.0016) / 2])


def test_the_bayes_factor_is_the_integral_over_the_share() -> None:
    evidence = make([9.0, 9.0], reads=[(0, 0, 1.0)], volume=[10.0], size=1000.0)
    found = likelihood(evidence, timed=False)
    u = np.linspace(0, 1, 200_001)
    expected = np.log(np.mean((1 - u + u * 95.0) * (1 - u)))
    assert log_bayes_factors(found)[0] == pytest.approx(expected, abs=1e-4)


def test_equal_evidence_is_one_class() -> None:
    reads = [(0, 0, 5.0), (0, 1, 5.0), (1, 0, 5.0), (1, 1, 5.0), (2, 0, 5.0)]
    evidence = make([9.0, 9.0], reads=reads)
    seats = classes(evidence, likelihood(evidence), Prior().rho(evidence))
    assert sorted(tuple(m.tolist()) for m in seats.members) == [(0, 1), (2,)]
    pair = [len(m) for m in seats.members].index(2)
    assert seats.log_odds[pair] == pytest.approx(seats.log_odds[1 - pair] + np.log(2))


def test_a_session_needs_two_leaks() -> None:
    reads = [(0, 0, 5.0), (0, 1, 5.0), (1, 0, 5.0), (1, 1, 5.0), (2, 0, 5.0)]
    evidence = make(
        [9.0, 9.0],
        reads=reads,
        kind=[ACTOR, SESSION, SESSION],
        parent=np.array([-1, 0, 0], np.int32),
        volume=[20.0, 10.0, 5.0],
    )
    seats = classes(evidence, likelihood(evidence), Prior().rho(evidence))
    assert {int(c) for m in seats.members for c in m} == {0, 1}


def test_only_the_best_get_a_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_screen, "SEATS", 3)
    reads = [(s, leak, 5.0 + s / 100) for s in range(10) for leak in range(1 + s)]
    evidence = make([9.0] * 10, reads=reads)
    seats = classes(evidence, likelihood(evidence), Prior().rho(evidence))
    assert [m.tolist() for m in seats.members] == [[9], [8], [7]]


def test_no_candidate_no_seat() -> None:
    evidence = make([9.0], kind=[])
    seats = classes(evidence, likelihood(evidence), Prior().rho(evidence))
    assert seats.members == ()
    assert seats.ratio.shape == (0, 1)
