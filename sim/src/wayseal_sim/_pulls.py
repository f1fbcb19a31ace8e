"""What insiders pull: planned as a whole before the first parcel is made, dealt out with the parcels.

A plan holds for every pull a moment and a parcel by its place among all, which follows from when it is issued; so
the plan is as large as what is pulled, however large the world.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from wayseal_sim._calendar import Calendar
from wayseal_sim._emit import Dictionaries, Texts
from wayseal_sim._parcels import Parcels
from wayseal_sim._planted import Planted, Ring, usual_reason
from wayseal_sim._reads import Reads
from wayseal_sim._scenario import Scenario
from wayseal_sim._staff import CHANNELS, Staff
from wayseal_sim.insiders import RHYTHM_HOURS, SIGMA, WINDOW_H, Insider
from wayseal_sim.text import coded
from wayseal_sim.types import DAY, HOUR, MINUTE, Floats, Ints, Mask, stream

_IN_RHYTHM = 0.5
"""Share of what bulk insiders pull that follows the market's rhythm."""
_BATCH = 50 * MINUTE
_LIST_OPENS, _LIST_GAP, _LIST_SPAN = (9.5, 13.5), 4 * MINUTE, 40 * MINUTE
YOUNGEST = 2 * MINUTE
_TRIES = 6
_TIME = pa.timestamp("us", tz="UTC")
PULLED = pa.schema(
    [
        pa.field("actor", pa.string(), nullable=False),
        pa.field("waybill", pa.string(), nullable=False),
        pa.field("at", _TIME, nullable=False),
        pa.field("insider", pa.int32(), nullable=False),
    ]
)
"""Pulls that the log holds: `insider` is the place in the truth's list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulls:
    """Pulls, (n,) each: when, which parcel (its place among all), by which insider and whom of its people."""

    at: Ints
    parcel: Ints
    insider: Ints
    slot: Ints

    def __len__(self) -> int:
        return len(self.at)

    def keep(self, which: Mask | Ints) -> "Pulls":
        """Those that a mask or index chooses."""
        return Pulls(at=self.at[which], parcel=self.parcel[which], insider=self.insider[which], slot=self.slot[which])


def joined_pulls(parts: list[Pulls]) -> Pulls:
    """Several as one."""
    none = np.zeros(0, np.int64)
    return Pulls(**{n: np.concatenate([none, *(getattr(p, n) for p in parts)]) for n in Pulls.__slots__})


def plan_pulls(calendar: Calendar, staff: Staff, ring: Ring, parcels: int, seed: int) -> Pulls:
    """The pulls of all insiders but those who walk through numbers, in order of parcels."""
    parts = []
    for nth, one in enumerate(ring.planted):
        if one.kind is not Insider.RANGE:
            channel = int(channel_of(staff)[one.people[0]])
            own = CHANNELS[channel].share if channel >= 0 else 0.0
            parts.append(_of_one(stream(seed, 21, nth), nth, one, calendar, parcels, own))
    plan = joined_pulls(parts)
    return plan.keep(np.argsort(plan.parcel, kind="stable"))


def channel_of(staff: Staff) -> Ints:
    """The channel whose parcels an actor tracks, -1 for all but partners' tracking clients; (actors,)."""
    out = np.full(len(staff), -1, np.int64)
    for channel, clients in enumerate(staff.clients):
        out[clients[clients >= 0]] = channel
    return out


def day_volume(rng: np.random.Generator, a_day: float, n: int) -> Ints:
    """Log-normal volumes around a figure."""
    out: Ints = np.rint(a_day * np.exp(SIGMA * rng.standard_normal(n))).astype(np.int64)
    return out


def _of_one(rng: np.random.Generator, nth: int, one: Planted, calendar: Calendar, parcels: int, own: float) -> Pulls:
    days, people = calendar.days - one.day, len(one.people)
    # What a partner's client draws of its own channel falls out later.
    volume = day_volume(rng, one.a_day / (1 - own), days * people).reshape(days, people)
    day, slot = (np.repeat(i.ravel(), volume.ravel()) for i in np.indices(volume.shape))
    at = calendar.start + (one.day + day) * DAY + _times(rng, one, day, slot)
    newest = calendar.share_at(at) * parcels
    oldest = calendar.share_at(at - WINDOW_H * HOUR) * parcels
    parcel = _different(rng, oldest, newest)
    once = np.flatnonzero(parcel >= 0)
    return Pulls(at=at[once], parcel=parcel[once], insider=np.full(len(once), nth), slot=slot[once])


def _times(rng: np.random.Generator, one: Planted, day: Ints, slot: Ints) -> Ints:
    """The moments of pulls, microseconds from midnight."""
    n = len(day)
    hours = np.array(one.hours, np.float64)[slot]
    at: Floats = (hours[:, 0] + rng.random(n) * (hours[:, 1] - hours[:, 0])) * HOUR
    if one.kind is Insider.COLLUDERS:
        opens = rng.uniform(*_LIST_OPENS, day.max(initial=0) + 1) * HOUR
        late = rng.random((len(opens), len(one.people))) * _LIST_GAP
        at = opens[day] + late[day, slot] + rng.random(n) ** 2 * _LIST_SPAN
    elif one.kind in (Insider.STOCK, Insider.BULK):
        rhythmic = np.ones(n, np.bool_) if one.kind is Insider.STOCK else rng.random(n) < _IN_RHYTHM
        at = np.where(rhythmic, _rhythm(rng, hours, at), at)
    return at.astype(np.int64)


def _rhythm(rng: np.random.Generator, hours: Floats, otherwise: Floats) -> Floats:
    """Moments in the market's batches, of those that begin within the hours; `otherwise` where none does."""
    batch = np.array(RHYTHM_HOURS, np.float64)
    fits = (batch >= hours[:, :1]) & (batch < hours[:, 1:])
    score = np.where(fits, rng.random(fits.shape), -1.0)
    chosen = batch[np.argmax(score, axis=1)]
    at = chosen * HOUR + rng.random(len(hours)) ** 2 * _BATCH
    out: Floats = np.where(fits.any(axis=1), at, otherwise)
    return out


def _different(rng: np.random.Generator, low: Floats, high: Floats) -> Ints:
    """Places between bounds, evenly and none twice; -1 where none was free after some tries."""
    out = np.full(len(low), -1, np.int64)
    open_ = np.arange(len(low))
    for _ in range(_TRIES):
        drawn = (low[open_] + rng.random(len(open_)) * (high[open_] - low[open_])).astype(np.int64)
        out[open_] = drawn
        first = np.zeros(len(out), np.bool_)
        first[np.unique(out, return_index=True)[1]] = True
        open_ = np.flatnonzero(~first)
        out[open_] = -1
        if not len(open_):
            break
    return out


class Puller:
    """Deals out the plan, run by run of parcels, and keeps what the log gets of it."""

    def __init__(
        self, scenario: Scenario, calendar: Calendar, staff: Staff, ring: Ring, lost: Mask, parcels: int, seed: int
    ) -> None:
        self._scenario, self._calendar, self._staff, self._lost, self._seed = scenario, calendar, staff, lost, seed
        self._ring = ring
        self._channel = channel_of(staff)
        self._plan = plan_pulls(calendar, staff, ring, parcels, seed)
        self._kept: list[tuple[Pulls, Ints]] = []
        widest = max((len(one.people) for one in ring.planted), default=0)
        self._person = np.full((len(ring.planted), widest), -1, np.int64)
        self._hand = self._person.copy()
        for nth, one in enumerate(ring.planted):
            self._person[nth, : len(one.people)] = one.people
            self._hand[nth, : len(one.people)] = one.hands

    def take(self, k: int, p: Parcels, walked: Pulls) -> Reads:
        """The reads of the k-th run of parcels, and of what walkers read of it, that reach the log."""
        low, high = np.searchsorted(self._plan.parcel, [p.base, p.base + len(p)])
        pulls = joined_pulls([self._plan.keep(np.arange(low, high)), walked])
        pulls = pulls.keep(self._can_be(p, pulls))
        person, hand = self._person[pulls.insider, pulls.slot], self._hand[pulls.insider, pulls.slot]
        arrives = stream(self._seed, 22, k).random(len(pulls)) >= self._scenario.lost_rows
        day = (pulls.at - self._calendar.start) // DAY
        arrives &= ~self._lost[self._staff.unit[person], day]
        pulls, hand, person = pulls.keep(arrives), hand[arrives], person[arrives]
        self._kept.append((pulls, hand))
        return Reads(
            at=pulls.at,
            parcel=pulls.parcel.astype(np.int32),
            actor=hand.astype(np.int32),
            reason=usual_reason(self._staff.role[person]).astype(np.int8),
        )

    def _can_be(self, p: Parcels, pulls: Pulls) -> Mask:
        """Which of them can be: the parcel was issued before, and for partners it isn't their channel's."""
        idx = pulls.parcel - p.base
        fits = (p.issued[idx] + YOUNGEST <= pulls.at) & (pulls.at < self._calendar.end)
        out: Mask = fits & (self._channel[self._person[pulls.insider, pulls.slot]] != p.channel[idx])
        return out

    def pulled(self, words: Dictionaries, texts: Texts) -> pa.Table:
        """All that the log holds of it, in order of time, in the schema PULLED."""
        pulls = joined_pulls([kept for kept, _ in self._kept])
        hand = np.concatenate([np.zeros(0, np.int64), *(by for _, by in self._kept)])
        at = pulls.at + words.fast[hand]
        order = np.lexsort((pulls.parcel, at))
        columns = [
            coded(words.login_of[hand[order]], words.actors).dictionary_decode(),
            texts.array(pulls.parcel[order]),
            pa.array(at[order], _TIME),
            pa.array(pulls.insider[order].astype(np.int32)),
        ]
        return pa.Table.from_arrays(columns, schema=PULLED)

    def counts(self) -> Ints:
        """How many pulls of each insider the log holds."""
        every = np.concatenate([np.zeros(0, np.int64), *(kept.insider for kept, _ in self._kept)])
        out: Ints = np.bincount(every, minlength=len(self._ring.planted)).astype(np.int64)
        return out
