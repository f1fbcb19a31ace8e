"""Which accounts the insiders have, when they begin, and through which device and address they come."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from wayseal_sim._calendar import Calendar
from wayseal_sim._emit import Dictionaries
from wayseal_sim._errors import SimulateError
from wayseal_sim._network import Network
from wayseal_sim._reads import ReadReason
from wayseal_sim._scenario import Scenario
from wayseal_sim._staff import SHIFTS, Role, Staff
from wayseal_sim.insiders import CAP, NIGHT_HOURS, SHARERS, SIGMA, Insider, Plant, planted
from wayseal_sim.types import DAY, Ints, Mask, stream

_ROLES: Mapping[Insider, tuple[Role, ...]] = MappingProxyType(
    {
        Insider.BULK: (Role.CLERK, Role.COURIER, Role.SORTER, Role.CUSTOMER_SERVICE),
        Insider.STEADY: (Role.CLERK, Role.COURIER, Role.SORTER, Role.CUSTOMER_SERVICE, Role.CLAIMS),
        Insider.STOCK: (Role.COURIER, Role.CLAIMS),
        Insider.RANGE: (Role.CLERK, Role.COURIER, Role.CUSTOMER_SERVICE),
        Insider.SHARED: (Role.CLERK,),
        Insider.COLLUDERS: (Role.CLERK, Role.COURIER),
    }
)
_USUAL: Mapping[int, ReadReason] = MappingProxyType(
    {
        Role.CLERK: ReadReason.INTAKE,
        Role.COURIER: ReadReason.DELIVERY,
        Role.SORTER: ReadReason.SORT_CHECK,
        Role.CUSTOMER_SERVICE: ReadReason.INQUIRY,
        Role.CLAIMS: ReadReason.CLAIM,
        Role.REGIONAL_MANAGER: ReadReason.OVERSIGHT,
        Role.ANALYST: ReadReason.MONITOR,
        Role.IT: ReadReason.MONITOR,
        Role.PARTNER: ReadReason.TRACK,
    }
)
_HOURS: Mapping[Role, tuple[tuple[int, int], ...]] = MappingProxyType(
    {
        Role.CLERK: ((8, 15), (15, 22)),
        Role.COURIER: ((8, 20),),
        Role.SORTER: ((0, 8), (8, 16), (16, 24)),
        Role.CUSTOMER_SERVICE: ((8, 15), (15, 22)),
        Role.CLAIMS: ((9, 18),),
        Role.REGIONAL_MANAGER: ((9, 18),),
    }
)
"""Shifts of those who work at a place, hours in China time."""
_ELSEWHERE = "192.0.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Somebody who comes in under a login by a way that isn't its owner's.

    login: the actor. device: whether on a device of its own. address: where from, None for the owner's. beyond: takes
    every field.
    """

    login: int
    device: bool = False
    address: str | None = None
    beyond: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One insider of a world: the people (actors) who pull, and what they come in as.

    hands: who the log's rows are by, one for each of `people`: the actor, or a number from len(staff) on that stands
    for a Hand. a_day: waybills a day and account, lowered where the world is small. day: on which they begin. hours:
    (people, 2), between which they pull, in China time. sharers: people of one login, whose first it belongs to.
    """

    plant: Plant
    people: tuple[int, ...]
    hands: tuple[int, ...]
    a_day: int
    day: int
    hours: tuple[tuple[int, int], ...]
    sharers: tuple[int, ...] = ()

    @property
    def kind(self) -> Insider:
        """The kind."""
        return self.plant.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """All insiders of a world, and the hands that they have beyond the staff's."""

    planted: tuple[Planted, ...] = ()
    hands: tuple[Hand, ...] = ()


def usual_reason(role: Ints) -> Ints:
    """The Reason that reads of each role mostly have."""
    table = np.array([_USUAL.get(r, ReadReason.BROWSE) for r in range(len(Role))], np.int64)
    out: Ints = table[role]
    return out


def capped(a_day: int, parcels_a_day: float) -> int:
    """A figure, lowered to a share of a day's parcels."""
    return max(1, min(a_day, int(CAP * parcels_a_day)))


def expected_pulls(scenario: Scenario, parcels_a_day: float) -> float:
    """About how many pulls reach the log."""
    a_day = sum(p.count * p.accounts * capped(p.a_day, parcels_a_day) for p in planted(scenario.insiders))
    days = scenario.days - np.mean([_first_days(scenario)[0], _first_days(scenario)[1] - 1])
    return float(a_day * days * np.exp(SIGMA**2 / 2) * (1 - scenario.lost_rows))


def _first_days(scenario: Scenario) -> tuple[int, int]:
    """The days from the first to before the second on which insiders begin."""
    low = -(-scenario.days // 4)
    return low, max(low + 1, scenario.days // 2)


def shift_hours(staff: Staff, actor: int) -> tuple[int, int]:
    """Between which hours in China time somebody works who works at a place."""
    pool = int(np.searchsorted(staff.start + staff.size, actor, side="right"))
    return _HOURS[Role(int(staff.role[actor]))][pool % SHIFTS]


class _Casting:
    """Finds accounts for the insiders, none twice."""

    def __init__(self, network: Network, staff: Staff, among: Mask, rng: np.random.Generator) -> None:
        at_outlet = (staff.unit >= 0) & network.is_outlet[staff.unit]
        volume = np.where(at_outlet, network.volume[staff.unit], np.inf)
        self._free, self._busy = among.copy(), volume >= np.median(network.volume[: network.outlets])
        self._staff, self._rng, self._turn = staff, rng, dict.fromkeys(Insider, 0)
        self._order = rng.permutation(len(staff))

    def take(self, which: Mask, count: int = 1) -> tuple[int, ...]:
        """So many free actors of those, at busier places."""
        return self._book(self._order[(which & self._free & self._busy)[self._order]], count)

    def _book(self, free: Ints, count: int) -> tuple[int, ...]:
        if len(free) < count:
            raise SimulateError("insiders must be fewer: the world has too few accounts for them")
        self._free[free[:count]] = False
        return tuple(free[:count].tolist())

    def staff_of(self, kind: Insider, count: int) -> tuple[int, ...]:
        """Ordinary staff of the kind's roles in turn; colluders work by day."""
        roles = _ROLES[kind]
        people: list[int] = []
        for _ in range(count):
            role = roles[self._turn[kind] % len(roles)]
            self._turn[kind] += 1
            which = self._staff.role == role
            if kind is Insider.COLLUDERS and role is Role.CLERK:
                size = np.repeat(np.arange(len(self._staff.size)), self._staff.size)
                which[: len(size)] &= size % SHIFTS == 0
            people += self.take(which)
        return tuple(people)

    def sharers_of(self, person: int) -> tuple[int, ...]:
        """The people of a login that the person has too: clerks of outlets near each other, in any order."""
        staff = self._staff
        clerks = np.flatnonzero(self._free & (staff.role == Role.CLERK))
        away = np.abs(staff.unit[clerks] - staff.unit[person])
        closest = clerks[np.lexsort((away, staff.region[clerks] != staff.region[person]))]
        return tuple(self._rng.permutation([*self._book(closest, SHARERS - 1), person]).tolist())


def choose_insiders(scenario: Scenario, network: Network, staff: Staff, among: Mask, parcels: int, seed: int) -> Ring:
    """The insiders of a world; `among`: whom they can be. SimulateError if the world has too few accounts."""
    rng = stream(seed, 20)
    casting = _Casting(network, staff, among, rng)
    ring: list[Planted] = []
    hands: list[Hand] = []
    for plant in planted(scenario.insiders):
        for _ in range(plant.count):
            one = _one(plant, casting, staff)
            chosen = tuple(_hands(one, len(ring), staff, hands))
            a_day = capped(plant.a_day, parcels / scenario.days)
            ring.append(replace(one, hands=chosen, a_day=a_day, day=int(rng.integers(*_first_days(scenario)))))
    return Ring(planted=tuple(ring), hands=tuple(hands))


def _one(plant: Plant, casting: _Casting, staff: Staff) -> Planted:
    sharers: tuple[int, ...] = ()
    match plant.kind:
        case Insider.STOLEN:
            wide = np.zeros(len(staff), np.bool_)
            wide[staff.wide] = staff.is_person[staff.wide]
            people = casting.take(wide, plant.accounts)
        case Insider.PARTNER:
            client = np.zeros(len(staff), np.bool_)
            client[staff.clients[staff.clients >= 0]] = True
            people = casting.take(client, plant.accounts)
        case _:
            people = casting.staff_of(plant.kind, plant.accounts)
    if plant.kind is Insider.SHARED:
        sharers = casting.sharers_of(people[0])
    at_night = plant.kind in (Insider.STOLEN, Insider.PARTNER)
    hours = tuple(NIGHT_HOURS if at_night else shift_hours(staff, k) for k in people)
    return Planted(plant=plant, people=people, hands=people, a_day=plant.a_day, day=0, hours=hours, sharers=sharers)


def _hands(one: Planted, nth: int, staff: Staff, hands: list[Hand]) -> list[int]:
    """Who the rows are by; adds to `hands`. Of colluders every second one comes through one address."""
    address = f"{_ELSEWHERE}.{nth % 250 + 1}"
    chosen = []
    for k, person in enumerate(one.people):
        away = one.kind in (Insider.STOLEN, Insider.PARTNER) or (one.kind is Insider.COLLUDERS and k % 2 == 0)
        chosen.append(len(staff) + len(hands) if away else person)
        if away:
            stolen, beyond = one.kind is Insider.STOLEN, one.kind is not Insider.COLLUDERS
            hands.append(Hand(login=person, device=stolen, address=address, beyond=beyond))
    return chosen


def truth_of_insiders(ring: Ring, words: Dictionaries, calendar: Calendar, pulled: Ints) -> list[dict[str, object]]:
    """What the truth says of each insider; pulled: of how many pulls of each the log knows."""
    rows: list[dict[str, object]] = []
    for one, count in zip(ring.planted, pulled.tolist(), strict=True):
        logins = [words.actors[int(words.login_of[k])].as_py() for k in one.people]
        row: dict[str, object] = {
            "kind": str(one.kind),
            "accounts": logins,
            "since": str(np.datetime64(calendar.start + one.day * DAY, "us")) + "Z",
            "a_day": one.a_day,
            "meant_a_day": one.plant.a_day,
            "pulled": count,
        }
        if one.kind in (Insider.SHARED, Insider.STOLEN):
            row["device"] = words.devices[int(words.device_of[one.hands[0]])].as_py()
        if away := sorted(set(one.hands) - set(one.people)):
            row["address"] = words.ips[int(words.ip_of[away[0]])].as_py()
        rows.append(row)
    return rows
