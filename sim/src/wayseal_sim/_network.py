"""The places of the courier: outlets, hubs and the head office, on the real map."""

from dataclasses import dataclass

import numpy as np

from wayseal_sim._scenario import Scenario
from wayseal_sim.cities import Alias, Cities, alias_table, distances, flows, load_cities
from wayseal_sim.types import Floats, Ints, Mask

# A city's first outlets are its busiest: outlet k of m takes the k-th slice of u ** _SKEW.
_SKEW = 1.3
_PARCELS_AN_OUTLET = 60
_MOST_OUTLETS = 6_000
_SECOND_HUB_ABOVE = 5_500  # residents of a province in units of 10,000
_HEAD_OFFICE_CITY = "上海"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The places, as one run of `units`: outlets by city, then hubs, then the head office.

    outlet_start, outlet_count: int64 (cities,). unit_id: text; unit_city, unit_region: int64 (units,).
    is_outlet, is_hub: bool (units,). hub: int64 (cities,), the unit of the hub that serves a city.
    volume: parcels that start or end at a unit a day, float64 (units,). km: between cities.
    """

    cities: Cities
    km: Floats
    routes: Alias
    outlet_start: Ints
    outlet_count: Ints
    unit_id: tuple[str, ...]
    unit_name: tuple[str, ...]
    unit_city: Ints
    unit_region: Ints
    is_outlet: Mask
    is_hub: Mask
    hub: Ints
    volume: Floats

    @property
    def outlets(self) -> int:
        """How many outlets there are; units before this index are outlets."""
        return int(self.outlet_count.sum())

    @property
    def head_office(self) -> int:
        """The unit of the head office."""
        return len(self.unit_id) - 1

    def draw_routes(self, rng: np.random.Generator, n: int) -> tuple[Ints, Ints]:
        """Origin and destination outlets of `n` parcels, as units."""
        flat = self.routes.draw(rng, n)
        origin, destination = np.divmod(flat, len(self.cities))
        return self._outlet(rng, origin), self._outlet(rng, destination)

    def _outlet(self, rng: np.random.Generator, city: Ints) -> Ints:
        nth = self.outlet_count[city] * rng.random(len(city)) ** _SKEW
        out: Ints = self.outlet_start[city] + nth.astype(np.int64)
        return out


def build_network(scenario: Scenario, parcels_a_day: float) -> Network:
    """The network of a scenario; the same scenario gives the same network, whatever the seed."""
    cities = load_cities(scenario.cities)
    share = flows(cities)
    count = _outlets_by_city(scenario, cities, parcels_a_day)
    start = np.cumsum(count) - count
    hub_city = _hub_cities(cities)
    head = cities.name.index(_HEAD_OFFICE_CITY) if _HEAD_OFFICE_CITY in cities.name else 0
    city = np.concatenate([np.repeat(np.arange(len(cities)), count), hub_city, [head]])
    n, hubs = int(count.sum()), len(hub_city)
    ids, names = _names(cities, city, n, hubs)
    hub = n + _nearest_hub(cities, hub_city)
    unit = np.arange(len(city))
    return Network(
        cities=cities,
        km=distances(cities),
        routes=alias_table(share.ravel()),
        outlet_start=start,
        outlet_count=count,
        unit_id=ids,
        unit_name=names,
        unit_city=city,
        unit_region=cities.region[city],
        is_outlet=unit < n,
        is_hub=(unit >= n) & (unit < n + hubs),
        hub=hub,
        volume=_volumes(share, count, hub, len(city), parcels_a_day),
    )


def _outlets_by_city(scenario: Scenario, cities: Cities, parcels_a_day: float) -> Ints:
    wanted = scenario.outlets
    if wanted is None:
        by_volume = min(parcels_a_day / _PARCELS_AN_OUTLET, _MOST_OUTLETS)
        wanted = int(max(by_volume, 1.5 * len(cities)))
    spare = (wanted - len(cities)) * cities.population / cities.population.sum()
    count: Ints = 1 + np.rint(spare).astype(np.int64)
    return count


def _hub_cities(cities: Cities) -> Ints:
    """One hub in each province's largest city, two where many people live."""
    chosen = []
    for region in range(len(cities.regions)):
        inside = np.flatnonzero(cities.region == region)
        people = cities.population[inside].sum()
        chosen += inside[: 2 if people > _SECOND_HUB_ABOVE and len(inside) > 1 else 1].tolist()
    return np.array(chosen, np.int64)


def _nearest_hub(cities: Cities, hub_city: Ints) -> Ints:
    km = distances(cities)[:, hub_city]
    away = cities.region[:, None] != cities.region[hub_city]
    nearest: Ints = np.argmin(np.where(away, np.inf, km), axis=1)
    return nearest


def _names(cities: Cities, city: Ints, outlets: int, hubs: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    ids: list[str] = []
    names: list[str] = []
    by_code: dict[str, int] = {}
    by_city: dict[int, int] = {}
    for unit, c in enumerate(city.tolist()):
        code = cities.code[c] if unit < outlets else f"{cities.code[c]}-H"
        by_code[code] = nth = by_code.get(code, 0) + 1
        by_city[c] = by_city.get(c, 0) + 1
        if unit < outlets:
            ids.append(f"{code}-{nth:04d}")
            names.append(f"{cities.name[c]}{by_city[c]:03d}网点")
        elif unit < outlets + hubs:
            ids.append(f"{code}{nth}")
            names.append(f"{cities.name[c]}转运中心")
        else:
            ids.append("HQ-0001")
            names.append("总部")
    return tuple(ids), tuple(names)


def _volumes(share: Floats, count: Ints, hub: Ints, units: int, parcels_a_day: float) -> Floats:
    ends = (share.sum(axis=0) + share.sum(axis=1)) * parcels_a_day
    volume = np.zeros(units)
    first = 0
    for m, v in zip(count.tolist(), ends.tolist(), strict=True):
        edges = (np.arange(m + 1) / m) ** (1 / _SKEW)
        volume[first : first + m] = v * np.diff(edges)
        first += m
    np.add.at(volume, hub, ends)
    return volume
