from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database.places import KINDS
from tests.numbers.world import Desk, desk


@pytest.fixture(params=KINDS)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with desk(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Desk]:
    with desk("sqlite", tmp_path) as made:
        yield made
