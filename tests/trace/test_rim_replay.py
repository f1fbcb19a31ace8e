"""Accounts of which only the questions were logged, and devices as sources: from files to a verdict."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace.rim import QUICK, World, at, leaks, make, number, office, opened, sale, short_chains, traced
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.trace import TraceResult, named_sources, render, view_samples
from wayseal.trace._evidence import ACTOR, DEVICE, SESSION
from wayseal.trace._exposures import gather
from wayseal.trace._leaks import match_leaks
from wayseal.trace._likelihood import shares
from wayseal.trace._posterior import Prior, infer
from wayseal.trace._result import SourceRow
from wayseal.trace._strata import LEAST, LEAST_ALONE


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_chains(monkeypatch)


OUTLETS, EACH = 12, 40
"""Outlets o-0 …, and how many parcels each sends in three days."""


def network(seed: int = 3) -> World:
    """At each outlet two clerks, of whom a's reads are logged: half of what the outlet sends."""
    world, chance = World(), random.Random(seed)
    for outlet in range(OUTLETS):
        world.outlet(f"o-{outlet}", f"city-{outlet // 2}", f"r-{outlet // 4}")
        for clerk in "ab":
            world.actor(f"o-{outlet}-{clerk}", f"o-{outlet}")
        for nth in range(EACH):
            waybill, hours = number(outlet * EACH + nth), 24 * (nth % 3) + chance.uniform(0, 20)
            world.issue(hours, waybill, f"o-{outlet}", f"o-{(outlet + 1 + nth % 5) % OUTLETS}")
            if chance.random() < 0.5:
                world.read(hours + chance.uniform(1, 4), f"o-{outlet}-a", waybill, request=f"read-{outlet}-{nth}")
    return world


def ask(world: World, hours: float, actor: str, asked: dict[str, Any], **more: Any) -> None:
    queries = len(world.tables.get("queries", []))
    row = {"request": f"q-{queries}", "at": at(hours), "actor": actor, "filter": json.dumps(asked)}
    world.add("queries", **(row | more))


def lists(world: World, **more: Any) -> None:
    """Every evening each clerk b looks at what the outlet sent that day: 14, 13 and 13 parcels."""
    for day in range(3):
        for outlet in range(OUTLETS):
            bounds = {"issued_from": at(24 * day).isoformat(), "issued_to": at(24 * day + 24).isoformat()}
            asked = {"origin_outlet": f"o-{outlet}", **bounds} | more.get("filter", {})
            rows = more.get("rows", (14, 13, 13))[day]
            ask(world, 24 * day + 22, f"o-{outlet}-b", asked, rows=rows, session=f"s-{outlet}-{day}")


def sold(outlet: int, count: int = 9) -> list[dict[str, Any]]:
    """Numbers of one outlet, sold four hours after its clerk b looked at them."""
    return [sale(number(outlet * EACH + nth), 24 * (nth % 3) + 26) for nth in range(count)]


def run(folder: Path, world: World, bought: list[dict[str, Any]]) -> TraceResult:
    return traced(world.ledger(folder), leaks(folder, bought))


def accused(result: TraceResult) -> dict[str, SourceKind]:
    return {row.source: row.kind for row in result.sources if row.probability > 0.9}


def notes(result: TraceResult) -> dict[str, dict[str, Any]]:
    return {note.code.removeprefix("quality."): dict(note.values) for note in result.quality}


def test_a_leaker_who_only_asks_is_found(tmp_path: Path) -> None:
    world = network()
    lists(world)
    result = run(tmp_path, world, sold(5))
    assert accused(result) == {"o-5-b": SourceKind.ACTOR}
    first = result.sources[0]
    assert first.saw == 9
    assert first.expected == pytest.approx(9 * (EACH - 9 + 1) / (OUTLETS * EACH - 9 + 1))
    assert sorted(first.delays_h) == pytest.approx([4.0] * 9)
    assert (first.role, first.outlet) == ("clerk", "o-5")
    assert result.queries is not None
    assert (result.queries.replayed, result.queries.soft, result.queries.useless) == (36, 0, 0)
    assert result.considered[SourceKind.ACTOR] == 2 * OUTLETS


def test_without_the_queries_it_is_not(tmp_path: Path) -> None:
    result = run(tmp_path, network(), sold(5))
    assert "o-5-b" not in accused(result)
    assert result.queries is None
    assert "queries_replayed" not in notes(result)


def test_a_cut_list_is_a_soft_exposure(tmp_path: Path) -> None:
    """Seven of the fourteen or thirteen were shown: about half of each, in the exposure as in the count."""
    world = network()
    lists(world, filter={"limit": 7}, rows=(7, 7, 7))
    with opened(world, tmp_path) as snapshot:
        found = match_leaks(snapshot, leaks(tmp_path, sold(5)))
        exposures = gather(snapshot, found)
    evidence, place = exposures.evidence, exposures.name.index("o-5-b")
    mine = evidence.reads.source == place
    assert sorted(evidence.reads.chance[mine].round(3)) == [0.5] * 3 + [0.538] * 6
    # Three of 14 and six of 26 were sold; one read and one waybill are added to what is left.
    left = 11 * 7 / 14 + 20 * 7 / 13
    assert shares(evidence)[place] == pytest.approx((left + 1) / (OUTLETS * EACH - 9 + 1))
    result = traced(tmp_path / "ledger", leaks(tmp_path, sold(5)))
    assert result.queries is not None
    assert result.queries.soft == 36
    assert result.sources[0].source == "o-5-b"


def test_a_condition_that_cannot_be_said_is_soft(tmp_path: Path) -> None:
    """The form of the log adapters: what is known, and that there was more."""
    world = network()
    lists(world, filter={"unknown": True}, rows=(7, None, 0))
    ask(world, 70, "o-5-b", {"unknown": True})
    ask(world, 70, "o-5-b", {"colour": "red"})
    ask(world, 70, "o-5-b", {"limit": -2})
    with opened(world, tmp_path) as snapshot:
        found = match_leaks(snapshot, leaks(tmp_path, sold(5)))
        exposures = gather(snapshot, found)
    evidence = exposures.evidence
    mine = evidence.reads.source == exposures.name.index("o-5-b")
    assert sorted(evidence.reads.chance[mine].round(3)) == [0.05] * 3 + [0.5] * 3
    result = traced(tmp_path / "ledger", leaks(tmp_path, sold(5)))
    said = notes(result)
    assert said["queries_replayed"] == {"n": 36, "soft": 24, "useless": 3}
    assert said["queries_unreadable"]["n"] == 1
    for lang, words in (("en", "could not be read, because of the key limit"), ("zh", "因键 limit 无法理解")):
        for form in ("text", "html", "json"):
            flat = " ".join(render(result, form, lang).split())
            assert words.replace(" ", "") in flat.replace(" ", "")


def test_a_query_whose_rows_are_logged_too_counts_once(tmp_path: Path) -> None:
    """The same waybill, account and request; another account's request of the same id is another one."""
    world = network()
    lists(world)
    mine = next(q for q in world.tables["queries"] if q["actor"] == "o-5-b")
    shown = number(5 * EACH)
    world.read(22.01, "o-5-b", shown, request=mine["request"])
    world.read(22.01, "o-4-b", number(5 * EACH + 3), request=mine["request"])
    with opened(world, tmp_path) as snapshot:
        exposures = gather(snapshot, match_leaks(snapshot, leaks(tmp_path, sold(5))))
    assert exposures.replayed is not None
    assert exposures.replayed.also_logged == 1
    evidence, place = exposures.evidence, exposures.name.index("o-5-b")
    times = evidence.reads.at[(evidence.reads.source == place) & (evidence.reads.leak == 0)]
    assert len(times) == 1
    # The logged read of a leak is no read of another parcel.
    assert shares(evidence)[place] == pytest.approx((EACH - 9 + 1) / (OUTLETS * EACH - 9 + 1))
    assert notes(traced(tmp_path / "ledger", leaks(tmp_path, sold(5))))["queries_again"] == {"n": 1}


def test_reads_in_the_log_are_not_counted_again_for_the_query(tmp_path: Path) -> None:
    """Rule 2 of `_replay`: logged reads of other waybills, under whatever request, count once with the lists."""
    world = network()
    lists(world)
    for nth in range(20, 30):
        world.read(80, "o-5-b", number(5 * EACH + nth))
    with opened(world, tmp_path) as snapshot:
        exposures = gather(snapshot, match_leaks(snapshot, leaks(tmp_path, sold(5))))
    place = exposures.name.index("o-5-b")
    assert shares(exposures.evidence)[place] == pytest.approx((EACH - 9 + 1) / (OUTLETS * EACH - 9 + 1))


def test_a_list_shows_what_was_there_at_its_time(tmp_path: Path) -> None:
    """A parcel comes to the list by a change of its destination, and is not on it before."""
    world = network()
    leaked = number(0)
    world.add("changes", waybill=leaked, at=at(30), column="destination_outlet", value="o-9")
    world.add("changes", waybill=leaked, at=at(30), column="colour", value="red")
    for hours in (29, 31):
        ask(world, hours, f"asks-at-{hours}", {"destination_city": "city-4"})
    with opened(world, tmp_path) as snapshot:
        exposures = gather(snapshot, match_leaks(snapshot, leaks(tmp_path, [sale(leaked, 50)])))
    assert "asks-at-31" in exposures.name
    assert "asks-at-29" not in exposures.name
    assert notes(traced(tmp_path / "ledger", leaks(tmp_path, [sale(leaked, 50)])))["changes_left_out"] == {"n": 1}


def test_a_session_of_questions_stands_beside_its_account(tmp_path: Path) -> None:
    world = network()
    lists(world)
    world.read(1, "o-0-a", number(0), session="s-5-0")
    with opened(world, tmp_path) as snapshot:
        assert snapshot.sessions == 36
        exposures = gather(snapshot, match_leaks(snapshot, leaks(tmp_path, sold(5))))
    evidence = exposures.evidence
    place = exposures.name.index("s-5-0")
    assert exposures.name[evidence.parent[place]] == "o-5-b"
    # Fourteen parcels of the first day, of which three were sold; and one logged read elsewhere.
    assert evidence.volume[place, 0] == pytest.approx(11 + 1 + 1)
    assert evidence.universe[SourceKind.SESSION] == 36


def test_a_ledger_of_questions_alone(tmp_path: Path) -> None:
    """Nobody's reads were logged at all; searches by number need no table of waybills either."""
    world = network()
    del world.tables["accesses"]
    lists(world)
    result = run(tmp_path, world, sold(5))
    assert result.sources[0].source == "o-5-b"
    assert result.span is not None
    assert "empty_log" not in notes(result)
    assert "accesses" in result.missing_tables

    bare = World()
    for place in range(40):
        bare.read(5 + place % 7, f"c-{place % 5}", number(place))
    for place in range(6):
        ask(bare, 20 + place, "thief", {"waybill": f"yt-{2_000_000 + place}"})
    ask(bare, 30, "c-1", {"channel": "app"})
    found = run(tmp_path / "bare", bare, [sale(number(place), 24 + place) for place in range(6)])
    assert accused(found) == {"thief": SourceKind.ACTOR}
    assert notes(found)["queries_replayed"] == {"n": 6, "soft": 0, "useless": 1}


def test_queries_of_which_none_can_be_replayed_are_said_to_be_so(tmp_path: Path) -> None:
    world = World()
    for place in range(40):
        world.read(5 + place % 7, f"c-{place % 5}", number(place))
    ask(world, 30, "c-1", {"channel": "app"})
    found = notes(run(tmp_path, world, [sale(number(place), 24 + place) for place in range(6)]))
    assert "queries_replayed" not in found
    assert found["queries_useless"] == {"n": 1}


def test_counts_from_a_sample_err_towards_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules 2 and 3 of `_replay`: scaled up with one waybill added, and bounded by the logged rows."""
    monkeypatch.setattr("wayseal.trace._replay.CONTROLS", 0)
    monkeypatch.setattr("wayseal.trace._replay.CONTROLS_LEAST", 10)
    bounded, free = network(), network()
    lists(bounded)
    lists(free, rows=(None, None, None))
    got = []
    for name, world in (("bounded", bounded), ("free", free)):
        with opened(world, tmp_path / name) as snapshot:
            exposures = gather(snapshot, match_leaks(snapshot, leaks(tmp_path / name, sold(5))))
            place = exposures.name.index("o-5-b")
            got.append(float(exposures.evidence.volume[place, 0]) - 1)
    scale = (OUTLETS * EACH - 9) / 10
    assert got[0] == 40
    assert got[1] / scale == pytest.approx(round(got[1] / scale))
    assert got[1] >= scale > 40


def test_who_stood_beside_a_list(tmp_path: Path) -> None:
    """The test of fit sees what else the lists showed, and who else had seen that, in the log or on a list."""
    world = network()
    lists(world)
    for nth in range(9, EACH, 2):
        ask(world, 70, "other", {"waybill": number(5 * EACH + nth)})
    ask(world, 71, "other", {"waybill": number(5 * EACH + 10), "unknown": True})
    with opened(world, tmp_path) as snapshot:
        found = match_leaks(snapshot, leaks(tmp_path, sold(5)))
        exposures = gather(snapshot, found)
        place = exposures.name.index("o-5-b")
        [sample] = view_samples(snapshot, exposures, found, [place])
        asked = json.dumps({"origin_outlet": ["o-5", "o-6"]})
        narrow = match_leaks(snapshot, leaks(tmp_path, [row | {"asked": asked} for row in sold(5)]))
        [again] = view_samples(snapshot, gather(snapshot, narrow), narrow, [place])
    rest = EACH - 9
    assert len(sample.own_at) == len(again.own_at) == rest
    assert np.isfinite(sample.own_at).all()
    theirs = {number(5 * EACH + n) for n in range(9, EACH)}
    read = {row["waybill"] for row in world.tables["accesses"]} & theirs
    by = dict(zip(*np.unique(sample.account, return_counts=True), strict=True))
    assert sorted(by.values()) == sorted([len(read), len(range(9, EACH, 2))])


def test_a_verdict_with_its_test_of_fit(tmp_path: Path) -> None:
    world = network()
    lists(world)
    result = run(tmp_path, world, sold(5, 12))
    assert result.verdict is VerdictKind.NAMED
    assert result.fit.p_value is not None
    assert result.fit.p_value > 0.01


WAYBILLS = 240


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
