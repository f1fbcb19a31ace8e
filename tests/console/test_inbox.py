"""What concerns somebody, what of it is new, what changed behind an open page, notices of their own, and weeks."""

import csv
import io
import json
import re
from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from httpx import Client, Response

from tests.cases.making import alert
from tests.cli.detecting import Notices
from tests.console.casework import DAY, NAMES, Bench, said, send
from tests.console.working import AtOnce, confirm, with_ledger
from tests.console.world import HOUR, MINUTE, World
from wayseal.cases import open_cases
from wayseal.cases.inbox import SELLER_BACK
from wayseal.cases.types import CaseState, Observable, ObservableKind, Source
from wayseal.console import ConsoleSettings, Role
from wayseal.console.access import AccessKeys
from wayseal.console.jobs import personal
from wayseal.console.jobs.personal import PersonalNotices
from wayseal.console.serve import TABLES
from wayseal.database import open_database
from wayseal.database.migrations import upgrade
from wayseal.model.times import clock_us
from wayseal.service import make_log


def badge(page: Response) -> str:
    found = re.search(r'<span id="unseen"[^>]*>([0-9+]*)', page.text)
    assert found
    return found[1]


def rows_of(page: Response) -> list[str]:
    """Sentences of an inbox, those that are new with a star."""
    found = re.findall(r"<tr data-row( class=\"unseen\")?><th[^>]*><a[^>]*>(.*?)</a>", page.text)
    return [("* " if new else "") + re.sub("<[^>]*>", "", line) for new, line in found]


def poll(browser: Client, page: Response, **more: str) -> Response:
    """Asks as an open page does."""
    found = re.search(r'hx-get="(/changes[^"]*)"', page.text)
    assert found
    return browser.get(found[1].replace("&amp;", "&"), headers={"hx-request": "true"} | more)


def test_what_concerns_me_is_counted_on_every_page_until_i_saw_it(bench: Bench) -> None:
    case, other = bench.alert(*NAMES), bench.alert("u-2")
    bo = bench.browser("bo")
    assert (badge(bo.get("/")), rows_of(bo.get("/inbox"))) == ("", [])
    ann = bench.browser("ann")
    send(ann, f"/cases/{case}/assign", owner="bo")
    send(ann, f"/cases/{case}/notes", note="see that, @bo and @chen")
    send(ann, f"/cases/{other}/tasks", task="call the outlet", owner="bo")
    bench.cases.snooze(case, bench.now + DAY, "bo", "later", bench.now)
    assert [badge(bo.get(path)) for path in ("/", "/queue", f"/cases/{case}", "/jobs", "/account")] == ["3"] * 5
    page = bo.get("/inbox")
    assert rows_of(page) == [
        f"* ann assigned you a task in {other}",
        f"* ann mentioned you in {case}",
        f"* ann assigned {case} to you",
    ]
    assert not [name for name in NAMES if name in page.text]
    assert rows_of(bo.get("/inbox?kind=mentioned")) == [f"* ann mentioned you in {case}"]
    assert rows_of(bo.get("/inbox?kind=nonsense")) == rows_of(page)
    # One by one, then all; what comes later is new again.
    key = re.findall(r'name="key" value="([^"]*)"', page.text)[1]
    assert bo.post("/inbox/seen", data={"key": key, "kind": "mentioned"}).headers["location"] == "/inbox?kind=mentioned"
    assert (badge(bo.get("/")), rows_of(bo.get("/inbox"))[1]) == ("2", f"ann mentioned you in {case}")
    bench.world.clock.sleep(86_401)
    bo = bench.browser("bo")
    page = bo.get("/inbox")
    assert (badge(page), rows_of(page)[0]) == ("3", f"* {case} is due again")
    upto = re.search(r'name="upto" value="([0-9]+)"', page.text)
    assert upto
    bo.post("/inbox/seen", data={"upto": upto[1]})
    assert badge(bo.get("/")) == ""
    bench.cases.hear(case, "chen", "I helped a colleague", bench.now, actor=NAMES[0])
    page = bo.get("/inbox")
    assert (badge(page), rows_of(page)[:2]) == (
        "1",
        [f"* chen heard the person concerned in {case}", f"{case} is due again"],
    )
    assert badge(bench.browser("chen").get("/")) == "1"
    # A seller of a case of mine who is back; the rest leaves the inbox after 30 days.
    seller = Observable(kind=ObservableKind.SELLER, value="s-7")
    bench.cases.link(case, seller, "bo", "sells it", bench.now)
    bench.world.clock.sleep(29.9 * 86_400)
    item = bench.cases.enqueue(Source.LISTING, [seller], SELLER_BACK, "wayseal", bench.now)
    bench.world.clock.sleep(86_400)
    page = bench.browser("bo").get("/inbox")
    assert rows_of(page) == [f"* A seller in a case of yours is back in the market: {item}"]
    assert f'href="/queue?at={item}"' in page.text


def test_jobs_of_mine_and_whose_inbox_it_is(world: World, settings: ConsoleSettings, people: None) -> None:
    """An auditor is told of jobs alone; nobody else of mine; and of what a schedule starts only what went wrong."""
    del people
    jobs = AtOnce.over(world.site.jobs, settings)
    with open_cases(settings.ledger / "detect") as cases:  # type: ignore[operator]
        case = cases.register([alert("courier-7")], world.clock.at)[0]
        cases.assign(case, "zhang", "ann", world.clock.at)
    done = jobs.start("verify", {}, "zhang")
    jobs.wait()
    failed, scheduled = jobs.start("verify", {}, "zhang"), jobs.start("verify", {}, "zhang")
    jobs.change(failed, state="failed", ended_at=world.clock())
    jobs.change(scheduled, state="done", ended_at=world.clock(), scheduled=True)
    zhang = world.signed_in("zhang")
    page = zhang.get("/inbox")
    assert rows_of(page) == [f"* Check of the ledger failed: {failed}", f"* Check of the ledger is done: {done}"]
    assert "Mentioned" not in said(page)
    assert badge(zhang.get("/ledger")) == "2"
    assert badge(world.signed_in("ann").get("/")) == ""
    world.person("root", Role.ADMINISTRATOR)
    root = world.signed_in("root")
    assert 'id="unseen"' not in root.get("/").text
    assert 'id="live"' not in root.get("/").text


def test_open_pages_tell_what_changed_and_lose_nothing(bench: Bench) -> None:
    case, other = bench.alert(*NAMES), bench.alert("u-2")
    bo = bench.browser("bo")
    pages = {path: bo.get(path) for path in ("/queue?sort=age", "/cases", f"/cases/{case}", "/account")}
    assert {poll(bo, page).status_code for page in pages.values()} == {204}
    bench.cases.assign(other, "bo", "ann", bench.now)
    bench.cases.rename(case, "odd", "ann", bench.now)
    bench.cases.rename(case, "very odd", "ann", bench.now)
    told = {path: poll(bo, page) for path, page in pages.items()}
    lines = ["2 changes", "2 changes", "2 changes", ""]
    for (path, answer), line in zip(told.items(), lines, strict=True):
        assert (f"{line} since you opened this page" in said(answer)) == bool(line), path
        assert not line or f'<a href="{path}">Show them</a>' in answer.text
        assert (badge(answer), "<form" in answer.text, "<html" in answer.text) == ("1", False, False)
        assert poll(bo, answer).status_code == 204  # it says so already
    for wrong in ("of=c-1%27&since=0", "of=queue&since=x", "of=&since=", "of=cases&since=0&back=//evil.example"):
        answer = bo.get(f"/changes?poll=1&{wrong}")
        assert (answer.status_code, "evil" in answer.text) == (200, False)
    # It keeps no session alive; once that is over the page stays, and what is typed on it is sent after signing in.
    page = pages["/cases"]
    for _ in range(3):
        bench.world.clock.sleep(25 * MINUTE)
        answer = poll(bo, page)
    assert (answer.status_code, "hx-redirect" in answer.headers, "hx-get" in answer.text) == (286, False, False)
    assert "What you type here isn't lost" in said(answer)


def test_a_role_without_cases_is_told_of_no_change(world: World, bench: Bench) -> None:
    case = bench.alert(*NAMES)
    world.person("zhang", Role.AUDITOR)
    zhang = world.signed_in("zhang")
    answers = {zhang.get(f"/changes?poll=1&of={of}&since=0").text for of in ("cases", "queue", case, "c-99")}
    assert len({re.sub(r"of=[^&]*&", "", one) for one in answers}) == 1


def test_notices_of_my_own(world: World, ledger: Path, people: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealed, to allowed places alone, once each and in order, tried again, nothing in quiet hours, nobody's name."""
    del people
    (world.site.jobs.folder.parent / "console.key").write_text("wayseal-console-key-1:" + "6b" * 32 + "\n")
    (world.site.jobs.folder.parent / "console.key").chmod(0o600)
    with Notices() as there:
        settings = with_ledger(
            world, ledger, notices_hosts=f"127.0.0.1:{there.port}", notices_lang="zh", address="https://c.test/"
        )
        key = AccessKeys(bytes.fromhex("6b" * 32))
        assert world.access.keys.mac("x") == key.mac("x")
        object.__setattr__(world.site.settings, "notices_hosts", f"127.0.0.1:{there.port}")
        log = StringIO()
        jobs, ann = world.site.jobs, world.signed_in("ann")
        cases = world.cases
        case = cases.register([alert("courier-7")], world.clock())[0]
        cases.assign(case, "ann", "chen", world.clock())
        assert ann.get("/account/notices").status_code == 200
        form = {f"kind.{kind}": "1" for kind in ("assigned", "mentioned", "job")} | {"from": "0", "to": "0"}
        for wrong in ("json://127.0.0.1:1/x", "syslog://", "file:///etc/passwd", "ann@corp.cn", "nonsense", ""):
            answer = ann.post("/account/notices", data=form | {"to_address": wrong})
            assert (answer.status_code, "notices can&#39;t go there" in answer.text) == (400, True), wrong
        assert ann.post("/account/notices", data={"to_address": there.address()}).status_code == 400
        answer = ann.post("/account/notices", data=form | {"to_address": there.address()})
        assert answer.headers["location"] == "/account?said=notices"
        shown = [ann.get(path).text for path in ("/account/notices", "/account", "/inbox")]
        with PersonalNotices(settings, jobs, make_log(log)) as told:
            assert (told.send_due(), told.send_due()) == (1, 0)  # it says that notices come here, and no more
            case = cases.register([alert("u-9")], world.clock())[0]
            cases.assign(case, "ann", "chen", world.clock())
            cases.add_note(case, "look, @ann: courier-7", "chen", world.clock())
            done = jobs.start("verify", {}, "ann")
            AtOnce.over(jobs, settings).change(done, state="done", ended_at=world.clock())
            assert (told.send_due(), told.send_due()) == (1, 0)
            heard = [json.loads(one) for one in there.heard]
            assert [one["title"] for one in heard] == ["运单封缄：通知将发到这里", "运单封缄：3 条与您有关的新消息"]
            assert heard[1]["message"].splitlines() == [
                f"指派给您：{case}", f"提到您：{case}", f"已结束的后台作业：{done}", "https://c.test/inbox",
            ]  # fmt: skip
            # What was seen here, or isn't wanted, isn't sent.
            cases.hear(case, "chen", "I helped", world.clock())
            cases.add_note(case, "@ann again", "chen", world.clock())
            ann.post("/inbox/seen", data={"upto": str(world.clock())})
            assert told.send_due() == 0
            # In quiet hours it waits; what is away is tried again, ever more rarely; a late line is sent, too.
            hour = (world.clock.at + clock_us()) // (HOUR * 1_000_000) % 24
            confirm(world, ann)
            ann.post("/account/notices", data=form | {"from": str(hour), "to": str((hour + 2) % 24)})
            world.clock.sleep(2 * MINUTE)
            cases.add_note(case, "@ann: 3", "chen", world.clock())
            early = world.clock() - 60_000_000
            assert told.send_due() == 0
            world.clock.sleep(2 * HOUR)
            monkeypatch.setattr(personal, "send_text", lambda *_given: False)
            tries = []
            for minute in range(16):
                before = log.getvalue().count("notice_failed")
                told.send_due()
                tries += [minute] if log.getvalue().count("notice_failed") > before else []
                world.clock.sleep(MINUTE)
            assert tries == [0, 1, 2, 5, 11]
            monkeypatch.undo()
            ann = world.signed_in("ann")
            assert "Sending has failed since" in said(ann.get("/account"))
            world.clock.sleep(HOUR)
            assert (told.send_due(), told.send_due()) == (1, 0)
            late = cases.register([alert("u-10")], world.clock())[0]
            cases.assign(late, "ann", "chen", early)
            assert [told.send_due(), told.send_due(), len(there.heard)] == [1, 0, 4]
            assert not any("courier-7" in one or "chen" in one for one in there.heard)
            cases.add_note(late, "@ann: 4", "chen", world.clock())
            ann_id = next(one.id for one in world.access.people.all() if one.login == "ann")
            world.access.people.set_open(ann_id, open_=False, by="nobody")
            assert told.send_due() == 0
            secret = there.address()
            kept = b"".join(path.read_bytes() for path in world.site.jobs.folder.parent.glob("console.sqlite*"))
            assert not [one for one in (*shown, log.getvalue(), world.log.getvalue()) if secret in one]
            assert secret.encode() not in kept
            assert "set where their own notices go: a webhook" in said(world.signed_in("zhang").get("/acts"))


def test_weeks_of_casework(world: World, ledger: Path, people: None, tmp_path: Path) -> None:
    del people
    with_ledger(world, ledger)
    ann = world.signed_in("ann")
    assert "Nothing in these weeks" in said(ann.get("/overview/weeks"))
    now = world.clock.at
    cases = world.cases
    first, second = cases.register([alert("courier-7", at=now - DAY), alert("u-2", at=now)], now - DAY)
    cases.verdict(first, true=True, who="chen", why="sold", at=now, lacking=True)
    cases.set_state(second, CaseState.NO_CASE, "chen", "nothing", now)
    page = ann.get("/overview/weeks?weeks=4")
    assert [one in page.text for one in ('role="img"', "no outlet known", "is 100")] == [True, True, False]
    assert "First reads of parcels" in said(page) or "100" in said(page)
    rows = list(csv.reader(io.StringIO(ann.get("/overview/weeks.csv?weeks=4").content.decode("utf-8-sig"))))
    assert (len(rows), [sum(int(row[n]) for row in rows[1:]) for n in (1, 2, 3, 6)]) == (5, [2, 2, 1, 100])
    assert rows[0][:4] == ["Week of", "Opened", "Closed", "Judged true"]
    rows = list(
        csv.reader(io.StringIO(ann.get("/overview/weeks.csv?weeks=4&part=reasons").content.decode("utf-8-sig")))
    )
    assert rows[1][1:] == ["100", "0"]
    for wrong in ("?weeks=5", ".csv?part=x"):
        assert ann.get(f"/overview/weeks{wrong}").status_code == 400


def test_a_database_of_the_version_before(tmp_path: Path) -> None:
    """Jobs are found by who asked; what came of it is what is made where there was nothing."""
    found = []
    for name, old in (("new", False), ("old", True)):
        with open_database(f"sqlite:///{tmp_path / name}") as database:
            upgrade(database, TABLES)
            if old:
                for text in (
                    "DROP INDEX ix_jobs_who",
                    "ALTER TABLE jobs DROP COLUMN scheduled",
                    "UPDATE version_of_console SET revision = 'console_0009'",
                ):
                    database.write(_execute, text)
                upgrade(database, TABLES)
            found.append(database.read(_look_at_jobs))
    assert found[0] == found[1]


def _look_at_jobs(connection: sa.Connection) -> object:
    look = sa.inspect(connection)
    columns = {one["name"]: (str(one["type"]), one["nullable"], one["default"]) for one in look.get_columns("jobs")}
    return columns, {one["name"] for one in look.get_indexes("jobs")}


def _execute(connection: sa.Connection, text: str) -> None:
    connection.execute(sa.text(text))
