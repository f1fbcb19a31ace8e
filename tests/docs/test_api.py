"""api.md has every route, scope and setting, and no other, in both languages."""

from dataclasses import MISSING, fields

import pytest

from tests.docs.pages import read, rows, sections
from wayseal.server.scopes import ROUTES
from wayseal.server.settings import Settings

NAMES = ("docs/reference/api.md", "docs/reference/api.zh.md")


def section(name: str, place: int) -> str:
    """A section by its place, which both languages have in common."""
    return list(sections(read(name)).values())[place]


@pytest.mark.parametrize("name", NAMES)
def test_every_route_with_its_scope(name: str) -> None:
    open_to_all = "open" if name == NAMES[0] else "开放"
    wanted = {
        f"{method} {path.replace(':path', '')}": open_to_all if scope is None else f"`{scope}`"
        for (method, path), scope in ROUTES.items()
    }
    assert {route: cells[1] for route, cells in rows(section(name, 1)).items()} == wanted


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_with_its_default(name: str) -> None:
    def default(value: object) -> str:
        return "" if value is MISSING or value is None else f"`{str(value).lower()}`"

    wanted = {one.name: default(one.default) for one in fields(Settings)}
    assert {setting: cells[1] for setting, cells in rows(section(name, 5)).items()} == wanted
