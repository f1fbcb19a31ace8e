"""Training in a real browser, by keyboard, at 390 px: expired, refused by a real vault, renewed, allowed."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import inside
from tests.console.browsing import LANGUAGES, Visitor, served
from tests.console.training_office import PEOPLE, Office, make_directory, open_office
from wayseal.cli.vault import NUMBERS

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow, pytest.mark.once]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    make_directory(folder)
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_expired_refused_test_passed_applied_allowed(base: Path, chromium: Any, tmp_path: Path, language: str) -> None:
    with open_office(base, tmp_path) as office:
        a_day(office, chromium, tmp_path / "vault", language)


def a_day(office: Office, chromium: Any, vault: Path, language: str) -> None:
    assert inside("vault", "init", vault, "--example", "--actor", "operator").code == 0
    office.complete(*PEOPLE, ago=381)
    office.complete("courier-31", "clerk-3", "agent-7", "analyst-1", "manager-2")
    deliver = (
        "vault",
        "disclose",
        NUMBERS[0],
        "--purpose",
        "deliver",
        "--reason",
        "route",
        "--vault",
        vault,
        "--actor",
    )
    apply = ("training", "apply", office.ledger, "--vault", vault, "--actor", "operator")
    assert inside(*apply).code == 0
    assert inside(*deliver, "courier-12").code == 13
    with served(office.world) as address:
        sun = Visitor(chromium, address, language)
        sun.page.set_viewport_size({"width": 390, "height": 800})
        sun.sign_in(office.world, "sun")
        sun.page.goto(f"{address}/training?state=expired")
        sun.check()
        name = office.name("courier-12")
        sun.follow(f'a[href="/training/{name}"]')
        sun.check()
        sun.follow(f'a[href="/training/{name}/test"]')
        sun.follow("form button.btn-main")
        sun.check()
        drawn = office.answers("sun", "courier-12", 10)
        for question, place in drawn.items():
            sun.page.check(f'input[name="{question}"][value="{place}"]')
        sun.follow("form button.btn-main")
        assert sun.shows(".note.good")
        sun.check()
        assert sun.page.evaluate("document.documentElement.scrollWidth") <= 390
        sun.end()
        sun.context.close()
    assert inside(*deliver, "courier-12").code == 13
    assert inside(*apply).code == 0
    assert inside(*deliver, "courier-12").code == 0
