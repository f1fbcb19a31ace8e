"""Problems and the API's description."""

from hypothesis import given
from hypothesis import strategies as st

from tests.server.world import World
from tests.tables import each
from wayseal.server._problems import ProblemError, field_errors, prefers_chinese
from wayseal.server._rules import WORDS, Rule
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
    assert told[:2] == [{"field": "body.?", "problem": "extra_forbidden"}, {"field": "", "problem": "missing"}]


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
