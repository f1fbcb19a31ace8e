"""What all tests share: what some of them need from outside, and Hypothesis without time limits."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("wayseal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# `pytest --hypothesis-profile=deep` looks much harder; for a night, or after a change to a parser.
settings.register_profile("deep", settings.get_profile("wayseal"), max_examples=5000)
# Coverage floors must not hang on luck: without the compiler, where they are measured, examples are fixed.
settings.register_profile("measured", settings.get_profile("wayseal"), derandomize=True, database=None)
settings.load_profile("measured" if os.environ.get("NUMBA_DISABLE_JIT") == "1" else "wayseal")


def need(present: bool, reason: str) -> None:
    """Goes on when what a test needs is there; else skips with the reason, or fails where nothing may be skipped."""
    if present:
        return
    if os.environ.get("WAYSEAL_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason}, and WAYSEAL_REQUIRE_ALL=1 lets nothing be skipped")
    pytest.skip(reason)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.needs("command")`: the test runs only where that command is installed."""
    for marker in item.iter_markers("needs"):
        for command in marker.args:
            need(shutil.which(command) is not None, f"the command {command} is not installed")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that the project doesn't ship; its place stands in WAYSEAL_SHARED."""
    place = os.environ.get("WAYSEAL_SHARED", "")
    data = Path(place) / "data"
    need(bool(place) and data.is_dir(), "WAYSEAL_SHARED doesn't name the folder that holds data/")
    return data
