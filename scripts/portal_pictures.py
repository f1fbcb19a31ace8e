"""Pictures of the portal's pages, in both languages: `python -m scripts.portal_pictures FOLDER`.

Whoever changes a page looks at them. They are of a phone; `--width 1100` is a desk, `--theme dark` the other looks.
What axe finds serious and what is wider than its window is printed, and ends it with 1. It needs Debian's Chromium.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.console.browsing import opened_browser
from tests.portal.world import World, open_world
from tests.serving import on_a_port

from wayseal.cases.hotline.letters import LetterKind

LANGS = {"zh": "zh-CN", "en": "en"}
TEXT = {
    "zh": "上周起，QQ 群“物流数据交流”里有人每天 11 点以后出当天的单号，一元一个。\n群主说货来自一个网点的账号。",
    "en": "Since last week somebody in a group offers numbers of the same day, at one yuan each.\nThey have a login.",
}
FILES = ["docs/images/scores.svg", "docs/images/case.en.png"]
UNITS = {"zh": "某某快递", "en": "Some Couriers"}


def shown(page: Page, base: str, world: World, lang: str) -> Iterator[str]:
    """Goes through all pages, and names each."""
    for name, path in (("start", "/"), ("how", "/how"), ("call", "/report?type=call"), ("sale", "/report?type=sale")):
        page.goto(f"{base}{path}")
        yield name
    page.fill("#text", TEXT[lang])
    page.fill("#numbers", "YT9780901824279\nYT9780901824280")
    page.set_input_files("#files", FILES)
    page.fill("#when", "2026-03-01")
    yield "filled"
    page.click("button.main")
    yield "too-soon"
    world.sleep(600)
    page.set_input_files("#files", FILES)
    page.click("button.main")
    yield "receipt"
    digits = page.inner_text("p.digits")
    page.goto(f"{base}/back")
    yield "back"
    page.fill("#receipt", "1234 5678 9012 3456")
    world.sleep(600)
    page.click("button.main")
    yield "not-found"
    page.fill("#receipt", digits)
    world.sleep(600)
    page.click("button.main")
    yield "mailbox"
    world.answer(LetterKind.STATE, "处理中 / In progress")
    world.answer(LetterKind.ANSWER, "谢谢。哪个群？ / Thank you. Which group was it?")
    world.answer(LetterKind.PROOF, "{}")
    page.click("text=/^(查看有无答复|Look for answers)$/")
    yield "answered"
    page.click("text=/^(发送留言|Send the message)$/")
    yield "empty-message"
    page.click("text=/^(离开|Leave)$/")
    yield "left"
    page.goto(f"{base}/nothing")
    yield "no-page"
    page.goto(f"{base}/report?type=door")
    page.click("button.main")
    yield "empty-report"


def wrong(page: Page) -> list[str]:
    """What axe finds, and what is wider than the window."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    told = [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")
    ]
    wide: Any = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*told, *(["wider than its window"] if wide else [])]


def main() -> int:
    """Draws them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--width", type=int, default=390)
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--lang", choices=tuple(LANGS))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    faults = 0
    for lang in (given.lang,) if given.lang else LANGS:
        with (
            tempfile.TemporaryDirectory() as folder,
            opened_browser() as browser,
            open_world(Path(folder), contact="95554", unit=UNITS[lang]) as world,
            on_a_port(lambda _: world.app) as base,
        ):
            size = {"width": given.width, "height": 844}
            page = browser.new_context(viewport=size, locale=LANGS[lang], color_scheme=given.theme).new_page()
            for name in shown(page, base, world, lang):
                page.screenshot(path=given.folder / f"{name}.{lang}.png", full_page=True)
                for one in wrong(page):
                    faults += 1
                    print(f"{name}.{lang}: {one}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
