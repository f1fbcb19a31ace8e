"""How hard the tests look: `make test` is quick, `make test-deep` (WAYSEAL_TEST_DEEP=1) takes as long as it needs.

Quick runs draw the same examples each time, so that neither a verdict nor a coverage floor hangs on luck; deep runs
draw new ones. `@pytest.mark.deep` keeps a test for deep runs alone: a gate that needs hundreds of worlds, kills or
traces, with a small one beside it that always runs.
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings

DEEP = os.environ.get("WAYSEAL_TEST_DEEP") == "1"

settings.register_profile(
    "quick",
    deadline=None,
    max_examples=20,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("deep", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
# `pytest --hypothesis-profile=night` looks much harder; for a night, or after a change to a parser.
settings.register_profile("night", settings.get_profile("deep"), max_examples=5000)


def load_profile() -> None:
    """Has Hypothesis look as hard as this run does."""
    settings.load_profile("deep" if DEEP else "quick")


def examples(deep: int, quick: int | None = None, **more: Any) -> settings:
    """Settings of a property that needs more or fewer examples than others.

    Args:
        deep: How many `make test-deep` draws.
        quick: How many `make test` draws; a fifth of `deep` and at least five where it isn't given.
        **more: Other settings of Hypothesis.
    """
    return settings(max_examples=deep if DEEP else min(deep, quick or max(5, deep // 5)), deadline=None, **more)
