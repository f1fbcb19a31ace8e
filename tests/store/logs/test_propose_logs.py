"""Proposals for raw logs: recognised, loadable, and without a value out of the log."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.docs.pages import DOCS
from tests.store.helpers import mapping_of, put
from tests.store.logs.making import audit, read, record
from tests.store.logs.test_combined import hit
from tests.store.logs.test_ocsf import asks, event, url
from tests.tables import each
from wayseal.page.languages import translator
from wayseal.store import propose_mapping
from wayseal.store.errors import StoreError
from wayseal.store.mapping import Format

EXAMPLES = [("pgaudit.csv", Format.PGAUDIT), ("access.log", Format.COMBINED), ("events.jsonl", Format.OCSF)]


@pytest.mark.parametrize(("name", "form"), EXAMPLES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_examples_are_recognised_and_their_proposals_load(name: str, form: Format, lang: str) -> None:
    mapping = mapping_of(propose_mapping(DOCS / "examples" / name, translate=translator(lang)))
    assert mapping.format is form


def test_tables_columns_and_the_account(tmp_path: Path) -> None:
    log = record(
        audit("SELECT * FROM ops.orders o WHERE o.bill_code = 'x' AND o.cust_code = 'y' AND o.phone = $1 /* user=u */")
    )
    log += record(audit("SELECT 1 FROM other WHERE a = 1", number=2)) + record(audit("SELECT 'x", number=3)) * 2
    log += record(audit("SELECT FROM x", number=4), time="2026-03-04 11:02:31 CST") + record("started")
    packed = put(tmp_path / "pg.csv.gz", gzip.compress(log.encode()))
    text = propose_mapping(packed)
    settings = mapping_of(text).logs
    assert settings is not None
    (table,) = settings.tables
    assert table.name == "ops.orders"
    assert {c: m.key for c, m in table.columns.items()} == {"bill_code": "waybill", "cust_code": "customer"}
    assert "phone" in text
    assert 'offset = "+08:00"' in text
    assert '"comment.user", "user_name"' in text
    assert [r["actor"] for r in read(packed, text)[1].rows] == ["u", "clerk"]


PROGRAMS = ("psql", "DBeaver 23.1.0 - Main", "wms-service", "PostgreSQL JDBC Driver")
APPLICATIONS = [
    ([f"op{3100 + n}" for n in range(20)], "", ("application_name", "user_name")),
    ([f"wms-{n:02}" for n in range(16)], "", ()),
    ([*PROGRAMS, *(f"wms-service-{n}" for n in range(16))], "", ()),
    ([*PROGRAMS, *(f"job{n}" for n in range(100, 116))], "", ()),
    ([f"op{3100 + n}" for n in range(20)], " /* user=u{} */", ("comment.user", "application_name", "user_name")),
]


@each(("names", "comment", "wanted"), APPLICATIONS)
def test_a_program_is_no_account(names: list[str], comment: str, wanted: tuple[str, ...], tmp_path: Path) -> None:
    """Servers of one application, and clients, were drafted as accounts in front of the login."""
    text = "SELECT * FROM orders WHERE waybill_no = 'YT88000000{:05}'"
    log = "".join(
        record(audit(text.format(n) + comment.format(n % 9)), application=names[n % len(names)]) for n in range(160)
    )
    made = mapping_of(propose_mapping(put(tmp_path / "pg.csv", log)))
    (actor,) = (one for one in made.fields if one.name == "actor")
    assert actor.columns == (wanted or ("user_name",))


def test_paths_and_parameters(tmp_path: Path) -> None:
    log = hit("/api/waybill/YT1234567890123/print") * 3 + hit("/track?mailNo=YT1234567890123,YT1234567890124&lang=zh")
    log += hit("/u/张三/YT1234567890123") + hit("/api/13800138000") + "noise\n"
    text = propose_mapping(put(tmp_path / "access.log", log))
    reads, _ = read(tmp_path / "access.log", text)
    assert [r["waybill"][-3:] for r in reads.rows] == ["123", "123", "123", "123", "124", "123"]
    assert "lang" in text
    for value in ("张三", "138", "YT123"):
        assert value not in text


def test_a_server_that_knows_no_accounts(tmp_path: Path) -> None:
    """The account stands in a parameter, or the address stands in for it; else every row would be rejected."""
    log = "".join(
        hit(f"/q.do?no=YT123456789012{n}&opId=A{n}&t={n}", user="-", status=(200, 304, 302)[n % 3]) for n in range(6)
    )
    text = propose_mapping(put(tmp_path / "access.log", log))
    assert "200 (2), 302 (2), 304 (2)" in text
    reads, asked = read(tmp_path / "access.log", text)
    assert [(r["actor"], r["waybill"]) for r in reads.rows] == [(f"A{n}", f"YT123456789012{n}") for n in (0, 1, 3, 4)]
    assert asked.rows == []
    text = propose_mapping(put(tmp_path / "plain.log", hit("/w/YT1234567890123?t=1", user="-") * 3))
    assert 'actor = "client_ip"' in text
    assert [r["actor"] for r in read(tmp_path / "plain.log", text)[0].rows] == ["10.1.2.3"] * 3


def test_what_is_not_found_is_said(tmp_path: Path) -> None:
    assert "NOT FOUND" in propose_mapping(put(tmp_path / "pg.csv", record(audit("SELECT 1"))))
    assert "NOT FOUND" in propose_mapping(put(tmp_path / "a.log", hit("/x")))
    text = propose_mapping(put(tmp_path / "e.jsonl", event(**asks("SELECT 1"), resources=[{"type": "parcel"}, 1])))
    assert "Types seen: parcel" in text
    assert "NOT FOUND" in text
    text = propose_mapping(put(tmp_path / "f.jsonl", event(resources=[{"type": "waybill", "uid": "YT1234567890123"}])))
    assert 'resources = ["waybill"]' in text
    assert "[[paths]]" in propose_mapping(put(tmp_path / "g.jsonl", event(http_request=url("/w/YT1234567890123"))))


NOISE = st.sampled_from(
    [record(audit("SELECT x FROM t WHERE mail_no = '张三'")), hit("/a/YT1234567890123"), event(), "{", "\n", '"']
)


@given(st.lists(NOISE | st.text(max_size=4), max_size=8).map("".join))
def test_any_sample(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = put(tmp_path_factory.mktemp("fuzz") / "a.log", text.encode("utf-8", "surrogatepass"))
    said = ""
    try:
        said = propose_mapping(path, translate=translator("zh"))
    except StoreError as error:
        said = str(error)
    assert "张三" not in said
