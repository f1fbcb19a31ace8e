"""Somebody with a keyboard, at the console in a real browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.console.world import PASSWORD, World
from tests.serving import on_a_port

CHROMIUM = "/usr/bin/chromium"
LANGUAGES = ("zh-CN", "en-US")
AT_THE_TOP = """(selector) => document.activeElement === document.body
    && document.querySelector(".skip") !== null && document.querySelector("main " + selector) !== null"""
FOCUS = """() => {
  const place = document.activeElement, drawn = getComputedStyle(place);
  const width = Number.parseFloat(drawn.outlineWidth), none = ["none", "hidden"].includes(drawn.outlineStyle);
  const ours = document.getElementById("main") !== null;
  return place === document.body || !ours || (!none && width >= 2) ? "" : place.outerHTML.slice(0, 120);
}"""
"""What has the focus, where that isn't seen, on a page of the console."""
PATIENCE, LOOK = 60_000, 500
"""Milliseconds that a page may take, since machines on which tests run are busy, and between two looks at it."""


@contextmanager
def served(world: World) -> Iterator[str]:
    """The console on a port of this machine."""

    def app_at(address: str) -> Any:
        world.site, world._app = replace(world.site, address=address), None
        return world.app

    with on_a_port(app_at) as base:
        yield base


@contextmanager
def opened_browser() -> Iterator[Any]:
    """The system's Chromium. While it is open, nothing in this thread can run an event loop of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """Somebody with a keyboard, in one of the languages."""

    def __init__(self, browser: Any, address: str, language: str) -> None:
        self.language = language
        self.context = browser.new_context(viewport={"width": 1366, "height": 768}, locale=language)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.clicks = self.fields = 0
        """How often they clicked, and how many fields they filled in, by `click` and `fill`."""
        self.asked: set[str] = set()
        self.complaints: list[str] = []
        """What broke in any page: scripts, or the policy, which the browser writes to its console."""
        self.page.on("request", lambda request: self.asked.add(request.url.split("/")[2]))
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        # Whoever listens for the first time when a file is to be chosen comes too late.
        self.page.on("filechooser", lambda _: None)
        self.page.goto(address)

    def _hear(self, line: Any) -> None:
        if "Security Policy" in line.text:
            self.complaints.append(line.text)

    def words(self, chinese: str, english: str) -> str:
        """What somebody writes, or reads, in this language."""
        return chinese if self.language == LANGUAGES[0] else english

    def type(self, *texts: str) -> None:
        """Into the field that has the focus (pages give it a little late), and those after it; then Enter."""
        for _ in range(250):
            if self.page.evaluate("document.activeElement.matches('input, textarea, select')"):
                break
            self.page.wait_for_timeout(20)
        for index, text in enumerate(texts):
            if index:
                self.page.keyboard.press("Tab")
            self.page.keyboard.type(text)
        self.open("Enter")

    def sign_in(self, world: World, login: str) -> None:
        """With password and code."""
        self.reach("#login")
        self.type(login, PASSWORD)
        self.type(world.code(login))

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def open(self, key: str, times: int = 1) -> None:
        """Presses a key that leads to another page. times: as hurried people do."""
        with self.page.expect_navigation():
            for _ in range(times):
                self.page.keyboard.press(key)

    def follow(self, selector: str) -> None:
        """To a link or a button by Tab, and onward by Enter."""
        self.reach(selector)
        self.open("Enter")

    def go(self, key: str, path: str) -> None:
        self.page.keyboard.press("g")
        with self.page.expect_navigation(url=re.compile(re.escape(path) + r"(\?.*)?$")):
            self.page.keyboard.press(key)

    def reach(self, selector: str, key: str = "Tab", most: int = 120) -> None:
        """By Tab alone, or another key, however far it is, to where the focus is seen; from the top past the menu."""
        if key == "Tab" and self.page.evaluate(AT_THE_TOP, selector):
            self.press("Tab")
            self.press("Enter")
        for _ in range(most):
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                assert self.page.evaluate(FOCUS) == ""
                return
            self.page.keyboard.press(key)
        here = self.page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
        raise AssertionError(f"no way to {selector} by {key}: at {here} of {self.page.url}")

    def pick(self, selector: str, value: str) -> None:
        """One of a list, by the arrows."""
        self.reach(selector)
        self.press("Home")
        self.reach(f'{selector}:has(option[value="{value}"]:checked)', "ArrowDown")

    def click(self, selector: str, then: str) -> None:
        """By the mouse, until the page shows what comes of it."""
        self.clicks += 1
        self.page.click(selector)
        self.wait(then)

    def fill(self, selector: str, text: str) -> None:
        self.fields += 1
        self.page.fill(selector, text)

    def paste(self, text: str) -> None:
        """As the clipboard puts it where the focus is."""
        self.page.keyboard.insert_text(text)

    def choose(self, file: Path) -> None:
        """A file for the field that has the focus."""
        with self.page.expect_file_chooser() as chooser:
            self.press("Enter")
        chooser.value.set_files(file)

    def wait(self, selector: str) -> None:
        """Until the page shows it by itself. Playwright's own way looks with each picture that the browser paints."""
        for _ in range(2 * PATIENCE // LOOK):  # a job compiles and detects, which takes longer than a page
            if self.shows(selector):
                return
            self.page.wait_for_timeout(LOOK)
        raise AssertionError(f"{self.page.url} never showed {selector}")

    def shows(self, selector: str) -> bool:
        return bool(self.page.locator(selector).count())

    def reads(self, *texts: str) -> bool:
        """Whether all of these stand on the page."""
        page = self.page.inner_text("main")
        return all(text in page for text in texts)

    def check(self) -> None:
        """The page is in their language, and axe finds nothing serious. Colours are the same in all of them."""
        from axe_playwright_python.sync_playwright import Axe

        assert self.page.evaluate("document.documentElement.lang") == self.words("zh-CN", "en")
        rules = {"color-contrast": {"enabled": self.language == LANGUAGES[0]}}
        found = Axe().run(self.page, options={"resultTypes": ["violations"], "rules": rules}).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")] == []

    def end(self, *places: str) -> None:
        """The console, and these places, were asked alone; no page broke anything."""
        assert self.asked == {self.page.url.split("/")[2], *places}
        assert self.complaints == []
