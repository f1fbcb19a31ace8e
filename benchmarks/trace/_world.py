"""The world of the accuracy benchmark: who could read what, who did, and what was then sold.

20,000 accounts: 30 wide ones (coverage uniform in 3–90 %, reads at any moment of a parcel's life),
the others in 400 outlets of 40 regions, with log-normal rates of reading. A parcel lives about
four days, is read at its first outlet in the first third of its life and at its last outlet in
the last; about 21 accounts read it. A twentieth of all reads is lost from the log. A leaker sells
parcels drawn evenly from what it really read, each at its read plus a log-normal delay; a tenth of
the leaks comes from nobody here: any parcel, read at any moment of its life by somebody unseen.
The tracer gets what a ledger holds: logged reads, routes, counts, never the truth.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wayseal.model.kinds import SourceKind
from wayseal.trace._evidence import ACTOR, OUTLET, REGION, Events, Evidence

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

DELAY_MEDIAN_H = 6.0
DELAY_SIGMA = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Sizes of a world.

    read_by: expected ordinary readers of a parcel, at both outlets together. shifts: an outlet's accounts work so many
    shifts a day by turns, and read in their own only.
    """

    accounts: int = 20_000
    wide: int = 30
    outlets: int = 400
    regions: int = 40
    parcels: int = 200_000
    days: float = 30.0
    read_by: float = 7.0
    lost: float = 0.05
    unknown: float = 0.10
    shifts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One world: parcels[P], accounts[A] and true reads[E], sorted by parcel."""

    scale: Scale
    outlet: Ints
    born: Floats
    life: Floats
    route: Ints
    arrival: Floats
    parcel: Ints
    account: Ints
    at: Floats
    logged: NDArray[np.bool_]
    first: NDArray[np.int64]
    by_account: NDArray[np.int64]
    account_first: NDArray[np.int64]
    volume: Floats

    def views(self, account: int) -> NDArray[np.int64]:
        """Places of the account's reads, lost ones included."""
        return self.by_account[self.account_first[account] : self.account_first[account + 1]]

    def reads_of(self, parcel: int) -> slice:
        """Places of all reads of a parcel."""
        return slice(int(self.first[parcel]), int(self.first[parcel + 1]))

    def region(self, outlet: Ints) -> Ints:
        """Regions of outlets."""
        return (outlet // (self.scale.outlets // self.scale.regions)).astype(np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Leaks of one case and its truth: leakers (accounts).

    asked_at: when each was ordered, NaN unknown. read_at: when the leaker looked it up once more, NaN where it did not.
    """

    leakers: tuple[int, ...]
    parcel: Ints
    sold_at: Floats
    asked_at: Floats | None = None
    read_at: Floats | None = None


def build(seed: int, scale: Scale | None = None) -> World:
    """Build a world from its seed."""
    scale = scale or Scale()
    rng = np.random.default_rng(seed)
    ordinary = scale.accounts - scale.wide
    outlet = np.full(scale.accounts, -1, np.int32)
    outlet[scale.wide :] = np.arange(ordinary) % scale.outlets
    rate = rng.lognormal(0, 1, scale.accounts)
    born = rng.uniform(0, scale.days * 24, scale.parcels)
    life = rng.lognormal(np.log(96), 0.3, scale.parcels)
    busy = rng.lognormal(0, 0.5, scale.outlets)
    route = rng.choice(scale.outlets, (scale.parcels, 2), p=busy / busy.sum()).astype(np.int32)
    arrival = np.column_stack([born, born + 0.65 * life])
    parts = [_wide_reads(rng, scale, born, life)]
    parts += [_outlet_reads(rng, scale, outlet, rate, route[:, end], arrival[:, end], life) for end in (0, 1)]
    parcel = np.concatenate([part[0] for part in parts])
    account = np.concatenate([part[1] for part in parts])
    at = np.concatenate([part[2] for part in parts])
    # Where both outlets are one, an account may be drawn twice: one read per account and parcel.
    _, kept = np.unique(parcel.astype(np.int64) * scale.accounts + account, return_index=True)
    parcel, account, at = parcel[kept], account[kept], at[kept]
    logged = rng.random(len(at)) >= scale.lost
    counts = np.bincount(account, minlength=scale.accounts)
    return World(
        scale=scale,
        outlet=outlet,
        born=born,
        life=life,
        route=route,
        arrival=arrival,
        parcel=parcel,
        account=account,
        at=at,
        logged=logged,
        first=np.searchsorted(parcel, np.arange(scale.parcels + 1)),
        by_account=np.argsort(account, kind="stable"),
        account_first=np.concatenate([[0], np.cumsum(counts)]),
        volume=np.bincount(account[logged], minlength=scale.accounts).astype(np.float64),
    )


def _wide_reads(rng: np.random.Generator, scale: Scale, born: Floats, life: Floats) -> tuple[Ints, Ints, Floats]:
    parcels, accounts = [], []
    for account in range(scale.wide):
        cover = rng.uniform(0.03, 0.9)
        hit = np.flatnonzero(rng.random(scale.parcels) < cover).astype(np.int32)
        parcels.append(hit)
        accounts.append(np.full(len(hit), account, np.int32))
    parcel = np.concatenate([np.zeros(0, np.int32), *parcels])
    at = born[parcel] + rng.random(len(parcel)) * life[parcel]
    return parcel, np.concatenate([np.zeros(0, np.int32), *accounts]), at


def _outlet_reads(
    rng: np.random.Generator,
    scale: Scale,
    outlet: Ints,
    rate: Floats,
    where: Ints,
    arrival: Floats,
    life: Floats,
) -> tuple[Ints, Ints, Floats]:
    """Reads at one end of the route, by accounts of the outlet (and shift) in proportion to their rates."""
    readers = rng.poisson(scale.read_by / 2, scale.parcels)
    parcel = np.repeat(np.arange(scale.parcels, dtype=np.int32), readers)
    # Accounts are dealt to outlets in turn, so the next digit of their number deals them to shifts.
    team = np.where(outlet < 0, -1, outlet * scale.shifts + np.arange(len(outlet)) // scale.outlets % scale.shifts)
    order = np.argsort(team, kind="stable")
    cumulative = np.cumsum(rate[order])
    ends = np.searchsorted(team[order], np.arange(scale.outlets * scale.shifts + 1))
    before = np.concatenate([[0.0], cumulative])
    drawn = rng.random(len(parcel))
    at = arrival[parcel] + rng.random(len(parcel)) * 0.35 * life[parcel]
    on = where[parcel] * scale.shifts + (at % 24 / 24 * scale.shifts).astype(np.int64)
    low, high = before[ends[on]], before[ends[on + 1]]
    place = np.searchsorted(cumulative, low + drawn * (high - low), side="right")
    account = order[np.minimum(place, len(order) - 1)].astype(np.int32)
    return parcel, account, at


def plant(world: World, rng: np.random.Generator, *, wide: int, ordinary: int, n: int) -> Case:
    """Choose leakers (ordinary ones that read at least n parcels) and draw n leaks."""
    views = np.diff(world.account_first)
    able = np.flatnonzero((views >= n) & (np.arange(len(views)) >= world.scale.wide))
    chosen = [
        *rng.choice(world.scale.wide, wide, replace=False),
        *rng.choice(able, ordinary, replace=False),
    ]
    parcels: list[int] = []
    sold: list[float] = []
    for _ in range(n):
        if not chosen or rng.random() < world.scale.unknown:
            parcel = int(rng.integers(world.scale.parcels))
            read = world.born[parcel] + rng.random() * world.life[parcel]
        else:
            own = world.views(int(rng.choice(chosen)))
            own = own[~np.isin(world.parcel[own], parcels)]
            place = int(rng.choice(own))
            parcel, read = int(world.parcel[place]), float(world.at[place])
        parcels.append(parcel)
        sold.append(read + float(rng.lognormal(np.log(DELAY_MEDIAN_H), DELAY_SIGMA)))
    return Case(
        leakers=tuple(int(c) for c in chosen),
        parcel=np.array(parcels, np.int32),
        sold_at=np.array(sold),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the log says about the leaks: candidates (accounts[C]), and their reads."""

    accounts: Ints
    source: Ints
    leak: Ints
    at: Floats


def look_up(world: World, case: Case) -> Seen:
    """All logged reads of the leaked parcels."""
    places = [np.arange(world.first[p], world.first[p + 1]) for p in case.parcel]
    leak = np.repeat(np.arange(len(places), dtype=np.int32), [len(p) for p in places])
    place = np.concatenate([np.zeros(0, np.int64), *places])
    kept = world.logged[place]
    account, leak, at = world.account[place[kept]], leak[kept], world.at[place[kept]]
    if case.read_at is not None:
        again = np.flatnonzero(~np.isnan(case.read_at))
        account = np.append(account, np.full(len(again), case.leakers[0]))
        leak, at = np.append(leak, again).astype(np.int32), np.append(at, case.read_at[again])
    accounts, source = np.unique(account, return_inverse=True)
    return Seen(accounts=accounts.astype(np.int32), source=source.astype(np.int32), leak=leak, at=at)


def evidence(world: World, case: Case, seen: Seen) -> Evidence:
    """What the tracer is given; candidates are `seen.accounts`, then outlets, then regions."""
    scale, n = world.scale, len(case.parcel)
    route = world.route[case.parcel]
    outlets = np.unique(route).astype(np.int32)
    regions = np.unique(world.region(outlets)).astype(np.int32)
    a, o, r = len(seen.accounts), len(outlets), len(regions)
    home = world.outlet[seen.accounts]
    touches: list[tuple[NDArray[np.int64], NDArray[np.int64], Floats]] = []
    all_leaks = np.arange(n, dtype=np.int64)
    for end in (0, 1):
        at = world.arrival[case.parcel, end]
        touches.append((a + np.searchsorted(outlets, route[:, end]), all_leaks, at))
        region = world.region(route[:, end])
        touches.append((a + o + np.searchsorted(regions, region), all_leaks, at))
        mine, leaks = np.nonzero(home[:, None] == route[None, :, end])
        touches.append((mine, leaks, at[leaks]))
    wide = np.flatnonzero(home < 0)
    born = np.tile(world.born[case.parcel], len(wide))
    touches.append((np.repeat(wide, n), np.tile(all_leaks, len(wide)), born))
    through = _through(world, world.route, scale.outlets)
    through_region = _through(world, world.region(world.route), scale.regions)
    came = np.where(home >= 0, through[np.maximum(home, 0)], scale.parcels)
    return Evidence(
        sold_at=case.sold_at,
        absent_at=np.full(n, np.nan),
        asked_at=np.full(n, np.nan) if case.asked_at is None else case.asked_at,
        born=world.born[case.parcel],
        life_h=96.0,
        stratum=np.zeros(n, np.int32),
        kind=np.repeat([ACTOR, OUTLET, REGION], [a, o, r]).astype(np.uint8),
        group=np.concatenate([home, outlets, np.full(r, -1)]).astype(np.int32),
        parent=np.full(a + o + r, -1, np.int32),
        size=np.array([float(scale.parcels)]),
        volume=np.concatenate([world.volume[seen.accounts], np.zeros(o + r)])[:, None],
        touch_volume=np.concatenate([came, through[outlets], through_region[regions]])[:, None],
        overall=np.concatenate([world.volume[seen.accounts], np.zeros(o + r)]),
        overall_size=float(scale.parcels),
        overall_reads=float(world.volume.sum()),
        reads=Events(source=seen.source, leak=seen.leak, at=seen.at),
        touches=Events(
            source=np.concatenate([t[0] for t in touches]).astype(np.int32),
            leak=np.concatenate([t[1] for t in touches]).astype(np.int32),
            at=np.concatenate([t[2] for t in touches]),
        ),
        universe={
            SourceKind.ACTOR: scale.accounts,
            SourceKind.OUTLET: scale.outlets,
            SourceKind.REGION: scale.regions,
        },
    )


def guilty_of(world: World, seen: Seen, given: Evidence, leakers: tuple[int, ...]) -> NDArray[np.bool_]:
    """[C] which candidates are leakers; outlets stand among these by their number behind the accounts'."""
    number = np.full(given.candidates, -1)
    number[: len(seen.accounts)] = seen.accounts
    outlets = given.kind == OUTLET
    number[outlets] = world.scale.accounts + given.group[outlets]
    return np.isin(number, leakers)


def _through(world: World, route: Ints, count: int) -> Floats:
    """Parcels that passed each node."""
    both = np.bincount(route.ravel(), minlength=count)
    twice = np.bincount(route[route[:, 0] == route[:, 1], 0], minlength=count)
    return (both - twice).astype(np.float64)
