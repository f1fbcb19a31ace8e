"""The outermost layer: what every answer has, and what is told of it where there is a log, and where there is none."""

import asyncio
import json
from io import StringIO
from typing import Any

import pytest

from wayseal.service import make_log
from wayseal.service.headers import HeadersLayer, make_headers

HEADERS = make_headers("default-src 'none'", secure=True, referrer="no-referrer")
OK = {"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"max-age=9")]}


async def fine(scope: Any, receive: Any, send: Any) -> None:
    await send({**OK, "headers": [] if scope["path"] == "/" else [*OK["headers"]]})  # type: ignore[misc]
    await send({"type": "http.response.body"})


async def broken(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("a secret of the inside")


def ask(layer: HeadersLayer, path: str = "/", kind: str = "http") -> tuple[list[Any], dict[str, Any]]:
    """What is answered, and the state of the scope behind it."""
    scope = {"type": kind, "method": "GET", "path": path, "headers": [], "client": ("192.0.2.8", 1)}
    answers: list[Any] = []

    async def send(message: Any) -> None:
        answers.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    asyncio.run(layer(scope, receive, send))
    return answers, scope.get("state", {})  # type: ignore[return-value]


@pytest.mark.parametrize(("app", "most", "status"), [(fine, 1, 200), (broken, 1, 500), (fine, 0, 503)])
def test_1_every_answer_has_them(app: Any, most: int, status: int) -> None:
    layer = HeadersLayer(app, headers=HEADERS, log=None, most=most)
    for _ in range(3):
        (start, *_), _ = ask(layer)
        assert start["status"] == status
        assert set(HEADERS) <= set(start["headers"])
        assert (b"cache-control", b"no-store") in start["headers"]


def test_1_what_may_be_kept_stays_so_and_what_is_no_request_gets_nothing() -> None:
    layer = HeadersLayer(fine, headers=HEADERS, log=None)
    (start, *_), _ = ask(layer, "/static/a")
    assert [value for name, value in start["headers"] if name == b"cache-control"] == [b"max-age=9"]
    assert ask(layer, kind="websocket") == ([], {})


def test_the_headers_of_two_webs_differ_where_they_say_so() -> None:
    other = dict(make_headers("default-src 'self'", secure=False))
    mine = dict(HEADERS)
    assert {name for name in mine if mine[name] != other.get(name)} == {
        b"content-security-policy",
        b"referrer-policy",
        b"strict-transport-security",
    }
    assert (mine[b"referrer-policy"], other[b"referrer-policy"]) == (b"no-referrer", b"same-origin")


def test_2_what_broke_is_told_without_its_text() -> None:
    log = StringIO()
    answers, _ = ask(HeadersLayer(broken, headers=HEADERS, log=make_log(log)))
    line = json.loads(log.getvalue())
    assert (line["level"], line["status"], line["error"], line["route"]) == ("error", 500, "ValueError", "none")
    assert not any("secret" in str(one) for one in (*answers, line))
    assert "192.0.2.8" not in log.getvalue()


def test_5_without_a_log_there_is_no_line_and_no_id(capfd: pytest.CaptureFixture[str]) -> None:
    (start, *_), state = ask(HeadersLayer(broken, headers=HEADERS, log=None))
    assert state["told"]["error"] == "ValueError"
    assert b"x-request-id" not in dict(start["headers"])
    assert capfd.readouterr() == ("", "")
    (start, *_), _ = ask(HeadersLayer(fine, headers=HEADERS, log=make_log(StringIO())))
    assert b"x-request-id" in dict(start["headers"])
