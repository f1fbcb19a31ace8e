"""Who is probable, in plain cases and in whole small worlds: what must be named, and when nobody may be."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from benchmarks.trace._world import Case, Scale, World, build, evidence, look_up, plant
from numpy.typing import NDArray

from tests.trace.rim import QUICK, make
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.trace import leading_sources, named_sources, shortlisted, verdict
from wayseal.trace._evidence import ACTOR, CHANNEL, OUTLET, SESSION, Evidence
from wayseal.trace._posterior import MOST_MEMBERS, SUPPORTED, Posterior, credible_set, infer
from wayseal.trace._sampler import Effort

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
    for given in (make(SOLD, kind=[]), make([], kind=[ACTOR])):
        posterior = look(given)
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


def states(*rows: tuple[int, ...]) -> NDArray[np.int32]:
    out = np.full((len(rows), 4), -1, np.int32)
    for place, row in enumerate(rows):
        out[place, : len(row)] = row
    return out


def test_a_certain_source_stands_alone() -> None:
    members, p = credible_set(states(*[(0, 1)] * 99, (0,)), 3, 0)
    assert members.tolist() == [0]
    assert p == 1.0


def test_sources_that_take_turns_share_a_set() -> None:
    turns = states(*[(0,)] * 60, *[(1,)] * 40)
    for unit in (0, 1):
        members, p = credible_set(turns, 2, unit)
        assert sorted(members.tolist()) == [0, 1]
        assert p == 1.0


def test_a_companion_is_no_substitute() -> None:
    """A second leaker is always there, with or without the first: no reason to doubt which of them it is."""
    members, p = credible_set(states(*[(0, 1)] * 90, *[(1,)] * 10), 2, 0)
    assert members.tolist() == [0]
    assert p == 0.9


def test_small_gains_end_it() -> None:
    rare = states(*[(0,)] * 950, *[(c,) for c in range(1, 6)], *[()] * 45)
    members, p = credible_set(rare, 6, 0)
    assert members.tolist() == [0]
    assert p == 0.95


def test_a_set_has_an_end() -> None:
    many = states(*[(c,) for c in range(40)] * 3)
    members, p = credible_set(many, 40, 0)
    assert len(members) == MOST_MEMBERS
    assert p == MOST_MEMBERS / 40


def test_a_unit_counts_once_a_state() -> None:
    double = states(*[(0,)] * 50, *[(1, 1)] * 50)
    members, p = credible_set(double, 2, 0)
    assert members.tolist() == [0, 1]
    assert p == 1.0


def test_a_source_that_never_appears() -> None:
    members, p = credible_set(states(*[()] * 10), 2, 1)
    assert members.tolist() == [1]
    assert p == 0.0


SMALL = Scale(accounts=1500, wide=6, outlets=60, regions=6, parcels=15_000, days=15.0)
EFFORT = Effort(chains=2, steps=4000, rounds=2)


@cache
def world() -> World:
    return build(4, SMALL)


def look_at(case: Case) -> tuple[Posterior, NDArray[np.int32]]:
    seen = look_up(world(), case)
    return infer(evidence(world(), case, seen), seed=1, effort=EFFORT), seen.accounts


def accused(posterior: Posterior) -> list[int]:
    return np.flatnonzero(posterior.probability > 0.95).tolist()


def bought_from(outlets: NDArray[np.int64], rng: np.random.Generator, n: int, *, leaker: int | None = None) -> Case:
    """Parcels from the given origins: any of them, or those that one account had read."""
    there = np.flatnonzero(np.isin(world().route[:, 0], outlets))
    at = world().born[there] + rng.random(len(there)) * world().life[there]
    if leaker is not None:
        own = world().views(leaker)
        own = own[np.isin(world().parcel[own], there)]
        there, at = world().parcel[own].astype(np.int64), world().at[own]
    chosen = rng.choice(len(there), n, replace=False)
    sold = at[chosen] + rng.lognormal(np.log(6), 1, n)
    leakers = () if leaker is None else (leaker,)
    return Case(leakers=leakers, parcel=there[chosen].astype(np.int32), sold_at=sold)


def by_origin(case: Case, given: Evidence, accounts: NDArray[np.int32]) -> Evidence:
    """The same evidence with the origin outlet as the stratum of each leak."""
    w = world()
    origins, stratum = np.unique(w.route[case.parcel, 0], return_inverse=True)
    volume, touched = np.zeros((2, given.candidates, len(origins)))
    size = np.zeros(len(origins))
    for x, origin in enumerate(origins):
        inside = w.route[:, 0] == origin
        size[x] = inside.sum()
        reads = w.account[inside[w.parcel] & w.logged]
        volume[: len(accounts), x] = np.bincount(reads, minlength=w.scale.accounts)[accounts]
        for c in range(given.candidates):
            node = given.group[c]
            if given.kind[c] == OUTLET or (c < len(accounts) and node >= 0):
                touched[c, x] = (w.route[inside] == node).any(axis=1).sum()
            else:
                touched[c, x] = size[x]
    return replace(given, stratum=stratum.astype(np.int32), size=size, volume=volume, touch_volume=touched)


@pytest.mark.parametrize("wide", [0, 1])
def test_a_leaker_is_named(wide: int) -> None:
    case = plant(world(), np.random.default_rng(wide), wide=wide, ordinary=1 - wide, n=20)
    posterior, accounts = look_at(case)
    assert [accounts[c] for c in accused(posterior)] == list(case.leakers)


def test_two_leakers_are_named() -> None:
    case = plant(world(), np.random.default_rng(9), wide=0, ordinary=2, n=24)
    posterior, accounts = look_at(case)
    assert sorted(accounts[c] for c in accused(posterior)) == sorted(case.leakers)


@pytest.mark.parametrize("seed", range(4))
def test_nobody_leaking_nobody_accused(seed: int) -> None:
    posterior, _ = look_at(plant(world(), np.random.default_rng(seed), wide=0, ordinary=0, n=20))
    assert accused(posterior) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_leak_that_no_log_shows_points_at_the_outlet(seed: int) -> None:
    rng = np.random.default_rng(seed)
    w, outlet = world(), int(rng.integers(SMALL.outlets))
    passed, end = np.nonzero(w.route == outlet)
    chosen = rng.choice(len(passed), 20, replace=False)
    parcel = passed[chosen].astype(np.int32)
    at = w.arrival[parcel, end[chosen]] + rng.random(20) * 0.3 * w.life[parcel]
    case = Case(leakers=(), parcel=parcel, sold_at=at + rng.lognormal(np.log(6), 1, 20))
    posterior, accounts = look_at(case)
    found = accused(posterior)
    assert [int(posterior.evidence.kind[c]) for c in found] == [OUTLET]
    assert posterior.evidence.group[found[0]] == outlet
    assert found[0] >= len(accounts)


@pytest.mark.parametrize("seed", range(3))
def test_what_was_asked_for_is_no_evidence_against_those_who_work_there(seed: int) -> None:
    rng = np.random.default_rng(seed)
    case = bought_from(rng.choice(SMALL.outlets, 4, replace=False), rng, 20)
    seen = look_up(world(), case)
    given = by_origin(case, evidence(world(), case, seen), seen.accounts)
    assert accused(infer(given, seed=1, effort=EFFORT)) == []


def test_with_strata_the_leaker_is_still_found() -> None:
    rng = np.random.default_rng(3)
    outlets = rng.choice(SMALL.outlets, 4, replace=False)
    case = bought_from(outlets, rng, 16, leaker=2)
    seen = look_up(world(), case)
    given = by_origin(case, evidence(world(), case, seen), seen.accounts)
    posterior = infer(given, seed=1, effort=EFFORT)
    assert seen.accounts[np.argmax(posterior.probability)] == 2


def behind_channels(n: int, seed: int) -> Evidence:
    """Numbers sold an hour after issue by somebody who sees all of six channels, before anybody's read."""
    rng = np.random.default_rng(seed)
    channel = np.arange(n) % 6
    return make(
        rng.lognormal(0, 0.5, n).tolist(),
        reads=[(6 + i, i, 30.0 + i) for i in range(n)],
        touches=[(int(channel[i]), i, 0.0) for i in range(n)],
        kind=[CHANNEL] * 6 + [ACTOR] * n,
        touch_volume=[1000 / 6] * 6 + [0.0] * n,
        universe={SourceKind.ACTOR: 1000, SourceKind.CHANNEL: 6},
    )


def test_an_early_sale_alone_accuses_no_channel() -> None:
    assert accused(infer(behind_channels(18, 1), seed=1, effort=EFFORT)) == []


def test_one_channel_behind_all_leaks_is_named() -> None:
    given = behind_channels(9, 2)
    same = replace(given, touches=replace(given.touches, source=np.full(9, 3, np.int32)))
    assert accused(infer(same, seed=1, effort=EFFORT)) == [3]
