"""rights.md says every key of the file of rights, every list and every key of the JSON, in both languages."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.detect.rights.test_account_checks import everything
from tests.docs.pages import blocks, read, rows, sections
from wayseal.detect.rights import FEW, LEAST, MANY, OFTEN, USUAL, Right, load_map, render_rights
from wayseal.model.kinds import Action
from wayseal.model.schema import keys_of

LISTS = ("rights", "roles", "people", "mandates", "dormant", "wider", "shared", "untrained", "beyond")


@pytest.fixture(params=("docs/how-to/rights.md", "docs/how-to/rights.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(render_rights(everything(tmp_path_factory.mktemp("all")), "json", "en"))
    return made


def test_tables(page: str, report: dict[str, Any]) -> None:
    found = [list(rows(body)) for body in sections(page).values()]
    assert [keys for keys in found if keys] == [list(keys_of(Right)), list(LISTS), list(report)]
    assert set(LISTS) <= report.keys()


def names(value: Any) -> set[str]:
    """All keys inside a value of the JSON."""
    if isinstance(value, dict):
        return {*value}.union(*map(names, value.values()))
    return set().union(*map(names, value)) if isinstance(value, list) else set()


def test_every_inner_key(page: str, report: dict[str, Any]) -> None:
    table = next(rows(body) for title, body in sections(page).items() if "JSON" in title)
    for key, value in report.items():
        inner = names(value) - (names(report["rights"]) - {"rights"} if key == "roles" else set())
        for name in inner:
            assert f"`{name}`" in " ".join(table[key]), (key, name)


def test_words_and_figures(page: str, tmp_path: Path) -> None:
    for name in (*load_map(None), *Action):
        assert f"`{name}`" in page
    for block in blocks(page, "toml"):
        (path := tmp_path / "rights.toml").write_text(block, encoding="utf-8")
        assert [r.widens for r in load_map(path).values() if r not in load_map(None).values()] == [False, True]
    lists = next(body for body in sections(page).values() if "`mandates`" in body and "`wider`" in body)
    assert f"{FEW:.0%}" in lists
    assert re.search(rf"(?<!\d){LEAST} ", lists)
    assert re.search(rf"(?<!\d){MANY} ", lists)
    assert (OFTEN, USUAL) == (1 / 5, 1 / 4)
    assert all(any(word in lists for word in words) for words in (("a fifth", "五分之一"), ("a quarter", "四分之一")))
