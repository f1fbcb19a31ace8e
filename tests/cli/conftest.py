"""A ledger and a purchase that the tests of the command line share; nobody writes to them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.looking import SEEN, looking_once
from tests.cli.running import answer_in, bought, here, log
from tests.detect.watched import Watched, small
from tests.trace.rim import short_chains
from wayseal.detect import Options, detect
from wayseal.ledger import open_ledger

__all__ = ["base", "looked_once", "ready", "short", "small"]


@pytest.fixture(autouse=True)
def english() -> None:
    """No test answers in the language of the one before it."""
    answer_in("en")


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    here("ingest", folder / "L", log(folder / "accesses.csv"), "-q")
    bought(folder / "leaks.csv")
    return folder


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_chains(monkeypatch)


@pytest.fixture(scope="session")
def ready(small: Watched, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world's ledger with facts and without a casebook."""
    path = tmp_path_factory.mktemp("ready") / "L"
    shutil.copytree(small.ledger, path)
    with open_ledger(path) as snapshot:
        detect(snapshot, Options(folder=path / "detect"))
    return path


@pytest.fixture
def looked_once() -> Iterator[None]:
    """Commands look at what another test of this process has looked at no second time."""
    with looking_once(SEEN):
        yield
