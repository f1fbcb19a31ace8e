"""Pictures of the console's pages, in both languages: `python -m scripts.console_pictures LEDGER FOLDER`.

Whoever changes a page looks at them. `--width 390` is a phone, `--theme dark` the other looks; what axe finds serious
and what breaks the policy is printed, and ends it with 1. It needs Debian's Chromium.
"""

import argparse
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from tests.console.working import run_all, with_ledger
from tests.console.world import PASSWORD, World, open_world

from wayseal.console import ConsoleSettings, Role

CHROMIUM = "/usr/bin/chromium"
LANGS = {"zh": "zh-CN", "en": "en"}
PEOPLE = {
    "wang.fang": (Role.ADMINISTRATOR, "王芳"),
    "chen.jing": (Role.INVESTIGATOR, "陈静"),
    "zhang.wei": (Role.AUDITOR, "张伟"),
}
JOBS = ("/jobs", "/jobs/j-1", "/jobs/j-2", "/jobs/j-3", "/jobs/new", "/cases/c-5/evidence")
READS = ("/cases/c-8/reads", "/waybills", "/rights", "/rights?list=people", "/partners")
PAGES = {
    "wang.fang": ("/", "/people", "/acts", "/account", "/ledger"),
    "chen.jing": ("/", "/queue", "/queue/new", "/cases", "/cases/c-8", "/ledger", "/nothing", *JOBS, *READS),
    "zhang.wei": ("/", "/acts?check", "/jobs", "/jobs/j-1"),
}
WATCH = "addEventListener('securitypolicyviolation', (e) => console.error('policy ' + e.violatedDirective))"


@contextmanager
def served(world: World) -> Iterator[str]:
    """The console on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        server = uvicorn.Server(uvicorn.Config(world.app, log_config=None, ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{place.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def sign_in(page: Page, world: World, base: str, login: str) -> None:
    """As a person does."""
    page.goto(f"{base}/sign-in")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#code")
    page.fill("#code", world.code(login))
    page.keyboard.press("Enter")
    page.wait_for_selector(".side")


def note_breaks(wrong: list[str], message: Any) -> None:
    """Keeps what a page says of a break of the policy."""
    if "policy" in message.text:
        wrong.append(message.text)


def take(browser: Any, world: World, base: str, lang: str, options: argparse.Namespace) -> list[str]:
    """All pictures of a language; what is wrong with the pages."""
    wrong: list[str] = []
    for login, paths in PAGES.items():
        size = {"width": options.width, "height": options.height}
        context = browser.new_context(viewport=size, locale=LANGS[lang], color_scheme=options.theme)
        page = context.new_page()
        page.add_init_script(WATCH)
        page.on("console", partial(note_breaks, wrong))
        sign_in(page, world, base, login)
        for path in paths:
            page.goto(base + path)
            name = f"{login.partition('.')[0]}{path.partition('?')[0].replace('/', '-').rstrip('-')}.{lang}.png"
            page.screenshot(path=options.folder / name, full_page=options.width < 600)
            found = Axe().run(page).response["violations"]
            wrong.extend(f"{name}: {one['id']}" for one in found if one["impact"] in ("serious", "critical"))
        context.close()
    return wrong


def run_some(world: World, settings: ConsoleSettings) -> None:
    """Jobs in every state."""
    jobs, who = world.site.jobs, "chen.jing"
    jobs.start("export", {"case": "c-5", "why": "notice 2026-041", "to": "西湖分局"}, who, subject="c-5")
    jobs.start("ingest", {"file": "gone.csv"}, who)
    jobs.start("verify", {}, who)
    run_all(jobs, settings)
    cancelled = jobs.start("detect", {}, who)
    jobs.cancel(cancelled, who)
    jobs.set_schedule("detect", 3, who)
    jobs.start("detect", {}, who)


def main() -> int:
    """Takes them; 1 where something is wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("ledger", type=Path)
    options.add_argument("folder", type=Path)
    options.add_argument("--width", type=int, default=1366)
    options.add_argument("--height", type=int, default=768)
    options.add_argument("--theme", choices=("light", "dark"), default="light")
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder, open_world(Path(folder)) as world:
        settings = with_ledger(world, given.ledger, logs_folder=str(given.ledger.parent))
        run_some(world, settings)
        for login, (role, called) in PEOPLE.items():
            world.person(login, role, called)
        with served(world) as base, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for lang in LANGS:
                wrong.extend(take(browser, world, base, lang, given))
            browser.close()
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
