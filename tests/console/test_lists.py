"""The worked example of a list page, as docs/contributing/console-page.md has it: nothing else is needed for one."""

import re
from pathlib import Path
from typing import Any

import pytest
from httpx import Client

from tests.console.world import HOUR, PASSWORD, World, hidden, text
from wayseal.console import Role, create_app
from wayseal.console.web.pages import PAGES
from wayseal.service import make_log

DOC = Path(__file__).parents[2] / "docs/contributing/console-page.md"


@pytest.fixture
def boss(world: World) -> Client:
    """An administrator's browser, of a console that has the page of the docs, too."""
    code = re.findall(r"^```python\n(.*?)^```$", DOC.read_text("utf-8"), re.MULTILINE | re.DOTALL)[0]
    assert code.count("\n") < 80
    example: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, str(DOC), "exec"), example)
    world._app = create_app(world.site, make_log(world.log), (*PAGES, *example["PAGES"]))
    for login in ("ann", "bob", "cem", "dan"):
        world.person(login, Role.ANALYST)
    world.person("boss", Role.ADMINISTRATOR)
    return world.signed_in("boss")


def ids(world: World, *logins: str) -> dict[str, str]:
    return {one.login: one.id for one in world.access.people.all() if one.login in logins}


def test_a_list_is_filtered_sorted_paged_and_sent_as_a_file(world: World, boss: Client) -> None:
    page = boss.get("/accounts")
    assert page.status_code == 200
    assert all(login in text(page) for login in ("ann", "bob", "boss"))
    assert "cem" not in text(page)
    onward = re.findall(r'href="([^"]*after=[^"]*)"', page.text)[0].replace("&amp;", "&")
    assert "cem" in text(boss.get(onward))
    assert (
        re.findall(r"dan|cem|boss|bob|ann", text(boss.get("/accounts?sort=-login")).partition("Login")[2])[0] == "dan"
    )
    assert boss.get("/accounts?sort=name").status_code == 400
    assert boss.get("/accounts?state=gone").status_code == 400
    assert "No row fits" in text(boss.get("/accounts?state=disabled"))
    file = boss.get("/accounts.csv?state=active")
    assert len(file.text.splitlines()) == 6
    assert "/accounts.csv" in text(boss.get("/acts"))
    boss.post("/preferences", data={"lang": "zh"})
    assert "账号" in text(boss.get("/accounts"))
    assert world.signed_in("ann").get("/accounts").status_code == 403


def test_a_decision_on_many_is_shown_done_and_taken_back(world: World, boss: Client) -> None:
    some = ids(world, "ann", "bob")
    picked = {f"pick.{one}": "1" for one in some.values()} | {"act": "close", "why": "left"}
    world.clock.sleep(HOUR / 2)
    assert boss.post("/accounts/preview", data=picked).status_code == 401
    assert boss.post("/confirm", data={"proof": PASSWORD}).status_code == 303
    assert boss.post("/accounts/preview", data={"act": "close", "why": "left"}).status_code == 400
    assert boss.post("/accounts/preview", data={"act": "close"}).status_code == 400
    shown = boss.post("/accounts/preview", data=picked)
    assert "ann" in text(shown)
    assert "cem" not in text(shown)
    given = {"act": "close", "why": "left", "ids": hidden(shown, "ids")}
    assert boss.post("/accounts/apply", data=given).status_code == 303
    assert {"ann", "bob"} <= set(re.findall(r"ann|bob", text(boss.get("/accounts?state=disabled"))))
    assert "Take it back" in text(boss.get("/accounts"))
    assert boss.post("/accounts/undo", data={}).status_code == 303
    assert "No row fits" in text(boss.get("/accounts?state=disabled"))
    assert boss.post("/accounts/undo", data={}).status_code == 400
    own = ids(world, "boss")["boss"]
    refused = boss.post("/accounts/apply", data={"act": "close", "why": "x", "ids": f"{some['ann']},{own}"})
    assert refused.status_code == 400
    assert "another administrator" in text(refused)
    world.clock.sleep(61)
    assert boss.post("/accounts/undo", data={}).status_code == 400
    assert "ann" in text(boss.get("/accounts?state=disabled"))
