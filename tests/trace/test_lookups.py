"""What asking a seller about a number is worth, by the numbered rules of `_lookups` and `_lookup_candidates`."""

from pathlib import Path

import numpy as np
import pytest

from tests.trace.making import QUICK
from tests.trace.rim import World, at, leaks, number, office, opened, sale, short_chains, traced
from wayseal.model.sources import VerdictKind
from wayseal.trace._exposures import gather
from wayseal.trace._leaks import match_leaks
from wayseal.trace._lookup_candidates import find_lookup_candidates
from wayseal.trace._lookups import AGAIN, ELSEWHERE, LOOKS, WINDOW_H, LookupCandidates, information_bits, read_chances
from wayseal.trace._posterior import infer
from wayseal.trace._proposals import propose


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    short_chains(monkeypatch)


def numbers(came: list[list[bool]], had: list[list[bool]], idle: list[float]) -> LookupCandidates:
    return LookupCandidates(in_reach=np.array(came), was_read=np.array(had), idle=np.array(idle))


def test_who_can_reach_it_and_has_not_read_it_yet_looks_it_up_most() -> None:
    """Rules 2 and 3."""
    found = read_chances(numbers([[True, False, False]], [[False, False, True]], [0.0]))
    assert found.tolist() == [[LOOKS, LOOKS * ELSEWHERE, AGAIN]]


def test_one_look_up_tells_half_of_all_there_is_to_know() -> None:
    """Rule 5: with nobody else about, every second one singles one of all out; silence tells nothing between equals."""
    k = 16
    bits = information_bits(np.full(k, 1 / k), numbers([[True]] * k, [[False]] * k, [0.0] * k))[0]
    assert bits == pytest.approx(LOOKS * np.log2(k), rel=0.02)


def test_a_number_that_others_read_as_well_tells_less() -> None:
    """Rule 4."""
    belief, came, had = np.full(4, 0.25), [[True]] * 4, [[False]] * 4
    bits = [information_bits(belief, numbers(came, had, [idle] * 4))[0] for idle in (0.0, 0.2, 0.8)]
    assert bits[0] > bits[1] > bits[2] >= 0


def test_a_number_within_reach_of_the_likely_tells_more() -> None:
    belief = np.array([0.5, 0.3, 0.1])
    found = information_bits(
        belief, numbers([[True, False], [True, False], [False, True]], [[False] * 2] * 3, [0.0] * 3)
    )
    assert found[0] > found[1]
    known = np.append(belief, 0.1)
    assert found.max() < -(known * np.log2(known)).sum()


def with_old_parcels(quiet_h: float = 500.0) -> World:
    """Ninety parcels of the first three days, at one of two outlets each; two more are read at the log's end."""
    world = office(waybills=90, clerks=12, each=15)
    for clerk in range(12):
        world.actor(f"c-{clerk}", f"o-{clerk % 2}" if clerk else None)
    for place in range(90):
        world.issue(1, number(place), f"o-{place % 2}", "o-9")
    world.read(quiet_h, "c-1", number(900))
    world.read(quiet_h - 1, "c-2", number(901))
    return world


def test_finished_numbers_are_old_ones_and_no_leaks(tmp_path: Path) -> None:
    """Rules 1 to 3 of `_lookup_candidates`; who has no outlet reaches all."""
    bought = leaks(tmp_path, [sale(number(place), 80) for place in range(4)])
    with opened(with_old_parcels(), tmp_path) as snapshot:
        matched = match_leaks(snapshot, bought)
        exposures = gather(snapshot, matched)
        places = np.array([exposures.name.index(f"c-{n}") for n in (0, 1, 2)])
        keys, found = find_lookup_candidates(snapshot, exposures, places, matched.key)
        names = snapshot.names("waybill", keys)
        reads = snapshot.reads(keys)
    assert set(names) <= {number(place) for place in range(4, 90)}
    assert len(names) > 60
    assert found.in_reach[0].all()
    for row, outlet in ((1, "o-1"), (2, "o-0")):
        assert [f"o-{(int(name[2:]) - 2_000_000) % 2}" == outlet for name in names] == found.in_reach[row].tolist()
    mine = reads["waybill"].to_numpy()[reads["actor"].to_numpy() == exposures.key[places[1]]]
    assert set(keys[found.was_read[1]].tolist()) == set(mine.tolist())
    assert 0 < found.idle.min() < found.idle.max() < 0.05 * WINDOW_H


def test_where_no_work_is_done_yet_no_number_is_proposed(tmp_path: Path) -> None:
    bought = leaks(tmp_path, [sale(number(place), 60) for place in range(2)])
    with opened(with_old_parcels(71.0), tmp_path) as snapshot:
        matched = match_leaks(snapshot, bought)
        exposures = gather(snapshot, matched)
        posterior = infer(exposures.evidence, seed=7, effort=QUICK)
        found = propose(snapshot, exposures, posterior, matched, VerdictKind.INSUFFICIENT, None, seed=7)
    assert "lookup" not in {row.test for row in found}


def test_without_waybills_no_number_is_proposed(tmp_path: Path) -> None:
    """Rule 6 of `_proposals`: a number that the buyer named couldn't be told as such."""
    world = with_old_parcels()
    del world.tables["waybills"]
    found = traced(world.ledger(tmp_path), leaks(tmp_path, [sale(number(place), 80) for place in range(2)])).next
    assert found
    assert "lookup" not in {row.test for row in found}


def test_a_chosen_number_stands_beside_bought_ones_in_a_whole_trace(tmp_path: Path) -> None:
    """Strata, weighing and the test of fit take it."""
    world = with_old_parcels()
    for place in range(10):
        world.read(76, "thief", number(place))
    world.read(499, "thief", number(40))
    rows = [sale(number(place), 80) for place in range(10)]
    rows.append(sale(number(40), 500, asked_at=at(498), asked='{"waybill": "' + number(40) + '"}'))
    result = traced(world.ledger(tmp_path), leaks(tmp_path, rows))
    assert result.verdict is VerdictKind.NAMED
    assert result.sources[0].source == "thief"
    assert dict(result.leak_rows[-1].points_at)["thief"] > 0.9


def test_an_old_number_is_proposed_and_whoever_looks_it_up_is_found(tmp_path: Path) -> None:
    """The proposal can be put among the leaks as it stands; the read between question and answer counts most."""
    world = with_old_parcels()
    rows = [sale(number(place), 80) for place in range(2)]
    with opened(world, tmp_path / "first") as snapshot:
        matched = match_leaks(snapshot, leaks(tmp_path / "first", rows))
        exposures = gather(snapshot, matched)
        posterior = infer(exposures.evidence, seed=7, effort=QUICK)
        found = propose(snapshot, exposures, posterior, matched, VerdictKind.INSUFFICIENT, None, seed=7)
    row = next(row for row in found if row.test == "lookup")
    (asked,) = row.ask["waybill"]
    assert row.bits > 0.3
    # Somebody who had not read the first two can't have sold these, but sold this.
    world.read(509, "late", asked)
    rows.append(sale(asked, 510, asked_at=at(508), asked='{"waybill": "' + asked + '"}'))
    with opened(world, tmp_path / "then") as snapshot:
        exposures = gather(snapshot, match_leaks(snapshot, leaks(tmp_path / "then", rows)))
        ratios = infer(exposures.evidence, seed=7, effort=QUICK).likelihood
        # The others are compared with parcels of their own day, whatever day the chosen one is of.
        assert len({p.issued_from for p in exposures.strata.predicates if "waybill" not in p.any_of}) == 1
    assert exposures.evidence.chosen is not None
    assert exposures.evidence.chosen.tolist() == [False, False, True]
    gained = ratios.dense(np.arange(len(exposures.name), dtype=np.int32))[0, :, 2]
    late = exposures.name.index("late")
    assert gained[late] > 100
    assert np.delete(gained, late).max() < 3, "an old read of a number that the buyer chose is no evidence"
