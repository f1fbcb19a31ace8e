"""Who may call what: the table, everything that isn't in it, and how soon a right ends.

Which route an address is of: the quick way says what asking one route after the other does.
Access tokens: what is signed is read back, and nothing else is.
"""

import asyncio
import base64
import json
import time
from functools import partial
from typing import Any

import jwt
import pytest
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from tests.server.forging import Forger
from tests.server.world import ADMIN, ALL, ISSUER, NOW, NUMBER, Ring, World
from tests.tables import each
from wayseal.database import DatabaseGoneError
from wayseal.model.kinds import ActorKind
from wayseal.model.times import time_at
from wayseal.server._access_tokens import AUDIENCE, LASTS, AccessTokens, Claims
from wayseal.server._access_tokens import REMEMBERED as TOKENS_REMEMBERED
from wayseal.server._admission import RouteFinder
from wayseal.server._directory_cache import LONGEST, OLDEST, REMEMBERED, DirectoryCache, Principal
from wayseal.server._problems import ProblemError
from wayseal.server.scopes import ROUTES, SCOPES
from wayseal.vault import directory
from wayseal.vault.directory import ActorRecord, Client
from wayseal.vault.keyring import KeyPurpose
from wayseal.vault.keyring.keys import AccessKey
from wayseal.vault.log import UnitOfWork

PUBLIC = {
    ("GET", "/v1/bindings/key"),
    ("POST", "/oauth/token"),
    ("GET", "/oauth/keys"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/openapi.json"),
}
"""Written down twice: a route becomes public here and in the table, or not at all."""
PLACES = {
    "{waybill}": NUMBER,
    "{actor}": "courier-1",
    "{approval}": "0000",
    "{level}": "0",
    "{index:path}": "000.p/1",
    "{seq}": "0",
}
SETS = {
    "none": frozenset[str](),
    **{scope: frozenset({scope}) for scope in SCOPES},
    "seller": frozenset({"seal", "work"}),
    "desk": frozenset({"disclose", "find"}),
    "service desk": frozenset({"disclose", "find", "revise"}),
    "witness": frozenset({"log"}),
    "all": ALL,
}
"""Scope sets: each alone, what systems have in practice, and everything."""


def address(path: str) -> str:
    for name, value in PLACES.items():
        path = path.replace(name, value)
    return path


def test_every_route_stands_in_the_table_and_the_other_way_round(shared: World) -> None:
    walked = {
        (method, route.path)
        for route in shared.api.routes
        if isinstance(route, Route)
        for method in (route.methods or ())
    }
    assert walked == set(ROUTES)
    assert all(isinstance(route, APIRoute) for route in shared.api.routes)


def test_what_is_public_is_written_down_twice() -> None:
    assert {key for key, scope in ROUTES.items() if scope is None} == PUBLIC
    assert {scope for scope in ROUTES.values() if scope is not None} == set(SCOPES)


def test_a_route_that_nobody_put_into_the_table_is_closed(service: World) -> None:
    @service.api.get("/v1/forgotten")
    async def forgotten() -> str:
        return "open"

    async def plain(request: object) -> Any:
        raise AssertionError

    service.api.router.routes.append(Route("/plain", plain))
    for path in ("/v1/forgotten", "/plain"):
        for headers in ({}, service.headers()):
            answer = service.http.get(path, headers=headers)
            assert (answer.status_code, answer.json()["rule"]) == (403, "not_allowed")


def test_addresses_and_methods_that_there_are_not(shared: World) -> None:
    headers = shared.headers()
    for path in ("/", "/v1", "/v1/waybills/", "//v1/find", "/v1/waybills/a/b/disclose", "/docs", "/redoc"):
        answer = shared.http.post(path, headers=headers, json={})
        assert (answer.status_code, answer.json()["rule"]) == (404, "not_found"), path
    answer = shared.http.get("/v1/find", headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    answer = shared.http.request("DELETE", "/v1/policy")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("name", SETS)
def test_the_matrix_of_routes_and_scopes(shared: World, name: str) -> None:
    client = f"matrix {name}".replace(":", " ")
    if client not in shared.secrets:
        shared.client(client, SETS[name])
    headers = shared.headers(client)
    for (method, path), needs in ROUTES.items():
        # A body that can't be right: nothing is done, and only who gets as far as the body is told so.
        answer = shared.http.request(
            method, address(path), headers={**headers, "Content-Type": "text/plain"}, content=b"x"
        )
        refused = answer.status_code == 403 and answer.json()["rule"] == "scope_missing"
        assert refused == (needs is not None and needs not in SETS[name]), (method, path)
        if refused:
            assert answer.json()["scope"] == needs
            assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
        if needs is not None:
            bare = shared.http.request(method, address(path))
            assert (bare.status_code, bare.json()["rule"]) == (401, "token_missing")
            assert bare.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "bearer a.b.c", "é"])
def test_headers_that_hold_no_token(shared: World, header: str) -> None:
    answer = shared.http.get("/v1/policy", headers={"Authorization": header.encode()})
    assert (answer.status_code, answer.json()["rule"]) == (401, "token_invalid")


def test_no_forged_token_opens_a_way(shared: World) -> None:
    """Of a client and an actor that there are, by the service's own key where it is to fail for something else."""
    now = int(time.time())
    said = {
        "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + LASTS, "client_id": "all", "sub": "courier-1",
        "scope": "disclose policy:read", "act": {"sub": "all"},
    }  # fmt: skip
    forger = Forger(private=shared.ring.ring.key(AccessKey).private, said=said)
    # One way goes through the framework, one past it.
    ways = [("GET", "/v1/policy"), ("POST", f"/v1/waybills/{NUMBER}/disclose")]
    body = {"purpose": "deliver", "reason": "x"}

    def asked(token: str) -> list[tuple[int, str]]:
        headers = {"Authorization": f"Bearer {token}".encode()}
        answers = [shared.http.request(method, path, headers=headers, json=body) for method, path in ways]
        return [(answer.status_code, answer.json().get("rule")) for answer in answers]

    assert asked(forger.made()) == [(200, None), (403, "custody")]
    forged = forger.forged()
    assert len(forged) >= 27
    refused = [(401, "token_invalid")] * 2
    assert {name: told for name, token in forged.items() if (told := asked(token)) != refused} == {}


def test_two_tokens_are_none(shared: World) -> None:
    token = shared.headers()["Authorization"]
    for name in ("Authorization", "Idempotency-Key", "Content-Type"):
        answer = shared.http.get("/v1/policy", headers=[(name, token), (name, token), ("Authorization", token)])
        assert answer.status_code == 400
    assert shared.http.get("/v1/policy", headers=[("X", "1"), ("X", "2"), ("Authorization", token)]).status_code == 200


def until(service: World, headers: dict[str, str], status: int, rule: str) -> None:
    """Returns once the answer is this one: long before a token ends; to the second is up to `DirectoryCache`."""
    began = time.monotonic()
    while (answer := service.http.get("/v1/policy", headers=headers)).status_code != status:
        assert time.monotonic() - began < 60
        time.sleep(0.05)
    assert answer.json()["rule"] == rule


def test_a_disabled_client_and_a_blocked_actor_are_out_soon(service: World) -> None:
    """Not only when their tokens end."""
    service.client("two", actor=None)
    service.client("watch", frozenset({"metrics"}), actor=None)
    metrics = service.headers("watch")
    assert service.http.get("/metrics", headers=metrics).status_code == 200
    tokens = [service.headers(), service.headers("two", actor="courier-1"), service.headers("two", actor="admin-1")]
    for headers in tokens:
        assert service.http.get("/v1/policy", headers=headers).status_code == 200
    service.vault.block(ADMIN, "courier-1", now=NOW)
    until(service, tokens[1], 401, "token_invalid")
    assert service.http.get("/v1/policy", headers=tokens[2]).status_code == 200
    service.vault.disable_client(ADMIN, "watch", now=NOW)
    service.vault.disable_client(ADMIN, "two", now=NOW)
    until(service, tokens[2], 401, "token_invalid")
    assert service.http.get("/v1/policy", headers=tokens[0]).status_code == 200
    assert service.http.get("/metrics", headers=metrics).status_code == 401


CLIENT = Client(
    client="c",
    secret_sha256=b"",
    scopes=ALL,
    actor="self",
    acts_for=frozenset({"courier"}),
    per_second=1,
    certificate_sha256=None,
    disabled_at=None,
)


def actor(name: str, role: str, **times: int) -> ActorRecord:
    given: dict[str, Any] = {of: time_at(at) for of, at in times.items()}
    return ActorRecord(actor=name, kind=ActorKind.PERSON, role=role, **given)


@each(
    ("principal", "may"),
    [
        (Principal(client=CLIENT, actor=actor("a", "courier")), True),
        (Principal(client=CLIENT, actor=actor("self", "it")), True),
        (Principal(client=CLIENT, actor=actor("a", "it")), False),
        (Principal(client=None, actor=actor("a", "courier")), False),
        (Principal(client=CLIENT, actor=None), False),
        (Principal(client=CLIENT, actor=actor("a", "courier", blocked_at=1)), False),
        (Principal(client=CLIENT, actor=actor("a", "courier", valid_from=101)), False),
        (Principal(client=CLIENT, actor=actor("a", "courier", valid_from=100, valid_to=101)), True),
        (Principal(client=CLIENT, actor=actor("a", "courier", valid_to=100)), False),
    ],
)
def test_who_may_act_for_whom(principal: Principal, may: bool) -> None:
    assert principal.may_act(now=100) is may


def test_scopes_that_were_taken_from_a_client_are_gone_from_its_tokens(service: World) -> None:
    service.client("less", frozenset({"policy:read"}))
    token = service.headers("less")
    marks = service.vault.marks
    unit = partial(UnitOfWork, marks=marks, caller=ADMIN, policy=1, now=NOW, day=0)
    service.vault.main.write(lambda c: directory._change_client(unit(c), "less", scopes="seal"))
    until(service, token, 403, "scope_missing")


def test_many_who_ask_at_once_make_one_read() -> None:
    """Rule 3 of the directory, and what is remembered has an end."""
    reads: list[str] = []
    now, version = [0.0], [1]

    async def newest() -> int:
        return version[0]

    async def read(client: str, actor: str | None) -> Principal:
        reads.append(client)
        await asyncio.sleep(0.01)
        if client == "broken":
            raise DatabaseGoneError("the database can't be reached")
        return Principal(client=None, actor=None)

    async def ask() -> None:
        directory = DirectoryCache(read, newest, lambda: now[0])
        await asyncio.gather(*(directory.principal("c", "a") for _ in range(20)))
        assert reads == ["c"]
        await directory.principal("c", "a")
        assert reads == ["c"]
        # Another version of the directory makes all be read anew, and none be joined that began before.
        old = asyncio.ensure_future(directory.principal("slow", "a"))
        await asyncio.sleep(0)
        version[0], now[0] = 2, OLDEST
        await directory.principal("slow", "a")
        assert reads == ["c", "slow", "slow"]
        await old
        now[0] += OLDEST
        await directory.principal("slow", "a")
        assert reads == ["c", "slow", "slow"]
        # Whatever the version says, all is read anew after a while.
        now[0] += LONGEST
        await directory.principal("slow", "a")
        assert reads == ["c", "slow", "slow", "slow"]
        # Who goes away takes nothing from the others; an error goes to all who asked, and isn't remembered.
        first = asyncio.ensure_future(directory.principal("d", "a"))
        second = asyncio.ensure_future(directory.principal("d", "a"))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == Principal(client=None, actor=None)
        for _ in range(2):
            with pytest.raises(DatabaseGoneError):
                await directory.principal("broken", "a")
        for n in range(REMEMBERED + 5):
            directory._known[str(n), None] = Principal(client=None, actor=None)
        await directory.principal("e", "a")
        assert len(directory._known) <= REMEMBERED + 8

    asyncio.run(ask())


VALUES = ("YT1", "0", "a b", "\n", "x\n", "batch", "disclose", "{waybill}", "%2F", "é", "a:b", ".", "")
ENDS = ("", "/", "\n", "/x", "?", "//")


async def nothing(request: Request) -> Response:
    return Response()


def addresses(path: str) -> set[str]:
    """Some of a path, and some that are nearly so."""
    made = set()
    for value in VALUES:
        address = path
        for name in ("{waybill}", "{actor}", "{approval}", "{level}", "{index:path}", "{seq}"):
            address = address.replace(name, value)
        made |= {address + end for end in ENDS} | {address[1:], address[:-1], address.upper(), f"/{address}"}
    return made


def told(find: Any, method: str, address: str) -> str:
    scope = {"type": "http", "method": method, "path": address, "state": {}}
    try:
        path, values = find(scope)
    except ProblemError as problem:
        return f"{problem.rule} {problem.headers}"
    return json.dumps([path, dict(values)])


def test_both_ways_find_the_same(shared: World) -> None:
    paths = RouteFinder(lambda: shared.api.router.routes, ROUTES)
    quick = {(method, path) for (method, _), (path, _) in paths._plain.items()}
    quick |= {(method, path) for (method, _, _), (path, _) in paths._with_one.items()}
    # The tile has two parameters; a waybill could be called "batch".
    shared_or_long = {
        ("GET", "/v1/log/tile/{level}/{index:path}"),
        ("PATCH", "/v1/waybills/{waybill}"),
        ("POST", "/v1/waybills/batch"),
        ("POST", "/v1/numbers/{number}/{move}"),
    }
    assert set(ROUTES) - quick == shared_or_long
    found = set()
    for _, path in ROUTES:
        for address in addresses(path):
            for method in ("POST", "GET", "PUT", "HEAD", "get", ""):
                one = told(paths.find, method, address)
                assert one == told(paths._match_each, method, address), (method, address)
                found.add(one)
    assert len(found) > 60


@pytest.mark.parametrize(
    ("paths", "quick"),
    [
        (["/a/{x}/b", "/c"], {"/a/{x}/b", "/c"}),
        (["/a/{x}/b", "/a/c/b"], set()),
        (["/a/{x}/b", "/{x}/1/b"], set()),
        (["/a/{x}/b", "/a/{x:path}"], set()),
        (["/{x:path}", "/a/{x}/b", "/c"], set()),
        (["/a/{x}/b", "/a/{x}/c", "/a/b"], {"/a/{x}/b", "/a/{x}/c", "/a/b"}),
        (["/a/{x}/{y}", "/a/x{y}/b", "/a/{x:int}/b/c"], set()),
    ],
)
def test_paths_that_share_an_address_are_asked_in_their_order(paths: list[str], quick: set[str]) -> None:
    routes: list[BaseRoute] = [Route(path, nothing, methods=["POST"]) for path in paths]
    table = dict.fromkeys([("POST", path) for path in paths])
    made = RouteFinder(lambda: routes, table)
    assert {path for path, _ in [*made._plain.values(), *made._with_one.values()]} == quick
    for address in ("/a/c/b", "/a/1/b", "/a/b", "/c", "/a/1/b/c", "/a/x1/b"):
        assert told(made.find, "POST", address) == told(made._match_each, "POST", address)


def test_what_is_no_plain_route_leaves_nothing_to_the_quick_way() -> None:
    routes: list[BaseRoute] = [Mount("/a", routes=[]), Route("/a/b", nothing, methods=["POST"])]
    made = RouteFinder(lambda: routes, {("POST", "/a/b"): None})
    assert not made._plain
    assert told(made.find, "POST", "/a/b").startswith("not_allowed")


NOW_S = 1_700_000_000
CLAIMS = Claims(client="c1", actor="a1", scopes=frozenset({"seal", "log"}), expires=NOW_S + LASTS)
SAID: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "iat": NOW_S,
    "exp": NOW_S + LASTS,
    "client_id": "c1",
    "sub": "a1",
    "scope": "log seal",
    "act": {"sub": "c1"},
}
RING = Ring()
FORGER = Forger(private=RING.ring.key(AccessKey).private, said=SAID)
FORGED = FORGER.forged()


@each("name", FORGED)
def test_what_is_no_token_of_ours_is_none(name: str) -> None:
    tokens = AccessTokens(RING, issuer=ISSUER)
    assert tokens.verify(FORGED[name], now=NOW_S) is None
    assert tokens.verify(FORGED[name], now=NOW_S) is None


def test_forged_tokens_start_from_a_good_one() -> None:
    assert AccessTokens(RING, issuer=ISSUER).verify(FORGER.made(), now=NOW_S) == CLAIMS


@given(
    st.builds(
        Claims,
        client=st.text(min_size=1, max_size=128),
        actor=st.none() | st.text(min_size=1, max_size=128),
        scopes=st.frozensets(st.sampled_from(["seal", "log", "policy:read"])),
        expires=st.integers(NOW_S + 1, NOW_S + LASTS),
        certificate=st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
    )
)
def test_what_is_issued_is_read_back(claims: Claims) -> None:
    tokens = AccessTokens(RING, issuer=ISSUER)
    token = tokens.issue(claims, now=NOW_S)
    assert tokens.verify(token, now=NOW_S) == claims
    assert tokens.verify(token, now=claims.expires - 1) == claims
    assert tokens.verify(token, now=claims.expires) is None


@given(
    st.text(max_size=200) | st.binary(max_size=100).map(lambda raw: base64.urlsafe_b64encode(raw).decode() + ".e30.")
)
def test_no_text_breaks_verification(text: str) -> None:
    assert AccessTokens(RING, issuer=ISSUER).verify(text, now=NOW_S) is None


def test_a_rotated_key_verifies_until_it_is_retired() -> None:
    ring = Ring()
    tokens = AccessTokens(ring, issuer=ISSUER)
    first = tokens.issue(CLAIMS, now=NOW_S)
    ring.ring = ring.ring.rotate(KeyPurpose.ACCESS, NOW)
    second = tokens.issue(CLAIMS, now=NOW_S)
    assert [jwt.get_unverified_header(token)["kid"] for token in (first, second)] == ["access-1", "access-2"]
    assert tokens.verify(first, now=NOW_S) == tokens.verify(second, now=NOW_S) == CLAIMS
    assert [key["kid"] for key in tokens.jwks()["keys"]] == ["access-1", "access-2"]
    ring.ring = ring.ring.retire(KeyPurpose.ACCESS, 1)
    # Even though it was verified before (rule 3).
    assert tokens.verify(first, now=NOW_S) is None
    assert tokens.verify(second, now=NOW_S) == CLAIMS
    assert [key["kid"] for key in tokens.jwks()["keys"]] == ["access-2"]


def test_the_published_keys_verify_and_hold_no_secret() -> None:
    tokens = AccessTokens(RING, issuer=ISSUER)
    (key,) = tokens.jwks()["keys"]
    assert set(key) == {"kty", "crv", "use", "alg", "kid", "x"}
    said = jwt.decode(
        tokens.issue(CLAIMS, now=NOW_S),
        jwt.PyJWK(key).key,
        algorithms=["EdDSA"],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"verify_exp": False},
    )
    assert said["act"] == {"sub": "c1"}


def test_only_so_many_are_remembered() -> None:
    tokens = AccessTokens(RING, issuer=ISSUER)
    tokens.jwks()
    tokens._known.update((str(n).encode(), CLAIMS) for n in range(TOKENS_REMEMBERED))
    tokens.verify(FORGER.made(), now=NOW_S)
    assert len(tokens._known) == TOKENS_REMEMBERED
