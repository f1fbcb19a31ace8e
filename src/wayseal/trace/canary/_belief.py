"""What the canaries so far say of the accounts.

1. The belief of the last round that brought one, times the answers of all canaries, those of earlier rounds included.
2. A canary is silent only once its wait was closed; until then it says nothing. A hit counts, whatever was closed
   before.
3. An account is named from `ENOUGH` on. It is a lead: it is to be confirmed, and the person to be heard.
"""

from collections.abc import Mapping

import numpy as np

from wayseal.trace._planner import CanaryOdds, update_belief
from wayseal.trace.canary._types import RegisterContents

ENOUGH = 0.99


def belief_now(watch: RegisterContents) -> Mapping[str, float]:
    """Probability of each account after all answers, likeliest first; what is missing to 1 is somebody not listed."""
    names = list(watch.belief)
    place = {name: n for n, name in enumerate(names)}
    belief = np.array([watch.belief[name] for name in names], np.float64)
    for canary in watch.canaries:
        answer = watch.answer(canary.id)
        if answer is not None and names:
            pool = np.array([place[a] for a in canary.pool if a in place], np.int32)
            belief = update_belief(belief, pool, answer.kind == "hit", CanaryOdds(sensitivity=canary.sensitivity))
    order = sorted(range(len(names)), key=lambda n: (-belief[n], names[n]))
    return {names[n]: float(belief[n]) for n in order}


def named_account(belief: Mapping[str, float]) -> str | None:
    """The account that is named (rule 3)."""
    return next((name for name, p in belief.items() if p >= ENOUGH), None)
