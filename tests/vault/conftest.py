from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.database.places import KINDS
from tests.vault.world import World, empty, tables, world


@pytest.fixture(scope="session")
def postgresql_tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two databases of a PostgreSQL server, for all tests of a process."""
    with tables("postgresql", tmp_path_factory.mktemp("none")) as urls:
        yield urls


@pytest.fixture(params=KINDS)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A vault on SQLite, and one on PostgreSQL."""
    if request.param == "postgresql":
        urls = request.getfixturevalue("postgresql_tables")
        empty(urls)
        with world(urls) as made:
            yield made
        return
    with tables("sqlite", tmp_path) as urls, world(urls) as made:
        yield made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[World]:
    """A vault on SQLite."""
    with tables("sqlite", tmp_path) as urls, world(urls) as made:
        yield made
