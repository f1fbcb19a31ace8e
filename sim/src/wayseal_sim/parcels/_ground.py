"""The courier of a world before anything happens: places, hubs in use, staff, and what machines read on which day."""

from dataclasses import replace

import numpy as np

from wayseal_sim._calendar import build_calendar
from wayseal_sim._network import Network, build_network
from wayseal_sim._scenario import Scenario
from wayseal_sim._staff import build_staff
from wayseal_sim.parcels._families import Shape
from wayseal_sim.parcels._types import Ground
from wayseal_sim.types import Floats, Ints, stream

AFTER = 12
"""Days after the last issue for which machines still read."""


def scenario_of(shape: Shape) -> Scenario:
    """The scenario whose network and staff a courier has."""
    outlets = shape.cities * shape.outlets
    return Scenario(
        accesses=100_000, days=shape.days, cities=shape.cities, outlets=outlets, wide_accounts=6, market_days=1
    )


def lay_ground(shape: Shape, seed: int) -> Ground:
    """The courier of a shape; the same shape and seed, the same courier."""
    rng, scenario = stream(seed, 41), scenario_of(shape)
    network = build_network(scenario, shape.parcels / shape.days)
    hub = _hubs_in_use(network, shape, rng)
    network = replace(network, hub=hub)
    return Ground(
        shape=shape,
        seed=seed,
        calendar=build_calendar(scenario),
        network=network,
        staff=build_staff(network, scenario, seed),
        hub=hub[network.unit_city],
        reads=_reads(network, shape, rng),
        gate=np.flatnonzero(rng.random(len(network.unit_id)) < shape.gate),
    )


def _hubs_in_use(network: Network, shape: Shape, rng: np.random.Generator) -> Ints:
    """The hub that serves each city: the nearest of those in use."""
    hubs = np.flatnonzero(network.is_hub)
    weight = network.volume[hubs] + 1e-9
    used = rng.choice(hubs, min(shape.hubs, len(hubs)), replace=False, p=weight / weight.sum())
    nearest: Ints = used[np.argmin(network.km[:, network.unit_city[used]], axis=1)]
    return nearest


def _reads(network: Network, shape: Shape, rng: np.random.Generator) -> Floats:
    """What the machine of each place reads on each day, (units, days)."""
    units, days = len(network.unit_id), shape.days + AFTER
    has = np.where(network.is_hub, rng.random(units) >= shape.no_sorter, rng.random(units) < shape.own_machines)
    mean = np.clip(rng.normal(shape.coverage, 0.008, units), 0.5, 0.998)
    of_day = np.clip(rng.normal(mean[:, None], 0.006, (units, days)), 0.5, 0.999)
    used = np.unique(network.hub)
    for hub, day in zip(rng.choice(used, shape.down), rng.integers(1, shape.days, shape.down), strict=True):
        of_day[hub, day] = 0.0
    return np.where(has[:, None], of_day, 0.0)
