"""Bulletins in the console: who writes, approves and publishes, and that nothing typed is lost."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response

from tests.cases.making import alert
from tests.console.browsing import LANGUAGES, Visitor, served
from tests.console.world import World, hidden, open_world, text
from tests.tables import each
from wayseal.cases.bulletins.desk import RECORD, BulletinDesk
from wayseal.cases.bulletins.figures import last_month
from wayseal.cases.bulletins.website import Website
from wayseal.console import ConsoleSettings, Role
from wayseal.console.errors import ConsoleSettingsError
from wayseal.console.serve import make_site
from wayseal.console.settings import read_console_settings
from wayseal.console.web.app import CasebookResource
from wayseal.model.times import micros_of

AUTHORITY = "courier.example,2026-01-01"
TEXT = {"title_zh": "进展", "title_en": "Progress", "zh": "有 {opened:MONTH} 件", "en": "There were {opened:MONTH}"}


class Press:
    """A console with a casebook, and those who write bulletins in it."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.out = world, folder / "out"
        (folder / "ledger").mkdir()
        world.give_cases(folder / "ledger" / "detect")
        website = Website(folder=self.out, address="https://b.example", authority=AUTHORITY, unit="YTO")
        self.desk = BulletinDesk(folder / "bulletins", world.clock, website)
        settings = replace(world.site.settings, unit="圆通", contact="95554")
        world.site, world._app = replace(world.site, bulletins=self.desk, settings=settings), None
        for login, role in (("ana", Role.ANALYST), ("ivy", Role.INVESTIGATOR), ("wei", Role.INVESTIGATOR)):
            world.person(login, role)
        assert world.site.cases is not None
        self.month = last_month(world.clock())
        then = micros_of(datetime.fromisoformat(f"{self.month}-10T00:00+08:00"))
        world.site.cases.need().register([alert(f"u-{n}", at=then) for n in range(3)], then)

    def fields(self, **more: str) -> dict[str, str]:
        return {name: value.replace("MONTH", self.month) for name, value in TEXT.items()} | {"act": "save"} | more

    def write(self, browser: Client, where: str = "new", **more: str) -> Response:
        if where != "new":
            where += "/text"
            more = {"of": hidden(browser.get(f"/bulletins/{where}"), "of")} | more
        return browser.post(f"/bulletins/{where}", data=self.fields(**more))

    def decide(self, browser: Client, kind: str, **more: str) -> Response:
        digest = self.desk.state()["b-1"].written.digest
        return browser.post(f"/bulletins/b-1/{kind}", data={"digest": digest} | more)


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    with open_world(tmp_path) as world:
        yield Press(world, tmp_path)


def test_a_bulletin_from_draft_to_withdrawal(press: Press) -> None:
    ana, ivy = press.world.signed_in("ana"), press.world.signed_in("ivy")
    assert "Progress in protecting waybill data" in text(ana.get("/bulletins/new"))
    assert f"{{opened:{press.month}}}" in ana.get("/bulletins/new").text
    assert press.write(ana).headers["location"] == "/bulletins/b-1"
    assert "not given" in text(ana.get("/bulletins/b-1"))
    assert press.decide(ivy, "approved").status_code == 303
    assert press.decide(ivy, "published").status_code == 303
    assert "There were not given" in (press.out / "b-1.en.html").read_text("utf-8")
    assert "Published" in text(ana.get("/bulletins"))
    assert "b-1,进展 · Progress,Published" in ana.get("/bulletins.csv").text
    page = press.write(ana, "b-1", en="Now {opened:MONTH}".replace("MONTH", press.month))
    assert page.status_code == 400  # nobody said why
    reasons = {"reason_zh": "写错", "reason_en": "A slip"}
    assert press.write(ana, "b-1", **reasons).status_code == 303
    assert press.decide(ivy, "approved").status_code == press.decide(ivy, "published").status_code == 303
    assert "A slip" in (press.out / "b-1.en.html").read_text("utf-8")
    assert press.decide(ivy, "withdrawn", **reasons).status_code == 303
    assert "A slip" in text(ivy.get("/bulletins/b-1"))
    assert "ana" in text(ivy.get("/bulletins/b-1"))
    (press.out / "b-1.html").unlink()
    assert ivy.post("/bulletins/build").status_code == 303
    assert (press.out / "b-1.html").exists()


def test_a_preview_writes_nothing_and_shows_figures(press: Press) -> None:
    ana = press.world.signed_in("ana")
    page = press.write(ana, act="preview")
    shown = text(page)
    assert (page.status_code, "Preview" in shown, f"{{opened:{press.month}}}" in shown) == (200, True, True)
    assert "There were" in page.text
    assert not press.desk.state()


def test_whoever_wrote_doesnt_approve(press: Press) -> None:
    ivy = press.world.signed_in("ivy")
    press.write(ivy)
    assert "another investigator approves it" in text(ivy.get("/bulletins/b-1"))
    answer = press.decide(ivy, "approved")
    assert (answer.status_code, "another investigator" in text(answer)) == (409, True)
    assert not press.desk.state()["b-1"].approved


@each("kind", ["approved", "published", "withdrawn"])
def test_analysts_decide_nothing(press: Press, kind: str) -> None:
    ana = press.world.signed_in("ana")
    if not press.desk.state():
        press.write(press.world.signed_in("wei"))
    assert press.decide(ana, kind, reason_zh="a", reason_en="a").status_code == 403
    assert len(press.desk.state()["b-1"].acts) == 1


@each("kind", ["published", "withdrawn"])
def test_what_everybody_sees_asks_for_a_fresh_proof(press: Press, kind: str) -> None:
    ivy = press.world.signed_in("ivy")
    if not press.desk.state():
        press.write(press.world.signed_in("wei"))
        press.decide(ivy, "approved")
    press.world.clock.sleep(600)
    answer = press.decide(ivy, kind, reason_zh="a", reason_en="a")
    assert (answer.status_code, "Confirm" in text(answer)) == (401, True)
    assert len(press.desk.state()["b-1"].acts) == 2


def test_what_was_typed_comes_back(press: Press) -> None:
    ana = press.world.signed_in("ana")
    page = press.write(ana, zh="{cases} 单", title_en="Kept")
    assert page.status_code == 400
    assert "is no figure" in text(page)
    assert "{cases} 单" in page.text
    assert 'value="Kept"' in page.text
    assert 'aria-invalid="true"' in page.text


def test_two_who_write_at_once_see_both(press: Press) -> None:
    ana, wei = press.world.signed_in("ana"), press.world.signed_in("wei")
    press.write(ana)
    of = hidden(wei.get("/bulletins/b-1/text"), "of")
    press.write(ana, "b-1", zh="甲。", en="First.")
    page = press.write(wei, "b-1", of=of, zh="乙。", en="Second.")
    assert page.status_code == 409
    assert "First." in text(page)
    assert "Second." in page.text
    assert len(press.desk.state()["b-1"].acts) == 2
    again = {name: hidden(page, name) for name in ("of",)}
    assert press.write(wei, "b-1", **again, zh="乙。", en="Second.").status_code == 303


def test_a_preview_takes_nobody_elses_text_for_ones_own(press: Press) -> None:
    ana, wei = press.world.signed_in("ana"), press.world.signed_in("wei")
    press.write(ana)
    of = hidden(wei.get("/bulletins/b-1/text"), "of")
    press.write(ana, "b-1", title_en="Hers")
    page = press.write(wei, "b-1", of=of, title_en="His", act="preview")
    assert page.status_code == 200
    assert press.write(wei, "b-1", of=hidden(page, "of"), title_en="His").status_code == 409


def test_an_approval_of_another_text_is_refused(press: Press) -> None:
    ana, ivy = press.world.signed_in("ana"), press.world.signed_in("ivy")
    press.write(ana)
    read = hidden(ivy.get("/bulletins/b-1"), "digest")
    press.write(ana, "b-1", title_en="Other")
    answer = ivy.post("/bulletins/b-1/approved", data={"digest": read})
    assert (answer.status_code, "read it again" in text(answer)) == (409, True)


def test_without_a_website_all_but_publishing_goes(press: Press) -> None:
    press.desk.website = None
    ana, ivy = press.world.signed_in("ana"), press.world.signed_in("ivy")
    press.write(ana)
    assert press.decide(ivy, "approved").status_code == 303
    assert "bulletins_publish" in text(ivy.get("/bulletins/b-1"))
    answer = press.decide(ivy, "published")
    assert (answer.status_code, "bulletins_authority" in text(answer)) == (409, True)


def test_a_record_that_was_changed_is_told(press: Press) -> None:
    ana = press.world.signed_in("ana")
    press.write(ana)
    path = next(press.out.parent.rglob(RECORD))
    path.write_bytes(path.read_bytes().replace(b"Progress", b"progress"))
    press.world.site = replace(press.world.site, bulletins=BulletinDesk(path.parent, press.world.clock))
    press.world._app = None
    answer = press.world.signed_in("ana").get("/bulletins")
    assert (answer.status_code, "the record of bulletins was changed" in text(answer)) == (503, True)


def test_pages_that_there_arent(press: Press) -> None:
    ana = press.world.signed_in("ana")
    for path in ("/bulletins/b-9", "/bulletins/b-9/text"):
        assert ana.get(path).status_code == 404
    assert ana.get("/bulletins?state=secret").status_code == 400
    press.world.site, press.world._app = replace(press.world.site, bulletins=None), None
    answer = press.world.signed_in("ana").get("/bulletins")
    assert (answer.status_code, "no ledger is set" in text(answer)) == (400, True)


def test_before_the_first_case_a_text_without_figures_goes(press: Press, tmp_path: Path) -> None:
    press.world.site = replace(press.world.site, cases=CasebookResource(tmp_path / "none"))
    press.world._app = None
    ana, ivy = press.world.signed_in("ana"), press.world.signed_in("ivy")
    page = press.write(ana)
    assert (page.status_code, "no case has been registered yet" in text(page)) == (400, True)
    assert "There were" in page.text
    assert press.write(ana, zh="谨防假冒", en="Beware").status_code == 303
    assert press.decide(ivy, "approved").status_code == press.decide(ivy, "published").status_code == 303


SCOPE: dict[str, Any] = {
    "waybills": 105, "source": {"id": "u-0111"}, "first": "2026-03-02T00:18:00Z", "last": "2026-03-05T06:53:00Z",
    "days": [{"day": "2026-03-02", "waybills": 25}], "vias": [{"name": "counter"}], "fields": [{"name": "phone"}],
}  # fmt: skip


def test_a_notice_is_given_out_and_kept_nowhere(press: Press) -> None:
    ana = press.world.signed_in("ana")
    csrf = hidden(ana.get("/bulletins/notices"), "csrf")
    given = {"csrf": csrf, "notice": "1"}
    for how in (
        {"data": given | {"scope": json.dumps(SCOPE)}, "files": {"x": b""}},
        {"data": given, "files": {"file": json.dumps(SCOPE).encode()}},
    ):
        answer = ana.post("/bulletins/notices", **how)  # type: ignore[arg-type]
        assert answer.status_code == 200, text(answer)
        assert "圆通" in answer.text
        assert "电话" in answer.text
        assert "u-0111" not in answer.text
        assert re.search(r'filename="notice-2.md"', answer.headers["content-disposition"])
    wrong = ana.post("/bulletins/notices", data=given | {"scope": "{}"}, files={"x": b""})
    assert (wrong.status_code, "wayseal scope" in text(wrong)) == (400, True)
    assert not list((press.out.parent / "spool").iterdir())


@each(
    ["given", "says"],
    [
        ({"bulletins_publish": Path("p")}, "go together"),
        (
            {"bulletins_publish": Path("p"), "bulletins_address": "https://b", "bulletins_authority": AUTHORITY},
            "with unit",
        ),
    ],
)
def test_settings_that_dont_go(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ConsoleSettingsError, match=says):
        ConsoleSettings(**given)


def test_settings_of_the_environment() -> None:
    names = {"LEDGER": "l", "UNIT": "YTO", "BULLETINS_PUBLISH": "p", "BULLETINS_ADDRESS": "https://b.example"}

    def read(**more: str) -> ConsoleSettings:
        return read_console_settings({f"WAYSEAL_CONSOLE_{name}": value for name, value in (names | more).items()})

    assert read(BULLETINS_AUTHORITY=AUTHORITY).bulletins_authority == AUTHORITY
    for wrong in ("courier.example", "courier.example,2026-13-01", "x y,2026-01-01", f"{AUTHORITY}\n"):
        with pytest.raises(ConsoleSettingsError, match=r"courier\.example,2026-01-01"):
            read(BULLETINS_AUTHORITY=wrong)
    with pytest.raises(ConsoleSettingsError, match="begins with"):
        read(BULLETINS_AUTHORITY=AUTHORITY, BULLETINS_ADDRESS="b.example")


def test_the_console_opens_its_desk(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    given: dict[str, Any] = {"folder": tmp_path, "ledger": tmp_path / "ledger", "unit": "YTO"}
    public: dict[str, Any] = {
        "bulletins_publish": tmp_path / "out",
        "bulletins_address": "https://b.example/",
        "bulletins_authority": AUTHORITY,
    }
    with open_world(tmp_path) as world:
        for settings, address in ((given | public, "https://b.example"), (given, None)):
            site = make_site(ConsoleSettings(**settings), world.access)
            assert site.bulletins is not None
            assert (site.bulletins.website and site.bulletins.website.address) == address
            site.close()


# In a real browser


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_journey(press: Press, chromium: Any, language: str) -> None:
    """Drafted by one, approved by another, published, corrected and withdrawn, on a phone."""
    with served(press.world) as base:
        ana, ivy = (Visitor(chromium, base, language) for _ in range(2))
        for who, login in ((ana, "ana"), (ivy, "ivy")):
            who.page.set_viewport_size({"width": 390, "height": 800})
            who.sign_in(press.world, login)
        ana.page.goto(f"{base}/bulletins/new")
        ana.check()
        ana.fill("#title_en", "Numbers were for sale")
        ana.click("button[value=preview]", "#preview")
        assert ana.reads(ana.words("不公布", "not given"), "Numbers were for sale")
        ana.check()
        ana.click("button[value=save]", ".timeline")
        ivy.page.goto(f"{base}/bulletins/b-1")
        ivy.check()
        ivy.click("form[action$='/approved'] button", "form[action$='/published']")
        ivy.click("form[action$='/published'] button", "a[href$='/text']:not(:has(form))")
        assert "Numbers were for sale" in (press.out / "b-1.en.html").read_text("utf-8")
        ana.page.goto(f"{base}/bulletins/b-1/text")
        ana.fill("#title_en", "A number was for sale")
        for lang in ("zh", "en"):
            ana.fill(f"#reason_{lang}", f"It was one {lang}")
        ana.click("button[value=save]", ".timeline")
        ivy.page.goto(f"{base}/bulletins/b-1")
        ivy.click("form[action$='/approved'] button", "form[action$='/published']")
        ivy.click("form[action$='/published'] button", ".timeline li:nth-child(6)")
        ivy.page.click("details.deed summary")
        for lang in ("zh", "en"):
            ivy.fill(f"#reason_{lang}", f"There was none {lang}")
        ivy.click("form[action$='/withdrawn'] button", ".note.warn-note")
        ivy.check()
        ana.end()
        ivy.end()
    page = chromium.new_page()
    page.set_content((press.out / "b-1.en.html").read_text("utf-8"))
    assert "There was none en" in page.inner_text("main")
    page.close()
