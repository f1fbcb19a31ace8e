import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.helpers import put
from tests.store.logs.making import OCSF, read
from tests.store.logs.test_pgaudit import why
from wayseal.store.types import NoticeCode, Reason

BASE: dict[str, Any] = {
    "class_uid": 6003,
    "activity_id": 2,
    "time": 1772593351123,
    "status_id": 1,
    "actor": {"user": {"name": "u-17", "uid": "17"}, "session": {"uid": "s9"}},
    "src_endpoint": {"ip": "10.1.2.3"},
}
READ_AT = "2026-03-04 03:02:31.123000+00:00"


def event(**more: Any) -> str:
    return json.dumps({**BASE, **more}, ensure_ascii=False) + "\n"


def url(path: str, query: str = "") -> dict[str, Any]:
    return {"http_method": "GET", "url": {"path": path, "query_string": query}}


def asks(statement: str) -> dict[str, Any]:
    return {"class_uid": 6005, "activity_id": 4, "query_info": {"query_string": statement}}


READS: list[tuple[dict[str, Any], list[str], str | None]] = [
    ({"resources": [{"type": "waybill", "uid": "yt-1"}, {"type": "waybill", "name": "YT2"}]}, ["YT1", "YT2"], "api"),
    ({"resources": [{"type": "waybill", "uid": "YT1"}, {"type": "outlet", "uid": "o1"}, "x"]}, ["YT1"], "api"),
    ({"class_uid": 6001, "activity_id": 7, "web_resources": [{"type": "waybill", "uid": 73123456789012}]},
     ["73123456789012"], "export"),
    ({"class_uid": 6001, "http_request": url("/api/waybill/YT3")}, ["YT3"], None),
    ({"class_uid": 6001, "http_request": {"url": {"url_string": "https://h/api/waybill/YT3?x=1"}}}, ["YT3"], None),
    ({"class_uid": 6001, "http_request": {"url": "/api/waybill/YT3"}}, ["YT3"], None),
    (asks("SELECT * FROM waybill_main WHERE mail_no = 'YT4'"), ["YT4"], "view"),
    ({"http_request": url("/other"), "resources": [{"type": "waybill", "uid": "YT5"}]}, ["YT5"], "api"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "numbers", "action"), READS)
def test_events_that_name_waybills(
    tmp_path: Path, more: dict[str, Any], numbers: list[str], action: str | None
) -> None:
    reads, asked = read(put(tmp_path / "e.jsonl", event(**more)), OCSF)
    assert [r["waybill"] for r in reads.rows] == numbers
    row = reads.rows[0]
    assert row.get("action") == action
    assert (row["at"], row["actor"], row["session"], row["ip"]) == (READ_AT, "u-17", "s9", "10.1.2.3")
    assert asked.rows == []


def test_an_event_that_asks(tmp_path: Path) -> None:
    log = event(**asks("SELECT * FROM waybill_main WHERE from_site = 'a' AND name = '张三'"))
    log += event(resources=[{"type": "waybill", "uid": "13800138000"}])
    reads, asked = read(put(tmp_path / "e.jsonl", log), OCSF)
    assert reads.rows == []
    assert [r["filter"] for r in asked.rows] == ['{"origin_outlet":"a","unknown":true}', '{"unknown":true}']
    assert asked.rows[0]["request"] == "1772593351123#1"
    assert why(n for b in asked.batches for n in b.notices) == {"column": 1, "personal": 1}


NOTHING: list[tuple[dict[str, Any], str]] = [
    ({"class_uid": 3002}, "other-record"),
    ({"class_uid": "6003"}, "other-record"),
    ({"activity_id": 1}, "not-a-read"),
    ({"activity_id": True}, "not-a-read"),
    ({"status_id": 2}, "status"),
    ({"http_response": {"code": 404}}, "status"),
    ({"http_request": {"http_method": "DELETE"}}, "method"),
    ({"http_request": url("/other")}, "other-path"),
    ({"resources": {"type": "waybill"}}, "other-path"),
    (asks("SELECT 1"), "other-table"),
]


@pytest.mark.parametrize(("more", "reason"), NOTHING)
def test_events_that_show_no_waybill(tmp_path: Path, more: dict[str, Any], reason: str) -> None:
    reads, asked = read(put(tmp_path / "e.jsonl", event(**more)), OCSF)
    assert (reads.rows, asked.rows, reads.dropped) == ([], [], 1)
    assert why(n for b in reads.batches for n in b.notices) == {reason: 1}


def test_without_paths_or_resources(tmp_path: Path) -> None:
    only = 'format = "ocsf"\nresources = ["waybill"]\n[columns]\nactor = "actor.user.uid"\nrequest = "metadata.uid"\n'
    log = event(http_request=url("/api/waybill/YT1")) + event(
        resources=[{"type": "waybill", "uid": "YT1"}], metadata={"uid": "m"}
    )
    reads, _ = read(put(tmp_path / "e.jsonl", log), only)
    assert [(r["actor"], r["request"]) for r in reads.rows] == [("17", "m")]
    assert why(n for b in reads.batches for n in b.notices) == {"other-record": 1}


def test_damaged_lines(tmp_path: Path) -> None:
    log = "{\n\n[]\n" + event(resources=[{"type": "waybill", "uid": "YT1"}]) + '{"a":1,"a":2}\n'
    for keep in (False, True):
        reads, asked = read(put(tmp_path / "e.jsonl", log), OCSF, keep=keep, block_bytes=20)
        assert reads.rejected == [
            (1, "", Reason.NOT_JSON),
            (3, "", Reason.NOT_AN_OBJECT),
            (5, "", Reason.DUPLICATE_KEY),
        ]
        assert (reads.lines, asked.rejected) == ([4], [])
    assert reads.raws == ["{", "[]", '{"a":1,"a":2}']
    reads, _ = read(put(tmp_path / "empty.jsonl", ""), OCSF)
    assert set(reads.notices) == {NoticeCode.EMPTY_FILE}


def test_odd_values(tmp_path: Path) -> None:
    text = OCSF.replace("[[paths]]", '[columns]\nvia = "x"\ndevice = "y"\nactor = "z"\n[[paths]]')
    log = event(resources=[{"type": "waybill", "uid": "YT1"}], x=True, y={}, z="\ud800")
    reads, _ = read(put(tmp_path / "e.jsonl", json.dumps(json.loads(log)) + "\n"), text)
    assert reads.rejected == [(1, "actor", Reason.EMPTY)]


KEYS = st.sampled_from(
    ["class_uid", "activity_id", "http_request", "url", "path", "resources", "type", "uid", "query_info",
     "query_string", "status_id", "time", "actor", "user", "name", "http_response", "code"]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers(0, 9000) | st.text(max_size=5) | st.just(6005)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=6), max_size=4))
def test_any_events(tmp_path_factory: pytest.TempPathFactory, events: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps({"cloud": {}, "osint": 1} | e) + "\n" for e in events)
    # two keys more: an object with nothing but a list in it would be an export, whose records are the list's
    path = put(tmp_path_factory.mktemp("fuzz") / "e.jsonl", text)
    reads, asked = read(path, OCSF)
    told = set(reads.lines) | set(asked.lines) | {r[0] for r in reads.rejected + asked.rejected}
    assert len(told) + reads.dropped == len(events)
