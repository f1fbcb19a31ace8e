"""What a scenario may be, and how it says what it may not; the map and the flows on it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from wayseal_sim import PRESETS, Leaker, Scenario, SimulateError, generate, preset
from wayseal_sim._network import build_network
from wayseal_sim._staff import build_staff
from wayseal_sim.cities import alias_table, distances, flows, load_cities
from wayseal_sim.types import stream


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"accesses": 10}, "accesses"),
        ({"accesses": 2.5e6}, "accesses must be a whole number"),
        ({"accesses": True}, "accesses"),
        ({"days": 1}, "days"),
        ({"days": 61}, "days"),
        ({"cities": 338}, "cities"),
        ({"cities": 1}, "cities"),
        ({"start": "yesterday"}, "start"),
        ({"outlets": 3}, "outlets"),
        ({"exposure": 50}, "exposure"),
        ({"exposure": "many"}, "exposure must be a number"),
        ({"browsing": -0.1}, "browsing"),
        ({"browsing": float("nan")}, "browsing"),
        ({"lost_rows": 0.9}, "lost_rows"),
        ({"lost_outlet_days": 1}, "lost_outlet_days"),
        ({"leaker": "everybody"}, "leaker must be one of clerk, wide"),
        ({"buyer": "somebody"}, "buyer must be one of anything"),
        ({"colluders": 1}, "colluders"),
        ({"bought": -1}, "bought"),
        ({"unknown_share": 1.5}, "unknown_share"),
        ({"delay_median_h": 0}, "delay_median_h"),
        ({"delay_sigma": 9}, "delay_sigma"),
        ({"wide_accounts": 0}, "wide_accounts"),
        ({"noise": 0.3}, "noise must lie between 0 and 0.2"),
        ({"missing_scans": -0.1}, "missing_scans"),
        ({"missing_tickets": 1.1}, "missing_tickets"),
        ({"handovers": "some"}, "handovers must be a number"),
        ({"insiders": "thieves"}, "insiders must be one of none, all, few, bulk"),
        ({"insiders": 7}, "insiders must be one of"),
        ({"market_days": 4}, "market_days"),
        ({"market_days": 0}, "market_days"),
        ({"accounts": 3}, "no parameter accounts"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes: dict[str, object], named: str) -> None:
    with pytest.raises(SimulateError, match=named) as caught:
        preset("tiny", **changes)
    assert caught.value.exit_code == 3


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(SimulateError, match="tiny, demo, bench"):
        preset("huge")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bought": 5_000}, "bought must be fewer"),
        ({"leaker": "colluders", "colluders": 50}, "colluders must be fewer"),
        ({"exposure": 30, "wide_accounts": 2}, "exposure can't be reached"),
        ({"leaker": "wide", "wide_accounts": 2, "exposure": 20}, "wide"),
        ({"leaker": "outlet", "buyer": "outlets", "cities": 2, "outlets": 2}, "buyer outlets needs"),
    ],
)
def test_what_only_the_world_can_refuse(changes: dict[str, object], said: str) -> None:
    with pytest.raises(SimulateError, match=said):
        generate(preset("tiny", **changes), seed=1)


def test_presets_are_scenarios_that_json_can_hold() -> None:
    for scenario in PRESETS.values():
        held = json.loads(json.dumps(scenario.as_dict()))
        assert Scenario(**held) == scenario
    assert replace(PRESETS["tiny"], leaker=Leaker.WIDE).as_dict()["leaker"] == "wide"


def test_parameters_of_insiders_stand_in_the_truth_only_where_they_were_changed() -> None:
    later = {"insiders", "noise", "missing_scans", "missing_tickets", "handovers", "fields", "partner_log"}
    assert later.isdisjoint(PRESETS["tiny"].as_dict())
    changed = preset("tiny", insiders=("stock", "bulk"), noise=0.01).as_dict()
    assert {name: changed[name] for name in later & set(changed)} == {"insiders": "bulk,stock", "noise": 0.01}


def test_the_scenario_to_measure_on_has_the_size_it_says() -> None:
    asked = PRESETS["insiders"]
    assert (asked.days, asked.noise, asked.insiders) == (28, 0.03, "all")
    guess = asked.accesses / asked.exposure / 0.75 / asked.days
    network = build_network(asked, guess)
    assert int(build_staff(network, asked, 7).is_person.sum()) == pytest.approx(20_000, rel=0.02)


CITIES = load_cities()


def test_every_prefecture_level_division_stands_once() -> None:
    assert len(CITIES) == 337
    assert len(set(CITIES.name)) == len(set(CITIES.english)) == 337
    assert len(CITIES.regions) == 31
    assert len(set(zip(CITIES.province, CITIES.code, strict=True))) == 31
    assert (CITIES.latitude > 16).all()
    assert (CITIES.latitude < 51).all()
    assert (CITIES.longitude > 75).all()
    assert (CITIES.longitude < 132).all()
    assert 130_000 < CITIES.population.sum() < 145_000


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [("北京", "上海", 1068), ("广州", "深圳", 105), ("重庆", "成都", 269), ("乌鲁木齐", "哈尔滨", 3060)],
)
def test_distances_are_those_of_the_map(one: str, other: str, km: float) -> None:
    found = distances(CITIES)[CITIES.name.index(one), CITIES.name.index(other)]
    assert found == pytest.approx(km, rel=0.02)


def test_flows_follow_people_and_distance() -> None:
    share = flows(CITIES)
    assert share.sum() == pytest.approx(1)
    a, b = CITIES.name.index("杭州"), CITIES.population
    pull = share[a] / b
    order = np.argsort(distances(CITIES)[a])
    assert (np.diff(pull[order]) <= 1e-12).all()
    assert share[CITIES.name.index("金华")].sum() > share[CITIES.name.index("毕节")].sum()


def test_parcels_are_drawn_by_the_flows() -> None:
    network = build_network(preset("tiny"), 5_000)
    origin, destination = network.draw_routes(stream(1, 1), 200_000)
    n = len(network.cities)
    pairs = network.unit_city[origin] * n + network.unit_city[destination]
    expected = flows(network.cities).ravel()
    found = np.bincount(pairs, minlength=n * n) / len(pairs)
    # Five standard errors of a binomial share.
    assert (np.abs(found - expected) < 5 * np.sqrt(expected / len(pairs)) + 1e-5).all()
    at_outlets = np.bincount(np.concatenate([origin, destination]), minlength=network.outlets)
    assert np.corrcoef(at_outlets, network.volume[: network.outlets])[0, 1] > 0.99


def test_hubs_serve_their_own_province_and_ids_are_unique() -> None:
    network = build_network(preset("demo"), 20_000)
    assert (network.unit_region[network.hub] == network.cities.region).all()
    assert len(set(network.unit_id)) == len(network.unit_id)
    assert network.is_hub[network.hub].all()
    assert network.unit_id[network.head_office] == "HQ-0001"
    assert not network.is_outlet[network.head_office]


@pytest.mark.parametrize("weights", [[1.0], [1, 2, 3, 4], [0, 0, 5, 0], [1e-9, 1, 1e-9]])
def test_alias_tables_draw_what_they_are_given(weights: list[float]) -> None:
    p = np.array(weights)
    drawn = np.bincount(alias_table(p).draw(stream(3, 3), 100_000), minlength=len(p)) / 100_000
    assert drawn == pytest.approx(p / p.sum(), abs=0.01)
