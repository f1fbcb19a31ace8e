"""Families of couriers: how their network, their machines and their people are, within which each seed draws its own.

A method that was tuned on some families is judged on another (leave one family out): they differ in how many hubs a
parcel meets, how well these are read, what is written down at all, and what honest people do that looks odd.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType

from wayseal_sim._errors import SimulateError
from wayseal_sim.types import stream

Range = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One courier as a seed has drawn it. Shares lie between 0 and 1, of parcels if nothing else is said."""

    parcels: int  # honest ones
    days: int  # length of the log
    cities: int  # the most populous so many
    outlets: int  # a city, on the whole
    hubs: int  # that are in use
    coverage: float  # of what passes a hub's sorter, the mean share that it reads; each hub and day has its own
    no_sorter: float  # share of hubs without one
    down: int  # days on which a hub's sorter stands still
    fallback: float  # share of what a sorter didn't read that somebody reads by hand
    gate: float  # share of hubs that read by machine what leaves, too
    own_machines: float  # share of outlets with a machine of their own
    collections: int  # runs a day from an outlet to its hub
    linehauls: int  # runs a day from hub to hub
    centre: float  # share of pairs of hubs that go by a third
    direct: float  # share of a city's own parcels that meet no hub
    bag: int  # parcels in a bag between hubs; 0: trips are trucks
    typed: float  # share of scans at outlets that are keyed in
    missort: float  # share that is sent to a wrong hub first
    lost: float  # share of scans by hand that nobody recorded
    remote_h: float  # hours that the way from the hub takes longer to a tenth of the outlets
    campaign: float  # share that comes from a few senders on one day
    points: float  # share that pick-up points sign for, many at once
    agents: float  # share of couriers who sign for the day's parcels within minutes of the evening
    skewed: int  # outlets whose clock is wrong
    cards: int  # senders of 20 g cards
    early: float  # share of parcels that the holder's own interface asks for before pickup
    ghosts: float  # share of parcels that are none, ...
    empties: float  # are empty, ...
    borrowed: float  # or stand for another order
    insider_machine: float  # share of groups of replayed ghosts whose maker may write rows of machines
    tracks_trips: int  # 0: nobody writes trips down
    tracks_devices: int  # the same of devices

    def as_dict(self) -> dict[str, float]:
        """The parameters by name."""
        return asdict(self)


_USUAL: Mapping[str, Range] = MappingProxyType({
    "parcels": (30_000, 30_000), "days": (6, 6), "cities": (12, 20), "outlets": (6, 10), "hubs": (4, 8),
    "coverage": (0.965, 0.985), "no_sorter": (0, 0), "down": (0, 1), "fallback": (0.2, 0.5), "gate": (0, 0.3),
    "own_machines": (0, 0), "collections": (1, 3), "linehauls": (2, 5), "centre": (0, 0.3), "direct": (0, 0.3),
    "bag": (0, 0), "typed": (0.01, 0.05), "missort": (0.002, 0.01), "lost": (0.005, 0.03), "remote_h": (1, 6),
    "campaign": (0, 0.05), "points": (0.05, 0.25), "agents": (0, 0.06), "skewed": (0, 3), "cards": (1, 3),
    "early": (0, 0.4), "ghosts": (0.02, 0.03), "empties": (0.005, 0.01), "borrowed": (0.003, 0.006),
    "insider_machine": (0.2, 0.4), "tracks_trips": (1, 1), "tracks_devices": (1, 1),
})  # fmt: skip
_DIFFER: Mapping[str, Mapping[str, Range]] = MappingProxyType({
    "dense": {"hubs": (3, 5), "linehauls": (6, 10), "collections": (2, 3), "coverage": (0.975, 0.995),
              "gate": (0.4, 1)},
    "rural": {"cities": (40, 70), "outlets": (1, 2), "hubs": (5, 9), "linehauls": (1, 2), "collections": (1, 1),
              "remote_h": (8, 30), "lost": (0.02, 0.05), "centre": (0.3, 0.6)},
    "one-hub": {"cities": (3, 5), "outlets": (20, 40), "hubs": (1, 1), "direct": (0.2, 0.6)},
    "low-coverage": {"coverage": (0.8, 0.93), "no_sorter": (0.1, 0.4), "down": (1, 3), "typed": (0.05, 0.15)},
    "campaign": {"campaign": (0.3, 0.5), "points": (0.3, 0.5), "agents": (0.1, 0.25), "cards": (3, 6),
                 "lost": (0.02, 0.05)},
    "franchise": {"own_machines": (0.3, 0.8), "typed": (0.03, 0.1), "skewed": (3, 8), "no_sorter": (0, 0.2)},
    "bags": {"bag": (20, 50), "linehauls": (3, 6), "centre": (0.2, 0.6), "gate": (0.2, 0.6)},
    "old-system": {"tracks_trips": (0, 0), "tracks_devices": (0, 1), "typed": (0.04, 0.12)},
})  # fmt: skip
FAMILIES = tuple(_DIFFER)
_WHOLE = frozenset(f.name for f in fields(Shape) if f.type in (int, "int"))


def draw_shape(family: str, seed: int, **changes: float) -> Shape:
    """The courier that a seed draws within a family.

    Args:
        family: One of FAMILIES.
        seed: Same family, seed and changes, same courier.
        **changes: Parameters of `Shape` that are not drawn.

    Returns:
        The courier.

    Raises:
        SimulateError: There is no such family or parameter.
    """
    if family not in _DIFFER:
        raise SimulateError("{name} must be one of {known}", name="parcels", known=list(FAMILIES))
    if unknown := sorted(set(changes) - set(_USUAL)):
        raise SimulateError("a scenario has no parameter {unknown}", unknown=unknown)
    rng = stream(seed, 40, FAMILIES.index(family))
    drawn = {name: rng.uniform(*range_) for name, range_ in {**_USUAL, **_DIFFER[family]}.items()} | changes
    return Shape(**{k: round(v) if k in _WHOLE else v for k, v in drawn.items()})  # type: ignore[arg-type]
