"""cases.md says every act of the casebook, and every column and key of a list of reads, in both languages."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.detect.explain.test_pair import ledger
from tests.detect.explain.test_reads import listed
from tests.docs.pages import read, rows, sections
from wayseal.cases.types import Unmasking
from wayseal.detect.reasons import READ_COLUMNS, render_reads

__all__ = ["ledger"]


@pytest.fixture(params=("docs/how-to/cases.md", "docs/how-to/cases.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def tables(page: str) -> list[dict[str, Any]]:
    """The tables, by heading of either level."""
    parts = (part for body in sections(page).values() for part in body.split("\n### "))
    return [found for part in parts if (found := rows(part))]


def test_every_act_that_names_people(page: str) -> None:
    acts = " ".join(cells[0] for cells in tables(page)[1].values())
    assert all(f"`{look}`" in acts for look in Unmasking)


def test_every_column_and_key_of_a_list_of_reads(page: str, ledger: Path) -> None:
    made = json.loads(render_reads(listed(ledger), "json", "en"))
    assert list(tables(page)[2]) == list(READ_COLUMNS)
    keys = tables(page)[3]
    assert list(keys) == list(made)
    for name in {*made["reads"][0]} - {*READ_COLUMNS}:
        assert f"`{name}`" in " ".join(keys["reads"]), name
