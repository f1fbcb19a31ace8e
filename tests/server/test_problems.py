"""Problems and the API's description."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.server.world import World
from tests.tables import each
from wayseal.server._problems import WORDS, ProblemError, Rule, describe_errors, field_errors, prefers_chinese
from wayseal.server.scopes import ROUTES, SCOPES


@each(
    ("header", "chinese"),
    [
        ("zh", True),
        ("zh-CN", True),
        ("zh-Hans-CN,en;q=0.5", True),
        ("en,zh;q=0.9", False),
        ("en;q=0.1,zh;q=0.2", True),
        ("de, zh;q=0.3", True),
        ("ZH", True),
        ("zh;q=0", False),
        ("zh;q=x", False),
        ("zh;x=1", True),
        ("", False),
        (",;,;q", False),
        ("*", False),
    ],
)
def test_accept_language(header: str, chinese: bool) -> None:
    assert prefers_chinese([(b"accept-language", header.encode())]) is chinese


@given(st.binary(max_size=300))
def test_no_header_breaks_it(header: bytes) -> None:
    prefers_chinese([(b"accept-language", header), (b"x", b"y")])


def test_every_rule_has_words_in_both_languages() -> None:
    assert set(WORDS) == set(Rule)
    for rule in Rule:
        body = ProblemError(rule).body(chinese=True, request="r")
        assert body["type"] == f"urn:wayseal:rule:{rule}"
        assert 400 <= body["status"] < 600
        assert any("\u4e00" <= char <= "\u9fff" for char in body["title"] + body["detail_zh"])
        assert body["detail_en"].isascii()


def test_a_wait_is_in_whole_seconds_and_never_none() -> None:
    waits = [ProblemError(Rule.RATE, retry_after=wait).headers["Retry-After"] for wait in (0.001, 1.0, 1.2, 30.0)]
    assert waits == ["1", "1", "2", "30"]


def test_an_unknown_name_is_not_told_back() -> None:
    errors = [{"type": "extra_forbidden", "loc": ("body", "secret"), "input": "x"}, {"type": "missing", "loc": ()}] * 30
    told = field_errors(errors)
    assert len(told) == 20
    assert "secret" not in str(describe_errors(errors))
    assert told[:2] == [{"field": "body.?", "problem": "extra_forbidden"}, {"field": "", "problem": "missing"}]


PARCEL = {"waybill": "YT1", "values": {"goods": "x"}}
SCAN = {"waybill": "YT1", "at": "2026-03-02T08:00:00Z", "kind": "pickup", "outlet": "x"}


@each(
    ("path", "body", "cause"),
    [
        (
            "/v1/waybills",
            {"waybill": "A/B", "values": {"goods": "x"}},
            "waybill：运单号由 1 至 64 位字母",
        ),
        ("/v1/waybills", {"waybill": "../../etc", "values": {"goods": "x"}}, "waybill：运单号由"),
        ("/v1/waybills", {"waybill": "YT1", "values": {"goods": " "}}, "goods：须为 1 至 1000 个字符，不含控制字符"),
        ("/v1/waybills", {"waybill": "YT1", "values": {}}, "每件包裹至少需要一个字段"),
        ("/v1/waybills", {"waybill": "YT1"}, "body.values：缺失"),
        ("/v1/waybills", {"waybill": 5, "values": {"goods": 5}}, "body.waybill：应为文本"),
        ("/v1/waybills", {"waybill": "", "values": []}, "body.waybill：至少 1 个字符, body.values：应为对象"),
        ("/v1/waybills", {"waybill": "x" * 65, "values": {}}, "body.waybill：至多 64 个字符"),
        ("/v1/waybills", {"waybill": "YT1", "values": {"x": "y"}}, "body.values.?：此处没有这个名称"),
        ("/v1/waybills/batch", {"parcels": []}, "body.parcels：至少 1 项"),
        ("/v1/waybills/batch", {"parcels": [PARCEL, {**PARCEL, "waybill": "A/B"}]}, "parcels.1.waybill：运单号由"),
        ("/v1/scans", {"scans": [{**SCAN, "at": "today"}]}, "body.scans.0.at：应为 1970 至 2199 年间、带时区的时间"),
        ("/v1/scans", {"scans": [{**SCAN, "kind": "x"}]}, "body.scans.0.kind：只能是以下之一：pickup, arrive"),
        ("/v1/scans", {"scans": [{**SCAN, "at": "2190-01-01T00:00:00Z"}]}, "不在未来"),
        ("/v1/scans", {"scans": [SCAN] * 1001}, "body.scans：至多 1000 项"),
        ("/v1/scans", [], "body：应为对象"),
        ("/v1/scans", {"scans": 5}, "body.scans：应为列表"),
        (
            "/v1/disclose",
            {"asks": [{"waybill": "YT1", "purpose": " x", "reason": "x"}]},
            "不是 1 至 40 个可显示字符",
        ),
        ("/v1/find", {"phone": "none", "purpose": "deliver", "reason": "x"}, "phone：不是可以查找的号码"),
        ("/v1/approvals", {"purpose": "deliver", "most": 0}, "body.most：须大于 0"),
        ("/v1/approvals", {"purpose": "deliver", "most": "x"}, "body.most：应为整数"),
        ("/v1/approvals", {"purpose": "none", "most": 5}, "purpose：没有这个代码的用途"),
        ("/v1/approvals/x/approve", {}, "approval：没有这个编号的有效批准单"),
        ("/v1/actors/nobody/block", {}, "actor：名录中没有这个编号"),
        ("/v1/waybills/YT404/erase", {"why": "!"}, "body.why：含有此处不允许的字符"),
        ("/v1/waybills/YT404/erase", {}, "waybills：其中 1 个单号不在封缄库中"),
        ("/v1/policy", {"purposes": "x", "rules": "y"}, "这里不是 TOML"),
    ],
)
def test_what_is_not_valid_is_told_with_its_cause_in_chinese(shared: World, path: str, body: Any, cause: str) -> None:
    answer = shared.http.post(path, json=body, headers=shared.headers())
    assert answer.status_code == 422, answer.text
    told = answer.json()
    assert cause in told["detail_zh"], told["detail_zh"]
    assert told["detail_en"].isascii()
    assert "{" not in told["detail_zh"] + told["detail_en"]


def test_the_description_has_every_route_with_its_scope(shared: World) -> None:
    made = shared.http.get("/openapi.json").json()
    flows = made["components"]["securitySchemes"]["client"]["flows"]
    assert flows["clientCredentials"]["scopes"] == SCOPES
    for (method, path), scope in ROUTES.items():
        if path == "/openapi.json":
            continue
        operation = made["paths"][path.replace(":path", "")][method.lower()]
        assert operation["summary"]
        assert operation["security"] == ([] if scope is None else [{"client": [scope]}])
        if scope is not None:
            assert {"401", "403", "404", "405", "429", "503"} <= set(operation["responses"])
    assert "HTTPValidationError" not in made["components"]["schemas"]
