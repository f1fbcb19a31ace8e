"""Couriers of other structure: families of simulated couriers, in halves, to make and to judge detection on.

What a family is stands in `FAMILIES`; what lies in a folder after `simulate_courier` is in its docstring.
"""

from benchmarks.couriers._families import (
    FAMILIES,
    ONLY_HELD,
    ONLY_LAST,
    ONLY_LATER,
    ONLY_PLAIN,
    ONLY_WORK,
    Family,
)
from benchmarks.couriers._mechanisms import mechanisms_of
from benchmarks.couriers._plan import ODDITIES
from benchmarks.couriers._run import plan_of, simulate_courier

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
