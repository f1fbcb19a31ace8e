"""Somebody with a keyboard, at the console in a real browser."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from tests.console.world import PASSWORD, World

CHROMIUM = "/usr/bin/chromium"
WATCH = """
window.broken = [];
document.addEventListener("securitypolicyviolation", (e) => window.broken.push(e.violatedDirective));
"""


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

    def sign_in(self, world: World, login: str) -> None:
        """With password and code."""
        self.type(login, PASSWORD)
        self.type(world.code(login))

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def open(self, key: str) -> None:
        """Presses a key that leads to another page."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def go(self, key: str, path: str) -> None:
        self.page.keyboard.press("g")
        with self.page.expect_navigation(url=re.compile(re.escape(path) + r"(\?.*)?$")):
            self.page.keyboard.press(key)

    def reach(self, selector: str, most: int = 120) -> None:
        """By Tab alone, however far it is."""
        for _ in range(most):
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way to {selector} by Tab")

    def reads(self, *texts: str) -> bool:
        """Whether all of these stand on the page."""
        page = self.page.inner_text("main")
        return all(text in page for text in texts)

    def check(self) -> None:
        """Nothing broke the policy, and axe finds nothing serious."""
        from axe_playwright_python.sync_playwright import Axe

        assert self.page.evaluate("window.broken") == []
        found = Axe().run(self.page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")] == []
