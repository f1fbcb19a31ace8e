"""A seeded courier network with hidden leakers; its truth is kept apart from its dataset.

What `generate` and `simulate` give stands in `wayseal.simulate.world`, insiders in `wayseal.simulate.insiders`.
"""

from wayseal.simulate._errors import SimulateError
from wayseal.simulate._run import generate, simulate
from wayseal.simulate._scenario import PRESETS, Buyer, Leaker, Scenario, preset

__all__ = ["PRESETS", "Buyer", "Leaker", "Scenario", "SimulateError", "generate", "preset", "simulate"]
