"""Small markets that several tests look at."""

from collections.abc import Callable
from functools import cache

import pytest

from wayseal_sim.market import MarketPlan, generate_market
from wayseal_sim.market._plan import DAY_ZERO
from wayseal_sim.market.parts import MarketWorld, Spell, Trap

NOON = DAY_ZERO + 8 * 86_400_000_000 + 12 * 3_600_000_000
"""Noon of the ninth day."""


@pytest.fixture(scope="session")
def market() -> Callable[..., MarketWorld]:
    """Makes a small market without traps of its own, once for each set of parameters."""

    @cache
    def make(**changes: object) -> MarketWorld:
        plan = {"shops": 150, "days": 16, "spells": 0.0, "layouts": ()} | changes
        return generate_market(MarketPlan(**plan), seed=5)  # type: ignore[arg-type]

    return make


def always(site: str, *traps: Trap) -> tuple[Spell, ...]:
    """Traps that a site has from the ninth day on."""
    return tuple(
        Spell(site=site, trap=trap, since=NOON - 43_200_000_000, until=NOON + 400 * 86_400_000_000) for trap in traps
    )
