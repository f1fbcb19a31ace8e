"""Reads that follow from work, and a few that don't.

Every read has a reason: an event of the parcel, a role that the event concerns, somebody of that role on duty. How
often each reason leads to a read is set once for a world (`Rates`), so that a parcel is read `exposure` times.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from wayseal.model.kinds import Action
from wayseal_sim._errors import SimulateError
from wayseal_sim._parcels import JourneyStep, Parcels, span
from wayseal_sim._scenario import Scenario
from wayseal_sim._staff import CHANNELS, COUNTER, Role, Staff
from wayseal_sim.types import DAY, HOUR, LOCAL, MINUTE, NEVER, Floats, Ints, Mask, Small, Tiny


class ReadReason(IntEnum):
    """Why a waybill was read."""

    ORDER = 0
    PICKUP = 1
    LABEL = 2
    INTAKE = 3
    SORT = 4
    SORT_CHECK = 5
    ARRIVAL = 6
    DELIVERY = 7
    SIGN = 8
    TRACK = 9
    INQUIRY = 10
    CLAIM = 11
    OVERSIGHT = 12
    MONITOR = 13
    BROWSE = 14


ACTION_OF = (
    Action.API, Action.VIEW, Action.PRINT, Action.VIEW, Action.API, Action.VIEW, Action.VIEW, Action.VIEW,
    Action.VIEW, Action.API, Action.SEARCH, Action.VIEW, Action.VIEW, Action.EXPORT, Action.VIEW,
)  # fmt: skip
# A browser gives a purpose like everybody else.
PURPOSE_OF = (
    "order", "pickup", "label", "intake", "sorting", "sorting", "arrival", "delivery", "delivery",
    "tracking", "inquiry", "claim", "oversight", "monitoring", "inquiry",
)  # fmt: skip

# Reads that the work itself needs, with their probabilities; they don't move with the exposure.
_ORDER, _PICKUP, _LABEL, _SORT, _ARRIVAL, _OUT, _SIGN = 0.97, 0.95, 0.8, 0.98, 0.9, 0.98, 0.6
# Reads that move with it.
_COLLEAGUE, _CHECK, _AGAIN, _POLL, _POLLS = 0.35, 0.5, 0.4, 0.4, 3
_INQUIRY, _INQUIRY_ON_PROBLEM, _CLAIM, _OVERSIGHT = 0.04, 0.55, 0.3, 0.012
_TWO_HUBS = 0.85
_MOST = 0.95  # no account sees more than this share
# Reads later than this after issue don't happen.
LONGEST = 15 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often reads that move with the exposure happen: `more` times their usual rate; wide accounts' shares."""

    more: float
    coverage: Floats
    browsing: float

    def of(self, usual: float) -> float:
        """The probability in this world of a read that usually has the probability `usual`."""
        return min(_MOST, usual * self.more)


def fit_rates(scenario: Scenario, staff: Staff) -> Rates:
    """The rates at which a parcel is read `exposure` times in its life; SimulateError if none does."""
    wanted = scenario.exposure * (1 - (scenario.noise or scenario.browsing))
    browsing = 0.0 if scenario.noise else scenario.browsing

    def reads(more: float) -> float:
        rates = Rates(
            more=more,
            coverage=np.minimum(_MOST, staff.coverage * more),
            browsing=browsing,
        )
        return _expected(rates)

    low, high = 0.0, 100.0
    if not reads(low) <= wanted <= reads(high):
        raise SimulateError("exposure can't be reached: it needs more wide_accounts (or fewer reads)")
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if reads(middle) < wanted else (low, middle)
    return Rates(
        more=high,
        coverage=np.minimum(_MOST, staff.coverage * high),
        browsing=browsing,
    )


def _expected(rates: Rates) -> float:
    """Mean reads a parcel, browsing aside."""
    partners = sum(c.share for c in CHANNELS if c.partner)
    core = _ORDER + _PICKUP + _LABEL + _SORT * (1 + _TWO_HUBS) + _ARRIVAL + _OUT + _SIGN + 0.2
    more = rates.of(_COLLEAGUE) * 2 + rates.of(_CHECK) * (1 + _TWO_HUBS) + rates.of(_AGAIN)
    return float(core + more + _POLLS * rates.of(_POLL) * partners + rates.coverage.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """Reads, (m,) each: when (UTC microseconds), which parcel (its place among all), who, why (Reason)."""

    at: Ints
    parcel: Small
    actor: Small
    reason: Tiny

    def __len__(self) -> int:
        return len(self.at)

    def keep(self, which: Mask | Ints) -> "Reads":
        """The reads that a mask or index chooses."""
        return Reads(
            at=self.at[which],
            parcel=self.parcel[which],
            actor=self.actor[which],
            reason=self.reason[which],
        )


class _Desk:
    """Collects the reads of one run of parcels."""

    def __init__(self, rng: np.random.Generator, p: Parcels, staff: Staff, rates: Rates) -> None:
        self.rng, self.p, self.staff, self.rates = rng, p, staff, rates
        self._parts: list[tuple[Ints, Ints, Ints, int]] = []

    def some(self, probability: float, among: Mask | None = None) -> Ints:
        """Indices of parcels, each with the probability (of those in `among`)."""
        hit = self.rng.random(len(self.p), np.float32) < probability
        return np.flatnonzero(hit if among is None else hit & among)

    def soon(self, n: int, mean: float) -> Ints:
        """Exponential waits of that mean (microseconds)."""
        out: Ints = (self.rng.standard_exponential(n, np.float32) * mean).astype(np.int64)
        return out

    def in_life(self, idx: Ints, after: int = 6 * HOUR) -> Ints:
        """A moment between issue and `after` the end."""
        since = self.p.issued[idx]
        return since + span(self.rng, len(idx), 0, self.p.end[idx] + after - since)

    def add(self, at: Ints, idx: Ints, actor: Ints, reason: ReadReason) -> None:
        """Records reads of the parcels `idx`."""
        self._parts.append((at, idx, actor, int(reason)))

    def reads(self) -> Reads:
        """All reads so far, in the order in which they were added."""
        at, idx, actor = (np.concatenate([part[k] for part in self._parts]) for k in range(3))
        counts = [len(part[0]) for part in self._parts]
        reasons = np.array([part[3] for part in self._parts], np.int8)
        return Reads(
            at=at,
            parcel=(idx + self.p.base).astype(np.int32),
            actor=actor.astype(np.int32),
            reason=np.repeat(reasons, counts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiries:
    """Customers' questions, (m,) each: parcel (place among all), when, who took it, when it was closed."""

    parcel: Ints
    opened: Ints
    actor: Ints
    closed: Ints

    def keep(self, which: Mask) -> "Inquiries":
        """The inquiries that a mask chooses."""
        return Inquiries(
            parcel=self.parcel[which],
            opened=self.opened[which],
            actor=self.actor[which],
            closed=self.closed[which],
        )


def make_reads(rng: np.random.Generator, p: Parcels, staff: Staff, rates: Rates) -> tuple[Reads, Inquiries]:
    """All reads of a run of parcels, unordered and before any loss, and the inquiries that led to some."""
    desk = _Desk(rng, p, staff, rates)
    _at_issue(desk)
    _by_place(desk)
    _delivery(desk)
    _tracking(desk)
    inquiries = _service(desk)
    _monitoring(desk)
    _browsing(desk)
    reads = desk.reads()
    late = reads.at >= p.issued[reads.parcel - p.base] + LONGEST
    return (reads.keep(~late) if late.any() else reads), inquiries


def _at_issue(desk: _Desk) -> None:
    p, rng, staff = desk.p, desk.rng, desk.staff
    idx = desk.some(_ORDER)
    by_system = staff.order[p.channel[idx]]
    at_counter = p.channel[idx] == COUNTER
    clerk = staff.pick(rng, p.origin[idx], Role.CLERK, p.issued[idx])
    desk.add(
        p.issued[idx] + desk.soon(len(idx), 2_000_000),
        idx,
        np.where(at_counter, clerk, by_system),
        ReadReason.ORDER,
    )
    idx = desk.some(_PICKUP, p.channel != COUNTER)
    room = p.step[JourneyStep.PICKUP, idx] - p.issued[idx]
    at = p.step[JourneyStep.PICKUP, idx] - np.minimum(desk.soon(len(idx), 12 * MINUTE), room * 9 // 10)
    desk.add(at, idx, p.sender[idx], ReadReason.PICKUP)


def _by_place(desk: _Desk) -> None:
    p, rng, staff, rates = desk.p, desk.rng, desk.staff, desk.rates
    idx = desk.some(_LABEL)
    desk.add(p.step[JourneyStep.AT_ORIGIN, idx] + desk.soon(len(idx), 6 * MINUTE), idx, p.clerk[idx], ReadReason.LABEL)
    idx = desk.some(rates.of(_COLLEAGUE))
    at = p.step[JourneyStep.AT_ORIGIN, idx] + desk.soon(len(idx), 50 * MINUTE)
    desk.add(at, idx, staff.pick(rng, p.origin[idx], Role.CLERK, at), ReadReason.INTAKE)
    for hub, step, sorter in (
        (p.hub, JourneyStep.AT_HUB, p.sorter),
        (p.second_hub, JourneyStep.AT_SECOND_HUB, p.second_sorter),
    ):
        passes = p.step[step] != NEVER
        idx = desk.some(_SORT, passes)
        at = p.step[step, idx] + desk.soon(len(idx), 3_000_000)
        desk.add(at, idx, staff.scanner[hub[idx]], ReadReason.SORT)
        idx = desk.some(rates.of(_CHECK), passes)
        at = p.step[step, idx] + desk.soon(len(idx), 25 * MINUTE)
        desk.add(at, idx, sorter[idx], ReadReason.SORT_CHECK)
    idx = desk.some(_ARRIVAL)
    at = p.step[JourneyStep.AT_DESTINATION, idx] + desk.soon(len(idx), 8 * MINUTE)
    desk.add(at, idx, p.receiver[idx], ReadReason.ARRIVAL)
    idx = desk.some(rates.of(_COLLEAGUE))
    at = p.step[JourneyStep.AT_DESTINATION, idx] + desk.soon(len(idx), HOUR)
    desk.add(at, idx, staff.pick(rng, p.destination[idx], Role.CLERK, at), ReadReason.ARRIVAL)


def _delivery(desk: _Desk) -> None:
    p = desk.p
    out, signed = p.step[JourneyStep.OUT], p.step[JourneyStep.DELIVERED]
    idx = desk.some(_OUT)
    desk.add(out[idx] - desk.soon(len(idx), 8 * MINUTE), idx, p.taker[idx], ReadReason.DELIVERY)
    idx = desk.some(desk.rates.of(_AGAIN))
    desk.add(out[idx] + desk.soon(len(idx), 80 * MINUTE), idx, p.taker[idx], ReadReason.DELIVERY)
    idx = desk.some(_SIGN, signed != NEVER)
    desk.add(signed[idx] + desk.soon(len(idx), 2 * MINUTE), idx, p.taker[idx], ReadReason.SIGN)


def _tracking(desk: _Desk) -> None:
    """Partners follow their own customers' parcels; a customer is always with the same client."""
    p = desk.p
    client = desk.staff.clients[p.channel, p.customer % 2]
    for _ in range(_POLLS):
        idx = desk.some(desk.rates.of(_POLL), client >= 0)
        desk.add(desk.in_life(idx, after=12 * HOUR), idx, client[idx], ReadReason.TRACK)


def _service(desk: _Desk) -> Inquiries:
    p, rng, staff, rates = desk.p, desk.rng, desk.staff, desk.rates
    units = len(staff.scanner)
    asks = np.where(p.problem, np.float32(_INQUIRY_ON_PROBLEM), np.float32(_INQUIRY))
    idx = np.flatnonzero(rng.random(len(p), np.float32) < asks)
    at = waking(
        p.step[JourneyStep.PICKUP, idx] + span(rng, len(idx), 0, p.end[idx] + DAY - p.step[JourneyStep.PICKUP, idx])
    )
    at_origin = rng.random(len(idx)) < 0.4
    place = units + staff_region(staff, p, idx, at_origin)
    actor = staff.pick(rng, place, Role.CUSTOMER_SERVICE, at)
    desk.add(at + desk.soon(len(idx), MINUTE), idx, actor, ReadReason.INQUIRY)
    again = np.flatnonzero(rng.random(len(idx)) < 0.5)
    desk.add(at[again] + desk.soon(len(again), 10 * MINUTE), idx[again], actor[again], ReadReason.INQUIRY)
    claim = desk.some(_CLAIM, p.problem)
    at_claim = _office(rng, p.end[claim] + span(rng, len(claim), 2 * HOUR, 48 * HOUR))
    where = units + staff_region(staff, p, claim, np.zeros(len(claim), np.bool_))
    desk.add(at_claim, claim, staff.pick(rng, where, Role.CLAIMS, at_claim), ReadReason.CLAIM)
    over = desk.some(rates.of(_OVERSIGHT))
    at_over = _office(rng, desk.in_life(over))
    where = units + staff_region(staff, p, over, rng.random(len(over)) < 0.5)
    actor_over = staff.pick(rng, where, Role.REGIONAL_MANAGER, at_over)
    desk.add(at_over, over, actor_over, ReadReason.OVERSIGHT)
    closed = at + span(rng, len(idx), 10 * MINUTE, 30 * HOUR)
    return Inquiries(parcel=idx + p.base, opened=at, actor=actor, closed=closed)


def staff_region(staff: Staff, p: Parcels, idx: Ints, at_origin: Mask) -> Ints:
    """The region of the first hub where `at_origin`, of the last one else."""
    device = staff.scanner[np.where(at_origin, p.hub[idx], p.second_hub[idx])]
    out: Ints = staff.region[device]
    return out


def _monitoring(desk: _Desk) -> None:
    person = desk.staff.is_person
    for actor, coverage in zip(desk.staff.wide.tolist(), desk.rates.coverage.tolist(), strict=True):
        idx = desk.some(coverage)
        at = desk.in_life(idx)
        if person[actor]:
            at = _office(desk.rng, at)
        desk.add(at, idx, np.full(len(idx), actor), ReadReason.MONITOR)


def _browsing(desk: _Desk) -> None:
    """Looks without any work behind them: anybody at anything."""
    rng, p = desk.rng, desk.p
    usual = _expected(desk.rates) * len(p)
    n = rng.poisson(usual * desk.rates.browsing / (1 - desk.rates.browsing))
    idx = rng.integers(0, len(p), n)
    placed = int(desk.staff.size.sum())  # people who work at a place come first among the actors
    desk.add(waking(desk.in_life(idx)), idx, rng.integers(0, placed, n), ReadReason.BROWSE)


def waking(at: Ints) -> Ints:
    """Moves times of the night into the next day's hours from eight on."""
    hour = (at + LOCAL) // HOUR % 24
    out: Ints = np.where(hour < 8, at + 8 * HOUR, np.where(hour >= 22, at + 12 * HOUR, at))
    return out


def _office(rng: np.random.Generator, at: Ints) -> Ints:
    """Moves times outside the hours from nine to six to an even moment of the next office day."""
    late = (at + LOCAL) % DAY
    start = at - late
    day = np.where(late < 9 * HOUR, start, start + DAY)
    outside = (late < 9 * HOUR) | (late >= 18 * HOUR)
    out: Ints = np.where(outside, day + 9 * HOUR + span(rng, len(at), 0, 9 * HOUR), at)
    return out
