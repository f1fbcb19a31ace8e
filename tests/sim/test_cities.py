"""The map and the flows on it."""

import numpy as np
import pytest

from wayseal_sim._network import build_network
from wayseal_sim._scenario import preset
from wayseal_sim.cities import alias_table, distances, flows, load_cities
from wayseal_sim.types import stream

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
