"""Who leaks, and which numbers they had in their hands, when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wayseal.model.kinds import SourceKind
from wayseal_sim._errors import SimulateError
from wayseal_sim._lists import Held, ShownRows
from wayseal_sim._network import Network
from wayseal_sim._parcels import JourneyStep, Parcels, span
from wayseal_sim._reads import Rates, Reads
from wayseal_sim._scenario import Leaker, Scenario
from wayseal_sim._staff import CHANNELS, COUNTER, Role, Staff
from wayseal_sim.types import HOUR, MINUTE, NEVER, Ints, Mask, stream

# So many numbers of a source are enough for any market; more are thinned out evenly.
_ENOUGH = 200_000
_UNKNOWN = 100_000
_SHARERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakSource:
    """A source that leaks: its kind and id as in the data contract; `key` is its integer inside the simulator.

    sharers: people who use the login, whose first it belongs to; person: who of them leaks (else `key`). victim: clerk
    whose reads choose what is sold, -1 for none; city: of origin that alone is sold, -1 for any. to_order: looks
    numbers up once they are ordered.
    """

    kind: SourceKind
    id: str
    key: int
    person: int = -1
    sharers: tuple[int, ...] = ()
    victim: int = -1
    city: int = -1
    to_order: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Numbers that a source could sell, (m,) each: number, where from and to (units), from when, until when at most."""

    number: Ints
    origin: Ints
    destination: Ints
    since: Ints
    until: Ints

    def __len__(self) -> int:
        return len(self.number)


def choose_leakers(
    scenario: Scenario, network: Network, staff: Staff, rates: Rates, asking: Mask, seed: int
) -> tuple[LeakSource, ...]:
    """The sources that leak in this world; none for Leaker.NOBODY. asking: who works with list screens."""
    rng = stream(seed, 5)
    match scenario.leaker:
        case Leaker.NOBODY:
            return ()
        case Leaker.CHANNEL:
            key = int(rng.choice([k for k in range(len(CHANNELS)) if k != COUNTER]))
            return (LeakSource(kind=SourceKind.CHANNEL, id=CHANNELS[key].name, key=key),)
        case Leaker.OUTLET:
            outlets = np.flatnonzero(network.volume[: network.outlets] >= _busy(network))
            key = int(rng.choice(outlets))
            return (LeakSource(kind=SourceKind.OUTLET, id=network.unit_id[key], key=key),)
        case Leaker.WIDE:
            return (_actor(staff, _wide(staff, rates, rng, 0.05, "wide")),)
        case Leaker.FRAMER:
            source = _actor(staff, _wide(staff, rates, rng, 0.2, "framer"))
            victim = _ordinary(scenario.leaker, network, staff, ~asking, rng, 1)[0]
            return (replace(source, victim=victim),)
        case Leaker.CHOOSER:
            source = _actor(staff, _wide(staff, rates, rng, 0.2, "chooser"))
            volume = network.volume[: network.outlets]
            outlet = int(rng.choice(network.outlets, p=volume / volume.sum()))
            return (replace(source, city=int(network.unit_city[outlet])),)
        case Leaker.SHARED:
            person = _ordinary(scenario.leaker, network, staff, ~asking, rng, 1)[0]
            return (_sharing(staff, person, ~asking, rng),)
        case Leaker.TO_ORDER:
            source = _actor(staff, _ordinary(scenario.leaker, network, staff, ~asking, rng, 1)[0])
            return (replace(source, to_order=True),)
        case Leaker.CLERK | Leaker.COLLUDERS | Leaker.LISTER:
            count = scenario.colluders if scenario.leaker is Leaker.COLLUDERS else 1
            among = asking if scenario.leaker is Leaker.LISTER else ~asking
            chosen = _ordinary(scenario.leaker, network, staff, among, rng, count)
            return tuple(_actor(staff, k) for k in chosen)


def _wide(staff: Staff, rates: Rates, rng: np.random.Generator, least: float, leaker: str) -> int:
    """A person with wide rights who sees at least that share of all parcels."""
    fits = staff.is_person[staff.wide] & (rates.coverage >= least) & (rates.coverage <= 0.6)
    people = staff.wide[fits]
    if not len(people):
        raise SimulateError("leaker {leaker} needs more wide_accounts", leaker=leaker)
    return int(rng.choice(people))


def _sharing(staff: Staff, person: int, among: Mask, rng: np.random.Generator) -> LeakSource:
    """The login of eight clerks of outlets near each other, one of whom is the person."""
    clerks = np.flatnonzero((staff.role == Role.CLERK) & among & (staff.region == staff.region[person]))
    near = np.argsort(np.abs(staff.unit[clerks] - staff.unit[person]), kind="stable")[:_SHARERS]
    people = rng.permutation(np.union1d(clerks[near][: _SHARERS - 1], [person])).tolist()
    return replace(_actor(staff, people[0]), person=person, sharers=tuple(people))


def _busy(network: Network) -> float:
    return float(np.median(network.volume[: network.outlets]))


def _ordinary(
    leaker: Leaker, network: Network, staff: Staff, among: Mask, rng: np.random.Generator, count: int
) -> list[int]:
    """Counter clerks (colluders: also couriers and sorters) of busier outlets, at places of their own."""
    roles = [Role.CLERK, Role.COURIER, Role.SORTER] if leaker is Leaker.COLLUDERS else [Role.CLERK]
    volume = np.where(staff.unit >= 0, network.volume[staff.unit], 0.0)
    fits = np.flatnonzero(np.isin(staff.role, roles) & among & (volume >= _busy(network)))
    chosen: list[int] = []
    places: set[tuple[int, int]] = set()
    for k in rng.permutation(fits).tolist():
        place = (int(staff.unit[k]), int(staff.region[k]))
        if place not in places:
            chosen.append(k)
            places.add(place)
        if len(chosen) == count:
            return sorted(chosen)
    if leaker is Leaker.LISTER:
        raise SimulateError("leaker lister needs a larger share of queries")
    raise SimulateError("colluders must be fewer: the world has too few places for them")


def _actor(staff: Staff, key: int) -> LeakSource:
    return LeakSource(kind=SourceKind.ACTOR, id=staff.ids[key], key=key, person=key)


class Collector:
    """Keeps what each source had in its hands while the world runs; the last pile belongs to nobody known."""

    def __init__(
        self, sources: Sequence[LeakSource], parcels: int, network: Network, staff: Staff, rates: Rates
    ) -> None:
        self._sources, self._staff, self._city = sources, staff, network.unit_city
        self._piles: list[list[Candidates]] = [[] for _ in range(len(sources) + 1)]
        self._thin_unknown = min(1.0, _UNKNOWN / max(1, parcels))
        self._thin = np.ones(len(sources))
        self._of_actor = np.full(len(staff), -1, np.int64)
        coverage = dict(zip(staff.wide.tolist(), rates.coverage.tolist(), strict=True))
        for k, source in enumerate(sources):
            share = 0.01
            if source.kind is SourceKind.ACTOR:
                self._of_actor[source.person] = k
                share = coverage.get(source.key, share) if source.victim < 0 and source.city < 0 else share
            elif source.kind is SourceKind.CHANNEL:
                share = CHANNELS[source.key].share
            self._thin[k] = min(1.0, _ENOUGH / (share * max(1, parcels)))

    def take(self, rng: np.random.Generator, p: Parcels, reads: Reads) -> None:
        """Adds what the sources got from a run of parcels and its reads, lost or not."""
        owner = self._of_actor[reads.actor]
        for k, source in enumerate(self._sources):
            if source.kind is SourceKind.ACTOR:
                idx, since, until = self._read(p, reads, source, owner == k)
            elif source.kind is SourceKind.CHANNEL:
                idx, since, until = _issued(p, source.key)
            else:
                idx, since, until = _lying(rng, p, source.key)
            kept = np.flatnonzero(rng.random(len(idx)) < self._thin[k])
            self._add(k, p, idx[kept], since[kept], until[kept])
        any_ = np.flatnonzero(rng.random(len(p)) < self._thin_unknown)
        life = p.end[any_] + 6 * HOUR - p.issued[any_]
        since = p.issued[any_] + span(rng, len(any_), 0, life)
        self._add(len(self._sources), p, any_, since, np.full(len(any_), NEVER))

    def _read(self, p: Parcels, reads: Reads, source: LeakSource, mine: Mask) -> tuple[Ints, Ints, Ints]:
        """What an account read, as far as it sells it; or what it can look up, while that is on its way."""
        if source.to_order:
            unit = self._staff.unit[source.key]
            there = np.flatnonzero((p.origin == unit) | (p.destination == unit))
            return there, p.issued[there], p.end[there]
        kept = mine.copy()
        if source.victim >= 0:
            kept &= np.isin(reads.parcel, reads.parcel[reads.actor == source.victim])
        if source.city >= 0:
            kept &= self._city[p.origin[reads.parcel.astype(np.int64) - p.base]] == source.city
        idx = reads.parcel[kept].astype(np.int64) - p.base
        return idx, reads.at[kept], np.full(len(idx), NEVER)

    def _add(self, pile: int, p: Parcels, idx: Ints, since: Ints, until: Ints) -> None:
        self._pile(pile, p.number[idx], p.origin[idx], p.destination[idx], since, until)

    def _pile(self, pile: int, number: Ints, origin: Ints, destination: Ints, since: Ints, until: Ints) -> None:
        taken = Candidates(number=number, origin=origin, destination=destination, since=since, until=until)
        self._piles[pile].append(taken)

    def see(self, held: Held, shown: ShownRows) -> None:
        """Adds what lists showed to the sources."""
        owner = self._of_actor[shown.actor]
        for k in np.unique(owner[owner >= 0]).tolist():
            mine = np.flatnonzero(owner == k)
            idx = shown.parcel[mine]
            until = np.full(len(idx), NEVER)
            self._pile(k, held.number[idx], held.origin[idx], held.destination[idx], shown.at[mine], until)

    def piles(self) -> tuple[Candidates, ...]:
        """One pile for each source, then the one of unknown origin."""
        return tuple(_joined(parts) for parts in self._piles)


def _joined(parts: list[Candidates]) -> Candidates:
    def column(name: str) -> Ints:
        out: Ints = np.concatenate([getattr(part, name) for part in parts])
        return out

    return Candidates(
        number=column("number"),
        origin=column("origin"),
        destination=column("destination"),
        since=column("since"),
        until=column("until"),
    )


def _issued(p: Parcels, channel: int) -> tuple[Ints, Ints, Ints]:
    """What an issuing interface had before the parcel was collected."""
    pickup = p.step[JourneyStep.PICKUP]
    idx = np.flatnonzero((p.channel == channel) & (pickup - p.issued > 20 * MINUTE))
    return idx, p.issued[idx], pickup[idx] - 5 * MINUTE


def _lying(rng: np.random.Generator, p: Parcels, unit: int) -> tuple[Ints, Ints, Ints]:
    """Labels that could be photographed while the parcels lay at an outlet."""
    idx = np.flatnonzero((p.origin == unit) | (p.destination == unit))
    here = p.origin[idx] == unit
    since = np.where(here, p.step[JourneyStep.AT_ORIGIN, idx], p.step[JourneyStep.AT_DESTINATION, idx])
    until = np.where(here, p.step[JourneyStep.LEFT_ORIGIN, idx], p.step[JourneyStep.OUT, idx])
    return idx, since + span(rng, len(idx), 0, until - since), np.full(len(idx), NEVER)
