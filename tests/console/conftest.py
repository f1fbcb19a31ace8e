from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console.browsing import opened_browser
from tests.console.casework import Bench
from tests.console.world import World, open_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as made:
        yield made


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Bench:
    return Bench(world, tmp_path / "ledger" / "detect")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with opened_browser() as browser:
        yield browser
