"""Couriers of other structure: families of simulated couriers, in halves, to make and to judge detection on.

What a family is stands in `FAMILIES`; what lies in a folder after `simulate_courier` is in its docstring.
"""

from wayseal.simulate.couriers._families import (
    FAMILIES,
    ONLY_HELD,
    ONLY_LAST,
    ONLY_LATER,
    ONLY_PLAIN,
    ONLY_WORK,
    Family,
)
from wayseal.simulate.couriers._mechanisms import mechanisms_of
from wayseal.simulate.couriers._plan import ODDITIES
from wayseal.simulate.couriers._run import plan_of, simulate_courier

__all__ = [
    "FAMILIES",
    "ODDITIES",
    "ONLY_HELD",
    "ONLY_LAST",
    "ONLY_LATER",
    "ONLY_PLAIN",
    "ONLY_WORK",
    "Family",
    "mechanisms_of",
    "plan_of",
    "simulate_courier",
]
