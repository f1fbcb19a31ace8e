"""Rows of mixed tables, a piece at a time: what is read, and what is rejected, as in files of one table."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from wayseal.store import open_source, read_batches
from wayseal.store.row_reader import RowReader
from wayseal.store.types import Reason

GOOD: dict[str, object] = {"at": "2026-03-02T10:00:00+08:00", "actor": "u-1", "waybill": "YT1234567890"}
VALUES = st.one_of(
    st.sampled_from(["u-1", "", " u-2 ", "2026-03-02T10:00:00Z", "2026-03-02 10:00", "view", "YT 123-456", "x\x00"]),
    st.integers(-5, 5), st.none(), st.booleans(), st.lists(st.sampled_from(["phone", "name"]), max_size=2),
)  # fmt: skip
ROWS = st.dictionaries(st.sampled_from(["at", "actor", "waybill", "action", "fields", "device", "more"]), VALUES)


def lines_of(rows: list[dict[str, object]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@examples(60)
@given(st.lists(st.one_of(st.just(GOOD), ROWS), min_size=1, max_size=40))
def test_reads_are_those_of_a_file(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]) -> None:
    found = RowReader().read(lines_of([GOOD, *rows]), 1)
    folder = tmp_path_factory.mktemp("rows")
    (folder / "accesses.jsonl").write_bytes(lines_of([GOOD, *rows]))
    (file,) = open_source(folder).files
    batches = list(read_batches(file))
    assert found.tables["accesses"].rows.to_pylist() == [row for one in batches for row in one.rows.to_pylist()]
    told = [(one.line, one.column) for one in found.rejected]
    assert told == [(one.line, one.column) for batch in batches for one in batch.rejected]


def test_each_row_goes_to_its_table_under_its_number() -> None:
    scan: dict[str, object] = {
        "table": "scans",
        "waybill": "YT1",
        "at": GOOD["at"],
        "kind": "pickup",
        "outlet": "BJ-0001",
    }
    lines = lines_of([scan, GOOD, {**GOOD, "table": "accesses"}, scan, {"table": "tables"}, {"table": "actors"}])
    found = RowReader({"accesses": (), "scans": ()}, beside={"gateway": pa.string(), "count": pa.int64()}).read(
        lines, 7
    )
    assert {name: batch.line.tolist() for name, batch in found.tables.items()} == {"accesses": [8, 9], "scans": [7, 10]}
    assert [(one.line, one.column, one.reason) for one in found.rejected] == [(11, "table", Reason.UNKNOWN_VALUE)]
    assert found.beside["gateway"].null_count == 6


def test_one_bad_line_takes_no_other_with_it() -> None:
    lines = [json.dumps({**GOOD, "gateway": "g", "count": k}).encode() + b"\n" for k in range(500)]
    bad = [b"\xff\n", b'{"actor": 7}\n', b"[1]\n", b'{"at": "x", "at": "y"}\n', b'{"count": "many"}\n']
    for k, line in enumerate(bad):
        lines.insert(97 * (k + 1), line)
    reader = RowReader({"accesses": ()}, beside={"gateway": pa.string(), "count": pa.int64()})
    found = reader.read(b"".join(lines), 1)
    assert found.tables["accesses"].rows.num_rows == 500
    assert [one.line for one in found.rejected] == [97 * (k + 1) + 1 for k in range(len(bad))]
    assert sorted(n for n in found.beside["count"].to_pylist() if n is not None) == list(range(500))


LINE = json.dumps(GOOD).encode()
POISON = [
    b"null", b"null" + LINE, b"null null", b"1", b'"x"', b"\xef\xbb\xbf" + LINE, b"\x00", b"\x1e" + LINE,
    *(LINE[:-1] + more for more in (
        b', "more": NaN}', b', "more": [-Infinity]}', b', "device": "\xff\xfe"}', b', "more": "\xff"}',
        b', "gateway": "\xc3"}', b', "fields": ["\xff"]}', b', "device": "\\ud800"}', b"} 1", b"}{}", b"},",
    )),
]  # fmt: skip


@pytest.mark.parametrize("before", [0, 40])
@pytest.mark.parametrize("poison", POISON)
def test_poison_is_rejected_as_in_a_file(tmp_path: Path, poison: bytes, before: int) -> None:
    lines = [LINE] * before + [poison] + [LINE] * 40
    text = b"".join(line + b"\n" for line in lines)
    beside = RowReader(beside={"gateway": pa.string()}).read(text, 1)
    (tmp_path / "accesses.jsonl").write_bytes(LINE + b"\n" + poison + b"\n")
    (file,) = open_source(tmp_path).files
    rejected = [one.reason for batch in read_batches(file) for one in batch.rejected]
    assert [one.reason for one in beside.rejected] == rejected
    assert [one.line for one in beside.rejected] == [before + 1] * len(rejected)
    assert beside.tables["accesses"].rows.num_rows == before + 41 - len(rejected)
    assert beside.beside["gateway"].to_pylist().count(None) >= before + 40


def test_lines_that_only_add_up_are_not_taken_for_rows() -> None:
    odd = [LINE + LINE, b'{"more":', LINE + b"}", LINE, b"\t"]
    found = RowReader({"accesses": ()}).read(b"".join(line + b"\n" for line in odd), 1)
    assert [one.line for one in found.rejected] == [1, 2, 3]
    assert found.tables["accesses"].line.tolist() == [4]


def test_nothing_is_nothing(tmp_path: Path) -> None:
    assert RowReader().read(b"", 1).tables == {}
