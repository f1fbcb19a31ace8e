"""Days at the desk, in a real browser, by the keyboard alone: from a log to a pack, and two people at one case."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.console.browsing import Visitor, served
from tests.console.casework import Bench
from tests.console.working import run_all, with_ledger
from tests.console.world import PASSWORD, World
from tests.detect.watched import Watched, small
from wayseal.cases import read_casebook
from wayseal.cases.evidence import verify_pack
from wayseal.cases.types import CaseState
from wayseal.console import ConsoleSettings, Role

__all__ = ["small"]

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


def test_two_people_at_the_desk(world: World, chromium: Any, tmp_path: Path) -> None:
    bench = Bench(world, tmp_path / "ledger" / "detect")
    one, two = bench.alert("courier-7"), bench.alert("clerk-9", score=0.8)
    note = bench.cases.add_note(one, "first\nsecond", "ann", bench.now)
    with served(world) as base:
        chen = Visitor(chromium, f"{base}/queue", "zh-CN")
        chen.sign_in(world, "chen")
        ann = Visitor(chromium, f"{base}/queue", "en-US")
        ann.sign_in(world, "ann")
        names_are_shown_to_whom_they_may(chen, ann, base, one)
        merged_and_taken_apart(chen, bench, base, one, two)
        no_text_is_lost(chen, ann, bench, base, one, note)
        for visitor in (chen, ann):
            assert visitor.asked == {base.split("/")[2]}
            visitor.context.close()


def names_are_shown_to_whom_they_may(chen: Visitor, ann: Visitor, base: str, case: str) -> None:
    """Refused to an analyst, also by address; shown to an investigator, for a reason that is recorded."""
    for visitor in (chen, ann):
        visitor.check()
        visitor.go("c", "/cases")
        visitor.press("j")
        visitor.open("Enter")
        assert visitor.page.url.startswith(f"{base}/cases/c-")
        visitor.page.goto(f"{base}/cases/{case}")
        assert "courier-7" not in visitor.page.content()
    ann.press("o")
    assert ann.page.locator("details.deed[open]").count() == 0
    ann.page.goto(f"{base}/cases/{case}?names=1")
    assert "courier-7" not in ann.page.content()
    ann.check()
    chen.press("o")
    chen.type("名单在售，与本案单号一致")
    assert "courier-7" in chen.page.content()
    assert "名单在售，与本案单号一致" in chen.page.inner_text("#acts")
    chen.check()


def merged_and_taken_apart(chen: Visitor, bench: Bench, base: str, one: str, two: str) -> None:
    chen.page.goto(f"{base}/cases/{two}")
    chen.reach("details:has(#into) > summary")
    chen.press("Enter")
    chen.press("Tab")
    chen.type(one, "同一批单号")
    assert bench.state(two) is CaseState.MERGED
    chen.page.goto(f"{base}/cases/{two}")
    chen.reach("#unmerge-why")
    chen.type("并错了")
    assert bench.state(two) is not CaseState.MERGED
    chen.check()


def no_text_is_lost(chen: Visitor, ann: Visitor, bench: Bench, base: str, case: str, note: str) -> None:
    """Both edit the same note; whoever comes second sees both texts, and decides."""
    for visitor in (chen, ann):
        visitor.page.goto(f"{base}/cases/{case}")
        visitor.reach(f"#{note} summary")
        visitor.press("Enter")
        visitor.reach(f"#edit-{note}")
        visitor.press("Control+End")
    for visitor, text in ((chen, "\n来自陈静"), (ann, "\nby ann")):
        visitor.page.keyboard.type(text)
        visitor.press("Tab")
        visitor.open("Enter")
    assert ann.reads("来自陈静", "by ann")
    ann.check()
    ann.press("Control+End")
    ann.page.keyboard.type("\n来自陈静")
    ann.press("Tab")
    ann.open("Enter")
    [kept] = bench.cases.dossier(case).notes
    assert (kept.version, kept.text.splitlines()) == (3, ["first", "second", "by ann", "来自陈静"])


def test_from_the_first_sign_in_to_a_pack_that_verifies(
    world: World, chromium: Any, small: Watched, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    shutil.copytree(small.ledger, ledger)
    settings = with_ledger(world, ledger, unit="某快递")
    _, token = world.access.people.invite("chen", "陈静", Role.INVESTIGATOR, by="x")
    with served(world) as base:
        chen = Visitor(chromium, f"{base}/invited/{token}", "zh-CN")
        chen.type(PASSWORD, PASSWORD)
        world.secrets["chen"] = chen.page.inner_text(".secret").replace(" ", "")
        chen.type(world.code("chen"))
        a_log_is_taken_in_and_looked_at(chen, world, settings, tmp_path)
        case = an_account_is_named(chen, base, ledger)
        pack = a_pack_is_fetched(chen, world, settings, tmp_path, case)
        assert chen.asked == {base.split("/")[2]}
        chen.context.close()
    with pack.open("rb") as file:
        assert verify_pack(file).sound


def a_log_is_taken_in_and_looked_at(chen: Visitor, world: World, settings: ConsoleSettings, folder: Path) -> None:
    log = folder / "accesses.csv"
    log.write_text("at,actor,waybill\n2026-03-02T08:00:00Z,nobody-else,YT1000000000000\n", "utf-8")
    for form, file in (("look", log), ("detect", None)):
        chen.go("r", "/jobs")
        chen.reach('a[href="/jobs/new"]')
        chen.open("Enter")
        if file is not None:
            chen.check()
            chen.page.set_input_files("#log", file)
        chen.reach(f'form[action="/jobs/{form}"] button')
        chen.open("Enter")
        if file is not None:
            assert run_all(world.site.jobs, settings) == 1
            chen.page.reload()
            chen.check()
            assert "nobody-else" not in chen.page.content()
            chen.reach('form[action$="/ingest"] button')
            chen.open("Enter")
        assert run_all(world.site.jobs, settings) == 1
        chen.page.reload()
        assert chen.page.locator(".tag.done").count() == 1
        chen.check()


def an_account_is_named(chen: Visitor, base: str, ledger: Path) -> str:
    chen.go("c", "/cases")
    chen.press("j")
    chen.open("Enter")
    case = str(chen.page.url).removeprefix(f"{base}/cases/")
    [*accounts] = read_casebook(ledger / "detect").case(case).actors
    assert not any(account in chen.page.content() for account in accounts)
    chen.press("o")
    chen.type("单号在售")
    assert all(account in chen.page.content() for account in accounts)
    chen.check()
    return case


def a_pack_is_fetched(chen: Visitor, world: World, settings: ConsoleSettings, folder: Path, case: str) -> Path:
    chen.reach(f'a[href="/cases/{case}/evidence"]')
    chen.open("Enter")
    chen.check()
    chen.reach("#why")
    chen.type("警方 7 号通知")
    assert run_all(world.site.jobs, settings) == 1
    chen.page.goto(chen.page.url.split("/jobs/")[0] + f"/cases/{case}/evidence")
    chen.check()
    chen.reach(".pack form button")
    with chen.page.expect_download() as fetched:
        chen.press("Enter")
    pack = folder / "pack.zip"
    fetched.value.save_as(pack)
    return pack
