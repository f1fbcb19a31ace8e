"""data-contract.md says every table, column, word and reason, in both languages, and no other."""

import re

import pytest

from tests.docs.pages import read, rows, sections
from wayseal.model.predicate import CONDITIONS
from wayseal.store import TABLES
from wayseal.store.tables import ColumnType
from wayseal.store.types import Reason

PAGES = ("docs/reference/data-contract.md", "docs/reference/data-contract.zh.md")


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


@pytest.mark.parametrize("table", TABLES)
def test_every_column(page: str, table: str) -> None:
    found = rows(sections(page)[table])
    assert list(found) == list(TABLES[table].names)
    for column in TABLES[table].columns:
        _, kind, required, meaning = found[column.name]
        assert kind == column.type, column.name
        assert (required in {"required", "必填"}) == column.required, column.name
        for word in column.values:
            assert f"`{word}`" in meaning, word


def test_every_type(page: str) -> None:
    types = next(iter(sections(page).values()))
    named = re.findall(r"^\| (.+?) \|", types, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", "".join(named))) == set(ColumnType)


def test_every_reason(page: str) -> None:
    last = list(sections(page).values())[-1]
    assert list(rows(last)) == list(Reason)


def test_conditions_that_are_no_waybills_column_are_named(page: str) -> None:
    for key in {*CONDITIONS, "issued_from", "issued_to", "limit"} - set(TABLES["waybills"].names):
        assert f"`{key}`" in page
