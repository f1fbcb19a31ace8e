"""explanations.md says every kind and key of templates and every JSON key, in both languages."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.detect.explain.test_pair import ledger, told
from tests.docs.pages import DOCS, blocks, read, rows, sections
from wayseal.detect.explain import Template, TemplateKind, built_in, load_templates
from wayseal.detect.reasons import render_pair
from wayseal.model.kinds import Action, ActorKind
from wayseal.model.schema import keys_of

EXAMPLE = DOCS / "examples/templates.toml"
__all__ = ["ledger"]


@pytest.fixture(params=("docs/explanation/explanations.md", "docs/explanation/explanations.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def test_every_kind_and_every_key(page: str) -> None:
    tables = [list(rows(body)) for body in sections(page).values() if rows(body)]
    assert tables[0] == list(TemplateKind)
    assert tables[1] == list(keys_of(Template))
    keys = rows(list(sections(page).values())[2])
    assert all(f"`{kind}`" in keys["kinds"][1] for kind in ActorKind)
    assert all(f"`{action}`" in keys["actions"][1] for action in Action)


def names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {*value}.union(*map(names, value.values()))
    return set().union(*map(names, value)) if isinstance(value, list) else set()


@pytest.fixture(scope="module")
def keys(ledger: Path) -> set[str]:
    return names(json.loads(render_pair(told(ledger, "u-3"), "json", "en")))


def test_every_key_of_the_json(page: str, keys: set[str]) -> None:
    last = list(sections(page).values())[-1]
    for name in keys:
        if name != "ledger":
            assert f"`{name}`" in last, name


def test_the_blocks_load(page: str, tmp_path: Path) -> None:
    for block in blocks(page, "toml"):
        (path := tmp_path / "templates.toml").write_text(block, encoding="utf-8")
        assert [t.by for t in load_templates(path) if t not in built_in()] == [TemplateKind.CITY]


def test_the_example_loads_and_uses_every_key() -> None:
    found = {t.name: t for t in load_templates(EXAMPLE)}
    assert {t.name for t in built_in()} - {"customer"} < found.keys()
    assert "customer" not in found
    used = {key for row in tomllib.loads(EXAMPLE.read_text("utf-8"))["template"] for key in row}
    assert used == keys_of(Template).keys()
