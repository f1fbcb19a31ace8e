"""Signing in by the company, against a provider that runs in this process, and against ones that lie."""

import base64
import json
import re
import secrets
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.console.world import HOUR, MINUTE, PASSWORD, World, hidden, open_world, text
from wayseal.console import Role, read_console_settings
from wayseal.console.access import AuthorizationCallback, Provider
from wayseal.console.access import _rows as tables
from wayseal.console.access._provider import MOST, AuthorizationRequest
from wayseal.console.access.types import ActKind, Person, Way
from wayseal.console.errors import AccessError, ConsoleSettingsError, ProviderError, SignInError
from wayseal.console.serve import open_access

with warnings.catch_warnings():
    # It reads keys by a module of Authlib that says of itself that it will go.
    warnings.simplefilter("ignore")
    import oidc_provider_mock

ISSUER = "http://localhost"
SECRET = "the client's secret"


class Company:
    """The provider, and the company's people at it."""

    def __init__(self) -> None:
        self.app = oidc_provider_mock.app(require_nonce=True, access_token_max_age=timedelta(days=3))
        self.transport = httpx.WSGITransport(app=self.app)
        self.provider = Provider(ISSUER, "wayseal", SECRET, transport=self.transport)
        self._browser = httpx.Client(transport=self.transport, base_url=ISSUER)

    def prove(self, address: str, subject: str, **claims: object) -> str:
        """Somebody proves who they are there; the address that they come back by."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._browser.put(f"/users/{subject}", json=claims)
            answer = self._browser.post(address, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"]).removeprefix("http://console.test")

    def deny(self, address: str) -> str:
        return str(self._browser.post(address, data={"action": "deny"}).headers["location"])


@pytest.fixture(scope="module")
def company() -> Company:
    return Company()


@pytest.fixture
def world(company: Company, tmp_path: Path) -> Iterator[World]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_world(tmp_path, provider=company.provider) as made:
            yield made


def leave(browser: httpx.Client, path: str = "/sign-in/company", **form: str) -> str:
    """Where a page sends somebody."""
    page = browser.post(path, data=form)
    assert page.status_code == 200, text(page)
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.text)
    assert found
    assert f'href="{found[1]}"' in page.text
    return unescape(found[1])


def invite(world: World, login: str, role: Role = Role.ANALYST) -> tuple[Person, str]:
    return world.access.people.invite(login, f"Name of {login}", role, by="nobody", way=Way.COMPANY)


def bind(world: World, company: Company, login: str, subject: str, role: Role = Role.ANALYST) -> httpx.Client:
    """A browser of somebody's who took an invitation up by the company."""
    _, token = invite(world, login, role)
    browser = world.browser()
    assert "Sign in with your company account" in text(browser.get(f"/invited/{token}"))
    now = world.clock.at // 1_000_000
    back = company.prove(leave(browser, f"/invited/{token}/company"), subject, auth_time=now)
    assert browser.get(back).headers["location"] == "/"
    return browser


def test_from_the_invitation_to_the_next_session(world: World, company: Company) -> None:
    browser = bind(world, company, "ann", "s-1")
    page = browser.get("/account")
    assert "password and codes are kept there" in text(page)
    other = world.browser()
    address = leave(other, next="/account")
    asked = parse_qs(urlsplit(address).query)
    assert asked["redirect_uri"] == ["http://console.test/sign-in/company/back"]
    assert (asked["response_type"], asked["scope"], asked["code_challenge_method"]) == (["code"], ["openid"], ["S256"])
    assert "prompt" not in asked
    assert other.get(company.prove(address, "s-1")).headers["location"] == "/account"
    assert other.get("/account").status_code == 200
    kinds = [(act.act, dict(act.detail).get("via")) for act in world.access.acts(limit=5)]
    assert kinds[:3] == [(ActKind.SIGNED_IN, "company"), (ActKind.SIGNED_IN, "company"), (ActKind.BOUND, None)]
    # Neither who they are there nor what went along stands in the database.
    rows = str(
        world.access.database.read(lambda c: [c.execute(sa.select(t)).all() for t in tables.METADATA.sorted_tables])
    )
    for word in ("s-1", asked["state"][0], asked["nonce"][0]):
        assert word not in rows
    assert other.post("/sign-out").headers["location"] == "/sign-in"
    assert other.get("/account").status_code == 303


def test_who_wasnt_invited_stays_out(world: World, company: Company) -> None:
    world.person("ann", Role.ANALYST)
    browser = world.browser()
    for claims in ({}, {"email": "ann@company.test", "email_verified": True, "preferred_username": "ann", "role": "x"}):
        answer = browser.get(company.prove(leave(browser), "ann", **claims))
        assert answer.status_code == 401
        assert "opens none here, or one that is closed" in text(answer)
    bo = bind(world, company, "bo", "s-bo")
    assert bo.get("/account").status_code == 200
    [person] = [one for one in world.access.people.all() if one.login == "bo"]
    world.access.people.set_open(person.id, open_=False, by="nobody")
    assert bo.get("/account").status_code == 303
    assert "or one that is closed" in text(browser.get(company.prove(leave(browser), "s-bo")))
    world.access.people.set_open(person.id, open_=True, by="nobody")
    assert browser.get(company.prove(leave(browser), "s-bo")).headers["location"] == "/"


def test_one_account_there_is_one_here(world: World, company: Company) -> None:
    bind(world, company, "cy", "s-cy")
    person, token = invite(world, "dee")
    browser = world.browser()
    answer = browser.get(company.prove(leave(browser, f"/invited/{token}/company"), "s-cy"))
    assert "opens another account" in text(answer)
    # The link wasn't used up by that; it is once somebody else comes back with it.
    assert browser.get(company.prove(leave(browser, f"/invited/{token}/company"), "s-dee")).status_code == 303
    assert browser.post(f"/invited/{token}/company").status_code == 401
    # Another link ties it anew, by the way that the administrator says.
    link = world.access.people.new_link(person.id, by="nobody", way=Way.PASSWORD)
    assert "or one that is closed" in text(browser.get(company.prove(leave(browser), "s-dee")))
    assert world.browser().post(f"/invited/{link}/company").status_code == 401
    form = {"password": PASSWORD, "again": PASSWORD}
    assert world.browser().post(f"/invited/{link}", data=form).headers["location"] == "/enrol"
    # Nor does a password open an invitation by the company.
    _, second = invite(world, "eve")
    assert world.browser().post(f"/invited/{second}", data=form).status_code == 400


def test_who_left_comes_back_once_in_time_in_the_same_browser(world: World, company: Company) -> None:
    browser = bind(world, company, "fay", "s-fay")
    back = company.prove(leave(browser), "s-fay")
    stranger = world.browser()
    assert "in another browser" in text(stranger.get(back))
    assert browser.get(back).status_code == 303
    assert "too late" in text(browser.get(back))
    late = company.prove(leave(browser), "s-fay")
    world.clock.sleep(11 * MINUTE)
    assert "too late" in text(browser.get(late))
    for query in ("", "?state=x", "?state=x&code=y", "?code=y"):
        assert world.browser().get("/sign-in/company/back" + query).status_code == 401
    address = leave(browser)
    denied = company.deny(address).removeprefix("http://console.test")
    # This provider leaves the state out of a refusal.
    denied += "&state=" + parse_qs(urlsplit(address).query)["state"][0]
    assert "didn't let you in" in text(browser.get(denied))


def test_a_fresh_proof_is_one_of_the_same_person(world: World, company: Company) -> None:
    browser = bind(world, company, "root", "s-root", Role.ADMINISTRATOR)
    bind(world, company, "gus", "s-gus")
    world.clock.sleep(6 * MINUTE)
    form = {"login": "hal", "name": "Hal", "role": "analyst", "way": "company"}
    page = browser.post("/people", data=form)
    assert page.status_code == 401
    assert "Prove it with your company account" in text(page)
    kept = hidden(page, "kept")

    def come_back(subject: str, **claims: object) -> httpx.Response:
        address = leave(browser, "/confirm/company", kept=kept)
        assert parse_qs(urlsplit(address).query)["prompt"] == ["login"]
        assert parse_qs(urlsplit(address).query)["max_age"] == ["0"]
        return browser.get(company.prove(address, subject, **claims))

    now = world.clock.at // 1_000_000
    for subject, claims in (("s-gus", {"auth_time": now}), ("s-root", {}), ("s-root", {"auth_time": now - 300})):
        answer = come_back(subject, **claims)
        assert (answer.status_code, "without a new proof" in text(answer)) == (401, True)
    assert browser.post("/people", data=form).status_code == 401
    # A code or a password isn't asked for, and proves nothing.
    assert browser.post("/confirm", data={"proof": PASSWORD}).status_code == 401
    back = come_back("s-root", auth_time=now)
    assert "It wasn't sent yet" in text(back)
    sent = {name: hidden(back, name) for name in form}
    assert "Link for hal" in text(browser.post("/people", data=sent))
    kinds = [act.act for act in world.access.acts(limit=8)]
    assert kinds.count(ActKind.CONFIRM_FAILED) == 3
    assert ActKind.CONFIRMED in kinds


def test_who_was_signed_in_there_already_has_proved_nothing_now(world: World, company: Company) -> None:
    """A machine that somebody left open signs in by itself: what weighs more asks them for themselves."""
    bind(world, company, "lin", "s-lin", Role.ADMINISTRATOR)
    now = world.clock.at // 1_000_000
    for at, status in ((now - 3600, 401), (now + 30, 200)):
        browser = world.browser()
        assert browser.get(company.prove(leave(browser), "s-lin", auth_time=at)).headers["location"] == "/"
        form = {"login": "new.one", "name": "P", "role": "analyst"}
        assert browser.post("/people", data=form).status_code == status


def test_an_office_behind_one_address_gets_in(world: World, company: Company) -> None:
    bind(world, company, "mo", "s-mo")
    browser = world.browser()
    tries = sa.select(tables.attempts.c.tries)
    before = world.access.database.read(lambda c: c.execute(tries).scalars().all())
    for _ in range(3):
        assert browser.get(company.prove(leave(browser), "s-mo")).status_code == 303
    assert world.access.database.read(lambda c: c.execute(tries).scalars().all()) == before
    statuses = [browser.post("/sign-in/company").status_code for _ in range(105)]
    assert (statuses[0], statuses[-1]) == (200, 429)


def test_a_form_survives_the_way_there_and_back(world: World, company: Company) -> None:
    browser = bind(world, company, "ida", "s-ida", Role.ADMINISTRATOR)
    world.clock.sleep(2 * HOUR)
    page = browser.post("/people", data={"login": "jo", "name": "王", "role": "analyst"})
    assert "is kept" in text(page)
    back = browser.get(company.prove(leave(browser, kept=hidden(page, "kept"), next="/"), "s-ida"))
    assert "王" in text(back)
    # As much as a page takes goes along; what wasn't kept here is not written down for strangers.
    world.clock.sleep(2 * HOUR)
    long = secrets.token_urlsafe(150_000)
    page = browser.post("/people", data={"login": long})
    address = leave(browser, kept=hidden(page, "kept"), next="/")
    flights = sa.select(tables.departures.c.sealed)
    (before,) = world.access.database.read(lambda c: c.execute(flights).scalars().all())
    kept = hidden(page, "kept")
    for forged in ("x" * 300_000, kept[:-8] + "AAAAAAA=", "." + kept.partition(".")[2], f"{'0' * 32}.{kept[33:]}"):
        leave(world.browser(), kept=forged)
    sizes = [len(one) for one in world.access.database.read(lambda c: c.execute(flights).scalars().all())]
    assert sorted(sizes)[-1] == len(before) > 200_000
    assert sorted(sizes)[-2] < 1000
    assert hidden(browser.get(company.prove(address, "s-ida")), "login") == long


def test_no_second_way_in_beside_the_company(world: World, company: Company) -> None:
    browser = bind(world, company, "kim", "s-kim")
    assert browser.post("/account/password", data={"password": PASSWORD, "again": PASSWORD}).status_code == 400
    assert browser.post("/account/recovery-codes").status_code == 400
    assert browser.post("/account/authenticator", data={"code": "1"}).status_code == 400
    assert world.browser().post("/sign-in", data={"login": "kim", "password": PASSWORD}).status_code == 401


def test_passwords_for_administrators_alone(company: Company, tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        world.person("ann", Role.ANALYST)
        world.person("root", Role.ADMINISTRATOR)
    with open_world(tmp_path, provider=company.provider, company_only=True) as world:
        browser = world.browser()
        assert "Administrators, with login and password" in text(browser.get("/sign-in"))
        assert browser.post("/sign-in", data={"login": "ann", "password": PASSWORD}).status_code == 401
        assert browser.post("/sign-in", data={"login": "root", "password": PASSWORD}).status_code == 303
        with pytest.raises(AccessError, match="signs in with the company"):
            world.access.people.invite("bo", "Bo", Role.ANALYST, by="x")
        person, _ = world.access.people.invite("cy", "Cy", Role.ANALYST, by="x", way=Way.COMPANY)
        with pytest.raises(AccessError, match="signs in with the company"):
            world.access.people.new_link(person.id, by="x", way=Way.PASSWORD)


def test_without_a_provider_there_is_no_such_way(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        world.person("root", Role.ADMINISTRATOR)
        assert "company" not in text(world.browser().get("/sign-in"))
        for path in ("/sign-in/company", "/invited/x/company"):
            assert world.browser().post(path).status_code == 404
        assert world.browser().get("/sign-in/company/back").status_code == 404
        browser = world.signed_in("root")
        assert browser.post("/confirm/company").status_code == 404
        form = {"login": "bo", "name": "Bo", "role": "analyst", "way": "company"}
        assert browser.post("/people", data=form).status_code == 200
        assert {one.way for one in world.access.people.all()} == {Way.PASSWORD}


def test_a_provider_that_is_away(tmp_path: Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route to host")

    provider = Provider(ISSUER, "wayseal", SECRET, transport=httpx.MockTransport(refuse))
    with open_world(tmp_path, provider=provider) as world:
        world.person("root", Role.ADMINISTRATOR)
        answer = world.browser().post("/sign-in/company", data={"next": "/people"})
        assert answer.status_code == 503
        assert "can't be reached now" in text(answer)
        assert hidden(answer, "next") == "/people"
        assert world.signed_in("root").get("/").status_code == 200


KEY, OTHER = RSAKey.generate_key(2048, {"kid": "k", "use": "sig"}), RSAKey.generate_key(2048, {"kid": "k"})
NOW = 1_800_000_000
GOOD: Mapping[str, Any] = {
    "iss": "https://id.company.test",
    "aud": "wayseal",
    "sub": "s",
    "exp": NOW + 300,
    "iat": NOW,
    "nonce": "n",
}
GONE = AuthorizationRequest(state="s", nonce="n", verifier="v" * 43, back="https://c.test/back", fresh=False, lang="en")


HERE = AuthorizationCallback(code="c", issuer="", error="")


def answer(content: Any, status: int = 200) -> httpx.Response:
    """As it comes from a network, part by part."""
    return httpx.Response(status, stream=httpx.ByteStream(json.dumps(content).encode()))


@dataclass
class Liar:
    """A provider that answers as it is told."""

    token: str = ""
    configuration: dict[str, Any] = field(default_factory=dict)
    keys: Any = None
    status: int = 200
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        issuer = GOOD["iss"]
        if request.url.path.startswith("/.well-known"):
            said = {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/a",
                "token_endpoint": f"{issuer}/t",
                "jwks_uri": f"{issuer}/k",
            }
            return answer(said | self.configuration, self.status)
        if request.url.path == "/k":
            return answer(self.keys or {"keys": [KEY.as_dict(private=False)]})
        return answer({"id_token": self.token, "access_token": "x"})

    def arrive(self, arrival: AuthorizationCallback = HERE) -> str:
        provider = Provider(GOOD["iss"], "wayseal", SECRET, transport=httpx.MockTransport(self))
        return provider.identify(GONE, arrival, NOW).subject


def signed(key: Any = KEY, alg: str = "RS256", **changes: Any) -> str:
    claims = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": "k"}, claims, key)


def unsigned() -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, dict(GOOD))]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])


def test_a_token_as_it_has_to_be() -> None:
    assert Liar(signed()).arrive() == "s"
    assert Liar(signed(aud=["wayseal", "other"], azp="wayseal")).arrive() == "s"
    assert Liar(signed(exp=NOW - 30)).arrive() == "s"
    told = Liar(signed(), configuration={"authorization_response_iss_parameter_supported": True})
    assert told.arrive(AuthorizationCallback(code="c", issuer=GOOD["iss"], error="")) == "s"


FORGED: Mapping[str, Callable[[], str]] = {
    "another issuer": lambda: signed(iss="https://id.company.test/"),
    "another audience": lambda: signed(aud="other"),
    "several audiences, and nobody it is for": lambda: signed(aud=["wayseal", "other"]),
    "for somebody else": lambda: signed(aud=["wayseal", "other"], azp="other"),
    "too old": lambda: signed(exp=NOW - 61),
    "without an end": lambda: signed(exp=None),
    "of the future": lambda: signed(iat=NOW + 120, nbf=NOW + 120),
    "another nonce": lambda: signed(nonce="m"),
    "without a nonce": lambda: signed(nonce=None),
    "without a subject": lambda: signed(sub=None),
    "an empty subject": lambda: signed(sub=""),
    "a subject without end": lambda: signed(sub="s" * 256),
    "a subject that is no text": lambda: signed(sub=7),
    "a time that is none": lambda: signed(auth_time=[1]),
    "another access token": lambda: signed(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "another key": lambda: signed(OTHER),
    "no signature": unsigned,
    "the secret as a key": lambda: signed(OctKey.import_key(SECRET + "x" * 20), "HS256"),
    "no token": lambda: "x",
    "parts that are none": lambda: "a.b.c",
}


@pytest.mark.parametrize("name", FORGED)
def test_a_token_that_doesnt_count(name: str) -> None:
    with pytest.raises(SignInError):
        Liar(FORGED[name]()).arrive()


def test_an_answer_for_another_provider_doesnt_count() -> None:
    for arrival in (
        AuthorizationCallback(code="c", issuer="https://evil.test", error=""),
        AuthorizationCallback(code="", issuer="", error=""),
    ):
        with pytest.raises(SignInError):
            Liar(signed()).arrive(arrival)
    liar = Liar(signed(), configuration={"authorization_response_iss_parameter_supported": True})
    with pytest.raises(SignInError):
        liar.arrive()


def test_a_key_that_isnt_known_yet_is_asked_for_once() -> None:
    liar = Liar(signed())
    provider = Provider(GOOD["iss"], "wayseal", SECRET, transport=httpx.MockTransport(liar))
    assert provider.identify(GONE, HERE, NOW).subject == "s"
    new = RSAKey.generate_key(2048, {"kid": "new"})
    liar.keys = {"keys": [new.as_dict(private=False), {"kty": "unheard of"}]}
    liar.token = jwt.encode({"alg": "RS256", "kid": "new"}, dict(GOOD), new)
    with pytest.raises(SignInError):
        provider.identify(GONE, HERE, NOW)
    provider._keys = provider._keys and (provider._keys[0] - 60, provider._keys[1])
    assert provider.identify(GONE, HERE, NOW).subject == "s"
    assert liar.asked.count("/k") == 2


@pytest.mark.parametrize(
    "configuration",
    [
        {"issuer": "https://id.company.test/"},
        {"token_endpoint": "http://id.company.test/t"},
        {"token_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "https://u:p@id.company.test/a"},
        {"jwks_uri": None},
        {"jwks_uri": "https://[::1"},
        {"padding": "x" * MOST},
    ],
)
def test_a_configuration_that_isnt_followed(configuration: dict[str, Any]) -> None:
    with pytest.raises(ProviderError):
        Liar(signed(), configuration=configuration).arrive()


def test_answers_that_are_none() -> None:
    with pytest.raises(ProviderError):
        Liar(signed(), status=302).arrive()
    for content in (b"<html>", b"[]", b"[" * 100_000):
        transport = httpx.MockTransport(lambda r, c=content: httpx.Response(200, stream=httpx.ByteStream(c)))
        with pytest.raises(ProviderError):
            Provider(GOOD["iss"], "w", "s", transport=transport).authorization_url(GONE)


def test_settings_of_the_company(tmp_path: Path) -> None:
    whole = {"OIDC_ISSUER": ISSUER, "OIDC_CLIENT_ID": "w", "OIDC_CLIENT_SECRET": SECRET}

    def read(**given: str) -> Any:
        return read_console_settings({f"WAYSEAL_CONSOLE_{name}": value for name, value in given.items()})

    settings = read(**whole, OIDC_ONLY="true", FOLDER=str(tmp_path / "c"))
    assert SECRET not in repr(settings)
    with open_access(settings) as access:
        assert access.company is not None
        assert access.company_only
    for given in (
        {"OIDC_ONLY": "true"},
        {"OIDC_ISSUER": ISSUER},
        {"OIDC_CLIENT_SECRET": SECRET},
        whole | {"HTTPS": "true"},
    ):
        with pytest.raises(ConsoleSettingsError, match="oidc_issuer"):
            read(**given)
    assert read(**whole, HTTPS="true", ADDRESS="https://console.company.test").address
    for issuer in (
        "http://id.company.test",
        "ftp://id.company.test",
        "id.company.test",
        "https://a:b@c",
        "https://x:port",
    ):
        with pytest.raises(ConsoleSettingsError, match="https, or of this machine"):
            Provider(issuer, "w", SECRET)
