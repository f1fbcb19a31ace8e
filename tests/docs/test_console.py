"""The console's page names every setting and every role."""

from dataclasses import fields

import pytest

from tests.docs.pages import read
from wayseal.console import Role
from wayseal.console.settings import ConsoleSettings


@pytest.mark.parametrize("page", ["docs/how-to/console.md", "docs/how-to/console.zh.md"])
def test_every_setting_is_told(page: str) -> None:
    told = [line.split("|")[1].strip(" `") for line in read(page).splitlines() if line.startswith("| `")]
    assert told == [one.name for one in fields(ConsoleSettings)]


def test_every_role_is_told() -> None:
    page = read("docs/how-to/console.md")
    assert all(f"| {role.value.replace('_', ' ')} |" in page for role in Role)
