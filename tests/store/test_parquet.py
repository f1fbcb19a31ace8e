from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.store.helpers import put, read
from tests.tables import each
from wayseal.store import _parquet, open_source
from wayseal.store.errors import StoreError
from wayseal.store.row_groups import cut_file
from wayseal.store.types import NoticeCode, ReadOptions, Reason

NOON = datetime(2024, 1, 5, 12, tzinfo=UTC)
NAIVE = datetime(2024, 1, 5, 12)  # noqa: DTZ001


def access(tmp_path: Path, **columns: Any) -> Path:
    count = len(next(iter(columns.values()))) if columns else 1
    base: dict[str, Any] = {
        "at": pa.array([NOON] * count, pa.timestamp("us", tz="UTC")),
        "actor": ["u1"] * count,
        "waybill": ["YT1"] * count,
    }
    pq.write_table(pa.table(base | columns), tmp_path / "accesses.parquet")
    return tmp_path / "accesses.parquet"


# what a column may come as → what is kept, or the reason of the rejection
GOOD: list[tuple[str, pa.Array, Any]] = [
    ("at", pa.array([NOON], pa.timestamp("ns", tz="UTC")), "2024-01-05 12:00:00+00:00"),
    ("at", pa.array([NOON], pa.timestamp("ms", tz="+08:00")), "2024-01-05 12:00:00+00:00"),
    ("at", pa.array([NAIVE], pa.timestamp("s")), "2024-01-05 04:00:00+00:00"),
    ("at", pa.array([date(2024, 1, 5)]), "2024-01-04 16:00:00+00:00"),
    ("at", pa.array(["2024-01-05T12:00:00Z"]), "2024-01-05 12:00:00+00:00"),
    ("actor", pa.array([17]), "17"),
    ("actor", pa.array([17.0]), "17"),
    ("actor", pa.array([" u2 "], pa.large_string()), "u2"),
    ("actor", pa.array(["u2"], pa.string_view()), "u2"),
    ("actor", pa.array(["u2"]).dictionary_encode(), "u2"),
    ("actor", pa.array(["张三\u3000"]), "张三"),
    ("waybill", pa.array(["ｙｔ－１ 2"]), "YT12"),
    ("waybill", pa.array([123456789012]), "123456789012"),
    ("fields", pa.array([["a", "b"]]), ["a", "b"]),
    ("fields", pa.array([["a"]], pa.large_list(pa.large_string())), ["a"]),
    ("fields", pa.array(["a;b"]), ["a", "b"]),
    ("session", pa.array([float("nan")]), None),
    ("session", pa.array([""]), None),
    ("session", pa.array([None], pa.string()), None),
    ("session", pa.nulls(1), None),
    ("action", pa.array(["View"]), "view"),
]


@each(("column", "values", "expected"), GOOD)
def test_columns_may_come_in_several_types(tmp_path: Path, column: str, values: pa.Array, expected: Any) -> None:
    whole = read(access(tmp_path, **{column: values}), offset="+08:00")
    assert [r.get(column) for r in whole.rows] == [expected]
    assert whole.rejected == []


BAD: list[tuple[str, pa.Array, Reason]] = [
    ("at", pa.array([None], pa.timestamp("us")), Reason.EMPTY),
    ("at", pa.array([datetime(1970, 1, 1, tzinfo=UTC)]), Reason.TIME_OUT_OF_RANGE),
    ("actor", pa.array([None], pa.string()), Reason.EMPTY),
    ("actor", pa.array(["a\x00b"]), Reason.CONTROL_CHARACTER),
    ("actor", pa.array(["a\x85b"]), Reason.CONTROL_CHARACTER),
    ("actor", pa.array([b"\xff"]).view(pa.string()), Reason.UNDECODABLE),
    ("actor", pa.array([b"\xff"]).view(pa.string()).dictionary_encode(), Reason.UNDECODABLE),
    ("waybill", pa.array(["-"]), Reason.EMPTY),
    ("waybill", pa.array(["7.7123456E+13"]), Reason.ROUNDED_NUMBER),
]


@each(("column", "values", "reason"), BAD)
def test_bad_values_go_to_quarantine_with_their_row(
    tmp_path: Path, column: str, values: pa.Array, reason: Reason
) -> None:
    good = read(access(tmp_path)).table.column(column).combine_chunks()
    mixed = pa.concat_arrays([good.cast(values.type), values, good.cast(values.type)])
    whole = read(access(tmp_path, **{column: mixed}), batch_rows=2, keep=True)
    assert whole.rejected == [(2, column, reason)]
    assert whole.lines == [1, 3]
    (raw,) = whole.raws
    assert raw is None if reason is Reason.UNDECODABLE else str(raw).startswith("{")


TYPES: list[tuple[str, pa.Array]] = [
    ("at", pa.array([1704441600])),
    ("at", pa.array([True])),
    ("actor", pa.array([True])),
    ("actor", pa.array([1.5])),
    ("actor", pa.array([["a"]])),
    ("waybill", pa.array([2.0**53])),
    ("fields", pa.array([[b"\xff"]]).cast(pa.list_(pa.binary()))),
    ("actor", pa.array([b"a"])),
    ("waybill", pa.array([{"a": 1}])),
    ("action", pa.array([["a"]])),
    ("fields", pa.array([{"a": 1}])),
    ("fields", pa.array([[{"a": 1}]])),
]


@each(("column", "values"), TYPES)
def test_types_that_cannot_be_read_name_the_column(tmp_path: Path, column: str, values: pa.Array) -> None:
    path = access(tmp_path, **{column: values})
    with pytest.raises(StoreError, match="can't be read as") as caught:
        read(path)
    assert (caught.value.file, caught.value.key) == (path, column)


def test_a_nul_in_free_text(tmp_path: Path) -> None:
    columns = {"waybill": ["YT1"] * 2, "at": [NOON] * 2, "column": ["channel"] * 2, "value": ["a\tb", "a\0b"]}
    pq.write_table(pa.table(columns), tmp_path / "changes.parquet")
    whole = read(tmp_path / "changes.parquet")
    assert [r["value"] for r in whole.rows] == ["a\tb"]
    assert whole.rejected == [(2, "value", Reason.NUL_BYTE)]


def test_naive_times_are_said(tmp_path: Path) -> None:
    whole = read(access(tmp_path, at=pa.array([NAIVE], pa.timestamp("us"))))
    assert whole.notices[NoticeCode.TIMES_WITHOUT_OFFSET].values["assumed"] == 1


def test_a_file_without_rows(tmp_path: Path) -> None:
    whole = read(access(tmp_path, x=pa.array([], pa.string())))
    assert (whole.table.num_rows, whole.lines) == (0, [])


def test_unknown_and_missing_columns(tmp_path: Path) -> None:
    whole = read(access(tmp_path, x=[1], y=[2]))
    assert whole.notices[NoticeCode.UNKNOWN_COLUMNS].values == {"columns": 2}
    pq.write_table(pa.table({"at": [NOON], "waybill": ["YT1"]}), tmp_path / "accesses.parquet")
    with pytest.raises(StoreError, match="the file has at, waybill") as caught:
        read(tmp_path / "accesses.parquet")
    assert caught.value.key == "actor"


def test_rows_are_numbered_across_batches_and_row_groups(tmp_path: Path) -> None:
    table = pq.read_table(access(tmp_path, session=[f"s{n}" for n in range(1000)]))
    pq.write_table(table, tmp_path / "accesses.parquet", row_group_size=300)
    whole = read(tmp_path / "accesses.parquet", batch_rows=128)
    assert whole.lines == list(range(1, 1001))
    assert [r["session"] for r in whole.rows] == [f"s{n}" for n in range(1000)]


def test_wide_rows_make_small_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a thousandth of the bounds and of the rows' width."""
    assert _parquet._BATCH_BYTES == 256 << 20
    monkeypatch.setattr(_parquet, "_BATCH_BYTES", (256 << 20) // 1000)
    path = access(tmp_path, x=[f"{n:07}" * 150 for n in range(300)])
    assert len(read(path).batches) > 1


@pytest.mark.parametrize("content", [b"", b"PAR1", b"at,actor\n", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_what_is_no_parquet_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = put(tmp_path / "accesses.parquet", content)
    with pytest.raises(StoreError, match="Parquet") as caught:
        read(path)
    assert caught.value.file == path


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    data = access(tmp_path, session=[f"s{n}" for n in range(5000)]).read_bytes()
    for size in range(0, len(data), len(data) // 40):
        with pytest.raises(StoreError, match="Parquet"):
            read(put(tmp_path / "accesses.parquet", data[:size]))


def test_a_file_that_miscounts_itself_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda *_, **__: iter([]))
    with pytest.raises(StoreError, match="gives its number of rows as 1, and holds 0"):
        read(access(tmp_path))


def test_two_broken_texts_in_one_row_are_one_rejection(tmp_path: Path) -> None:
    broken = pa.array([b"\xff", b"a"]).view(pa.string())
    whole = read(access(tmp_path, actor=broken, session=broken))
    assert whole.rejected == [(1, "actor", Reason.UNDECODABLE)]
    assert whole.lines == [2]


def test_a_damaged_page_names_the_row(tmp_path: Path) -> None:
    table = pq.read_table(access(tmp_path, session=[f"s{n}" for n in range(5000)]))
    pq.write_table(table, tmp_path / "accesses.parquet", compression="zstd")
    data = bytearray((tmp_path / "accesses.parquet").read_bytes())
    data[40:4000] = b"\x55" * 3960
    with pytest.raises(StoreError, match="Parquet") as caught:
        read(put(tmp_path / "accesses.parquet", bytes(data)))
    assert caught.value.line == 1


def test_parts_of_a_file(tmp_path: Path) -> None:
    """Parts end where row groups do and hold all rows once; what isn't Parquet, or is damaged, is one part."""
    table = pa.table({"at": [NOON] * 1000, "actor": ["u"] * 1000, "waybill": [f"YT{n}" for n in range(1000)]})
    pq.write_table(table, tmp_path / "accesses.parquet", row_group_size=90)
    (file,) = open_source(tmp_path / "accesses.parquet").files
    options = ReadOptions(batch_rows=20)
    for rows, parts in ((1, 12), (200, 4), (950, 2), (1000, 1)):
        cuts = cut_file(file, options, rows)
        assert len(cuts) == parts
        assert [n for cut in cuts for n in cut or range(12)] == list(range(12))
    content = (tmp_path / "accesses.parquet").read_bytes()
    (tmp_path / "accesses.parquet").write_bytes(content[:-1])
    assert cut_file(file, options, 1) == (None,)
    (tmp_path / "accesses.csv").write_text("at,actor,waybill\n" * 99)
    assert cut_file(open_source(tmp_path / "accesses.csv").files[0], options, 1) == (None,)
