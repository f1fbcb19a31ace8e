"""How many questions to a seller find one leaker: numbers to be looked up, beside numbers bought.

    python -m benchmarks.lookups [--campaigns 40]

The world of hard_cases.py. One number was bought of an account (ordinary, or wide). Then, until an account has a
probability of .99, or twelve more questions were put: another number of any kind is bought; or the seller is asked
what the record of a number says. It is read for that within hours of the question every second time, else refused; one
answer in ten comes from somebody unseen, without a read. Others read a parcel whose work is done once in twenty days
(`--idle`), whoever reads much more often. Numbers to ask about: by plan (of 200 whose work is done); any of these; any
that is still on its way. The tracer is the real one; bits that the plan expected stand beside those gained.
"""

import argparse
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks._cases import Cache, Row, code_digest, mean_se, table
from benchmarks._world import Case, Seen, World, build, evidence, guilty_of, look_up
from benchmarks.hard_cases import SCALE, anybody
from wayseal.trace._evidence import ACTOR, Evidence, Floats
from wayseal.trace._lookups import ELSEWHERE, LOOKS, LookupCandidates, information_bits
from wayseal.trace._planner import one_leaker
from wayseal.trace._posterior import Posterior, infer
from wayseal.trace._sampler import Effort

SEED = 20_160_000
WORLDS = 3
FIRST, MOST, ENOUGH, LISTED, SAMPLE = 1, 12, 0.99, 20, 200
UNSEEN = 0.1
LATER_H = 48.0
PLANS = ("number bought", "look-up by plan", "look-up of any finished", "look-up of any on its way")
EFFORT = Effort(chains=2, steps=20_000)


@dataclass(slots=True, kw_only=True)
class Campaign:
    """What was bought or answered so far. extra: (account, leak, hour) of reads that the questions saw."""

    world: World
    rng: np.random.Generator
    leaker: int
    idle: float
    parcel: list[int]
    sold: list[float]
    asked: list[float]
    extra: list[tuple[int, int, float]]

    def buy(self) -> None:
        """A number out of what the leaker read, or from somebody unseen."""
        world, rng = self.world, self.rng
        own = world.views(self.leaker)
        own = own[~np.isin(world.parcel[own], self.parcel)]
        place = int(rng.choice(own))
        parcel, read = int(world.parcel[place]), float(world.at[place])
        if rng.random() < UNSEEN:
            one, at = anybody(world, rng, 1)
            parcel, read = int(one[0]), float(at[0])
        self._add(parcel, read + float(rng.lognormal(np.log(6.0), 1.0)), np.nan)

    def look_up(self, parcel: int, now: float, reach: float) -> None:
        """Ask about a number; nothing is learnt where the answer is refused."""
        world, rng = self.world, self.rng
        answer = now + float(rng.lognormal(0.0, 0.5))
        unseen = rng.random() < UNSEEN
        if not unseen and rng.random() >= LOOKS * reach:
            return
        self._add(parcel, answer, now)
        if not unseen:
            self.extra.append((self.leaker, len(self.parcel) - 1, float(rng.uniform(now, answer))))
        for _ in range(rng.poisson(self.idle * (answer - now) / 24)):
            who = int(rng.choice(world.scale.accounts, p=world.volume / world.volume.sum()))
            self.extra.append((who, len(self.parcel) - 1, float(rng.uniform(now, answer))))

    def _add(self, parcel: int, sold: float, asked: float) -> None:
        self.parcel.append(parcel)
        self.sold.append(sold)
        self.asked.append(asked)

    def trace(self, seed: int) -> tuple[Posterior, Seen]:
        """The tracer's answer; what was looked up has itself as its stratum."""
        asked = np.array(self.asked)
        parcel, sold = np.array(self.parcel, np.int32), np.array(self.sold)
        case = Case(leakers=(self.leaker,), parcel=parcel, sold_at=sold, asked_at=asked)
        seen = _with(look_up(self.world, case), self.extra)
        return infer(_chosen(evidence(self.world, case, seen), ~np.isnan(asked)), seed=seed, effort=EFFORT), seen


def _with(seen: Seen, extra: list[tuple[int, int, float]]) -> Seen:
    account = np.append(seen.accounts[seen.source], [row[0] for row in extra])
    leak, at = np.append(seen.leak, [row[1] for row in extra]), np.append(seen.at, [row[2] for row in extra])
    accounts, source = np.unique(account.astype(np.int32), return_inverse=True)
    return Seen(accounts=accounts, source=source.astype(np.int32), leak=leak.astype(np.int32), at=at)


def _chosen(given: Evidence, chosen: NDArray[np.bool_]) -> Evidence:
    ones = np.ones((given.candidates, 1))
    return replace(
        given,
        stratum=chosen.astype(np.int32),
        size=np.append(given.size, 1.0),
        volume=np.hstack([given.volume, ones]),
        touch_volume=np.hstack([given.touch_volume, ones]),
        chosen=chosen,
    )


def campaign(held: dict[int, World], wide: bool, plan: str, idle: float, number: int) -> Row:
    """One campaign; leaker, world and first numbers are the same for all plans."""
    which = number % WORLDS
    if which not in held:
        held[which] = build(SEED + which, SCALE)
    world, rng = held[which], np.random.default_rng((SEED, wide, number))
    able = np.flatnonzero((np.diff(world.account_first) >= 20) & (np.arange(SCALE.accounts) >= SCALE.wide))
    leaker = int(rng.integers(SCALE.wide)) if wide else int(rng.choice(able))
    run = Campaign(world=world, rng=rng, leaker=leaker, idle=idle, parcel=[], sold=[], asked=[], extra=[])
    for _ in range(FIRST):
        run.buy()
    expected, gained = [], []
    model, seen = run.trace(number)
    tests = 0
    while model.probability.max() < ENOUGH and tests < MOST:
        tests += 1
        before = _surprise(model, seen, leaker)
        if plan == PLANS[0]:
            run.buy()
        else:
            parcel, reach, bits = _number(run, model, seen, plan)
            expected.append(bits)
            run.look_up(parcel, SCALE.days * 24 + LATER_H * tests, reach)
        model, seen = run.trace(number)
        gained.append(before - _surprise(model, seen, leaker))
    right = guilty_of(world, seen, model.evidence, (leaker,))[int(model.probability.argmax())]
    found = bool(model.probability.max() >= ENOUGH)
    return {
        "tests": tests,
        "found": float(found and right),
        "false": float(found and not right),
        "expected": expected,
        "gained": gained,
    }


def _surprise(model: Posterior, seen: Seen, leaker: int) -> float:
    """-log2 of the leaker's probability, at least that of the prior."""
    place = np.flatnonzero(seen.accounts == leaker)
    p = float(model.probability[place[0]]) if len(place) else 0.0
    return float(-np.log2(max(p, 2 / SCALE.accounts)))


def _number(run: Campaign, model: Posterior, seen: Seen, plan: str) -> tuple[int, float, float]:
    """A parcel to ask about, whether the leaker's rights reach it, and the bits that are expected of it."""
    world, rng = run.world, run.rng
    end = SCALE.days * 24
    on_way = (world.born > end - 60) & (world.born < end)
    done = world.born + 2 * world.life < end
    some = rng.choice(np.flatnonzero(on_way if plan == PLANS[3] else done), SAMPLE, replace=False)
    accounts = np.flatnonzero(model.evidence.kind == ACTOR)
    belief = one_leaker(model.probability[accounts], model.some)
    best = np.argsort(-belief, kind="stable")[:LISTED]
    listed = seen.accounts[accounts[best]]
    home = world.outlet[listed]
    came = (home[:, None] < 0) | (world.route[some, 0] == home[:, None]) | (world.route[some, 1] == home[:, None])
    had = np.stack([np.isin(some, world.parcel[world.views(int(a))]) for a in listed])
    idle: Floats = run.idle * world.volume[listed] / world.volume.sum()
    bits = information_bits(belief[best], LookupCandidates(in_reach=came, was_read=had, idle=idle))
    at = int(np.argmax(bits)) if plan == PLANS[1] else 0
    parcel = int(some[at])
    own = world.outlet[run.leaker]
    return parcel, 1.0 if own < 0 or own in world.route[parcel] else ELSEWHERE, float(bits[at])


def main() -> None:
    """Run the campaigns that are missing and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--campaigns", type=int, default=40)
    options.add_argument("--idle", type=float, default=0.05, help="readers a day of a parcel whose work is done")
    options.add_argument("--cache", type=Path, default=Path(".cache/lookups.jsonl"))
    chosen = options.parse_args()
    here = Path(__file__).resolve()
    cache = Cache(chosen.cache, code_digest(here, here.with_name("_world.py"), here.with_name("hard_cases.py")))
    held: dict[int, World] = {}
    lines = []
    for wide in (False, True):
        for plan in PLANS:
            rows = []
            for number in range(chosen.campaigns):
                job = partial(campaign, held, wide, plan, chosen.idle, number)
                rows.append(cache.get(f"{wide}/{plan}/{chosen.idle}/{number}", job))
            lines.append(_line("wide" if wide else "ordinary", plan, rows))
            print(lines[-1], file=sys.stderr)
    head = ("leaker", "question", "campaigns", "questions", "leaker ≥ .99", "innocent ≥ .99", "bits expected", "gained")
    print("\n".join(table(head, lines)))


def _line(leaker: str, plan: str, rows: list[Row]) -> tuple[str, ...]:
    expected, gained = ([bits for r in rows for bits in r[key]] for key in ("expected", "gained"))
    return (
        leaker,
        plan,
        str(len(rows)),
        mean_se([r["tests"] for r in rows], proportion=False),
        mean_se([r["found"] for r in rows]),
        mean_se([r["false"] for r in rows]),
        mean_se(expected, proportion=False),
        mean_se(gained, proportion=False),
    )


if __name__ == "__main__":
    main()
