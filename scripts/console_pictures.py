"""Pictures of the console's pages, in both languages: `python -m scripts.console_pictures LEDGER FOLDER`.

Whoever changes a page looks at them. `--width 390` is a phone, `--theme dark` the other looks, `--lang` takes one
language alone (`wayseal demo --lang` says in which one the ledger's casework is written). What axe finds serious, what
breaks the policy and what is wider than its window is printed, and ends it with 1. It needs Debian's Chromium.
"""

import argparse
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from tests.console.market_shown import fill_market, offer_id, seller_id
from tests.console.working import run_all, with_ledger
from tests.console.world import PASSWORD, World, open_world
from tests.serving import on_a_port

from wayseal.cases.types import Observable, ObservableKind, Priority, Source, TaskContent, TaskState
from wayseal.console import ConsoleSettings, Role

CHROMIUM = "/usr/bin/chromium"
LANGS = {"zh": "zh-CN", "en": "en"}
HOUR = 3_600_000_000
PEOPLE = {
    "wang.fang": (Role.ADMINISTRATOR, "王芳"),
    "chen.jing": (Role.INVESTIGATOR, "陈静"),
    "li.na": (Role.ANALYST, "李娜"),
    "zhang.wei": (Role.AUDITOR, "张伟"),
}
CASE = "c-8"
"""A case of the demo with several accounts."""
JOBS = ("/jobs", "/jobs/j-1", "/jobs/j-2", "/jobs/j-3", "/jobs/new", "/cases/c-5/evidence")
READS = (
    f"/cases/{CASE}/reads",
    "/waybills",
    "/waybills?number=YT9780901824279",
    "/rights",
    "/partners",
    "/parcels",
    "/parcels/skills",
)
TRACES = ("/trace", "/trace/baskets/b-1", "/trace/runs/j-7", "/trace/runs/j-9", "/trace/compare?a=j-7&b=j-9")
MARKET = (
    "/market",
    "/market/offers",
    f"/market/offers/{offer_id(38)}?kind=personal",
    "/market/sellers",
    f"/market/sellers/{seller_id(0)}",
    "/market/sources",
    "/market/import",
    "/market/words",
    "/market/removals",
    "/market/removals/r-00000005",
    "/market/acts",
)
"""Of a market that is made up: `tests/console/market_shown.py`."""
PAGES = {
    "wang.fang": ("/", "/people", "/acts", "/account", "/ledger"),
    "chen.jing": (
        "/",
        "/live",
        "/queue",
        "/queue/new",
        "/cases",
        f"/cases/{CASE}",
        "/ledger",
        "/ledger/files",
        "/inbox",
        "/overview/weeks",
        "/search?q=GD",
        "/help",
        "/account",
        "/account/notices",
        "/bulletins",
        "/bulletins/new",
        "/bulletins/notices",
        "/outlets",
        "/outlets/GD-0017",
        "/nothing",
        *JOBS,
        *READS,
        *TRACES,
        *MARKET,
    ),
    "zhang.wei": ("/", "/acts?check", "/jobs", "/jobs/j-1", "/market"),
}
WATCH = "addEventListener('securitypolicyviolation', (e) => console.error('policy ' + e.violatedDirective))"


SAYS = {
    "zh": {
        "shop": "快递单号批发铺",
        "listing": "1 元 1 单，每天三万单，可指定发货地",
        "canary": "诱饵单被查询三次",
        "linked": "店铺截图里的单号都由这几个账号看过",
        "outlets": "她熟悉这几个网点",
        "device": "四个账号共用一台设备",
        "statement": "那几天我把账号借给了夜班同事。",
        "note": "买到的 12 个单号中有 11 个由这几个账号看过。\n卖家说货源稳定。",
        "edited": "买到的 14 个单号中有 13 个由这几个账号看过。\n卖家说货源稳定。",
        "mine": "买到的 12 个单号中有 11 个由这几个账号看过。\n卖家说货源稳定，下周涨价。",
        "roster": "向网点要排班表",
        "ask": "找夜班同事核实",
        "basket": "3 月 13 日 · 三家店铺",
        "buyer": "调查 02",
    },
    "en": {
        "shop": "Numbers Wholesale",
        "listing": "¥1 each, 30,000 a day, any origin",
        "canary": "A canary was asked for three times",
        "linked": "all numbers in the shop's pictures were read by these accounts",
        "outlets": "she knows these outlets",
        "device": "four accounts share a device",
        "statement": "I lent my login to a colleague of the night shift.",
        "note": "11 of the 12 bought numbers were read by these accounts.\nThe seller says that supply is steady.",
        "edited": "13 of the 14 bought numbers were read by these accounts.\nThe seller says that supply is steady.",
        "mine": "11 of the 12 bought numbers were read by these accounts.\nSupply is steady; prices rise next week.",
        "roster": "Ask the outlet for its roster",
        "ask": "Ask the colleague of the night shift",
        "basket": "13 March, three shops",
        "buyer": "investigation 02",
    },
}


def work(world: World, lang: str) -> None:
    """A morning's casework, so that pages have something to show."""
    says, cases, now = SAYS[lang], world.cases, world.access.now()
    seller = Observable(kind=ObservableKind.SELLER, value=says["shop"])
    canary = Observable(kind=ObservableKind.NUMBER, value="YT9780901824279")
    cases.enqueue(Source.LISTING, [seller], says["listing"], "li.na", now, score=0.75)
    cases.enqueue(Source.CANARY, [canary, seller], says["canary"], "li.na", now, score=0.95)
    cases.link(CASE, seller, "li.na", says["linked"], now + 1)
    cases.prioritise(CASE, Priority.HIGH, "li.na", now + 2)
    cases.assign(CASE, "chen.jing", "li.na", now + 3, says["outlets"])
    cases.promote(CASE, "chen.jing", says["device"], now + 4)
    account = cases.dossier(CASE).things[0].name
    cases.hear(CASE, "chen.jing", says["statement"], now + 5, actor=account)
    note = cases.add_note(CASE, says["note"], "li.na", now + 6)
    cases.edit_note(CASE, note, 1, says["edited"], "li.na", now + 7)
    for text, owner, due in ((says["roster"], "chen.jing", "2026-12-01"), (says["ask"], "li.na", None)):
        task = TaskContent(text=text, state=TaskState.TO_DO, owner=owner, due=due)
        cases.add_task(CASE, task, "chen.jing", now + 8)
    cases.prioritise("c-5", Priority.LOW, "chen.jing", now + 9)
    world.clock.sleep(3 * HOUR / 1_000_000)


def conflict(page: Page, base: str, folder: Path, lang: str) -> None:
    """Somebody edits a note that somebody else wrote meanwhile."""
    page.goto(f"{base}/cases/{CASE}")
    note = page.locator(".note-card", has=page.locator("header a"))
    note.locator("summary").click()
    note.locator("textarea").fill(SAYS[lang]["mine"])
    note.locator('[name="version"]').evaluate("(field) => { field.value = '1'; }")
    note.locator(".btn-main").click()
    page.screenshot(path=folder / f"chen-conflict.{lang}.png")


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
            page.goto(base + path, wait_until="networkidle")
            name = f"{login.partition('.')[0]}{path.partition('?')[0].replace('/', '-').rstrip('-')}.{lang}.png"
            page.screenshot(path=options.folder / name, full_page=options.width < 600)
            if page.evaluate("document.documentElement.scrollWidth") > options.width:
                wrong.append(f"{name}: wider than its window")
            found = Axe().run(page).response["violations"]
            wrong.extend(f"{name}: {one['id']}" for one in found if one["impact"] in ("serious", "critical"))
        if login == "chen.jing":
            conflict(page, base, options.folder, lang)
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


def trace_some(world: World, settings: ConsoleSettings, ledger: Path, lang: str) -> None:
    """A basket of the demo's purchases, traced when it held five of them, and with all."""
    browser, jobs, says = world.signed_in("li.na"), world.site.jobs, SAYS[lang]
    place = browser.post("/trace/baskets", data={"name": says["basket"]}).headers["location"]
    rows = (ledger.parent / "leaks.csv").read_text("utf-8").splitlines()
    for part in (rows[:6], [rows[0], *rows[6:]]):
        browser.post(f"{place}/numbers", data={"typed": "\n".join(part), "price": "¥1", "bought_by": says["buyer"]})
        browser.post(f"{place}/run", data={"seed": "7"})
        run_all(jobs, settings)
    newest = jobs.list(kind="trace", limit=1)[0]
    browser.get(f"/trace/runs/{newest.id}")
    browser.post(f"/trace/runs/{newest.id}/leave-out")
    for kind in ("rights", "partners"):
        jobs.start(kind, {}, "chen.jing")
    run_all(jobs, settings)


def fill(world: World, ledger: Path, folder: Path, lang: str) -> None:
    """A copy of a ledger with its casebook, people, and their work."""
    copy = folder / "ledger"
    shutil.copytree(ledger, copy)
    settings = with_ledger(world, copy, logs_folder=str(ledger.parent))
    for login, (role, called) in PEOPLE.items():
        world.person(login, role, called)
    work(world, lang)
    run_some(world, settings)
    trace_some(world, settings, ledger, lang)
    fill_market(folder / "market", world.access.now())
    world.give_market(folder / "market")


def main() -> int:
    """Takes them; 1 where something is wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("ledger", type=Path)
    options.add_argument("folder", type=Path)
    options.add_argument("--width", type=int, default=1366)
    options.add_argument("--height", type=int, default=768)
    options.add_argument("--theme", choices=("light", "dark"), default="light")
    options.add_argument("--lang", choices=tuple(LANGS), action="append")
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    for lang in given.lang or LANGS:
        with tempfile.TemporaryDirectory() as folder, open_world(Path(folder)) as world:
            fill(world, given.ledger, Path(folder), lang)
            with on_a_port(lambda _: world.app) as base, sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                wrong.extend(take(browser, world, base, lang, given))
                browser.close()
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
