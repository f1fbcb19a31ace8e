"""The queue: what waits, one decision at a time and many at once, and what people put into it."""

import csv
import io
import re

import pytest
from httpx import Response

from tests.console.casework import DAY, DETECTORS, HOSTILE, NAMES, PLAIN_HOSTILE, Bench, said, send, values_of
from wayseal.cases import verify
from wayseal.cases.types import Alert, CaseState, ItemState, Observable, ObservableKind, Source
from wayseal.cases.views import CaseFilter, ItemFilter
from wayseal.console import Role
from wayseal.console.access.types import ActKind


def test_what_waits_is_shown_under_pseudonyms_with_what_it_shares(bench: Bench) -> None:
    browser = bench.browser("ann")
    assert "Detection has found no case yet" in said(browser.get("/queue"))
    low, high = bench.alert("u-1", score=0.2), bench.alert(*NAMES, score=0.97)
    bench.cases.link(low, _seller("shop 7"), "chen", "seen there", bench.now)
    item = bench.item((ObservableKind.SELLER, "shop 7"), (ObservableKind.ACCOUNT, NAMES[0]))
    page = browser.get("/queue")
    assert page.status_code == 200
    for words in ("97%", "Walks through numbers", "¥1 each", "3 d", "What would refute it", "All 3", "Listing 1"):
        assert words in said(page), words
    for name in NAMES:
        assert name not in page.text
    assert page.text.index(f">{high}<") < page.text.index(f">{low}<")
    assert f"shares seller shop 7 with {low}" in said(page)
    assert f"with {high}" in said(browser.get(f"/queue?at={item}"))
    assert f"pick.{item}" not in browser.get("/queue?source=detection").text
    first = browser.get("/queue?sort=age").text
    assert first.index(f">{low}<") < first.index(f">{item}<")
    assert "Nothing in the queue fits" in said(browser.get("/queue?source=trace"))
    assert browser.get("/queue?after=nonsense").status_code == 400


def _seller(name: str) -> Observable:
    return Observable(kind=ObservableKind.SELLER, value=name)


def test_what_is_lost_comes_first_and_both_orders_can_be_had(bench: Bench) -> None:
    bench.alert("u-1", score=0.98, parcels=5.0)
    bench.alert("u-2", score=0.15, parcels=1_106.7)
    browser = bench.browser("ann")
    for place in ("/queue", "/cases"):
        for query, first in (("", "c-2"), ("?sort=score", "c-1"), ("?sort=loss", "c-2")):
            page = browser.get(place + query)
            assert re.findall(r'href="/cases/(c-\d)" data-open', page.text)[0] == first, (place, query)
        assert "166" in said(page)
        assert "15%" in said(page)
    assert "about 166 parcels a day expected to be lost" in said(browser.get("/queue"))
    browser.post("/preferences", data={"lang": "zh"})
    assert "预计每天流失约 166 件" in said(browser.get("/queue"))


def test_pages_go_by_key_and_lose_nothing(bench: Bench) -> None:
    for number in range(60):
        bench.alert(f"u-{number}", score=0.5)
    browser, address = bench.browser("ann"), "/queue?source=detection"
    seen: set[str] = set()
    while address:
        page = browser.get(address)
        ids = [f"c-{n}" for n in range(1, 61) if f'name="pick.c-{n}"' in page.text]
        assert seen.isdisjoint(ids)
        seen |= set(ids)
        found = page.text.split("data-next")[0].rpartition('href="')[2] if "data-next" in page.text else ""
        address = found.partition('"')[0].replace("&amp;", "&")
    assert len(seen) == 60


def test_one_decision_at_a_time(bench: Bench) -> None:
    case, other, third = bench.alert("u-1"), bench.alert("u-2"), bench.alert("u-3")
    item = bench.item((ObservableKind.NUMBER, "YT1"))
    browser = bench.browser("ann")
    page = send(browser, f"/queue/items/{case}", act="promote", why="")
    assert (page.status_code, bench.state(case)) == (400, CaseState.NEW)
    page = send(browser, f"/queue/items/{case}", act="promote", why="third time")
    assert "Case c-1" in page.text
    assert bench.state(case) is CaseState.IN_PROGRESS
    # What a link names is beside the list, also where the list doesn't show it; what was decided is said to be.
    assert f"<h2>{item} " in browser.get(f"/queue?source=detection&at={item}").text
    page = send(browser, f"/queue/items/{item}", act="promote", why="bought ten")
    assert "of the queue a case" in said(page)
    assert "¥1 each" in said(page)
    assert f"{item} waits for no decision any more. It is a case now: c-4" in said(browser.get(f"/queue?at={item}"))
    page = send(browser, f"/queue/items/{other}", act="dismiss", why="planned audit", source="detection")
    assert page.url.query == b"source=detection&said=dismiss"
    assert bench.state(other) is CaseState.NO_CASE
    assert "Done: 1 act (c-2)" in said(page)
    assert send(browser, f"/queue/items/{other}", act="dismiss", why="again").status_code == 409
    send(browser, f"/queue/items/{third}", act="assign", owner="ann")
    assert bench.cases.dossier(third).row.owner == "ann"
    assert f">{third}<" in browser.get("/queue?who=me").text
    assert f">{third}<" not in browser.get("/queue?who=nobody").text
    assert send(browser, f"/queue/items/{third}", act="assign", owner="mallory").status_code == 400
    send(browser, f"/queue/items/{third}", act="snooze", why="waits for the log", until="3")
    assert f">{third}<" not in browser.get("/queue").text
    assert f">{third}<" in browser.get("/queue?later=1").text
    until = bench.cases.dossier(third).row.snoozed_until
    assert 2 * DAY < until - bench.now <= 3 * DAY
    assert (until + 8 * DAY // 24) % DAY == 0
    for given in ("", "0", "2020-01-01", "soon", "999999"):
        assert send(browser, f"/queue/items/{third}", act="snooze", why="x", until=given).status_code == 400, given
    assert send(browser, f"/queue/items/{third}", act="explode", why="x").status_code == 400
    assert send(browser, "/queue/items/c-99", act="dismiss", why="x").status_code == 404


def test_what_waits_is_counted_since_it_was_queued_and_how_old_it_is_stands_beside(bench: Bench) -> None:
    old = bench.item((ObservableKind.NUMBER, "YT1"), since=bench.now - 9 * DAY)
    bench.world.clock.at += 2 * DAY
    new = bench.item((ObservableKind.NUMBER, "YT2"), since=bench.now - 20 * DAY)
    browser = bench.browser("ann")
    for place in ("/queue", "/"):
        page = said(browser.get(place))
        assert "48 h 11 d old" in page, place
        assert "20 d old" in page, place
    orders = {
        sort: re.findall(r'name="pick\.(q-\d)"', browser.get(f"/queue?sort={sort}").text) for sort in ("waiting", "age")
    }
    assert orders == {"waiting": [old, new], "age": [new, old]}
    rows = list(csv.DictReader(io.StringIO(browser.get("/queue.csv?sort=waiting").content.decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == [old, new]
    assert rows[0]["queued"] > rows[0]["since"]


def test_take_makes_it_mine_and_in_progress_and_can_be_taken_back(bench: Bench) -> None:
    case, item = bench.alert("u-1"), bench.item((ObservableKind.NUMBER, "YT1"))
    browser = bench.browser("ann")
    page = send(browser, f"/queue/items/{item}", act="take")
    row = bench.cases.item(item)
    assert row is not None
    assert (row.owner, row.state) == ("ann", ItemState.IN_PROGRESS)
    assert "In progress" in said(browser.get("/queue?who=me"))
    assert bench.cases.counts().queue == {"detection": 1, "listing": 1}
    lines = values_of(page, "lines")[0]
    assert browser.post("/undo", data={"lines": lines, "back": "/queue"}).status_code == 303
    row = bench.cases.item(item)
    assert row is not None
    assert (row.owner, row.state) == (None, ItemState.WAITING)
    send(browser, f"/queue/items/{item}", act="take")
    assert send(browser, f"/queue/items/{item}", act="promote", why="bought ten").status_code == 200
    # A case of detection is one: it is shown, and leaves the queue until that is taken back.
    page = send(browser, f"/queue/items/{case}", act="take")
    assert page.url.path == f"/cases/{case}"
    assert (bench.state(case), bench.cases.dossier(case).row.owner) == (CaseState.IN_PROGRESS, "ann")
    assert browser.post("/undo", data={"lines": values_of(page, "lines")[0], "back": "/queue"}).status_code == 303
    assert (bench.state(case), bench.cases.dossier(case).row.owner) == (CaseState.NEW, None)


def shown(page: Response) -> dict[str, str]:
    """The form of a preview, as the browser sends it."""
    return {name: values_of(page, name)[0] for name in ("ids", "seen", "act", "why")}


def test_many_at_once_are_looked_at_first_and_taken_back_together(bench: Bench) -> None:
    ids = [bench.alert(f"u-{number}") for number in range(4)]
    browser = bench.browser("ann")
    picked = {f"pick.{id_}": "1" for id_ in ids}
    assert browser.post("/queue/preview", data={"act": "dismiss", "why": "drill"}).status_code == 400
    assert browser.post("/queue/preview", data=picked | {"act": "dismiss", "why": ""}).status_code == 400
    assert browser.post("/queue/preview", data=picked | {"act": "x", "why": "y"}).status_code == 400
    page = browser.post("/queue/preview", data=picked | {"act": "dismiss", "why": "an announced drill"})
    assert "4 things will be dismissed" in said(page)
    assert {bench.state(id_) for id_ in ids} == {CaseState.NEW}
    unseen = shown(page) | {"seen": ""}
    assert browser.post("/queue/apply", data=unseen).status_code == 400, "nothing is done that wasn't looked at"
    done = send(browser, "/queue/apply", **shown(page))
    assert {bench.state(id_) for id_ in ids} == {CaseState.NO_CASE}
    assert "Done: 4 acts" in said(done)
    lines = done.text.split('name="lines" value="')[1].split('"')[0]
    send(browser, "/undo", lines=lines, back="/queue")
    assert {bench.state(id_) for id_ in ids} == {CaseState.NEW}
    # What somebody else decided meanwhile stays, is told, and stops nothing.
    bench.cases.dismiss(ids[0], "bo", "a drill", bench.now)
    page = browser.post("/queue/preview", data=picked | {"act": "promote", "why": "all of them"})
    assert "3 things will be taken up" in said(page)
    assert f"left out: {ids[0]}" in said(page)
    bench.cases.assign(ids[1], "bo", "bo", bench.now)
    answer = browser.post("/queue/apply", data=shown(page))
    assert (answer.status_code, "2 were done" in said(answer)) == (409, True)
    assert f"1 changed meanwhile, left as it is: {ids[1]}" in said(answer)
    assert [bench.state(id_) for id_ in ids[1:]] == [CaseState.NEW] + [CaseState.IN_PROGRESS] * 2


def test_all_that_fits_beyond_the_page(bench: Bench) -> None:
    """Cases and a listing, more than a page of them; what comes after the look isn't touched."""
    alerts = [
        Alert(actors=(f"u-{n}",), alerted_at=bench.now, score=0.5, detectors=DETECTORS, parcels_a_day=100.0, worth=True)
        for n in range(130)
    ]
    ids = bench.cases.register(alerts, bench.now)
    item = bench.item((ObservableKind.SELLER, "shop 7"))
    bench.cases.assign(ids[0], "bo", "bo", bench.now)
    ann = bench.browser("ann")
    chosen = {"scope": "all", "act": "promote", "why": "one drill", "who": "nobody"}
    page = ann.post("/queue/preview", data=chosen)
    assert "130 things will be taken up" in said(page)
    assert "and 30 more" in said(page)
    bench.alert("u-late")
    bench.cases.assign(ids[1], "bo", "bo", bench.now)
    answer = ann.post("/queue/apply", data=shown(page) | {"who": "nobody"})
    assert "129 were done" in said(answer)
    assert f"1 changed meanwhile, left as it is: {ids[1]}" in said(answer)
    states = bench.cases.counts()
    assert (states.states["new"], states.states["in_progress"], states.queue["detection"]) == (4, 128, 3)
    assert bench.cases.queue(bench.now, ItemFilter(source=Source.LISTING)).rows == ()
    made = bench.cases.cases(CaseFilter(source=Source.LISTING)).rows[0].id
    lines = answer.text.split('name="lines" value="')[1].split('"')[0]
    assert send(ann, "/undo", lines=lines, back=f"/cases/{made}").url.path == "/queue", "there is no such case any more"
    assert bench.cases.queue(bench.now, ItemFilter(source=Source.LISTING)).rows[0].id == item
    assert bench.cases.counts().states == {"new": 131}
    assert verify(bench.folder).sound
    # The list of cases, in the same way; a verdict isn't given to many.
    for wrong in ({"act": "state", "to_state": "true"}, {"act": "promote"}, {"act": "priority", "priority": "x"}):
        assert ann.post("/cases/preview", data=chosen | wrong).status_code == 400, wrong
    form = chosen | {"act": "state", "to_state": "duplicate", "state": "new", "source": "detection"}
    page = ann.post("/cases/preview", data=form)
    assert "129 cases will stand as “Known already”" in said(page)
    assert "detection learns nothing" in said(page)
    answer = send(ann, "/cases/apply", **shown(page), to_state="duplicate", state="new")
    assert (answer.url.path, bench.cases.counts().states["duplicate"]) == ("/cases", 129)
    assert "Done: 129 acts" in said(answer)


def test_what_somebody_saw_is_put_in_by_hand(bench: Bench) -> None:
    browser = bench.browser("ann")
    assert browser.get("/queue/new").status_code == 200
    form = {"source": "listing", "reason": HOSTILE, "seller": "shop 7", "numbers": "YT1, YT2\nYT2", "score": "likely"}
    page = browser.post("/queue", data=form)
    assert page.status_code == 400  # a hidden character is refused, and what was typed is there again
    assert "shop 7" in page.text
    assert "<script>alert" not in page.text
    device = form | {"reason": PLAIN_HOSTILE, "kind": "device", "thing": "IMEI 7"}
    assert browser.post("/queue", data=device).status_code == 400  # what is of people, whoever may see names can name
    page = send(bench.browser("chen"), "/queue", **device)
    assert "<script>alert" not in page.text
    row = bench.cases.queue(bench.now).rows[0]
    assert (row.source, row.score, [t.name for t in row.things][:3]) == (Source.LISTING, 0.75, ["shop 7", "YT1", "YT2"])
    assert "IMEI 7" not in page.text
    for wrong in (
        {"source": "detection"},
        {"score": "x"},
        {"numbers": " ".join(f"YT{n}" for n in range(101))},
        {"thing": "x", "kind": "case"},
        {"reason": ""},
    ):
        assert browser.post("/queue", data=form | {"reason": "r"} | wrong).status_code == 400, wrong


def test_the_list_as_a_file_holds_no_formula_and_no_name(bench: Bench) -> None:
    bench.alert(*NAMES)
    bench.item((ObservableKind.SELLER, "=shop, 7"), reason=PLAIN_HOSTILE)
    answer = bench.browser("ann").get("/queue.csv?sort=age")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="queue.csv"'
    head, case, listing = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head[0] == "id"
    assert (case[0], case[2], case[3]) == ("c-1", "90.0", "0.9000")
    assert (listing[2], listing[4], listing[5]) == ("", f"'{PLAIN_HOSTILE}", "'=shop, 7")
    assert not any(name in answer.text for name in NAMES)
    assert bench.world.access.acts()[0].act is ActKind.LIST_EXPORTED


def test_whatever_goes_out_as_a_file_is_an_act(bench: Bench) -> None:
    browser, files = bench.browser("ann"), ("/cases.csv", "/queue.csv", "/jobs.csv", "/trace/runs.csv")
    browser.post("/trace/baskets", data={"name": "b"})
    for path in (*files, "/trace/baskets/b-1/numbers.csv"):
        assert "attachment" in browser.get(path).headers["content-disposition"]
        act = bench.world.access.acts()[0]
        assert (act.act, act.who, act.detail["file"]) == (ActKind.LIST_EXPORTED, "ann", path)
    before = bench.world.access.acts()[0].number
    assert browser.get("/waybills.csv?number=none").status_code == 404
    assert bench.world.access.acts()[0].number == before
    bench.world.person("zhang", Role.AUDITOR)
    assert "/trace/baskets/b-1/numbers.csv" in said(bench.browser("zhang").get("/acts"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_both_languages_say_all_of_it(bench: Bench, lang: str) -> None:
    bench.alert("u-1")
    bench.item((ObservableKind.SELLER, "s"))
    browser = bench.browser("ann")
    browser.post("/preferences", data={"lang": lang})
    page = said(browser.get("/queue"))
    assert ("待办队列" in page) is (lang == "zh")
    for code in ("queue.", "desk.", "act_of.", "source.", "keys.", "thing."):
        assert code not in page


def test_views_are_kept_for_oneself_or_for_all(bench: Bench) -> None:
    bench.alert("u-1")
    ann, bo = bench.browser("ann"), bench.browser("bo")
    query = "source=detection&who=me&evil=javascript:1&after=x"
    page = send(ann, "/views", place="queue", name=PLAIN_HOSTILE[:60], query=query)
    assert page.url.query == b"source=detection&who=me"
    assert "<script>alert" not in page.text
    assert 'href="/queue?source=detection&amp;who=me"' in page.text
    assert "evil" not in page.text
    assert "Views 0" in said(bo.get("/queue"))
    send(ann, "/views", place="cases", name="all of one shop", query="state=all&thing=shop+7&sort=score", shared="1")
    page = bo.get("/cases")
    assert 'href="/cases?state=all&amp;thing=shop+7&amp;sort=score"' in page.text
    assert "Views 0" in said(bo.get("/queue"))
    send(bo, "/views", place="cases", drop="view.cases.all of one shop", shared="1")
    assert "Views 0" in said(ann.get("/cases"))
    # Nobody takes another one's away, and nobody keeps more than there is room for.
    send(bo, "/views", place="queue", drop=f"view.queue.{PLAIN_HOSTILE[:60]}")
    assert "Views 1" in said(ann.get("/queue"))
    for fields in ({"place": "people", "name": "x"}, {"place": "queue", "name": " "}):
        assert ann.post("/views", data=fields).status_code == 400
    for number in range(60):
        ann.post("/views", data={"place": "queue", "name": f"view {number}", "query": "sort=age"})
    answer = ann.post("/views", data={"place": "queue", "name": "one more"})
    assert (answer.status_code, "take one away first" in said(answer)) == (400, True)


def test_whatever_stands_in_an_address(bench: Bench) -> None:
    case = bench.alert("u-1")
    bench.cases.add_note(case, "n", "bo", bench.now)
    browser = bench.browser("chen")
    names = ("at", "after", "source", "who", "later", "sort", "state", "thing", "before", "names", "said")
    for path in ("/", "/queue", "/queue.csv", "/cases", "/cases.csv", f"/cases/{case}", f"/cases/{case}/timeline"):
        for value in (HOSTILE, "9" * 30, "1:" + "9" * 30, "-1", "\x00", "x" * 3000):
            answer = browser.get(path, params=dict.fromkeys(names, value))
            assert answer.status_code in (200, 400), (path, value)
            assert "<script>alert" not in answer.text
