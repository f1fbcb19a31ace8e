"""The record on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database.places import fresh
from wayseal.market.log import Market, open_market


@pytest.fixture(params=["sqlite", "postgresql"])
def market(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Market]:
    with (
        fresh(request.param, tmp_path) as url,
        open_market(tmp_path, None if request.param == "sqlite" else url) as made,
    ):
        yield made
