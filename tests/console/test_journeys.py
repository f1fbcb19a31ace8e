"""Days at the desk, in a real browser, by the keyboard alone: what two people do with cases, in both languages."""

from pathlib import Path
from typing import Any

import pytest

from tests.console.browsing import Visitor, served
from tests.console.casework import Bench
from tests.console.world import World
from wayseal.cases.types import CaseState

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
