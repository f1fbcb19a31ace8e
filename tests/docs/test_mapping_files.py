"""mapping-files.md shows every key of a source and every format, in both languages, and its example loads."""

import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks, read, rows, sections
from wayseal.store import load_mapping
from wayseal.store.mapping import EPOCHS, Format


@pytest.fixture(params=("docs/reference/mapping-files.md", "docs/reference/mapping-files.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def test_every_way_to_write_a_time_and_every_format(page: str) -> None:
    for word in ("iso", *EPOCHS, *Format):
        assert f"`{word}`" in page, word


def test_each_key_of_a_source_is_shown(page: str) -> None:
    body = next(found for found in sections(page).values() if "settle" in rows(found))
    shown = {key for text in blocks(body, "toml") for one in tomllib.loads(text).values() for key in one}
    assert shown <= set(rows(body))


def test_the_example_loads(page: str, tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(next(blocks(page, "toml")), encoding="utf-8")
    mapping = load_mapping(path)
    assert {f.name for f in mapping.fields} >= {"at", "actor", "waybill", "action"}
    assert mapping.filters[0].equals == {"403", "404"}


@pytest.mark.parametrize("name", ["pgaudit", "access", "ocsf"])
def test_the_examples_of_raw_logs_stand_in_the_page(page: str, name: str) -> None:
    whole = (DOCS / f"examples/{name}.toml").read_text(encoding="utf-8")
    assert whole in list(blocks(page, "toml"))
    assert load_mapping(DOCS / f"examples/{name}.toml").logs is not None
