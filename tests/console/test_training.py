"""Training in the console: who sees what, files shown first, the brake, openings, and the test."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.console.training_office import COURSE, PEOPLE, Office, make_directory, open_office
from tests.console.world import text
from wayseal.cases.training.courses import day_of, load_rules
from wayseal.cases.training.questions import draw_test
from wayseal.cases.training.record import Adopted, Completed, Held, Shutting

DAY = 86_400_000_000


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    make_directory(folder)
    return folder


@pytest.fixture
def office(base: Path, tmp_path: Path) -> Iterator[Office]:
    with open_office(base, tmp_path) as made:
        yield made


def test_each_sees_what_their_role_is_for(office: Office) -> None:
    page = text(office.at("li").get("/training"))
    assert "courier-12" in page
    assert "courier-31" in page
    assert "shop" not in page
    manager = office.at("sun").get("/training")
    assert "courier-12" in text(manager)
    assert "courier-31" not in manager.text
    own, foreign, nobody = (office.name(one) for one in ("courier-12", "courier-31", "nobody"))
    for path in ("", "/test"):
        assert office.at("sun").get(f"/training/{own}{path}").status_code == 200
        refused = [office.at("sun").get(f"/training/{one}{path}") for one in (foreign, nobody)]
        assert [one.status_code for one in refused] == [404, 404]
        assert refused[0].text.replace(foreign, nobody) == refused[1].text
    assert "courier-31" not in office.at("sun").get("/training.csv").text
    assert office.post("sun", f"/training/{own}", act="open", hours="1", why="x").status_code == 403


def test_an_auditor_sees_no_account_and_no_address_has_one(office: Office) -> None:
    office.complete("courier-12")
    name = office.name("courier-12")
    for path in ("/training", "/training.csv", f"/training/{name}"):
        page = office.at("zhang").get(path).text
        assert name in page
        assert "courier-12" not in page
    assert 'href="/training/courier' not in office.at("li").get("/training").text


def test_who_is_new_in_the_ledger_is_seen_and_without_an_outlet_by_no_manager(office: Office, tmp_path: Path) -> None:
    new = tmp_path / "actors.csv"
    new.write_text("actor,kind,role,outlet\ncourier-99,person,courier,\n", "utf-8")
    assert "courier-12" in office.at("li").get("/training").text
    assert inside("ingest", office.ledger, new, "-q").code == 0
    assert "courier-99" in office.at("li").get("/training").text
    assert "courier-99" not in office.at("sun").get("/training").text


def test_a_list_is_narrowed_by_state_outlet_and_role(office: Office) -> None:
    office.complete("courier-12", ago=340)
    office.complete("courier-31")
    for query, there in (
        ("state=due_30", {"courier-12"}), ("state=valid", {"courier-31"}), ("outlet=o-2", {"courier-31"}),
        ("role=clerk", set[str]()), ("state=never&outlet=o-2", set[str]()),
    ):  # fmt: skip
        assert set(re.findall(r"courier-\d+", office.at("li").get(f"/training?{query}").text)) == there, query


def test_a_file_is_shown_first_and_then_counts_as_one_act(office: Office) -> None:
    today = day_of(office.world.clock())
    seen = office.send("li", f"工号,课程,日期\ncourier-12,{COURSE},{today}\nnobody,{COURSE},{today}\n")
    assert seen.status_code == 200, text(seen)
    assert "1 completion new" in text(seen)
    assert "1 left out, an account that the directory doesn't know: line 3" in text(seen)
    assert office.state().done == {}
    assert office.take("li", seen).status_code == 303
    assert office.stands("courier-12") == "valid"
    (act,) = office.state().acts["courier-12"]
    assert isinstance(act, Completed)
    assert (act.who, act.file, len(act.sha256)) == ("li", "done.csv", 64)
    again = office.send("li", f"工号,课程,日期\ncourier-12,{COURSE},{today}\n")
    assert "0 completions new" in text(again)
    assert "1 on record already" in text(again)
    page = text(office.at("li").get(f"/training/{office.name('courier-12')}"))
    assert "Completed, imported" in page
    assert "done.csv" in page


def test_what_isnt_there_any_more_isnt_taken_in(office: Office) -> None:
    seen = office.send("li", f"account,course,day\ncourier-12,{COURSE},2026-01-01\n")
    assert office.take("li", seen).status_code == 303
    assert office.take("li", seen).status_code == 400


def test_a_whole_list_with_yesterdays_people_missing_waits_for_another_administrator(office: Office) -> None:
    office.complete(*PEOPLE)
    today = day_of(office.world.clock())
    seen = office.send("li", f"account,course,day\ncourier-12,{COURSE},{today}\n", COURSE)
    assert "21 people are missing" in text(seen)
    assert "It would shut out 21 of 22 who are open. That is more than may be at once" in text(seen)
    assert office.take("li", seen).status_code == 303
    assert office.stands("courier-31") == "valid"
    assert "It waits for another administrator." in text(office.at("li").get("/training"))
    shown = text(office.at("wang").get("/training"))
    assert all(words in shown for words in ("21 people", "done.csv", COURSE, "courier-31, courier-40"))
    assert "21 people" not in text(office.at("zhang").get("/training"))
    (held,) = office.state().waiting(office.world.clock())
    assert office.answer("li", held.id).status_code == 400
    assert office.answer("sun", held.id).status_code == 403
    assert office.stands("courier-31") == "valid"
    assert office.answer("wang", held.id).status_code == 303
    assert (office.stands("courier-31"), office.stands("courier-12")) == ("never", "valid")


def test_a_second_person_sees_what_they_agree_to(office: Office) -> None:
    office.complete(*PEOPLE, ago=100)
    rules, now = load_rules(), office.world.clock()
    short = replace(rules, course=(replace(rules.course[0], months=1, roles=("courier",)),), brake_people=7)
    assert office.world.site.ledger is not None
    people = office.world.site.ledger.people().values()
    for act, words in (
        (Adopted(at=now, who="li", rules=short), (": 1 month, 14 days of grace, roles courier", "7 people at once")),
        (Shutting(at=now, who="cron", shut=9, of=22), ("9 people", "22 are open there")),
    ):
        assert isinstance(office.record.put(act, people, id=act.kind), Held)
        page = text(office.at("wang").get("/training"))
        assert [one for one in words if one not in page] == []
        assert office.answer("wang", act.kind, "0").status_code == 303


def test_answers_need_a_fresh_proof(office: Office) -> None:
    office.at("wang")
    office.world.clock.sleep(600)
    assert office.answer("wang", "x").status_code == 401


def test_typed_in_revoked_and_typed_in_again(office: Office) -> None:
    path = f"/training/{office.name('courier-12')}"
    today = day_of(office.world.clock())
    for fields, why in (
        ({"day": str(today + timedelta(days=1))}, "still to come"), ({"day": "soon"}, "no day such as"),
        ({"day": str(today), "score": "200"}, "no score"), ({"day": str(today), "score": "40"}, "not passed"),
    ):  # fmt: skip
        refused = office.post("li", path, act="complete", course=COURSE, **fields)
        assert (refused.status_code, why in text(refused)) == (400, True)
    assert office.post("li", path, act="complete", course=COURSE, day=str(today)).status_code == 303
    assert office.stands("courier-12") == "valid"
    revoked = {"act": "revoke", "completion": f"{COURSE} {today}"}
    assert office.post("li", path, **revoked, why=" ").status_code == 400
    assert office.post("li", path, **revoked, why="another Li").status_code == 303
    assert office.stands("courier-12") == "never"
    assert "another Li" in text(office.at("li").get(path))
    assert office.post("li", path, act="complete", course=COURSE, day=str(today)).status_code == 303
    assert office.stands("courier-12") == "valid"


def test_an_emergency_opening_is_answered_by_another_administrator(office: Office) -> None:
    path = f"/training/{office.name('courier-12')}"
    assert office.post("li", path, act="open", hours="73", why="Double Eleven").status_code == 400
    assert office.post("li", path, act="open", hours="2", why="Double Eleven").status_code == 303
    assert office.stands("courier-12") == "opened"
    (opened,) = office.state().waiting(office.world.clock())
    assert "Double Eleven" in text(office.at("wang").get("/training"))
    assert office.answer("li", opened.id, "0").status_code == 400
    assert office.answer("wang", opened.id, "0").status_code == 303
    assert office.stands("courier-12") == "never"
    assert "The opening wasn't right" in text(office.at("zhang").get(path))


def test_a_test_is_supervised_marked_and_explained(office: Office) -> None:
    path = f"/training/{office.name('courier-12')}/test"
    assert office.post("sun", path).status_code == 303
    shown = office.at("sun").get(path)
    assert len(re.findall('type="radio"', shown.text)) == 30
    assert office.at("sun").get(path).text == shown.text
    assert re.findall(r'name="q\d+" value="0"', shown.text) == []
    given = office.answers("sun", "courier-12", 8)
    refused = office.post("sun", path, **{**given, "q3": ""})
    assert (refused.status_code, "answer every question" in text(refused)) == (400, True)
    assert office.stands("courier-12") == "never"
    passed = office.post("sun", path, **given)
    assert "8 of 10 right: passed." in text(passed)
    assert office.stands("courier-12") == "valid"
    (act,) = office.state().acts["courier-12"]
    assert isinstance(act, Completed)
    assert (act.how, act.who, act.rows[0].score) == ("test", "sun", 80)
    line = office.ledger.joinpath("training", "training.jsonl").read_text("utf-8").splitlines()[-1]
    assert not any(one.ask in line or one.right in line for one, _ in draw_test(random.Random(1), "en"))


def test_who_failed_may_try_again_a_day_later_and_meets_other_questions(office: Office) -> None:
    path = f"/training/{office.name('courier-12')}/test"
    office.post("sun", path)
    before = office.at("sun").get(path).text
    assert "7 of 10 right: not passed" in text(office.post("sun", path, **office.answers("sun", "courier-12", 7)))
    assert office.stands("courier-12") == "never"
    assert office.post("sun", path).status_code == 400
    assert office.post("li", path).status_code == 400
    office.world.clock.at += DAY
    office.browsers.clear()
    assert office.post("sun", path).status_code == 303
    assert office.at("sun").get(path).text != before
