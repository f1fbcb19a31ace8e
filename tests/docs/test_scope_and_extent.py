"""scope-and-extent.md says every key of both JSON reports, in their order and in both languages."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import read, rows, sections
from tests.trace.extent.test_extent import TWO, said
from tests.trace.rim import World, number, opened
from tests.trace.scope.world import scoped, snapshot_of, world
from wayseal.trace.extent import render_extent
from wayseal.trace.scope import render_scope

PAGES = ("docs/how-to/scope-and-extent.md", "docs/how-to/scope-and-extent.zh.md")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    with snapshot_of(world(), tmp_path_factory.mktemp("scope")) as snapshot:
        scope = json.loads(render_scope(scoped(snapshot, "u-a")[0], "json", "en"))
    made = World()
    for place in range(100):
        made.read(place % 24, "u-1", number(place))
    with opened(made, tmp_path_factory.mktemp("extent")) as snapshot:
        extent = json.loads(render_extent(said(snapshot, TWO), "json", "en"))
    return scope, extent


@pytest.mark.parametrize("page", PAGES)
def test_every_key(page: str, reports: tuple[dict[str, Any], dict[str, Any]]) -> None:
    tables = [rows(body) for title, body in sections(read(page)).items() if "JSON" in title]
    assert [list(table) for table in tables] == [list(report) for report in reports]
    for table, report in zip(tables, reports, strict=True):
        for key, value in report.items():
            inner = value[0] if isinstance(value, list) and value else value
            for name in inner if isinstance(inner, dict) and key != "total" else {}:
                same = {"daily", "least", "stock", "share", "vias", "fields"}
                assert key in same or f"`{name}`" in " ".join(table[key]), (key, name)


def test_the_world_of_the_page_is_small_enough_to_run() -> None:
    assert all("--scenario tiny" in Path(page).read_text("utf-8") for page in PAGES)
