"""A courier in the making: what every step of the simulation works on, and the reads that steps add."""

from dataclasses import dataclass, field

import numpy as np

from benchmarks.couriers._clock import Span
from benchmarks.couriers._parcels import Parcels
from benchmarks.couriers._places import Places
from benchmarks.couriers._plan import Plan, Role
from benchmarks.couriers._staff import Staff
from wayseal_sim.types import Ints, Mask

PURPOSES = (
    "order", "intake", "collect", "sort", "arrival", "delivery", "signed", "counter", "inquiry", "claim", "oversight",
    "sample", "push", "sync", "track", "desk",
)  # fmt: skip
_CODE = {name: code for code, name in enumerate(PURPOSES)}
_USUAL = {
    Role.CLERK: "counter", Role.COURIER: "delivery", Role.SORTER: "sort", Role.AGENT: "inquiry", Role.CLAIMS: "claim",
    Role.MANAGER: "oversight", Role.HEAD: "sample", Role.IT: "sample", Role.DESK: "desk", Role.SERVICE: "order",
    Role.PARTNER: "track", Role.DEVICE: "sort",
}  # fmt: skip
_USUAL_CODE = np.array([_CODE[_USUAL[role]] for role in Role])


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """How an account is used: device and address, None for the owner's; by which action, "" for the usual one."""

    device: str | None
    address: str | None
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Tickets of one step: parcel, account, when opened and closed, of which kind."""

    parcel: Ints
    account: Ints
    opened: Ints
    closed: Ints
    kind: str


@dataclass(slots=True, kw_only=True)
class Reads:
    """Reads as columns of equal length: time, account, parcel, purpose (code), insider (-1: none), hand (-1: none)."""

    at: list[Ints] = field(default_factory=list)
    account: list[Ints] = field(default_factory=list)
    parcel: list[Ints] = field(default_factory=list)
    purpose: list[Ints] = field(default_factory=list)
    insider: list[Ints] = field(default_factory=list)
    hand: list[Ints] = field(default_factory=list)

    def add(
        self, at: Ints, account: Ints | int, parcel: Ints, purpose: str | Ints, *, insider: int = -1, hand: int = -1
    ) -> None:
        """Adds reads; those of no account (-1) are left out. purpose: one for all, or the code of each."""
        n = len(at)
        who = np.broadcast_to(np.asarray(account, np.int32), n)
        there = who >= 0
        self.at.append(np.asarray(at, np.int64)[there])
        self.account.append(who[there].astype(np.int32))
        self.parcel.append(np.asarray(parcel)[there].astype(np.int32))
        m = int(there.sum())
        code = np.full(n, _CODE[purpose]) if isinstance(purpose, str) else purpose
        self.purpose.append(code[there].astype(np.int8))
        self.insider.append(np.full(m, insider, np.int16))
        self.hand.append(np.full(m, hand, np.int16))

    def columns(self) -> tuple[Ints, ...]:
        """All reads, as added."""
        parts = (self.at, self.account, self.parcel, self.purpose, self.insider, self.hand)
        return tuple(np.concatenate(part) for part in parts)


@dataclass(slots=True, kw_only=True)
class Draft:
    """A courier in the making.

    collector, deliverer: the couriers of each parcel. traps: what honest accounts do out of the ordinary. flooded:
    parcels that a flood sent another way. booked: where each parcel was to go when it was issued; redirected: parcels
    that were sent elsewhere, and when. term: outlets at which a term begins. houses: each
    customer's software house as the log begins, -1 for none; asks_for: which customers are a house's at any time.
    locker_owner: of an outlet's lockers, -1 for none; locker: the same of each parcel that is put into one.
    """

    plan: Plan
    accounts: int
    span: Span
    places: Places
    staff: Staff
    parcels: Parcels
    a_day: float
    reads: Reads = field(default_factory=Reads)
    tickets: list[Ticket] = field(default_factory=list)
    hands: list[Hand] = field(default_factory=list)
    collector: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    deliverer: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    traps: dict[int, str] = field(default_factory=dict)
    clock_off: dict[int, int] = field(default_factory=dict)
    outage: tuple[int, int] | None = None
    flooded: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    booked: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    redirected: tuple[Ints, Ints] = field(default_factory=lambda: (np.zeros(0, np.int64), np.zeros(0, np.int64)))
    term: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    asks_for: dict[int, Mask] = field(default_factory=dict)
    houses: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    locker: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    locker_owner: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def key_customers(self) -> list[int]:
        """The largest customers, largest first: three of each account of `key_accounts`."""
        many = 3 * len(self.staff.teams.get("key_accounts", ()))
        return np.argsort(-np.bincount(self.parcels.customer), kind="stable")[:many].tolist() if many else []

    def usual(self, account: Ints | int) -> Ints:
        """The purpose (code) that reads of each account's role mostly have."""
        out: Ints = _USUAL_CODE[self.staff.role[np.atleast_1d(account)]]
        return out

    def read_as_usual(self, at: Ints, account: Ints | int, parcel: Ints, insider: int = -1, hand: int = -1) -> None:
        """Adds reads with the purpose that the accounts' role mostly has: what is odd in them doesn't say so."""
        who = np.broadcast_to(np.asarray(account), len(at))
        self.reads.add(at, who, parcel, self.usual(who), insider=insider, hand=hand)

    def issued_between(self, low: int, high: int) -> slice:
        """Parcels issued from one time to before another."""
        return slice(*np.searchsorted(self.parcels.issued, [low, high]).tolist())

    def of_region(self, region: int) -> Mask:
        """Parcels that begin or end in a region."""
        inside = self.places.region == region
        out: Mask = inside[self.parcels.origin] | inside[self.parcels.destination]
        return out

    def working_days(self, account: int) -> list[int]:
        """Days on which an account works."""
        s = self.staff
        days = range(int(s.first[account]), int(s.last[account]))
        return [day for day in days if s.works_on(np.array(account), np.array(day))]

    def shift_on(self, account: int, day: int) -> tuple[int, int]:
        """Begin and end of an account's shift on a day, in UTC microseconds."""
        hour = 3_600_000_000
        low, length = int(self.staff.begins(np.array(account), np.array(day))), int(self.staff.shift[account, 1])
        begin = self.span.start + day * 24 * hour + low * hour
        return begin, begin + length * hour
