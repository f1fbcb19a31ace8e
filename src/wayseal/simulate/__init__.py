"""A seeded courier network with hidden leakers; its truth is kept apart from its dataset."""

from wayseal.simulate._errors import SimulateError
from wayseal.simulate._run import Paths, World, generate, simulate
from wayseal.simulate._scenario import PRESETS, Scenario, preset

__all__ = ["PRESETS", "Paths", "Scenario", "SimulateError", "World", "generate", "preset", "simulate"]
