# ruff: noqa: E501 (a case a line reads best)
"""MySQL's general log, requests as JSON, and offsets that stand in the lines themselves."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.helpers import put
from tests.store.logs.making import TABLES, read
from tests.store.logs.test_combined import hit
from tests.tables import each
from wayseal.store import propose_mapping
from wayseal.store.logs import general_log_entries
from wayseal.store.logs._literals import Parts, UnreadableError, part
from wayseal.store.types import Reason

MYSQL = 'format = "mysql-general"\n[columns]\npurpose = "comment.why"\n' + TABLES.replace(
    "from_site", "`from_site`".strip("`")
)
REQUESTS = """
format = "json-requests"
[columns]
at = "time_local"
actor = { first_of = ["remote_user", "query.op"] }
[[paths]]
path = "/api/waybill/{waybill}"
[[paths]]
path = "/api/search"
query = { origin_city = "from" }
ignore = ["page", "op"]
"""
MARIADB = """/usr/sbin/mariadbd, Version: 11.8.9-MariaDB (Debian). started with:
Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock
Time\t\t    Id Command\tArgument
260304  3:02:06\t    13 Connect\tclerk@10.1.2.3 on ops using SSL/TLS
\t\t    13 Query\tselect * from waybill_main where mail_no = 'YT1234567890001' /* why=lost */
\t\t    13 Query\tselect mail_no,
  `phone`
from `ops`.`waybill_main` # all
where mail_no in ("YT1234567890001", 'YT123456789000\\2')
\t\t    13 Prepare\tselect * from waybill_main where mail_no = ?
260304 13:02:07\t    14 Connect\tAccess denied for user 'x'@'h'
\t\t    13 Execute\tselect * from waybill_main where mail_no = 'YT1234567890003'
\t\t    13 Query\tselect a from waybill_main where from_site = 'S1' limit 3, 5
\t\t    13 Query\tselect a from waybill_main /*!40001 SQL_NO_CACHE */ where mail_no = 'YT1'
\t\t    13 Change user\tboss@localhost on ops
\t\t    13 Query\tselect 1 from waybill_main where mail_no = 'YT1234567890004'
\t\t    99 Query\tselect 1 from waybill_main where mail_no = 'YT1234567890004'
\t\t    13 Quit\t
"""


@each("block_bytes", [1 << 20, 200, 20])
def test_a_general_log_of_mariadb(block_bytes: int, tmp_path: Path) -> None:
    reads, asked = read(put(tmp_path / "g.log", MARIADB), MYSQL, offset="+08:00", block_bytes=block_bytes)
    assert [
        (n, r["actor"], r["waybill"][-1], r["at"][11:19]) for n, r in zip(reads.lines, reads.rows, strict=True)
    ] == [
        (5, "clerk", "1", "19:02:06"),
        (6, "clerk", "1", "19:02:06"),
        (6, "clerk", "2", "19:02:06"),
        (12, "clerk", "3", "05:02:07"),
        (16, "boss", "4", "05:02:07"),
    ]
    assert (reads.rows[0]["purpose"], reads.rows[0]["ip"], reads.rows[0]["via"]) == ("lost", "10.1.2.3", "ops")
    assert [json.loads(r["filter"]) for r in asked.rows] == [
        {"origin_outlet": "S1", "limit": 5},
        {"unknown": True},
    ]
    assert reads.rejected == [(17, "actor", Reason.EMPTY)]


def test_a_long_line_that_is_almost_a_heading_costs_its_length() -> None:
    """One of 3 MB held a reader for hours: each `, Version: ` was tried with each sign after it."""
    data = b"260304 11:02:31\t   1 Query\tselect 1\n" + b", Version: x" * 250_000 + b"\n"
    assert [command for command, _ in general_log_entries(data)] == ["Query"]


def test_times_of_mysql_8_carry_their_offset(tmp_path: Path) -> None:
    log = "2026-03-04T11:02:31.123456+08:00\t   9 Connect\tu@h on d using Socket\n"
    log += "2026-03-04T03:02:31.123456Z\t    9 Query\tSELECT * FROM waybill_main WHERE mail_no = 'YT1234567890001'\n"
    log += "2026-03-04T11:02:31.123456+08:00\t    9 Query\tSELECT * FROM waybill_main WHERE mail_no = 'YT1234567890001'\nmore\0\n"
    reads, _ = read(put(tmp_path / "g.log", log), MYSQL)
    assert [r["at"] for r in reads.rows] == ["2026-03-04 03:02:31.123456+00:00"]
    assert reads.rejected == [(3, "", Reason.NUL_BYTE)]
    reads, _ = read(put(tmp_path / "cut.log", "its end\n" + log), MYSQL)
    assert reads.rejected[0] == (1, "", Reason.TOO_FEW_FIELDS)


def test_proposals_load(tmp_path: Path) -> None:
    text = propose_mapping(put(tmp_path / "g.log", MARIADB))
    assert 'offset = "+08:00"' in text
    assert len(read(tmp_path / "g.log", text)[0].rows) == 5
    lines = [
        {
            "time_iso8601": "2026-03-04T11:02:31+08:00",
            "remote_user": "",
            "http_x_user": "u1",
            "uri": "/q/YT1234567890001",
            "status": 200,
        }
    ]
    text = propose_mapping(put(tmp_path / "n.log", "\n".join(map(json.dumps, lines))))
    assert [r["actor"] for r in read(tmp_path / "n.log", text)[0].rows] == ["u1"]


REQUEST = {"time_local": "04/Mar/2026:11:02:31 +0800", "remote_user": "u1", "remote_addr": "10.1.1.1"}
CASES: dict[str, dict[str, object]] = {
    "line": {"request": "GET /api/waybill/YT1234567890001?x HTTP/1.1", "status": 200},
    "uri": {"request_method": "GET", "request_uri": "/api/waybill/YT1234567890001", "status": "200"},
    "cloud": {
        "httpRequest": {"requestMethod": "GET", "requestUrl": "https://x.cn/api/waybill/YT1234567890001", "status": 206}
    },
}


@each("kind", CASES)
def test_requests_as_json(kind: str, tmp_path: Path) -> None:
    reads, _ = read(put(tmp_path / "n.log", json.dumps(REQUEST | CASES[kind])), REQUESTS)
    assert [(r["waybill"], r["at"], r["actor"], r["ip"]) for r in reads.rows] == [
        ("YT1234567890001", "2026-03-04 03:02:31+00:00", "u1", "10.1.1.1")
    ]


def test_searches_refusals_and_bytes_of_nginx(tmp_path: Path) -> None:
    log = (
        json.dumps(
            REQUEST | {"remote_user": "-", "uri": "/api/search", "args": "from=%E6%9D%AD&page=2&op=u9", "status": 200}
        )
        + "\n"
    )
    log += json.dumps(REQUEST | CASES["line"] | {"status": 404}) + "\n" + json.dumps(REQUEST) + "\nnone\n"
    log += r'{"time_local":"04/Mar/2026:11:02:31 +0800","remote_user":"\xE5\xBC\xA0","request":"GET /api/waybill/YT1234567890002 HTTP/1.1"}'
    reads, asked = read(put(tmp_path / "n.log", log), REQUESTS)
    assert [(r["actor"], r["waybill"][-1]) for r in reads.rows] == [("张", "2")]
    assert [(r["actor"], json.loads(r["filter"])) for r in asked.rows] == [("u9", {"origin_city": "杭"})]
    assert (reads.rejected, reads.dropped) == ([(4, "", Reason.NOT_JSON)], 2)
    text = REQUESTS + '[request]\ntarget = "to"\nstatement = "sql"\ndialect = "mysql"\n[tables.t]\nwaybill = "no"\n'
    log = json.dumps(REQUEST | {"sql": "select * from `t` where `no` = 'YT1234567890001'"}) + "\n"
    assert len(read(put(tmp_path / "s.log", log + json.dumps(REQUEST | {"to": "/api/waybill/YT2"})), text)[0].rows) == 2


FORMS = {"time_local": "04/Mar/2026:11:02:31 +0800", "time_iso8601": "2026-03-04T11:02:31+08:00", "ts": "2026-03-04T11:02:31+0800",
         "at": "2026-03-04 11:02:31 +08:00", "msec": "1772593351.000", "@timestamp": "2026-03-04T03:02:31.000Z"}  # fmt: skip


@pytest.mark.parametrize("offset", [None, "+00:00", "-05:00"])
def test_an_offset_in_a_line_goes_before_any_other(offset: str | None, tmp_path: Path) -> None:
    for name, value in FORMS.items():
        text = REQUESTS.replace('at = "time_local"', f'at = "{name}"')
        line = json.dumps({"remote_user": "u1", name: value} | CASES["uri"])
        reads, _ = read(put(tmp_path / "n.log", line), text, offset=offset)
        assert [r["at"] for r in reads.rows] == ["2026-03-04 03:02:31+00:00"], name
    combined = '\nformat = "combined"\n[[paths]]\npath = "/api/waybill/{waybill}"\n'
    reads, _ = read(put(tmp_path / "c.log", hit("/api/waybill/YT1234567890001")), combined, offset=offset)
    assert reads.rows[0]["at"][11:16] == "03:02"


@given(st.text(alphabet="ab1 9'\"/*-`$eE\\.\n(,)=_", max_size=40), st.booleans())
def test_forms_of_statements_change_nothing(statement: str, mysql: bool) -> None:
    parts = Parts(mysql)
    for text in (statement, statement.replace("1", "22").replace("a", "b"), statement):
        try:
            wanted = part(text, mysql)
        except UnreadableError:
            with pytest.raises(UnreadableError):
                parts.part(text)
            continue
        assert parts.part(text) == wanted
