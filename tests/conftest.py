"""What all tests share: what some of them need from outside, how hard they look, and what they cost."""

import logging
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

# Threads for matrices as small as those of tests wait busily, and cost more than they do. Before NumPy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tests import leaks
from tests.budget import Budget
from tests.compiling import compile_in_turns
from tests.effort import DEEP, load_profile

load_profile()


def pytest_configure(config: pytest.Config) -> None:
    """Every run tells what it cost, and what it left open: before anything is opened."""
    leaks.watch_connections()
    config.pluginmanager.register(Budget(config), "wayseal-budget")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors, up to four: a third of a worker's time it waits for what it started."""
    return min(os.cpu_count() or 1, 4) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deep tests are left to deep runs; slow ones come first, so that no worker ends with one alone."""
    if not DEEP:
        deep = [item for item in items if item.get_closest_marker("deep")]
        if deep:
            config.hook.pytest_deselected(items=deep)
            items[:] = [item for item in items if item not in set(deep)]
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def need(present: bool, reason: str) -> None:
    """Goes on when what a test needs is there; else skips with the reason, or fails where nothing may be skipped."""
    if present:
        return
    if os.environ.get("WAYSEAL_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason}, and WAYSEAL_REQUIRE_ALL=1 lets nothing be skipped")
    pytest.skip(reason)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.needs("command")`: the test runs only where that command is installed."""
    for marker in item.iter_markers("needs"):
        for command in marker.args:
            need(shutil.which(command) is not None, f"the command {command} is not installed")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """While modules are loaded nearly nothing is thrown away, and looking for it took a quarter of the time."""
    from wayseal.model.runtime import collector_paused

    with collector_paused():
        return (yield)


def pytest_collection_finish() -> None:
    """When the modules of all tests are loaded."""
    compile_in_turns()
    leaks.collect()


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_open(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Rule 2 of `leaks`."""
    yield
    leaks.collect_all()
    left = leaks.left_open(tmp_path_factory.getbasetemp())
    assert not left, f"still there after all tests: {left}"


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    """Rule 1 of `leaks`."""
    yield
    leaks.collect()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites of this machine are asked without pauses between requests; that pauses are kept, others test."""
    from wayseal.market.fetching import Fetcher

    may = Fetcher._may
    monkeypatch.setattr(Fetcher, "_may", lambda self, trip, url, held, _delay: may(self, trip, url, held, 0.0))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that the project doesn't ship; its place stands in WAYSEAL_SHARED."""
    place = os.environ.get("WAYSEAL_SHARED", "")
    data = Path(place) / "data"
    need(bool(place) and data.is_dir(), "WAYSEAL_SHARED doesn't name the folder that holds data/")
    return data


@pytest.fixture(autouse=True)
def _library_logs_given_back() -> Iterator[None]:
    """A service that ran in this process forwarded its libraries' logs to a stream that ends with its test."""
    from wayseal.service.log import LIBRARIES

    loggers = [logging.getLogger(name) for name in LIBRARIES]
    before = [(logger.handlers, logger.propagate) for logger in loggers]
    yield
    for logger, (handlers, propagate) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
