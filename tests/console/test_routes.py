"""Every route × every role × own and foreign id: one table, held against the routes that the app really has."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.console.world import HOUR, PASSWORD, InProcess, World, open_world, text
from wayseal.console import Page, Role, Site, create_app
from wayseal.console.access.types import Person
from wayseal.console.errors import RouteError
from wayseal.console.roles import CASE_ROLES, Stage
from wayseal.console.web.app import check_routes, create_router
from wayseal.console.web.pages import PAGES
from wayseal.console.web.pages._api import FORMS
from wayseal.service import make_log

ALL = "analyst investigator auditor administrator outlet_manager officer finance"
CASES, LEDGER, ADMIN, ACTS = (
    "analyst investigator",
    "analyst investigator auditor",
    "administrator",
    "auditor administrator",
)
OUTLET = "outlet_manager"
OFFICER = "officer"
FINANCE = "finance"
OPENERS = "investigator"
OPEN = "anybody"
TABLE = {
    "GET /static/{name}": OPEN,
    "GET /docs/{name:path}": OPEN,
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /sign-in": OPEN,
    "POST /sign-in": OPEN,
    "GET /sign-in/code": "code",
    "POST /sign-in/code": "code",
    "POST /sign-in/company": OPEN,
    "GET /sign-in/company/back": OPEN,
    "GET /enrol": "enrol",
    "POST /enrol": "enrol",
    "GET /setup": OPEN,
    "POST /setup": OPEN,
    "GET /invited/{token}": OPEN,
    "POST /invited/{token}": OPEN,
    "POST /invited/{token}/company": OPEN,
    "GET /demo/{token}": OPEN,
    "POST /demo/{token}": OPEN,
    "POST /sign-out": ALL,
    "GET /confirm": ALL,
    "POST /confirm": ALL,
    "POST /confirm/company": ALL,
    "POST /preferences": OPEN,
    "GET /": ALL,
    "POST /seen": CASES,
    "GET /inbox": LEDGER,
    "POST /inbox/seen": LEDGER,
    "GET /changes": LEDGER,
    "GET /live": LEDGER,
    "POST /live/blocks/{entry}/lift": CASES,
    "POST /live/rules": CASES,
    "POST /live/rules/agree": OPENERS,
    "POST /live/rules/off": CASES,
    "POST /cases/{case}/block": CASES,
    "GET /overview/weeks": CASES,
    "GET /overview/weeks.csv": CASES,
    "GET /queue": CASES,
    "GET /queue.csv": CASES,
    "GET /queue/new": CASES,
    "POST /queue": CASES,
    "POST /queue/preview": CASES,
    "POST /queue/apply": CASES,
    "POST /queue/items/{item}": CASES,
    "GET /cases": CASES,
    "POST /cases/preview": CASES,
    "POST /cases/apply": CASES,
    "GET /cases.csv": CASES,
    "GET /cases/{case}": CASES,
    "GET /trace": CASES,
    "GET /trace/runs.csv": CASES,
    "POST /trace/baskets": CASES,
    "GET /trace/baskets/{basket}": CASES,
    "POST /trace/baskets/{basket}": CASES,
    "GET /trace/baskets/{basket}/numbers.csv": CASES,
    "POST /trace/baskets/{basket}/numbers": CASES,
    "POST /trace/baskets/{basket}/file": CASES,
    "GET /trace/baskets/{basket}/numbers/{row}": CASES,
    "POST /trace/baskets/{basket}/numbers/{row}": CASES,
    "POST /trace/baskets/{basket}/numbers/{row}/remove": CASES,
    "POST /trace/baskets/{basket}/check": CASES,
    "POST /trace/baskets/{basket}/run": CASES,
    "GET /trace/runs/{job}": CASES,
    "GET /trace/runs/{job}/report.{form}": CASES,
    "GET /trace/runs/{job}/leaks.jsonl": CASES,
    "POST /trace/runs/{job}/leave-out": CASES,
    "POST /trace/runs/{job}/again": CASES,
    "POST /trace/runs/{job}/queue": CASES,
    "GET /trace/compare": CASES,
    "GET /cases/{case}/reads": CASES,
    "POST /cases/{case}/reads": "investigator",
    "GET /cases/{case}/reads.csv": CASES,
    "POST /cases/{case}/reads/lay-out": CASES,
    "GET /cases/{case}/reads/{read}": CASES,
    "POST /cases/{case}/reads/{read}/mark": CASES,
    "GET /waybills": CASES,
    "GET /waybills.csv": CASES,
    "GET /market": LEDGER,
    "GET /market/sources": LEDGER,
    "GET /market/acts": LEDGER,
    "GET /market/captures/{capture}": CASES,
    "GET /market/captures/{capture}/proof": CASES,
    "GET /market/offers": CASES,
    "GET /market/offers.csv": CASES,
    "GET /market/offers/{offer}": CASES,
    "POST /market/offers/{offer}": CASES,
    "POST /market/offers/{offer}/whole": OPENERS,
    "POST /market/offers/{offer}/basket": CASES,
    "GET /market/sellers": CASES,
    "GET /market/sellers.csv": CASES,
    "GET /market/sellers/{seller}": CASES,
    "POST /market/sellers/{seller}": CASES,
    "GET /market/removals": CASES,
    "GET /market/removals.csv": CASES,
    "POST /market/removals": CASES,
    "GET /market/removals/{removal}": CASES,
    "POST /market/removals/{removal}": CASES,
    "POST /market/removals/{removal}/letter": CASES,
    "POST /market/look": CASES,
    "POST /market/sources/{source}/look": CASES,
    "GET /market/import": CASES,
    "POST /market/import": CASES,
    "GET /market/import/{job}": CASES,
    "POST /market/import/{job}": CASES,
    "GET /market/words": CASES,
    "POST /market/words": CASES,
    "POST /market/words/look": CASES,
    "GET /hotline": OFFICER,
    "GET /hotline.csv": OFFICER,
    "GET /hotline/new": OFFICER,
    "POST /hotline/new": OFFICER,
    "GET /hotline/{report}": OFFICER,
    "POST /hotline/{report}": OFFICER,
    "POST /hotline/{report}/file": OFFICER,
    "GET /training": f"{ACTS} {OUTLET}",
    "GET /training.csv": f"{ACTS} {OUTLET}",
    "GET /training/import": ADMIN,
    "POST /training/import": ADMIN,
    "POST /training/answer": ADMIN,
    "GET /training/{name}": f"{ACTS} {OUTLET}",
    "POST /training/{name}": ADMIN,
    "GET /training/{name}/test": f"{ADMIN} {OUTLET}",
    "POST /training/{name}/test": f"{ADMIN} {OUTLET}",
    "GET /rewards": FINANCE,
    "POST /rewards": FINANCE,
    "POST /rewards/pay": FINANCE,
    "GET /bulletins": CASES,
    "GET /bulletins.csv": CASES,
    "GET /bulletins/new": CASES,
    "POST /bulletins/new": CASES,
    "GET /bulletins/{bulletin}/text": CASES,
    "POST /bulletins/{bulletin}/text": CASES,
    "GET /bulletins/notices": CASES,
    "POST /bulletins/notices": CASES,
    "POST /bulletins/build": OPENERS,
    "GET /bulletins/{bulletin}": CASES,
    "POST /bulletins/{bulletin}/approved": OPENERS,
    "POST /bulletins/{bulletin}/published": OPENERS,
    "POST /bulletins/{bulletin}/withdrawn": OPENERS,
    "GET /rights": LEDGER,
    "POST /rights": LEDGER,
    "GET /rights.csv": LEDGER,
    "POST /rights/queue": CASES,
    "GET /parcels": CASES,
    "GET /parcels.csv": CASES,
    "POST /parcels": CASES,
    "GET /parcels/askers": CASES,
    "GET /parcels/askers.csv": CASES,
    "GET /parcels/reads": CASES,
    "GET /parcels/reads.csv": CASES,
    "GET /parcels/skills": CASES,
    "GET /parcels/{group}": CASES,
    "POST /parcels/{group}/queue": CASES,
    "GET /partners": LEDGER,
    "POST /partners": LEDGER,
    "GET /partners.csv": LEDGER,
    "POST /partners/queue": CASES,
    "GET /cases/{case}/timeline": CASES,
    "GET /cases/{case}/notes/{note}": CASES,
    "POST /cases/{case}/state": CASES,
    "POST /cases/{case}/verdict": CASES,
    "POST /cases/{case}/ask": "analyst",
    "POST /cases/{case}/answer": CASES,
    "POST /cases/{case}/assign": CASES,
    "POST /cases/{case}/snooze": CASES,
    "POST /cases/{case}/priority": CASES,
    "POST /cases/{case}/title": CASES,
    "POST /cases/{case}/notes": CASES,
    "POST /cases/{case}/notes/{note}": CASES,
    "POST /cases/{case}/tasks": CASES,
    "POST /cases/{case}/tasks/{task}": CASES,
    "POST /cases/{case}/task-list": CASES,
    "POST /cases/{case}/tags": CASES,
    "GET /tags": CASES,
    "POST /cases/{case}/links": CASES,
    "POST /cases/{case}/unlink": CASES,
    "POST /cases/{case}/merge": CASES,
    "POST /cases/{case}/unmerge": CASES,
    "POST /cases/{case}/split": CASES,
    "POST /cases/{case}/hear": OPENERS,
    "POST /cases/{case}/open": OPENERS,
    "POST /cases/{case}/hide": OPENERS,
    "POST /cases/{case}/files": CASES,
    "GET /cases/{case}/files/{digest}": CASES,
    "POST /cases/{case}/files/{digest}/drop": CASES,
    "POST /undo": CASES,
    "GET /cases/{case}/evidence": OPENERS,
    "POST /cases/{case}/evidence": OPENERS,
    "POST /cases/{case}/evidence/{seal}": OPENERS,
    "GET /cases/{case}/evidence/{seal}/stamp": OPENERS,
    "POST /cases/{case}/evidence/{seal}/stamp": OPENERS,
    "POST /cases/{case}/evidence/{seal}/custody": OPENERS,
    "GET /jobs": LEDGER,
    "GET /jobs.csv": LEDGER,
    "GET /jobs/new": CASES,
    "POST /jobs/look": CASES,
    "GET /jobs/{job}/look": CASES,
    "POST /jobs/{job}/look": CASES,
    "POST /jobs/{job}/ingest": CASES,
    "POST /jobs/{job}/remove": CASES,
    "POST /jobs/detect": CASES,
    "POST /jobs/notices": CASES,
    "POST /jobs/verify": CASES,
    "POST /jobs/schedule": CASES,
    "GET /jobs/{job}": LEDGER,
    "POST /jobs/{job}/cancel": CASES,
    "POST /jobs/{job}/retry": CASES,
    "POST /views": CASES,
    "GET /ledger": LEDGER,
    "GET /search": ALL,
    "GET /accounts/{pseudonym}": CASES,
    "GET /devices/{pseudonym}": CASES,
    "GET /outlets/{outlet}": f"{CASES} {OUTLET}",
    "GET /outlets/{outlet}/report.pdf": f"{CASES} {OUTLET}",
    "GET /regions/{region}/report.pdf": CASES,
    "GET /outlets": CASES,
    "GET /outlets.csv": CASES,
    "POST /outlets/{outlet}": CASES,
    "POST /outlets/{outlet}/decision": OPENERS,
    "POST /outlets/{outlet}/objection": OUTLET,
    "POST /ledger": LEDGER,
    "GET /ledger/files": LEDGER,
    "GET /ledger/files.csv": LEDGER,
    "GET /ledger/files/{place}": LEDGER,
    "POST /ledger/files/{place}": OPENERS,
    "GET /account": ALL,
    "GET /help": ALL,
    "POST /account/tokens": CASES,
    "GET /account/password": ALL,
    "POST /account/password": ALL,
    "GET /account/authenticator": ALL,
    "POST /account/authenticator": ALL,
    "POST /account/recovery-codes": ALL,
    "POST /account/sessions/others/end": ALL,
    "GET /account/notices": LEDGER,
    "POST /account/notices": LEDGER,
    "POST /account/sessions/{session}/end": ALL,
    "GET /people": ADMIN,
    "POST /people": ADMIN,
    "GET /people/{person}": ADMIN,
    "POST /people/{person}/role": ADMIN,
    "POST /people/{person}/close": ADMIN,
    "POST /people/{person}/open": ADMIN,
    "POST /people/{person}/link": ADMIN,
    "POST /people/{person}/sessions/{session}/end": ADMIN,
    "GET /acts": ACTS,
    "GET /acts/cases": "auditor",
    "GET /acts/hotline": "auditor",
    "GET /acts/hotline.csv": "auditor",
    "GET /rules": ADMIN,
    "GET /api/v1/openapi.json": OPEN,
    "GET /api/v1/cases": CASES,
    "GET /api/v1/cases/{case}": CASES,
    "GET /api/v1/queue": CASES,
    "GET /api/v1/changes": CASES,
    **{f"POST /api/v1{path}": CASES for path in FORMS},
}
"""Who may call what. A stage stands for sessions that owe something yet."""
IDS = {
    "case": "c-1",
    "entry": "b-1",
    "group": "x",
    "read": "0-1",
    "item": "c-1",
    "note": "n-1",
    "task": "t-1",
    "digest": "0" * 64,
    "seal": "0" * 64,
    "basket": "b-1",
    "row": "1",
    "job": "j-1",
    "place": "0",
    "form": "json",
    "capture": "0" * 64,
    "offer": "o-1",
    "seller": "seller-1",
    "removal": "r-1",
    "source": "site-a",
    "report": "r-000000000000",
    "bulletin": "b-1",
    "pseudonym": "p-2222-2222-2222",
}
BY_TOKEN = {f"{page.method} {page.path}" for page in PAGES if page.api}
"""For programs: no session at a browser opens them."""
LEAVES = ("POST /sign-out", "POST /account/password", "POST /account/authenticator")
"""What ends or changes the session that asks; asked last."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("routes")) as made:
        yield made


@pytest.fixture(scope="module")
def people(world: World) -> dict[Role, Person]:
    return {role: world.person(role.value, role) for role in Role}


def routes(site: Site) -> list[Route]:
    found = create_router(site).routes
    assert all(isinstance(route, Route) for route in found)
    return [route for route in found if isinstance(route, Route)]


def test_the_table_is_of_the_routes_that_there_are(world: World) -> None:
    found = {f"{min((r.methods or set()) - {'HEAD'})} {r.path}" for r in routes(world.site)}
    assert found == set(TABLE)
    for page in PAGES:
        said = TABLE[f"{page.method} {page.path}"]
        declared = OPEN if page.roles is None else " ".join(r.value for r in Role if r in page.roles)
        assert said == (page.stage.value if page.stage is not Stage.FULL else declared)


def test_a_route_that_says_nothing_stops_the_start(world: World) -> None:
    check_routes(create_router(world.site).routes)
    with pytest.raises(RouteError, match="/open doesn't say"):
        check_routes([Route("/open", lambda request: PlainTextResponse("x"))])
    page = Page(method="GET", path="/healthz", act=lambda ask: PlainTextResponse("x"), roles=None)
    with pytest.raises(RouteError, match="twice"):
        create_app(world.site, make_log(world.log), [*PAGES, page])


def ask(browser: Client, route: str, **names: str) -> Response:
    method, path = route.split(" ")
    own = {"name": "x", "token": "x", "session": "x", "person": "x", "outlet": "o-1", "region": "x"}
    path = path.replace(":path}", "}").format(**IDS | own | names)
    sent = {"json" if route in BY_TOKEN else "data": {"x": "y"}} if method == "POST" else {}
    return browser.request(method, path, **sent)  # type: ignore[arg-type]


def test_every_route_for_every_role(world: World, people: dict[Role, Person]) -> None:
    for role in Role:
        world.clock.sleep(HOUR)
        browser = world.signed_in(role.value)
        for route in sorted(TABLE, key=LEAVES.__contains__):
            answer, said = ask(browser, route, person="none", session="none"), TABLE[route]
            where = (role, route, answer.status_code)
            if route in BY_TOKEN:
                assert answer.status_code == 401, where
            elif said == OPEN or role.value in said.split():
                assert answer.status_code != 403, where
                assert answer.headers.get("location", "") != "/sign-in" or route in ("POST /sign-out", "GET /setup"), (
                    where
                )
            elif said in ("code", "enrol"):
                assert (answer.status_code, answer.headers["location"]) == (303, "/"), where
            else:
                assert answer.status_code == 403, where
                assert answer.text.count("Not for this account") >= 1
    # What isn't for a role is refused also where it exists: nothing tells the two apart.
    for role in set(Role) - {Role.ADMINISTRATOR}:
        world.clock.sleep(HOUR)
        browser = world.signed_in(role.value)
        there = ask(browser, "GET /people/{person}", person=people[Role.AUDITOR].id)
        nowhere = ask(browser, "GET /people/{person}", person="none")
        assert [a.status_code for a in (there, nowhere)] == [403, 403]
        assert there.text.replace(people[Role.AUDITOR].id, "none") == nowhere.text


def test_nobody_and_half_a_session_get_no_further(world: World, people: dict[Role, Person]) -> None:
    nobody, half = world.browser(), world.browser()
    half.post("/sign-in", data={"login": "analyst", "password": PASSWORD})
    for route, said in TABLE.items():
        if said == OPEN or route in BY_TOKEN:
            continue
        answer = ask(nobody, route)
        assert answer.status_code == (303 if route.startswith("GET") else 401), route
        assert answer.headers.get("location", "/sign-in").startswith("/sign-in")
        if said != "code":
            answer = ask(half, route)
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/code"), route


def test_sessions_of_others_are_not_there(world: World, people: dict[Role, Person]) -> None:
    mine, other = world.signed_in("analyst"), world.signed_in("auditor")
    own = [s.id for s in world.access.sessions.of(people[Role.ANALYST].id)]
    foreign = [s.id for s in world.access.sessions.of(people[Role.AUDITOR].id)]
    assert ask(mine, "POST /account/sessions/{session}/end", session=foreign[0]).status_code == 404
    assert other.get("/account").status_code == 200
    assert ask(mine, "POST /account/sessions/{session}/end", session=own[-1]).status_code == 303
    # Nor by an administrator under a wrong person.
    administrator = world.signed_in("administrator")
    path = {"person": people[Role.ANALYST].id, "session": foreign[0]}
    assert ask(administrator, "POST /people/{person}/sessions/{session}/end", **path).status_code == 404
    path["person"] = people[Role.AUDITOR].id
    assert ask(administrator, "POST /people/{person}/sessions/{session}/end", **path).status_code == 303
    assert other.get("/account").status_code == 303


def test_an_outlet_is_its_managers_alone(world: World, people: dict[Role, Person]) -> None:
    other = world.person("other.manager", Role.OUTLET_MANAGER, outlet="o-2")
    assert (people[Role.OUTLET_MANAGER].outlet, other.outlet, people[Role.ANALYST].outlet) == ("o-1", "o-2", None)
    for role in Role:
        world.clock.sleep(HOUR)
        browser = world.signed_in(role.value)
        own, foreign, nowhere = (ask(browser, "GET /outlets/{outlet}", outlet=one) for one in ("o-1", "o-2", "o-9"))
        wanted = [404, 404, 404] if role in CASE_ROLES else [403, 403, 403]  # no ledger is set that knows them
        wanted = [200, 404, 404] if role is Role.OUTLET_MANAGER else wanted
        assert [one.status_code for one in (own, foreign, nowhere)] == wanted
        assert foreign.text.replace("o-2", "o-9") == nowhere.text
    assert "o-1" in text(world.signed_in("outlet_manager").get("/"))
    # Another outlet ends the session, and nothing of the one before is there.
    browser = world.signed_in("other.manager")
    assert browser.get("/outlets/o-2").status_code == 200
    world.access.people.set_role(other.id, Role.OUTLET_MANAGER, by="nobody", outlet="o-1")
    assert browser.get("/outlets/o-2").status_code == 303
    assert world.signed_in("other.manager").get("/outlets/o-2").status_code == 404


def test_an_outlet_manager_has_an_outlet(world: World, people: dict[Role, Person]) -> None:
    browser = world.signed_in("administrator")
    form = {"login": "om", "name": "Om", "role": "outlet_manager"}
    for outlet in ("", "x" * 65, "a\u202eb"):
        answer = browser.post("/people", data=form | {"outlet": outlet})
        assert (answer.status_code, "needs an outlet" in text(answer)) == (400, True)
    assert browser.post("/people", data=form | {"outlet": " ３号 "}).status_code == 200
    found = {one.login: one.outlet for one in world.access.people.all()}
    assert found["om"] == "3号"
    assert browser.post("/people", data=form | {"login": "an", "role": "analyst", "outlet": "o-1"}).status_code == 200
    assert {one.login: one.outlet for one in world.access.people.all()}["an"] is None


def test_a_page_of_another_program_changes_nothing(world: World, people: dict[Role, Person]) -> None:
    """For each route that changes something, whatever a foreign page can send."""
    browser = world.signed_in("administrator")
    before = world.access.acts()
    cases: list[Callable[[], dict[str, str]]] = [
        lambda: {"sec-fetch-site": "cross-site"},
        lambda: {"sec-fetch-site": "same-site"},
        lambda: {"sec-fetch-site": "none"},
        lambda: {"sec-fetch-site": ""},
    ]
    uploads = {f"{page.method} {page.path}" for page in PAGES if page.upload}
    for route in (route for route in TABLE.keys() - BY_TOKEN if route.startswith("POST")):
        for headers in cases:
            path = (
                route.split(" ")[1]
                .replace(":path}", "}")
                .format(**IDS, name="x", outlet="o-1", token="x", session="x", person=people[Role.ANALYST].id)
            )
            fields: Any = {"files": {"role": (None, "auditor")}} if route in uploads else {"data": {"role": "auditor"}}
            answer = browser.post(path, headers=headers(), **fields)
            assert answer.status_code == 403, (route, headers())
    assert world.access.acts() == before


def test_without_the_browsers_word_a_token_counts(world: World, tmp_path: Path) -> None:
    world.person("bo", Role.ANALYST)
    browser = world.browser()
    del browser.headers["sec-fetch-site"]
    page = browser.get("/sign-in")
    token = page.text.split('name="csrf" value="')[1].split('"')[0]
    sent = {"login": "bo", "password": PASSWORD}
    assert browser.post("/sign-in", data=sent).status_code == 403
    assert browser.post("/sign-in", data=sent | {"csrf": "0" * 64}).status_code == 403
    assert (
        world.browser().post("/sign-in", data=sent | {"csrf": token}, headers={"sec-fetch-site": "x"}).status_code
        == 403
    )
    for origin in ("http://elsewhere.test", "null", "http://[", "http://console.test.evil", "console.test"):
        foreign = {"origin": origin}
        assert browser.post("/sign-in", data=sent | {"csrf": token}, headers=foreign).status_code == 403, origin
    assert browser.post("/sign-in", data=sent | {"csrf": token}).status_code == 303
    # The visitor's token is worth nothing once there is a session.
    assert browser.post("/sign-in/code", data={"code": "1", "csrf": token}).status_code == 403


FROM_ELSEWHERE: list[dict[str, str]] = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": ""},
    {"sec-fetch-site": "same-origin", "referer": "http://console.test/sign-in?next=/jobs.csv"},
    {"sec-fetch-site": "same-origin", "referer": "http://console.test/confirm?next=/jobs.csv"},
]


def test_a_link_from_elsewhere_records_nothing_in_the_visitors_name(world: World, people: dict[Role, Person]) -> None:
    """For each route that is only asked for, whoever asks."""
    own = {"token": "x", "session": "x", "person": people[Role.ANALYST].id, "outlet": "o-1", "name": "x", "region": "x"}
    for role in Role:
        browser = world.signed_in(role.value)
        before = world.access.acts()
        for page in (page for page in PAGES if page.method == "GET" and page.path != "/confirm"):
            # What isn't recorded is looked at by one way of coming: it is the same code for all of them.
            for headers in FROM_ELSEWHERE if page.recorded else FROM_ELSEWHERE[:1]:
                answer = browser.get(page.path.replace(":path}", "}").format(**IDS, **own), headers=headers)
                if page.recorded and role in (page.roles or ()):
                    assert (answer.status_code, "come from elsewhere" in text(answer)) == (403, True), page.path
        assert world.access.acts() == before, role
    answer = (browser := world.signed_in("analyst")).get("/jobs.csv?kind=look", headers={"sec-fetch-site": "none"})
    onward = answer.text.partition('btn-main" href="')[2].partition('"')[0]
    assert browser.get(onward).headers["content-disposition"] == 'attachment; filename="jobs.csv"'
    act = world.access.acts()[0]
    assert (act.act, act.detail["file"]) == ("list_exported", "/jobs.csv")


def test_without_the_browsers_word_the_page_before_counts(world: World, people: dict[Role, Person]) -> None:
    browser = world.signed_in("analyst")
    del browser.headers["sec-fetch-site"]
    before = world.access.acts()
    for came in (
        "",
        "http://elsewhere.test/jobs",
        "http://console.test:81/jobs",
        "http://console.test/sign-in/code",
        "http://[",
        "http://console.test.evil/jobs",
        "http://console.test@evil/jobs",
    ):
        assert browser.get("/jobs.csv", headers={"referer": came} if came else {}).status_code == 403, came
        assert browser.head("/jobs.csv", headers={"referer": came} if came else {}).status_code == 403, came
    assert world.access.acts() == before
    assert browser.get("/jobs.csv", headers={"referer": "http://console.test/jobs"}).status_code == 200


def test_a_file_that_a_page_makes_says_that_it_is_recorded(world: World, people: dict[Role, Person]) -> None:
    def give(ask: object) -> PlainTextResponse:
        return PlainTextResponse("x", headers={"content-disposition": "attachment"})

    page = Page(method="GET", path="/made", act=give, roles=frozenset({Role.ANALYST}))
    browser = world.signed_in("analyst")
    app, before = world.app, world.access.acts()
    try:
        world._app = create_app(world.site, make_log(world.log), [*PAGES, page])
        browser._transport = InProcess(world.app)
        assert browser.get("/made").status_code == 500
    finally:
        world._app = app
    assert world.access.acts() == before
