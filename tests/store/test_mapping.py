import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.docs.pages import DOCS
from tests.store.helpers import mapping_of, put, read
from tests.tables import each
from wayseal.store import load_mapping, open_source, read_batches
from wayseal.store.errors import StoreError
from wayseal.store.mapping import Format
from wayseal.store.types import NoticeCode, Reason

COLUMNS = '[columns]\nat = "t"\nactor = "u"\nwaybill = "w"\n'
FULL = """# a comment
wayseal = 1
table = "accesses"
format = "csv"
encoding = "GBK"
delimiter = "tab"
header = false
offset = "+08:00"
clean = false

[columns]
at = { columns = [1, 2], formats = ["%Y-%m-%d %H:%M:%S", "epoch_ms"] }
actor = 3
via = { constant = "gateway" }
action = { column = 5, values = { "查询" = "search", open = "view" } }

[columns.waybill]
column = "4"

[[drop]]
column = 6
equals = ["404", 403]

[[keep]]
column = 7
equals = "yes"
"""


def test_everything_that_a_mapping_can_say(tmp_path: Path) -> None:
    mapping = load_mapping(put(tmp_path / "m.toml", FULL))
    fields = {f.name: f for f in mapping.fields}
    assert (mapping.table, mapping.format, mapping.encoding, mapping.delimiter) == ("accesses", "csv", "gbk", "\t")
    assert (mapping.header, mapping.offset, mapping.clean) == (False, timedelta(hours=8), False)
    assert fields["at"].columns == ("1", "2")
    assert fields["at"].formats == ("%Y-%m-%d %H:%M:%S", "epoch_ms")
    assert (fields["via"].constant, fields["via"].columns) == ("gateway", ())
    assert fields["action"].values == {"查询": "search", "open": "view"}
    assert (fields["waybill"].columns, fields["at"].line) == (("4",), 12)
    assert [(f.column, sorted(f.equals), f.keep) for f in mapping.filters] == [
        ("6", ["403", "404"], False),
        ("7", ["yes"], True),
    ]
    rows = [
        "2024-01-05\t08:00:00\tu1\tyt-1\t查询\t200\tyes",
        "2024-01-05\t08:00:01\tu2\tyt-2\topen\t404\tyes",
        "2024-01-05\t08:00:02\tu3\tyt-3\topen\t200\tno",
        "2024-01-05\t08:00:03\tu4\tyt-4\tpoke\t 200\tyes",
    ]
    whole = read(put(tmp_path / "log.txt", "\n".join(rows).encode("gbk")), mapping=mapping)
    assert whole.lines == [1, 4]
    assert whole.dropped == 2
    assert [(r["at"], r["actor"], r["waybill"], r["via"], r.get("action")) for r in whole.rows] == [
        ("2024-01-05 00:00:00+00:00", "u1", "yt-1", "gateway", "search"),
        ("2024-01-05 00:00:03+00:00", "u4", "yt-4", "gateway", None),
    ]
    assert whole.notices[NoticeCode.TIMES_WITHOUT_OFFSET].values == {"column": "at", "offset": "+08:00", "assumed": 0}
    assert NoticeCode.ENCODING not in whole.notices


# what is written → line, key, part of the message
WRONG: list[tuple[str, int, str | None, str]] = [
    ('actor = "u"\nx = = 1', 2, None, "TOML"),
    ("a = 1\na = 2\n", 2, None, "TOML"),
    ("x = [" * 20, 1, None, "TOML"),
    ("", 1, "columns", "needs the section"),
    ("columns = 3", 1, "columns", "is written as [columns]"),
    ("wayseal = 2\n" + COLUMNS, 1, "wayseal", "version 1"),
    ('\ntabel = "accesses"\n' + COLUMNS, 2, "tabel", "not known"),
    ('table = "access"\n' + COLUMNS, 1, "table", "one of actors"),
    ("table = 1\n" + COLUMNS, 1, "table", "text"),
    ('format = "xml"\n' + COLUMNS, 1, "format", "one of csv"),
    ('encoding = "klingon"\n' + COLUMNS, 1, "encoding", "one of ascii"),
    ('encoding = "idna"\n' + COLUMNS, 1, "encoding", "one of ascii"),
    ('delimiter = ",,"\n' + COLUMNS, 1, "delimiter", "one character"),
    ('delimiter = "\\n"\n' + COLUMNS, 1, "delimiter", "one character"),
    ("header = 0\n" + COLUMNS, 1, "header", "the number of the line"),
    ('header = "x"\n' + COLUMNS, 1, "header", "the number of the line"),
    ('clean = "yes"\n' + COLUMNS, 1, "clean", "true or false"),
    ('offset = "Beijing"\n' + COLUMNS, 1, "offset", "offset"),
    ("header = false\n" + COLUMNS, 3, "columns.at", "its number"),
    (COLUMNS.replace('at = "t"\n', ""), 1, "columns.at", "needs this column"),
    (COLUMNS + 'user = "u"\n', 5, "columns.user", "not known"),
    (COLUMNS + "ip = true\n", 5, "columns.ip", "name of a column"),
    (COLUMNS + 'ip = ""\n', 5, "columns.ip", "name of a column"),
    (COLUMNS + 'ip = { column = "a", constant = "b" }\n', 5, "columns.ip", "one of column"),
    (COLUMNS + "ip = { }\n", 5, "columns.ip", "one of column"),
    (COLUMNS + 'ip = { column = "a", format = "iso" }\n', 5, "columns.ip.format", "only a time"),
    (COLUMNS + 'ip = { column = "a", path = "b" }\n', 5, "columns.ip.path", "not known"),
    (COLUMNS + "ip = { columns = [] }\n", 5, "columns.ip.columns", "list of column names"),
    (COLUMNS + 'ip = { columns = "a" }\n', 5, "columns.ip.columns", "list of column names"),
    (COLUMNS + "ip = { columns = [1.5] }\n", 5, "columns.ip.columns", "name of a column"),
    (COLUMNS + "ip = { constant = 1 }\n", 5, "columns.ip.constant", "text"),
    (COLUMNS + 'ip = { column = "a", values = ["b"] }\n', 5, "columns.ip.values", "words"),
    (COLUMNS + 'ip = { column = "a", values = { b = 1 } }\n', 5, "columns.ip.values.b", "needs a text in quotes"),
    (COLUMNS.replace('"w"', '{ constant = "w" }'), 4, "columns.waybill", "can't be the same"),
    (COLUMNS.replace('"t"', '{ column = "t", format = "%Q" }'), 2, "columns.at.format", "%Q"),
    (
        COLUMNS.replace('"t"', '{ column = "t", format = "iso", formats = ["iso"] }'),
        2,
        "columns.at.formats",
        "one of format",
    ),
    (COLUMNS.replace('"t"', '{ column = "t", formats = [] }'), 2, "columns.at.formats", "a list"),
    (COLUMNS.replace('"t"', '{ column = "t", format = 1 }'), 2, "columns.at.format", "needs a text in quotes"),
    ("drop = 1\n" + COLUMNS, 1, "drop", "[[drop]]"),
    (COLUMNS + "[[drop]]\ncolumn = 1\nequals = []\n", 7, "drop.equals", "needs at least one"),
    (
        COLUMNS + '[[drop]]\ncolumn = "x"\nequals = "y"\n[[drop]]\nequals = "z"\n',
        8,
        "drop.column",
        "this key is needed",
    ),
    (COLUMNS + '[[keep]]\ncolumn = "x"\nequals = 1.5\n', 7, "keep.equals", "a list"),
    (COLUMNS + '[[keep]]\ncolumn = "x"\nequal = "y"\n', 7, "keep.equal", "not known"),
]


@each(("text", "line", "key", "message"), WRONG)
def test_mistakes_are_named_by_line_and_key(
    tmp_path: Path, text: str, line: int, key: str | None, message: str
) -> None:
    path = put(tmp_path / "m.toml", text)
    with pytest.raises(StoreError) as caught:
        load_mapping(path)
    assert message in str(caught.value)
    assert (caught.value.file, caught.value.line, caught.value.key) == (path, line, key)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can't be read"):
        load_mapping(tmp_path / "none.toml")
    with pytest.raises(StoreError, match="UTF-8") as caught:
        load_mapping(put(tmp_path / "m.toml", b"# a\n\xff"))
    assert caught.value.line == 2


@given(st.text())
def test_any_text_is_a_mapping_or_a_clear_error(text: str) -> None:
    with pytest.raises(StoreError):
        mapping_of(text)


def test_json_paths_constants_and_types(tmp_path: Path) -> None:
    text = """format = "jsonl"
[columns]
at = { column = "ts", format = "epoch_ms" }
actor = "user.id"
waybill = "no"
action = { column = "ok", values = { true = "view" } }
fields = "shown"
purpose = { columns = ["a.b", "c"] }
[[drop]]
column = "bot"
equals = [true]
"""
    mapping = mapping_of(text)
    lines = [
        '{"ts":1704441600000,"user":{"id":7},"no":"yt 1","ok":true,"shown":["x"],"a.b":"p","c":"q","bot":false}',
        '{"ts":1704441600000,"user":{"id":7},"no":"yt 1","bot":true}',
        '{"ts":1704441600000,"user":"x","no":"yt 1"}',
        '{"ts":"soon","user":{"id":"8"},"no":"yt 1"}',
        '{"ts":null,"user":{"id":"8"},"no":"yt 1"}',
    ]
    whole = read(put(tmp_path / "log", "\n".join(lines)), mapping=mapping)
    assert whole.rows == [
        {
            "at": "2024-01-05 08:00:00+00:00",
            "actor": "7",
            "waybill": "YT1",
            "action": "view",
            "fields": ["x"],
            "purpose": "p q",
        }
    ]
    assert whole.rejected == [
        (3, "actor", Reason.EMPTY),
        (4, "at", Reason.NOT_A_TIME),
        (5, "at", Reason.EMPTY),
    ]
    assert whole.dropped == 1


def test_a_column_that_the_log_lacks(tmp_path: Path) -> None:
    mapping = mapping_of(COLUMNS)
    for name, content in (("log.csv", "t,u,x\n1,2,3\n"), ("log.jsonl", '{"t":1,"u":2,"x":3}\n')):
        path = put(tmp_path / name, content)
        with pytest.raises(StoreError, match="the file has t, u, x") as caught:
            read(path, mapping=mapping)
        assert (caught.value.file, caught.value.key) == (path, "w")


def test_without_a_delimiter_the_one_that_fits_is_taken(tmp_path: Path) -> None:
    mapping = mapping_of(COLUMNS)
    assert read(put(tmp_path / "log", "t|u|w\n2024-01-05 08:00Z|u1|1\n"), mapping=mapping).lines == [2]
    bare = mapping_of("header = false\n[columns]\nat = 1\nactor = 2\nwaybill = 3\n")
    assert read(put(tmp_path / "log", "2024-01-05 08:00Z,u1,1\n"), mapping=bare).lines == [1]


def test_a_folder_of_logs(tmp_path: Path) -> None:
    mapping = mapping_of('format = "csv"\n' + COLUMNS)
    for name in ("a.log", "b.log.1", "sub/c.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        put(tmp_path / name, "t,u,w\n2024-01-05 08:00Z,u1,1\n")
    put(tmp_path / "d.jsonl", "{}")
    put(tmp_path / ".hidden", "")
    source = open_source(tmp_path, mapping=mapping)
    assert [f.path.name for f in source.files] == ["a.log", "b.log.1", "c.csv"]
    assert {f.format for f in source.files} == {Format.CSV}
    assert [n.values for n in source.notices] == [{"files": 1}]
    rows = [b.rows.num_rows for f in source.files for b in read_batches(f, mapping=mapping)]
    assert rows == [1, 1, 1]


def test_other_tables_can_be_mapped(tmp_path: Path) -> None:
    mapping = mapping_of('table = "leaks"\n[columns]\nwaybill = "no"\nseen_at = "day"\n')
    whole = read(put(tmp_path / "bought.csv", "no,day\nYT1,2024-01-05\n"), mapping=mapping)
    assert whole.rows == [{"waybill": "YT1", "seen_at": "2024-01-05 00:00:00+00:00"}]


def test_parquet_logs_can_be_mapped(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"t": [1704441600], "u": [7], "w": ["yt1"], "s": [404]}), tmp_path / "log.parquet")
    text = COLUMNS.replace('"t"', '{ column = "t", format = "epoch_s" }')
    whole = read(tmp_path / "log.parquet", mapping=mapping_of(text))
    assert whole.rows == [{"at": "2024-01-05 08:00:00+00:00", "actor": "7", "waybill": "YT1"}]
    dropping = text + '[[drop]]\ncolumn = "s"\nequals = 404\n'
    assert read(tmp_path / "log.parquet", mapping=mapping_of(dropping)).dropped == 1
    wrong = COLUMNS.replace('"t"', '{ column = "t", formats = ["%Y-%m-%d", "iso"] }')
    assert read(tmp_path / "log.parquet", mapping=mapping_of(wrong)).lines == []


def test_the_edgar_log(shared_data: Path, tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(shared_data / "edgar" / "server_log.zip") as archive:
        archive.extract("rows.csv", tmp_path)
    text = """offset = "+00:00"
[columns]
at = { columns = ["date", "time"] }
actor = "ip"
waybill = "accession"
[[drop]]
column = "code"
equals = ["429.0", "403.0"]
"""
    whole = read(tmp_path / "rows.csv", mapping=mapping_of(text))
    assert whole.table.num_rows + whole.dropped == 174_856
    assert whole.rejected == []
    # Of the 2,499 addresses some have nothing but refused requests.
    assert whole.table.column("actor").unique().to_pylist()[0] == "104.197.32.ihd"
    assert whole.table["waybill"][0].as_py() == "000119312512324016"


CELLS = [
    ('{ column = "w", split = "、,；" }', ["SD1、sd-2", "SD3", "SD4,SD4；SD5", "", "、"],
     [(2, "SD1"), (2, "SD2"), (3, "SD3"), (4, "SD4"), (4, "SD5")], [(5, Reason.EMPTY), (6, Reason.NOT_A_WAYBILL)]),
    ('{ column = "w", split = "json" }', ['["SD1", "sd 2", 7312345678901]', "SD3", "[]", '["SD4", "张三"]', '["SD5"'],
     [(2, "SD1"), (2, "SD2"), (2, "7312345678901"), (3, "SD3"), (5, "SD4")],
     [(5, Reason.NOT_A_WAYBILL), (6, Reason.NOT_A_WAYBILL)]),
    ('{ column = "w", split = "json" }', ['["\\ud800", "SD1"]', '[["SD1"]]', '{"a": 1}', " [null, 1.5, true]"],
     [(5, "15")], [(n, Reason.NOT_A_WAYBILL) for n in (2, 3, 4, 5)]),
    ('{ columns = ["w", "v"], split = " " }', ["SD1", "SD2", ""],
     [(2, "SD1"), (2, "V0"), (3, "SD2"), (3, "V1"), (4, "V2")], []),
    ('{ column = "w", split = "/", values = { "x" = "SD9" } }', ["x/SD1"], [(2, "SD9"), (2, "SD1")], []),
]  # fmt: skip


@each(("waybill", "cells", "wanted", "rejected"), CELLS)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_several_numbers_in_one_cell(
    waybill: str, cells: list[str], wanted: list[tuple[int, str]], rejected: Any, form: str, tmp_path: Path
) -> None:
    """Each is a read, on the line of its row; they went to quarantine together."""
    rows = [["2026-03-04T00:00:00Z", "u1", cell, f"V{n}"] for n, cell in enumerate(cells)]
    path, first = tmp_path / f"a.{form}", 0 if form == "csv" else 1
    if form == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["t", "u", "w", "v"], *rows])
    else:
        pq.write_table(pa.table(dict(zip("tuwv", map(list, zip(*rows, strict=True)), strict=True))), path)
    mapping = mapping_of(COLUMNS.replace('"w"', waybill))
    whole = read(path, mapping=mapping, keep=True)
    found = [(n + first, r["waybill"]) for n, r in zip(whole.lines, whole.rows, strict=True)]
    assert found == wanted
    assert [(n + first, reason) for n, _, reason in whole.rejected] == rejected
    assert len(whole.raws) == len(rejected)
    assert whole.dropped == cells.count("[]")


@each(("rule", "kept"), [("matches = '(?i:health.*|bot)'", "ade"), ("equals = 'Bot'", "abdef")])
def test_rows_are_left_out_by_a_pattern(rule: str, kept: str, tmp_path: Path) -> None:
    agents = ["curl", "healthcheck/2", " Bot ", "robot", "", "HEALTH"]
    lines = "".join(
        f'2026-03-04T00:00:00Z,{name},YT1,"{agent}"\n' for name, agent in zip("abcdef", agents, strict=True)
    )
    log = put(tmp_path / "a.csv", "t,u,w,v\n" + lines)
    text = f"{COLUMNS}[[drop]]\ncolumn = 'v'\n{rule}\n"
    dropped = read(log, mapping=mapping_of(text))
    other = read(log, mapping=mapping_of(text.replace("drop", "keep")))
    assert "".join(r["actor"] for r in dropped.rows) == kept
    assert sorted(r["actor"] for r in (*dropped.rows, *other.rows)) == list("abcdef")


def test_a_mapping_that_says_nothing_new_keeps_the_digest_that_ledgers_hold() -> None:
    """With another one every file would be read again."""
    made = {name: load_mapping(DOCS / f"examples/{name}.toml").digest[:16] for name in ("access", "gateway", "pgaudit")}
    assert made == {"access": "7c7188c5e7f65679", "gateway": "47b8950fb81d095c", "pgaudit": "d34b464e0efb1416"}


SAYING = {
    "table": 'table = "leaks"',
    "format": 'format = "csv"',
    "encoding": 'encoding = "gbk"',
    "delimiter": 'delimiter = ";"',
    "clean": "clean = false",
    "drop": '[[drop]]\ncolumn = "s"\nequals = ["404", "403"]',
    "keep": '[[keep]]\ncolumn = "s"\nequals = ["404", "403"]',
}


def test_mappings_that_read_alike_have_one_digest() -> None:
    columns = ['waybill = "w"', 'at = "t"', 'seen_at = "t"', 'actor = "u"']

    def digest(top: str, end: str = "", first: int = 0, table: str = "accesses") -> str:
        names = {"leaks": ("waybill", "seen_at"), "accesses": ("waybill", "at", "actor")}[table]
        lines = [c for c in columns if c.split(" ")[0] in names]
        text = "\n".join([top, "[columns]", *lines[first:], *lines[:first], end])
        return load_mapping(Path(f"{first}.toml"), text).digest

    plain = digest("")
    assert digest('# a remark\n\noffset = "+08:00"', first=1) == plain
    made = {plain, digest("", SAYING["drop"].replace("404", "405"))}
    for key, text in SAYING.items():
        inside = (text, "") if "[[" not in text else ("", text)
        made.add(digest(*inside, table="leaks" if key == "table" else "accesses"))
    assert len(made) == 2 + len(SAYING)
    assert digest("", SAYING["drop"]) == digest("", SAYING["drop"].replace('"404", "403"', '"403", "404"'))
