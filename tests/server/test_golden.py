"""Transcripts of what every route answers, and of what the log says of it afterwards."""

import json
import re
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from syrupy.assertion import SnapshotAssertion

from tests.server.world import NUMBER, VALUES, World
from wayseal.server.scopes import ROUTES
from wayseal.vault import tables as t
from wayseal.vault.policy import default_texts

OTHER = "YT1234567890124"
UNKNOWN = "YT9999999999999"
WHY = {"purpose": "deliver", "reason": "route 12"}
HEADERS = ("allow", "cache-control", "content-type", "retry-after", "www-authenticate", "connection")
VOLATILE = {"access_token", "activated_at", "approval", "expires_at", "gone_at", "kid", "leaf", "purposes"}
VOLATILE |= {"erased_at", "request", "rules", "sha256", "until", "x"}
"""Members that are others each time."""
LONG = re.compile(r"[A-Za-z0-9_-]{26,}\.([a-z]{1,2})\b")
OF_ENTRIES = {*VOLATILE, "at", "behind_s", "numbers", "reason"}
HASHES = re.compile(r"[0-9a-f]{20,}")


def plain(value: Any, hidden: Iterable[str] = VOLATILE) -> Any:
    """A value without what is another each time."""
    if isinstance(value, dict):
        return {k: "…" if k in hidden and v is not None else plain(v, hidden) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(one, hidden) for one in value]
    return LONG.sub(r"TOKEN.\1", value) if isinstance(value, str) else value


def described(api: Any) -> Any:
    """Of the API's description what docs/api.md doesn't hold: the names of its records and their members."""
    return {name: sorted(schema.get("properties", ())) for name, schema in api["components"]["schemas"].items()}


class Transcript:
    """Questions to a service, and its answers."""

    def __init__(self, service: World) -> None:
        self.service = service
        self.lines: list[str] = []
        self.routes: set[tuple[str, str]] = set()

    def ask(self, method: str, path: str, body: Any = None, *, actor: str | None = None, **headers: str) -> Any:
        """Puts a question, on behalf of an actor (`nobody`: without a token), and writes down what came."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if actor != "nobody":
            given |= self.service.headers(given.pop("client", "all"), **({} if actor is None else {"actor": actor}))
        form = {"content": body} if isinstance(body, str) else {} if body is None else {"json": body}
        answer = self.service.http.request(method, path, headers=given, **form)
        shown = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
        self.lines += [
            f"{method} {HASHES.sub('…', path)}",
            f"  {answer.status_code} {json.dumps(shown, sort_keys=True)}",
        ]
        kind = shown.get("content-type", "")
        if "json" in kind:
            said = plain(answer.json() if path != "/openapi.json" else described(answer.json()))
            self.lines += ["  " + json.dumps(said, ensure_ascii=False, sort_keys=True)]
        return answer


def conversation(asked: Transcript) -> None:
    """Every route once at least, and each way in which the vault refuses."""
    seal = {"waybill": NUMBER, "values": VALUES, "origin_outlet": "SH-1", "destination_outlet": "BJ-1"}
    ask = asked.ask
    tokens = ask("POST", "/v1/waybills", seal).json()["tokens"]
    ask("POST", "/v1/waybills", seal)
    batch = [{"waybill": OTHER, "values": {"goods": "茶"}}, {"waybill": NUMBER, "values": {"goods": "茶"}}]
    ask("POST", "/v1/waybills/batch", {"parcels": batch}, idempotency_key="k-1")
    ask("POST", "/v1/waybills/batch", {"parcels": batch}, idempotency_key="k-1")
    ask("POST", "/v1/waybills/batch", {"parcels": batch[:1]}, idempotency_key="k-1")
    show = f"/v1/waybills/{NUMBER}/disclose"
    ask("POST", show, WHY, actor="courier-1")
    scans = [{"waybill": NUMBER, "at": "2026-03-02T03:00:00Z", "kind": "arrive", "outlet": "BJ-1"}]
    ask("POST", "/v1/scans", {"scans": scans})
    ask("POST", "/v1/scans", {"scans": scans})
    ask("POST", show, WHY, actor="courier-1")
    ask("POST", show, WHY | {"fields": ["recipient_name"]}, actor="courier-1", idempotency_key="k-2")
    ask("POST", show, WHY | {"fields": ["recipient_name"]}, actor="courier-1", idempotency_key="k-2")
    ask("POST", show, WHY | {"fields": ["goods"]}, actor="courier-1", accept_language="zh")
    ask("POST", f"/v1/waybills/{UNKNOWN}/disclose", WHY, actor="courier-1")
    ask("POST", show, WHY | {"purpose": "fly"}, actor="courier-1")
    asks = [{"waybill": number, **WHY} for number in (NUMBER, OTHER, UNKNOWN)]
    fewer: dict[str, Any] = asks[0] | {"fields": ["recipient_name"]}
    ask("POST", "/v1/disclose", {"asks": [*asks, fewer]}, actor="courier-1")
    shown = [tokens["recipient_name"], tokens["goods"], "nothing"]
    ask("POST", "/v1/tokens/disclose", {"tokens": shown, **WHY}, actor="courier-1")
    ticket = {"ticket": "T-1", "waybill": NUMBER, "actor": "courier-1", "opened_at": "2026-03-02T04:00:00Z"}
    ask("POST", "/v1/tickets", {"tickets": [ticket]})
    ask("PATCH", f"/v1/waybills/{NUMBER}", WHY | {"values": {"recipient_name": "韩梅"}}, actor="courier-1")
    person = {"actor": "agent-1", "kind": "person", "role": "customer_service", "trained_until": "2099-01-01T00:00:00Z"}
    ask("POST", "/v1/actors", {"actors": [person]})
    ask("POST", "/v1/tickets", {"tickets": [ticket | {"ticket": "T-2", "actor": "agent-1"}]})
    change = {"purpose": "change_address", "reason": "asked by phone", "values": {"recipient_phone": "13811112222"}}
    ask("PATCH", f"/v1/waybills/{NUMBER}", change, actor="agent-1")
    find = {"phone": VALUES["recipient_phone"], "purpose": "after_sales", "reason": "calls"}
    ask("POST", "/v1/find", find, actor="agent-1")
    ask("POST", "/v1/find", find | {"phone": "none"}, actor="agent-1")
    ask("POST", "/v1/find", find, actor="courier-1")
    made = ask("POST", "/v1/approvals", {"purpose": "deliver", "most": 5}, actor="courier-1").json()
    agree = f"/v1/approvals/{made.get('approval', 'none')}/approve"
    ask("POST", agree, actor="courier-1")
    ask("POST", agree, actor="manager-1")
    asked.service.client("second")
    ask("POST", agree, actor="manager-1", client="second")
    ask("POST", "/v1/actors/courier-1/block")
    assert asked.service.ask_token("all", actor="courier-1").status_code == 400
    ask("POST", show, WHY, actor="nobody", authorization="Bearer none")
    ask("POST", "/v1/actors/courier-1/unblock")
    ask("POST", "/v1/actors/nobody-1/block")
    ask("GET", "/v1/policy")
    purposes, rules = default_texts()
    ask("POST", "/v1/policy", {"purposes": purposes, "rules": rules})
    ask("POST", "/v1/policy", {"purposes": "x = 1", "rules": rules})
    ask("POST", f"/v1/waybills/{NUMBER}/erase", {"why": "request"})
    ask("POST", show, WHY, actor="courier-1")
    ask("POST", f"/v1/waybills/{UNKNOWN}/erase", {"why": "request"})


def wrong_usage(asked: Transcript) -> None:
    """What the service itself refuses."""
    ask = asked.ask
    show = f"/v1/waybills/{NUMBER}/disclose"
    ask("POST", show, WHY, actor="nobody")
    ask("POST", show, "{", content_type="application/json")
    ask("POST", show, "{}", content_type="text/plain")
    ask("POST", show, '{"purpose": "a", "purpose": "b"}', content_type="application/json")
    ask("POST", show, {"purpose": "deliver", "more": 1})
    ask("POST", show, {"purpose": 5, "reason": ""}, accept_language="zh-CN")
    ask("POST", "/v1/scans", {"scans": [{"waybill": NUMBER, "at": "noon", "kind": "fly", "outlet": "x"}]})
    ask("POST", "/v1/approvals", {"purpose": "deliver", "most": 0})
    ask("GET", show)
    ask("GET", "/v1/nothing")
    asked.service.client("blind", scopes=frozenset({"log"}))
    ask("POST", show, WHY, client="blind")
    ask("GET", "/v1/log/entries/99/proof")
    ask("GET", "/v1/log/tile/0/999")
    for scope in ("fly", "log"):
        form = f"grant_type=client_credentials&scope={scope}&client_id=all&client_secret=wrong"
        ask("POST", "/oauth/token", form, actor="nobody", content_type="application/x-www-form-urlencoded")
    ask("POST", "/oauth/token", {"grant_type": "password"}, actor="nobody")


def entries(service: World) -> list[str]:
    """The log without salts, hashes and times."""
    rows = service.vault.main.read(lambda c: c.execute(sa.select(t.entries.c.entry).order_by(t.entries.c.seq)).all())
    return [
        json.dumps(plain(json.loads(HASHES.sub("…", row.entry.decode())), OF_ENTRIES), ensure_ascii=False)
        for row in rows
    ]


def test_what_is_answered_and_written_down(service: World, snapshot: SnapshotAssertion) -> None:
    asked = Transcript(service)
    conversation(asked)
    assert "\n".join(asked.lines) == snapshot
    assert "\n".join(entries(service)) == snapshot


def test_what_the_service_refuses(service: World, snapshot: SnapshotAssertion) -> None:
    asked = Transcript(service)
    wrong_usage(asked)
    assert "\n".join(asked.lines) == snapshot


def test_tokens_log_and_health(service: World, snapshot: SnapshotAssertion) -> None:
    asked = Transcript(service)
    answer = service.ask_token("all", actor="courier-1", scope="disclose log")
    asked.lines.append(json.dumps(plain(answer.json()), sort_keys=True))
    for path in ("/oauth/keys", "/healthz", "/readyz", "/openapi.json", "/v1/nothing"):
        asked.ask("GET", path, actor="nobody")
    note = asked.ask("GET", "/v1/log/checkpoint").text.splitlines()
    assert note[0] == "vault.example"
    size = int(note[1])
    assert len(asked.ask("GET", f"/v1/log/tile/0/000.p/{size}").content) == 32 * size
    proof = asked.ask("GET", "/v1/log/entries/0/proof").json()
    asked.lines[-1] = "  " + json.dumps(sorted(proof))
    text = asked.ask("GET", "/metrics").text
    asked.lines += [line for line in text.splitlines() if line.startswith("# HELP")]
    assert "\n".join(asked.lines) == snapshot


def test_each_route_is_in_a_transcript(service: World) -> None:
    """By the metrics, which count what was asked by route."""
    asked = Transcript(service)
    conversation(asked)
    wrong_usage(asked)
    service.ask_token("all")
    for path in ("/oauth/keys", "/healthz", "/readyz", "/openapi.json", "/v1/bindings/key"):
        asked.ask("GET", path, actor="nobody")
    for path in ("numbers", "numbers/moves", "numbers/reads", "numbers/YT1/scan", "bindings", "bindings/ask"):
        asked.ask("POST", f"/v1/{path}", {})
    for path in ("waybills/YT1/alias", "waybills/YT1/handover-code", "waybills/YT1/courier-code", "handovers"):
        asked.ask("POST", f"/v1/{path}", {})
    asked.ask("POST", "/v1/handovers/override", {})
    asked.ask("PUT", "/v1/waybills/YT1/stand-ins", {})
    for path in ("/v1/log/checkpoint", "/metrics"):
        asked.ask("GET", path)
    text = asked.ask("GET", "/metrics").text
    counted = set(re.findall(r'wayseal_requests_total\{method="(\w+)",route="([^"]+)"', text))
    assert set(ROUTES) <= counted
