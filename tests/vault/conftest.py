from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database.places import KINDS
from tests.vault.world import World, on_postgresql, on_sqlite, tables


@pytest.fixture(scope="session")
def postgresql_tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two databases of a PostgreSQL server, for all tests of a process."""
    with tables("postgresql", tmp_path_factory.mktemp("none")) as urls:
        yield urls


@pytest.fixture(params=KINDS)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A vault on SQLite, and one on PostgreSQL."""
    if request.param == "postgresql":
        with on_postgresql(request.getfixturevalue("postgresql_tables")) as made:
            yield made
        return
    with on_sqlite(tmp_path) as made:
        yield made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[World]:
    """A vault on SQLite."""
    with on_sqlite(tmp_path) as made:
        yield made
