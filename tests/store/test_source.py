import gzip
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.helpers import put, read
from wayseal.store import open_source
from wayseal.store.errors import StoreError
from wayseal.store.mapping import Format
from wayseal.store.types import NoticeCode

ROW = "at,actor,waybill\n2024-01-05T08:00:00Z,u1,YT1\n"
OUTLETS = "outlet,kind,city,region\no1,hub,c,r\n"


def test_a_dataset_folder(tmp_path: Path) -> None:
    put(tmp_path / "dataset.json", '{"wayseal": 1}')
    put(tmp_path / "outlets.csv", OUTLETS)
    put(tmp_path / "notes.txt", "")
    put(tmp_path / "leaks.txt", "")
    (tmp_path / "accesses" / "day=1").mkdir(parents=True)
    put(tmp_path / "accesses" / "b.csv", ROW)
    put(tmp_path / "accesses" / "day=1" / "a.jsonl", "")
    put(tmp_path / "accesses" / "_SUCCESS", "")
    put(tmp_path / "accesses" / "readme", "")
    (tmp_path / "scans").mkdir()
    put(tmp_path / "scans" / "x.parquet", "")
    source = open_source(tmp_path, offset=timedelta(hours=8))
    assert [(f.path.name, f.table, f.format) for f in source.files] == [
        ("b.csv", "accesses", Format.CSV),
        ("a.jsonl", "accesses", Format.JSONL),
        ("outlets.csv", "outlets", Format.CSV),
        ("x.parquet", "scans", Format.PARQUET),
    ]
    assert source.size == len(ROW) + len(OUTLETS)
    assert source.tables == {"accesses", "outlets", "scans"}
    assert source.options.offset == timedelta(hours=8)
    assert [(n.code, n.values) for n in source.notices] == [(NoticeCode.OTHER_FILES, {"files": 3})]


def test_a_folder_with_nothing_to_say(tmp_path: Path) -> None:
    put(tmp_path / "accesses.csv", ROW)
    assert open_source(tmp_path).notices == ()


# name, content → table, format
FILES: list[tuple[str, bytes, str, Format]] = [
    ("accesses.csv", b"", "accesses", Format.CSV),
    ("scans.CSV", b"", "scans", Format.CSV),
    ("gateway.tsv", b"", "accesses", Format.CSV),
    ("gateway.log", b"a,b", "accesses", Format.CSV),
    ("gateway", b' {"a":1}', "accesses", Format.JSONL),
    ("gateway.json", b'\xef\xbb\xbf{"a":1}', "accesses", Format.JSONL),
    ("gateway.2", b"PAR1", "accesses", Format.PARQUET),
    ("leaks.jsonl.gz", gzip.compress(b"", mtime=0), "leaks", Format.JSONL),
    ("log.gz", gzip.compress(b'{"a":1}', mtime=0), "accesses", Format.JSONL),
    ("log.gz", gzip.compress(b"a", mtime=0), "accesses", Format.CSV),
]


@pytest.mark.parametrize(("name", "content", "table", "form"), FILES)
def test_a_single_file(tmp_path: Path, name: str, content: bytes, table: str, form: Format) -> None:
    (file,) = open_source(put(tmp_path / name, content)).files
    assert (file.table, file.format, file.gzipped) == (table, form, name.endswith(".gz"))


def test_the_table_can_be_named(tmp_path: Path) -> None:
    put(tmp_path / "bought.csv", OUTLETS)
    assert read(tmp_path / "bought.csv", table="outlets").rows == [
        {"outlet": "o1", "kind": "hub", "city": "c", "region": "r"}
    ]
    assert open_source(tmp_path, table="outlets").tables == {"outlets"}


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file"):
        open_source(tmp_path / "none")
    with pytest.raises(StoreError, match="no table"):
        open_source(tmp_path)
    with pytest.raises(StoreError, match="offset"):
        open_source(tmp_path, offset="noon")
    with pytest.raises(StoreError, match=r"no \.csv"):
        open_source(tmp_path, table="leaks")
    put(tmp_path / "log", gzip.compress(b"x", mtime=0))
    with pytest.raises(StoreError, match=r"\.gz"):
        open_source(tmp_path / "log")
    put(tmp_path / "bad.gz", b"\x1f\x8b bad")
    with pytest.raises(StoreError, match="can't be read"):
        open_source(tmp_path / "bad.gz")
    put(tmp_path / "accesses.parquet.gz", b"")
    with pytest.raises(StoreError, match="unpack"):
        open_source(tmp_path / "accesses.parquet.gz")


def test_an_empty_table_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "accesses").mkdir()
    with pytest.raises(StoreError, match=r"no \.csv"):
        open_source(tmp_path)


def test_a_table_in_two_places_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "accesses.csv", ROW)
    put(tmp_path / "accesses.parquet", "")
    with pytest.raises(StoreError, match="twice") as caught:
        open_source(tmp_path)
    assert caught.value.key == "accesses"


VERSIONS = [
    ('{"wayseal": 2}', "newer"),
    ('{"wayseal": 0}', "number"),
    ('{"wayseal": true}', "number"),
    ('{"wayseal": "1"}', "number"),
    ("{}", "number"),
    ("[]", "number"),
    ("{", "JSON"),
    ("[" * 100_000, "JSON"),
]


@pytest.mark.parametrize(("content", "message"), VERSIONS)
def test_other_versions_are_refused(tmp_path: Path, content: str, message: str) -> None:
    put(tmp_path / "accesses.csv", ROW)
    path = put(tmp_path / "dataset.json", content)
    with pytest.raises(StoreError, match=message) as caught:
        open_source(tmp_path)
    assert caught.value.file == path


def test_a_file_that_vanishes_is_named(tmp_path: Path) -> None:
    from wayseal.store import read_batches

    for name in ("accesses.csv", "accesses.jsonl"):
        (file,) = open_source(put(tmp_path / name, ROW)).files
        file.path.unlink()
        with pytest.raises(StoreError, match="can't be read") as caught:
            list(read_batches(file))
        assert caught.value.file == file.path
