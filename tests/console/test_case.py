"""A case: what people do with it, who may see what of it, and that nothing typed is lost."""

import csv
import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from httpx import Response

from tests.console.casework import DAY, HOSTILE, NAMES, PLAIN_HOSTILE, Bench, said, seen, send, values_of
from tests.console.world import HOUR, MINUTE, PASSWORD, hidden, statements
from tests.tables import each
from wayseal.cases import Cases
from wayseal.cases.errors import CasebookDiskError, StaleError
from wayseal.cases.types import CaseState, NamesShown, Observable, ObservableKind, Priority, Source, TaskState
from wayseal.cases.verdicts import HearingPoint, ProposalKind
from wayseal.cases.views import CaseFilter
from wayseal.console import Role
from wayseal.console.access.types import ActKind
from wayseal.console.errors import ConsoleSettingsError
from wayseal.console.task_lists import load_task_lists
from wayseal.model.times import time_at


def test_state_owner_priority_title_and_when(bench: Bench) -> None:
    case = bench.alert("u-1")
    browser, at = bench.browser("ann"), f"/cases/{case}"
    assert "unassigned yet" in said(browser.get(at))
    for path, fields, words in (
        (
            "state",
            {"state": "in_progress", "why": "complaint 7"},
            "ann changed the state from “New” to “In progress” “complaint 7”",
        ),
        ("assign", {"owner": "bo", "why": "his outlet"}, "ann gave it to bo"),
        ("priority", {"priority": "urgent"}, "ann changed the priority from “Normal” to “Urgent”"),
        ("title", {"title": "Night reads"}, "ann gave it the title Night reads"),
        ("snooze", {"until": "7", "why": "log comes"}, "ann put it off until 20"),
        ("snooze", {"until": "", "why": "it came"}, "ann put it off no longer"),
        ("state", {"state": "duplicate", "why": "see c-9"}, "from “In progress” to “Known already”"),
        ("state", {"state": "reopened", "why": "not so"}, "from “Known already” to “Opened again”"),
        (
            "verdict",
            {"verdict": "true", "why": "sold", "lacking": "1"},
            "were not work, though the hearing lacks: told",
        ),
        ("verdict", {"verdict": "false", "why": "helped out"}, "were work helped out"),
    ):
        page = send(browser, f"{at}/{path}", **fields)
        assert words.replace("“", "").replace("”", "") in said(page).replace("“", "").replace("”", ""), (
            path,
            said(page),
        )
    row = bench.cases.dossier(case).row
    assert (row.state, row.owner, row.priority, row.title) == (CaseState.FALSE, "bo", Priority.URGENT, "Night reads")
    assert "Case c-1 · Night reads" in said(browser.get(at))
    for path, fields, status in (
        ("state", {"state": "in_progress", "why": "x"}, 409),
        ("state", {"state": "new", "why": "x"}, 409),
        ("state", {"state": "strange", "why": "x"}, 400),
        ("state", {"state": "true", "why": "x"}, 409),
        ("verdict", {"verdict": "strange", "why": "x"}, 400),
        ("verdict", {"verdict": "true", "why": "x"}, 400),
        ("state", {"state": "reopened", "why": ""}, 400),
        ("state", {"state": "reopened", "why": "x" * 501}, 400),
        ("state", {"state": "reopened", "why": "a\u202eb"}, 400),
        ("assign", {"owner": "mallory"}, 400),
        ("priority", {"priority": "x"}, 400),
        ("title", {"title": "a\x00b"}, 400),
        ("snooze", {"until": "1999-01-01", "why": "x"}, 400),
    ):
        answer = browser.post(f"{at}/{path}", data={"seen": str(row.line), **fields})
        assert (answer.status_code, "role=" in answer.text) == (status, True), (path, fields)
    assert bench.cases.dossier(case).row == row
    assert browser.post("/cases/c-77/state", data={"state": "waiting", "why": "x"}).status_code == 404


def test_going_into_another_and_out_again(bench: Bench) -> None:
    first, second = bench.alert("u-1", "u-2"), bench.alert("u-9")
    bench.cases.add_note(second, "of the second", "bo", bench.now)
    browser = bench.browser("ann")
    page = send(browser, f"/cases/{second}/merge", into=first, why="one device")
    assert page.url.path == f"/cases/{first}"
    assert f"with {second}" in said(page)
    assert f"ann merged {second} into {first}" in said(page)
    went = browser.get(f"/cases/{second}")
    assert f"This case went into {first}" in said(went)
    for into, status in ((first, 409), ("c-99", 400), ("", 400)):
        answer = browser.post(
            f"/cases/{first}/merge", data={"into": into, "why": "x", "seen": seen(browser, f"/cases/{first}")}
        )
        assert answer.status_code == status, into
    page = send(browser, f"/cases/{second}/unmerge", why="another one after all")
    assert bench.state(second) is CaseState.NEW
    assert f"ann took {second} out of {first} again" in said(page)
    assert "of the second" in page.text
    # Two accounts of one case are two matters.
    things = [t.name for t in bench.cases.dossier(first).things]
    assert browser.post(f"/cases/{first}/split", data={"why": "two matters"}).status_code == 409
    page = send(browser, f"/cases/{first}/split", **{f"thing.account.{things[0]}": "1"}, why="two matters")
    assert page.url.path == "/cases/c-3"
    assert things[0] in page.text
    assert things[0] not in [t.name for t in bench.cases.dossier(first).things]
    assert send(browser, f"/cases/{first}/split", **{"thing.account.nobody": "1"}, why="x").status_code == 400


def test_what_is_decided_at_once_is_decided_once(bench: Bench) -> None:
    """Eight who saw the same page give opposite verdicts: one counts, and the others see both, and may go on."""
    case, browsers = bench.alert("u-1"), [bench.browser(login) for login in ("ann", "bo", "chen") * 3][:8]
    line = seen(browsers[0], f"/cases/{case}")
    bench.cases.add_note(case, f"heard of it {HOSTILE}", "bo", bench.now)
    guilty = {"verdict": "true", "why": f"sold {PLAIN_HOSTILE}", "lacking": "1"}
    verdict = [guilty, {"verdict": "false", "why": "helped out"}] * 4
    late = browsers[0].post(f"/cases/{case}/verdict", data={**verdict[1], "seen": line})
    assert (late.status_code, "heard of it" in said(late), "helped out" in said(late)) == (409, True, True)
    line = values_of(late, "seen")[0]
    answers = [
        browser.post(f"/cases/{case}/verdict", data={**fields, "seen": line})
        for browser, fields in zip(browsers, [verdict[1], *verdict], strict=False)
    ]
    assert [answer.status_code for answer in answers] == [303] + [409] * 7
    assert bench.state(case) is CaseState.FALSE
    page = answers[1]
    assert "<script>alert" not in page.text
    for words in ("were work", "helped out", "The reads were not work", "Do it nonetheless"):
        assert words in said(page), words
    again = {name: values_of(page, name)[0] for name in ("seen", "verdict", "why", "lacking")}
    assert browsers[1].post(f"/cases/{case}/verdict", data=again).status_code == 303
    assert bench.state(case) is CaseState.TRUE


@each(
    ("act", "fields"),
    [
        ("state", {"state": "waiting", "why": "x"}),
        ("verdict", {"verdict": "false", "why": "x"}),
        ("assign", {"owner": "bo"}),
        ("assign", {"mine": "1"}),
        ("snooze", {"until": "7", "why": "x"}),
        ("priority", {"priority": "high"}),
        ("title", {"title": "Night reads"}),
        ("merge", {"into": "another", "why": "x"}),
    ],
)
def test_what_changes_how_a_case_stands_names_what_it_has_seen(bench: Bench, act: str, fields: dict[str, str]) -> None:
    case, ann = bench.alert(f"u-{bench.now}"), bench.browser("ann")
    fields = {name: bench.alert(f"u-{bench.now}-2") if name == "into" else value for name, value in fields.items()}
    before = bench.cases.dossier(case).row
    for version in ({}, {"seen": ""}, {"seen": "0"}, {"seen": str(before.line - 1)}, {"seen": "x"}, {"seen": "9" * 40}):
        answer = ann.post(f"/cases/{case}/{act}", data=fields | version)
        assert (answer.status_code, "What you wanted" in said(answer)) == (409, True), version
    assert bench.cases.dossier(case).row == before
    assert ann.post(f"/cases/{case}/{act}", data=fields | {"seen": str(before.line)}).status_code == 303
    item = bench.item((ObservableKind.SELLER, "s-1"))
    for version in ({}, {"seen": "1"}):
        assert ann.post(f"/queue/items/{item}", data={"act": "take"} | version).status_code == 409
    send(ann, f"/queue/items/{item}", act="take")


def test_verdicts_side_by_side(bench: Bench) -> None:
    case = bench.alert("u-1")
    line = bench.cases.dossier(case).row.line

    def judge(true: bool) -> bool:
        try:
            bench.cases.as_seen(case, line).verdict(case, true, "ann", "x", bench.now, lacking=True)
        except StaleError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(judge, [True, False] * 4)) == 1
    assert [one.act for one in bench.cases.timeline(case).rows].count("verdict") == 1


def test_two_on_one_note(bench: Bench) -> None:
    case = bench.alert("u-1")
    ann, bo = bench.browser("ann"), bench.browser("bo")
    send(ann, f"/cases/{case}/notes", note="Bought ten numbers.\r\nAll of one outlet.")
    edit = f"/cases/{case}/notes/n-1"
    assert send(ann, edit, version="1", note="Bought twelve numbers.\nAll of one outlet.").status_code == 200
    page = bo.post(edit, data={"version": "1", "note": f"Bought ten numbers.\nNone of one outlet. {PLAIN_HOSTILE}"})
    assert page.status_code == 409
    words = said(page)
    for part in ("Bought twelve numbers.", "None of one outlet.", "Nothing was overwritten", "Save as version 3"):
        assert part in words, part
    assert "<script>alert" not in page.text
    assert page.text.count("<del>") == 2
    assert [note.text for note in bench.cases.dossier(case).notes] == ["Bought twelve numbers.\nAll of one outlet."]
    send(bo, edit, version=values_of(page, "version")[0], note="Bought twelve numbers.\nNone of one outlet.")
    note = bench.cases.dossier(case).notes[0]
    assert (note.version, note.who, note.first_who) == (3, "bo", "ann")
    versions = said(ann.get(edit))
    assert all(f"version {number}" in versions for number in (1, 2, 3))
    send(ann, edit, version="3", note="whatever", out="1")
    assert bench.cases.dossier(case).notes[0].text == ""
    assert "The note was taken out" in said(ann.get(edit))
    assert ann.get(f"/cases/{case}/notes/n-9").status_code == 404
    for fields in ({"version": "x", "note": "a"}, {"version": "4", "note": "a\x00"}):
        assert ann.post(edit, data=fields).status_code in (400, 409)
    assert ann.post(f"/cases/{case}/notes/n-9", data={"version": "1", "note": "a"}).status_code == 404
    long = ann.post(f"/cases/{case}/notes", data={"note": "x" * 20_001})
    assert (long.status_code, "x" * 20_001 in long.text) == (400, True)
    # Texts of too many lines to be compared stand beside each other, line by line.
    send(ann, f"/cases/{case}/notes", note="x")
    send(ann, f"/cases/{case}/notes/n-2", version="1", note="a\n" * 599 + "a")
    late = bo.post(f"/cases/{case}/notes/n-2", data={"version": "1", "note": "b\n" * 499 + "b"})
    assert (late.status_code, late.text.count("<del>"), late.text.count("<ins>")) == (409, 600, 500)


def test_a_note_outlives_its_session(bench: Bench) -> None:
    case = bench.alert("u-1")
    browser, other = bench.browser("ann"), bench.world.browser()
    bench.world.clock.sleep(2 * HOUR)
    page = browser.post(f"/cases/{case}/notes", data={"note": "written with care\nfor an hour"})
    assert page.status_code == 401
    sealed = hidden(page, "kept")
    page = browser.post("/sign-in", data={"login": "ann", "password": PASSWORD, "kept": sealed, "next": "/"})
    page = browser.post(
        "/sign-in/code", data={"code": bench.world.code("ann"), "kept": hidden(page, "kept"), "next": "/"}
    )
    assert "written with care" in page.text
    assert send(browser, f"/cases/{case}/notes", note=values_of(page, "note")[0]).status_code == 200
    assert bench.cases.dossier(case).notes[0].text == "written with care\nfor an hour"
    assert other.post(f"/cases/{case}/notes", data={"note": "x"}).status_code == 401


def test_tasks(bench: Bench) -> None:
    case = bench.alert("u-1")
    browser = bench.browser("ann")
    page = send(browser, f"/cases/{case}/tasks", task="Ask for the roster", owner="bo", due="2026-12-01")
    assert "Ask for the roster" in said(page)
    was = {"was_text": "Ask for the roster", "was_state": "to_do", "was_owner": "bo", "was_due": "2026-12-01"}
    change = {"state": "done", "owner": "bo", "due": "2026-12-01"}
    page = send(browser, f"/cases/{case}/tasks/t-1", **was, **change)
    assert "from “To do” to “Done”" in said(page)
    assert bench.cases.dossier(case).tasks[0].content.state is TaskState.DONE
    # Seen as it was before, it isn't overwritten.
    assert browser.post(f"/cases/{case}/tasks/t-1", data=was | change | {"state": "cancelled"}).status_code == 400
    for fields in (was | {"was_state": "x"} | change, was | change | {"state": "x"}, was | change | {"owner": "eve"}):
        assert browser.post(f"/cases/{case}/tasks/t-1", data=fields).status_code == 400
    for fields in ({"task": ""}, {"task": "x", "due": "soon"}, {"task": "x", "owner": "eve"}):
        answer = browser.post(f"/cases/{case}/tasks", data=fields)
        assert answer.status_code == 400, fields
    assert "My tasks 0" in said(bench.browser("bo").get("/"))


def test_links_lead_to_the_cases_that_share_them(bench: Bench) -> None:
    first, second = bench.alert("u-1"), bench.alert("u-2")
    browser = bench.browser("ann")
    for case in (first, second):
        send(browser, f"/cases/{case}/links", kind="seller", thing="shop 7 & sons", why="same pictures")
    page = browser.get(f"/cases/{first}")
    assert "shop 7 & sons" in said(page)
    assert f'href="/cases/{second}"' in page.text
    found = browser.get("/cases", params={"state": "", "thing": "shop 7 & sons"})
    assert found.text.count("data-row") == 2
    alias = bench.cases.dossier(first).things[0].name
    assert browser.get("/cases", params={"thing": alias}).text.count("data-row") == 1
    # A device is of a person: whoever links one sees it as a pseudonym from then on.
    page = send(bench.browser("chen"), f"/cases/{first}/links", kind="device", thing="imei-8675309", why="handed in")
    assert "imei-8675309" not in page.text
    send(browser, f"/cases/{first}/unlink", kind="seller", thing="shop 7 & sons", why="other pictures")
    assert browser.get("/cases", params={"state": "", "thing": "shop 7 & sons"}).text.count("data-row") == 1
    for fields in (
        {"kind": "planet", "thing": "x", "why": "y"},
        {"kind": "seller", "thing": "", "why": "y"},
        {"kind": "seller", "thing": "x", "why": ""},
        {"kind": "case", "thing": "c-99", "why": "y"},
    ):
        assert browser.post(f"/cases/{first}/links", data=fields).status_code == 400, fields
    answer = bench.browser("chen").post(f"/cases/{first}/unlink", data={"kind": "account", "thing": "u-1", "why": "y"})
    assert answer.status_code == 409


def test_whoever_knows_an_account_doesnt_learn_its_pseudonym(bench: Bench) -> None:
    """By no page that an analyst has: filters, links, splits, entries in the queue, and what they answer."""
    case, other = bench.alert("u-1", "u-2"), bench.alert("u-3")
    ann = bench.browser("ann")
    assert ann.get("/cases", params={"state": "all", "thing": "u-1"}).text.count("data-row") == 0
    for why in ("", "because"):
        answers = []
        for account in ("u-1", "u-3", "u-99"):
            typed = {"kind": "account", "thing": account, "why": why}
            split = {f"thing.account.{account}": "1", "why": why}
            answers.append(
                (
                    [ann.post(f"/cases/{case}/{act}", data=typed).status_code for act in ("links", "unlink")],
                    ann.post(f"/cases/{case}/split", data=split).status_code,
                    ann.post("/queue", data=typed | {"source": "canary", "reason": "r"}).status_code,
                )
            )
        assert answers == [([400, 400], 400, 400)] * 3
    assert [len(bench.cases.timeline(id_).rows) for id_ in (case, other)] == [1, 1]
    # An investigator splits by the names that the page shows them, and by no others.
    chen = bench.browser("chen")
    assert chen.post(f"/cases/{case}/split", data={"thing.account.u-1": "1", "why": "x"}).status_code == 400
    send(chen, f"/cases/{case}/open", why="complaint 7")
    assert send(chen, f"/cases/{case}/split", why="x", **{"thing.account.u-1": "1"}).url.path == "/cases/c-3"


def test_what_was_done_can_be_taken_back_for_a_minute(bench: Bench) -> None:
    case = bench.alert("u-1")
    ann, bo = bench.browser("ann"), bench.browser("bo")
    page = send(ann, f"/cases/{case}/priority", priority="high")
    assert "Done: 1 act" in said(page)
    lines = values_of(page, "lines")[0]
    assert "Done: 1 act" not in said(bo.get(f"/cases/{case}"))
    assert bo.post("/undo", data={"lines": lines, "back": "/queue"}).status_code == 409
    assert send(ann, "/undo", lines=lines, back=f"/cases/{case}").url.path == f"/cases/{case}"
    assert bench.cases.dossier(case).row.priority is Priority.NORMAL
    assert "ann took back what was done" in said(ann.get(f"/cases/{case}"))
    page = send(ann, f"/cases/{case}/priority", priority="low")
    send(bo, f"/cases/{case}/priority", priority="urgent")
    answer = ann.post("/undo", data={"lines": values_of(page, "lines")[0], "back": "//evil.test"})
    assert (answer.status_code, "somebody changed" in said(answer)) == (409, True)
    assert "evil" not in answer.text
    page = send(ann, f"/cases/{case}/title", title="x")
    bench.world.clock.sleep(2 * MINUTE)
    assert ann.post("/undo", data={"lines": values_of(page, "lines")[0]}).status_code == 409
    assert "Done: 1 act" not in said(ann.get(f"/cases/{case}"))
    assert ann.post("/undo", data={"lines": "1,x,99999"}).status_code == 409


def test_names_are_for_whoever_said_why_and_for_a_while(bench: Bench) -> None:
    case = bench.alert(*NAMES)
    at = f"/cases/{case}"
    chen = bench.browser("chen")
    chen.post("/account/sessions/others/end")
    bench.cases.hear(case, "chen", f"I am {NAMES[0]}'s brother. {PLAIN_HOSTILE}", bench.now, actor=NAMES[0])

    def names_in(page: Response) -> list[bool]:
        return ["courier-7" in page.text, "clerk" in page.text, "王芳" in page.text, "brother" in page.text]

    for page in (chen.get(at), chen.get(f"{at}?names=1"), chen.get(f"{at}/timeline?names=1"), chen.get("/cases")):
        assert (page.status_code, names_in(page)) == (200, [False] * 4)
    assert "The statement is there" in said(chen.get(at))
    assert chen.post(f"{at}/open", data={"why": ""}).status_code == 400
    # The proof has to be fresh.
    bench.world.clock.sleep(10 * MINUTE)
    page = chen.post(f"{at}/open", data={"why": "complaint 7"})
    assert (page.status_code, "Is it still you?" in said(page)) == (401, True)
    assert bench.cases.look(case, "chen", 0) is None
    page = chen.post("/confirm", data={"proof": PASSWORD, "next": "/", "kept": hidden(page, "kept")})
    assert values_of(page, "why") == ["complaint 7"]
    page = send(chen, f"{at}/open", why="complaint 7")
    assert (names_in(page), page.url.query) == ([True] * 4, b"names=1")
    assert "<script>alert" not in page.text
    assert "clerk&lt;b&gt;9" in page.text
    assert "that you see them is on record" in said(page)
    acts = [act for act in bench.cases.find(case).acts if isinstance(act, NamesShown)]
    assert [(act.who, act.why) for act in acts] == [("chen", "complaint 7")]
    # A look again within the quarter of an hour is the same one; after it, it takes another reason.
    chen.get(f"{at}?names=1")
    assert len(bench.cases.dossier(case).timeline.rows) == 3
    assert names_in(chen.get(at)) == [True] * 4
    assert "courier-7" not in chen.get("/cases").text
    bench.world.clock.sleep(16 * MINUTE)
    page = chen.get(f"{at}?names=1")
    assert names_in(page) == [False] * 4
    assert "say why" in said(page)


def test_names_are_not_for_analysts_nor_on_others_reasons(bench: Bench) -> None:
    case, other = bench.alert(*NAMES), bench.alert("u-2")
    chen, ann = bench.browser("chen"), bench.browser("ann")
    assert "courier-7" in send(chen, f"/cases/{case}/open", why="complaint 7").text
    page = ann.get(f"/cases/{case}?names=1")
    assert "courier-7" not in page.text
    assert "investigators alone" in said(page)
    refused = ann.post(f"/cases/{case}/open", data={"why": "curious"})
    assert (refused.status_code, "Not for this account" in said(refused)) == (403, True)
    assert ann.post(f"/cases/{case}/hear", data={"statement": "x"}).status_code == 403
    # One investigator's reason is no other's, and one case's no other's.
    bench.world.person("dong", Role.INVESTIGATOR)
    assert "courier-7" not in bench.browser("dong").get(f"/cases/{case}?names=1").text
    assert "courier-7" not in bench.browser("chen").get(f"/cases/{case}?names=1").text
    assert "courier-7" in chen.get(f"/cases/{case}?names=1").text
    assert "u-2" not in chen.get(f"/cases/{other}?names=1").text
    # A verdict that it was work takes the right back.
    bench.cases.verdict(case, False, "chen", "helped out", bench.now)
    assert "courier-7" not in chen.get(f"/cases/{case}?names=1").text


@pytest.fixture
def two(bench: Bench) -> Iterator[Bench]:
    """Verdicts, names and packs take two."""
    bench.world.person("dong", Role.INVESTIGATOR)
    site = bench.world.site
    second = replace(site.settings, second_person=frozenset(list(ProposalKind)[:3]))
    bench.world.site = replace(site, settings=second)
    bench.world._app = None
    yield bench
    bench.world.site, bench.world._app = site, None


def test_a_second_person_puts_verdicts_in_force(two: Bench) -> None:
    case = two.alert("u-1", "u-2")
    at, ann, bo = f"/cases/{case}", two.browser("ann"), two.browser("bo")
    alias = two.cases.dossier(case).things[0].name
    foreign = {"verdict": "false", "why": "x", "account": "u-1", "seen": seen(ann, at)}
    assert ann.post(f"{at}/verdict", data=foreign).status_code == 400, "an id would tell whose pseudonym it is"
    page = send(ann, f"{at}/verdict", verdict="true", why="sold", account=alias, lacking="1")
    assert "waits for a second person until" in said(page)
    assert ("Put it in force" in said(page), "Take the proposal back" in said(page)) == (False, True)
    assert two.state(case) is CaseState.NEW
    own = ann.post(f"{at}/answer", data={"proposal": "p-1", "answer": "yes", "why": "x", "seen": seen(ann, at)})
    assert (own.status_code, "never its proposer" in said(own)) == (409, True)
    assert "waits for you" in said(bo.get("/queue"))
    page = send(bo, f"{at}/answer", proposal="p-1", answer="yes", why="I saw the reads")
    assert "bo decided that the reads of" in said(page)
    assert "bo agreed to p-1" in said(page)
    assert [one.guilty for one in two.cases.dossier(case).things] == [True, None]
    # Declined with a reason, which both see, and lapsed.
    send(bo, f"{at}/verdict", verdict="false", why="helped out")
    assert "the roster differs" in said(
        send(ann, f"{at}/answer", proposal="p-2", answer="no", why="the roster differs")
    )
    assert "the roster differs" in said(bo.get(at))
    send(bo, f"{at}/verdict", verdict="false", why="helped out")
    two.world.clock.sleep(3 * DAY // 1_000_000)
    late = send(two.browser("ann"), f"{at}/answer", proposal="p-3", answer="yes", why="x")
    assert (late.status_code, "lapsed" in said(late)) == (409, True)
    assert two.state(case) is CaseState.IN_PROGRESS


def test_names_and_packs_wait_for_a_second_person(two: Bench) -> None:
    case = two.alert(*NAMES)
    at, ann, chen, dong = f"/cases/{case}", two.browser("ann"), two.browser("chen"), two.browser("dong")
    for place in ("open", "reads"):
        page = send(chen, f"{at}/{place}", why="complaint 7") if place == "open" else chen.get(f"{at}?names=1")
        assert "courier-7" not in page.text
    assert two.cases.look(case, "chen", 0) is None
    assert ann.post(f"{at}/answer", data={"proposal": "p-1", "answer": "yes", "why": "x"}).status_code == 403
    send(dong, f"{at}/answer", proposal="p-1", answer="yes", why="I know of it")
    assert "courier-7" not in dong.get(f"{at}?names=1").text, "whoever agrees sees nothing by it"
    assert "courier-7" in send(chen, f"{at}/open", why="complaint 7").text
    two.world.clock.sleep(2 * DAY // 1_000_000)
    page = send(two.browser("chen"), f"{at}/open", why="complaint 7")
    assert ("courier-7" in page.text, "waits for a second person" in said(page)) == (False, True)
    # A pack is made as it was agreed to.
    chen, dong = two.browser("chen"), two.browser("dong")
    page = send(chen, f"{at}/evidence", why="notice 9", to="the police")
    assert "waits for a second person" in said(page)
    assert two.world.site.jobs.list(kind="export", subject=case) == ()
    send(dong, f"{at}/answer", proposal="p-3", answer="yes", why="yes")
    chen.post(f"{at}/evidence", data={"why": "another", "to": "a friend"})
    (job,) = two.world.site.jobs.list(kind="export", subject=case)
    assert (job.values["why"], job.values["to"]) == ("notice 9", "the police")


def test_an_analyst_asks_for_names_and_is_answered(bench: Bench) -> None:
    case = bench.alert(*NAMES)
    at, ann, chen = f"/cases/{case}", bench.browser("ann"), bench.browser("chen")
    assert chen.post(f"{at}/ask", data={"why": "x"}).status_code == 403
    assert "waits for an investigator" in said(send(ann, f"{at}/ask", why="is it the night shift?"))
    assert "is it the night shift?" in said(chen.get(at))
    send(chen, f"{at}/answer", proposal="p-1", answer="no", why="not without a complaint")
    assert "not without a complaint" in said(ann.get(at))
    send(ann, f"{at}/ask", why="complaint 7 is in")
    page = send(chen, f"{at}/answer", proposal="p-2", answer="yes", why="I look at it")
    assert "chen has it" in said(page)
    for browser in (ann, chen):
        assert "courier-7" not in browser.get(f"{at}?names=1").text, "an answer shows no name"
    assert bench.cases.dossier(case).row.owner == "chen"


def test_the_person_is_heard_and_stands_on_top(bench: Bench) -> None:
    case = bench.alert("u-1", "u-2")
    chen, at = bench.browser("chen"), f"/cases/{case}"
    alias = bench.cases.dossier(case).things[1].name
    answer = chen.post(f"{at}/hear", data={"statement": "I helped\na colleague", "account": "p-nobody"})
    assert (answer.status_code, "I helped" in answer.text) == (400, True)
    send(
        chen, f"{at}/hear", statement="I helped\na colleague", account=alias, **{"point.told": "1", "point.shown": "1"}
    )
    lacking = [{one.value for one in thing.lacking} for thing in bench.cases.dossier(case).things]
    assert lacking == [set(HearingPoint), {"shared", "witnesses"}]
    assert "The hearing lacks: asked who else uses the login and the device and asked for wit" in said(chen.get(at))
    page = send(chen, f"{at}/open", why="complaint 7")
    assert "I helped" in page.text
    assert page.text.index("I helped") < page.text.index('id="why"')
    assert "chen heard the person behind" in said(page)
    kept = chen.post(f"{at}/hear", data={"statement": "x" * 20_001, "account": alias})
    assert (kept.status_code, "x" * 20_001 in kept.text) == (400, True)


def test_files_are_hashed_kept_apart_and_only_saved(bench: Bench) -> None:
    case, other = bench.alert("u-1"), bench.alert("u-2")
    ann, at = bench.browser("ann"), f"/cases/{case}/files"
    name = "<img src=x>\u202e=cmd.html"
    answer = ann.post(at, data={"why": "from the shop's page"}, files={"file": (name, b"<script>alert(1)</script>")})
    assert answer.status_code == 303
    file = bench.cases.dossier(case).files[0]
    assert (file.name, file.size, len(file.sm3 or "")) == ("<img src=x>=cmd.html", 25, 64)
    page = ann.get(f"/cases/{case}")
    assert "<img src=x" not in page.text
    assert file.digest in page.text
    assert (file.sm3 or "none") in page.text
    got = ann.get(f"{at}/{file.digest}")
    assert got.content == b"<script>alert(1)</script>"
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''%3Cimg%20src%3Dx%3E%3Dcmd.html"
    assert got.headers["x-content-type-options"] == "nosniff"
    act = bench.world.access.acts()[0]
    assert (act.act, act.detail) == (ActKind.FILE_TAKEN, {"case": case, "digest": file.digest})
    stored = list((Path(str(bench.world.site.files)) / file.digest[:2]).iterdir())
    assert [(path.name, path.stat().st_mode & 0o777) for path in stored] == [(file.digest, 0o600)]
    # The case has to have it: another case's address doesn't lead there.
    for path in (f"/cases/{other}/files/{file.digest}", f"{at}/{'0' * 64}", f"{at}/..%2f..%2fconsole.key"):
        assert ann.get(path).status_code == 404, path
    assert ann.post(at, data={"why": "x"}, files={"x": (None, "y")}).status_code == 400
    assert ann.post(at, data={"why": ""}, files={"file": ("a", b"a")}).status_code == 400
    assert ann.post("/cases/c-99/files", data={"why": "x"}, files={"file": ("a", b"b")}).status_code == 404
    kept = [one for one in Path(str(bench.world.site.files)).rglob("*") if one.is_file()]
    assert [one.name for one in kept] == [file.digest]
    send(ann, f"{at}/{file.digest}/drop", why="not of this case")
    assert bench.cases.dossier(case).files == ()
    assert ann.get(f"{at}/{file.digest}").status_code == 404
    page = ann.get(f"/cases/{case}")
    send(ann, "/undo", lines=values_of(page, "lines")[0], back="/")
    stored[0].unlink()
    gone = ann.get(f"{at}/{file.digest}")
    assert (gone.status_code, "look for it in a backup" in said(gone)) == (404, True)


def test_the_timeline_goes_by_pages(bench: Bench) -> None:
    case = bench.alert("u-1")
    for number in range(70):
        bench.cases.add_note(case, f"note {number} {PLAIN_HOSTILE}", "bo", bench.now)
    browser = bench.browser("ann")
    page = browser.get(f"/cases/{case}")
    assert page.text.count('class="act"') == 50
    before = page.text.split("timeline?before=")[1].split('"')[0].split("&")[0]
    older = browser.get(f"/cases/{case}/timeline?before={before}")
    assert older.text.count('class="act"') == 21
    assert "Detection found it, 90 parcels a day expected to be lost, probability 90%" in said(older)
    assert browser.get(f"/cases/{case}/timeline?before=x").status_code == 200
    assert browser.get(f"/cases/{case}/timeline?before={'9' * 20}").status_code == 400
    assert browser.post(f"/cases/{bench.item()}/title", data={"title": "x"}).status_code == 404
    assert "<script>alert" not in page.text + older.text


def test_a_case_says_how_its_score_moved(bench: Bench) -> None:
    case = bench.alert("u-1", score=0.34, parcels=7)
    browser = bench.browser("ann")
    assert 'class="picture course"' not in browser.get(f"/cases/{case}").text
    bench.world.clock.at += 600_000_000
    assert bench.alert("u-1", score=0.91, parcels=9) == case
    page = browser.get(f"/cases/{case}")
    assert page.text.count('class="picture course"') == 1
    assert "about 8.2 parcels a day expected to be lost" in said(page)
    assert "2 alerts: 34% on" in said(page)


def test_every_kind_of_act_has_words(bench: Bench) -> None:
    first, second = bench.alert("u-1", "u-3"), bench.alert("u-2")
    item, cases, now = bench.item((ObservableKind.SELLER, "s"), reason=PLAIN_HOSTILE), bench.cases, bench.now
    made = cases.promote(item, "bo", "bought", now)
    cases.link(first, _thing("s"), "bo", "so", now)
    cases.name_file(first, "a" * 64, "a.csv", 7, "bo", "so", now)
    cases.merge(second, first, "bo", "so", now)
    cases.split(first, [_thing("s")], "bo", "so", now)
    cases.unmask([first], "chen", "a list", now)
    cases.show_reads(first, "chen", "looked", now)
    cases.unmerge(second, "bo", "so", now)
    cases.undo("bo", now)
    browser = bench.browser("ann")
    for lang in ("en", "zh"):
        browser.post("/preferences", data={"lang": lang})
        for id_ in (first, second, made):
            page = browser.get(f"/cases/{id_}")
            assert page.status_code == 200
            assert re.findall(r"\b(?:told|case_state|thing|source|priority|deed|names)\.[a-z]\w*", said(page)) == []
            assert "<script>alert" not in page.text


def _thing(name: str) -> Observable:
    return Observable(kind=ObservableKind.SELLER, value=name)


def test_the_list_of_cases(bench: Bench) -> None:
    for number in range(35):
        bench.alert(f"u-{number}", score=number / 40)
    bench.cases.promote(bench.item((ObservableKind.SELLER, "s")), "bo", "x", bench.now)
    bench.cases.rename("c-35", PLAIN_HOSTILE, "bo", bench.now)
    bench.cases.assign("c-1", "ann", "bo", bench.now)
    bench.cases.set_state("c-2", CaseState.NO_CASE, "bo", "drill", bench.now)
    browser = bench.browser("ann")
    page = browser.get("/cases")
    assert page.text.count("data-row") == 30
    assert page.text.index(">c-35<") < page.text.index(">c-34<")
    assert "<script>alert" not in page.text
    onward = next(part.split('"')[0] for part in page.text.split('href="') if "after=" in part)
    assert browser.get(onward.replace("&amp;", "&")).text.count("data-row") == 5
    for query, count in (
        ("state=open&who=me", 1),
        ("state=no_case", 1),
        ("state=closed", 1),
        ("state=nonsense&source=listing", 1),
        ("state=&source=trace", 0),
        ("state=&who=nobody&sort=number", 30),
        ("thing=u-3", 0),
        ("sort=priority", 30),
        ("sort=alerted", 30),
        ("sort=nonsense", 30),
    ):
        assert browser.get(f"/cases?{query}").text.count("data-row") == count, query
    assert browser.get("/cases?after=nonsense").status_code == 400
    rows = list(csv.reader(io.StringIO(browser.get("/cases.csv?state=").content.decode("utf-8-sig"))))
    assert len(rows) == 37
    assert next(row for row in rows if row[0] == "c-35")[3] == f"'{PLAIN_HOSTILE}"
    assert bench.cases.cases(CaseFilter(source=Source.LISTING)).rows[0].id == "c-36"


def test_no_page_asks_much(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 12 statements, of the casebook and of access together, whatever there is."""
    case = bench.alert(*NAMES)
    for number in range(40):
        other = bench.alert(f"u-{number}", NAMES[0] if number % 2 else "v")
        bench.cases.add_note(case, f"note {number}", "chen", bench.now)
        bench.cases.link(other, _thing("shop"), "chen", "seen", bench.now)
    bench.cases.propose(case, ProposalKind.VERDICT, "ann", "helped out", bench.now)
    chen = bench.browser("chen")
    send(chen, f"/cases/{case}/open", why="complaint 7")
    bench.world.site.close()
    with statements(monkeypatch) as asked:
        chen.get("/queue")
        for path in ("/", "/queue", "/cases", f"/cases/{case}", f"/cases/{case}?names=1", f"/cases/{case}/timeline"):
            bench.cases.assign(case, ("bo", None)[len(path) % 2], "ann", bench.now)
            bench.world.clock.sleep(2 * MINUTE)  # so that it is also written that the session was used
            asked.clear()
            assert chen.get(path).status_code == 200, path
            assert 3 < len(asked) <= 12, (path, asked)
        send(chen, f"/cases/{case}/priority", priority="high")
        asked.clear()
        assert "Done: 1 act" in said(chen.get(f"/cases/{case}"))
        assert len(asked) <= 12


def test_a_casebook_that_is_away_loses_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    case = bench.alert("u-1")
    ann = bench.browser("ann")

    def away(*given: object, **named: object) -> None:
        raise CasebookDiskError("the disk is full", file="casebook.db")

    with monkeypatch.context() as patch:
        for name in ("add_note", "dossier", "queue"):
            patch.setattr(Cases, name, away)
        page = ann.post(f"/cases/{case}/notes", data={"note": f"with care {HOSTILE}"})
        assert (page.status_code, "with care" in page.text) == (503, True)
        assert "<script>alert" not in page.text
        page = ann.get(f"/cases/{case}")
        assert (page.status_code, "doesn't answer" in said(page)) == (503, True)
        page = ann.get("/")
        assert (page.status_code, "everything else works" in said(page)) == (200, True)
    assert ann.get(f"/cases/{case}").status_code == 200


def test_one_persons_look_shows_another_nothing_in_a_case_that_was_merged(bench: Bench) -> None:
    bench.world.person("dora", Role.INVESTIGATOR)
    theirs, mine = bench.alert("courier-7"), bench.alert("clerk-9")
    send(bench.browser("dora"), f"/cases/{theirs}/open", why="long ago")
    chen = bench.browser("chen")
    assert "clerk-9" in send(chen, f"/cases/{mine}/open", why="a look").text
    bench.cases.merge(theirs, mine, "ann", "the same", bench.now)
    for path in (f"/cases/{mine}?names=1", f"/cases/{mine}/timeline?names=1"):
        page = chen.get(path)
        assert ("clerk-9" in page.text, "courier-7" in page.text) == (True, False), path
    page = send(chen, f"/cases/{mine}/open", why="both")
    assert ("clerk-9" in page.text, "courier-7" in page.text) == (True, True)


def test_tags_are_given_filtered_by_and_given_to_many(bench: Bench) -> None:
    first, second, ann = bench.alert("u-1"), bench.alert("u-2"), bench.browser("ann")
    page = send(ann, f"/cases/{first}/tags", tag="#Night  Reads")
    assert 'href="/cases?state=all&amp;tag=night%20reads"' in page.text
    assert "ann gave it the tag night reads" in said(page)
    assert ann.post(f"/cases/{first}/tags", data={"tag": "a,b"}).status_code == 400
    ticked = {f"pick.{first}": "1", f"pick.{second}": "1", "act": "tag", "to_tag": f"<b>{HOSTILE[:8]}", "state": "all"}
    preview = ann.post("/cases/preview", data=ticked)
    assert "2 cases will have the tag" in said(preview)
    fields = {name: values_of(preview, name)[0] for name in ("act", "ids", "seen", "to_tag", "state")}
    listed = ann.get(ann.post("/cases/apply", data=fields).headers["location"])
    assert "#<b>" not in listed.text
    tags = [bench.cases.dossier(case).row.tags for case in (first, second)]
    assert tags == [("<b><script>", "night reads"), ("<b><script>",)]
    found = ann.get("/cases?state=all&tag=night reads")
    assert [f'href="/cases/{case}"' in found.text for case in (first, second)] == [True, False]
    assert "night reads" in ann.get("/cases.csv?state=all").text
    assert 'value="night reads"' in ann.get("/tags").text
    page = send(ann, f"/cases/{first}/tags", drop="night reads")
    assert "ann took the tag night reads away" in said(page)


def test_tasks_of_a_list_come_by_one_press_and_go_by_another(bench: Bench) -> None:
    bench.world.site, bench.world._app = replace(bench.world.site, task_lists=load_task_lists(None)), None
    case, ann = bench.alert("u-1"), bench.browser("ann")
    page = ann.get(f"/cases/{case}")
    assert "Add the list “An account that read too much” (4)" in said(page)
    assert "An offer on the market" not in said(page)
    page = send(ann, f"/cases/{case}/task-list", list="0")
    tasks = bench.cases.dossier(case).tasks
    assert [task.content.owner for task in tasks] == ["ann"] * 4
    assert "Hear the person" in said(page)
    for wrong in ("0", "", "99", "x"):  # the first is there already
        assert ann.post(f"/cases/{case}/task-list", data={"list": wrong}).status_code == 400
    lines = values_of(page, "lines")[0]
    assert len(lines.split(",")) == 4
    ann.post("/undo", data={"lines": lines, "back": f"/cases/{case}"})
    assert bench.cases.dossier(case).tasks == ()
    wrong_day = ann.post(f"/cases/{case}/tasks", data={"task": "call the outlet", "due": "2026-02-30"})
    assert (wrong_day.status_code, 'value="2026-02-30" aria-invalid="true"' in wrong_day.text) == (400, True)
    assert "call the outlet" in wrong_day.text
    send(ann, f"/cases/{case}/tasks", task="hear them", owner="ann")
    task = bench.cases.dossier(case).tasks[-1].id
    was = {"was_text": "hear them", "was_state": "to_do", "was_owner": "ann", "state": "to_do", "owner": "ann"}
    wrong_day = ann.post(f"/cases/{case}/tasks/{task}", data={**was, "due": "1026-02-03"})
    assert (wrong_day.status_code, wrong_day.text.count('aria-invalid="true"')) == (400, 1)
    assert 'value="1026-02-03"' in wrong_day.text
    yesterday = time_at(bench.now - 2 * DAY).date().isoformat()
    send(ann, f"/cases/{case}/tasks", task="call the outlet", owner="ann", due=yesterday)
    for path in ("/", "/cases", f"/cases/{case}"):
        assert f"overdue since {yesterday}" in said(ann.get(path)), path


AWAY = 'rel="noopener noreferrer nofollow" target="_blank"'


@each(
    ("typed", "shown"),
    [
        ("**a** c-12, @bo. @mallory", '<strong>a</strong> <a href="/cases/c-12">c-12</a>, <a href="/cases?'),
        ("@bo @mallory", 'state=all&amp;who=bo">@bo</a> @mallory</p>'),
        ("YT1234567890123", '<a href="/waybills?number=YT1234567890123">YT1234567890123</a>'),
        ("13912345678 110101199003071234", "<p>13912345678 110101199003071234</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("one\ntwo", "one<br>\ntwo"),
        ("[x](https://e.cn/a)", f'<a href="https://e.cn/a" {AWAY}>x</a>'),
        ('[x](https://e.cn "&#x202e;")', f'<a href="https://e.cn" {AWAY}>x</a>'),
        ("[x](/cases/c-1) `c-1 <b>`", '<a href="/cases/c-1">x</a> <code>c-1 &lt;b&gt;</code>'),
        ("![x](https://e.cn/p.png)", "!<a href"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("```html\n<script>alert(1)</script>\n```", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('~~~"><script>\nx\n~~~', "<pre><code"),
        ("# a heading", "<p># a heading</p>"),
        ("&lt;script&gt; &#x202e; a\u200bb", "&amp;lt;script&amp;gt; &amp;#x202e; a‹U+200B›b"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](http://e.cn)", "<p>[x](http://e.cn)</p>"),
        ("[x](//e.cn)", "<p>[x](//e.cn)</p>"),
        ("[x](data:text/html,x)", "<p>[x](data:text/html,x)</p>"),
        ("[x](java&#115;cript:alert&#40;1&#41;)", "<p>[x](java"),
        ("<javascript:alert(1)>", "&lt;javascript:alert(1)&gt;"),
        ("[x](/\\\\e.cn)", '<a href="/%5Ce.cn">'),
    ],
)
def test_notes_in_markdown_and_nothing_else(typed: str, shown: str, bench: Bench) -> None:
    case, ann = bench.alert("u-1"), bench.browser("ann")
    page = send(ann, f"/cases/{case}/notes", note=typed).text
    note = page[page.rindex('<div class="noted">') :].partition("</div>")[0]
    assert shown in note, note
    for bad in ("<script", "<img", "onerror=alert(1)>", 'href="http:', 'href="//', 'href="javascript'):
        assert bad not in note, note


def test_lists_of_tasks_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "lists.toml"
    good = '[[list]]\nname = {en = "a", zh = "甲"}\nkinds = ["trace"]\n[[list.task]]\ntext = {en = "b", zh = "乙"}\n'
    file.write_text(good, "utf-8")
    assert [one.name.zh for one in load_task_lists(file)] == ["甲"]
    for bad, line in (
        (good.replace("trace", "robbery"), 3),
        (good + "days = -1\n", 6),
        (good.replace(', zh = "甲"', ""), 2),
    ):
        file.write_text(bad, "utf-8")
        with pytest.raises(ConsoleSettingsError, match=rf"lists\.toml:{line}:"):
            load_task_lists(file)
    with pytest.raises(ConsoleSettingsError, match="can't be read"):
        load_task_lists(tmp_path / "none.toml")
