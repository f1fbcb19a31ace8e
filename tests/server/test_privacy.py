"""Nothing that was sent or sealed stands in logs, metrics or errors: markers in every field, and a search for them.

How long an answer takes doesn't tell whether a number exists: measured; `tests/vault/test_existence.py` counts.
"""

import base64
import json
import random
import statistics
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.server.test_http_protocol import served
from tests.server.world import ADMIN, NOW, NUMBER, VALUES, World
from wayseal.server.scopes import ROUTES
from wayseal.service.log import KEYS

MARK = "Mk7Zq"
"""Stands in every field of every body, in paths, queries and headers."""
TIME = "2026-03-02T00:00:00Z"
SEALED = {name: f"{MARK}{value}" if "phone" not in name else value for name, value in VALUES.items()}
BODIES: dict[str, Any] = {
    "/v1/waybills": {"waybill": f"{MARK}0", "values": SEALED, "origin_outlet": MARK, "destination_outlet": MARK},
    "/v1/waybills/batch": {"parcels": [{"waybill": f"{MARK}1", "values": SEALED}]},
    "/v1/waybills/{waybill}/disclose": {"purpose": MARK, "reason": MARK, "approval": MARK},
    "/v1/waybills/{waybill}": {"purpose": MARK, "reason": MARK, "values": SEALED},
    "/v1/waybills/{waybill}/erase": {"why": "request"},
    "/v1/disclose": {"asks": [{"waybill": MARK, "purpose": MARK, "reason": MARK}], "approval": MARK},
    "/v1/tokens/disclose": {"tokens": [MARK], "purpose": MARK, "reason": MARK},
    "/v1/find": {"phone": "13912345678", "purpose": MARK, "reason": MARK},
    "/v1/scans": {"scans": [{"waybill": MARK, "at": TIME, "kind": "pickup", "outlet": MARK}]},
    "/v1/tickets": {"tickets": [{"ticket": MARK, "waybill": MARK, "actor": MARK, "opened_at": TIME, "kind": MARK}]},
    "/v1/actors": {"actors": [{"actor": MARK, "kind": "person", "role": MARK, "outlet": MARK, "region": MARK}]},
    "/v1/approvals": {"purpose": MARK, "most": 5},
    "/v1/policy": {"purposes": MARK, "rules": MARK},
}


def method_of(path: str) -> str:
    """The method with which a route takes a body."""
    return next(method for method, place in ROUTES if place == path and method != "GET")


def spoilt(body: Any) -> Iterator[Any]:
    """The same body with each value in turn of another type, too long, or under an unknown name, marked every time."""
    if isinstance(body, dict):
        yield {**body, MARK: MARK}
        for name, value in body.items():
            for bad in (MARK * 300, {MARK: MARK}, [MARK], 5, None, f"{MARK}\x00", f"{MARK}\n\x07"):
                yield {**body, name: bad}
            yield from ({**body, name: one} for one in spoilt(value))
    elif isinstance(body, list):
        yield from ([one] for part in body for one in spoilt(part))


def seen(service: World) -> str:
    """All that operators see."""
    metrics = service.http.get("/metrics", headers=service.headers())
    assert metrics.status_code == 200
    return service.log.getvalue() + metrics.text


def test_nothing_sent_is_seen_by_operators_or_told_back_in_errors(service: World) -> None:
    headers = {
        **service.headers(),
        "X-Request-Id": MARK,
        "User-Agent": MARK,
        "Idempotency-Key": MARK,
        "Accept-Language": MARK,
        "X-Forwarded-For": MARK,
        "Cookie": MARK,
    }
    count = 0
    for (method, path), scope in ROUTES.items():
        place = path.replace("{waybill}", MARK).replace("{actor}", MARK).replace("{approval}", MARK)
        place = place.replace("{level}", MARK).replace("{index:path}", MARK).replace("{seq}", MARK)
        for body in [BODIES.get(path), *spoilt(BODIES.get(path))]:
            more = {} if body is None else {"json": body}
            answer = service.http.request(method, f"{place}?{MARK}={MARK}", headers=headers, **more)
            count += 1
            assert answer.status_code != 500, (path, body)
            assert "x-request-id" in answer.headers
            assert MARK not in json.dumps(dict(answer.headers))
            if answer.status_code >= 400:
                told = answer.json()
                # The number is the client's own, and names which of many was refused.
                told.pop("waybill", None)
                assert MARK not in json.dumps(told, ensure_ascii=False), (path, body)
        assert scope is None or service.http.request(method, f"{place}/{MARK}").status_code in {401, 404, 405}
    assert count > 300
    text = seen(service)
    assert MARK not in text
    assert "13912345678" not in text
    assert "none" in text


def test_no_secret_and_no_token_is_seen(service: World) -> None:
    token = service.token("all")
    secret = service.secrets["all"]
    wrong = base64.b64encode(f"{MARK}:{MARK}".encode()).decode()
    service.http.post("/oauth/token", data={"grant_type": MARK}, headers={"Authorization": f"Basic {wrong}"})
    service.http.post("/oauth/token", data={"client_id": MARK, "client_secret": MARK, "actor": MARK, MARK: MARK})
    service.http.get("/v1/policy", headers={"Authorization": f"Bearer {MARK}"})
    text = seen(service)
    for hidden in (token, token.split(".")[2], secret, wrong, MARK):
        assert hidden not in text


def test_what_is_sealed_is_seen_nowhere(service: World) -> None:
    service.seal()
    service.arrive()
    body = {"purpose": "deliver", "reason": "送到门卫"}
    headers = service.headers(actor="courier-1")
    assert service.http.post(f"/v1/waybills/{NUMBER}/disclose", json=body, headers=headers).status_code == 200
    text = seen(service)
    for hidden in (*VALUES.values(), "送到门卫", NUMBER, "courier-1"):
        assert hidden not in text


def test_a_line_of_the_log_has_known_keys_alone(service: World) -> None:
    service.seal()
    lines = [json.loads(line) for line in service.log.getvalue().splitlines()]
    assert len(lines) == 2
    assert all(set(line) <= KEYS for line in lines)
    assert lines[1]["route"] == "/v1/waybills"
    assert lines[1]["client"] == "all"
    assert lines[1]["status"] == 201
    assert lines[1]["ms"] > 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize("path", sorted(BODIES))
def test_no_body_breaks_a_route(shared: World, path: str) -> None:
    headers = {**shared.headers(), "Content-Type": "application/json"}
    place = path.replace("{waybill}", "YT1")

    @examples(15)
    @given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
    def fuzz(body: bytes) -> None:
        answer = shared.http.request(method_of(path), place, content=body, headers=headers)
        assert answer.status_code in {400, 415, 422} or (not body and answer.status_code < 500), answer.text

    fuzz()


@pytest.mark.parametrize("path", sorted(BODIES))
def test_no_value_in_a_good_body_breaks_a_route(shared: World, path: str) -> None:
    headers = shared.headers()
    place = path.replace("{waybill}", "YT1")
    bodies = [BODIES[path], *spoilt(BODIES[path])]

    @examples(15)
    @given(st.sampled_from(bodies), st.text(min_size=1, max_size=40))
    def fuzz(body: Any, text: str) -> None:
        raw = json.dumps(body).replace(MARK, json.dumps(text)[1:-1])
        answer = shared.http.request(
            method_of(path), place, content=raw.encode(), headers={**headers, "Content-Type": "application/json"}
        )
        assert answer.status_code < 500, answer.text

    fuzz()


ASKS = 1500
"""Of each kind, in random turns, so that whatever else the machine does falls upon all alike."""
CLOSE = 0.05


@pytest.mark.deep
def test_how_long_an_answer_takes_does_not_tell(service: World) -> None:
    kinds = {
        kind: [f"YT7{place}000000000{n:02}" for n in range(20)]
        for place, kind in enumerate(("unknown", "elsewhere", "erased"))
    }
    for number in kinds["elsewhere"] + kinds["erased"]:
        service.seal(number)
        service.arrive(number, "GZ-9")
    service.vault.erase(ADMIN, kinds["erased"], now=NOW)
    taken: dict[str, list[float]] = {kind: [] for kind in kinds}
    chance = random.Random(1)
    headers = service.headers(actor="courier-1")
    with served(service) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as http:
        for _ in range(ASKS):
            for kind in chance.sample(list(kinds), len(kinds)):
                place = f"/v1/waybills/{chance.choice(kinds[kind])}/disclose"
                begun = time.perf_counter()
                answer = http.post(place, json={"purpose": "deliver", "reason": "route 12"})
                taken[kind].append(time.perf_counter() - begun)
                assert (answer.status_code, answer.json()["rule"]) == (403, "custody")
    medians = {kind: statistics.median(some) for kind, some in taken.items()}
    print({kind: f"{1e6 * median:,.0f} us" for kind, median in medians.items()})
    assert max(medians.values()) <= (1 + CLOSE) * min(medians.values()), medians
