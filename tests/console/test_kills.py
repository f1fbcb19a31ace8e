"""What the console acknowledged is there after it was killed; `benchmarks/console/console_kills.py` does it often."""

import random
from pathlib import Path

import pytest
from benchmarks.console.console_kills import run


@pytest.mark.slow
@pytest.mark.once
def test_what_it_acknowledged_is_there_after_it_was_killed(tmp_path: Path) -> None:
    outcome = run(tmp_path, kills=3, seconds=0.3, chance=random.Random(1))
    assert outcome.well, outcome
