"""A ledger and a purchase that the tests of the command line share; nobody writes to them."""

from pathlib import Path

import pytest

from tests.cli.running import bought, here, log
from tests.detect.watched import small
from tests.trace.rim import short_chains

__all__ = ["base", "short", "small"]


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    here("ingest", log(folder / "accesses.csv"), "--ledger", folder / "L", "-q")
    bought(folder / "leaks.csv")
    return folder


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_chains(monkeypatch)
