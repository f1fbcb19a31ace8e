"""A round of canaries: pools by what they tell, and for each a row that looks real.

1. Pools follow from the belief (`plan_round`), or are single accounts, each in turn, where they were named.
2. A number is never one that the ledger knows, nor one of the register or of the same round.
3. Nothing is told to anybody: a plan says what is to be created, and for whom.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict

import numpy as np

from wayseal.ledger import Snapshot
from wayseal.trace._planner import CanaryOdds, one_leaker, plan_round
from wayseal.trace.canary._draw import draw
from wayseal.trace.canary._number import Dealer
from wayseal.trace.canary._rows import read_by, regions, rows_around, taken_numbers
from wayseal.trace.canary._types import PlannedCanary, RegisterContents
from wayseal.trace.errors import CanaryError

CERTAIN = 0.999


def equal_belief(actors: Sequence[str]) -> dict[str, float]:
    """Equal belief in some accounts; a little is left for somebody else."""
    return {name: CERTAIN / len(set(actors)) for name in actors}


def belief_from_sources(probability: Mapping[str, float]) -> dict[str, float]:
    """Probabilities out of a report as a belief in one leaker."""
    values = one_leaker(list(probability.values()), CERTAIN)
    return dict(zip(probability, values.tolist(), strict=True))


def pools_of(belief: Mapping[str, float], count: int, sensitivity: float, seed: int) -> list[tuple[str, ...]]:
    """Up to so many pools that tell most together, the likeliest account first in each (rule 1)."""
    names, canary = list(belief), CanaryOdds(sensitivity=sensitivity)
    found = plan_round(np.array(list(belief.values())), canary, count, rng=np.random.default_rng(seed))
    return [tuple(sorted((names[i] for i in pool), key=lambda n: (-belief[n], n))) for pool in found.pools]


def plan_rows(
    snapshot: Snapshot,
    watch: RegisterContents,
    pools: Sequence[tuple[str, ...]],
    *,
    sensitivity: float,
    at: int,
    seed: int,
) -> tuple[PlannedCanary, ...]:
    """A canary for each pool (rule 2). at: UTC microseconds. CanaryError if the ledger has no rows to learn from."""
    if "waybills" not in snapshot.tables:
        raise CanaryError("has no table `waybills`: nothing says what a real one looks like", file=snapshot.path)
    used = {canary.waybill for canary in watch.canaries}

    def known(numbers: Sequence[str]) -> Set[str]:
        return taken_numbers(snapshot, numbers) | used.intersection(numbers)

    dealers: dict[str, Dealer] = {}
    region = regions(snapshot)

    def dealer(channel: str) -> Dealer:
        if channel not in dealers:
            dealers[channel] = Dealer(rows=rows_around(snapshot, channel, at), known=known)
        return dealers[channel]

    out = []
    for number, pool in enumerate(pools, start=len(watch.canaries) + 1):
        row = draw(read_by(snapshot, pool), dealer, region, at, np.random.default_rng((seed, number)))
        used.add(row.waybill)
        made = PlannedCanary(
            **asdict(row),
            id=f"c{number}",
            pool=pool,
            sensitivity=sensitivity,
            planned_at=at,
            round=watch.rounds + 1,
        )
        out.append(made)
    return tuple(out)
