"""The page of notices names every key of a receiver, setting, trouble and metric."""

from collections.abc import Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import read
from wayseal.live._watch_metrics import NAMES
from wayseal.live.receivers import Receiver
from wayseal.live.settings import WatchSettings

PAGES = ("docs/how-to/watch-notices.md", "docs/how-to/watch-notices.zh.md")
NONE = {"none", "无"}


def tables(page: str) -> list[list[list[str]]]:
    """Rows of each table, as cells, without heads."""
    found: list[list[list[str]]] = []
    before = ""
    for line in read(page).splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            found = [*found, []] if before.startswith("|---") else found
            found[-1].append(cells)
        before = line
    return found


def names(rows: Sequence[Sequence[str]]) -> list[str]:
    return [row[0].strip("` ") for row in rows]


def same(shown: str, value: Any) -> bool:
    if value is None:
        return shown in NONE
    said = f"{value:g}" if type(value) in (int, float) else str(value).lower()
    return shown.strip("`") == ("" if value is MISSING else said)


@pytest.mark.parametrize("page", PAGES)
def test_every_table_is_whole(page: str) -> None:
    receivers, addresses, trouble, settings, metrics = tables(page)
    assert names(receivers) == [one.name for one in fields(Receiver)]
    assert len(addresses) == 4
    assert names(trouble) == ["starting", "stuck", "source", "disk", "limits", "list"]
    assert names(settings) == [one.name for one in fields(WatchSettings)]
    assert names(metrics) == list(NAMES)
    for row, one in zip(settings, fields(WatchSettings), strict=True):
        if one.name not in {"templates", "offset"}:
            assert same(row[1], one.default), one.name


def test_the_unit_is_where_the_page_says() -> None:
    assert (Path(__file__).parents[2] / "deploy/systemd/live/wayseal-watch.service").exists()
