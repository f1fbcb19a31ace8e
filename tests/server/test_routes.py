"""What each route does, over a real vault."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.server.world import ADMIN, NOW, NUMBER, VALUES, World
from wayseal.database import DatabaseGoneError
from wayseal.merkle import Checkpoint
from wayseal.proofs.entries import verify_entry
from wayseal.vault.errors import BusyError, KeyringError
from wayseal.vault.policy import default_texts

WHY = {"purpose": "deliver", "reason": "route 12"}
SHOWN = {"recipient_name", "recipient_phone", "recipient_address"}


def courier(service: World) -> dict[str, str]:
    return service.headers(actor="courier-1")


def disclose(service: World, number: str = NUMBER, **more: Any) -> Any:
    headers = {**courier(service), **more.pop("headers", {})}
    return service.http.post(f"/v1/waybills/{number}/disclose", json={**WHY, **more}, headers=headers)


def test_a_number_that_is_not_there_and_one_of_others_look_alike(service: World) -> None:
    """No oracle: neither status nor rule nor words say whether a number is known."""
    service.seal()
    answers = [disclose(service, number) for number in (NUMBER, "YT9999999999999")]
    told = []
    for answer in answers:
        assert answer.status_code == 403
        body = answer.json()
        assert isinstance(body.pop("seq"), int)
        told.append({**body, "waybill": "", "request": ""})
    assert told[0] == told[1]
    assert told[0]["rule"] == "custody"
    assert told[0]["type"] == "urn:wayseal:rule:custody"


def test_idempotency_keys(service: World) -> None:
    headers = {**service.headers(), "Idempotency-Key": "k-1"}
    body = {"waybill": NUMBER, "values": VALUES}
    first, second = (service.http.post("/v1/waybills", json=body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    other = service.http.post("/v1/waybills", json={**body, "waybill": "YT2"}, headers=headers)
    assert (other.status_code, other.json()["rule"]) == (409, "conflict")
    service.arrive()
    keyed = {"Idempotency-Key": "k-2"}
    shown = [disclose(service, headers=keyed).json() for _ in range(2)]
    assert shown[0]["seq"] == shown[1]["seq"]
    assert shown[0]["values"] == shown[1]["values"]
    other = disclose(service, headers=keyed, reason="another")
    assert (other.status_code, other.json()["rule"]) == (409, "conflict")
    for key in ("a b", "é", "", "x" * 129):
        answer = disclose(service, headers={"Idempotency-Key": key.encode()})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "header.Idempotency-Key"
        assert key == "" or key not in answer.text


def test_tokens_stand_for_fields(service: World) -> None:
    tokens = service.seal()
    service.arrive()
    other = service.seal("YT2")
    wanted = [
        tokens["recipient_name"],
        tokens["recipient_phone"],
        "no.token",
        other["recipient_name"],
        tokens["recipient_name"],
    ]
    body = {**WHY, "tokens": wanted}
    answer = service.http.post("/v1/tokens/disclose", json=body, headers=courier(service))
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [one["token"] for one in results] == wanted
    assert [one["status"] for one in results] == ["disclosed", "disclosed", "refused", "refused", "disclosed"]
    assert [one.get("rule") for one in results] == [None, None, "token", "custody", None]
    assert results[0]["value"] == results[4]["value"]
    assert results[1]["form"] == "masked"
    assert NUMBER not in answer.text
    # A field that the purpose doesn't show refuses, and so does a batch of nothing but foreign tokens.
    body = {**WHY, "tokens": [tokens["sender_phone"]]}
    answer = service.http.post("/v1/tokens/disclose", json=body, headers=courier(service))
    assert answer.json()["results"][0]["rule"] == "fields"
    # The code of the field is open: with another code it is the token of another field, here of one that isn't there.
    service.seal("YT3", {"recipient_phone": "13912345678"})
    service.arrive("YT3")
    base = service.vault_token("YT3")
    body = {**WHY, "tokens": [f"{base}.rn", f"{base}.rp"]}
    answer = service.http.post("/v1/tokens/disclose", json=body, headers=courier(service))
    assert [one.get("rule") for one in answer.json()["results"]] == ["field", None]
    body = {**WHY, "tokens": ["x"]}
    answer = service.http.post("/v1/tokens/disclose", json=body, headers=courier(service))
    assert answer.json()["results"][0]["rule"] == "token"


def test_an_address_is_changed(service: World) -> None:
    tokens = service.seal()
    agent = {"actor": "agent-1", "kind": "person", "role": "customer_service", "trained_until": "2099-01-01T00:00:00Z"}
    ticket = {"ticket": "t1", "waybill": NUMBER, "actor": "agent-1", "opened_at": "2026-03-02T08:00:00+08:00"}
    service.http.post("/v1/actors", json={"actors": [agent]}, headers=service.headers())
    service.http.post("/v1/tickets", json={"tickets": [ticket]}, headers=service.headers())
    headers = {**service.headers(actor="agent-1"), "Idempotency-Key": "move-1"}
    address = "上海市徐汇区不存在路1号"
    body = {"purpose": "change_address", "reason": "he called", "values": {"recipient_address": address}}
    first, again = (service.http.request("PATCH", f"/v1/waybills/{NUMBER}", json=body, headers=headers) for _ in "12")
    assert first.status_code == 200, first.text
    told = first.json()
    assert told == again.json()
    assert (told["status"], told["revision"], told["forms"]) == ("revised", 2, {"recipient_address": "full"})
    assert told["tokens"] == {"recipient_address": tokens["recipient_address"]}
    assert address not in first.text
    service.arrive()
    assert disclose(service).json()["values"]["recipient_address"] == address
    asked = {"purpose": "deliver", "reason": "route 12", "tokens": [tokens["recipient_address"]]}
    shown = service.http.post("/v1/tokens/disclose", json=asked, headers=courier(service)).json()["results"]
    assert shown[0]["value"] == address
    del headers["Idempotency-Key"]
    for change, status, rule in (
        ({"values": {"goods": "x"}}, 403, "revises"),
        ({"purpose": "deliver"}, 403, "role"),
        ({"values": {}}, 422, "invalid"),
        ({"values": {"recipient_address": None}}, 422, "invalid"),
        ({"values": {"shoe": "x"}}, 422, "invalid"),
        ({"reason": None}, 422, "invalid"),
    ):
        answer = service.http.request("PATCH", f"/v1/waybills/{NUMBER}", json={**body, **change}, headers=headers)
        assert (answer.status_code, answer.json()["rule"]) == (status, rule), change
    other = service.http.request("PATCH", "/v1/waybills/YT9", json=body, headers=headers)
    assert (other.status_code, other.json()["rule"]) == (403, "no_ticket")
    assert "wayseal_revised_total 2.0" in service.http.get("/metrics", headers=service.headers()).text


def test_work_comes_in(service: World) -> None:
    headers = service.headers()
    service.seal()
    ticket = {"ticket": "t1", "waybill": NUMBER, "actor": "courier-1", "opened_at": "2026-03-02T08:00:00+08:00"}
    answers = [service.http.post("/v1/tickets", json={"tickets": [ticket]}, headers=headers) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"taken": 1}, {"taken": 0}]
    # The ticket opens what custody doesn't.
    assert disclose(service).status_code == 200
    person = {"actor": "courier-2", "kind": "person", "role": "courier", "trained_until": "2099-01-01T00:00:00Z"}
    assert service.http.post("/v1/actors", json={"actors": [person]}, headers=headers).json() == {"taken": 1}
    found = service.vault.actor("courier-2")
    assert found is not None
    assert found.trained_until == datetime(2099, 1, 1, tzinfo=UTC)


def test_bulk_needs_a_second_person(service: World) -> None:
    body = {"purpose": "deliver", "most": 100}
    asked = service.http.post("/v1/approvals", json=body, headers=courier(service))
    assert asked.status_code == 201
    assert asked.json()["approved_by"] is None
    place = f"/v1/approvals/{asked.json()['approval']}/approve"
    alone = service.http.post(place, headers=courier(service))
    assert (alone.status_code, alone.json()["detail_en"]) == (422, "approval: a second person has to agree")
    role = service.http.post(place, headers=service.headers(actor="admin-1"))
    assert (role.status_code, role.json()["detail_en"]) == (422, "approval: your role may not agree to this purpose")
    service.client("desk", acts_for=frozenset({"regional_manager"}))
    same = service.http.post(place, headers=service.headers(actor="manager-1"))
    assert same.json()["detail_en"] == "approval: another client than the one that asked has to agree"
    agreed = service.http.post(place, headers=service.headers("desk", actor="manager-1"))
    assert agreed.json()["approved_by"] == "manager-1"
    assert agreed.json()["left"] == 100


def test_the_policy(service: World) -> None:
    headers = service.headers()
    first = service.http.get("/v1/policy", headers=headers).json()
    assert (first["version"], first["purposes"], first["rules"]) == (1, *default_texts())
    body = {"purposes": first["purposes"], "rules": first["rules"]}
    assert service.http.post("/v1/policy", json=body, headers=headers).json() == {"version": 2}
    assert service.http.get("/v1/policy", headers=headers).json()["version"] == 2
    wrong = service.http.post("/v1/policy", json={**body, "rules": "permit ("}, headers=headers)
    assert (wrong.status_code, wrong.json()["rule"]) == (422, "invalid")


def test_a_disclosure_is_proved_to_a_third_party(service: World) -> None:
    service.seal()
    service.arrive()
    shown = disclose(service).json()
    answer = service.http.get(f"/v1/log/entries/{shown['seq']}/proof", headers=service.headers())
    proven = verify_entry(answer.content, service.ring.ring.log_verify_keys("vault.example"))
    assert tuple(proven.entry[name] for name in ("actor", "waybill", "client")) == ("courier-1", NUMBER, "all")
    assert proven.entry["ip"] == "10.0.0.1"
    assert set(proven.entry["fields"]) == SHOWN


def test_the_log(service: World) -> None:
    service.seal()
    headers = service.headers()
    note = service.http.get("/v1/log/checkpoint", headers=headers)
    assert note.headers["content-type"] == "text/plain; charset=utf-8"
    keys = service.ring.ring.log_verify_keys("vault.example")
    point, _ = Checkpoint.open(note.content, keys)
    assert point.origin == "vault.example"
    tile = service.http.get(f"/v1/log/tile/0/000.p/{point.size}", headers=headers)
    assert len(tile.content) == 32 * point.size
    assert "immutable" in tile.headers["cache-control"]
    assert "private" in tile.headers["cache-control"]
    for path in ("0/000", f"0/000.p/{point.size + 1}", "0/000.p/0", "0/0", "1/000.p/1", "0/x001/000", "0/000.p/1/x"):
        answer = service.http.get(f"/v1/log/tile/{path}", headers=headers)
        assert (answer.status_code, answer.json()["rule"]) == (404, "not_found"), path
    proof = service.http.get("/v1/log/entries/0/proof", headers=headers)
    assert verify_entry(proof.content, keys).index == 0
    answer = service.http.get("/v1/log/entries/9999/proof", headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (404, "not_found")
    answer = service.http.get("/v1/log/tile/64/000", headers=headers)
    assert answer.json()["errors"] == [{"field": "path.level", "problem": "less_than_equal"}]


def test_health_and_readiness(service: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert service.http.get("/healthz").json() == {"status": "ok"}
    assert service.http.get("/readyz").json() == {"status": "ok"}
    service.running.stopping = True
    assert service.http.get("/readyz").status_code == 503
    assert service.http.get("/healthz").status_code == 200
    answer = service.http.get("/v1/policy")
    assert (answer.status_code, answer.json()["rule"]) == (503, "stopping")
    assert answer.headers["connection"] == "close"


def test_a_log_that_was_cut_takes_the_service_out_of_use(service: World) -> None:
    service.seal()
    headers = courier(service)
    disclose_with(service, headers)
    last = "DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)"
    service.vault.main.write(lambda c: c.exec_driver_sql(last))
    ready = service.http.get("/readyz")
    assert (ready.status_code, ready.json()) == (503, {"status": "not_ready"})
    answer = disclose_with(service, headers)
    assert (answer.status_code, answer.json()["rule"]) == (503, "log")
    assert "seq" not in answer.text


def test_how_far_a_clock_of_scans_lies_behind_is_told(service: World) -> None:
    headers = service.headers()
    body = {"scans": [{"waybill": NUMBER, "at": "2026-01-01T00:00:00Z", "kind": "arrive", "outlet": "BJ-1"}]}
    assert service.http.post("/v1/scans", json=body, headers=headers).status_code == 200
    told = re.search(r'wayseal_scans_behind_seconds\{client="all"\} (\S+)', metrics(service))
    assert told
    assert float(told[1]) > 86_400


def test_the_database_goes_away_and_comes_back(service: World, monkeypatch: pytest.MonkeyPatch) -> None:
    service.seal()
    headers = courier(service)

    def gone(*args: object, **kwargs: object) -> None:
        raise DatabaseGoneError("the database can't be reached")

    with monkeypatch.context() as patch:
        patch.setattr(service.vault.main, "write", gone)
        patch.setattr(service.vault.main, "read", gone)
        answer = disclose_with(service, headers)
        assert (answer.status_code, answer.json()["rule"]) == (503, "database")
        assert int(answer.headers["retry-after"]) > 0
        ready = service.http.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {"status": "not_ready"})
    assert disclose_with(service, headers).status_code == 403
    assert "wayseal_database_errors_total" in metrics(service)


def disclose_with(service: World, headers: dict[str, str]) -> Any:
    return service.http.post(f"/v1/waybills/{NUMBER}/disclose", json=WHY, headers=headers)


def metrics(service: World) -> str:
    return str(service.http.get("/metrics", headers=service.headers()).text)


@pytest.mark.parametrize(
    ("error", "status", "rule"),
    [
        (BusyError("too many requests wait"), 503, "busy"),
        (KeyringError("wrap 3 is not in the keyring"), 500, "internal"),
        (ZeroDivisionError("王小明"), 500, "internal"),
    ],
)
def test_what_breaks_below(
    service: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, rule: str
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(service.vault, "scans", broken)
    body = {"scans": [{"waybill": "YT1", "at": "2026-03-02T00:00:00Z", "kind": "pickup", "outlet": "o"}]}
    answer = service.http.post("/v1/scans", json=body, headers=service.headers())
    assert (answer.status_code, answer.json()["rule"]) == (status, rule)
    assert "王小明" not in answer.text + service.log.getvalue()
    assert type(error).__name__ in service.log.getvalue()


def test_metrics_count(service: World) -> None:
    service.seal()
    service.arrive()
    disclose(service)
    disclose(service, "YT0")
    disclose(service, purpose="anything at all")
    text = metrics(service)
    for line in (
        'wayseal_disclosures_total{outcome="disclosed",purpose="deliver"} 1.0',
        'wayseal_disclosures_total{outcome="refused",purpose="deliver"} 1.0',
        'wayseal_disclosures_total{outcome="refused",purpose="unknown"} 1.0',
        'wayseal_refusals_total{rule="custody"} 1.0',
        'wayseal_refusals_total{rule="unknown_purpose"} 1.0',
        "wayseal_sealed_total 1.0",
        'wayseal_requests_total{method="POST",route="/v1/waybills/{waybill}/disclose",status="200"} 1.0',
        "wayseal_group_asks_count 3.0",
        "wayseal_requests_running 1.0",
        "wayseal_asks_waiting 0.0",
    ):
        assert line in text.splitlines(), line
    assert "wayseal_log_entries " in text


def test_many_at_once_share_commits(service: World) -> None:
    service.seal()
    service.arrive()
    # What was seen once today costs no budget again.
    assert disclose(service).status_code == 200
    ask = ("POST", f"/v1/waybills/{NUMBER}/disclose", {"json": WHY, "headers": courier(service)})
    answers = service.http.together(*[ask] * 50)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["seq"] for answer in answers}) == 50
    count = next(line for line in metrics(service).splitlines() if line.startswith("wayseal_group_asks_count"))
    assert float(count.split()[1]) < 50


def test_an_actor_who_is_blocked_sees_nothing_even_with_a_fresh_token(service: World) -> None:
    service.seal()
    service.arrive()
    headers = courier(service)
    assert disclose_with(service, headers).status_code == 200
    service.vault.block(ADMIN, "courier-1", now=NOW)
    assert disclose_with(service, headers).status_code in {401, 403}
