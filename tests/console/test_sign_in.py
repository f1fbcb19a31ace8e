"""Signing in, and what keeps others out."""

import secrets
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from httpx import Client

from tests.console.world import HOUR, MINUTE, PASSWORD, VISIT, World, hidden, text
from wayseal.console import Role
from wayseal.console.access import _rows as tables
from wayseal.console.access._context import Passwords
from wayseal.console.access._sessions import MISSES
from wayseal.console.access.types import ActKind, LinkKind, Visit
from wayseal.console.errors import AccessError, ThrottledError
from wayseal.console.web._forms import MOST, MOST_CARRIED


def cookie(browser: Client, name: str = "wayseal") -> str:
    found = browser.cookies.get(name)
    assert found
    return found


def test_the_first_administrator(world: World) -> None:
    people = world.access.people
    code = people.prepare_setup()
    assert code is not None
    assert len(code) == 24
    browser = world.browser()
    assert browser.get("/sign-in").headers["location"] == "/setup"
    form = {"setup_code": "wrong", "login": "root", "name": "Root", "password": PASSWORD, "again": PASSWORD}
    assert "isn't the code" in text(browser.post("/setup", data=form))
    # A later start makes another code, and the one before is worth nothing.
    older, code = code, people.prepare_setup()
    assert code is not None
    assert older != code
    assert browser.post("/setup", data=form | {"setup_code": older}).status_code == 400
    spelled = "-".join(code[i : i + 6].lower() for i in range(0, 24, 6))
    assert "differ" in text(browser.post("/setup", data=form | {"setup_code": spelled, "again": "other"}))
    assert browser.post("/setup", data=form | {"setup_code": spelled}).headers["location"] == "/enrol"
    # Once, and never again, also with a new code: there is none.
    assert people.prepare_setup() is None
    assert browser.post("/setup", data=form | {"setup_code": spelled, "login": "two"}).status_code == 400
    assert [person.role for person in people.all()] == [Role.ADMINISTRATOR]
    assert world.browser().get("/setup").headers["location"] == "/sign-in"


def test_what_is_said_of_a_wrong_login_is_always_the_same(world: World) -> None:
    closed = world.person("shut", Role.ANALYST)
    world.person("known", Role.ANALYST)
    world.access.people.set_open(closed.id, open_=False, by="somebody")
    said = {
        text(world.browser().post("/sign-in", data={"login": login, "password": password})).replace(login, "")
        for login, password in (("known", "wrong password"), ("nobody", PASSWORD), ("shut", PASSWORD))
    }
    assert len(said) == 1
    assert "don't go together" in said.pop()


def test_the_token_changes_with_every_step(world: World) -> None:
    world.person("ann", Role.ANALYST)
    browser = world.browser()
    browser.cookies.set("wayseal", "planted", domain="console.test")
    browser.post("/sign-in", data={"login": "ann", "password": PASSWORD})
    half = cookie(browser)
    assert half != "planted"
    browser.post("/sign-in/code", data={"code": world.code("ann")})
    full = cookie(browser)
    assert full != half
    for token, status in ((half, 303), ("planted", 303), (full, 200)):
        other = world.browser()
        other.cookies.set("wayseal", token)
        assert other.get("/account").status_code == status
    # The table holds none of them.
    rows = world.access.database.read(lambda c: c.execute(sa.select(tables.sessions)).all())
    assert not any(token in str(row) for row in rows for token in (half, full))
    # A fresh proof gives another one, too.
    world.clock.sleep(6 * MINUTE)
    browser.post("/confirm", data={"proof": PASSWORD, "next": "/account"})
    assert cookie(browser) != full


def test_sessions_end(world: World) -> None:
    person = world.person("ann", Role.ANALYST)
    idle, busy = world.signed_in("ann"), world.signed_in("ann")
    for _ in range(3):
        world.clock.sleep(25 * MINUTE)
        assert busy.get("/account").status_code == 200
    assert idle.get("/account").headers["location"] == "/sign-in?next=/account"
    for _ in range(24):
        world.clock.sleep(30 * MINUTE)
        last = busy.get("/account").status_code
    assert last == 303
    # Ended by hand, by a closed account, by another role, by another password.
    one, two = world.signed_in("ann"), world.signed_in("ann")
    assert two.post("/account/sessions/others/end").status_code == 303
    assert (one.get("/account").status_code, two.get("/account").status_code) == (303, 200)
    world.access.people.set_role(person.id, Role.AUDITOR, by="somebody")
    assert two.get("/account").status_code == 303
    one, two = world.signed_in("ann"), world.signed_in("ann")
    new = "another sentence"
    assert one.post("/account/password", data={"password": new, "again": new}).status_code == 303
    assert (one.get("/account").status_code, two.get("/account").status_code) == (200, 303)
    world.access.people.set_open(person.id, open_=False, by="somebody")
    assert one.get("/account").status_code == 303
    world.access.people.set_open(person.id, open_=True, by="somebody")
    assert one.get("/account").status_code == 303
    signed_out = world.browser()
    signed_out.post("/sign-in", data={"login": "ann", "password": new})
    signed_out.post("/sign-in/code", data={"code": world.code("ann")})
    token = cookie(signed_out)
    answer = signed_out.post("/sign-out")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    signed_out.cookies.set("wayseal", token)
    assert signed_out.get("/account").status_code == 303
    nowhere = signed_out.get("/nowhere")
    assert (nowhere.status_code, "Name of ann" in nowhere.text) == (404, False)


def test_a_clock_that_goes_back_lengthens_nothing(world: World) -> None:
    world.person("root", Role.ADMINISTRATOR)
    world.clock.sleep(400 * 24 * HOUR)  # somebody set it wrong, and puts it right
    browser, other = world.signed_in("root"), world.browser()
    while other.post("/sign-in", data={"login": "root", "password": "wrong password"}).status_code == 401:
        pass
    world.clock.sleep(-399 * 24 * HOUR)
    assert browser.get("/account").headers["location"].startswith("/sign-in")
    assert other.post("/sign-in", data={"login": "root", "password": PASSWORD}).status_code == 303


def test_a_password_that_is_taken_away_while_it_is_checked_opens_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, token = world.access.people.invite("ann", "Ann", Role.ANALYST, by="somebody")
    world.access.sessions.sign_out(world.access.people.take_up(token, PASSWORD, VISIT).session)
    check = Passwords.fits

    def slowly(self: Passwords, password: str, kept: str | None) -> bool:
        fits = check(self, password, kept)
        world.access.people.new_link(person.id, by="somebody")
        return fits

    monkeypatch.setattr(Passwords, "fits", slowly)
    assert world.browser().post("/sign-in", data={"login": "ann", "password": PASSWORD}).status_code == 401
    assert world.access.sessions.of(person.id) == ()


def test_a_code_counts_once(world: World) -> None:
    world.person("ann", Role.ANALYST)
    one, two = world.browser(), world.browser()
    for browser in (one, two):
        browser.post("/sign-in", data={"login": "ann", "password": PASSWORD})
    code = world.code("ann")
    assert one.post("/sign-in/code", data={"code": code}).status_code == 303
    assert two.post("/sign-in/code", data={"code": code}).status_code == 401
    # As people type it; and one that is older than the last counts no more.
    older = world.code("ann")
    newer = world.code("ann")
    spelled = f"{newer[:3]} {newer[3:]}".translate({ord("0") + i: ord("０") + i for i in range(10)})
    assert two.post("/sign-in/code", data={"code": spelled}).status_code == 303
    three = world.browser()
    three.post("/sign-in", data={"login": "ann", "password": PASSWORD})
    assert three.post("/sign-in/code", data={"code": older}).status_code == 401


def test_a_clock_that_was_ahead_shuts_nobody_out(world: World) -> None:
    """What was used meanwhile counts no more when its time comes, and nothing counts twice."""
    ann = world.person("ann", Role.ANALYST)

    def enter(code: str) -> int:
        browser = world.browser()
        browser.post("/sign-in", data={"login": "ann", "password": PASSWORD})
        return browser.post("/sign-in/code", data={"code": code}).status_code

    before = world.code("ann")
    assert enter(before) == 303
    _, link = world.access.people.invite("bo", "Bo", Role.ANALYST, by=ann.id)
    world.clock.sleep(90 * 24 * HOUR)
    ahead, then = world.code("ann"), world.clock.at
    assert enter(ahead) == 303
    world.clock.sleep(-90 * 24 * HOUR)
    assert [enter(before), enter(ahead)] == [401, 401]
    world.clock.sleep(HOUR)
    assert enter(world.code("ann")) == 303
    assert world.access.people.linked(link, LinkKind.INVITE) is not None
    world.clock.at = then - 30_000_000
    assert world.code("ann") == ahead
    assert enter(ahead) == 401
    assert enter(world.code("ann")) == 303


def test_recovery_codes_count_once(world: World) -> None:
    world.person("ann", Role.ANALYST)
    page = world.signed_in("ann").post("/account/recovery-codes")
    codes = [
        part.split("</li>")[0]
        for part in page.text.split("<li>")
        if "-" in part[:11] and len(part.split("</li>")[0]) == 11
    ]
    assert len(set(codes)) == 10
    for code, status in ((codes[0], 303), (codes[0], 401), (codes[1].lower().replace("-", " "), 303)):
        browser = world.browser()
        browser.post("/sign-in", data={"login": "ann", "password": PASSWORD})
        assert browser.post("/sign-in/code", data={"code": code}).status_code == status
    assert "8 left" in text(world.signed_in("ann").get("/account"))
    rows = world.access.database.read(lambda c: c.execute(sa.select(tables.recovery_codes)).all())
    assert not any(code.replace("-", "") in str(row) for row in rows for code in codes)


def test_attempts_slow_down(world: World) -> None:
    world.person("ann", Role.ANALYST)
    browser = world.browser()

    def try_in(password: str) -> int:
        return browser.post("/sign-in", data={"login": "ann", "password": password}).status_code

    assert [try_in("wrong password") for _ in range(5)] == [401] * 5
    answer = browser.post("/sign-in", data={"login": "ann", "password": PASSWORD})
    assert answer.status_code == 429
    assert "try again in" in text(answer)
    # Elsewhere the same person gets in: nobody is shut out by others' guesses.
    opened = world.access.sign_in.by_password("ann", PASSWORD, Visit(address="198.51.100.1", device=""))
    assert opened.session.person.login == "ann"
    world.clock.sleep(3)
    assert try_in("wrong password") == 401
    world.clock.sleep(3)
    assert try_in("wrong password") == 429
    world.clock.sleep(2)
    assert try_in(PASSWORD) == 303
    # Many logins from one address count together.
    other = Visit(address="198.51.100.2", device="")
    refused = 0
    for number in range(110):
        try:
            world.access.sign_in.by_password(f"x{number}", "wrong password", other)
        except ThrottledError:
            refused += 1
        except AccessError:
            pass
    assert refused == 10
    # An hour later all is forgotten.
    world.clock.sleep(HOUR)
    assert try_in("wrong password") == 401


def test_codes_cant_be_guessed_on(world: World) -> None:
    world.person("ann", Role.ANALYST)
    browser = world.browser()
    browser.post("/sign-in", data={"login": "ann", "password": PASSWORD})
    for _ in range(4):
        assert browser.post("/sign-in/code", data={"code": "000000"}).status_code == 401
    assert browser.post("/sign-in/code", data={"code": "000000"}).status_code == 429
    world.clock.sleep(10)
    assert browser.post("/sign-in/code", data={"code": "000000"}).status_code == 401
    # The session is over, and the right code opens it no more.
    answer = browser.post("/sign-in/code", data={"code": world.code("ann")})
    assert answer.status_code == 401
    assert "Password" in text(answer)


def test_a_form_survives_its_session(world: World) -> None:
    world.person("root", Role.ADMINISTRATOR)
    world.person("ann", Role.ADMINISTRATOR)
    browser = world.signed_in("root")
    world.clock.sleep(2 * HOUR)
    form = {"login": "new.one", "name": "王小明 <b>", "role": "analyst", "password": "never kept"}
    page = browser.post("/people", data=form)
    assert page.status_code == 401
    assert "is kept" in text(page)
    kept = hidden(page, "kept")
    assert "王小明" not in page.text
    signing = {"login": "root", "password": PASSWORD, "kept": kept, "next": "/"}
    code_page = browser.post("/sign-in", data=signing)
    assert hidden(code_page, "kept") == kept
    back = browser.post("/sign-in/code", data={"code": world.code("root"), "kept": kept})
    assert back.status_code == 200
    assert "王小明 <b>" in text(back)
    assert "never kept" not in back.text
    sent = {name: hidden(back, name) for name in ("login", "name", "role")}
    assert sent == {name: form[name] for name in sent}
    assert "Link for new.one" in text(browser.post("/people", data=sent))
    # Nobody else gets it, and it doesn't keep for ever.
    other = world.browser()
    other.post("/sign-in", data={"login": "ann", "password": PASSWORD, "kept": kept})
    assert other.post("/sign-in/code", data={"code": world.code("ann"), "kept": kept}).status_code == 303
    world.clock.sleep(25 * HOUR)
    late = world.browser()
    late.post("/sign-in", data={"login": "root", "password": PASSWORD})
    assert late.post("/sign-in/code", data={"code": world.code("root"), "kept": kept}).status_code == 303


def test_as_much_as_a_page_takes_survives(world: World) -> None:
    """Whatever the text, and though the code comes too late, or five times wrong."""
    world.person("root", Role.ADMINISTRATOR)
    browser = world.signed_in("root")
    world.clock.sleep(2 * HOUR)
    texts = {"dense": secrets.token_urlsafe(196_000), "lines": '"\\\n' * 28_000, "hidden": "\x01\x02\x1f" * 29_000}
    for name, typed in texts.items():
        assert 250_000 < len(urlencode({"login": typed})) <= MOST, name
        page = browser.post("/people", data={"login": typed})
        assert (page.status_code, len(hidden(page, "kept")) < MOST_CARRIED - 1000) == (401, True), name
    kept = hidden(browser.post("/people", data={"login": texts["dense"]}), "kept")
    page = browser.post("/sign-in", data={"login": "root", "password": PASSWORD, "kept": kept})
    for late in (False, True):
        if late:
            world.clock.sleep(11 * MINUTE)
        for _ in range(1 if late else MISSES + 1):
            page = browser.post("/sign-in/code", data={"code": "000000", "kept": hidden(page, "kept")})
        assert hidden(page, "kept") == kept
        world.clock.sleep(HOUR)
        page = browser.post("/sign-in", data={"login": "root", "password": PASSWORD, "kept": hidden(page, "kept")})
    back = browser.post("/sign-in/code", data={"code": world.code("root"), "kept": hidden(page, "kept")})
    assert hidden(back, "login") == texts["dense"]


def test_some_acts_want_a_fresh_proof(world: World) -> None:
    world.person("root", Role.ADMINISTRATOR)
    browser = world.signed_in("root")
    world.clock.sleep(6 * MINUTE)
    assert browser.get("/account/password").headers["location"] == "/confirm?next=/account/password"
    form = {"login": "bo", "name": "Bo", "role": "analyst"}
    page = browser.post("/people", data=form)
    assert page.status_code == 401
    assert world.access.people.all()[0].login == "root"
    kept = hidden(page, "kept")
    assert browser.post("/confirm", data={"proof": "wrong password", "kept": kept}).status_code == 401
    back = browser.post("/confirm", data={"proof": world.code("root"), "kept": kept})
    assert "It wasn't sent yet" in text(back)
    assert browser.post("/people", data=form).status_code == 200
    assert browser.post("/confirm", data={"proof": PASSWORD, "next": "//evil.test"}).headers["location"] == "/"


def test_links_work_once(world: World) -> None:
    world.person("root", Role.ADMINISTRATOR)
    person, token = world.access.people.invite("bo", "Bo", Role.ANALYST, by="somebody")
    form = {"password": PASSWORD, "again": PASSWORD}
    browser = world.browser()
    assert "Your login is bo" in text(browser.get(f"/invited/{token}"))
    assert browser.post(f"/invited/{token}", data=form).headers["location"] == "/enrol"
    assert world.browser().post(f"/invited/{token}", data=form).status_code == 404
    # A new link takes password, codes and sessions away; the one before ends.
    first = world.access.people.new_link(person.id, by="somebody")
    second = world.access.people.new_link(person.id, by="somebody")
    assert browser.get("/enrol").headers["location"].startswith("/sign-in")
    assert world.browser().get(f"/invited/{first}").status_code == 404
    assert world.browser().post("/sign-in", data={"login": "bo", "password": PASSWORD}).status_code == 401
    world.clock.sleep(8 * 24 * HOUR)
    assert world.browser().get(f"/invited/{second}").status_code == 404


def test_the_demos_link(world: World) -> None:
    token = world.access.people.make_demo_link("demo", "Demo", Role.INVESTIGATOR)
    browser = world.browser()
    assert [browser.get(f"/demo/{token}").status_code for _ in range(2)] == [200, 200]
    assert browser.post(f"/demo/{token}").headers["location"] == "/"
    assert browser.get("/").status_code == 200
    assert world.browser().post(f"/demo/{token}").status_code == 404
    assert world.browser().post("/sign-in", data={"login": "demo", "password": ""}).status_code == 401
    late = world.access.people.make_demo_link("demo", "Demo", Role.INVESTIGATOR)
    world.clock.sleep(16 * MINUTE)
    assert world.browser().post(f"/demo/{late}").status_code == 404


def test_acts_are_kept_and_chained(world: World) -> None:
    world.person("root", Role.ADMINISTRATOR)
    world.signed_in("root")
    world.browser().post("/sign-in", data={"login": "my password by mistake", "password": "x"})
    kinds = [act.act for act in world.access.acts()]
    assert kinds[:2] == [ActKind.SIGN_IN_FAILED, ActKind.SIGNED_IN]
    rows = world.access.database.read(lambda c: c.execute(sa.select(tables.acts)).all())
    assert "mistake" not in str(rows)
    assert world.access.check_acts().wrong is None
    newest = world.access.check_acts().newest
    parts = [world.access.check_acts(start, limit=4) for start in (1, 5)]
    assert [(one.upto, one.newest, one.wrong) for one in parts] == [(4, newest, None), (min(8, newest), newest, None)]
    page = text(world.signed_in("root").get("/acts?check=3"))
    assert "Acts 3 to" in page
    assert "Every act is what was written" in text(world.signed_in("root").get("/acts?check"))
    wrong = [
        tables.acts.update().where(tables.acts.c.number == 2).values(act="enabled"),
        tables.acts.delete().where(tables.acts.c.number == 3),
    ]
    for statement, number in zip(wrong, (2, 2), strict=True):
        world.access.database.write(sa.Connection.execute, statement)
        assert world.access.check_acts().wrong == number


def test_one_administrator_stays(world: World) -> None:
    root = world.person("root", Role.ADMINISTRATOR)
    browser = world.signed_in("root")
    for path in ("close", "role", "link"):
        answer = browser.post(f"/people/{root.id}/{path}", data={"role": "analyst"})
        assert answer.status_code == 400
        assert "own account" in text(answer)
    changes: tuple[tuple[str, dict[str, Any]], ...] = (
        ("set_role", {"role": Role.ANALYST}),
        ("set_open", {"open_": False}),
        ("new_link", {}),
    )
    for act, given in changes:
        with pytest.raises(AccessError, match="has to stay"):
            getattr(world.access.people, act)(root.id, by="somebody else", **given)


def lock(world: World, login: str) -> None:
    """Somebody guesses from many addresses, until nobody else is looked at."""
    sign_in = world.access.sign_in
    for address in range(1, 12):
        for _ in range(5):
            with suppress(AccessError):
                sign_in.by_password(login, "a guess", Visit(address=f"198.51.100.{address}", device=""))
    world.clock.sleep(1)


def test_who_guesses_elsewhere_keeps_nobody_out_who_is_known(world: World) -> None:
    world.person("ann", Role.ANALYST)
    world.person("bo", Role.ANALYST)
    browser, open_one, other = world.signed_in("ann"), world.signed_in("ann"), world.signed_in("bo")
    assert browser.post("/sign-out").status_code == 303
    signing = {"login": "ann", "password": PASSWORD}
    world.clock.sleep(10 * MINUTE)
    lock(world, "ann")
    # Nobody who isn't known: also not by what another login is known by, nor by something made up.
    assert world.browser().post("/sign-in", data=signing).status_code == 429
    for name, value in [(k, v) for k, v in other.cookies.items() if "known" in k] + [("wayseal-known-x", "00" * 40)]:
        stranger = world.browser()
        stranger.cookies.set(name, value)
        assert stranger.post("/sign-in", data=signing).status_code == 429, name
    # An open session proves who it is, and a known browser lets in: with the second proof, which is asked for.
    assert open_one.post("/confirm", data={"proof": PASSWORD}).status_code == 303
    assert browser.post("/sign-in", data=signing).headers["location"] == "/sign-in/code"
    assert browser.get("/account").headers["location"] == "/sign-in/code"
    assert browser.post("/sign-in/code", data={"code": "000000"}).status_code == 401
    assert browser.post("/sign-in/code", data={"code": world.code("ann")}).status_code == 303
    assert browser.get("/account").status_code == 200
    # What was counted against strangers still is: one try in a while.
    assert world.browser().post("/sign-in", data=signing | {"password": "a guess"}).status_code == 401
    assert world.browser().post("/sign-in", data=signing).status_code == 429


def test_a_known_browser_and_an_open_session_guess_no_more_than_others(world: World) -> None:
    world.person("ann", Role.ANALYST)
    browser = world.signed_in("ann")
    tries = [browser.post("/confirm", data={"proof": "a guess"}).status_code for _ in range(12)]
    assert tries == [401] * 10 + [429] * 2
    browser.post("/sign-out")
    signing = {"login": "ann", "password": "a guess"}
    assert [browser.post("/sign-in", data=signing).status_code for _ in range(12)] == [401] * 10 + [429] * 2
    # Others aren't kept out by that; and half a year later the browser is a stranger's.
    assert world.browser().post("/sign-in", data=signing | {"password": PASSWORD}).status_code == 303
    lock(world, "ann")
    world.clock.sleep(2000)
    assert browser.post("/sign-in", data=signing | {"password": PASSWORD}).status_code == 303
    world.clock.sleep(180 * 24 * HOUR)
    lock(world, "ann")
    assert browser.post("/sign-in", data=signing | {"password": PASSWORD}).status_code == 429


def test_what_a_browser_is_known_by_is_no_session(world: World) -> None:
    world.person("ann", Role.ANALYST)
    browser = world.browser()
    browser.post("/sign-in", data={"login": "ann", "password": PASSWORD})
    assert not [name for name in browser.cookies if "known" in name]
    answer = browser.post("/sign-in/code", data={"code": world.code("ann")})
    (head,) = [one for one in answer.headers.get_list("set-cookie") if "known" in one]
    assert "HttpOnly" in head
    assert "SameSite=lax" in head
    name, _, value = head.partition(";")[0].partition("=")
    assert world.access.sessions.find(value) is None
    stranger = world.browser()
    stranger.cookies.set(name, value)
    assert stranger.get("/account").headers["location"].startswith("/sign-in")
