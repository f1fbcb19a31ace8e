"""The console for programs, as one with a token finds it."""

import re
from typing import Any

import jsonschema_rs
import pytest
from httpx import Client, Response

from tests.console.casework import Bench
from tests.console.test_routes import BY_TOKEN, IDS
from tests.console.world import HOUR, PASSWORD, World, text
from wayseal.cases.types import ObservableKind
from wayseal.console import Role
from wayseal.console.access._sessions import MOST_TOKENS
from wayseal.console.access.types import Visit

BASE = "/api/v1"


def program(world: World, token: str, **headers: str) -> Client:
    """A program that is no browser: it says nothing of where it comes from."""
    made = world.browser(authorization=f"Bearer {token}", **headers)
    del made.headers["sec-fetch-site"]
    return made


def token_of(world: World, login: str) -> str:
    """A token of somebody's, as they make it at their browser."""
    browser = world.signed_in(login)
    page = browser.post("/account/tokens", data={"program": "nightly report"})
    assert page.status_code == 200, text(page)
    found = re.search(r'id="token" value="([^"]+)"', page.text)
    assert found
    assert found[1] not in browser.get("/account").text, "it is shown once"
    assert "nightly report" in text(browser.get("/account"))
    return found[1]


@pytest.fixture
def ann(world: World, bench: Bench) -> Client:
    return program(world, token_of(world, "ann"))


def alerts(bench: Bench, *actors: str) -> list[str]:
    return [bench.alert(actor) for actor in actors]


def told(answer: Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_from_the_queue_to_a_note_by_a_program(world: World, bench: Bench, ann: Client) -> None:
    """What it does stands in the casebook under its person's login, as if done at the browser."""
    (case,) = alerts(bench, "courier-7")
    waiting = told(ann.get(f"{BASE}/queue"))
    assert [row["id"] for row in waiting["rows"]] == [case]
    (row,) = waiting["rows"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}[+-]\d\d:\d\d", row["since"])
    taken = ann.post(f"{BASE}/queue/items/{case}", json={"act": "promote", "why": "its numbers", "seen": row["line"]})
    assert told(taken) == {"location": f"/cases/{case}"}
    assert told(ann.post(f"{BASE}/cases/{case}/notes", json={"note": "from the program"}))
    found = told(ann.get(f"{BASE}/cases/{case}"))
    assert (found["row"]["state"], [note["text"] for note in found["notes"]]) == ("in_progress", ["from the program"])
    assert {entry["who"] for entry in found["timeline"]["rows"]} == {"", "ann"}
    assert told(ann.post(f"{BASE}/cases/{case}/tags", json={"tag": "Night shift"}))
    assert told(ann.get(f"{BASE}/cases?tag=night shift"))["rows"][0]["id"] == case
    judged = {"verdict": "true", "why": "sold", "seen": found["row"]["line"] + 1, "lacking": False}
    refused = ann.post(f"{BASE}/cases/{case}/verdict", json=judged)
    assert (refused.status_code, refused.json()["field"]) == (400, "lacking")
    assert told(ann.post(f"{BASE}/cases/{case}/verdict", json=judged | {"lacking": True}))
    assert told(ann.get(f"{BASE}/cases/{case}"))["row"]["state"] == "true"
    late = ann.post(f"{BASE}/cases/{case}/title", json={"title": "x", "seen": row["line"]})
    assert (late.status_code, late.headers["content-type"]) == (409, "application/problem+json")
    changes = told(ann.get(f"{BASE}/changes?since={row['line']}"))
    assert [one["id"] for one in changes["cases"]] == [case]
    assert told(ann.get(f"{BASE}/changes?since={changes['line']}"))["cases"] == []


def test_names_are_never_told(world: World, bench: Bench) -> None:
    """Not to whoever may open cases either, nor once a case was opened."""
    (case,) = alerts(bench, "courier-7")
    chen = program(world, token_of(world, "chen"))
    world.cases.open(case, "chen", "complaint 7", world.clock())
    paths = ("cases", f"cases/{case}?names=1", "queue", "cases?thing=courier-7", "changes")
    answers = [chen.get(f"{BASE}/{path}") for path in paths]
    assert [one.status_code for one in answers] == [200] * len(paths)
    assert "courier-7" not in "".join(one.text for one in answers)
    assert chen.post(f"{BASE}/cases/{case}/open", json={"why": "x"}).status_code == 404


def test_pages_of_a_list(bench: Bench, ann: Client) -> None:
    cases = alerts(bench, *(f"courier-{n}" for n in range(7)))
    got, after = [], ""
    while True:
        page = told(ann.get(f"{BASE}/cases?sort=number&limit=3&after={after}"))
        got += [row["id"] for row in page["rows"]]
        if (after := page["after"] or "") == "":
            break
    assert sorted(got) == sorted(cases)
    refused = ann.get(f"{BASE}/cases?state=odd")
    assert (refused.status_code, refused.json()["field"]) == (400, "state")


def test_who_may(world: World, bench: Bench) -> None:
    """A token opens what its person's role may do, and no page; a browser opens no part of it."""
    roles = {Role.ANALYST: "ann", Role.INVESTIGATOR: "chen"}
    for role in set(Role) - set(roles):
        world.person(role.value, role)
    for role in Role:
        login = roles.get(role, role.value)
        person = next(one for one in world.access.people.all() if one.login == login)
        browser = world.signed_in(login)
        [mine] = [one for one in world.access.sessions.of(person.id) if one.stage.value == "full"][:1]
        client = program(world, world.access.sessions.make_token(mine, "x").token)
        for route in sorted(BY_TOKEN):
            method, path = route.split(" ")
            sent: Any = {"json": {}} if method == "POST" else {}
            status = client.request(method, path.format(**IDS), **sent).status_code
            allowed = role in (Role.ANALYST, Role.INVESTIGATOR)
            assert (status == 403) is not allowed, (role, route, status)
            assert browser.request(method, path.format(**IDS), **sent).status_code == 401
        assert client.get("/cases", follow_redirects=False).headers["location"].startswith("/sign-in")
        world.clock.sleep(HOUR)


def test_a_token_is_no_cookie_and_ends(world: World, bench: Bench) -> None:
    token = token_of(world, "ann")
    browser = world.browser()
    browser.cookies.set(world.site.cookie, token)
    assert browser.get("/cases").status_code == 303
    client = program(world, token)
    world.clock.sleep(80 * 24 * HOUR)
    assert client.get(f"{BASE}/cases").status_code == 200, "it knows no pause"
    world.signed_in("ann")
    assert client.get(f"{BASE}/cases").status_code == 200, "old sessions are thrown away when others begin"
    world.clock.sleep(11 * 24 * HOUR)
    gone = client.get(f"{BASE}/cases")
    assert (gone.status_code, gone.headers["www-authenticate"]) == (401, "Bearer")
    fresh = program(world, token_of(world, "ann"))
    own = world.signed_in("ann")
    assert own.post("/account/sessions/others/end").status_code == 303
    assert fresh.get(f"{BASE}/cases").status_code == 401
    for wrong in ("", "Bearer", "Bearer x", "Basic x", f"Token {token}"):
        assert world.browser(authorization=wrong).get(f"{BASE}/queue").status_code == 401


def test_a_demonstration_leaves_no_token_behind(world: World) -> None:
    link = world.access.people.make_demo_link("demo", "Demo", Role.INVESTIGATOR)
    opened = world.access.people.use_demo_link(link, Visit(address="", device=""))
    client = program(world, world.access.sessions.make_token(opened.session, "x").token)
    world.clock.sleep(11 * HOUR)
    assert client.get(f"{BASE}/queue").status_code == 200
    world.clock.sleep(HOUR)
    assert client.get(f"{BASE}/queue").status_code == 401


def test_making_one_asks_who_it_is_and_is_on_record(world: World, bench: Bench) -> None:
    browser = world.signed_in("ann")
    world.clock.sleep(HOUR // 2)
    asked = browser.post("/account/tokens", data={"program": "x"})
    assert (asked.status_code, 'name="proof"' in asked.text) == (401, True)
    browser.post("/confirm", data={"proof": PASSWORD})
    for name in ("", "a\u202eb", "x" * 501):
        assert browser.post("/account/tokens", data={"program": name}).status_code == 400
    for _ in range(MOST_TOKENS):
        assert browser.post("/account/tokens", data={"program": "x"}).status_code == 200
    assert "end one first" in text(browser.post("/account/tokens", data={"program": "x"}))
    assert [act.act.value for act in world.access.acts(limit=MOST_TOKENS)] == ["token_made"] * MOST_TOKENS


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"1", b'{"a": {}}', b'{"a": 1.5}', b'{"a": 1, "a": 2}', b"a=1", b"\xff", b"[" * 90_000]
)
def test_what_is_no_object_of_plain_values_is_refused(world: World, bench: Bench, ann: Client, body: bytes) -> None:
    (case,) = alerts(bench, "courier-7")
    sent = ann.post(f"{BASE}/cases/{case}/notes", content=body, headers={"content-type": "application/json"})
    assert (sent.status_code, sent.headers["content-type"]) == (400, "application/problem+json")
    form = ann.post(f"{BASE}/cases/{case}/notes", data={"note": "x"})
    assert form.status_code == 400
    assert world.cases.dossier(case).notes == ()


def test_refusals_are_in_the_language_that_is_asked_for(world: World, bench: Bench, ann: Client) -> None:
    (case,) = alerts(bench, "courier-7")
    english, chinese = (
        ann.post(f"{BASE}/cases/{case}/notes", json={}, headers={"accept-language": lang}) for lang in ("en", "zh")
    )
    assert (english.status_code, english.json()["field"]) == (400, "note")
    assert re.search("[一-鿿]", chinese.json()["detail"])
    assert ann.get(f"{BASE}/cases/c-999").status_code == 404


def test_answers_are_what_the_description_says(world: World, bench: Bench, ann: Client) -> None:
    """Each route is described, and what it answers is of its schema, times as moments with an offset."""
    said = told(world.browser().get(f"{BASE}/openapi.json"))
    described = {f"{method.upper()} {BASE}{path}" for path, of in said["paths"].items() for method in of}
    assert described == BY_TOKEN
    case = bench.alert("courier-7")
    world.cases.add_note(case, "a note", "ann", world.clock())
    world.cases.hear(case, "chen", "it was work", world.clock())
    bench.item((ObservableKind.NUMBER, "YT1234567890123"))
    for path, of in said["paths"].items():
        if "get" in of:
            answer = told(ann.get(BASE + path.format(case=case)))
            schema = of["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            validator = jsonschema_rs.validator_for({**schema, "components": said["components"]}, validate_formats=True)
            assert [error.message for error in validator.iter_errors(answer)] == [], path
