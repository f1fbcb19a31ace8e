"""The places of a courier: outlets by region and city, franchises with outlets under them, hubs, offices, head office.

1. Units are one run: outlets, then hubs, then one office of each region, then call centres, then the head office.
2. An outlet's size is log-normal, a region's share follows a power of its rank; both are drawn by the seed.
3. Of a franchise the parent receives and sends; of some the outlets under it scan deliveries themselves.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.couriers._plan import Plan, scaled
from wayseal_sim.cities import load_cities
from wayseal_sim.types import Floats, Ints, Mask

_CODES = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Units: id, kind, region and city of each, size of outlets (summing to one), parent (itself without a franchise).

    sends, crew: what outlets send and their share of clerks, where warehouses send nearly all; else as their size.
    hub, office, centre: a unit, of each region. at_parent: whether an outlet's deliveries are scanned at the parent.
    outlets: how many there are.
    """

    ids: tuple[str, ...]
    kind: tuple[str, ...]
    region: Ints
    city: Ints
    city_names: tuple[str, ...]
    region_names: tuple[str, ...]
    size: Floats
    sends: Floats
    crew: Floats
    parent: Ints
    at_parent: Mask
    hub: Ints
    office: Ints
    centre: Ints
    outlets: int

    @property
    def head(self) -> int:
        """The unit of the head office."""
        return len(self.ids) - 1


def build_places(plan: Plan, accounts: int, rng: np.random.Generator) -> Places:
    """The places of a plan."""
    shape = plan.shape
    regions = max(1, shape.regions)
    n = max(scaled(shape.outlets, accounts), 2 * regions, 4)
    weight = np.arange(1, regions + 1.0) ** -shape.region_power
    region = np.sort(np.concatenate([np.arange(regions), rng.choice(regions, n - regions, p=weight / weight.sum())]))
    parent = _parents(region, shape.subs)
    per_region = 4
    city = region * per_region + np.minimum(rng.geometric(0.45, n) - 1, per_region - 1)
    city[parent != np.arange(n)] = city[parent[parent != np.arange(n)]]
    size = rng.lognormal(0.0, shape.uneven, n)
    hubs = min(shape.hubs, regions)
    centres = regions if shape.regional_centres else 1
    size = size / size.sum()
    sends, crew = _warehouses(size, scaled(shape.warehouses, accounts), rng) if shape.warehouses else (size, size)
    names = load_cities(337).name
    first = n + hubs + regions
    units = np.concatenate([region, np.arange(hubs), np.arange(regions), np.arange(centres), [0]])
    kinds = ["outlet"] * n + ["hub"] * hubs + ["head_office"] * (regions + centres + 1)
    return Places(
        ids=_ids(n, hubs, regions, centres, rng),
        kind=tuple(kinds),
        region=units.astype(np.int64),
        city=np.concatenate([city, units[n:] * per_region]),
        city_names=tuple(np.array(names)[rng.permutation(len(names))[: regions * per_region]].tolist()),
        region_names=tuple(f"{'东南西北中华'[k % 6]}区{k + 1}" for k in range(regions)),
        size=size,
        sends=sends,
        crew=crew,
        parent=parent,
        at_parent=rng.random(n) < 0.5,
        hub=n + np.arange(regions) % hubs,
        office=n + hubs + np.arange(regions),
        centre=first + np.arange(regions) % centres,
        outlets=n,
    )


def _warehouses(size: Floats, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """What outlets send, and their share of clerks: some send 0.9 of all and have 0.4 of the clerks."""
    chosen = rng.permutation(len(size))[: max(2, count)]
    weight = np.zeros(len(size))
    weight[chosen] = rng.dirichlet(np.full(len(chosen), 3.0))
    return 0.9 * weight + 0.1 * size, 0.4 * weight + 0.6 * size


def _parents(region: Ints, subs: int) -> Ints:
    """Each outlet's franchise: the first of every run of `subs` + 1 in a region."""
    n = len(region)
    own = np.arange(n)
    if not subs:
        return own
    first = np.searchsorted(region, region)
    parent: Ints = own - (own - first) % (subs + 1)
    return parent


def _ids(n: int, hubs: int, regions: int, centres: int, rng: np.random.Generator) -> tuple[str, ...]:
    letter = _CODES[int(rng.integers(len(_CODES)))]
    dealt = rng.permutation(9 * 10**4)[:n] + 10**4
    ids = [f"{letter}{k}" for k in dealt.tolist()]
    ids += [f"{letter}H{k + 1}" for k in range(hubs)]
    ids += [f"{letter}R{k + 1}" for k in range(regions)]
    ids += [f"{letter}C{k + 1}" for k in range(centres)]
    return (*ids, f"{letter}-HQ")
