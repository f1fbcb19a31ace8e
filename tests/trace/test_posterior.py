import numpy as np
import pytest

from tests.trace.making import QUICK, make
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.trace import leading_sources, named_sources, shortlisted, verdict
from wayseal.trace._evidence import ACTOR, OUTLET, SESSION, Evidence
from wayseal.trace._posterior import SUPPORTED, Posterior, infer

SOLD = [30.0 + i for i in range(8)]


def plain() -> Evidence:
    """Account 0 read all eight leaks, 1 and 2 a few, as everybody does."""
    reads = [(0, i, SOLD[i] - 3.0) for i in range(8)]
    reads += [(1, i, 1.0 + i) for i in range(3)] + [(2, i, 8.0) for i in range(4, 6)]
    return make(SOLD, reads=reads, volume=[10.0, 400.0, 300.0], universe={SourceKind.ACTOR: 1000})


def look(evidence: Evidence, seed: int = 1) -> Posterior:
    return infer(evidence, seed=seed, effort=QUICK)


def test_the_leaker_is_named() -> None:
    posterior = look(plain())
    assert leading_sources(posterior) == [0]
    assert posterior.probability[0] > 0.99
    assert posterior.probability[1:].max() < 0.01
    assert posterior.share[0] == pytest.approx(0.9, abs=0.05)
    assert (posterior.points_at(0) > 0.9).all()
    assert posterior.unknown_share < 0.05
    members, p = posterior.set_of(0)
    assert members.tolist() == [0]
    assert p > 0.99
    assert named_sources(posterior, [0]) == [0]
    assert verdict(posterior, fair=True) is VerdictKind.NAMED
    assert verdict(posterior, fair=True) is VerdictKind.NAMED


def test_a_poor_fit_names_nobody() -> None:
    assert verdict(look(plain()), fair=False) is VerdictKind.SHORTLIST


def test_no_certainty_is_ever_reported() -> None:
    posterior = look(plain())
    assert posterior.probability[0] < 1
    ceiling = np.log10(SUPPORTED / (1 - SUPPORTED)) - np.log10(0.002 / 0.998)
    assert posterior.log10_lr[0] <= ceiling + 1e-9
    assert posterior.log10_lr[0] > 5
    assert posterior.set_of(0)[1] < 1


def test_other_priors_can_be_asked_for() -> None:
    posterior = look(plain())
    low, same, high = (posterior.sensitivity(0, scale) for scale in (0.25, 1.0, 5.0))
    assert 0.9 < low <= same <= high < 1
    assert posterior.sensitivity(1, 5.0) >= posterior.sensitivity(1, 1.0)


def test_sources_with_equal_evidence_are_never_parted() -> None:
    reads = [(s, i, SOLD[i] - 3.0) for s in (0, 1) for i in range(8)]
    posterior = look(make(SOLD, reads=reads, volume=[10.0, 10.0], universe={SourceKind.ACTOR: 1000}))
    assert posterior.probability[0] == posterior.probability[1] == pytest.approx(0.5, abs=0.01)
    for source in (0, 1):
        members, p = posterior.set_of(source)
        assert members.tolist() == [source, 1 - source]
        assert p > 0.99
    assert named_sources(posterior, [0, 1]) == [0, 1]


def test_four_that_cannot_be_told_apart_are_a_shortlist() -> None:
    reads = [(s, i, SOLD[i] - 3.0) for s in range(4) for i in range(8)]
    posterior = look(make(SOLD, reads=reads, universe={SourceKind.ACTOR: 1000}))
    assert named_sources(posterior, [0, 1, 2, 3]) == []
    assert verdict(posterior, fair=True) is VerdictKind.SHORTLIST


def test_more_than_twenty_are_no_answer() -> None:
    reads = [(s, i, SOLD[i] - 3.0) for s in range(30) for i in range(8)]
    posterior = look(make(SOLD, reads=reads, universe={SourceKind.ACTOR: 1000}))
    assert posterior.some > 0.99
    assert posterior.set_of(7)[0].tolist()[0] == 7
    assert verdict(posterior, fair=True) is VerdictKind.INSUFFICIENT


def test_nothing_in_particular_is_insufficient() -> None:
    reads = [(s, s % 8, 20.0) for s in range(40)]
    posterior = look(make(SOLD, reads=reads, volume=[20.0] * 40, universe={SourceKind.ACTOR: 1000}))
    assert posterior.some < 0.5
    assert not shortlisted(posterior)
    assert verdict(posterior, fair=True) is VerdictKind.INSUFFICIENT


def test_no_candidates_and_no_leaks() -> None:
    for evidence in (make(SOLD, kind=[]), make([], kind=[ACTOR])):
        posterior = look(evidence)
        assert posterior.some == 0
        assert posterior.unknown_share == 1.0
        assert verdict(posterior, fair=True) is VerdictKind.INSUFFICIENT
    assert look(make([], kind=[ACTOR])).set_of(0) == (np.array([0]), 0.0)
    assert look(make([], kind=[ACTOR])).sensitivity(0, 5.0) == 0.0


def with_sessions() -> Evidence:
    """Account 0 read the leaks in session 2 alone, beside much else in session 3; account 1 is innocent."""
    reads = [(s, i, SOLD[i] - 3.0) for s in (0, 2) for i in range(8)]
    reads += [(s, i, 2.0 + i) for s in (0, 3) for i in range(2)] + [(1, 3, 8.0)]
    return make(
        SOLD,
        reads=reads,
        kind=[ACTOR, ACTOR, SESSION, SESSION],
        parent=np.array([-1, -1, 0, 0], np.int32),
        volume=[500.0, 100.0, 8.0, 490.0],
        universe={SourceKind.ACTOR: 1000, SourceKind.SESSION: 3000},
    )


def test_an_account_answers_for_its_sessions() -> None:
    posterior = look(with_sessions())
    account, session = posterior.probability[0], posterior.probability[2]
    assert account > 0.99
    assert 0.95 < session <= account
    assert posterior.probability[3] < 0.05
    assert posterior.points_at(0).min() >= posterior.points_at(2).min() > 0.9
    assert named_sources(posterior, leading_sources(posterior)) == [0]
    assert posterior.set_of(0)[0].tolist() == [0]
    assert posterior.set_of(2)[0].tolist()[0] == 2
    assert posterior.sensitivity(0, 1.0) > 0.95


def test_an_account_with_one_session_is_as_sure_as_both_together() -> None:
    reads = [(s, i, SOLD[i] - 3.0) for s in (0, 1) for i in range(8)]
    evidence = make(
        SOLD,
        reads=reads,
        kind=[ACTOR, SESSION],
        parent=np.array([-1, 0], np.int32),
        universe={SourceKind.ACTOR: 1000, SourceKind.SESSION: 1000},
    )
    posterior = look(evidence)
    assert posterior.probability[0] > 0.99
    assert posterior.probability[1] == pytest.approx(0.5, abs=0.1)


def test_an_outlet_stands_for_reads_that_no_log_shows() -> None:
    touches = [(0, i, 10.0) for i in range(8)]
    evidence = make(
        SOLD,
        touches=touches,
        kind=[OUTLET],
        touch_volume=[5.0],
        universe={SourceKind.OUTLET: 400},
    )
    posterior = look(evidence)
    assert posterior.probability[0] > 0.99
    assert posterior.evidence.kind[leading_sources(posterior)[0]] == OUTLET


def test_same_seed_same_answer() -> None:
    one, two = look(plain(), 4), look(plain(), 4)
    assert np.array_equal(one.probability, two.probability)
    assert np.array_equal(one.unknown, two.unknown)
