"""mapping-files.md says every key of a mapping file, in both languages, and its example loads."""

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import DOCS, blocks, read, rows, sections
from wayseal.cli.ingest import SourceSettings
from wayseal.store import _load_mapping, load_mapping
from wayseal.store._times import _DIRECTIVES
from wayseal.store.logs import READING, names_of_format
from wayseal.store.mapping import EPOCHS, LOGS, Format


@pytest.fixture(params=("docs/reference/mapping-files.md", "docs/reference/mapping-files.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def keys_of(record: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(record)]


def test_every_key(page: str) -> None:
    found = [list(rows(body)) for body in sections(page).values()]
    assert [keys for keys in found if keys] == [
        ["wayseal", *keys_of(_load_mapping.MappingKeys)],
        keys_of(_load_mapping.ColumnKeys),
        keys_of(_load_mapping.FilterKeys),
        sorted(LOGS),
        list(names_of_format(Format.PGAUDIT)),
        [*_load_mapping.TABLE, *_load_mapping.OUTLETS],
        list(names_of_format(Format.COMBINED)),
        keys_of(_load_mapping.PathKeys),
        [str(number) for number in READING],
        list(names_of_format(Format.MYSQL)),
        keys_of(_load_mapping.RequestKeys),
        keys_of(SourceSettings),
    ]


def test_every_way_to_write_a_time_and_every_format(page: str) -> None:
    for word in ("iso", *EPOCHS, *(f"%{letter}" for letter in _DIRECTIVES), *Format):
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
