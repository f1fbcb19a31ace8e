"""The fast path and the framework's: the same answers, and the same questions to the vault."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import Body, Depends, FastAPI, Header, Path, Query, Request, Response
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.server.world import ISSUER, NUMBER, Http, World, world
from tests.tables import each
from wayseal.server._async_vault import AsyncVault, LocalDiscloser
from wayseal.server._metrics import Metrics
from wayseal.server._middleware import RunningRequests
from wayseal.server._schemas import DiscloseBody
from wayseal.server.app import FAST_ROUTES, FastPath, RequestLimits, _Endpoint, create_app
from wayseal.service.log import make_log
from wayseal.vault.errors import BusyError

ONE = f"/v1/waybills/{NUMBER}/disclose"
MANY = "/v1/disclose"
WHY = {"purpose": "deliver", "reason": "route 12"}
PATIENT = RequestLimits(answer_seconds=300)
ASK = {**WHY, "waybill": NUMBER}
OWN = re.compile(r'("(?:seq|leaf|until|request)":)(?:"[^"]*"|[0-9]+)')
"""What differs from one request to the next."""
Ask = tuple[str, str, bytes, list[tuple[bytes, bytes]]]
"""Method, address, body and headers beside the token's and the media type's."""


@dataclass
class Way:
    """One of the two: asked: what came to its vault."""

    http: Http
    async_vault: AsyncVault
    asked: list[Any] = field(default_factory=list)

    def answer(self, ask: Ask, token: str) -> tuple[httpx.Response, list[Any]]:
        method, address, body, more = ask
        headers = [(b"authorization", token.encode()), *more]
        if not any(name.lower() == b"content-type" for name, _ in more):
            headers.append((b"content-type", b"application/json"))
        self.asked.clear()
        answer = self.http.request(method, address, content=body, headers=headers)
        return answer, list(self.asked)


@dataclass
class Both:
    """Two ways to one vault."""

    short: Way
    long: Way
    token: str
    passed: list[int]
    """Requests that came to the framework behind the fast path."""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with world(tmp_path_factory.mktemp("both"), PATIENT) as made:
        made.seal()
        made.arrive()
        token = made.headers(actor="courier-1")["Authorization"]
        long = create_app(
            made.vault,
            LocalDiscloser(made.committer),
            keyring=made.ring,
            issuer=ISSUER,
            limits=PATIENT,
            metrics=Metrics(),
            log=make_log(io.StringIO()),
            running=RunningRequests(1000),
            fast_path=False,
        )
        http = Http(long.asgi)
        ways = Way(made.http, made.async_vault), Way(http, long.async_vault)
        for way in ways:
            listen(way)
        passed = [0]
        count(made, passed)
        yield Both(*ways, token, passed)
        http.close()
        long.async_vault.close()


def listen(way: Way) -> None:
    """Notes what comes to the vault, and lets it pass."""
    disclose = way.async_vault.disclose

    async def noted(caller: Any, asks: Any, *, key: str | None, approval: str | None) -> Any:
        way.asked.append((caller.client, caller.actor, caller.ip, asks, key, approval))
        return await disclose(caller, asks, key=key, approval=approval)

    way.async_vault.disclose = noted  # type: ignore[method-assign]


def count(made: World, passed: list[int]) -> None:
    """Counts what the fast path hands on to the framework."""
    fast_path = made.app._app._app
    assert isinstance(fast_path, FastPath)
    framework = fast_path._app

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        passed[0] += 1
        await framework(scope, receive, send)

    fast_path._app = counted


def same(both: Both, ask: Ask) -> tuple[httpx.Response, bool]:
    """The answer, once both paths have given the same; and whether the fast path was taken."""
    both.passed[0] = 0
    short, asked = both.short.answer(ask, both.token)
    was_short = not both.passed[0]
    long, asked_long = both.long.answer(ask, both.token)
    assert short.status_code == long.status_code < 500, (ask, short.text, long.text)
    assert headers(short) == headers(long)
    assert plain(short) == plain(long)
    assert asked == asked_long
    return short, was_short


def headers(answer: httpx.Response) -> list[tuple[str, str]]:
    return [one for one in answer.headers.multi_items() if one[0] not in ("x-request-id", "content-length")]


def plain(answer: httpx.Response) -> str:
    """A body without what differs each time."""
    return OWN.sub(r"\1", answer.text)


def one(body: Any, *more: tuple[bytes, bytes]) -> Ask:
    return "POST", ONE, body if isinstance(body, bytes) else json.dumps(body).encode(), list(more)


def many(body: Any) -> Ask:
    return "POST", MANY, body if isinstance(body, bytes) else json.dumps(body).encode(), []


def key(value: bytes) -> tuple[bytes, bytes]:
    return b"Idempotency-Key", value


GOOD = [
    one(WHY),
    one({**WHY, "fields": None, "approval": None}),
    one({**WHY, "fields": ["recipient_name", "recipient_name"]}),
    one({**WHY, "fields": ["sender_phone"]}),
    one({**WHY, "approval": "none"}),
    one({**WHY, "reason": "送到门卫 🛵 \u2028\x00"}),
    one({"reason": "x" * 200, "purpose": "y" * 40}),
    one(json.dumps(WHY, ensure_ascii=False, indent=3).encode() + b"\r\n\t "),
    one(b'{"purpose": "deliver", "reason": "\\u0061\\/\\ud83d\\udef5"}'),
    one(WHY, key(b"k-1")),
    one(WHY, key(b"!~" * 64), (b"X-Other", b"1"), (b"X-Other", b"2")),
    one(WHY, (b"Content-Type", b"Application/JSON ; charset=utf-16")),
    ("POST", f"{ONE}?waybill=x&key=y&body=z", json.dumps(WHY).encode(), []),
    ("POST", "/v1/waybills/YT9999999999999/disclose", json.dumps(WHY).encode(), []),
    ("POST", "/v1/waybills/%59T1234567890123/disclose", json.dumps(WHY).encode(), []),
    ("POST", "/v1/waybills/%E5%8D%95%20%00%0A+%25%3F/disclose", json.dumps(WHY).encode(), []),
    ("POST", "/v1/waybills/%FF/disclose", json.dumps(WHY).encode(), []),
    ("POST", f"/v1/waybills/{'x' * 64}/disclose", json.dumps(WHY).encode(), []),
    ("POST", "/v1/waybills/disclose/disclose", json.dumps(WHY).encode(), []),
    ("POST", "/v1/waybills/{waybill}/disclose", json.dumps(WHY).encode(), []),
    ("POST", f"{ONE}%0A", json.dumps(WHY).encode(), []),
    many({"asks": [ASK]}),
    many({"asks": [ASK, {**ASK, "waybill": "YT2"}, {**ASK, "fields": ["recipient_name"]}], "approval": None}),
    many({"asks": [ASK] * 1000}),
]
"""Requests that are right, whatever the vault says of them: with a NUL in a reason it says 422."""
WRONG_BODIES: list[bytes] = [
    b"",
    b" ",
    b"null",
    b"true",
    b"5",
    b'"x"',
    b"[]",
    b"[{}]",
    b"{}",
    b"{",
    b'{"purpose": "deliver", "reason": "x"',
    b'{"purpose": "deliver", "reason": "x",}',
    b'{"purpose": "deliver", "reason": "x"} x',
    b'{"purpose": "deliver", "reason": "x"}\x0c',
    b'{"purpose": "deliver", "reason": "x\n"}',
    b"{'purpose': 'deliver', 'reason': 'x'}",
    b'{"purpose": "deliver", "reason": NaN}',
    b'{"purpose": "deliver", "reason": -Infinity}',
    b'{"purpose": "deliver", "reason": -NaN}',
    b'{"purpose": "deliver", "reason": "x", "reason": "x"}',
    b'{"purpose": "deliver", "reason": "x", "\\u0072eason": "x"}',
    b'{"reason": NaN, "reason": Infinity, "reason": 1e999, "reason": "a", "purpose": "deliver"}',
    b'{"purpose": "deliver", "reason": 01, "reason": "x"}',
    b'{"purpose": "deliver", "reason": ' + b"9" * 4000 + b"}",
    b'{"purpose": "deliver", "reason": ' + b"9" * 5000 + b"}",
    b'{"purpose": "deliver", "reason": ' + b"9" * 5000 + b', "reason": "x"}',
    b'{"purpose": "deliver", "reason": ' + b"[" * 500 + b"]" * 500 + b"}",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"purpose": "deliver", "reason": "\\ud800"}',
    b'{"purpose": "deliver", "reason": "\\ud800\\u0041"}',
    b'{"purpose": "deliver", "reason": "x", "\\udfff": 1}',
    b'{"purpose": "deliver", "reason": "\xed\xa0\x80"}',
    b'{"purpose": "deliver", "reason": "\xff"}',
    b"\xff\xfe",
    b'{"purpose": "deliver", "reason": "x", "other": 1, "other": 2, "third": {}}',
    b'{"purpose": "deliver", "reason": "x", "reason": null}',
    b'{"purpose": 5, "reason": true, "fields": {}, "approval": []}',
    b'{"purpose": "", "reason": "", "fields": [], "approval": ""}',
    b'{"fields": ["x", 5, null, "RECIPIENT_NAME"]}',
    b'{"Purpose": "deliver", "reason": "x"}',
    json.dumps({**WHY, "reason": "x" * 201, "purpose": "y" * 41, "approval": "z" * 129}).encode(),
    json.dumps({**WHY, "fields": ["recipient_name"] * 8}).encode(),
    json.dumps({**WHY, **{f"x{n}": n for n in range(30)}}).encode(),
    json.dumps({"asks": None}).encode(),
    json.dumps({"asks": []}).encode(),
    json.dumps({"asks": {}}).encode(),
    json.dumps({"asks": [ASK, None, 5, [], {}, {**ASK, "x": 1}, {**ASK, "waybill": "x" * 65}]}).encode(),
    json.dumps({"asks": [ASK] * 1001}).encode(),
    json.dumps({"asks": [ASK], "approval": 5, "reason": "x"}).encode(),
]
"""Bodies that are wrong for both routes."""
WRONG: list[Ask] = [
    *[one(body) for body in WRONG_BODIES],
    *[many(body) for body in WRONG_BODIES],
    *[one(WHY, key(value)) for value in (b"", b" ", b"a b", b"\xe9", b"x" * 129, b"\x00")],
    one(WHY, key(b"a"), key(b"a")),
    one(WHY, key(b"a"), (b"idempotency-key", b"b")),
    one(b"{", key(b"a b")),
    one({}, key(b"a b")),
    *[
        one(WHY, (b"Content-Type", media))
        for media in (b"", b"text/plain", b"application/json-patch+json", b"application/json/x", b"json", b"\xa0")
    ],
    one(WHY, (b"Content-Type", b"application/json"), (b"Content-Type", b"application/json")),
    one(b"", (b"Content-Type", b"text/plain")),
    *[("POST", address, json.dumps(WHY).encode(), []) for address in (f"/v1/waybills/{'x' * 65}/disclose",)],
    *[
        ("POST", address, json.dumps(WHY).encode(), [])
        for address in (
            "/v1/waybills//disclose",
            "/v1/waybills/disclose",
            "/v1/waybills/a%2Fb/disclose",
            "/v1/waybills/a/b/disclose",
            f"{ONE}/",
            f"/{ONE}",
            f"{MANY}/",
            "/v1/Disclose",
            "/v1/disclose%00",
            "/V1/waybills/x/disclose",
        )
    ],
    *[(method, address, b"", []) for method in ("GET", "PUT", "HEAD", "DELETE", "post") for address in (ONE, MANY)],
    ("PUT", ONE, json.dumps(WHY).encode(), []),
]
LENIENT = [
    one(b"\xef\xbb\xbf" + json.dumps(WHY).encode()),
    one(json.dumps(WHY).encode("utf-16")),
    one(json.dumps(WHY).encode("utf-32-be")),
]
"""What the framework reads though a strict reader of JSON doesn't: it goes on to the framework, and is answered."""


@each("ask", GOOD)
def test_what_is_right_takes_the_short_way_and_is_answered_the_same(both: Both, ask: Ask) -> None:
    answer, short = same(both, ask)
    assert short
    assert answer.status_code in {200, 403} or both.short.asked


@each("ask", WRONG)
def test_what_is_wrong_is_told_by_the_framework_alone(both: Both, ask: Ask) -> None:
    if ask[0] == "HEAD":
        answer, _ = both.short.answer(ask, both.token)
        assert answer.status_code == 405
        return
    answer, _ = same(both, ask)
    assert 400 <= answer.status_code < 500
    assert answer.status_code != 403
    assert not both.short.asked


@each("ask", LENIENT)
def test_what_only_the_framework_reads(both: Both, ask: Ask) -> None:
    answer, short = same(both, ask)
    assert not short
    assert answer.status_code == 200


REPEATED = [
    one({**WHY, "reason": "x"}, key(b"a"), key(b"a")),
    one(b'{"purpose": "x", "purpose": "deliver", "reason": "x"}'),
    one(b'{"purpose": "deliver", "reason": "x", "reason": "x"}'),
    one(b'{"purpose": "deliver", "reason": "x", "\\u0072eason": "x"}'),
    one('{"purpose": "deliver", "reason": "x", "purpose": "deliver"}'.encode("utf-16")),
    one(b'{"purpose": "deliver", "reason": "\\ud800", "reason": "x"}'),
    one(b'{"purpose": "deliver", "reason": ' + b"[" * 300 + b"]" * 300 + b', "reason": "x"}'),
    one(b'{"purpose": "deliver", "reason": ' + b"9" * 5000 + b'.0, "reason": "x"}'),
    many(b'{"asks": [{"purpose": "deliver", "reason": "x", "waybill": "YT1", "waybill": "YT2"}]}'),
    many(b'{"asks": [], "asks": [' + json.dumps(ASK).encode() + b"]}"),
]
"""What different readers of JSON could read differently."""


@each("ask", REPEATED)
def test_a_name_that_stands_twice_is_refused_on_both_ways(both: Both, ask: Ask) -> None:
    answer, _ = same(both, ask)
    assert (answer.status_code, answer.json()["rule"]) == (400, "repeated")
    assert not both.short.asked


def test_who_may_not_ask_comes_to_neither(both: Both) -> None:
    for token in ("", "Bearer x"):
        both.passed[0] = 0
        answers = [way.answer(one(WHY), token)[0] for way in (both.short, both.long)]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert plain(answers[0]) == plain(answers[1])
        assert not both.passed[0]


def test_what_the_vault_says_no_to(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key under another question, and errors of every kind, in both ways."""
    same(both, one(WHY, key(b"k-2")))
    answer, short = same(both, one({**WHY, "reason": "another"}, key(b"k-2")))
    assert (answer.status_code, answer.json()["rule"], short) == (409, "conflict", True)
    for error, status in ((BusyError("x"), 503), (ValueError("x"), 500)):

        async def broken(*args: object, error: Exception = error, **kwargs: object) -> Any:
            raise error

        for way in (both.short, both.long):
            with monkeypatch.context() as patch:
                patch.setattr(way.async_vault, "disclose", broken)
                answer, _ = way.answer(one(WHY), both.token)
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"


PART = st.sampled_from(
    ["purpose", "reason", "fields", "approval", "asks", "waybill", "deliver", "recipient_name", NUMBER, "x"]
)
VALUE = st.recursive(
    PART | st.text(max_size=5) | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PART | st.text(max_size=3), inner, max_size=6),
    max_leaves=12,
)
MARKS = list(b'{}[]",:\\u0019eEnN.+- \n\x00\xff\xed\xa0\xc3\x80')


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Bodies that are nearly right: some names of the schemas, bytes changed here and there."""
    base = draw(st.sampled_from([WHY, {**WHY, "fields": ["recipient_name"]}, {"asks": [ASK, ASK]}]) | VALUE)
    if isinstance(base, dict) and draw(st.booleans()):
        base = {**base, draw(PART): draw(VALUE)}
    raw = bytearray(json.dumps(base, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(raw)))
        raw[at : at + draw(st.integers(0, 2))] = bytes(draw(st.lists(st.sampled_from(MARKS), max_size=2)))
    return bytes(raw)


HEADERS = st.sampled_from(
    [
        [],
        [key(b"k-1")],
        [key(b"a b")],
        [key(b"x" * 129)],
        [(b"Content-Type", b"application/json; charset=utf-8")],
        [(b"Content-Type", b"APPLICATION/JSON")],
        [(b"Content-Type", b"text/plain")],
        [(b"Content-Encoding", b"gzip")],
        [(b"Accept-Language", b"zh-CN,zh;q=0.9")],
    ]
)
PLACES = st.sampled_from([ONE, ONE, MANY, MANY]) | st.text(max_size=70).map(
    lambda text: f"/v1/waybills/{quote(text, safe='')}/disclose"
)


PARTS = 9


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.deep) for part in range(1, PARTS))])
def test_requests_that_nobody_thought_of(both: Both, part: int) -> None:
    """Bodies, headers and numbers in any company; 36,927 in deep runs, as many in each part."""

    @examples(4_103, quick=30)
    @given(bodies(), HEADERS, PLACES)
    def fuzz(body: bytes, more: list[tuple[bytes, bytes]], place: str) -> None:
        answer, _ = same(both, ("POST", place, body, more))
        assert "无法理解" not in answer.text, "every cause has its words"

    fuzz()


def test_every_short_way_leads_to_what_is_in_the_description(both: Both) -> None:
    described = both.short.http.get("/openapi.json").json()["paths"]
    assert all(method.lower() in described[path] for method, path in FAST_ROUTES)


def routed(endpoint: Any, **more: Any) -> APIRoute:
    app = FastAPI()
    app.post("/{number}", **more)(endpoint)
    return next(route for route in app.routes if isinstance(route, APIRoute))


@pytest.mark.parametrize(
    "hint",
    [
        Annotated[str, Query()],
        Annotated[str | None, Header()],
        Annotated[str, Depends(lambda: "x")],
        Annotated[DiscloseBody, Body(embed=True)],
        DiscloseBody,
        str,
    ],
)
def test_an_endpoint_that_declares_more_has_no_short_way(hint: Any) -> None:
    async def endpoint(request: Request, body: DiscloseBody, number: Annotated[str, Path()], more: hint) -> Response:
        raise AssertionError

    with pytest.raises(TypeError, match="more"):
        _Endpoint(routed(endpoint))


def test_an_endpoint_without_its_request_or_with_dependencies_has_none() -> None:
    async def good(request: Request, body: DiscloseBody, number: Annotated[str, Path()]) -> Response:
        raise AssertionError

    async def other(body: DiscloseBody, number: Annotated[str, Path()]) -> Response:
        raise AssertionError

    assert _Endpoint(routed(good)).call is good
    for route in (routed(other), routed(good, dependencies=[Depends(lambda: "x")])):
        with pytest.raises(TypeError, match="first parameter"):
            _Endpoint(route)


def test_a_route_that_is_gone_is_missed_at_the_start() -> None:
    with pytest.raises(KeyError):
        FastPath(FastAPI(), [])
