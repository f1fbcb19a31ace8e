from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.helpers import put
from tests.store.logs.making import COMBINED, read
from tests.store.logs.test_pgaudit import why
from tests.tables import each
from wayseal.store.logs import parted, request_of
from wayseal.store.types import NoticeCode, Reason

TIME = "04/Mar/2026:11:02:31 +0800"


def hit(target: str, *, user: str = "u-17", status: int = 200, method: str = "GET", more: str = ' "-" "curl/8"') -> str:
    return f'10.1.2.3 - {user} [{TIME}] "{method} {target} HTTP/1.1" {status} 512{more}\n'


def test_a_request_becomes_a_read(tmp_path: Path) -> None:
    log = hit("/api/waybill/yt-1?sid=s9&x=2") + hit("/old/print/YT2", more="") + hit("/static/a.css")
    reads, asked = read(put(tmp_path / "access.log", log), COMBINED)
    assert reads.rows == [
        {
            "at": "2026-03-04 03:02:31+00:00", "actor": "u-17", "waybill": "YT1", "action": "view",
            "request": f"{TIME}#1", "ip": "10.1.2.3", "session": "s9",
        },
        {
            "at": "2026-03-04 03:02:31+00:00", "actor": "u-17", "waybill": "YT2", "action": "print",
            "request": f"{TIME}#2", "ip": "10.1.2.3",
        },
    ]  # fmt: skip
    assert (reads.lines, reads.dropped, asked.rows) == ([1, 2], 1, [])
    assert why(n for b in reads.batches for n in b.notices) == {"other-path": 1}


ASKED = [
    ("/api/search?from=%E6%9D%AD%E5%B7%9E&page=2", '{"origin_city":"杭州"}', {}),
    ("/api/search?from=%BA%BC%D6%DD", '{"origin_city":"杭州"}', {}),
    ("/api/search?from=杭州&from=b&n=5&size=20", '{"limit":20,"origin_city":["b","杭州"]}', {}),
    ("/api/search?since=2026-03-04T00:00Z&until=2026-03-05T00:00Z",
     '{"issued_from":"2026-03-04T00:00:00+00:00","issued_to":"2026-03-05T00:00:00+00:00"}', {}),
    ("/api/search?from=a&name=%E5%BC%A0%E4%B8%89", '{"origin_city":"a","unknown":true}', {"parameter": 1}),
    ("/api/search?from=a&since=soon&n=x", '{"origin_city":"a","unknown":true}', {"value": 1}),
    ("/api/search?from=13800138000", '{"unknown":true}', {"personal": 1}),
    ("/api/search?" + "&".join(f"a{n}=1" for n in range(1001)), '{"unknown":true}', {"unreadable": 1}),
    ("/api/search?from=", "{}", {}),
    ("/api/waybill/13800138000", '{"unknown":true}', {"personal": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("target", "predicate", "wider"), ASKED)
def test_what_a_request_asked_for(tmp_path: Path, target: str, predicate: str, wider: dict[str, int]) -> None:
    reads, asked = read(put(tmp_path / "access.log", hit(target)), COMBINED)
    assert reads.rows == []
    assert [r["filter"] for r in asked.rows] == [predicate]
    assert why(n for b in asked.batches for n in b.notices) == wider


def test_parameters_whose_values_cannot_be_used_are_named(tmp_path: Path) -> None:
    """Neither they nor the reason were."""
    _, asked = read(put(tmp_path / "access.log", hit("/api/search?from=13800138000&since=soon&until=x")), COMBINED)
    found = {str(n.values["why"]): n.values["names"] for b in asked.batches for n in b.notices if "why" in n.values}
    assert found == {"personal": "from", "value": "since, until"}


SECOND = '"2026-03-04T03:02:31+00:00"'
BOUNDS = [
    ('"epoch_s"', "1772593351", f'{{"issued_from":{SECOND}}}', {}),
    ('"epoch_ms"', "1772593351000", f'{{"issued_from":{SECOND}}}', {}),
    ('["%Y%m%d%H%M%S", "epoch_ms"]', "20260304110231", f'{{"issued_from":{SECOND}}}', {}),
    ('["%Y/%m/%d %H:%M", "iso"]', "2026-03-04T03:02:31Z", f'{{"issued_from":{SECOND}}}', {}),
    ('"epoch_s"', "1772593351000", '{"unknown":true}', {"value": 1}),
    ('"epoch_ms"', "1772593351", '{"unknown":true}', {"value": 1}),
    ('"epoch_s"', "2026-03-04", '{"unknown":true}', {"value": 1}),
    ('"epoch_s"', "9" * 400, '{"unknown":true}', {"value": 1}),
]


@each(("form", "since", "predicate", "wider"), BOUNDS)
def test_times_in_parameters_are_written_as_the_path_says(
    tmp_path: Path, form: str, since: str, predicate: str, wider: dict[str, int]
) -> None:
    text = COMBINED.replace('ignore = ["page", "sid"]', f"format = {form}")
    _, asked = read(put(tmp_path / "access.log", hit(f"/api/search?since={since}")), text, offset="+08:00")
    assert [r["filter"] for r in asked.rows] == [predicate]
    assert {k: n for k, n in why(n for b in asked.batches for n in b.notices).items() if k == "value"} == wider


def test_several_numbers_in_a_parameter(tmp_path: Path) -> None:
    reads, _ = read(put(tmp_path / "access.log", hit("/api/search?no=YT1,YT2&no=yt3&page=1")), COMBINED)
    assert [(r["waybill"], r["action"]) for r in reads.rows] == [
        ("YT1", "search"),
        ("YT2", "search"),
        ("YT3", "search"),
    ]
    assert reads.lines == [1, 1, 1]


def test_requests_that_show_nothing(tmp_path: Path) -> None:
    log = (
        hit("/api/waybill/YT1", status=403)
        + hit("/api/waybill/YT1", method="HEAD")
        + hit("/api/waybill/YT1", status=302)
    )
    log += f'10.1.2.3 - - [{TIME}] "-" 400 0 "-" "-"\n'
    reads, asked = read(put(tmp_path / "access.log", log), COMBINED)
    assert (reads.rows, asked.rows, reads.dropped) == ([], [], 4)
    assert why(n for b in reads.batches for n in b.notices) == {"status": 1, "redirected": 1, "method": 2}
    more = COMBINED.replace('format = "combined"', 'format = "combined"\nstatuses = ["200", "302"]\nmethods = "head"')
    assert read(tmp_path / "access.log", more)[0].dropped == 3


def test_what_the_browser_had_already_was_shown(tmp_path: Path) -> None:
    log = put(tmp_path / "access.log", hit("/api/waybill/YT1", status=304) + hit("/api/waybill/YT2", status=206))
    assert [r["waybill"] for r in read(log, COMBINED)[0].rows] == ["YT1", "YT2"]
    told = COMBINED.replace('format = "combined"', 'format = "combined"\nstatuses = "200"')
    assert read(log, told)[0].rows == []


DAMAGED = [
    ("no line at all", Reason.TOO_FEW_FIELDS),
    (f'10.1.2.3 - u [{TIME}] "GET /api/waybill/YT1 HT', Reason.UNTERMINATED_QUOTE),
    ("10.1.2.3 - u \0", Reason.NUL_BYTE),
    ("x" * 70_000, Reason.TOO_LONG),
]


@pytest.mark.parametrize(("line", "reason"), DAMAGED)
def test_a_damaged_line_is_named(tmp_path: Path, line: str, reason: Reason) -> None:
    path = put(tmp_path / "access.log", hit("/api/waybill/YT1") + line + "\n\n" + hit("/api/waybill/YT2"))
    reads, asked = read(path, COMBINED, keep=True, block_bytes=50)
    assert reads.rejected == [(2, "", reason)]
    assert reads.raws == [line]
    assert reads.lines == [1, 4]
    assert asked.rejected == []


def test_bytes_in_no_encoding_and_requests_without_a_path(tmp_path: Path) -> None:
    bad = hit("/api/waybill/YT1").encode() + b'10.1.2.3 - \xff [x] "GET\n' + f'h - u [{TIME}] "\\x16" 200 0\n'.encode()
    reads, _ = read(put(tmp_path / "access.log", bad), COMBINED)
    assert reads.rejected == [(2, "", Reason.UNDECODABLE)]
    assert reads.dropped == 1


def test_a_user_with_spaces_and_none(tmp_path: Path) -> None:
    log = hit("/api/waybill/YT1", user="Li Lei") + hit("/api/waybill/YT1", user="-")
    reads, _ = read(put(tmp_path / "access.log", log), COMBINED)
    assert [r["actor"] for r in reads.rows] == ["Li Lei"]
    assert reads.rejected == [(2, "actor", Reason.EMPTY)]
    mapping = COMBINED.replace("[columns]", '[columns]\nactor = { first_of = ["query.sid", "user", "client_ip"] }')
    reads, _ = read(tmp_path / "access.log", mapping)
    assert [r["actor"] for r in reads.rows] == ["Li Lei", "10.1.2.3"]


def test_a_folder_of_logs_and_an_empty_one(tmp_path: Path) -> None:
    from tests.store.logs.making import mapping
    from wayseal.store import open_source

    put(tmp_path / "access.log", hit("/api/waybill/YT1"))
    put(tmp_path / "access.log.1", "")
    source = open_source(tmp_path, mapping=mapping(COMBINED))
    assert [(f.path.name, f.table) for f in source.files] == [
        ("access.log", "accesses"), ("access.log", "queries"),
        ("access.log.1", "accesses"), ("access.log.1", "queries"),
    ]  # fmt: skip
    reads, _ = read(tmp_path / "access.log.1", COMBINED)
    assert (reads.rows, set(reads.notices)) == ([], {NoticeCode.EMPTY_FILE})


def test_urls() -> None:
    assert parted("/a%2Fb?x=1&y=&x=%E5%BC%A0#z") == ("/a/b", [("x", "1"), ("y", ""), ("x", "张")])
    assert parted("http://h/a?b=c") == ("/a", [("b", "c")])
    assert parted("//[x/a?b") == ("//[x/a", [("b", "")]) or parted("//[x/a?b")[1] == [("b", "")]
    assert parted("/%ff%fe%31")[0] == "/\ufffd\ufffd1"
    found = request_of(hit(r"/a?x=\x22\"\\").rstrip())
    assert found is not None
    assert found.target == '/a?x=%22"\\'


NOISE = st.sampled_from(
    [hit("/api/waybill/YT1"), hit("/api/search?from=a"), '"', "\\", "[", " ", "%", "?", "&", "\n", "\0", "GET /", "200"]
)


@given(st.lists(NOISE | st.text(max_size=4), max_size=12).map("".join), st.sampled_from([7, 1 << 16]))
def test_noise(tmp_path_factory: pytest.TempPathFactory, noise: str, block_bytes: int) -> None:
    path = put(tmp_path_factory.mktemp("fuzz") / "a.log", noise.encode("utf-8", "surrogatepass"))
    reads, asked = read(path, COMBINED, keep=True, block_bytes=block_bytes)
    told = set(reads.lines) | set(asked.lines) | {r[0] for r in reads.rejected}
    assert len(told) + reads.dropped <= path.read_bytes().count(b"\n") + path.read_bytes().count(b"\r") + 1


@given(st.text(max_size=30))
def test_any_target_is_parted(text: str) -> None:
    parted(text)
    request_of(hit(text).rstrip("\n"))
