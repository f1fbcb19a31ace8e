from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases.making import alert
from tests.cli.running import inside
from tests.console.browsing import opened_browser
from tests.console.casework import Bench
from tests.console.working import HEAD, rows, with_ledger
from tests.console.world import World, open_world
from wayseal.cases import open_cases
from wayseal.console import ConsoleSettings, Role


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as made:
        yield made


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Bench:
    return Bench(world, tmp_path / "ledger" / "detect")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with opened_browser() as browser:
        yield browser


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    (tmp_path / "accesses.csv").write_text(HEAD + rows(1, 4), encoding="utf-8")
    assert inside("ingest", tmp_path / "ledger", tmp_path / "accesses.csv").code == 0
    return tmp_path / "ledger"


@pytest.fixture
def settings(world: World, ledger: Path, tmp_path: Path) -> ConsoleSettings:
    logs, mappings = tmp_path / "logs", tmp_path / "mappings"
    (logs / "2026").mkdir(parents=True)
    mappings.mkdir()
    return with_ledger(world, ledger, logs_folder=str(logs), mappings_folder=str(mappings), unit="某快递")


@pytest.fixture
def people(world: World, settings: ConsoleSettings) -> None:
    for login, role in (("ann", Role.ANALYST), ("chen", Role.INVESTIGATOR), ("zhang", Role.AUDITOR)):
        world.person(login, role)


@pytest.fixture
def case(world: World, ledger: Path, people: None) -> str:
    del people
    with open_cases(ledger / "detect") as cases:
        (made,) = cases.register([alert("courier-7", at=1_772_413_200_000_000)], world.clock.at)
    return made
