"""Whoever can read: staff in shifts at every place, the head office's wide accounts, systems, partners and devices."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from wayseal_sim._network import Network
from wayseal_sim._scenario import Scenario
from wayseal_sim.types import DAY, LOCAL, Floats, Ints, Mask, hour_of_day, stream

SHIFTS = 3
_SKEW = 1.25  # some colleagues do more than others


class Role(IntEnum):
    """What an actor does; the first six work in shifts at a place."""

    CLERK = 0
    COURIER = 1
    SORTER = 2
    CUSTOMER_SERVICE = 3
    CLAIMS = 4
    REGIONAL_MANAGER = 5
    ANALYST = 6
    IT = 7
    SERVICE = 8
    PARTNER = 9
    SCANNER = 10


PLACED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """An issuing interface: its share of all waybills, and whether a partner runs it."""

    name: str
    share: float
    partner: bool


CHANNELS = (
    Channel(name="app", share=0.12, partner=False),
    Channel(name="platform-a", share=0.31, partner=True),
    Channel(name="platform-b", share=0.22, partner=True),
    Channel(name="platform-c", share=0.13, partner=True),
    Channel(name="merchant", share=0.15, partner=True),
    Channel(name="counter", share=0.07, partner=False),
)
APP, MERCHANT, COUNTER = 0, 4, 5
_CLIENTS = 2  # tracking clients of each partner


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """All actors, and who is on duty where.

    role, region, unit: int64 (actors,), -1 for none. start, size: int64 (places * PLACED * SHIFTS,), the actors of a
    pool lie together; places are the network's units, then its regions. wide: actors that see much, with the share
    that each sees in `coverage`. order: the issuing system of each channel. clients: tracking clients by channel,
    (channels, 2), -1 where there is none. scanner: int64 (units,), the device of each hub, -1 elsewhere.
    """

    ids: tuple[str, ...]
    role: Ints
    unit: Ints
    region: Ints
    start: Ints
    size: Ints
    wide: Ints
    coverage: Floats
    order: Ints
    clients: Ints
    scanner: Ints

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def is_person(self) -> Mask:
        """Which actors are people."""
        out: Mask = self.role <= Role.IT
        return out

    def pick(self, rng: np.random.Generator, place: Ints, role: Role, at: Ints) -> Ints:
        """Someone of that role on duty at each place and time, int64 actors."""
        pool = self._pool(place, role, at)
        size = self.size[pool]
        nth = (size * rng.random(len(at)) ** _SKEW).astype(np.int64)
        off = ((nth * 3 + (at + LOCAL) // DAY) % 7 == 0) & (size > 2)
        nth = (nth + off) % size
        out: Ints = self.start[pool] + nth
        return out

    def colleague(self, rng: np.random.Generator, place: Ints, role: Role, at: Ints, actor: Ints) -> Ints:
        """Someone of that role on duty at each place and time who isn't the actor."""
        pool = self._pool(place, role, at)
        chosen = self.pick(rng, place, role, at)
        after = self.start[pool] + (chosen - self.start[pool] + 1) % self.size[pool]
        out: Ints = np.where(chosen == actor, after, chosen)
        return out

    def _pool(self, place: Ints, role: Role, at: Ints) -> Ints:
        out: Ints = (place * PLACED + int(role)) * SHIFTS + _shift(role, at)
        return out


def _shift(role: Role, at: Ints) -> Ints | int:
    if role is Role.SORTER:
        return hour_of_day(at) // 8
    if role in (Role.CLERK, Role.CUSTOMER_SERVICE):
        return (hour_of_day(at) >= 15).astype(np.int64)
    return 0


def build_staff(network: Network, scenario: Scenario, seed: int) -> Staff:
    """Staff by the places' volume; ids are dealt at random, so that an id tells nothing."""
    rng = stream(seed, 1)
    counts = _pool_sizes(network)
    flat = counts.ravel()
    pool = np.repeat(np.arange(len(flat)), flat)
    place, role = pool // (PLACED * SHIFTS), pool // SHIFTS % PLACED
    units = len(network.unit_id)
    unit = np.where(place < units, place, -1)
    region = np.where(place < units, network.unit_region[np.minimum(place, units - 1)], place - units)
    wide_role, coverage = _wide(scenario, rng)
    partners = [c for c, channel in enumerate(CHANNELS) if channel.partner]
    order_role = [Role.PARTNER if c.partner else Role.SERVICE for c in CHANNELS]
    hubs = np.flatnonzero(network.is_hub)
    roles = np.concatenate(
        [role, wide_role, order_role, [Role.PARTNER] * (_CLIENTS * len(partners)), [Role.SCANNER] * len(hubs)]
    ).astype(np.int64)
    n, w = len(pool), len(wide_role)
    clients = np.full((len(CHANNELS), _CLIENTS), -1, np.int64)
    first = n + w + len(CHANNELS)
    clients[partners] = first + np.arange(_CLIENTS * len(partners)).reshape(-1, _CLIENTS)
    scanner = np.full(units, -1, np.int64)
    scanner[hubs] = first + _CLIENTS * len(partners) + np.arange(len(hubs))
    all_unit = np.full(len(roles), -1, np.int64)
    all_unit[:n] = unit
    all_unit[scanner[hubs]] = hubs
    all_unit[n : n + w][wide_role <= Role.IT] = network.head_office
    all_region = np.full(len(roles), -1, np.int64)
    all_region[:n] = region
    all_region[scanner[hubs]] = network.unit_region[hubs]
    return Staff(
        ids=_ids(roles, n + w, clients, rng),
        role=roles,
        unit=all_unit,
        region=all_region,
        start=np.cumsum(flat) - flat,
        size=flat,
        wide=n + np.arange(w),
        coverage=coverage,
        order=n + w + np.arange(len(CHANNELS)),
        clients=clients,
        scanner=scanner,
    )


def _pool_sizes(network: Network) -> Ints:
    """How many of each role work each shift of each place, int64 (places, PLACED, SHIFTS)."""
    units, regions = len(network.unit_id), len(network.cities.regions)
    counts = np.zeros((units + regions, PLACED, SHIFTS), np.int64)
    outlet, hub = network.is_outlet, network.is_hub
    clerks = np.maximum(2, np.ceil(network.volume[outlet] / 200))
    counts[:units][outlet, Role.CLERK, :2] = clerks[:, None]
    counts[:units][outlet, Role.COURIER, 0] = np.maximum(2, np.ceil(network.volume[outlet] / 80))
    sorters = np.maximum(3, np.ceil(network.volume[hub] / 1500))
    counts[:units][hub, Role.SORTER, :] = sorters[:, None]
    volume = np.bincount(network.unit_region[outlet], network.volume[outlet], regions)
    counts[units:, Role.CUSTOMER_SERVICE, :2] = np.maximum(3, np.ceil(volume / 6000))[:, None]
    counts[units:, Role.CLAIMS, 0] = np.maximum(2, np.ceil(volume / 40000))
    counts[units:, Role.REGIONAL_MANAGER, 0] = np.maximum(2, np.ceil(volume / 40000))
    return counts


def _wide(scenario: Scenario, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Roles and coverages of the wide accounts: 3 to 90 % of all parcels, evenly on a logarithmic scale."""
    w = scenario.wide_accounts
    steps = (np.arange(w) + rng.random(w)) / w
    coverage = rng.permutation(0.03 * (0.9 / 0.03) ** steps)
    roles = np.array([Role.ANALYST, Role.SERVICE, Role.IT], np.int64)[np.arange(w) % 3]
    return roles, coverage


def _ids(roles: Ints, numbered: int, clients: Ints, rng: np.random.Generator) -> tuple[str, ...]:
    width = max(4, len(str(numbered)))
    letter = np.where(roles[:numbered] == Role.SERVICE, "svc-", "u-")
    ids = [f"{p}{k:0{width}d}" for p, k in zip(letter, rng.permutation(numbered) + 1, strict=True)]
    ids += [f"{'p' if c.partner else 'svc'}-{c.name}-order" for c in CHANNELS]
    for channel, pair in zip(CHANNELS, clients, strict=True):
        ids += [f"p-{channel.name}-track-{k + 1}" for k in range(_CLIENTS) if pair[k] >= 0]
    ids += [f"dws-{k + 1:03d}" for k in range(len(roles) - len(ids))]
    return tuple(ids)
