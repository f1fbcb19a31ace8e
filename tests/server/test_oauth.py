"""Tokens for clients, over HTTP: who gets one, who doesn't, and how little the refusals tell.

Buckets that limit them and others.
"""

import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.world import ADMIN, ALL, NOW, Http, World
from wayseal.server import _oauth as clients
from wayseal.server._oauth import OAuthError
from wayseal.server._rate_limits import SignInFailures, TokenBuckets

FORM = "application/x-www-form-urlencoded"


def ask(service: World, body: str, authorization: str | None = None, http: Http | None = None) -> Any:
    headers = {"Content-Type": FORM, **({} if authorization is None else {"Authorization": authorization})}
    return (http or service.http).post("/oauth/token", content=body.encode(), headers=headers)


def basic(client: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{quote(client)}:{quote(secret)}".encode()).decode()


def test_both_ways_of_showing_a_secret(service: World) -> None:
    secret = service.secrets["all"]
    grant = "grant_type=client_credentials"
    for answer in (
        ask(service, grant, basic("all", secret)),
        ask(service, grant, basic("all", secret).replace("Basic", "basic")),
        ask(service, f"{grant}&client_id=all", basic("all", secret)),
        ask(service, f"{grant}&client_id=all&client_secret={secret}"),
    ):
        assert answer.status_code == 200
        assert answer.json()["token_type"] == "Bearer"
        assert answer.json()["expires_in"] == 600
        assert answer.headers["cache-control"] == "no-store"


def test_all_failures_look_alike(service: World) -> None:
    service.client("gone")
    service.vault.disable_client(ADMIN, "gone", now=NOW)
    grant = "grant_type=client_credentials"
    told = []
    for authorization in (
        basic("all", "wrong"),
        basic("nobody", "wrong"),
        basic("nobody", service.secrets["all"]),
        basic("gone", service.secrets["gone"]),
        basic("all", ""),
        basic("", "x"),
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Bearer x",
    ):
        answer = ask(service, grant, authorization)
        told.append((answer.status_code, {**answer.json(), "request": ""}, answer.headers["www-authenticate"]))
    assert all(one == told[0] for one in told)
    assert told[0][0] == 401
    assert told[0][1]["error"] == "invalid_client"
    assert ask(service, grant).status_code == 401


def test_who_only_reads_metrics_or_checks_the_log_needs_no_actor(service: World) -> None:
    service.client("prometheus", frozenset({"metrics", "log", "prove"}), actor=None, acts_for=frozenset())
    token = service.ask_token("prometheus", scope="metrics log").json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert token["scope"] == "log metrics"
    for path in ("/metrics", "/v1/log/checkpoint"):
        assert service.http.get(path, headers=headers).status_code == 200
    assert service.http.get("/v1/log/entries/0/proof", headers=headers).json()["rule"] == "scope_missing"
    for more in ({}, {"scope": "prove"}, {"scope": "metrics", "actor": "courier-1"}):
        assert service.ask_token("prometheus", **more).json()["error"] == "invalid_grant"


def test_a_client_with_an_actor_of_its_own_is_that_actor_for_metrics_too(service: World) -> None:
    service.client("all-2")
    service.vault.block(ADMIN, "system-1", now=NOW)
    assert service.ask_token("all-2", scope="metrics").json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=", "unsupported_grant_type"),
        ("scope=seal", "unsupported_grant_type"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&client_secret=x", "invalid_request"),
        ("grant_type=client_credentials&client_id=other", "invalid_request"),
        ("grant_type=client_credentials&scope=root", "invalid_scope"),
        ("grant_type=client_credentials&scope=seal+root", "invalid_scope"),
        ("grant_type=client_credentials&actor=nobody", "invalid_grant"),
        ("grant_type=client_credentials&x=%ff", "invalid_request"),
        ("&".join(f"x{n}=1" for n in range(30)), "invalid_request"),
        ("x=" + "a" * 9000, "invalid_request"),
        ("x=é", "invalid_request"),
    ],
)
def test_requests_that_get_no_token(shared: World, body: str, error: str) -> None:
    answer = ask(shared, body, basic("all", shared.secrets["all"]))
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_body_that_is_no_form(service: World) -> None:
    answer = service.http.post("/oauth/token", json={"grant_type": "client_credentials"})
    assert answer.json()["error"] == "invalid_request"


def test_scopes_are_those_asked_for_and_no_more_than_the_clients(service: World) -> None:
    service.client("some", frozenset({"seal", "find"}))
    assert service.ask_token("some").json()["scope"] == "find seal"
    assert service.ask_token("some", scope="seal").json()["scope"] == "seal"
    assert service.ask_token("some", scope="log").json()["error"] == "invalid_scope"


def test_on_whose_behalf(service: World) -> None:
    service.client("desk", actor=None, acts_for=frozenset({"courier"}))
    assert service.ask_token("desk", actor="courier-1").status_code == 200
    told = [
        service.ask_token("desk", **more).json()
        for more in ({}, {"actor": "nobody"}, {"actor": "admin-1"}, {"actor": "system-1"}, {"actor": ""})
    ]
    service.vault.block(ADMIN, "courier-1", now=NOW)
    told.append(service.ask_token("desk", actor="courier-1").json())
    # Rule 2: whether there is somebody by this name is not told.
    assert {(t["error"], t["error_description"]) for t in told} == {
        ("invalid_grant", "the client may not act for this actor")
    }


def test_failures_are_limited_by_client_and_address_and_lock_nobody_out(service: World) -> None:
    grant = "grant_type=client_credentials"
    wrong = [ask(service, grant, basic("all", f"wrong{n}")) for n in range(12)]
    assert [w.status_code for w in wrong] == [401] * 10 + [429] * 2
    assert int(wrong[-1].headers["retry-after"]) >= 1
    assert wrong[-1].json()["rule"] == "failures"
    # Even the right secret has to wait, from there; from elsewhere it doesn't.
    right = basic("all", service.secrets["all"])
    assert ask(service, grant, right).status_code == 429
    elsewhere = Http(service.app, "10.0.0.2")
    assert ask(service, grant, right, elsewhere).status_code == 200
    elsewhere.close()


def test_an_address_that_tries_many_clients_is_limited_too() -> None:
    failures = SignInFailures()
    for n in range(60):
        assert failures.wait(f"c{n}", "10.0.0.9", now=0.0) == failures.crowded("10.0.0.9", now=0.0) == 0.0
        failures.count(f"c{n}", "10.0.0.9", now=0.0)
    assert failures.crowded("10.0.0.9", now=0.0) > 0
    assert failures.crowded("10.0.0.8", now=0.0) == 0.0
    assert failures.crowded("10.0.0.9", now=1.0) == 0.0


def test_who_fails_behind_an_address_locks_nobody_else_out_there(
    service: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So slowly that it doesn't matter how long this takes.
    monkeypatch.setattr(SignInFailures, "ADDRESS", (1e-6, 60.0))
    monkeypatch.setattr(SignInFailures, "PAIR", (1e-6, 10.0))
    grant = "grant_type=client_credentials"
    service.client("other")
    told = [ask(service, grant, basic(f"nobody{n}", "wrong")).status_code for n in range(62)]
    assert told == [401] * 60 + [429] * 2
    assert ask(service, grant, basic("all", service.secrets["all"])).status_code == 200
    # A wrong secret is still refused unseen there, and guessing at one client is as slow as ever.
    for n in range(10):
        assert ask(service, grant, basic("other", f"wrong{n}")).status_code == 429
    assert ask(service, grant, basic("other", service.secrets["other"])).status_code == 429


def test_an_old_secret_ends_at_once(service: World) -> None:
    old = service.secrets["all"]
    service.secrets["all"] = service.vault.new_client_secret(ADMIN, "all", now=NOW)
    assert ask(service, "grant_type=client_credentials", basic("all", old)).status_code == 401
    assert service.ask_token("all").status_code == 200


def test_nobody_is_compared_with_something_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 2 of `_oauth`: an unknown client takes the same way."""
    compared = []

    def noted(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr("wayseal.server._oauth.hmac.compare_digest", noted)
    assert not clients.genuine(None, clients.Credentials(client="x", secret="y"))
    assert [len(one) for one in compared[0]] == [32, 32]


def test_credentials_show_no_secret() -> None:
    assert "hush" not in repr(clients.Credentials(client="c", secret="hush"))
    with pytest.raises(OAuthError) as caught:
        clients.form(b"hush=%ff")
    assert "hush" not in str(caught.value) + caught.value.words


def test_the_keys_are_public(service: World) -> None:
    answer = service.http.get("/oauth/keys")
    assert answer.status_code == 200
    assert [key["kid"] for key in answer.json()["keys"]] == ["access-1"]


def test_a_client_with_all_scopes_has_all(service: World) -> None:
    assert set(service.ask_token("all").json()["scope"].split()) == ALL


@given(
    rate=st.floats(0.5, 1000),
    steps=st.lists(st.floats(0, 3), min_size=1, max_size=200),
)
def test_a_bucket_never_gives_more_than_its_rate(rate: float, steps: list[float]) -> None:
    buckets = TokenBuckets()
    now, taken = 0.0, 0
    for step in steps:
        now += step
        wait = buckets.take("c", rate=rate, size=max(rate, 1.0), now=now)
        assert wait >= 0
        taken += not wait
        # Whoever waits as long as it was told is let in.
        if wait:
            assert buckets.wait("c", rate=rate, size=max(rate, 1.0), now=now + wait + 1e-6) < 1e-6
    assert taken <= max(rate, 1.0) + rate * now + 1e-6


def test_only_so_many_buckets_are_kept() -> None:
    buckets = TokenBuckets(most=2)
    for key in ("a", "b", "a", "c"):
        buckets.take(key, rate=1.0, size=1.0, now=0.0)
    assert buckets.wait("b", rate=1.0, size=1.0, now=0.0) == 0.0
    assert buckets.wait("a", rate=1.0, size=1.0, now=0.0) > 0
