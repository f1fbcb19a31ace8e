"""What lies beneath a case: what its pages tell, to whom, and what they never tell."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from httpx import Client

from tests.cli.running import inside
from tests.console.beneath import DAY, beneath, copied, open_beneath
from tests.console.world import MINUTE, World, open_world, text
from tests.tables import each
from wayseal.cases import load_pseudonyms, read_casebook
from wayseal.cases.book import RecordedCase
from wayseal.cases.types import NamesShown, Observable, ObservableKind, Source
from wayseal.console import Role
from wayseal.console.access.types import ActKind
from wayseal.console.reading import SORTS, CaseReader, Selection, Window, page_of, weigh
from wayseal.console.web import _reads_view
from wayseal.console.web._reads_view import FILE_COLUMNS, View, file_blocks, rows_of
from wayseal.console.web._timeline import Clock, draw_lanes
from wayseal.detect.timeline import CaseTimeline, TicketSpan, keep_timeline, load_timeline, timeline_path
from wayseal.ledger import open_ledger
from wayseal.page.spreadsheet import csv_blocks, csv_lines


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Over the shared ledger, whose casebook is only read."""
    with open_beneath(tmp_path_factory.mktemp("beneath"), beneath()) as made:
        made.person("ann", Role.ANALYST)
        yield made


@pytest.fixture(scope="module")
def ann(world: World) -> Client:
    return world.signed_in("ann")


@pytest.fixture(scope="module")
def case() -> RecordedCase:
    """One with the most reasons."""
    book = read_casebook(beneath() / "detect")
    return max(book.cases, key=lambda one: len(one.detectors))


@pytest.fixture(scope="module")
def timeline(case: RecordedCase) -> CaseTimeline:
    found = load_timeline(beneath() / "detect", case.id)
    assert found is not None
    return found


def personal(timeline: CaseTimeline) -> set[str]:
    """What leads to a person."""
    kinds = ("session", "ip", "device")
    ids = {one for kind in kinds for one in timeline.reads[kind].to_pylist() if one}
    return ids | {person.about.actor for person in timeline.head.people}


def listed(answer_text: str) -> list[str]:
    """The waybills of a page's table."""
    return re.findall(r"/waybills\?number=([A-Z0-9]+)", answer_text)


def test_a_case_is_drawn_told_and_listed_under_pseudonyms(
    ann: Client, case: RecordedCase, timeline: CaseTimeline
) -> None:
    page = ann.get(f"/cases/{case.id}/reads")
    assert page.status_code == 200
    said = text(page)
    alias = load_pseudonyms(beneath() / "detect").of
    for actor in case.actors:
        assert alias(actor) in said
    assert not any(one in page.text for one in personal(timeline))
    for heading in ("Explained reads", "Unexplained reads", "Alerts and acts", "The same hours of others"):
        assert heading in said
    assert "What would refute it" in said
    counted = [row["waybill"] for row in timeline.reads.to_pylist() if row["counted"]]
    assert listed(page.text) == counted[:50]
    assert page.text.count("lane-picture") == page.text.count("lane-name")
    assert "style=" not in page.text
    assert "<script>" not in page.text


def test_pages_follow_each_other_without_a_gap(ann: Client, case: RecordedCase, timeline: CaseTimeline) -> None:
    seen, address = [], f"/cases/{case.id}/reads?only=all"
    while address:
        page = ann.get(address)
        seen += listed(page.text)
        following = re.search(r'href="([^"]*)" rel="next"', page.text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert seen == timeline.reads["waybill"].to_pylist()


def test_filters_choose_what_they_say(ann: Client, case: RecordedCase, timeline: CaseTimeline) -> None:
    rows, base = timeline.reads.to_pylist(), f"/cases/{case.id}/reads.csv"
    first, last = "2020-01-01T00:00", "2040-01-01T00:00"
    local = "2026-03-10T08:00"
    since = 1_773_100_800_000_000  # the same moment in UTC
    reason = case.detectors[0]
    cases: dict[str, Callable[[dict[str, Any]], bool]] = {
        "?only=all": lambda row: True,
        "?only=counted": lambda row: row["counted"] > 0,
        "": lambda row: row["counted"] > 0,
        "?only=unexplained": lambda row: row["verdict"] in ("unexplained", "unknown"),
        f"?reason={reason}&only=all": lambda row: row["counted"] & 1 == 1,
        "?reason=none_such&only=all": lambda row: False,
        f"?from={local}&only=all": lambda row: row["at"] >= since,
        f"?to={local}&only=all": lambda row: row["at"] < since,
        # What can't be is passed over.
        f"?from={last}&to={first}&only=all": lambda row: True,
        "?from=now&to=%00&only=all&account=99&after=x": lambda row: True,
        "?account=%EF%BC%91&only=all": lambda row: True,
    }
    for query, wanted in cases.items():
        answer = ann.get(base + query)
        assert answer.status_code == 200, query
        got = [row["read"] for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))]
        assert got == [f"{row['source']}:{row['row']}" for row in rows if wanted(row)], query
    assert any(row["at"] < since for row in rows)
    assert any(row["at"] >= since for row in rows)


def order_of(timeline: CaseTimeline, sort: str) -> Callable[[dict[str, Any]], Any]:
    """What reads are sorted by, said once more."""
    alias = load_pseudonyms(beneath() / "detect").of
    names = [alias(one.about.actor) for one in timeline.head.people]
    verdicts = ("mandate", "strong", "weak", "unexplained", "unknown")
    first = {
        kind: {one: n for n, one in enumerate(dict.fromkeys(filter(None, timeline.reads[kind].to_pylist())), 1)}
        for kind in ("device", "ip", "session")
    }
    return {
        "at": lambda row: row["at"],
        "waybill": lambda row: row["waybill"],
        "sold": lambda row: row["waybill"] not in timeline.head.numbers,
        "account": lambda row: names[row["person"]],
        "verdict": lambda row: (verdicts.index(row["verdict"]), row["template"]),
        "reasons": lambda row: (row["counted"].bit_count(), row["counted"]),
        "way": lambda row: f"{row['action']} {row['via']}",
        "device": lambda row: first["device"].get(row["device"], 0),
        "address": lambda row: first["ip"].get(row["ip"], 0),
        "session": lambda row: first["session"].get(row["session"], 0),
    }[sort]


def read_ids(rows: Iterable[dict[str, Any]]) -> list[str]:
    return [f"{row['source']}:{row['row']}" for row in rows]


@each("sort", SORTS)
def test_reads_are_sorted_both_ways_without_a_gap(
    sort: str, ann: Client, case: RecordedCase, timeline: CaseTimeline
) -> None:
    rows = timeline.reads.to_pylist()
    for down in (False, True):
        wanted = sorted(rows, key=order_of(timeline, sort), reverse=down)  # what is equal stays by time
        query = f"?only=all&sort={'-' if down else ''}{sort}"
        answer = ann.get(f"/cases/{case.id}/reads.csv{query}").content.decode("utf-8-sig")
        assert [row["read"] for row in csv.DictReader(io.StringIO(answer))] == read_ids(wanted), query
        seen, address = [], f"/cases/{case.id}/reads{query}"
        for _ in range(2):
            page = ann.get(address)
            seen += re.findall(rf"/cases/{case.id}/reads/(\d+)-(\d+)\"", page.text)
            address = unescape(re.findall(r'href="([^"]*)" rel="next"', page.text)[0])
            assert f"sort={'-' if down else ''}{sort}" in address or query.endswith("sort=at")
        assert [":".join(one) for one in seen] == read_ids(wanted[:100]), query


def test_a_page_goes_on_where_its_last_read_is_gone(timeline: CaseTimeline) -> None:
    names = [one.about.actor for one in timeline.head.people]
    whole = Selection(window=Window(since=0, until=2**62))
    for sort in SORTS:
        for down in (False, True):
            wanted = replace(whole, sort=sort, down=down)
            first = page_of(timeline, wanted, names, 40)
            second = page_of(timeline, replace(wanted, after=first.after), names, 40)
            last = first.reads.to_pylist()[-1]
            kept = [
                row
                for row in timeline.reads.to_pylist()
                if (row["source"], row["row"]) != (last["source"], last["row"])
            ]
            less = replace(timeline, reads=pa.Table.from_pylist(kept, schema=timeline.reads.schema))
            again = page_of(less, replace(wanted, after=first.after), names, 40)
            if sort not in ("device", "address", "session"):  # numbers that count within the case may be others then
                assert again == second, (sort, down)
            ended = page_of(
                timeline, replace(wanted, after=page_of(timeline, wanted, names, len(kept)).after), names, 40
            )
            assert (len(ended.reads), ended.after) == (1, None)


def test_what_cannot_be_sorted_by_is_named(ann: Client, case: RecordedCase) -> None:
    for path in (f"/cases/{case.id}/reads", f"/cases/{case.id}/reads.csv"):
        page = ann.get(f"{path}?sort=%3Cb%3Ename")
        assert page.status_code == 400
        assert "sort: this table can't be sorted by that; give one of at, waybill" in text(page)
        assert "<b>name" not in page.text
    for after in ("1", "1-2", "1-2-x-3", "1-2-3", "1-2-3-99", "a-b-c-d"):
        assert ann.get(f"/cases/{case.id}/reads?sort=account&after={after}").status_code == 200


def test_a_file_of_columns_says_what_the_page_says(
    world: World, case: RecordedCase, timeline: CaseTimeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what a spreadsheet would take for a formula begins with an apostrophe."""
    rows = timeline.reads.to_pylist()[:40]
    for row, text_ in zip(rows, ('=cmd|"x"', "+1", "a,b", "line\nbreak", "＠x"), strict=False):
        row |= {"waybill": text_, "purpose": text_, "at": row["at"] + 999_999}
    hostile = replace(timeline, reads=pa.Table.from_pylist(rows, schema=timeline.reads.schema))
    alias = load_pseudonyms(beneath() / "detect").of
    view = View(
        timeline=hostile, alias=alias, wanted=Selection(window=Window(since=0, until=2**62)), clock=Clock(8), path="/x"
    )  # fmt: skip
    monkeypatch.setattr(_reads_view, "_BLOCK", 7)
    shown = rows_of(view, hostile.reads, {})
    cells = [
        [("1" if row[name] else "0") if name == "first" else row[name] for name in FILE_COLUMNS]
        for row in (
            {**row, "reasons": ";".join(row["reasons"]), "at": row["at"].replace(" ", "T") + "+08:00"} for row in shown
        )
    ]
    pieces = list(csv_blocks(FILE_COLUMNS, file_blocks(view, hostile.reads, {}, {})))
    assert len(pieces) == 7
    assert b"".join(pieces) == b"".join(csv_lines(FILE_COLUMNS, cells))
    assert b"\r\n2" in pieces[1]


def test_the_table_for_a_spreadsheet_names_nobody(
    world: World, ann: Client, case: RecordedCase, timeline: CaseTimeline
) -> None:
    answer = ann.get(f"/cases/{case.id}/reads.csv?only=all")
    noted = world.access.acts(limit=1)[0]
    assert (noted.act, noted.detail) == (
        ActKind.LIST_EXPORTED,
        {"list": "cases", "file": f"/cases/{case.id}/reads.csv"},
    )
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    cells = {cell for row in rows for cell in row.values()}
    assert not cells & personal(timeline)
    devices = dict(zip(timeline.reads["device"].to_pylist(), (row["device"] for row in rows), strict=True))
    assert len(set(devices.values())) == len(devices)


def test_a_read_says_why_each_template_does_not_explain_it(
    ann: Client, case: RecordedCase, timeline: CaseTimeline
) -> None:
    rows = timeline.reads.to_pylist()
    odd = next(row for row in rows if row["verdict"] == "unexplained" and row["counted"])
    page = ann.get(f"/cases/{case.id}/reads/{odd['source']}-{odd['row']}")
    assert page.status_code == 200
    said = text(page)
    assert "unexplained" in said
    assert page.text.count("✗") == 7
    assert "custody" in said
    assert not any(one in page.text for one in personal(timeline))
    fits = next(row for row in rows if row["verdict"] == "strong")
    page = ann.get(f"/cases/{case.id}/reads/{fits['source']}-{fits['row']}")
    assert page.text.count("✓") == 1
    assert fits["template"] in text(page)


def test_every_case_is_drawn_whole_and_in_part(ann: Client) -> None:
    for one in read_casebook(beneath() / "detect").cases:
        found = load_timeline(beneath() / "detect", one.id)
        assert found is not None
        for number, person in enumerate(found.head.people, 1):
            said = text(ann.get(f"/cases/{one.id}/reads?account={number}&only=all"))
            mine = [row for row in found.reads.to_pylist() if row["person"] == number - 1]
            assert f"{len(mine):,} reads" in said
            if person.scans:
                assert f"Scans where it works {sum(n for _, n in person.scans):,}" in said
            if person.tickets:
                assert "Its tickets" in said
            devices = {row["device"] for row in mine if row["device"]}
            assert not devices or f"Devices {len(devices)}" in said
            sessions = {row["session"] for row in mine if row["session"]}
            assert not sessions or f"Sessions {len(sessions)}" in said
        part = ann.get(f"/cases/{one.id}/reads?part=1")
        assert "<html" not in part.text
        assert part.text.count("<figure") == 1


def test_a_device_that_came_later_stands_out(timeline: CaseTimeline) -> None:
    names = timeline.reads.schema.names
    row = timeline.reads.to_pylist()[0]
    at = timeline.head.since
    times = ((0, "a"), (1, "b"), (30, "c"), (31, "a"), (32, ""))
    rows = [{**row, "at": at + hour * 3_600_000_000, "person": 0, "device": device} for hour, device in times]
    reads = pa.table({name: [one[name] for one in rows] for name in names}, schema=timeline.reads.schema)
    window = Window(since=at, until=at + 2 * DAY)
    drawn = draw_lanes(replace(timeline, reads=reads), timeline.head.people, reads, reads, window, (), Clock(8))
    devices = next(lane for lane in drawn if lane.code == "devices")
    assert devices.count == 3
    assert devices.drawn.count('class="dot new"') == 1
    assert devices.drawn.count('class="dot"') == 3


REFUSED = (
    "/cases/c-999/reads", "/cases/c-999/reads.csv", "/cases/c-999/reads/0-1", "/cases/x/reads", "/cases/%2e%2e/reads",
    "/cases/c-1/reads/0-99999999", "/cases/c-1/reads/1", "/cases/c-1/reads/a-b", "/cases/c-1/reads/1-%EF%BC%91",
    "/waybills?number=YT0000000000000", "/waybills?number=%3Cb%3E", "/waybills.csv?number=1", "/waybills.csv",
)  # fmt: skip


@each("path", REFUSED)
def test_what_is_not_there_is_not_there(path: str, ann: Client) -> None:
    page = ann.get(path)
    assert page.status_code == 404
    assert "<b>" not in page.text.replace("<b>0</b>", "")


def test_a_case_that_is_not_laid_out_says_how_to_have_it(tmp_path: Path, case: RecordedCase) -> None:
    ledger = copied(tmp_path / "L")
    path = timeline_path(ledger / "detect", case.id)
    assert path is not None
    path.unlink()
    with open_beneath(tmp_path, ledger) as world:
        world.person("ann", Role.ANALYST)
        browser = world.signed_in("ann")
        page = browser.get(f"/cases/{case.id}/reads")
        assert page.status_code == 200
        assert "aren't laid out yet" in text(page)
        answer = browser.post(f"/cases/{case.id}/reads/lay-out")
        assert answer.status_code == 303
        job = world.site.jobs.find(answer.headers["location"].partition("job=")[2])
        assert job is not None
        assert (job.kind, job.subject, dict(job.values)) == ("reads", case.id, {"case": case.id})
        assert "It waits for a worker" in text(browser.get(answer.headers["location"]))
        assert browser.post("/cases/c-999/reads/lay-out").status_code == 404


def named(browser: Client, *paths: str) -> list[bool]:
    """On which pages an account of the shared ledger is named."""
    actors = {actor for one in read_casebook(beneath() / "detect").cases for actor in one.actors}
    pages = [browser.get(path).text for path in paths]
    return [any(re.search(rf">{re.escape(actor)}<", page) for actor in actors) for page in pages]


def test_names_are_shown_once_the_look_is_on_record(tmp_path: Path, case: RecordedCase, timeline: CaseTimeline) -> None:
    ledger = copied(tmp_path / "L")
    other = next(one.id for one in read_casebook(ledger / "detect").cases if one.id != case.id)
    row = timeline.reads.to_pylist()[0]
    path, whole = f"/cases/{case.id}/reads", f"/cases/{case.id}"
    pages = [path, f"{path}?sort=-account&only=all", f"{path}/{row['source']}-{row['row']}", whole]
    pages += [f"{whole}/timeline", f"{whole}/evidence"]
    with open_beneath(tmp_path, ledger) as world:
        world.person("ann", Role.ANALYST)
        world.person("chen", Role.INVESTIGATOR)
        world.person("li", Role.INVESTIGATOR)
        world.person("zhang", Role.AUDITOR)
        ann = world.signed_in("ann")
        assert ann.post(path, data={"why": "complaint 7"}).status_code == 403
        second, browser = world.signed_in("chen"), world.signed_in("chen")
        refused = browser.post(path, data={"why": " "})
        assert refused.status_code == 400
        assert not any(one in refused.text for one in personal(timeline))
        assert named(browser, *pages) == [False] * 6
        assert not any(isinstance(act, NamesShown) for act in read_casebook(ledger / "detect").case(case.id).acts)
        answer = browser.post(path + "?only=unexplained", data={"why": "complaint 7"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?only=unexplained&names=1")
        looks = [act for act in read_casebook(ledger / "detect").case(case.id).acts if isinstance(act, NamesShown)]
        assert [(act.who, act.why, act.cases[case.id]) for act in looks] == [("chen", "complaint 7", case.actors)]
        # On every page of the case, beside pseudonyms, with the time until which, and with role and place.
        assert named(browser, *pages) == [True] * 6
        about = timeline.head.people[0].about
        for page in map(browser.get, pages):
            said = text(page)
            assert "Names are shown on every page of this case until" in said
            assert load_pseudonyms(ledger / "detect").of(about.actor) in said
        where = " · ".join(filter(None, (about.role.replace("_", " "), about.place)))
        assert f"{load_pseudonyms(ledger / 'detect').of(about.actor)} {where}" in text(browser.get(f"{whole}/evidence"))
        # What it covered is told to auditors, who see no case and no name.
        told = text(world.signed_in("zhang").get("/acts"))
        assert f"chen had {len(case.actors)} name" in told
        assert f"of {case.id} shown, on every page of that case until" in told
        assert case.actors[0] not in told
        # Neither in a file, nor in another case, in another session, for another person.
        assert named(browser, f"{path}.csv", f"/cases/{other}/reads", f"/cases/{other}?names=1") == [False] * 3
        for one in (second, world.signed_in("chen"), world.signed_in("li"), ann):
            assert named(one, path, f"{whole}?names=1") == [False] * 2
        # Whoever hides them has to say why anew.
        assert ann.post(f"{whole}/hide").status_code == 403
        assert browser.post(f"{whole}/hide").status_code == 303
        assert named(browser, *pages) == [False] * 6
        assert browser.post(path, data={"why": "complaint 7"}).status_code == 303
        assert named(browser, path) == [True]
        # So has who looks a quarter of an hour later, with another proof.
        world.clock.sleep(15 * MINUTE)
        assert named(browser, *pages) == [False] * 6
        assert "is over" in text(browser.get(f"{path}?names=1"))
        again = browser.post(path, data={"why": "complaint 8"})
        assert again.status_code == 401
        assert case.actors[0] not in again.text + world.log.getvalue()
        assert browser.post("/cases/c-999/reads", data={"why": "x"}).status_code in (401, 404)


def test_a_verdict_that_it_was_work_takes_names_away_on_all_pages(tmp_path: Path, case: RecordedCase) -> None:
    pages = f"/cases/{case.id}", f"/cases/{case.id}/reads", f"/cases/{case.id}/evidence"
    with open_beneath(tmp_path, copied(tmp_path / "L")) as world:
        world.person("chen", Role.INVESTIGATOR)
        browser = world.signed_in("chen")
        assert browser.post(f"/cases/{case.id}/open", data={"why": "complaint 7"}).status_code == 303
        assert named(browser, *pages) == [True] * 3
        assert world.site.cases is not None
        world.site.cases.need().verdict(case.id, False, "chen", "helped out", world.clock())
        assert named(browser, *pages) == [False] * 3


def test_a_case_argues_before_it_lists(ann: Client, case: RecordedCase, timeline: CaseTimeline) -> None:
    """A sentence an account, of the strongest reason and its peers; strength with its unit; what would refute it."""
    page = ann.get(f"/cases/{case.id}")
    said = text(page)
    alias = load_pseudonyms(beneath() / "detect").of
    for number, person in enumerate(timeline.head.people, 1):
        reason, about = person.about.reasons[0], person.about
        count, against = f"{reason.value:,}", reason.against
        sentence = re.search(rf"{alias(about.actor)} [^;.]*\b{count}\b[^;.]*; [^.]*\b{against.accounts}\b[^.]*\.", said)
        assert sentence is not None, (said[:2000], reason)
        low, high = reason.peers
        assert (f"{low} to {high}" if high else "none") in sentence[0]
        chosen = ann.get(f"/cases/{case.id}?account={number}")
        for heading in (
            "What would refute it",
            "What to ask",
            "Records that would explain",
            "A login that several use",
        ):
            assert heading in text(chosen), heading
    assert said.index("What would refute it") < said.index("Notes")
    assert "how many times as probable as under work alone" in said
    scale = re.search(r'<svg class="picture strength.*?</svg>', page.text, re.DOTALL)
    assert scale is not None
    for tick in ("×1", "×10", "×1 thousand", "×100 thousand", "weak", "very strong"):
        assert f">{tick}</text>" in scale[0], tick
    assert not any(one in page.text for one in personal(timeline))
    zh = text(ann.get(f"/cases/{case.id}", headers={"accept-language": "zh-CN"}))
    assert "证据强度" in zh
    assert "可以问什么" in zh


def test_an_account_that_detection_does_not_find_is_told_by_what_it_read(
    tmp_path: Path, timeline: CaseTimeline
) -> None:
    """And by how many of the case's numbers it read: a case that a trace made has no reason of detection."""
    ledger, people = copied(tmp_path / "L"), timeline.head.people
    first = replace(people[0], about=replace(people[0].about, reasons=(), evidence=0.0))
    rows = [row for row in timeline.reads.to_pylist() if row["person"] == 0]
    keep_timeline(ledger / "detect", replace(timeline, head=replace(timeline.head, people=(first, *people[1:]))))
    with open_beneath(tmp_path, ledger) as world:
        world.person("ann", Role.ANALYST)
        assert world.site.cases is not None
        for number in (rows[0]["waybill"], rows[-1]["waybill"], "YT0000000000000"):
            thing = Observable(kind=ObservableKind.NUMBER, value=number)
            world.site.cases.need().link(timeline.head.case, thing, "ann", "bought", world.clock())
        said = text(world.signed_in("ann").get(f"/cases/{timeline.head.case}"))
    parcels = {row["waybill"] for row in rows}
    odd = {row["waybill"] for row in rows if row["verdict"] in ("unexplained", "unknown")}
    assert f"read {len(parcels):,} parcels on the case's days; {len(odd):,} of them no work explains." in said
    assert "It read 2 of the 3 numbers that this case is about." in said
    assert "A login that several use" in said


def test_innocent_explanations_are_weighed_by_what_was_read(timeline: CaseTimeline) -> None:
    """By the devices, days and tickets of the account's own reads."""
    first = timeline.head.people[0]
    person = replace(first, about=replace(first.about, kind="person", reasons=first.about.reasons[:1], territory=()))
    head = replace(timeline.head, people=(person, *timeline.head.people[1:]), missing=(), young=False)
    timeline = replace(timeline, head=head)
    rows = [row for row in timeline.reads.to_pylist() if row["person"] == 0]
    odd = [row for row in rows if row["counted"]]
    work = [row for row in rows if not row["counted"] and row["verdict"] in ("mandate", "strong", "weak")]
    assert odd
    assert work

    def leanings(**changed: Any) -> dict[str, tuple[str, Any]]:
        reads = [{**row, "device": "d-2" if row["counted"] else "d-1", **changed} for row in rows]
        table = pa.Table.from_pylist(reads, schema=timeline.reads.schema)
        return {one.kind: (one.code, one.values.get("n")) for one in weigh(replace(timeline, reads=table), 0)}

    assert leanings()["login"] == ("weighed.login_others", len(odd))
    assert leanings(device="d-1")["login"] == ("weighed.login_same", len(odd))
    assert leanings(device="")["login"] == ("weighed.login_unknown", None)
    assert leanings(verdict="unexplained", counted=1, device="d-1")["login"] == ("weighed.login_alone", len(rows))
    assert leanings(verdict="strong", counted=0) == {}
    ticket = TicketSpan(ticket="t", waybill=odd[0]["waybill"], opened=0, closed=None)
    for tickets, code in (((), "never"), ((ticket,), "own"), ((replace(ticket, waybill="x"),), "elsewhere")):
        people = (replace(person, tickets=tickets), *head.people[1:])
        found = weigh(replace(timeline, head=replace(head, people=people)), 0)
        assert found[-1].code == f"weighed.ticket_{code}"
    found = weigh(replace(timeline, head=replace(head, missing=("tickets", "scans"))), 0)
    assert [one.code for one in found[1:]] == ["weighed.help_unknown", "weighed.ticket_unknown"]


def test_lanes_and_peers_follow_what_is_chosen(ann: Client, timeline: CaseTimeline) -> None:
    path, rows = f"/cases/{timeline.head.case}/reads", timeline.reads.to_pylist()
    odd = ("unexplained", "unknown")
    for only, wanted in (("all", lambda row: True), ("counted", lambda row: row["counted"] > 0),
                         ("unexplained", lambda row: row["verdict"] in odd)):  # fmt: skip
        page = ann.get(f"{path}?only={only}").text
        for name, unexplained in (("Explained reads", False), ("Unexplained reads", True)):
            lane = re.search(rf'lane-name">{name} <b>([\d,]+)</b>', page)
            assert lane is not None
            assert int(lane[1].replace(",", "")) == sum(
                wanted(row) and (row["verdict"] in odd) is unexplained for row in rows
            )
    assert re.search(r"A column is what came in \d+ (h|min|d)\b", text(ann.get(path)))
    assert "A column is what came in 5 min" in text(ann.get(f"{path}?from=2026-03-10T08:00&to=2026-03-11T00:00"))
    for one in read_casebook(beneath() / "detect").cases:
        found = load_timeline(beneath() / "detect", one.id)
        assert found is not None
        if len(found.head.people) > 1:
            page = ann.get(f"/cases/{one.id}/reads?account=2").text
            assert "account=1#hours" in page
            assert "Beside others" in page
        ticks = re.findall(r'class="tick">([\d.,]+)[^<]*</text>', page.partition('class="hours"')[2])
        assert ticks
        assert not [tick for tick in ticks if "." in tick]


def test_a_look_at_a_case_holds_on_its_reads_and_ends_with_the_session(tmp_path: Path, case: RecordedCase) -> None:
    path = f"/cases/{case.id}/reads?names=1"
    with open_beneath(tmp_path, copied(tmp_path / "L")) as world:
        world.person("chen", Role.INVESTIGATOR)
        browser = world.signed_in("chen")
        assert browser.post(f"/cases/{case.id}/open", data={"why": "complaint 7"}).status_code == 303
        assert named(browser, path) == [True]
        browser.post("/sign-out")
        assert named(world.signed_in("chen"), path) == [False]


def test_who_left_the_case_stays_a_pseudonym(tmp_path: Path, timeline: CaseTimeline) -> None:
    """A file of before may name more accounts than the case has now."""
    ledger = copied(tmp_path / "L")
    other = replace(timeline.head.people[0], about=replace(timeline.head.people[0].about, actor="somebody else"))
    head = replace(timeline.head, people=(*timeline.head.people, other))
    moved = timeline.reads.to_pylist()
    for row in moved[: len(moved) // 2]:
        row |= {"person": len(timeline.head.people), "device": "their device", "counted": 1}
    keep_timeline(
        ledger / "detect", CaseTimeline(head=head, reads=pa.Table.from_pylist(moved, schema=timeline.reads.schema))
    )
    with open_beneath(tmp_path, ledger) as world:
        world.person("chen", Role.INVESTIGATOR)
        browser = world.signed_in("chen")
        page = browser.get(browser.post(f"/cases/{timeline.head.case}/reads", data={"why": "c 7"}).headers["location"])
        assert page.status_code == 200
        assert timeline.head.people[0].about.actor in page.text
        assert "somebody else" not in page.text
        assert "their device" not in page.text


def test_reads_are_starred_and_commented_on(tmp_path: Path, case: RecordedCase, timeline: CaseTimeline) -> None:
    first, second = timeline.reads.to_pylist()[:2]
    path = f"/cases/{case.id}/reads"
    at = [f"{path}/{row['source']}-{row['row']}" for row in (first, second)]
    with open_beneath(tmp_path, copied(tmp_path / "L")) as world:
        for login in ("ann", "bo"):
            world.person(login, Role.ANALYST)
        ann, bo = world.signed_in("ann"), world.signed_in("bo")
        assert listed(ann.get(f"{path}?only=starred").text) == []
        answer = ann.post(f"{at[0]}/mark", data={"starred": "1", "back": f"{path}?only=all"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?only=all")
        said = "the seller's first <b>"
        answer = bo.post(f"{at[1]}/mark", data={"comment": said, "back": "//evil.cn"})
        assert answer.headers["location"] == "/"
        page = ann.get(f"{path}?only=starred")
        assert listed(page.text) == [first["waybill"], second["waybill"]]
        assert (page.text.count('aria-pressed="true"'), page.text.count("★")) == (3, 1), "two are language and theme"
        assert (said in unescape(page.text), "first <b>" in page.text) == (True, False)
        own = ann.get(at[1])
        assert (said in unescape(own.text), bool(re.search(r"bo ?, ", text(own)))) == (True, True)
        # From what was seen: another's comment isn't lost.
        late = ann.post(f"{at[1]}/mark", data={"comment": "mine", "back": at[1]})
        assert (late.status_code, 'value="mine"' in late.text) == (409, True)
        assert "Take it back" in text(bo.get(at[1]))
        acts = text(ann.get(f"/cases/{case.id}"))
        assert f"ann starred read {first['source']}:{first['row']}" in acts
        assert "bo commented on read" in acts
        for wrong in (f"{path}/0-999999/mark", f"{path}/x/mark", "/cases/c-999/reads/0-1/mark"):
            assert ann.post(wrong, data={"starred": "1"}).status_code == 404
        assert ann.post(f"{at[0]}/mark", data={"was_starred": "1", "comment": "x" * 501}).status_code == 400
        # In a ledger that was made anew the same place may be another read: its marks aren't shown on it.
        rows = timeline.reads.to_pylist()
        rows[0] |= {"waybill": "YT0000000000000"}
        other = replace(timeline, reads=pa.Table.from_pylist(rows, schema=timeline.reads.schema))
        keep_timeline(tmp_path / "L" / "detect", other)
        assert ann.get(f"{path}?only=starred").text.count("★") == 0


def test_a_read_that_was_purged_is_gone(tmp_path: Path, timeline: CaseTimeline) -> None:
    ledger = copied(tmp_path / "L")
    rows = timeline.reads.to_pylist()
    rows[0] |= {"waybill": "YT0000000000000"}
    keep_timeline(ledger / "detect", replace(timeline, reads=pa.Table.from_pylist(rows, schema=timeline.reads.schema)))
    with open_beneath(tmp_path, ledger) as world:
        world.person("ann", Role.ANALYST)
        browser = world.signed_in("ann")
        path = f"/cases/{timeline.head.case}/reads/{rows[0]['source']}-{rows[0]['row']}"
        page = browser.get(path)
        assert page.status_code == 404
        assert "isn't in the ledger any more" in text(page)
        (ledger / "manifest.json").rename(tmp_path / "gone")
        assert browser.get(path).status_code == 503


def test_a_waybill_is_told_from_its_issue_on(ann: Client, timeline: CaseTimeline) -> None:
    row = next(row for row in timeline.reads.to_pylist() if row["verdict"] == "unexplained" and row["counted"])
    page = ann.get(f"/waybills?number={row['waybill'].lower()}")
    assert page.status_code == 200
    said = text(page)
    for told in (f"Waybill {row['waybill']}", "issued", "picked up", "Who read it", "unexplained"):
        assert told in said or told == "issued"
    assert not any(one in page.text for one in personal(timeline))
    rows = list(
        csv.DictReader(io.StringIO(ann.get(f"/waybills.csv?number={row['waybill']}").content.decode("utf-8-sig")))
    )
    with open_ledger(beneath()) as snapshot:
        assert len(rows) == len(snapshot.reads(snapshot.keys([row["waybill"]])))
    assert f"{row['source']}:{row['row']}" in {one["read"] for one in rows}
    assert "Number of the waybill" in text(ann.get("/waybills"))


def test_a_number_on_sale_leads_to_its_case(tmp_path: Path, timeline: CaseTimeline) -> None:
    ledger = copied(tmp_path / "L")
    number = timeline.reads["waybill"][0].as_py()
    with open_beneath(tmp_path, ledger) as world:
        world.person("ann", Role.ANALYST)
        assert world.site.cases is not None
        cases = world.site.cases.need()
        item = cases.enqueue(
            Source.LISTING, [Observable(kind=ObservableKind.NUMBER, value=number)], "bought", "ann", 20_600
        )
        case = cases.promote(item, "ann", "bought", 20_601)
        page = world.signed_in("ann").get(f"/waybills?number={number}")
        assert f"/cases/{case}" in page.text


def test_a_ledger_without_a_casebook_names_nobody(tmp_path: Path) -> None:
    """Nor does one that has nothing but reads."""
    rows = "".join(f"2026-03-02T0{hour}:00:00+08:00,clerk<b>{hour},YT000000000000{hour}\n" for hour in range(1, 9))
    (tmp_path / "accesses.csv").write_text("at,actor,waybill\n" + rows, encoding="utf-8")
    assert inside("ingest", tmp_path / "L", tmp_path / "accesses.csv").code == 0
    with open_world(tmp_path) as world, CaseReader(tmp_path / "L", tmp_path / "L" / "detect") as reading:
        world.site = replace(world.site, reading=reading)
        world.person("ann", Role.ANALYST)
        browser = world.signed_in("ann")
        page = browser.get("/waybills?number=YT0000000000001")
        assert page.status_code == 200
        assert "waybill not known" in text(page)
        assert "The ledger has no waybills" in text(page)
        assert "clerk" not in page.text
        assert browser.get("/cases/c-1/reads").status_code == 404
        (tmp_path / "L" / "manifest.json").rename(tmp_path / "gone")
        assert browser.get("/waybills?number=YT0000000000001").status_code == 503
        assert browser.get("/waybills.csv?number=YT0000000000001").status_code == 503


def test_a_ledger_that_grew_is_read_again(tmp_path: Path) -> None:
    for number in (1, 2):
        rows = f"at,actor,waybill\n2026-03-02T0{number}:00:00+08:00,a,YT000000000000{number}\n"
        (tmp_path / f"{number}.csv").write_text(rows, encoding="utf-8")
    table = ("--table", "accesses")
    assert inside("ingest", tmp_path / "L", tmp_path / "1.csv", *table).code == 0
    with CaseReader(tmp_path / "L", tmp_path / "L" / "detect") as reading:
        reading.warm()
        assert reading.life("YT0000000000001", str) is not None
        assert inside("ingest", tmp_path / "L", tmp_path / "2.csv", *table).code == 0
        # The state before answers while the new one is made ready.
        assert reading.life("YT0000000000001", str) is not None
        reading.settle()
        assert reading.life("YT0000000000002", str) is not None
    reading.close()


def test_the_policy_holds_on_every_page(ann: Client, case: RecordedCase) -> None:
    for path in (f"/cases/{case.id}/reads", "/waybills", "/rights", "/partners", "/ledger"):
        page = ann.get(path)
        assert page.status_code == 200, path
        for forbidden in (" style=", "<style", "javascript:", " onclick", "<script>"):
            assert forbidden not in page.text, (path, forbidden)
