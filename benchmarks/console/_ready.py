"""A console in this process, ready before anybody asks."""

import time
from pathlib import Path

from tests.console.world import World

from wayseal.console import Role


def make_ready(world: World, ledger: Path, login: str) -> str:
    """Show a ledger to an investigator, all of it made ready; how long that took."""
    world.give(ledger)
    world.person(login, Role.INVESTIGATOR)
    assert world.site.reading is not None
    start = time.perf_counter()
    world.site.reading.warm()
    world.site.reading.settle()
    return f"the ledger's state made ready in {time.perf_counter() - start:.1f} s"
