"""How many numbers must be bought to find one leaker, asked for by plan, beside bought at random.

    python -m benchmarks.purchases [--campaigns 60]

The reference world at a tenth of its size: 2,000 accounts, 8 of them wide, 40 outlets, 20,000 parcels of ten days. The
leaker is an ordinary account, or a wide one. The seller is asked for a number by origin, destination and day of issue
(or for anything): it comes from elsewhere with probability .1; else it is drawn from what the leaker read that fits,
delivered nine times in ten; else the question is refused. A campaign ends when an account has a probability of .99, at
40 purchases at most. All plans start with a number of any kind, and reckon alike (one leaker, delay known). Suspects at
the start: all accounts alike, those of the leaker's outlet alone, or the wide ones alone.

Beside them a buyer who knows who leaks, and wants to show it soon: of the same kinds of questions, about the leaker's
own parcels, it puts the one whose answer, tried out, makes the leaker most probable at once. Where that saves nothing,
no plan that has to find the leaker can be expected to.
"""

import argparse
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import _world
from benchmarks._cases import Cache, Row, code_digest, mean_se, table
from benchmarks._world import DELAY_MEDIAN_H, DELAY_SIGMA, Scale, World, build
from wayseal.trace import _purchases
from wayseal.trace._evidence import Floats, Ints
from wayseal.trace._purchases import ELSEWHERE, LOST, WILLING, Offers, weigh_offers

SCALE = Scale(accounts=2_000, wide=8, outlets=40, regions=8, parcels=20_000, days=10.0)
ENOUGH = 0.99
MOST = 40
LISTED = 20
PARCELS = 4
"""Parcels of each of the likeliest accounts whose routes and days are asked about."""
SEED = 20260304
WORLDS = 3
UNLISTED = 0.05
TRIED = 3
"""Answers that who knows the leaker tries out for each question."""
SORTS = ("ordinary", "wide", "ordinary, of colleagues", "wide, of wide ones")
PLANS = ("by plan", "at random", "knowing the leaker")
Mask = NDArray[np.bool_]


@dataclass(slots=True, kw_only=True)
class Campaign:
    """One leaker, and what the buyer believes. logged: reads of the log, by (account, parcel, at)."""

    world: World
    leaker: int
    rng: np.random.Generator
    belief: Floats
    bought: int = 0
    asked: int = 0

    def ask(self, fits: Mask) -> None:
        """Put one question to the seller and learn from the answer."""
        world, rng = self.world, self.rng
        self.asked += 1
        own = world.views(self.leaker)
        own = own[fits[world.parcel[own]]]
        sold = None
        if rng.random() < ELSEWHERE:
            parcel = int(rng.choice(np.flatnonzero(fits)))
            sold = parcel, float(world.born[parcel] + rng.random() * world.life[parcel])
        elif len(own) and rng.random() < WILLING:
            place = int(rng.choice(own))
            sold = int(world.parcel[place]), float(world.at[place])
        volume = self.volumes(fits)
        if sold is None:
            some = ELSEWHERE + (1 - ELSEWHERE) * WILLING
            self.learn(np.where(volume > 0, 1 - some, 1 - ELSEWHERE), 1 - some)
            return
        self.bought += 1
        self.weigh(sold[0], sold[1] + float(rng.lognormal(np.log(DELAY_MEDIAN_H), DELAY_SIGMA)), fits, volume)

    def weigh(self, parcel: int, sold_at: float, fits: Mask, volume: Floats) -> None:
        """Learn from a number: who had read it, how long before, and how much of the kind each reads."""
        world = self.world
        some = ELSEWHERE + (1 - ELSEWHERE) * WILLING
        reads = world.reads_of(parcel)
        kept = world.logged[reads] & (world.at[reads] < sold_at)
        wait = sold_at - world.at[reads][kept]
        delay = np.exp(-0.5 * (np.log(wait / DELAY_MEDIAN_H) / DELAY_SIGMA) ** 2) / (wait * DELAY_SIGMA * 2.5066)
        anytime = 1 / (world.life[parcel] + 12.0)
        # Against a number drawn from all that fit and sold at any time; a little of it may come from elsewhere.
        ratio = np.where(volume > 0, (1 - ELSEWHERE) * WILLING * LOST + ELSEWHERE, ELSEWHERE)
        who = world.account[reads][kept]
        share = np.maximum(volume[who], 1.0) / fits.sum()
        ratio[who] += (1 - ELSEWHERE) * WILLING * (1 - LOST) * delay / anytime / share
        self.learn(ratio, some)

    def learn(self, weight: Floats, unlisted: float) -> None:
        """Bayes: weights of the accounts, and of somebody not listed."""
        after = self.belief * weight
        total = after.sum() + (1 - self.belief.sum()) * unlisted
        self.belief = after / total

    def volumes(self, fits: Mask) -> Floats:
        """[A] how many logged parcels that fit each account read."""
        world = self.world
        mine = world.account[fits[world.parcel] & world.logged]
        return np.bincount(mine, minlength=world.scale.accounts).astype(np.float64)

    def told(self, fits: Mask) -> float:
        """Mean logarithm of the leaker's probability after an answer to this question, tried out."""
        world, rng, belief = self.world, self.rng, self.belief
        own = world.views(self.leaker)
        own = own[fits[world.parcel[own]]]
        volume, gained = self.volumes(fits), []
        for place in rng.choice(own, TRIED).tolist():
            sold_at = float(world.at[place] + rng.lognormal(np.log(DELAY_MEDIAN_H), DELAY_SIGMA))
            self.weigh(int(world.parcel[place]), sold_at, fits, volume)
            gained.append(np.log(self.belief[self.leaker]))
            self.belief = belief
        return float(np.mean(gained))


def _questions(campaign: Campaign, top: Ints) -> list[Mask]:
    """Routes and days of parcels that the likeliest accounts read; routes and days alone; anything."""
    world, rng = campaign.world, campaign.rng
    day, region = (world.born // 24).astype(np.int64), world.region(world.route)
    out: list[Mask] = [np.ones(world.scale.parcels, bool)]
    for account in top[:5].tolist():
        views = world.views(account)
        views = views[world.logged[views]]
        for place in rng.choice(views, min(PARCELS, len(views)), replace=False).tolist():
            p = world.parcel[place]
            start, end = (world.route[:, i] == world.route[p, i] for i in (0, 1))
            wide_end = region[:, 1] == region[p, 1]
            when = day == day[p]
            out += [start & end & when, start & wide_end & when, start & when, end & when]
    return out


def _planned(campaign: Campaign) -> Mask:
    """The question with the most bits per cost."""
    world = campaign.world
    top = np.argsort(-campaign.belief, kind="stable")[:LISTED].astype(np.int32)
    masks = _questions(campaign, top)
    fits = np.stack(masks)
    had = np.zeros((LISTED, world.scale.parcels), np.float32)
    for row, account in enumerate(top.tolist()):
        views = world.views(account)
        had[row, world.parcel[views[world.logged[views]]]] = 1
    home = world.outlet[top]
    through = ((world.route[None, :, :] == home[:, None, None]).any(axis=2)).astype(np.float32)
    offers = Offers(
        size=fits.sum(axis=1).astype(np.float64),
        was_read=(had @ fits.T.astype(np.float32)).astype(np.float64),
        in_reach=(through @ fits.T.astype(np.float32)).astype(np.float64),
        group=home,
        others=np.array([_others(campaign, top, mask) for mask in masks]),
    )
    return masks[int(np.argmax(weigh_offers(campaign.belief[top], offers).per_cost))]


def _best(campaign: Campaign) -> Mask:
    """The question that serves best whoever knows the leaker."""
    masks = _questions(campaign, np.array([campaign.leaker], np.int32))
    return masks[int(np.argmax([campaign.told(mask) for mask in masks]))]


def _others(campaign: Campaign, top: Ints, fits: Mask) -> float:
    """Share of the other accounts, by what is believed of each, that had a parcel that fits."""
    belief = campaign.belief.copy()
    belief[top] = 0.0
    return float(belief @ (campaign.volumes(fits) > 0) / max(belief.sum(), 1e-300))


def campaign(held: dict[int, World], sort: str, plan: str, number: int) -> Row:
    """One campaign; leaker and world are the same for all plans."""
    wide = sort.startswith("wide")
    which = number % WORLDS
    if which not in held:
        held[which] = build(SEED + which, SCALE)
    world = held[which]
    rng = np.random.default_rng((SEED, wide, number))
    able = np.flatnonzero((np.diff(world.account_first) >= 20) & (np.arange(SCALE.accounts) >= SCALE.wide))
    leaker = int(rng.integers(SCALE.wide)) if wide else int(rng.choice(able))
    home = world.outlet if "," in sort else np.zeros_like(world.outlet)
    suspects = home == home[leaker]
    belief = np.where(suspects, (1 - UNLISTED) / suspects.sum(), 0.0)
    run = Campaign(world=world, leaker=leaker, rng=rng, belief=belief)
    anything = np.ones(SCALE.parcels, bool)
    while run.belief.max() < ENOUGH and run.bought < MOST and run.asked < 4 * MOST:
        known = plan != "at random" and run.bought
        run.ask(anything if not known else _planned(run) if plan == "by plan" else _best(run))
    found = run.belief.max() >= ENOUGH
    return {
        "bought": run.bought,
        "asked": run.asked,
        "found": float(found and int(run.belief.argmax()) == leaker),
        "false": float(found and int(run.belief.argmax()) != leaker),
    }


def main() -> None:
    """Run the campaigns that are missing and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--campaigns", type=int, default=60)
    options.add_argument("--cache", type=Path, default=Path(".cache/purchases.jsonl"))
    chosen = options.parse_args()
    sources = (Path(__file__).resolve(), Path(str(_world.__file__)), Path(str(_purchases.__file__)))
    cache = Cache(chosen.cache, code_digest(*sources))
    held: dict[int, World] = {}
    lines = []
    for sort in SORTS:
        for plan in PLANS:
            rows = []
            for number in range(chosen.campaigns):
                job = partial(campaign, held, sort, plan, number)
                rows.append(cache.get(f"{sort}/{plan}/{number}", job))
            lines.append(_line(sort, plan, rows))
            print(lines[-1], file=sys.stderr)
    head = ("leaker", "bought", "campaigns", "numbers bought", "questions put", "leaker ≥ .99", "innocent ≥ .99")
    print("\n".join(table(head, lines)))


def _line(leaker: str, plan: str, rows: list[Row]) -> tuple[str, ...]:
    bought, asked = ([r[key] for r in rows] for key in ("bought", "asked"))
    return (
        leaker,
        plan,
        str(len(rows)),
        mean_se(bought, proportion=False),
        mean_se(asked, proportion=False),
        mean_se([r["found"] for r in rows]),
        mean_se([r["false"] for r in rows]),
    )


if __name__ == "__main__":
    main()
