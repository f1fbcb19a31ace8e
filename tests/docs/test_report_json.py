"""report-json.md says every key of the JSON report, in both languages, with an example of the same shape."""

import json
from typing import Any

import pytest

from tests.docs.pages import blocks, read, rows, sections
from tests.trace.report import fixtures
from wayseal.trace.report import render


@pytest.fixture(params=("docs/reference/report-json.md", "docs/reference/report-json.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def report() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(render(fixtures.named(), "json", "en"))
    return made


def test_every_key(page: str) -> None:
    real = report()
    found = [list(rows(body)) for body in sections(page).values() if rows(body)]
    lists = [
        real["inputs"],
        real["checkpoint"],
        real["fit"],
        *(real[k][0] for k in ("sources", "leak_rows", "sensitivity")),
        real["queries"],
    ]
    assert found == [list(real), *map(list, lists)]
    row = next(r for r in real["leak_rows"] if r["points_at"])
    for key in row["points_at"][0]:
        assert f"`{key}`" in page


def test_the_example_has_the_same_shape(page: str) -> None:
    assert shape(json.loads(next(blocks(page, "json")))) == shape(report())


def shape(value: object) -> object:
    """Keys in their order, all the way down; lists by their first item that has everything."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return (
            max((shape(item) for item in value), key=lambda s: len(str(s)), default=None)
            if value and isinstance(value[0], dict)
            else "list"
        )
    return "value"
