# ruff: noqa: E501 (a case a line reads best)
"""Dumps of databases, JSON documents, lines inside the logs of containers, and what a file is said to be."""

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.helpers import mapping_of, put, read
from tests.tables import each
from wayseal.store import open_source, propose_mapping
from wayseal.store._dump import events
from wayseal.store._open_source import is_document, records
from wayseal.store.errors import StoreError
from wayseal.store.mapping import Format
from wayseal.store.recognise import recognise, shape_of
from wayseal.store.types import NoticeCode, Reason

MYSQL = r"""-- MySQL dump 10.13
/*!40103 SET TIME_ZONE='+00:00' */;
CREATE TABLE `site` (
  `code` varchar(16) NOT NULL,
  PRIMARY KEY (`code`)
) ENGINE=InnoDB;
INSERT INTO `site` VALUES ('S1'),(NULL);
CREATE TABLE `orders` (
  `mail_no` varchar(32) NOT NULL COMMENT 'a (b), c',
  `who` varchar(9),
  `seen` timestamp NULL,
  `made` datetime,
  KEY (`who`)
);
INSERT INTO `orders` VALUES ('YT1234567890001','it''s \\ \"q\" (a),(b); -- c','2026-03-04 11:02:31','2026-03-04 11:02:31'),
('YT1234567890002',NULL,NULL,0x4142),('YT1','a\nb\0',NULL,-1.5e3);
INSERT INTO `orders` (`who`,`mail_no`) VALUES ('x','YT3');
"""
POSTGRES = r"""-- PostgreSQL database dump
COPY ops.orders (mail_no, who, seen) FROM stdin;
YT1234567890001	it's \\ back\ttab\nnl \x41\101	2026-03-04 11:02:31.5+08
YT2	\N
\.
INSERT INTO public.site VALUES ('a\b''c', E'd\ne');
"""
MAPPING = 'table = "accesses"\nformat = "sql-dump"\nsheet = "orders"\n[columns]\nat = "seen"\nactor = { constant = "x" }\nwaybill = "mail_no"\n'


def rows(text: str, table: str) -> list[list[str | None] | None]:
    return [row for name, _, row in events(text.splitlines(keepends=True), lambda n: n == table) if row is not None]


def test_rows_of_dumps() -> None:
    assert rows(MYSQL, "orders") == [
        ["YT1234567890001", 'it\'s \\ "q" (a),(b); -- c', "2026-03-04 11:02:31+00:00", "2026-03-04 11:02:31"],
        ["YT1234567890002", None, None, "0x4142"],
        ["YT1", "a\nb\0", None, "-1.5e3"],
        ["x", "YT3"],
    ]
    assert rows(MYSQL, "site") == [["S1"], [None]]
    assert rows(POSTGRES, "ops.orders") == [
        ["YT1234567890001", "it's \\ back\ttab\nnl AA", "2026-03-04 11:02:31.5+08"],
        ["YT2", None],
    ]
    assert rows(POSTGRES, "public.site") == [["a\\b'c", "d\ne"]]


PG = "-- PostgreSQL database dump\n"


@each(
    ("text", "wanted"),
    [
        ("INSERT INTO t VALUES (1,'a')\nINSERT INTO t VALUES (2,'b')\nINSERT INTO t VALUES (3,'c')\n", ["1", "2", "3"]),
        (
            "INSERT INTO t VALUES (1,'a);\nINSERT INTO t VALUES (2,'b');\nINSERT INTO t VALUES (3,'c');\n",
            ["", "2", "3"],
        ),
        ("INSERT INTO t (id, `value`, x)\nVALUES (1, 'a', 'b'),\n       (2, 'c', 'd');\n", ["1", "2"]),
        ("INSERT INTO t (`id`,`重量(kg)`) VALUES (1,'a');\n", ["1"]),
        (PG + "INSERT INTO t (id, x) OVERRIDING SYSTEM VALUE VALUES (1, 'a');\n", ["1"]),
        (
            PG + "INSERT INTO t VALUES (1, 'x;\nINSERT INTO t VALUES (9);\n');\nINSERT INTO t VALUES (2, E'\\'\n');\n",
            ["1", "2"],
        ),
        (PG + "INSERT INTO n (a) VALUES ('x;\nINSERT INTO t VALUES (9);\n');\nINSERT INTO t VALUES (2);\n", ["2"]),
        (
            PG
            + "INSERT INTO n (a) VALUES ('a'),\n\t('x;\nINSERT INTO t VALUES (9);\n'),\n('it''s');\nINSERT INTO t VALUES (2);\n",
            ["2"],
        ),
        ("INSERT INTO t VALUES (1,'" + "of fifty signs, with a line break behind each one\n" * 20_000 + "');\n", ["1"]),
        ("INSERT INTO t VALUES " + "(\n" * 20_000, [""]),
    ],
)
def test_statements_end_where_they_end(text: str, wanted: list[str]) -> None:
    """Rows after a statement without ';', or after a damaged one, and those of other heads, were lost without a word;
    a value with INSERT on a line of its own put rows into a table; a value of 1 MB in lines took minutes."""
    assert [row[0] if row else "" for row in rows(text, "t") if row is not None] == wanted


LONG = [f"({n},'v{n}')" for n in range(1, 2001)]
PLAIN = [str(n) for n in range(1, 2001)]
MADE = "CREATE TABLE t (\n  a int,\n  b text\n);\n"


@each(
    "bad",
    ["(7,'v7'')", "(7,'v'7')", "(7,v7')", "(7,'v7)", "(7,''v7')", "(7,(7))", "7,'v7')", "(7,'v7')'", "(7,'v7') ("],
)
def test_one_damaged_row_costs_itself_alone(bad: str) -> None:
    """One quote too many cost the rest of its statement without a word."""
    damaged = [*PLAIN[:6], *(["7", ""] if bad.startswith("(7,'v7')") else ["", "8"]), *PLAIN[8:], "9"]
    for kind in ("", PG):
        for between in (",", ",\n", ", -- a note, it's short\n"):
            told = between.join([*LONG[:6], bad, *LONG[7:]])
            text = f"{kind}{MADE}INSERT INTO t VALUES {told};\n/* it */;\nINSERT INTO t VALUES (9,'x');\n"
            assert [row[0] if row else "" for row in rows(text, "t") if row is not None] == damaged, (kind, between)


@each(
    ("text", "wanted"),
    [
        ("INSERT INTO t VALUES (1,'a'a'),(2,'b'b'),(3,'c');\n", ["", "", "3"]),
        ("INSERT INTO t VALUES (1,'a'),(2,'b'b'),(3,'c'c');\nINSERT INTO t VALUES (4,'d');\n", ["1", "", "", "4"]),
        (
            PG + "".join(f"INSERT INTO t VALUES ({n}, 'x{chr(39) * (n == 2)}');\n" for n in range(1, 9)),
            [*"1", "", *"345678"],
        ),
        (
            PG
            + "INSERT INTO n (a) VALUES ('it's');\n"
            + "".join(f"INSERT INTO t VALUES ({n}, 'x');\n" for n in range(1, 9)),
            [*"12345678"],
        ),
        (
            PG
            + "INSERT INTO n (a) VALUES ('it's');\nCOPY t (a) FROM stdin;\n1\nit's\n\\.\nINSERT INTO t VALUES (2);\n",
            ["1", "it's", "2"],
        ),
        (
            "INSERT INTO t VALUES (1,'a')\nGO\nINSERT INTO t VALUES (2,'b'),\n\nGO\nINSERT INTO t VALUES (3,'c')",
            ["1", "2", "", "3"],
        ),
        ("INSERT INTO t VALUES (1,'a'); INSERT INTO t VALUES (2,'b');\n", ["1", "2"]),
        ("INSERT INTO t VALUES (1,'a'),(2,'b') ON DUPLICATE KEY UPDATE a=VALUES(a),(b);\n", ["1", "2"]),
    ],
)
def test_reading_goes_on_behind_damage(text: str, wanted: list[str]) -> None:
    assert [row[0] if row else "" for row in rows(text, "t") if row is not None] == wanted


def test_damage_in_every_row_takes_no_longer() -> None:
    told = rows("INSERT INTO t VALUES " + ",".join(["(1,'it's')", "(1,'x')"] * 40_000) + ";\n", "t")
    assert (len(told), told.count([])) == (80_000, 40_000)


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """Whoever wrote nothing into it was waited for, for ever."""
    os.mkfifo(tmp_path / "x.csv")
    writer = os.open(tmp_path / "x.csv", os.O_RDWR | os.O_NONBLOCK)
    os.write(writer, b"at,actor\n")
    try:
        for look in (recognise, open_source):
            with pytest.raises(StoreError, match="no file"):
                look(tmp_path / "x.csv")
    finally:
        os.close(writer)


def test_names_of_columns_come_from_the_first_row_that_can_be_read(tmp_path: Path) -> None:
    path = put(tmp_path / "d.sql", "INSERT INTO t VALUES (1,'a'a'),(2,'b'),(3,'c');\n")
    assert recognise(path).tables == {"t": ("1", "2")}


def test_a_table_is_read_by_its_name_and_no_row_is_lost(tmp_path: Path) -> None:
    for name, data in (
        ("d.sql", POSTGRES.encode()),
        ("d.sql.gz", gzip.compress(POSTGRES.encode())),
        ("d.dat", POSTGRES.encode()),
    ):
        path = put(tmp_path / name, data)
        whole = read(path, mapping=mapping_of(MAPPING))
        assert [r["at"] for r in whole.rows] == ["2026-03-04 03:02:31.500000+00:00"]
        assert whole.rejected == [(3, "", Reason.TOO_FEW_FIELDS)]
        assert open_source(path, mapping=mapping_of(MAPPING)).files[0].path.name == f"{name}#ops.orders"
    broken = MYSQL.replace("'YT1234567890002',NULL", "YT1'234',NULL")
    text = MAPPING.replace('at = "seen"', 'at = "made"')
    whole = read(put(tmp_path / "x.sql", broken), mapping=mapping_of(text), offset="+08:00")
    assert len(whole.rows) + len(whole.rejected) == 4
    assert (3, "", Reason.STRAY_QUOTE) in whole.rejected


def test_the_table_is_chosen_and_the_others_are_named(tmp_path: Path) -> None:
    path = put(tmp_path / "d.sql", MYSQL)
    source = open_source(path, table="outlets")
    assert source.files[0].path.name == "d.sql#site"
    assert [(n.code, n.values["names"]) for n in source.notices] == [(NoticeCode.OTHER_SHEETS, "orders")]
    assert recognise(path).tables == {"site": ("code",), "orders": ("mail_no", "who", "seen", "made")}
    with pytest.raises(StoreError, match="no such table; the dump has"):
        open_source(path, mapping=mapping_of(MAPPING.replace('"orders"', '"none"')))
    with pytest.raises(StoreError, match="holds no rows"):
        open_source(put(tmp_path / "e.sql", "-- MySQL dump\n"))


@given(st.lists(st.lists(st.one_of(st.none(), st.text()), min_size=2, max_size=2), max_size=5))
def test_what_mysqldump_escapes_comes_back(values: list[list[str | None]]) -> None:
    def quoted(value: str | None) -> str:
        if value is None:
            return "NULL"
        for plain, escaped in (
            ("\\", "\\\\"),
            ("'", "\\'"),
            ("\n", "\\n"),
            ("\r", "\\r"),
            ("\0", "\\0"),
            ("\x1a", "\\Z"),
        ):
            value = value.replace(plain, escaped)
        return f"'{value}'"

    told = ",".join(f"({','.join(map(quoted, row))})" for row in values)
    assert rows(f"INSERT INTO t VALUES {told};\n", "t") == (values if values else [])


ROWS = [
    {"at": f"2026-03-04T11:00:0{n}+08:00", "actor": "张", "waybill": f"YT123456789000{n}", "x": {"a": [1, "}]"]}}
    for n in range(5)
]
DOCUMENTS = {
    "list": json.dumps(ROWS),
    "indented": json.dumps(ROWS, indent=2, ensure_ascii=False),
    "around": json.dumps({"Records": ROWS}),
    "with scalars": json.dumps({"count": 5, "logs": ROWS, "next": None}, indent=1),
    "one after another": "\n".join(json.dumps(r, indent=2) for r in ROWS),
    "an object a line": "\n".join(map(json.dumps, ROWS)),
    "several": json.dumps({"records": ROWS[:2]}) + "\n" + json.dumps({"records": ROWS[2:]}),
    "marked": "\ufeff" + json.dumps(ROWS),
}


@each("kind", DOCUMENTS)
def test_documents_are_read_as_json_lines(kind: str, tmp_path: Path) -> None:
    for name, data in (("a.json", DOCUMENTS[kind].encode()), ("a.json.gz", gzip.compress(DOCUMENTS[kind].encode()))):
        whole = read(put(tmp_path / name, data))
        assert [r["waybill"] for r in whole.rows] == [r["waybill"] for r in ROWS]
        assert (whole.rejected, whole.lines) == ([], [1, 2, 3, 4, 5])
        assert whole.rows[0]["at"] == "2026-03-04 03:00:00+00:00"


HITS = {
    "took": 3,
    "_shards": {"all": "}]", "of": 2},
    "hits": {"max": [1, 2], "records": ROWS, "next": {"a": [{}]}},
    "x": [[]],
}
NESTED = {
    "a line": json.dumps(HITS),
    "indented": json.dumps(HITS, indent=2, ensure_ascii=False),
    "several": "".join(json.dumps({"code": 0, "hits": {"records": part}}) + "\n" for part in (ROWS[:2], ROWS[2:])),
}


@each("kind", NESTED)
def test_a_list_that_lies_deeper_is_found_by_its_path(kind: str, tmp_path: Path) -> None:
    """All of it was one record."""
    text = 'unwrap = "hits.records"\n[columns]\nat = "at"\nactor = "actor"\nwaybill = "waybill"\n'
    mapping = mapping_of(text)
    for name, data in (("a.json", NESTED[kind].encode()), ("a.json.gz", gzip.compress(NESTED[kind].encode()))):
        whole = read(put(tmp_path / name, data), mapping=mapping)
        assert [r["waybill"] for r in whole.rows] == [r["waybill"] for r in ROWS]
        assert (whole.rejected, whole.lines) == ([], [1, 2, 3, 4, 5])
    for end in (30, 3):
        with pytest.raises(StoreError, match="cut short, from record"):
            read(put(tmp_path / "b.json", NESTED[kind].rstrip()[:-end]), mapping=mapping)


def test_documents_that_are_cut_short_or_ambiguous(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cut short, from record 5 on"):
        read(put(tmp_path / "a.json", DOCUMENTS["list"][:-30]))
    with pytest.raises(StoreError, match="more than one list"):
        read(put(tmp_path / "b.json", json.dumps({"foo": ROWS, "bar": ROWS}, indent=1)))
    assert not is_document('{"at": 1, "items": [{"waybill": "x"}]}\n')
    assert not is_document("{\n\n[]\n")
    assert list(records([b'[{"a": "', "é".encode() + b'"}', b" , 7]"], Path("x"))) == ['{"a": "é"}\n'.encode(), b"7\n"]


def test_lines_inside_container_logs(tmp_path: Path) -> None:
    lines = [json.dumps(r, ensure_ascii=False) for r in ROWS[:2]]
    docker = json.dumps({"log": lines[0][:9], "stream": "stdout", "time": "x"}) + "\n"
    docker += json.dumps({"log": "other\n", "stream": "stderr", "time": "x"}) + "\n"
    docker += json.dumps({"log": lines[0][9:] + "\n", "stream": "stdout", "time": "x"}) + "\n"
    docker += json.dumps({"log": lines[1], "stream": "stdout", "time": "x"}) + "\n"
    cri = f"2026-03-04T03:02:31.123456789Z stdout P {lines[0][:9]}\n2026-03-04T03:02:31.1+08:00 stderr F other\n"
    cri += (
        f"2026-03-04T03:02:31.123456789Z stdout F {lines[0][9:]}\n2026-03-04T03:02:31.123456789Z stdout P {lines[1]}\n"
    )
    for text in (docker, cri):
        whole = read(put(tmp_path / "pod.jsonl", text))
        assert [r["waybill"][-1] for r in whole.rows] == ["0", "1"]
        assert whole.lines == [3, 5]
        assert whole.rejected == [(2, "", Reason.NOT_JSON)]
    shipped = "".join(json.dumps({"m": {"line": line}, "pod": "x"}) + "\n" for line in lines)
    made = mapping_of(
        'format = "jsonl"\nunwrap = "m.line"\n[columns]\nat = "at"\nactor = "actor"\nwaybill = "waybill"\n'
    )
    assert len(read(put(tmp_path / "s.jsonl", shipped), mapping=made).rows) == 2


LINE = '10.1.1.1 - u1 [04/Mar/2026:11:02:31 +0800] "GET /api/waybill/YT1234567890001 HTTP/1.1" 200 5 "-" "x"'
FILES: dict[str, tuple[str, Format | None, str]] = {
    "combined": (f"{LINE}\n" * 3, Format.COMBINED, ""),
    "sls": (json.dumps({"__time__": 1772593351, "content": LINE}) + "\n", Format.COMBINED, ""),
    "jsonl": (json.dumps({"a": 1}), Format.JSONL, ""),
    "syslog": ("Mar  4 11:02:31 host sshd[12]: Accepted YT1234567890123\n" * 3, None, "syslog"),
    "app": ("2026-03-04 11:02:31,123 INFO [main] c.Waybill - YT1234567890123, user=u1\n" * 3, None, "an application's log"),
    "slow": ("# Time: 2026-03-04T03:02:31Z\n# User@Host: a[a] @ h\nselect 1;\n", None, "MySQL's slow query log"),
    "custom": ("PGDMP\x01\x0e", None, "pg_restore"),
    "odd": ("u-17 查询 YT1234567890123 <ok> now\nfoo bar\nx\n", None, "a-9 文 a9 <a> a"),
    "numbers": ("YT1234567890123\nYT1234567890124\n", Format.CSV, ""),
    "table": ("at;actor;waybill\n2026-03-04 11:00:00;u 1;YT1\n", Format.CSV, ""),
}  # fmt: skip


@each("kind", FILES)
def test_what_a_file_is(kind: str, tmp_path: Path) -> None:
    text, form, told = FILES[kind]
    path = put(tmp_path / "some.log", text)
    found = recognise(path)
    assert found.format is form
    if form is None:
        with pytest.raises(StoreError) as caught:
            propose_mapping(path)
        assert told in str(caught.value)
        assert "123" not in str(caught.value)
    if kind == "sls":
        assert (found.unwrap, 'unwrap = "content"' in propose_mapping(path)) == ("content", True)


@given(st.text())
def test_a_shape_holds_no_value(line: str) -> None:
    assert not any(c.isalnum() and c not in "a9文" for c in shape_of(line))
