"""The casebook that pages stand on: made later, moved away, changed by somebody, and what the overview says of it.

So with the record of a market that is moved away.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.console.casework import NAMES, Bench, said, send
from tests.console.stall import Stall
from tests.console.world import HOUR, World
from wayseal.cases import open_cases
from wayseal.cases.errors import CasebookDiskError, CasebookError
from wayseal.cases.types import FILE, CaseState, Source, TaskContent, TaskState
from wayseal.console import Role
from wayseal.console.web import _resources
from wayseal.console.web._resources import CasebookResource
from wayseal.market.log import FILE as MARKET_FILE


def test_a_casebook_that_detection_makes_later_is_found(bench: Bench) -> None:
    browser = bench.browser("ann")
    for path in ("/", "/queue", "/cases"):
        assert "no case yet" in said(browser.get(path)), path
    assert not bench.folder.exists()
    assert browser.get("/cases/c-1").status_code == 404
    with open_cases(bench.folder) as other:
        other.enqueue(Source.TRACE, [], "bought ten", "li", bench.now)
    assert "bought ten" in said(browser.get("/queue"))


def test_what_is_put_in_by_hand_makes_one(bench: Bench) -> None:
    browser = bench.browser("ann")
    send(browser, "/queue", source="canary", reason="rang", score="sure")
    assert "rang" in said(browser.get("/queue"))
    assert (bench.folder.stat().st_mode & 0o777) == 0o700
    shutil.rmtree(bench.folder.parent)
    assert "no case yet" in said(browser.get("/queue"))
    page = browser.post("/queue", data={"source": "canary", "reason": "rang", "score": "sure"})
    assert (page.status_code, "rang" in page.text) == (503, True)
    assert not bench.folder.exists()


def test_without_a_ledger_there_is_none(world: World) -> None:
    world.person("ann", Role.ANALYST)
    browser = world.signed_in("ann")
    for path in ("/", "/queue", "/cases"):
        assert "No ledger is set" in said(browser.get(path)), path
    page = browser.post("/queue", data={"source": "canary", "reason": "rang"})
    assert (page.status_code, "no ledger is set" in said(page)) == (400, True)


def test_a_casebook_that_another_took_the_place_of_is_let_go(bench: Bench, tmp_path: Path) -> None:
    bench.alert("u-1")
    browser = bench.browser("ann")
    with open_cases(tmp_path / "other") as other:
        other.enqueue(Source.TRACE, [], "of the other one", "li", bench.now)
    assert browser.get("/cases/c-1").status_code == 200
    bench.folder.rename(tmp_path / "moved")
    (tmp_path / "other").rename(bench.folder)
    assert "of the other one" in said(browser.get("/queue"))
    assert browser.get("/cases/c-1").status_code == 404


def test_a_casebook_that_somebody_changed_stops_cases_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.alert(*NAMES)
    browser = bench.browser("ann")
    assert bench.world.site.cases is not None
    bench.world.site.close()
    with closing(sqlite3.connect(bench.folder / FILE)) as database, database:
        assert database.execute("UPDATE casework_journal SET content = replace(content, '0.9', '0.1')").rowcount
    for path in ("/queue", "/cases", "/cases/c-1", "/queue.csv"):
        page = browser.get(path)
        assert (page.status_code, "keep it as evidence" in said(page)) == (503, True), path
        assert not any(name in page.text for name in NAMES)
        assert str(bench.folder) not in page.text
    page = browser.get("/")
    assert (page.status_code, "everything else works" in said(page)) == (200, True)
    assert browser.get("/account").status_code == 200
    assert browser.post("/cases/c-1/notes", data={"note": "x"}).status_code == 503
    # Not tried again with each page: a look at every line takes a while.
    opened: list[Path] = []
    monkeypatch.setattr(_resources, "open_cases", lambda folder, **kw: opened.append(folder))
    assert browser.get("/cases").status_code == 503
    assert opened == []


def test_a_folder_that_cant_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = CasebookResource(tmp_path / "ledger" / "detect")
    with pytest.raises(CasebookDiskError, match="isn't there"):
        holder.need()
    (tmp_path / "ledger").mkdir()

    def refuse(folder: Path, **given: object) -> None:
        raise PermissionError(13, "no", str(folder))

    with monkeypatch.context() as patch:
        patch.setattr(_resources, "open_cases", refuse)
        with pytest.raises(CasebookDiskError, match="read or written"):
            holder.need()
        with pytest.raises(CasebookError):
            holder.look()
    monkeypatch.setattr(_resources, "AGAIN", 0)
    holder.close()
    assert holder.look() is None
    assert holder.need().counts().queue == {}
    holder.close()
    (holder.folder / FILE).write_bytes(b"not a database")
    with pytest.raises(CasebookError):
        holder.look()
    holder.close()


def test_the_overview_tells_what_waits_and_what_changed(bench: Bench) -> None:
    first = bench.alert("u-1")
    bench.item(reason="bought ten")
    ann = bench.browser("ann")
    page = said(ann.get("/"))
    for words in (
        "2 wait for a decision",
        "0 open cases of mine",
        "Changed since your last visit Nothing",
        "To decide",
    ):
        assert words in page, words
    assert "Cases are" not in page
    cases, now = bench.cases, bench.now
    second = bench.alert("u-2")
    cases.assign(first, "ann", "bo", now)
    task = TaskContent(text="Ask for the roster", state=TaskState.TO_DO, owner="ann", due="2020-01-01")
    cases.add_task(first, task, "bo", now)
    cases.dismiss(second, "bo", "a drill", now)
    bench.item(reason="a second listing")
    for _ in range(2):
        page = said(ann.get("/"))
        for words in (
            "1 open cases of mine",
            "Ask for the roster",
            "overdue since 2020-01-01",
            "No case",
            "1 closed today",
        ):
            assert words in page, words
        assert "a second listing" in page
    ann.post("/seen")
    assert "Changed since your last visit Nothing" in said(ann.get("/"))
    # The next visit begins where this one ended.
    cases.set_state(first, CaseState.WAITING, "bo", "for the log", bench.now)
    assert "Changed since your last visit c-1" in said(ann.get("/"))
    bench.world.clock.sleep(2 * HOUR)
    assert "Changed since your last visit Nothing" in said(bench.browser("ann").get("/"))
    assert "wait for a decision" not in said(_auditor(bench).get("/"))


def _auditor(bench: Bench):  # type: ignore[no-untyped-def]
    bench.world.person("zhang", Role.AUDITOR)
    return bench.browser("zhang")


def test_a_market_record_that_is_moved_away_is_let_go_and_one_that_is_none_is_said(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_resources, "AGAIN", 0.0)
    stall = Stall(world, tmp_path)
    browser = stall.browser("ann")
    assert browser.get("/market").status_code == 200
    stall.folder.rename(tmp_path / "moved")
    assert "wayseal market add" in said(browser.get("/market"))
    assert not stall.folder.exists()
    stall.folder.mkdir()
    (stall.folder / MARKET_FILE).write_bytes(b"no database" * 400)
    page = browser.get("/market/offers")
    assert (page.status_code, "can't be read" in said(page)) == (503, True)
    assert str(tmp_path) not in page.text
    page = browser.post("/market/offers/x", data={"act": "keep", "why": "a text of mine"})
    assert page.status_code == 503
    shutil.rmtree(stall.folder)
    (tmp_path / "moved").rename(stall.folder)
    assert "offers wait" in said(browser.get("/market"))
