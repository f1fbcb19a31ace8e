from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vault.aliases.world import Desk, desk
from tests.vault.world import World


@pytest.fixture
def here(small: World, tmp_path: Path) -> Iterator[Desk]:
    """On SQLite."""
    with desk(small, tmp_path) as made:
        yield made


@pytest.fixture
def there(both: World, tmp_path: Path) -> Iterator[Desk]:
    """On SQLite, and on PostgreSQL."""
    with desk(both, tmp_path, both.main.dialect) as made:
        yield made
