from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.world import World, world


@pytest.fixture
def service(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For tests that leave nothing behind which another would see."""
    with world(tmp_path_factory.mktemp("shared")) as made:
        yield made
