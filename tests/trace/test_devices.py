"""Devices as sources: inside their account, and in their own right under several logins."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace.making import QUICK, make
from tests.trace.rim import World, leaks, number, office, opened, sale, short_chains, traced
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.trace import TraceResult, named_sources
from wayseal.trace._evidence import ACTOR, DEVICE, SESSION
from wayseal.trace._exposures import gather
from wayseal.trace._leaks import match_leaks
from wayseal.trace._posterior import Prior, infer
from wayseal.trace._result import SourceRow
from wayseal.trace._strata import LEAST, LEAST_ALONE

WAYBILLS = 240


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_chains(monkeypatch)


def row(result: TraceResult, kind: SourceKind, source: str) -> SourceRow | None:
    return next((r for r in result.sources if r.kind is kind and r.source == source), None)


def shared_login(folder: Path, *, devices: int, sold: int) -> TraceResult:
    """One login of eight people at as many devices; what one of these showed is sold."""
    world, chance = office(), random.Random(3)
    bought: list[dict[str, Any]] = []
    for turn, place in enumerate(chance.sample(range(WAYBILLS), 96)):
        device, hour = turn % devices, chance.uniform(6, 70)
        world.read(hour, "shared", number(place), device=f"d-{device}")
        if device == 0 and len(bought) < sold:
            bought.append(sale(number(place), hour + chance.lognormvariate(1.8, 0.8)))
    return traced(world.ledger(folder), leaks(folder, bought))


def test_a_device_is_found_inside_a_shared_login(tmp_path: Path) -> None:
    result = shared_login(tmp_path, devices=8, sold=12)
    account, device = row(result, SourceKind.ACTOR, "shared"), row(result, SourceKind.DEVICE, "d-0")
    assert account is not None
    assert device is not None
    assert result.sources[0] is account
    assert result.verdict is VerdictKind.NAMED
    assert device.account == "shared"
    assert account.account is None
    assert 0.9 < device.probability <= account.probability
    assert device.expected < account.expected / 4


def test_an_account_with_one_device_loses_nothing_by_it(tmp_path: Path) -> None:
    result = shared_login(tmp_path, devices=1, sold=12)
    account, device = row(result, SourceKind.ACTOR, "shared"), row(result, SourceKind.DEVICE, "d-0")
    assert account is not None
    assert device is not None
    assert account.probability > 0.99
    assert device.probability < 0.8  # nothing tells the device from its account


def under_five_logins(folder: Path, *, devices: bool = True) -> TraceResult:
    """Somebody who sits down at one device under five colleagues' logins; each of them works at another one too."""
    world, chance = World(), random.Random(5)
    for clerk in range(40):
        for place in chance.sample(range(WAYBILLS), 18):
            world.read(chance.uniform(6, 70), f"c-{clerk}", number(place), device=f"own-{clerk}" if devices else None)
    bought = []
    for turn, place in enumerate(chance.sample(range(WAYBILLS), 25)):
        hour = chance.uniform(6, 70)
        world.read(hour, f"c-{turn % 5}", number(place), device="back-room" if devices else None)
        if turn < 15:
            bought.append(sale(number(place), hour + chance.lognormvariate(1.8, 0.8)))
    return traced(world.ledger(folder), leaks(folder, bought))


def test_a_device_under_several_logins_stands_for_itself(tmp_path: Path) -> None:
    result = under_five_logins(tmp_path)
    first = result.sources[0]
    assert (first.kind, first.source, first.account) == (SourceKind.DEVICE, "back-room", None)
    assert first.probability > 0.95
    assert not [r for r in result.sources if r.kind is SourceKind.ACTOR and r.probability > 0.5]
    assert result.considered[SourceKind.DEVICE] == 41


def test_without_devices_the_logins_would_stand_accused_or_nobody(tmp_path: Path) -> None:
    result = under_five_logins(tmp_path, devices=False)
    assert not [r for r in result.sources if r.kind is SourceKind.DEVICE]
    assert result.considered[SourceKind.DEVICE] == 0


def test_which_devices_are_candidates(tmp_path: Path) -> None:
    world = World()
    for place in range(3):
        world.read(10, "a", number(place), device="mostly-a")
    world.read(11, "b", number(0), device="mostly-a")
    world.read(12, "b", number(3), device="both")
    world.read(12, "c", number(4), device="both")
    world.read(12, "a", number(5), device="both")
    world.read(13, "c", number(5))
    world.read(13, "c", number(9), device="elsewhere")
    bought = leaks(tmp_path, [sale(number(place), 20) for place in range(6)])
    with opened(world, tmp_path) as snapshot:
        exposures = gather(snapshot, match_leaks(snapshot, bought))
    evidence = exposures.evidence
    found = [
        (exposures.name[c], "" if evidence.parent[c] < 0 else exposures.name[evidence.parent[c]])
        for c in np.flatnonzero(evidence.kind == DEVICE)
    ]
    assert found == [("mostly-a", "a"), ("both", "")]
    assert (LEAST, LEAST_ALONE) == (2, 3)
    place = exposures.name.index("mostly-a")
    mine = evidence.reads.source == place
    assert sorted(evidence.reads.leak[mine].tolist()) == [0, 1, 2]  # b's read on it is not a's
    assert (evidence.volume[place] <= evidence.volume[exposures.name.index("a")]).all()


@given(
    sessions=st.integers(0, 3),
    devices=st.integers(0, 3),
    known=st.integers(4, 500),
)
def test_the_parts_of_an_account_share_its_prior(sessions: int, devices: int, known: int) -> None:
    kind = [ACTOR, ACTOR] + [SESSION] * sessions + [DEVICE] * devices
    universe = {SourceKind.ACTOR: known, SourceKind.SESSION: 4 * known, SourceKind.DEVICE: known}
    parent = np.array([-1, -1] + [0] * (sessions + devices), np.int32)
    rho = Prior().rho(make([10.0], kind=kind, universe=universe, parent=parent))
    plain = Prior().rho(make([10.0], kind=kind[:2], universe=universe))
    assert rho[1] == plain[1]
    assert rho[0] + rho[2:].sum() <= plain[0] * (1 + 1e-12) or plain[0] == 0.1
    assert (rho[2 + sessions :] <= rho[0] * (1 + 1e-12)).all()


def test_a_part_is_never_named_for_itself_and_a_device_in_its_own_right_is() -> None:
    sold = [10.0 + place for place in range(8)]
    reads = [
        (source, leak, 8.0 + leak)
        for source, leaked in ((0, range(4)), (1, range(4)), (2, range(4, 8)))
        for leak in leaked
    ]
    parent = np.array([-1, 0, -1], np.int32)
    evidence = make(sold, reads=reads, kind=[ACTOR, DEVICE, DEVICE], volume=[4.0, 2.0, 2.0], parent=parent)
    posterior = infer(evidence, seed=1, effort=QUICK)
    assert evidence.part.tolist() == [False, True, False]
    assert posterior.probability[1] > 0.9
    assert sorted(named_sources(posterior, [0, 1, 2])) == [0, 2]
