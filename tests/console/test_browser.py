"""The way in, in a real browser, by the keyboard alone: both languages, the policy kept, nothing serious of axe."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.console.world import PASSWORD, World
from wayseal.console import Role

CHROMIUM = "/usr/bin/chromium"
WATCH = """
window.broken = [];
document.addEventListener("securitypolicyviolation", (e) => window.broken.push(e.violatedDirective));
"""
pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


@contextmanager
def served(world: World) -> Iterator[str]:
    """The console on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        config = uvicorn.Config(world.app, log_config=None, ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{place.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """Somebody with a keyboard."""

    def __init__(self, browser: Any, address: str, locale: str) -> None:
        self.context = browser.new_context(viewport={"width": 1366, "height": 768}, locale=locale)
        self.page = self.context.new_page()
        self.page.add_init_script(WATCH)
        self.asked: set[str] = set()
        self.page.on("request", lambda request: self.asked.add(request.url.split("/")[2]))
        self.page.goto(address)

    def type(self, *texts: str) -> None:
        """Into the field that has the focus, and those that follow it; then Enter."""
        for index, text in enumerate(texts):
            if index:
                self.page.keyboard.press("Tab")
            self.page.keyboard.type(text)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def go(self, key: str, path: str) -> None:
        self.page.keyboard.press("g")
        with self.page.expect_navigation(url=f"**{path}"):
            self.page.keyboard.press(key)

    def check(self) -> None:
        """Nothing broke the policy, and axe finds nothing serious."""
        from axe_playwright_python.sync_playwright import Axe

        assert self.page.evaluate("window.broken") == []
        found = Axe().run(self.page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_the_way_in_by_keyboard(world: World, chromium: Any, tmp_path: Path) -> None:
    code = world.access.people.prepare_setup()
    assert code is not None
    with served(world) as base:
        chinese = Visitor(chromium, base, "zh-CN")
        assert chinese.page.title().startswith("首位管理员")
        assert chinese.page.evaluate("document.documentElement.lang") == "zh-CN"
        chinese.check()
        chinese.type(code, "root", "王小明", PASSWORD, PASSWORD)
        world.secrets["root"] = chinese.page.inner_text(".secret").replace(" ", "")
        chinese.check()
        chinese.type(world.code("root"))
        assert chinese.page.locator(".codes li").count() == 10
        chinese.go("p", "/people")
        chinese.check()
        chinese.page.focus("#login")
        chinese.type("li.na", "李娜")
        link = chinese.page.input_value("#link")
        assert link.startswith(base + "/invited/")
        chinese.page.keyboard.press("Escape")
        chinese.page.focus("main")
        chinese.go("a", "/acts")
        chinese.check()
        chinese.page.keyboard.press("?")
        assert chinese.page.locator("dialog[open]").count() == 1
        chinese.check()

        english = Visitor(chromium, link, "en-US")
        english.type(PASSWORD, PASSWORD)
        world.secrets["li.na"] = english.page.inner_text(".secret").replace(" ", "")
        english.type(world.code("li.na"))
        english.go("o", "/")
        assert english.page.title().startswith("Overview")
        assert english.page.locator("a[data-key=p]").count() == 0
        english.check()
        for visitor in (chinese, english):
            assert visitor.asked == {base.split("/")[2]}
            visitor.context.close()
    assert [one.role for one in world.access.people.all()] == [Role.ANALYST, Role.ADMINISTRATOR]
