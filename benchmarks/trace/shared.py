"""Measure the tracer where logins or devices are shared.

    python -m benchmarks run shared [--cases 40] [--cache .cache/shared.jsonl]

The world of hard_cases.py, 12 leaks a case, every account at a device of its own unless the row says otherwise; devices
are chosen and counted by the functions that a trace uses, on 1,500 sampled parcels. "Innocents" are accounts, devices
that stand for themselves, and nodes; parts of accounts are counted beside them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.cases import Cache, Row, code_digest, mean_se
from benchmarks.trace._world import Case, Seen, World, build, evidence, look_up
from benchmarks.trace.hard_cases import SCALE, WORLDS, sold, unlogged_outlet
from wayseal.model.kinds import SourceKind
from wayseal.trace._evidence import DEVICE, OUTLET, Events, Evidence
from wayseal.trace._posterior import infer
from wayseal.trace._strata import CONTROLS, Devices, devices, portions, uses

SEED = 20_150_000
N = 12
Ints = NDArray[np.int32]
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A world with devices, and a case in it. device[E]: of each read.

    account, device: who leaks; -1 for none of that sort. part: the leaking device is a part of the account.
    """

    world: World
    devices: Ints
    case: Case
    account: int = -1
    device: int = -1


Maker = Callable[[World, np.random.Generator], Shared]


def relabelled(world: World, account: Ints) -> World:
    """The same reads under other accounts."""
    counts = np.bincount(account, minlength=world.scale.accounts)
    pairs = np.unique(np.stack([account[world.logged], world.parcel[world.logged]]), axis=1)[0]
    return replace(
        world,
        account=account.astype(np.int32),
        by_account=np.argsort(account, kind="stable"),
        account_first=np.concatenate([[0], np.cumsum(counts)]),
        volume=np.bincount(pairs, minlength=world.scale.accounts).astype(np.float64),
    )


def mates(world: World, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """So many accounts of one outlet, the first of which read enough to sell."""
    while True:
        first = int(rng.integers(world.scale.wide, world.scale.accounts))
        others = np.flatnonzero(world.outlet == world.outlet[first])
        if len(world.views(first)) >= 2 * N:
            return np.concatenate([[first], rng.choice(others[others != first], count - 1, replace=False)])


def sell(world: World, rng: np.random.Generator, account: int) -> Case:
    """What one account read, sold some hours later."""
    own = rng.choice(world.views(account), N, replace=False)
    return sold(rng, world.parcel[own].astype(np.int64), world.at[own], leakers=(account,))


def one_login(world: World, rng: np.random.Generator) -> Shared:
    """Eight people of an outlet use one login, each at a device of their own; one of them sells."""
    people = mates(world, rng, 8)
    case = sell(world, rng, int(people[0]))
    login = int(rng.choice(people))
    account = np.where(np.isin(world.account, people), login, world.account)
    return Shared(
        world=relabelled(world, account), devices=world.account, case=case, account=login, device=int(people[0])
    )


def five_logins(world: World, rng: np.random.Generator) -> Shared:
    """One person uses five colleagues' logins by turns, at one device; the colleagues have their own."""
    people = mates(world, rng, 6)
    case = sell(world, rng, int(people[0]))
    account = world.account.copy()
    mine = np.flatnonzero(account == people[0])
    account[mine] = rng.choice(people[1:], len(mine))
    return Shared(world=relabelled(world, account), devices=world.account, case=case, device=int(people[0]))


def _by_threes(world: World) -> Ints:
    """Accounts of an outlet share a device by threes."""
    place = np.arange(world.scale.accounts)
    mate = place // world.scale.outlets // 3
    group = np.where(world.outlet < 0, place, world.scale.accounts + mate * world.scale.outlets + world.outlet)
    return group[world.account].astype(np.int32)


def one_of_three(world: World, rng: np.random.Generator) -> Shared:
    """Colleagues share devices by threes in their ordinary work; one account sells."""
    leaker = int(mates(world, rng, 2)[0])
    return Shared(world=world, devices=_by_threes(world), case=sell(world, rng, leaker), account=leaker)


def nobody_logged(world: World, rng: np.random.Generator) -> Shared:
    """The same devices; labels are photographed at an outlet, and no account or device leaks."""
    return Shared(world=world, devices=_by_threes(world), case=unlogged_outlet(world, rng))


KINDS: tuple[tuple[str, Maker], ...] = (
    ("one login, eight people and devices", one_login),
    ("one device under five colleagues' logins", five_logins),
    ("devices shared by three, one account sells", one_of_three),
    ("devices shared by three, an outlet without a log", nobody_logged),
)


def with_devices(given: Evidence, made: Shared, seen: Seen, rng: np.random.Generator) -> tuple[Evidence, Devices]:
    """The evidence with the devices as its last candidates."""
    world = made.world
    leak_reads, leak = _reads(made, made.case.parcel)
    found = devices(leak_reads, leak)
    others = np.setdiff1d(np.arange(world.scale.parcels), made.case.parcel)
    sample, item = _reads(made, rng.choice(others, CONTROLS, replace=False))
    sample = sample.append_column("waybill", pa.array(item.astype(np.uint64)))
    actors = seen.accounts.astype(np.uint64) + np.uint64(1)
    share = portions(found, sample, uses(leak_reads, leak)[0], actors)
    volume = np.minimum(share @ given.volume[: len(actors)], given.size)
    k, c = len(found.key), given.candidates
    owner = np.where(found.owner > 0, np.searchsorted(actors, found.owner), -1)
    reads = given.reads
    at = leak_reads["at"].to_numpy()
    return (
        replace(
            given,
            kind=np.append(given.kind, np.full(k, DEVICE, np.uint8)),
            group=np.append(given.group, np.full(k, -1, np.int32)),
            parent=np.append(given.parent, owner).astype(np.int32),
            volume=np.concatenate([given.volume, volume]),
            touch_volume=np.concatenate([given.touch_volume, np.zeros((k, given.touch_volume.shape[1]))]),
            overall=np.append(given.overall, volume[:, 0]),
            reads=Events(
                source=np.append(reads.source, found.source + c).astype(np.int32),
                leak=np.append(reads.leak, leak[found.read]).astype(np.int32),
                at=np.append(reads.at, at[found.read]),
            ),
            universe={**given.universe, SourceKind.DEVICE: len(np.unique(made.devices))},
        ),
        found,
    )


def _reads(made: Shared, parcels: NDArray[np.integer]) -> tuple[pa.Table, Ints]:
    """Logged reads of some parcels (device, actor, at), and which of the parcels each is of."""
    world = made.world
    places = [np.arange(world.first[p], world.first[p + 1]) for p in parcels]
    item = np.repeat(np.arange(len(places), dtype=np.int32), [len(p) for p in places])
    place = np.concatenate([np.zeros(0, np.int64), *places])
    kept = world.logged[place]
    place, item = place[kept], item[kept]
    return pa.table(
        {
            "device": pa.array(made.devices[place].astype(np.uint64) + np.uint64(1)),
            "actor": pa.array(world.account[place].astype(np.uint64) + np.uint64(1)),
            "at": pa.array(world.at[place]),
        }
    ), item


def _case(held: dict[int, World], make: Maker, seed: tuple[int, int, int]) -> Row:
    if seed[2] % WORLDS not in held:
        held[seed[2] % WORLDS] = build(seed[0] + seed[2] % WORLDS, SCALE)
    rng = np.random.default_rng(seed)
    made = make(held[seed[2] % WORLDS], rng)
    seen = look_up(made.world, made.case)
    plain = evidence(made.world, made.case, seen)
    given, found = with_devices(plain, made, seen, rng)
    p = infer(given, seed=seed[2]).probability
    first = given.candidates - len(found.key)
    device = np.zeros(given.candidates, bool)
    device[first:] = found.key == np.uint64(made.device + 1)
    account = np.zeros(given.candidates, bool)
    account[: len(seen.accounts)] = seen.accounts == made.account
    outlets = (given.kind == OUTLET) & (given.group == made.case.leakers[0] - made.world.scale.accounts)
    guilty = (account | outlets | (device & ~given.part)) & ~given.part
    parts = np.where(given.part, p, -1.0)
    whole = np.where(given.part, -1.0, p)
    bare = infer(plain, seed=seed[2]).probability
    return {
        "top": float(guilty[np.argmax(whole)]),
        "found": float((guilty & (whole > 0.95)).any()),
        "right": float(device[np.argmax(parts)] and parts.max() > 0.8) if made.account >= 0 <= made.device else None,
        "wrong": float((given.part & ~device & (p > 0.8)).any()) if made.account >= 0 <= made.device else None,
        "false": int((~guilty & (whole > 0.95)).sum()),
        "bare": float((guilty[:first] & (bare > 0.95)).any()),
        "bare_false": int((~guilty[:first] & (bare > 0.95)).sum()),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many cases, and where they are kept."""

    cases: int = option(40)
    seed: int = option(SEED, "reported figures use the default")
    cache: Path = option(Path(".cache/shared.jsonl"), "cases that were done before, so that a run can go on")


BARE = "without devices: {}"


@benchmark(
    minutes=20,
    kept=(
        *(
            Kept(f"{column}: {name}", name, column, beside=("without devices", name, BARE.format(column)))
            for name, _ in KINDS
            for column in ("the source > .95", "innocents > .95")
        ),
        Kept("its device > .8: one login, eight people and devices", KINDS[0][0], "its device > .8"),
    ),
)
def measure(options: Options) -> Iterator[Said]:
    """Run the cases that are missing and make the table."""
    here = Path(__file__).resolve()
    cache = Cache(options.cache, code_digest(here, here.with_name("_world.py")))
    held: dict[int, World] = {}
    lines = []
    for number, (name, make) in enumerate(KINDS):
        jobs = [partial(_case, held, make, (options.seed, number, case)) for case in range(options.cases)]
        rows = cache.rows(name, options.seed, jobs)
        lines.append((name, str(len(rows)), *_figures(rows)))
    head = ("case", "cases", "top-1", "the source > .95", "its device > .8", "another part > .8", "innocents > .95")
    yield Table((*head, BARE.format("the source > .95"), BARE.format("innocents > .95")), lines)


def _figures(rows: list[Row]) -> list[str]:
    out = []
    for key in ("top", "found", "right", "wrong", "false", "bare", "bare_false"):
        values = [r[key] for r in rows if r[key] is not None]
        out.append(mean_se(values, proportion="false" not in key))
    return out
