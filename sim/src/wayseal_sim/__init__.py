"""A seeded courier network with hidden leakers; its truth is kept apart from its dataset.

What `generate` and `simulate` give stands in `wayseal_sim.world`, insiders in `wayseal_sim.insiders`.
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal_sim._errors import SimulateError
    from wayseal_sim._run import generate, simulate
    from wayseal_sim._scenario import PRESETS, Buyer, Leaker, Scenario, preset

__all__ = ["PRESETS", "Buyer", "Leaker", "Scenario", "SimulateError", "generate", "preset", "simulate"]

__getattr__ = load_when_asked(
    __name__,
    {
        **dict.fromkeys(("PRESETS", "Buyer", "Leaker", "Scenario", "preset"), "_scenario"),
        "SimulateError": "_errors",
        "generate": "_run",
        "simulate": "_run",
    },
)
