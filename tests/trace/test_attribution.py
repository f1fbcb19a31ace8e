"""Whole attributions in small worlds: what must be named, and when nobody may be."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from benchmarks.trace._world import Case, Scale, World, build, evidence, look_up, plant
from numpy.typing import NDArray

from tests.trace.making import make
from wayseal.model.kinds import SourceKind
from wayseal.trace._evidence import ACTOR, CHANNEL, OUTLET, Evidence
from wayseal.trace._posterior import Posterior, infer
from wayseal.trace._sampler import Effort

SMALL = Scale(accounts=1500, wide=6, outlets=60, regions=6, parcels=15_000, days=15.0)
EFFORT = Effort(chains=2, steps=4000, rounds=2)


@cache
def world() -> World:
    return build(4, SMALL)


def look(case: Case) -> tuple[Posterior, NDArray[np.int32]]:
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
    posterior, accounts = look(case)
    assert [accounts[c] for c in accused(posterior)] == list(case.leakers)


def test_two_leakers_are_named() -> None:
    case = plant(world(), np.random.default_rng(9), wide=0, ordinary=2, n=24)
    posterior, accounts = look(case)
    assert sorted(accounts[c] for c in accused(posterior)) == sorted(case.leakers)


@pytest.mark.parametrize("seed", range(4))
def test_nobody_leaking_nobody_accused(seed: int) -> None:
    posterior, _ = look(plant(world(), np.random.default_rng(seed), wide=0, ordinary=0, n=20))
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
    posterior, accounts = look(case)
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
