"""Reports of the hotline in the console: what officers do, what nobody else sees, and that acts come before words."""

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.console.reporting import Reporters, with_hotline
from tests.console.world import World, hidden, open_world, statements, text
from tests.portal.exchanging import RECEIPT, URL, InProcess, Typist, make_app, make_token, whole_app
from tests.portal.world import open_world as open_portal
from tests.tables import each
from wayseal.cases.hotline import desk, mailbox
from wayseal.cases.hotline.acts import HotlineRecord, Purged, Reminded, TakenOut, Written
from wayseal.cases.hotline.letters import Fields, FileKind, Letter, PublicKeys, Purpose, Sender
from wayseal.cases.hotline.mailbox import MAILBOX
from wayseal.cases.hotline.sealing import open_letter
from wayseal.console import ConsoleSettings, Role
from wayseal.console.errors import ConsoleSettingsError
from wayseal.console.hotline import Collector, Contact, load_answers, open_office
from wayseal.console.jobs.worker import settings_line
from wayseal.console.settings import file_place
from wayseal.console.web.app import make_spool
from wayseal.database import open_database
from wayseal.database.migrations import upgrade
from wayseal.merkle import SigningKey
from wayseal.service import make_log

WORDS = "组长让我们夜里查单号 look-at-night"
SOLD = Fields(numbers=("YT9780901824279",), seller="面单资源")


@pytest.fixture
def hotline(tmp_path: Path) -> Iterator[Reporters]:
    with open_world(tmp_path) as world, with_hotline(world, tmp_path) as made:
        yield made


@pytest.fixture
def world(hotline: Reporters) -> World:
    return hotline.world


def test_the_inbox_shows_what_is_owed_first_and_no_word(hotline: Reporters, world: World) -> None:
    long_ago = hotline.today - timedelta(days=40)
    answered, new = hotline.report(WORDS, day=long_ago), hotline.report(WORDS)
    han = world.signed_in("han")
    han.get(f"/hotline/{answered}")
    assert hotline.act(han, answered, "answer", zh="谢谢").status_code == 303
    page = han.get("/hotline")
    assert page.text.index(new) < page.text.index(answered)
    assert WORDS not in page.text
    assert "not opened yet" in text(page)  # whoever looks at the list learns not even what it is about
    assert "1 answers owed" in text(han.get("/"))
    assert new in han.get("/hotline?owed=owed").text
    assert answered not in han.get("/hotline?owed=owed").text
    for query, shown in (("owner=me", False), ("owner=nobody", True), ("state=closed", False), ("state=all", True)):
        assert (new in han.get(f"/hotline?{query}").text) is shown, query
    assert han.get("/hotline?state=secret").status_code == 400
    file = han.get("/hotline.csv", headers={"accept-language": "zh"}).text
    assert WORDS not in file
    assert f"{new},,新,,待答复" in file
    assert f"{answered},有人在售卖单号,核查中,," in file, file  # an answer that was given makes it no new one


def test_the_inbox_derives_reports_once(hotline: Reporters, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hotline.report(WORDS)
    han, honest, asked = world.signed_in("han"), mailbox.all_boxes, list[object]()

    def counted(c: Any) -> Any:
        asked.append(c)
        return honest(c)

    monkeypatch.setattr(mailbox, "all_boxes", counted)
    assert "1 open reports" in text(han.get("/hotline"))
    assert len(asked) == 1


def test_a_key_that_isnt_the_teams_is_an_alarm(hotline: Reporters, world: World) -> None:
    desk, han = hotline.office.desk, world.signed_in("han")
    honest, strange = desk.team, list[str]()
    hotline.report(WORDS, name="Mr Wang")
    assert desk.foreign() == ()
    assert "isn't the team's" not in text(han.get("/hotline"))
    for purpose in (Purpose.REPORTS, Purpose.IDENTITY):
        keys = [replace(one, public=bytes(range(32))) if one.purpose is purpose else one for one in honest.keys]
        desk.team = PublicKeys(keys=tuple(keys))
        strange.append(hotline.report(WORDS))
        desk.team = honest
        assert set(desk.foreign()) == set(strange)
    assert all(one in text(han.get("/hotline")).partition("isn't the team's: ")[2][:40] for one in strange)


def test_where_there_is_no_room_the_inbox_says_so(hotline: Reporters, world: World) -> None:
    han = world.signed_in("han")
    assert "no room" not in text(han.get("/hotline"))
    hotline.office.contact.full = True
    assert "no room for all that the portal has" in text(han.get("/hotline"))


def test_an_opening_is_on_record_before_a_word_is_decrypted(
    hotline: Reporters, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = hotline.report(WORDS)
    han = world.signed_in("han")
    seen: list[list[str]] = []

    def watched(*given: Any) -> Letter:
        seen.append(hotline.acts(id_))
        return open_letter(*given)

    monkeypatch.setattr(desk, "open_letter", watched)
    page = han.get(f"/hotline/{id_}")
    assert WORDS in page.text
    assert seen == [["opened"]]
    han.get(f"/hotline/{id_}")
    assert hotline.acts(id_) == ["opened", "type_found"]  # once for each person
    world.signed_in("lu").get(f"/hotline/{id_}")
    assert hotline.acts(id_) == ["opened", "type_found", "opened"]


def test_a_record_that_cant_be_written_shows_nothing(
    hotline: Reporters, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_, han = hotline.report(WORDS), world.signed_in("han")

    def full(*given: object) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr(HotlineRecord, "writing", full)
    answer = han.get(f"/hotline/{id_}")
    assert answer.status_code == 503
    assert WORDS not in answer.text
    assert "nothing was shown" in text(answer)


def test_a_link_from_elsewhere_opens_nothing(hotline: Reporters, world: World) -> None:
    id_, han = hotline.report(WORDS), world.signed_in("han")
    answer = han.get(f"/hotline/{id_}", headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, WORDS in answer.text, hotline.acts(id_)) == (403, False, [])


@each(
    ["login", "role"],
    [("ana", Role.ANALYST), ("ivy", Role.INVESTIGATOR), ("aud", Role.AUDITOR), ("qian", Role.FINANCE)],
)
def test_nobody_else_sees_a_word(hotline: Reporters, world: World, login: str, role: Role) -> None:
    id_ = hotline.report(WORDS)
    if role is not Role.FINANCE:
        world.person(login, role)
    browser = world.signed_in(login)
    for answer in (
        browser.get("/hotline"),
        browser.get(f"/hotline/{id_}"),
        hotline.act(browser, id_, "answer", zh="x"),
    ):
        assert (answer.status_code, WORDS in answer.text) == (403, False)
    assert browser.post(f"/hotline/{id_}/file", data={"file": "00"}).status_code == 403
    assert hotline.acts(id_) == []


def test_no_word_is_in_a_log_or_an_act_of_access(hotline: Reporters, world: World) -> None:
    name = "陈先生 night-shift-77"
    id_ = hotline.report(WORDS, name=name, fields=SOLD, files=((FileKind.PDF, b"%PDF inside", False),))
    han, case = world.signed_in("han"), hotline.case()
    page = han.get(f"/hotline/{id_}")
    file = re.search(r'name="file" value="([0-9a-f]{32})"', page.text)
    assert file
    han.post(f"/hotline/{id_}/file", data={"file": file[1], "apart": "1"})
    hotline.act(han, id_, "answer", zh="回 our-answer")
    hotline.act(han, id_, "note", note="记 our-note")
    hotline.act(han, id_, "link", case=case, why="because")
    hotline.act(han, id_, "excerpt", case=case, excerpt="taken-out")
    han.get("/hotline.csv")
    record = (hotline.office.folder / "hotline.jsonl").read_text("utf-8")
    told = world.log.getvalue() + repr(world.access.acts(limit=1000)) + record
    for word in (WORDS, "look-at-night", "our-answer", "our-note", "taken-out", "night-shift", "面单资源", "inside"):
        assert word not in told, word
    assert id_ not in world.log.getvalue()  # a line names the route


def test_an_answer_is_sent_in_both_languages_and_read(hotline: Reporters, world: World) -> None:
    id_, han = hotline.report(WORDS), world.signed_in("han")
    page = hotline.act(han, id_, "answer", zh="我先写的", begin="1")
    (begins,) = [one.text for n, one in enumerate(load_answers(None)) if n == 1]
    assert f"我先写的\n\n{begins.zh}" in page.text  # what was typed stays
    assert begins.en in page.text
    assert hotline.reads(id_) == []
    assert hotline.act(han, id_, "answer", zh="已收到", en="We have it").headers["location"] == f"/hotline/{id_}"
    assert hotline.reads(id_) == [("answer", "已收到\n\nWe have it")]
    assert "We have it" in han.get(f"/hotline/{id_}").text
    empty = hotline.act(han, id_, "answer", zh="  ")
    assert empty.status_code == 400
    assert len(hotline.reads(id_)) == 1


def test_whoever_answers_beside_another_sees_both_texts(hotline: Reporters, world: World) -> None:
    id_, han, lu = hotline.report(WORDS), world.signed_in("han"), world.signed_in("lu")
    seen = hidden(han.get(f"/hotline/{id_}"), "seen")
    lu.get(f"/hotline/{id_}")
    hotline.act(lu, id_, "answer", zh="lu-wrote-this")
    answer = han.post(f"/hotline/{id_}", data={"act": "answer", "seen": seen, "zh": "han-wrote-that", "en": ""})
    assert answer.status_code == 409
    assert "lu-wrote-this" in answer.text
    assert "han-wrote-that" in answer.text
    assert [words for _, words in hotline.reads(id_)] == ["lu-wrote-this"]
    again = {"act": "answer", "seen": hidden(answer, "seen"), "zh": "han-wrote-that", "en": ""}
    assert han.post(f"/hotline/{id_}", data=again).status_code == 303
    hotline.write(id_, "reporter-wrote-this")
    answer = han.post(f"/hotline/{id_}", data=again | {"seen": str(hotline.office.desk.report(id_).seen - 1)})
    assert (answer.status_code, "reporter-wrote-this" in answer.text) == (409, True)


def test_a_state_is_told_and_a_note_is_not(hotline: Reporters, world: World) -> None:
    id_, han, lu = hotline.report(WORDS), world.signed_in("han"), world.signed_in("lu")
    assert hotline.act(han, id_, "state", state="in_progress", why="hidden-reason").status_code == 303
    assert hotline.act(han, id_, "state", state="nuisance", why="x").status_code == 400
    assert hotline.act(han, id_, "assign", owner="lu").status_code == 303
    assert hotline.act(han, id_, "assign", owner="qian").status_code == 400
    assert hotline.act(han, id_, "note", note="among-us").status_code == 303
    page = lu.get(f"/hotline/{id_}")
    assert "among-us" in page.text.partition('class="inner"')[2]
    assert "among-us" not in page.text.partition('class="inner"')[0]
    assert hotline.act(lu, id_, "note", note="among-us, more", replaces="1").status_code == 303
    stale = hotline.act(han, id_, "note", note="mine", replaces="1")
    assert (stale.status_code, "among-us, more" in stale.text, "mine" in stale.text) == (409, True, True)
    assert "1 earlier version" in text(han.get(f"/hotline/{id_}"))
    assert [kind for kind, _ in hotline.reads(id_)] == ["state"]
    assert "hidden-reason" not in repr(hotline.reads(id_))
    assert hotline.office.desk.report(id_).owner == "lu"


def test_a_file_is_given_out_as_octets_and_noted(hotline: Reporters, world: World) -> None:
    content = "他们在群里卖单号 ".encode() * 20_000
    id_ = hotline.report(WORDS, files=((FileKind.TEXT, content, False), (FileKind.JPEG, b"j" * 10, True)))
    other = hotline.report(WORDS, files=((FileKind.PDF, b"other", False),))
    han = world.signed_in("han")
    page = han.get(f"/hotline/{id_}")
    first, *_ = re.findall(r'name="file" value="([0-9a-f]{32})"', page.text)
    answer = han.post(f"/hotline/{id_}/file", data={"file": first, "kind": "html"})
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == f'attachment; filename="{id_}-{first[:6]}.text"'
    assert hotline.acts(id_)[-1] == "taken_out"
    foreign = re.findall(r'name="file" value="([0-9a-f]{32})"', han.get(f"/hotline/{other}").text)
    before = hotline.acts(id_)
    for file in (foreign[0], "zz", "00" * 16):
        assert han.post(f"/hotline/{id_}/file", data={"file": file}).status_code == 400, file
    assert hotline.acts(id_) == before


def test_what_is_risky_about_a_file_is_said_before_it_is_given_out(hotline: Reporters, world: World) -> None:
    eicar = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    pdf = b"%PDF-1.7\n1 0 obj\n<< /OpenAction << /S /JavaScript /JS (alert) >> >>\nendobj\n"
    id_ = hotline.report(WORDS, files=((FileKind.TEXT, eicar, False), (FileKind.PDF, pdf, False)))
    han = world.signed_in("han")
    files = re.findall(r'name="file" value="([0-9a-f]{32})"', han.get(f"/hotline/{id_}").text)
    for file, content, said in zip(
        files, (eicar, pdf), (["EICAR"], ["scripts that run", "done by itself"]), strict=True
    ):
        answer = han.post(f"/hotline/{id_}/file", data={"file": file})
        assert (answer.status_code, content in answer.content) == (409, False)
        assert all(one in text(answer) for one in said)
        assert "content-disposition" not in answer.headers
        given = han.post(f"/hotline/{id_}/file", data={"file": hidden(answer, "file"), "apart": "1"})
        assert given.content == content
    taken = [one for one in hotline.office.desk.record.state().of(hotline.boxes[id_][0]) if isinstance(one, TakenOut)]
    assert [one.apart for one in taken] == [False, True, False, True]


def test_a_file_goes_into_a_case_and_both_records_say_so(hotline: Reporters, world: World, tmp_path: Path) -> None:
    content = b"numbers of today\n" * 30_000
    id_ = hotline.report(WORDS, files=((FileKind.TEXT, content, False), (FileKind.TEXT, b"#!/bin/sh\n", False)))
    case, other, han = hotline.case(), hotline.case(), world.signed_in("han")
    (tmp_path / "files").mkdir()
    world.site = replace(world.site, files=tmp_path / "files", spool=make_spool(tmp_path / "spool"))
    world._app = None
    plain, shell = re.findall(r'name="file" value="([0-9a-f]{32})"', han.get(f"/hotline/{id_}").text)
    assert "Into a case" not in text(han.get(f"/hotline/{id_}"))
    hotline.act(han, id_, "link", case=case, why="same numbers")
    assert "Into a case" in text(han.get(f"/hotline/{id_}"))
    acts = hotline.acts(id_)
    for wrong, status in (({"case": other, "why": "x"}, 409), ({"case": case, "why": " "}, 400)):
        assert han.post(f"/hotline/{id_}/file", data={"file": plain} | wrong).status_code == status
    assert (hotline.acts(id_), list((tmp_path / "files").rglob("*.*"))) == (acts, [])
    sent = {"file": plain, "case": case, "why": "the list of the seller"}
    assert han.post(f"/hotline/{id_}/file", data=sent).status_code == 303
    taken = hotline.office.desk.record.state().of(hotline.boxes[id_][0])[-1]
    assert isinstance(taken, TakenOut)
    assert (taken.case, taken.id, taken.who) == (case, plain, "han")
    assert world.site.cases is not None
    digest = hashlib.sha256(content).hexdigest()
    named = world.site.cases.need().find_file(case, digest)
    assert named.name == f"{id_}-{plain[:6]}.text"
    lines = world.site.cases.need().timeline(case, limit=50).rows
    assert [(one.who, one.why) for one in lines if digest in repr(one)] == [("han", "the list of the seller")]
    assert file_place(tmp_path / "files", digest).read_bytes() == content
    assert list((tmp_path / "spool").iterdir()) == []
    risky = han.post(f"/hotline/{id_}/file", data={"file": shell, "case": case, "why": "their script"})
    assert risky.status_code == 409
    again = {name: hidden(risky, name) for name in ("file", "case", "why")}
    assert han.post(f"/hotline/{id_}/file", data=again | {"apart": "1"}).status_code == 303
    assert world.site.cases.need().find_file(case, hashlib.sha256(b"#!/bin/sh\n").hexdigest()).size == 10


def test_auditors_see_what_staff_did_with_reports_and_no_word(hotline: Reporters, world: World) -> None:
    world.person("shen", Role.AUDITOR)
    han, lu, shen = world.signed_in("han"), world.signed_in("lu"), world.signed_in("shen")
    id_, other = hotline.report(WORDS, name="Mr Wang", fields=SOLD), hotline.report(WORDS)
    case = hotline.case()
    for browser in (han, lu):
        browser.get(f"/hotline/{id_}")
    lu.get(f"/hotline/{other}")
    hotline.act(han, id_, "answer", zh="our-answer")
    hotline.act(han, id_, "note", note="our-note")
    hotline.act(han, id_, "state", state="waiting", why="our-reason")
    hotline.act(han, id_, "link", case=case, why="our-reason")
    hotline.act(han, id_, "identity", why="our-reason")
    hotline.act(lu, id_, "reply", proposal="p-1", yes="1", why="our-reason")
    hotline.act(han, id_, "name", proposal="p-1")
    page = shen.get("/acts/hotline")
    shown = text(page)
    for said in (id_, other, case, "han", "lu", "Opened letters", "Answered", "Agreed", "Waits for an answer"):
        assert said in shown, said
    lines = list(csv.reader(shen.get("/acts/hotline.csv").text.splitlines()))
    acts = [line[1:6] for line in lines[1:] if line[4] == id_ and line[2] != "Opened letters"]
    assert acts[:4] == [
        ["han", "Took something out", "name", id_, ""],
        ["lu", "Agreed", "Open the name", id_, ""],
        ["han", "Proposed", "Open the name", id_, ""],
        ["han", "Linked it to a case", "", id_, case],
    ]
    assert {line[4] for line in csv.reader(shen.get(f"/acts/hotline.csv?report={other}").text.splitlines())} == {
        lines[0][4], other
    }  # fmt: skip
    for told in (page.text, repr(lines)):
        for word in (WORDS, "our-answer", "our-note", "our-reason", "Mr Wang", "lao", "night"):
            assert word not in told, word
    for browser in (han, world.signed_in("qian")):
        assert browser.get("/acts/hotline").status_code == 403


def test_a_message_behind_a_deletion_is_said_read_and_closed_by_two(hotline: Reporters, world: World) -> None:
    id_, han, lu = hotline.report("first words"), world.signed_in("han"), world.signed_in("lu")
    desk, box = hotline.office.desk, hotline.boxes[id_][0]
    with desk.record.writing() as (_, write):
        write(Reminded(at=1, who="wayseal", box=box, until=hotline.today, letter=Written(place=9, digest=bytes(32))))
        write(Purged(at=2, who="wayseal", box=box, rule="days", upto=1))
    desk.database.write(mailbox.bury, box, hotline.today, "days")
    assert id_ not in han.get("/hotline").text
    hotline.write(id_, "and there is more")
    assert "came after it was deleted" in text(han.get("/hotline"))
    page = text(han.get(f"/hotline/{id_}"))
    assert "and there is more" in page
    assert "wrote again while it was deleted" in page
    hotline.act(han, id_, "nuisance", why="the same every day")
    assert hotline.act(han, id_, "reply", proposal="p-1", yes="1").status_code == 409
    assert hotline.act(lu, id_, "reply", proposal="p-1", yes="1").status_code == 303
    assert desk.report(id_).state == "nuisance"


def test_a_name_takes_two_and_each_look_is_an_act(hotline: Reporters, world: World) -> None:
    name = "Mr Chen, night-shift-77"
    id_, han, lu = hotline.report(WORDS, name=name), world.signed_in("han"), world.signed_in("lu")
    other = hotline.report(WORDS)
    assert name not in han.get(f"/hotline/{id_}").text
    assert "left a name" not in text(han.get(f"/hotline/{other}"))
    hotline.act(han, id_, "identity", why="to verify")
    for browser, act, more in (
        (han, "name", {"proposal": "p-1"}),
        (han, "reply", {"proposal": "p-1", "yes": "1"}),
        (lu, "name", {"proposal": "p-1"}),
    ):
        answer = hotline.act(browser, id_, act, **more)
        assert (answer.status_code, name in answer.text) == (409, False), act
    assert hotline.act(lu, other, "reply", proposal="p-1", yes="1").status_code == 400  # of another report
    assert hotline.act(lu, id_, "reply", proposal="p-1", yes="1").status_code == 303
    assert name not in hotline.act(lu, id_, "name", proposal="p-1").text
    for _ in range(2):
        assert name in hotline.act(han, id_, "name", proposal="p-1").text
    assert hotline.acts(id_).count("taken_out") == 2
    assert name not in han.get(f"/hotline/{id_}").text
    world.clock.sleep(25 * 3600)
    han = world.signed_in("han")
    assert name not in hotline.act(han, id_, "name", proposal="p-1").text


def test_nuisance_takes_two_and_leaves_the_list(hotline: Reporters, world: World) -> None:
    id_, han, lu = hotline.report(WORDS), world.signed_in("han"), world.signed_in("lu")
    hotline.act(han, id_, "nuisance", why="the tenth of its kind")
    assert id_ in han.get("/hotline").text
    assert hotline.act(han, id_, "reply", proposal="p-1", yes="1").status_code == 409
    assert hotline.act(lu, id_, "reply", proposal="p-1", yes="1").status_code == 303
    assert id_ not in han.get("/hotline").text
    assert id_ in han.get("/hotline?state=nuisance").text
    assert [kind for kind, _ in hotline.reads(id_)] == ["closing"]


def test_a_case_knows_of_a_report_and_has_its_excerpt(hotline: Reporters, world: World) -> None:
    world.person("ana", Role.ANALYST)
    id_, han, ana = hotline.report(WORDS, fields=SOLD), world.signed_in("han"), world.signed_in("ana")
    han.get(f"/hotline/{id_}")
    case = hotline.case()
    assert hotline.act(han, id_, "link", case="c-99", why="x").status_code == 400
    assert hotline.act(han, id_, "excerpt", case=case, excerpt="too soon").status_code == 409
    assert hotline.act(han, id_, "link", case=case, why="same numbers").status_code == 303
    page = ana.get(f"/cases/{case}")
    assert id_ in page.text
    assert f'href="/hotline/{id_}"' not in page.text
    assert WORDS not in page.text
    assert hotline.act(han, id_, "excerpt", case=case, excerpt="they look at night").status_code == 303
    assert "they look at night" in ana.get(f"/cases/{case}").text
    assert hotline.act(han, id_, "queue").status_code == 303
    queue = ana.get("/queue")
    assert "面单资源" in text(queue)
    assert WORDS not in queue.text
    hotline.act(han, id_, "unlink", case=case, why="it was another")
    assert id_ not in ana.get(f"/cases/{case}").text


def test_a_reward_takes_two_and_finance_pays_once(hotline: Reporters, world: World) -> None:
    id_, han, lu, qian = hotline.report(WORDS), *(world.signed_in(one) for one in ("han", "lu", "qian"))
    han.get(f"/hotline/{id_}")
    asked = {"grade": "2", "base": "80000", "why": "the login was closed"}
    assert hotline.act(han, id_, "reward", **asked).status_code == 409  # no case
    hotline.act(han, id_, "link", case=hotline.case(), why="x")
    for wrong in ({"grade": "9"}, {"base": "much"}, {"base": "-1"}):
        assert hotline.act(han, id_, "reward", **asked | wrong).status_code == 400, wrong
    assert hotline.act(han, id_, "reward", **asked).status_code == 303
    assert "at least 3,000 yuan" in text(lu.get(f"/hotline/{id_}"))
    hotline.act(lu, id_, "reply", proposal="p-1", yes="1")
    code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", dict(hotline.reads(id_))["reward"])
    assert code
    found = qian.post("/rewards", data={"reward_code": code[0].lower()})
    assert "3,000 yuan" in text(found)
    assert id_ not in found.text
    paid = {"reward_code": code[0], "voucher": "V-77"}
    assert "V-77" in text(qian.post("/rewards/pay", data=paid))
    again = qian.post("/rewards/pay", data=paid)
    assert (again.status_code, "it was paid" in text(again)) == (409, True)
    assert code[0] not in world.log.getvalue() + repr(world.access.acts(limit=1000))
    world.clock.sleep(600)
    assert qian.post("/rewards/pay", data=paid).status_code == 401  # asks for a fresh proof


def test_codes_can_not_be_guessed(hotline: Reporters, world: World) -> None:
    qian = world.signed_in("qian")
    for n in range(10):
        assert "there is no such code" in text(qian.post("/rewards", data={"reward_code": f"{n:016d}"}))
    assert "too many attempts" in text(qian.post("/rewards", data={"reward_code": "0" * 16}))


def test_pages_ask_few_statements(hotline: Reporters, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = hotline.case()
    ids = [hotline.report(WORDS, files=((FileKind.PDF, b"x", False),)) for _ in range(8)]
    han = world.signed_in("han")
    for one in ids:
        han.get(f"/hotline/{one}")
        hotline.act(han, one, "note", note="x")
        hotline.act(han, one, "link", case=case, why="x")
    with statements(monkeypatch) as asked:
        for path in ("/", "/hotline", "/hotline?owed=owed", f"/hotline/{ids[0]}", "/hotline/new"):
            asked.clear()
            assert han.get(path).status_code == 200
            assert len(asked) <= 12, (path, asked)


def test_without_a_hotline_pages_say_so(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        world.person("han", Role.OFFICER)
        han = world.signed_in("han")
        for path in ("/hotline", "/hotline/r-1", "/hotline/new"):
            assert "No hotline is set" in text(han.get(path))


def test_what_is_typed_in_goes_to_the_portal_and_its_receipt_is_shown_once(tmp_path: Path) -> None:
    typist = Typist()
    with open_database(f"sqlite:///{tmp_path}/portal.sqlite") as database:
        upgrade(database, MAILBOX)
        make_token(tmp_path / "tokens")
        transport = InProcess(make_app(database, tmp_path / "tokens", typist))
        set_: Any = {"hotline": URL, "hotline_token": tmp_path / "token", "transport": transport}
        with open_world(tmp_path) as world, with_hotline(world, tmp_path, **set_) as hotline:
            han = world.signed_in("han")
            typed = {"type": "call", "came": "telephone", "text": WORDS, "numbers": "YT1, YT2", "knew-phone": "1"}
            answer = han.post("/hotline/new", data=typed | {"identity": "Mr Wang", "when": "2026-03-01", "seller": "x"})
            assert answer.status_code == 200, text(answer) + world.log.getvalue()
            assert all(four in text(answer) for four in RECEIPT.shown().split())
            (took,) = typist.took
            letter = took.letter
            assert (letter.text, letter.came, letter.type, took.identity) == (WORDS, "telephone", "call", "Mr Wang")
            assert (letter.fields.numbers, letter.fields.seller, letter.identity) == (("YT1", "YT2"), "", True)
            assert RECEIPT.digits not in world.log.getvalue()
            turned = han.post("/hotline/new", data=typed | {"turn": "sale", "seller": "lao san"})
            assert (turned.status_code, len(typist.took)) == (200, 1)
            assert all(one in turned.text for one in (WORDS, "YT1, YT2", 'value="lao san"', 'name="knew-phone"'))
            assert hidden(turned, "once") == hidden(han.post("/hotline/new", data=typed | {
                "turn": "call", "once": hidden(turned, "once")
            }), "once")  # fmt: skip
            once = {"once": "5c" * 32}
            for _ in range(2):
                han.post("/hotline/new", data=typed | once)
            assert typist.took[-1] == typist.took[-2]
            del typist.took[1:]
            for wrong in (
                {"text": ""},
                {"came": "portal"},
                {"when": "soon"},
                {"numbers": " ".join(f"YT{n}" for n in range(51))},
            ):
                refused = han.post("/hotline/new", data=typed | wrong)
                assert (refused.status_code, len(typist.took)) == (400, 1), wrong
            assert WORDS in refused.text  # what was typed is there
            # The collector brings over what came, and takes there what staff wrote.
            id_ = hotline.report(WORDS)
            box = hotline.office.desk.report(id_).box
            (stored,) = hotline.office.desk.database.read(mailbox.letters_of, box.box)
            hotline.office.desk.database.write(lambda c: c.exec_driver_sql("DELETE FROM letters"))
            hotline.office.desk.database.write(lambda c: c.exec_driver_sql("DELETE FROM boxes"))
            database.write(mailbox.add_box, box, stored)
            assert world.site.cases is not None
            collector = Collector(hotline.office, world.site.cases.need, make_log(world.log))
            collector.round()
            assert WORDS in han.get(f"/hotline/{id_}").text
            hotline.act(han, id_, "answer", zh="回")
            collector.round()
            there = database.read(mailbox.letters_of, box.box)
            assert [one.sender for one in there] == [Sender.REPORTER, Sender.STAFF]
            assert "not handed over" not in text(han.get(f"/hotline/{id_}"))


def test_a_report_is_read_answered_and_rewarded_through_the_portal_as_it_runs(tmp_path: Path) -> None:
    (street := tmp_path / "street").mkdir()
    with open_portal(street) as portal, open_world(tmp_path) as world:
        make_token(tmp_path / "exchange.tokens")
        set_: Any = {"hotline": URL, "hotline_token": tmp_path / "token", "hotline_keys": street / "team"}
        carries = InProcess(whole_app(portal.portal, tmp_path / "exchange.tokens"))
        with with_hotline(world, tmp_path, transport=carries, **set_) as hotline:
            portal.day = hotline.today
            content = b"numbers of today " * 40_000
            receipt = portal.visitor().report(files=[("a.txt", content, "text/plain")]).receipt
            assert world.site.cases is not None
            collector = Collector(hotline.office, world.site.cases.need, make_log(world.log))
            collector.round()
            han, lu = world.signed_in("han"), world.signed_in("lu")
            (report,) = hotline.office.desk.reports()
            page = han.get(f"/hotline/{report.id}")
            assert "Someone in a group sells numbers of today." in text(page)
            assert "<b>laosan" not in page.text
            file = {"file": hidden(page, "file")}
            assert han.post(f"/hotline/{report.id}/file", data=file).content == content
            assert hotline.act(han, report.id, "answer", zh="哪个群？", en="Which group?").status_code == 303
            hotline.act(han, report.id, "note", note="among-us")
            hotline.act(han, report.id, "link", case=hotline.case(), why="same numbers")
            hotline.act(han, report.id, "reward", grade="plain", why="it led us to the login")
            hotline.act(lu, report.id, "reply", proposal="p-1", yes="1")
            collector.round()
            shown = portal.visitor().back(receipt).page
            assert "Which group?" in shown
            assert "among-us" not in shown
            code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", shown)
            assert code
            assert "500 yuan" in text(world.signed_in("qian").post("/rewards", data={"reward_code": code[0]}))
            typed = han.post("/hotline/new", data={"type": "door", "came": "letter", "text": "He stood at my door."})
            collector.round()
            assert len(hotline.office.desk.reports()) == 2
            read_out = " ".join(re.findall(r"<span>(\d{4})</span>", typed.text))
            assert "He stood at my door." in portal.visitor().back(read_out).page


class Away(httpx.BaseTransport):
    """A portal that doesn't answer."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away")


def test_a_portal_that_is_away_is_said_and_nothing_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    set_: Any = {"hotline": URL, "hotline_token": tmp_path / "token", "transport": Away()}
    with open_world(tmp_path) as world, with_hotline(world, tmp_path, **set_) as hotline:
        id_ = hotline.report(WORDS, day=hotline.today - timedelta(days=80))
        assert world.site.cases is not None
        collector = Collector(hotline.office, world.site.cases.need, make_log(world.log))
        collector.round()
        assert hotline.acts(id_) == []  # it would be reminded of now
        han = world.signed_in("han")
        assert "hasn't answered since" in text(han.get("/hotline"))
        assert WORDS in han.get(f"/hotline/{id_}").text
        assert world.log.getvalue().count("portal_away") == 1
        collector.round()
        assert world.log.getvalue().count("portal_away") == 1


def test_one_collects_and_a_round_that_breaks_is_logged(
    hotline: Reporters, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[Contact] = []

    def cases() -> Any:
        assert world.site.cases is not None
        rounds.append(hotline.office.contact)
        if len(rounds) == 1:
            collector.round()  # somebody else, meanwhile
        if len(rounds) == 2:
            raise RuntimeError(WORDS)
        return world.site.cases.need()

    collector = Collector(hotline.office, cases, make_log(world.log), seconds=0.01)
    collector.round()
    assert len(rounds) == 1
    collector.round()
    assert "collector_broke" in world.log.getvalue()
    assert WORDS not in world.log.getvalue()
    with collector:
        while len(rounds) < 4:
            pass
    assert not collector._thread.is_alive()


def test_days_are_closed_and_published(tmp_path: Path) -> None:
    key = SigningKey(name="hotline", seed=bytes(32))
    (tmp_path / "log.key").write_text(key.to_text())
    more: Any = {
        "hotline_log_key": tmp_path / "log.key",
        "hotline_publish": tmp_path / "out",
        "unit": "example courier",
    }
    with open_world(tmp_path) as world, with_hotline(world, tmp_path, **more) as hotline:
        id_ = hotline.report(WORDS, day=hotline.today - timedelta(days=1))
        hotline.office.collect(world.cases)
        yesterday = hotline.today - timedelta(days=1)
        assert (tmp_path / "out/checkpoints" / yesterday.isoformat()).exists()
        assert [kind for kind, _ in hotline.reads(id_)] == ["proof"]
        assert "r-" not in repr([one.name for one in (tmp_path / "out").rglob("*")])


SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"hotline": "http://x"}, "go together"),
    ({"hotline": "ftp://x", "hotline_token": Path("t"), "hotline_keys": Path("k"), "ledger": Path("l")}, "begins with"),
    ({"hotline_answers": Path("a")}, "goes with hotline_keys"),
    ({"hotline_keys": Path("k")}, "goes with a ledger"),
    ({"hotline_keys": Path("k"), "ledger": Path("l"), "hotline_publish": Path("p")}, "goes with hotline_log_key"),
    ({"hotline_keys": Path("k"), "ledger": Path("l"), "hotline_log_key": Path("p")}, "goes with unit"),
]


@each(["given", "says"], SETTINGS)
def test_settings_that_cant_be(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ConsoleSettingsError, match=says):
        ConsoleSettings(**given)


def test_workers_dont_know_where_the_keys_are(hotline: Reporters) -> None:
    assert "hotline" not in settings_line(hotline.settings, "w").replace("hotline.sqlite", "")


def test_keys_and_answers_that_cant_be_read(hotline: Reporters, tmp_path: Path) -> None:
    (tmp_path / "answers.toml").write_text('[[answer]]\nname = "x"\n')
    with pytest.raises(ConsoleSettingsError, match="name"):
        load_answers(tmp_path / "answers.toml")
    with pytest.raises(ConsoleSettingsError, match="can't be read"):
        load_answers(tmp_path / "none.toml")
    (tmp_path / "keys" / "hotline.public").unlink()
    with (
        pytest.raises(ConsoleSettingsError, match="can't be read"),
        open_office(hotline.settings, hotline.world.access),
    ):
        pass
