"""Footers of Parquet files walked over by ourselves, against Parquet's own parser (rules of `ledger._sorted`)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.ledger.helpers import load_manifest, put, read, write
from wayseal import ledger
from wayseal.ledger import LedgerError, _lookup, _sorted
from wayseal.ledger._layout import CATALOGUE_SCHEMA, NUMBERS_SCHEMA, PAIRS_SCHEMA, kept_schema
from wayseal.ledger._lookup import DICTIONARY_SCHEMA, READS, Finder
from wayseal.ledger._sorted import Footer, SortedWriter, UnreadableFooterError, open_sorted, read_footer
from wayseal.model.arrays import UInts

pytestmark = pytest.mark.kernels

SCHEMAS = (CATALOGUE_SCHEMA, PAIRS_SCHEMA, NUMBERS_SCHEMA, DICTIONARY_SCHEMA, kept_schema(READS))
DAYS = pa.schema([CATALOGUE_SCHEMA.field("waybill"), CATALOGUE_SCHEMA.field("day")])
KEYS = st.lists(st.integers(0, 2**64 - 1), max_size=60, unique=True).map(sorted)


def rows_of(schema: pa.Schema, keys: list[int]) -> pa.RecordBatch:
    """Rows with these keys, and something in every other column."""
    columns = []
    for field in schema:
        values: Any = keys if field.name == "waybill" else list(range(len(keys)))
        if pa.types.is_string(field.type):
            columns.append(pa.array([f"text {n}" for n in values]))
        elif pa.types.is_list(field.type):
            columns.append(pa.array([["a"] * (n % 3) for n in values], field.type))
        else:
            columns.append(pa.array(values, pa.uint64() if field.type == pa.uint64() else pa.int64()).cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def written(folder: Path, schema: pa.Schema, keys: list[int], group: int) -> Path:
    """A file of the ledger's with these keys."""
    (folder / "data/g000001").mkdir(parents=True)
    writer = SortedWriter(folder, "kind", "file", schema, 1, group=group)
    writer.write(rows_of(schema, keys))
    return folder / writer.close().path


def both(path: Path) -> list[Footer]:
    """A footer as the compiled walk has it and as the interpreter has."""
    with pytest.MonkeyPatch.context() as patched:
        out = []
        for compiled in (True, False):
            patched.setattr(_sorted, "compiler_loaded", lambda compiled=compiled: compiled)
            out.append(read_footer(path))
    return out


@examples(40)
@given(st.sampled_from(SCHEMAS), KEYS, st.integers(1, 9), st.data())
def test_a_footer_says_what_parquet_reads_in_it(
    tmp_path_factory: pytest.TempPathFactory, schema: pa.Schema, keys: list[int], group: int, data: st.DataObject
) -> None:
    """Rules 1 and 2: few and many row groups (their number is written in two ways), any choice of them."""
    path = written(tmp_path_factory.mktemp("f"), schema, keys, group)
    whole = pq.ParquetFile(path)
    about = [whole.metadata.row_group(g) for g in range(whole.num_row_groups)]
    for footer in both(path):
        assert footer.schema.equals(whole.schema_arrow)
        assert footer.rows.tolist() == [g.num_rows for g in about]
        bounds = [g.column(0).statistics for g in about] if schema.names[0] == "waybill" else []
        assert [(s.min, s.max) for s in bounds] == list(zip(footer.low.tolist(), footer.high.tolist(), strict=True))
    wanted = data.draw(st.lists(st.sampled_from(range(len(about))), unique=True)) if about else []
    columns = data.draw(st.lists(st.sampled_from(schema.names), unique=True))
    with pa.OSFile(str(path)) as file:
        reader = footer.reader(file, wanted)
        for columns_ in (None, columns):
            found = reader.read_row_groups(list(range(len(wanted))), columns=columns_)
            assert found.equals(whole.read_row_groups(wanted, columns=columns_))


@pytest.mark.parametrize("groups", [14, 15, 127, 128, 300])
def test_how_many_row_groups_there_are_is_written_in_three_ways(tmp_path: Path, groups: int) -> None:
    keys = list(range(0, 3 * groups, 3))
    path = written(tmp_path, CATALOGUE_SCHEMA, keys, 1)
    for footer in both(path):
        with pa.OSFile(str(path)) as file:
            found = footer.reader(file, range(groups)).read_row_groups(list(range(groups)))
        assert found["waybill"].to_pylist() == footer.low.tolist() == keys


def broken(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


CHANGES: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("nothing in it", lambda _: b""),
    ("shorter than its end", lambda b: b[-7:]),
    ("only its end", lambda b: b[-8:]),
    ("another magic", lambda b: b[:-1] + b"2"),
    ("longer than the file", lambda b: b[:-8] + len(b).to_bytes(4, "little") + b"PAR1"),
    ("shorter than it is", lambda b: b[:-8] + (9).to_bytes(4, "little") + b"PAR1"),
    ("begins too early", lambda b: b[:-8] + (int.from_bytes(b[-8:-4], "little") + 3).to_bytes(4, "little") + b"PAR1"),
    ("all zero", lambda b: b[: -8 - int.from_bytes(b[-8:-4], "little")] + bytes(len(b))[:200] + b"\xc8\0\0\0PAR1"),
    ("all ones", lambda b: b[:4] + b"\xff" * 200 + b"\xc8\0\0\0PAR1"),
    ("too deep", lambda b: b[:4] + b"\x19\x1c" + b"\x1c" * 200 + b"\xca\0\0\0PAR1"),
    ("a list longer than all", lambda b: b[:4] + b"\x49\xfc\xff\xff\x7f" + b"\5\0\0\0PAR1"),
    ("two lists of row groups", lambda b: b[:4] + b"\x49\x0c\x05\x08\x0c\0" + b"\6\0\0\0PAR1"),
]


@pytest.mark.parametrize("change", [c for _, c in CHANGES], ids=[name for name, _ in CHANGES])
def test_what_is_no_footer_is_refused(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    """Rule 3; a ledger names the file."""
    put(write(tmp_path, "accesses", [read(n, "u-1", f"YT{n}") for n in range(9)]), tmp_path / "L")
    manifest = load_manifest(tmp_path / "L")
    entry = next(f for f in manifest.files if f.kind == "catalogue")
    path = tmp_path / "L" / entry.path
    size = path.stat().st_size
    broken(path, change)
    with pytest.raises((ValueError, OSError, pa.ArrowException)):
        both(path)
    with pytest.raises(LedgerError, match="cut short or changed" if path.stat().st_size != size else "damaged") as said:
        open_sorted(tmp_path / "L", entry)
    assert str(said.value).startswith(str(path))


def test_bounds_that_do_not_stand_there_are_missed(tmp_path: Path) -> None:
    """Without bounds a row group would be passed over in silence."""
    rows = pa.Table.from_batches([rows_of(CATALOGUE_SCHEMA, [1, 2, 3])])
    for number, (table, statistics) in enumerate(
        ((rows, False), (rows.select(["word", "waybill", "day"]), True), (rows.cast(CATALOGUE_SCHEMA), True))
    ):
        path = tmp_path / f"{number}.parquet"
        pq.write_table(table, path, store_schema=False, write_statistics=statistics)
        if number < 2:
            with pytest.raises(UnreadableFooterError):
                read_footer(path)
        else:
            assert read_footer(path).high.tolist() == [3]


@pytest.mark.parametrize(
    ("raw", "found"),
    [(b"\x05", (5, 1)), (b"\x80\x01", (128, 2)), (b"", (0, 1)), (b"\xff\xff", (0, 3)), (b"\x80" * 12, (0, 13))],
)
def test_a_number_that_does_not_end_is_none(raw: bytes, found: tuple[int, int]) -> None:
    assert tuple(_sorted.read_number(raw, len(raw), 0)) == found


@examples(400, quick=80)
@given(st.data())
def test_whatever_is_changed_in_a_footer_both_walks_agree(data: st.DataObject) -> None:
    """Rule 3: neither leaves the footer, and neither runs for ever."""
    raw = bytearray(FOOTER)
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    given_ = bytes(raw[: data.draw(st.sampled_from([len(raw), len(raw) - 1, len(raw) // 2]))])
    answers = []
    for walk in (_sorted.walk_footer, _sorted._walk_plainly):
        starts, rows, seen = np.zeros((3, len(given_) // 16 + 2), np.int64)
        bounds = np.zeros((len(rows), 2), np.uint64)
        found = walk(given_, len(given_), starts, rows, bounds, seen)
        answers.append([*found, starts.tolist(), rows.tolist(), bounds.tolist(), seen.tolist()])
        assert starts.max() <= len(given_)
    assert answers[0] == answers[1]


def _footer_bytes() -> bytes:
    out = pa.BufferOutputStream()
    rows = pa.Table.from_batches([rows_of(CATALOGUE_SCHEMA, list(range(20)))])
    pq.write_table(rows, out, row_group_size=1, store_schema=False, write_statistics=["waybill"])
    whole: bytes = out.getvalue().to_pybytes()
    return whole[-8 - int.from_bytes(whole[-8:-4], "little") : -8]


FOOTER = _footer_bytes()


def test_threads_share_what_was_opened_and_answers_to_few_keys(tmp_path: Path) -> None:
    rows = [read(n, f"u-{n % 7}", f"YT{n}") for n in range(600)]
    put(write(tmp_path, "accesses", rows), tmp_path / "L")
    finder = Finder(tmp_path / "L", load_manifest(tmp_path / "L"))
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        keys = np.sort(snapshot.keys([f"YT{n}" for n in range(600)]))
    together = threading.Barrier(8)

    def ask(turn: int) -> list[Any]:
        together.wait()
        mine = keys[turn::8]
        return [
            finder.files("catalogue")[0],
            *(finder.rows("catalogue", mine[n : n + 1], CATALOGUE_SCHEMA) for n in range(9)),
        ]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert len({id(files) for files, *_ in answers}) == 1
    for turn, (_, *found) in enumerate(answers):
        assert [batch["waybill"].to_pylist() for batch in found] == [[int(k)] for k in keys[turn::8][:9]]
    one, many = keys[:1], keys[:400]
    assert finder.rows("catalogue", one, CATALOGUE_SCHEMA) is finder.rows("catalogue", one, CATALOGUE_SCHEMA)
    assert finder.rows("catalogue", many, CATALOGUE_SCHEMA) is not finder.rows("catalogue", many, CATALOGUE_SCHEMA)
    assert finder.rows("catalogue", one, DAYS).schema.names == ["waybill", "day"]


def test_answers_that_are_kept_are_few_and_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(write(tmp_path, "accesses", [read(n, "u-1", f"YT{n}") for n in range(9)]), tmp_path / "L")
    finder = Finder(tmp_path / "L", load_manifest(tmp_path / "L"))
    keys = finder.whole("catalogue", CATALOGUE_SCHEMA)["waybill"].to_numpy()
    monkeypatch.setattr(_lookup, "_ANSWERS", 2)

    def ask(place: int) -> pa.RecordBatch:
        return finder.rows("catalogue", keys[place : place + 1], CATALOGUE_SCHEMA)

    zero, one = ask(0), ask(1)
    assert ask(0) is zero
    ask(2)
    assert ask(0) is zero  # it was asked for later than the other
    assert ask(1) is not one
    assert ask(1).equals(one)
    monkeypatch.setattr(_lookup, "_ANSWER", 1)
    assert ask(5) is not ask(5)


def test_a_file_that_is_gone_is_missing_when_it_is_read(tmp_path: Path) -> None:
    put(write(tmp_path, "accesses", [read(1, "u-1", "YT1")]), tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        keys: UInts = snapshot.keys(["YT1"])
        assert snapshot.find(keys).num_rows == 1
        for entry in snapshot.manifest.files:
            if entry.kind == "accesses":
                (tmp_path / "L" / entry.path).unlink()
        with pytest.raises(LedgerError, match="missing"):
            snapshot.reads(keys)


@pytest.mark.parametrize("kept", [0, 1 << 18])
def test_names_out_of_small_and_large_dictionaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    monkeypatch.setattr(_lookup, "KEPT", kept)
    for part in range(2):
        rows = [read(n, f"u-{n}", f"YT{n}") for n in range(part * 40, part * 40 + 50)]
        put(write(tmp_path / str(part), "accesses", rows), tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        wanted = ["u-3", "u-77", "nobody", "u-3", ""]
        keys = snapshot.keys(wanted)
        assert snapshot.names("actor", keys) == ["u-3", "u-77", "", "u-3", ""]
        assert snapshot.names("actor", snapshot.keys(["nobody"])) == [""]
        assert snapshot.names("device", keys) == [""] * 5
