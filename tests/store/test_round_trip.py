import json
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.store.helpers import read
from wayseal.store import TABLES, write_table
from wayseal.store.errors import StoreError
from wayseal.store.mapping import LAID_OUT, LOGS, Format
from wayseal.store.tables import VERSION, Column, ColumnType, Table, arrow_schema

pytestmark = pytest.mark.once

VISIBLE = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"))
WORDS = st.text(VISIBLE, min_size=1, max_size=8).filter(lambda word: word not in ("-", "--", "—", "——", "－", "\\N"))
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS, lambda inner: st.lists(inner, max_size=3)
)
VALUES: dict[ColumnType, st.SearchStrategy[Any]] = {
    ColumnType.ID: WORDS,
    ColumnType.WAYBILL: st.from_regex(r"[0-9A-Z]{0,9}[0-9][0-9A-Z]{0,8}", fullmatch=True),
    ColumnType.TEXT: TEXTS,
    ColumnType.TIME: st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001
    ColumnType.LIST: st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=3),
    ColumnType.JSON: st.dictionaries(WORDS, JSON, max_size=3).map(
        partial(json.dumps, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    ),
}


def values(column: Column) -> st.SearchStrategy[Any]:
    if column.type is ColumnType.ENUM:
        made: st.SearchStrategy[Any] = st.sampled_from(column.values)
    elif column.type is ColumnType.INT:
        made = st.integers(0, 2**53)
    elif column.type is ColumnType.FLOAT:
        made = st.floats(column.low, column.high)
    else:
        made = VALUES[column.type]
    return made if column.required else st.none() | made


def rows(table: Table) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries({c.name: values(c) for c in table.columns}), max_size=6)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda t: t.name)
@examples(25)
@given(data=st.data())
def test_what_is_written_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory, table: Table, data: st.DataObject
) -> None:
    whole = pa.Table.from_pylist(data.draw(rows(table)), schema=arrow_schema(table))
    folder = tmp_path_factory.mktemp("round")
    for form in sorted(set(Format) - LOGS - LAID_OUT):
        path = write_table(folder / form, table.name, whole.to_batches(), form=form)
        back = read(path, block_bytes=64, batch_rows=3)
        assert back.rejected == []
        assert back.table.schema.equals(arrow_schema(table))
        assert back.table.equals(whole), form


def test_a_dataset_carries_its_version(tmp_path: Path) -> None:
    write_table(tmp_path / "new" / "deep", "leaks", [])
    assert (tmp_path / "new" / "deep" / "dataset.json").read_text() == f'{{"wayseal": {VERSION}}}\n'


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be written") as caught:
        write_table(tmp_path / "file" / "x", "leaks", [])
    assert caught.value.file == tmp_path / "file" / "x" / "leaks.parquet"


def test_tables_are_written_from_tables_too(tmp_path: Path) -> None:
    row = {"waybill": "YT1", "seen_at": datetime(2024, 1, 5)}  # noqa: DTZ001
    whole = pa.Table.from_pylist([row], schema=arrow_schema("leaks"))
    for form in sorted(set(Format) - LOGS - LAID_OUT):
        assert read(write_table(tmp_path / form, "leaks", [whole, whole], form=form)).table.num_rows == 2


def test_tables_are_not_written_as_raw_logs(tmp_path: Path) -> None:
    for form in (*LOGS, *LAID_OUT):
        with pytest.raises(StoreError, match="not written as"):
            write_table(tmp_path, "accesses", [], form=form)
