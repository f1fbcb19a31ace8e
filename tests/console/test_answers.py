"""What every answer has, and what no page and no log lets through."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from benchmarks.vault._faults_service import Server

from tests.console.world import PASSWORD, World, hidden, open_world, text
from tests.database.places import fresh
from wayseal.console import ConsoleSettings, Page, Role
from wayseal.console.web._forms import MOST, local_path
from wayseal.console.web._render import OTHERS
from wayseal.console.web.app import POLICY, create_app, make_spool
from wayseal.console.web.pages import PAGES
from wayseal.database import DatabaseGoneError
from wayseal.page.languages import pick_lang
from wayseal.service import make_log

HOSTILE = "<img src=x onerror=alert(1)>\u202e\"'&</title><script>"


def test_every_answer_has_the_headers(world: World) -> None:
    world.person("root", Role.ADMINISTRATOR)
    browser = world.signed_in("root")
    css = browser.get("/people").text.split('stylesheet" href="')[1].split('"')[0]
    asked = {
        ("GET", "/"): 200,
        ("GET", "/people"): 200,
        ("GET", css): 200,
        ("GET", "/healthz"): 200,
        ("GET", "/readyz"): 200,
        ("GET", "/ledger"): 403,
        ("GET", "/nothing"): 404,
        ("GET", "/static/../console.key"): 404,
        ("GET", "/people/"): 404,
        ("PUT", "/people"): 405,
        ("POST", "/preferences"): 303,
    }
    for (method, path), status in asked.items():
        answer = browser.request(method, path)
        assert answer.status_code == status, path
        assert answer.headers["content-security-policy"] == POLICY
        for name, value in (
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ):
            assert answer.headers.get_list(name) == [value]
        kept = "immutable" if path == css else "no-store"
        assert kept in answer.headers["cache-control"]
        assert "strict-transport-security" not in answer.headers
        assert "<style" not in answer.text
        assert " style=" not in answer.text
        assert "onclick" not in answer.text
    for word in ("unsafe", "*", "http"):
        assert word not in POLICY


def test_by_https_cookies_are_for_it_alone(tmp_path: Path) -> None:
    with open_world(tmp_path, secure=True) as world:
        world.person("ann", Role.ANALYST)
        browser = world.browser()
        assert browser.get("/sign-in").headers["strict-transport-security"].startswith("max-age=")
        answer = browser.post("/sign-in", data={"login": "ann", "password": PASSWORD})
        said = answer.headers.get_list("set-cookie")
        session = next(one for one in said if one.startswith("__Host-wayseal="))
        for part in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"):
            assert part in session
        assert "Domain" not in session
        assert "Max-Age" not in session


def test_names_are_escaped_wherever_they_stand(world: World) -> None:
    world.person("root", Role.ADMINISTRATOR)
    person, _ = world.access.people.invite("bo", HOSTILE.replace("\u202e", ""), Role.ANALYST, by="x")
    browser = world.signed_in("root")
    for path in ("/people", f"/people/{person.id}", "/acts", "/"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "<img src=x" not in page.text
        assert "<script>" not in page.text
    assert "&lt;img src=x" in browser.get("/people").text
    # What somebody typed and has to see again; hidden characters are shown.
    answer = browser.post("/people", data={"login": HOSTILE, "name": HOSTILE, "role": HOSTILE})
    assert answer.status_code == 400
    assert "<img src=x" not in answer.text
    for path in (f"/nothing/{HOSTILE}", f"/acts?before={HOSTILE}", f"/sign-in?next={HOSTILE}"):
        assert "<img src=x" not in world.browser().get(path).text
        assert "<img src=x" not in browser.get(path).text


def test_the_log_names_nobody(world: World) -> None:
    person = world.person("root", Role.ADMINISTRATOR)
    _, token = world.access.people.invite("bo", "Somebody", Role.ANALYST, by="x")
    browser = world.signed_in("root")
    browser.get(f"/people/{person.id}")
    world.browser().get(f"/invited/{token}")
    world.browser().get("/nothing/private")
    lines = [json.loads(line) for line in world.log.getvalue().splitlines()]
    assert {line["route"] for line in lines} >= {"/people/{person}", "/invited/{token}", "none"}
    written = world.log.getvalue()
    for word in ("root", "Somebody", token, person.id, "private", "192.0.2", PASSWORD):
        assert word not in written


def test_what_breaks_says_nothing_of_itself(world: World) -> None:
    world.person("ann", Role.ANALYST)

    def break_down(ask: object) -> None:
        raise ValueError("a secret of the inside")

    def lose(ask: object) -> None:
        raise DatabaseGoneError("the database can't be reached")

    pages = [
        *(page for page in PAGES if page.path not in ("/account", "/confirm")),
        Page(method="GET", path="/account", act=break_down, roles=frozenset(Role)),
        Page(method="POST", path="/confirm", act=lose, roles=frozenset(Role)),
    ]
    world._app = create_app(world.site, make_log(world.log), pages)
    browser = world.signed_in("ann")
    answer = browser.get("/account")
    assert answer.status_code == 500
    assert "secret of the inside" not in answer.text
    assert '"error":"ValueError"' in world.log.getvalue()
    assert "secret of the inside" not in world.log.getvalue()
    answer = browser.post(
        "/confirm", data={"note": "written with care", "proof": "never shown", "again": "never shown"}
    )
    assert answer.status_code == 503
    assert "written with care" in answer.text
    assert "never" not in answer.text
    world.access.database.close()
    answer = browser.get("/account")
    assert answer.status_code in (500, 503)
    assert answer.headers["content-security-policy"] == POLICY
    assert browser.get("/readyz").status_code == 503
    assert browser.get("/healthz").status_code == 200


def test_a_database_that_is_away_comes_back(tmp_path: Path) -> None:
    """Pages say so meanwhile, what was typed is not lost, and nobody has to start anything anew."""
    with fresh("postgresql", tmp_path) as url, open_world(url, folder=tmp_path) as world:
        world.site = replace(world.site, spool=make_spool(tmp_path / "spool"))
        world.person("ann", Role.ANALYST)
        browser, server = world.signed_in("ann"), Server([url])
        world.site.jobs.start("verify", {}, "ann")
        server.close()
        try:
            page = browser.get("/jobs")
            assert page.status_code == 503
            assert "The database is away" in text(page)
            assert browser.post("/jobs/schedule", data={"kind": "detect", "hour": "3"}).status_code == 503
            page = browser.post("/jobs/look", data={"table": "leaks"}, files={"log": ("a.csv", b"x")})
            assert (page.status_code, hidden(page, "table"), "a.csv" in page.text) == (503, "leaks", True)
            assert [browser.get(path).status_code for path in ("/readyz", "/healthz")] == [503, 200]
        finally:
            server.open()
        assert browser.get("/readyz").status_code == 200
        assert "j-1" in text(browser.get("/jobs"))
        assert browser.post("/jobs/schedule", data={"kind": "detect", "hour": "3"}).status_code == 303
        assert [one.hour for one in world.site.jobs.schedules()] == [3]


def test_more_than_it_takes_is_told_to_come_again(world: World) -> None:
    """With the headers that every answer has, and nothing of it stays."""
    world._app = create_app(world.site, make_log(world.log), most=0)
    answer = world.browser().get("/sign-in")
    assert (answer.status_code, answer.headers["content-security-policy"]) == (503, POLICY)
    world._app = create_app(world.site, make_log(world.log), most=1)
    assert [world.browser().get("/healthz").status_code for _ in range(3)] == [200] * 3


def test_no_page_asks_the_database_much(world: World) -> None:
    """However many there are: at most 12 statements a page."""
    world.person("root", Role.ADMINISTRATOR)
    browser = world.signed_in("root")
    for number in range(30):
        world.access.people.invite(f"p{number}", "x", Role.ANALYST, by="x")
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        pages = ("/", "/people", f"/people/{world.access.people.all()[0].id}", "/acts", "/acts?check", "/account")
        for path in pages:
            asked.clear()
            assert browser.get(path).status_code == 200
            assert 0 < len(asked) <= 12, (path, asked)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def test_forms_that_are_none(world: World) -> None:
    world.person("root", Role.ADMINISTRATOR)
    browser = world.signed_in("root")
    form = {"content-type": "application/x-www-form-urlencoded"}
    cases = [
        (b"x" * (MOST + 1), form, "more than the page takes"),
        (b"login=a&login=b", form, "twice"),
        (b'{"login": "a"}', {"content-type": "application/json"}, "forms alone"),
        (b"login=%ff", form, "forms alone"),
        (b"login=a%00b", form, "can be seen"),
        (b"lo%00gin=a", form, "can be seen"),
        (b"\xff", form, "forms alone"),
        (b"&".join(b"f%d=x" % n for n in range(600)), form, "forms alone"),
    ]
    for body, headers, said in cases:
        answer = browser.post("/people", content=body, headers=headers)
        assert (answer.status_code, said in text(answer)) == (400, True), body[:40]
    assert len(world.access.people.all()) == 1


def test_where_a_page_may_go_on_to() -> None:
    for path in ("//evil.test", "/\\evil.test", "https://evil.test", "evil", "", None, "/a\nb", "javascript:1"):
        assert local_path(path) == "/"
    assert local_path("/acts?before=3") == "/acts?before=3"


def test_where_a_part_of_a_page_leads_is_a_header(world: World) -> None:
    answer = world.browser(hx_request="true").post("/preferences", data={"back": "/cases?thing=运单&a=b#c"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/cases?thing=%E8%BF%90%E5%8D%95&a=b#c")


def test_the_language_of_a_page(world: World) -> None:
    world.person("ann", Role.ANALYST)
    for wanted, accepted, lang in (
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "de, en;q=0.3, zh;q=0.7", "zh"),
        (None, "de", "en"),
        (None, ";q=x,,", "en"),
        ("zh", "en", "zh"),
        ("xx", "zh", "zh"),
    ):
        assert pick_lang(wanted, accepted) == lang
    browser = world.browser(accept_language="zh-CN")
    assert 'lang="zh-CN"' in browser.get("/sign-in").text
    assert "登录" in browser.get("/sign-in").text
    answer = browser.post("/preferences", data={"lang": "en", "theme": "dark", "back": "/sign-in"})
    assert answer.headers["location"] == "/sign-in"
    page = browser.get("/sign-in").text
    assert 'lang="en" data-theme="dark"' in page
    # Once somebody has chosen, it goes along to other browsers.
    world.signed_in("ann").post("/preferences", data={"lang": "zh"})
    assert 'lang="zh-CN"' in world.signed_in("ann").get("/").text
    assert browser.post("/preferences", data={"lang": "xx", "theme": "<", "back": "//x"}).headers["location"] == "/"


def test_files_come_packed_and_by_their_digest(world: World) -> None:
    browser = world.browser()
    page = browser.get("/setup").text
    for name in (*OTHERS, "console.css", "console.js"):
        stem = name.partition(".")[0]
        address = page.split(f"/static/{stem}-")[1].split('"')[0]
        answer = browser.get(f"/static/{stem}-{address}")
        assert answer.status_code == 200
        assert answer.headers["content-encoding"] == "gzip"
        assert b"http://" not in answer.content.replace(b"http://www.w3.org", b"")
        plain = browser.get(f"/static/{stem}-{address}", headers={"accept-encoding": "identity"})
        assert plain.content == answer.content
    assert "://" not in page.replace("http://www.w3.org", "")


@pytest.mark.parametrize("broken", [True, False])
def test_ready_means_that_the_database_answers(world: World, broken: bool) -> None:
    browser = world.browser()
    if broken:
        world.access.database.close()
    assert browser.get("/readyz").status_code == (503 if broken else 200)
    assert replace(world.site, settings=ConsoleSettings(https=True)).cookie == "__Host-wayseal"
