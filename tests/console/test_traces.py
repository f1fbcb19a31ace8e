"""Runs over baskets: what is looked at before, what pages say of a verdict, and whom they never name."""

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from httpx import Client

from tests.console.working import AtOnce, with_ledger
from tests.console.world import World, open_world, text
from tests.trace.rim import World as Log
from tests.trace.rim import at, number, office, short_chains
from wayseal.cases import load_pseudonyms, open_cases
from wayseal.console import Role
from wayseal.console.errors import TraceWorkError
from wayseal.console.tracing import Runs
from wayseal.console.tracing.work import CHECK, LEFT_OUT, RESULT, keep, load_check, load_left_out, load_result
from wayseal.console.web.app import LedgerReader
from wayseal.console.web.pages import _traces
from wayseal.ledger import open_ledger
from wayseal.model.times import micros
from wayseal.store import read_leaks
from wayseal.trace import find_differences
from wayseal.trace import trace as run_trace

STOLEN = range(0, 56, 7)
THIEF, COLLEAGUE = "thief", "c-7"
SPAN = 9
"""Hours between one theft and the next: they go on for three days."""


def theft() -> Log:
    """An office, and an account that read the eight numbers sold and some others."""
    log = office()
    for turn, place in enumerate(STOLEN):
        log.read(40 + SPAN * turn, THIEF, number(place), device="desk-9")
        log.read(41 + SPAN * turn, THIEF, number(place + 3), device="desk-9")
    for name in ("thief", *(f"c-{n}" for n in range(40))):
        log.actor(name, "SH-1")
    log.outlet("SH-1", "上海", "华东")
    return log


def bought(places: Any = STOLEN) -> str:
    rows = [f"{number(place)},{at(44 + SPAN * turn).isoformat()},shop-7" for turn, place in enumerate(places)]
    return "waybill,seen_at,seller\n" + "\n".join(rows)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_chains(monkeypatch)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return theft().ledger(tmp_path_factory.mktemp("theft"))


@pytest.fixture
def desk(tmp_path: Path, ledger: Path) -> Iterator[tuple[World, Client]]:
    """A console on that ledger, with a casebook of its own, and an analyst's browser."""
    with open_world(tmp_path) as world:
        settings = with_ledger(world, ledger)
        world.site = replace(world.site, jobs=AtOnce.over(world.site.jobs, settings))
        world.person("ann", Role.ANALYST)
        yield world, world.signed_in("ann")


def basket(browser: Client, typed: str = "", name: str = "x") -> str:
    place = browser.post("/trace/baskets", data={"name": name}).headers["location"]
    answer = browser.post(f"{place}/numbers", data={"typed": typed or bought()})
    assert answer.status_code == 303, text(answer)
    return place


def traced(browser: Client, place: str, seed: str = "7") -> str:
    answer = browser.post(f"{place}/run", data={"seed": seed})
    assert answer.status_code == 303, text(answer)
    return answer.headers["location"]


def test_before_a_run_the_ledger_is_asked(desk: tuple[World, Client]) -> None:
    _, browser = desk
    place = basket(browser, bought() + f"\nYT0000000000001,2026-03-05,\n{number(0)},2026-03-06,")
    said = text(browser.get(place))
    assert "8 numbers are known to the ledger" in said
    assert "unknown" in said
    assert "stands 2 times, counts once" in said
    assert "read it before" in said
    assert "up to 10%" in said
    assert "changed since" not in said
    browser.post(f"{place}/numbers/1/remove", data={"since": "2"})
    assert "known to the ledger" in text(browser.get(place))


def test_a_check_that_is_old_says_so(desk: tuple[World, Client], tmp_path: Path) -> None:
    world, browser = desk
    jobs = world.site.jobs
    assert isinstance(jobs, AtOnce)
    place = basket(browser)
    jobs.wait()
    browser.post(place, data={"name": "y"})
    assert "The basket was changed since" in text(browser.get(place))
    browser.post(f"{place}/check")
    page = browser.get(place)
    assert "is being asked" in text(page)
    assert 'hx-trigger="every 2s"' in page.text
    other = theft()
    other.read(60, "c-1", number(200))
    world.site = replace(world.site, ledger=LedgerReader(other.ledger(tmp_path), None, None))
    world._app = None
    jobs.finish()
    browser = world.signed_in("ann")
    assert "The ledger has changed since" in text(browser.get(place))


def test_a_verdict_says_what_it_rests_on_and_names_nobody(desk: tuple[World, Client], ledger: Path) -> None:
    _, browser = desk
    place = traced(browser, basket(browser))
    alias = load_pseudonyms(ledger / "detect").of
    page = browser.get(place)
    said = text(page)
    for part in ("Named", alias(THIEF), "saw 8 of 8", "What would refute it", "Evidence, number by number", "SH-1"):
        assert part in said, part
    assert alias("desk-9", "device") in page.text
    assert number(0) in said
    for form in ("html", "json"):
        report = browser.get(f"{place}/report.{form}")
        assert "attachment" in report.headers["content-disposition"]
        assert alias(THIEF) in report.text
        for name in (THIEF, "desk-9", *(f'"c-{n}"' for n in range(40))):
            assert name not in report.text
    assert json.loads(browser.get(f"{place}/report.json").text)["verdict"] == "named"
    for name in (THIEF, "desk-9", ">c-"):
        assert name not in page.text
    assert browser.get(f"{place}/report.exe").status_code == 404
    assert "named" in text(browser.get("/trace")).lower()
    sheet = browser.get("/trace/runs.csv")
    assert "attachment" in sheet.headers["content-disposition"]
    row = sheet.content.decode("utf-8-sig").splitlines()[1].split(",")
    assert row[5:7] == ["Named", alias(THIEF)]


def test_the_command_gives_the_same_report(desk: tuple[World, Client], ledger: Path, tmp_path: Path) -> None:
    """Of what is downloaded: what was kept in clear, and the verdict of the page."""
    world, browser = desk
    place = traced(browser, basket(browser, bought() + f"\n{number(63)},2026-03-06,shop-7"), seed="11")
    assert "--seed 11" in text(browser.get(place))
    numbers = tmp_path / "numbers.jsonl"
    numbers.write_bytes(browser.get(f"{place}/leaks.jsonl").content)
    kept = world.site.jobs.folder_of(place.rpartition("/")[2])
    with open_ledger(ledger) as snapshot:
        again = run_trace(snapshot, read_leaks(numbers, offset="+08:00"), seed=11, progress=lambda *steps: None)
    assert find_differences(json.loads((kept / "report.json").read_bytes()), again) == ()


def test_without_each_number_in_turn(desk: tuple[World, Client], ledger: Path) -> None:
    world, browser = desk
    place = traced(browser, basket(browser, bought(STOLEN[:4])))
    assert "One number may carry it all" in text(browser.get(place))
    assert browser.post(f"{place}/leave-out").status_code == 303
    said = text(browser.get(place))
    assert "One number may carry it all" not in said
    assert number(0) in said
    run = Runs(world.access.database, world.clock).left_out(place.rpartition("/")[2])
    assert run is not None
    found = load_left_out(run.told)
    alias = load_pseudonyms(ledger / "detect").of(THIEF)
    assert [one.waybill for one in found] == [number(place) for place in STOLEN[:4]]
    assert all(one.lead == alias and alias in one.chances for one in found)
    one = traced(browser, basket(browser, bought(STOLEN[:1])))
    browser.post(f"{one}/leave-out")
    assert "leaving numbers out takes 2 to 200" in text(browser.get(one))


def test_two_runs_side_by_side(desk: tuple[World, Client]) -> None:
    _, browser = desk
    place = basket(browser, bought(STOLEN[:3]))
    first = traced(browser, place)
    browser.post(f"{place}/numbers", data={"typed": bought(STOLEN[3:])})
    browser.post(f"{place}/numbers/1/remove", data={"since": "2"})
    second = traced(browser, place, seed="8")
    a, b = (one.rpartition("/")[2] for one in (first, second))
    page = browser.get(f"/trace/compare?a={a}&b={b}")
    said = text(page)
    assert f"Only in {a} {number(0)}" in said
    assert f"Only in {b} {number(21)}" in said
    assert "3 / 3" in said
    assert "7 / 7" in said
    assert THIEF not in page.text
    assert f'value="{a}"' in browser.get(second).text
    again = browser.post(f"{first}/again").headers["location"]
    assert f"Only in {again.rpartition('/')[2]} —" in text(
        browser.get(f"/trace/compare?a={a}&b={again.rpartition('/')[2]}")
    )
    for query in ("", f"?a={a}", f"?a={a}&b=j-99", f"?a={a}&b=<i>"):
        assert browser.get(f"/trace/compare{query}").status_code == 404


def test_what_is_found_goes_into_the_queue(desk: tuple[World, Client], ledger: Path) -> None:
    world, browser = desk
    place = traced(browser, basket(browser))
    refused = browser.post(f"{place}/queue", data={"reason": " "})
    assert refused.status_code == 400
    assert "one line" in text(refused)
    assert browser.post(f"{place}/queue", data={"reason": "saw 8 of 8"}).status_code == 303
    assert browser.post(f"{place}/queue", data={"reason": "twice"}).status_code == 303
    assert "It waits for a decision as q-1" in text(browser.get(place))
    run = place.rpartition("/")[2]
    with open_cases(ledger / "detect") as cases:
        (item,) = cases.queue(world.clock()).rows
        assert (item.reason, item.source.value) == ("saw 8 of 8", "trace")
        assert item.since == micros(at(44).isoformat())
        case = cases.promote(item.id, "chen", "to be looked into", world.clock())
        page = browser.get(f"/cases/{case}")
        assert "saw 8 of 8" in text(page)
        assert f'href="/trace/runs/{run}"' in page.text
        cases.open(case, "chen", "bought", world.clock())
        kinds = {(thing.kind.value, thing.name) for thing in cases.dossier(case, names=True).things}
    assert ("account", THIEF) in kinds
    assert ("seller", "shop-7") in kinds
    assert ("number", number(7)) in kinds


def taken_up(world: World, browser: Client) -> str:
    """The case that came of a trace."""
    place = traced(browser, basket(browser))
    browser.post(f"{place}/queue", data={"reason": "saw 8 of 8"})
    (item,) = world.cases.queue(world.clock()).rows
    answer = browser.post(f"/queue/items/{item.id}", data={"act": "promote", "why": "x", "seen": str(item.line)})
    assert answer.status_code == 303, text(answer)
    return answer.headers["location"]


def test_a_case_from_a_trace_shows_all_reads_that_it_rests_on(desk: tuple[World, Client], ledger: Path) -> None:
    """Up to the last sale, those of the numbers first; laid out as soon as somebody took it up."""
    world, browser = desk
    case = taken_up(world, browser)
    alias = load_pseudonyms(ledger / "detect").of(THIEF)
    page = browser.get(f"{case}/reads")
    said = text(page)
    assert "8 reads of 8 waybills" in said
    assert "Opened from a trace. This account read 8 of 8 numbers before they were on sale" in said
    assert "Detection finds this account no more" not in said
    assert page.text.count('class="tag new">on sale later') == len(STOLEN)
    assert f"On sale {len(STOLEN)}" in said  # the moments of sale, drawn
    listed = text(browser.get(f"{case}/reads?only=all")).partition("One by one")[2]
    assert "16 reads of 16 waybills" in text(browser.get(f"{case}/reads?only=all"))
    last_bought, other = (listed.index(number(place)) for place in (STOLEN[-1], STOLEN[0] + 3))
    assert last_bought < other
    assert 'href="/accounts/' + alias in page.text
    assert THIEF not in page.text


def test_its_pack_holds_the_run(desk: tuple[World, Client], ledger: Path) -> None:
    """Reports, numbers, basket, seed, command and odds; accounts of the case are named, others aren't."""
    world, browser = desk
    case = taken_up(world, browser).rpartition("/")[2]
    world.person("chen", Role.INVESTIGATOR)
    chen = world.signed_in("chen")
    job = chen.post(f"/cases/{case}/evidence", data={"why": "police, no. 7"}).headers["location"].rpartition("/")[2]
    with zipfile.ZipFile(world.site.jobs.folder_of(job) / "pack.zip") as file:
        held = {name.partition("/")[2]: file.read(name) for name in file.namelist()}
    run = json.loads(held["data/trace/basket.json"])
    assert (run["basket"], run["version"], run["seed"], run["begun_by"]) == ("b-1", 2, 7, "ann")
    assert (run["saw"], run["numbers"], run["verdict"]) == (8, 8, "named")
    assert run["expected"] < 1 < run["log10_likelihood_ratio"]
    assert f"--leaks trace/numbers.jsonl --offset +08:00 --seed {run['seed']}" in run["command"]
    assert held["data/trace/numbers.jsonl"] == browser.get(f"/trace/runs/{run['run']}/leaks.jsonl").content
    assert json.loads(held["data/trace/report.json"])["sources"][0]["source"] == THIEF
    for lang in ("zh", "en"):
        page = held[f"data/trace/report.{lang}.html"].decode()
        assert THIEF in page
        assert not re.search(r"\bc-\d|desk-9", page)
    made = json.loads(held["pack.json"])
    assert made["settings"]["trace"]["run"] == run["run"]
    assert made["settings"]["seed"] == 7
    remarks = " ".join(one["en"] for one in made["remarks"])
    assert "opened from a trace" in remarks
    assert "no such case" not in remarks
    reads = held["data/reads/reads.jsonl"].decode()
    assert all(number(place) in reads for place in STOLEN)


def test_what_says_nothing_is_no_matter_for_the_queue(desk: tuple[World, Client]) -> None:
    _, browser = desk
    place = traced(browser, basket(browser, f"waybill,seen_at\n{number(200)},2026-03-04T20:00:00Z"))
    said = text(browser.get(place))
    assert "Nothing can be decided on this yet" in said
    assert "Put it into the queue" not in said
    assert "Next steps" in said
    refused = browser.post(f"{place}/queue", data={"reason": "x"})
    assert (refused.status_code, "points at nobody" in text(refused)) == (400, True)


def test_a_run_that_goes_on_fails_or_is_gone(desk: tuple[World, Client]) -> None:
    world, browser = desk
    jobs = world.site.jobs
    assert isinstance(jobs, AtOnce)
    place = basket(browser)
    jobs.wait()
    run = traced(browser, place)
    job = run.rpartition("/")[2]
    assert "Waiting" in text(browser.get(run))
    jobs.begin()
    jobs.change(job, stage="weigh", done=2, total=5)
    page = browser.get(run)
    assert "Weighing the sources" in text(page)
    assert 'hx-trigger="every 2s"' in page.text
    assert "2 of 5" in text(browser.get("/trace"))
    assert browser.post(f"{run}/queue", data={"reason": "x"}).status_code == 404
    assert browser.post(f"{run}/leave-out").status_code == 404
    assert browser.get(f"{run}/leaks.jsonl").status_code == 404
    assert browser.get(run, headers={"hx-request": "true"}).status_code == 200
    jobs.change(job, state="broken_off")
    page = browser.get(run)
    assert "Nothing was written; run it again" in text(page)
    assert "every 2s" not in page.text
    assert browser.get(run, headers={"hx-request": "true"}).headers["hx-redirect"] == run
    # Tried again from the page of jobs, it is the same run.
    assert jobs.retry(job, "ann")
    jobs.finish()
    assert "saw 8 of 8" in text(browser.get(run))
    empty = browser.post("/trace/baskets", data={"name": "empty"}).headers["location"]
    assert "the basket is empty" in text(browser.post(f"{empty}/run"))
    assert "a whole number" in text(browser.post(f"{place}/run", data={"seed": "-1"}))


def test_a_result_that_was_changed_or_is_gone_isnt_shown(desk: tuple[World, Client]) -> None:
    world, browser = desk
    place = basket(browser)
    run = traced(browser, place)
    kept = world.site.jobs.folder_of(run.rpartition("/")[2])
    found = Runs(world.access.database, world.clock).find(run.rpartition("/")[2])
    assert found is None or found.state == "queued"
    browser.get(run)
    for name in ("result.json", "leaks.jsonl", "report.json"):
        (kept / name).write_bytes((kept / name).read_bytes().replace(b"0", b"1"))
    load_result.__globals__["_result"].cache_clear()
    _traces._shown.cache_clear()
    for path in (run, f"{run}/report.json", f"{run}/leaks.jsonl", f"/trace/compare?a={kept.name}&b={kept.name}"):
        page = browser.get(path)
        assert (page.status_code, "isn't what was written" in text(page)) == (500, True), path
    assert browser.post(f"{run}/queue", data={"reason": "x"}).status_code == 500
    (kept / "result.json").unlink()
    assert "Trace the same numbers again" in text(browser.get(run))
    with pytest.raises(TraceWorkError, match="left no result"):
        load_check({})
    again = browser.post(f"{run}/again").headers["location"]
    assert "saw 8 of 8" in text(browser.get(again))


def test_what_another_version_left_is_said_so(tmp_path: Path) -> None:
    loaders = ((RESULT, load_result), (CHECK, load_check), (LEFT_OUT, load_left_out))
    for name, load in loaders:
        content: Any = [{"line": 1}] if name == LEFT_OUT else {"checkpoint": None, "seed": "x"}
        with pytest.raises(TraceWorkError, match="another version"):
            load(keep(tmp_path, name, content))


def test_pages_of_the_workspace_ask_little(desk: tuple[World, Client]) -> None:
    """At most 12 statements, whatever there is."""
    world, browser = desk
    jobs = world.site.jobs
    assert isinstance(jobs, AtOnce)
    place = basket(browser)
    run = traced(browser, place)
    browser.post(f"{run}/leave-out")
    jobs.wait()
    for _ in range(14):
        basket(browser, name="more")
        traced(browser, place)
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        job = run.rpartition("/")[2]
        for path in ("/trace", place, f"{place}/numbers/1", run, f"/trace/compare?a={job}&b={job}"):
            for _ in range(2):
                asked.clear()
                assert browser.get(path).status_code == 200
            assert 0 < len(asked) <= 12, (path, asked)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    page = browser.get("/trace")
    assert "Older runs" in text(page)
    before = page.text.split("before=")[1].split('"')[0]
    assert browser.get(f"/trace?before={before}").status_code == 200


def test_the_workspace_in_chinese(desk: tuple[World, Client]) -> None:
    _, browser = desk
    browser.post("/preferences", data={"lang": "zh"})
    place = basket(browser)
    assert "账本认得其中 8 个单号" in text(browser.get(place))
    run = traced(browser, place)
    said = text(browser.get(run))
    assert "线索明确" in said
    assert "什么会推翻它" in said
    assert "trace." not in said
