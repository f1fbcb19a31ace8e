"""How much the service takes: sizes, speed, time, depth."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.server.world import World, world
from wayseal.server.app import RequestLimits

SMALL = RequestLimits(most_bytes=2000, body_seconds=0.2, answer_seconds=0.5)


def asgi(service: World, path: str, messages: list[Any], headers: dict[str, str], method: str = "POST") -> Any:
    """(status, body) of one request whose body comes as `messages`; a number is a pause in seconds."""
    sent: list[Any] = []

    async def receive() -> Any:
        while messages and isinstance(messages[0], float):
            await asyncio.sleep(messages.pop(0))
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("10.0.0.3", 1),
    }
    asyncio.run(service.app(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def part(size: int, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": b" " * size, "more_body": more}


def test_a_body_that_says_it_is_too_large_is_not_read(tmp_path: Path) -> None:
    with world(tmp_path, SMALL) as service:
        headers = service.headers()
        answer = service.http.post("/v1/scans", content=b"{" + b" " * 2000, headers=headers)
        assert (answer.status_code, answer.json()["rule"]) == (413, "too_large")
        assert answer.headers["connection"] == "close"
        status, body = asgi(service, "/v1/scans", [], {**headers, "Content-Length": "2001"})
        assert (status, body["rule"]) == (413, "too_large")
        for length in ("-1", "x", "1" * 50):
            status, body = asgi(service, "/v1/scans", [], {**headers, "Content-Length": length})
            assert status == 413


def test_a_body_that_streams_past_the_limit_is_cut_off(tmp_path: Path) -> None:
    with world(tmp_path, SMALL) as service:
        endless: list[Any] = [part(600, more=True) for _ in range(1000)]
        status, body = asgi(service, "/v1/scans", endless, service.headers())
        assert (status, body["rule"]) == (413, "too_large")
        assert len(endless) == 996


def test_a_body_that_drips_is_cut_off(tmp_path: Path) -> None:
    with world(tmp_path, SMALL) as service:
        drip: list[Any] = [one for _ in range(100) for one in (0.05, part(1, more=True))]
        status, body = asgi(service, "/v1/scans", drip, service.headers())
        assert (status, body["rule"]) == (408, "slow_body")


def test_who_goes_away_within_the_body(tmp_path: Path) -> None:
    with world(tmp_path, SMALL) as service:
        status, body = asgi(service, "/v1/scans", [part(5, more=True)], service.headers())
        assert (status, body["rule"]) == (400, "bad_body")


def test_the_body_of_a_stranger_is_not_even_read(tmp_path: Path) -> None:
    with world(tmp_path, SMALL) as service:
        messages: list[Any] = [part(10, more=False)]
        status, body = asgi(service, "/v1/scans", messages, {})
        assert (status, body["rule"], len(messages)) == (401, "token_missing", 1)


def test_headers_have_a_limit(shared: World) -> None:
    for headers in ({"X-Long": "a" * 20_000}, {f"X-{n}": "1" for n in range(150)}):
        answer = shared.http.get("/healthz", headers=headers)
        assert (answer.status_code, answer.json()["rule"]) == (431, "headers")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"{",
        b"\xff\xfe",
        b'{"scans": NaN',
        b'{"scans": ' + b"9" * 5000 + b"}",
        b'"\\ud800"x',
    ],
    ids=["deep lists", "deep objects", "cut", "no UTF-8", "cut number", "a number of 5,000 digits", "junk behind"],
)
def test_bodies_that_are_no_json(shared: World, body: bytes) -> None:
    headers = {**shared.headers(), "Content-Type": "application/json"}
    answer = shared.http.post("/v1/scans", content=body, headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (400, "bad_body")


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_other_media_types(shared: World, media: str) -> None:
    answer = shared.http.post("/v1/scans", content=b"{}", headers={**shared.headers(), "Content-Type": media})
    assert (answer.status_code, answer.json()["rule"]) == (415, "media_type")


def test_a_batch_has_at_most_a_thousand(shared: World) -> None:
    one = {"waybill": "YT1", "at": "2026-03-02T00:00:00Z", "kind": "pickup", "outlet": "o"}
    answer = shared.http.post("/v1/scans", json={"scans": [one] * 1001}, headers=shared.headers())
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "body.scans", "problem": "too_long"}]


def test_each_client_has_its_own_rate(service: World) -> None:
    service.client("slow", per_second=2)
    headers = service.headers("slow")
    answers = [service.http.get("/v1/policy", headers=headers) for _ in range(6)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[:2] == [200, 200]
    assert 429 in statuses
    limited = next(answer for answer in answers if answer.status_code == 429)
    assert limited.json()["rule"] == "rate"
    assert limited.headers["retry-after"] == "1"
    assert service.http.get("/v1/policy", headers=service.headers()).status_code == 200


def test_only_so_many_at_once(tmp_path: Path) -> None:
    with world(tmp_path, SMALL) as service:
        service.running._most = 0
        answer = service.http.get("/v1/policy")
        assert (answer.status_code, answer.json()["rule"]) == (503, "busy")
        assert answer.headers["retry-after"] == "1"
        # Whoever watches over the process must not take it for dead.
        assert service.http.get("/healthz").status_code == 200


def test_an_answer_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path, SMALL) as service:
        headers = service.headers()

        async def slow() -> int:
            await asyncio.sleep(5)
            return 0

        monkeypatch.setattr(service.async_vault, "log_size", slow)
        answer = service.http.get("/metrics", headers=headers)
        assert (answer.status_code, answer.json()["rule"]) == (503, "timeout")
