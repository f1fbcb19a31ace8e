"""Small worlds that several tests look at."""

from collections.abc import Callable
from functools import cache

import pytest

from wayseal_sim import generate, preset
from wayseal_sim.world import World


@pytest.fixture(scope="session")
def world() -> Callable[..., World]:
    """Makes a small world, once for each set of parameters."""

    @cache
    def make(**changes: object) -> World:
        return generate(preset("tiny", **changes), seed=11)

    return make
