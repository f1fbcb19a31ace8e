"""partners.md says every key of a contract, every kind of breach and every key of the JSON, in both languages."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

import wayseal
from tests.detect.partners.test_report import everything
from tests.docs.pages import DOCS, blocks, read, rows, sections
from wayseal.detect.partners import Kind, load_contracts, render_partners
from wayseal.model.kinds import Action

EXAMPLE = DOCS / "examples/contracts"


def keys_of(record: type) -> list[str]:
    return [field.name for field in dataclasses.fields(record)]


@pytest.fixture(params=("docs/how-to/partners.md", "docs/how-to/partners.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(render_partners(everything(tmp_path_factory.mktemp("all")), "json", "en"))
    return made


def test_every_key_and_breach(page: str, report: dict[str, Any]) -> None:
    partner = next(p for p in report["partners"] if p["calls"])
    found = [list(rows(body)) for body in sections(page).values()]
    (contract,) = load_contracts(EXAMPLE)
    assert [keys for keys in found if keys][1:] == [
        keys_of(type(contract.volume)),
        keys_of(type(contract.products)),
        [kind.value for kind in Kind if kind is not Kind.ONLY_OURS],
        list(report),
        list(partner),
        list(partner["calls"]),
    ]
    assert all(f"`{action}`" in page for action in Action)


def names(value: Any) -> set[str]:
    """All keys inside a value of the JSON."""
    if isinstance(value, dict):
        return {*value}.union(*map(names, value.values()))
    return set().union(*map(names, value)) if isinstance(value, list) else set()


def test_every_inner_key(page: str, report: dict[str, Any]) -> None:
    """Each stands in the row of the key that holds it."""
    tables = [rows(body) for title, body in sections(page).items() if "JSON" in title]
    whole = report | {"partners": []}
    partners = report["partners"]
    calls = [p["calls"] for p in partners if p["calls"]]
    for table, documents in zip(tables, ([whole], [p | {"calls": None} for p in partners], calls), strict=True):
        for made in documents:
            for key, value in made.items():
                inner = names([remark["code"] for remark in value] if key == "remarks" else value)
                for name in inner:
                    assert f"`{name}`" in " ".join(table[key]), (key, name)


def test_the_example_stands_in_the_page_and_loads(page: str) -> None:
    assert (EXAMPLE / "platform-a.toml").read_text(encoding="utf-8") in list(blocks(page, "toml"))
    (contract,) = load_contracts(EXAMPLE)
    assert set(contract.silent) == {"products.customers", "products.goods_classes"}


def test_remarks_stand_in_the_page(page: str) -> None:
    source = (Path(wayseal.__file__).parent / "detect/partners").glob("*.py")
    text = "".join(p.read_text("utf-8") for p in source)
    for code in ("other_kind", "no_actors", "strangers", "no_partners"):
        assert f'"{code}"' in text
        assert f"`{code}`" in page
