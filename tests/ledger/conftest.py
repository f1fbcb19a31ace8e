"""What the ledger's tests leave running is ended with them."""

from collections.abc import Iterator

import pytest

from tests.ledger.children import end_parent


@pytest.fixture(scope="session", autouse=True)
def _processes() -> Iterator[None]:
    yield
    end_parent()
