"""Sources that the evidence can't tell apart.

1. The set of a source is itself and those that take its place: in the posterior they are among the
   sources when nothing of the set is, and seldom beside it.
2. It grows by whoever adds most to P(at least one of the set is a source), until that reaches .99
   or grows by less than .01.
3. Sources with equal evidence sit in one class from the start, so a set never parts them.
"""

import numpy as np

from wayseal.trace._evidence import Floats, Ints

ENOUGH = 0.99
LEAST_GAIN = 0.01
MOST_MEMBERS = 20
INSTEAD = 3.0
"""A source takes another's place if it is so many times likelier without it than beside it."""


def credible_set(states: Ints, units: int, unit: int) -> tuple[Ints, float]:
    """Set of one unit, itself first, and the share of the states that hold at least one of it.

    states[T, K]: units in each state, -1 after the end; numbers below `units`.
    """
    members = [unit]
    covered = (states == unit).any(axis=1)
    while covered.mean() < ENOUGH and len(members) < MOST_MEMBERS:
        without = _frequency(states[~covered], units)
        beside = _frequency(states[covered], units)
        takes_place = without > INSTEAD * beside
        takes_place[members] = False
        gain = np.where(takes_place, without * (1 - covered.mean()), 0.0)
        best = int(np.argmax(gain))
        if gain[best] < LEAST_GAIN:
            break
        members.append(best)
        covered |= (states == best).any(axis=1)
    return np.array(members, np.int32), float(covered.mean())


def _frequency(states: Ints, units: int) -> Floats:
    """[units] share of the states that hold each unit; a state holds a unit once."""
    if not len(states):
        return np.zeros(units)
    ordered = np.sort(states, axis=1)
    fresh = np.ones(ordered.shape, bool)
    fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    return np.asarray(np.bincount(ordered[fresh & (ordered >= 0)], minlength=units) / len(states), np.float64)
