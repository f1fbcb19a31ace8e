"""`wayseal market learn`: what decisions teach is shown, put in force, and taken back. All texts are invented."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import here, inside
from tests.market.learning import NEW, OLD, USUAL, decide, offer, write_decisions
from tests.market.log.lines_of import DAY, START
from wayseal.market.crawling import Planned, learning, opened_watch
from wayseal.market.crawling.imports import ImportForm, bring_in
from wayseal.market.errors import LearningError, MarketError, NoSuchThingError, OvertakenError
from wayseal.market.log import Line, LineKind, open_market
from wayseal.market.log.reads import Reads

ACT = ("--who", "li", "--why", "new words")


@pytest.fixture
def market(tmp_path: Path) -> Path:
    write_decisions(tmp_path, "kept", "dismissed")
    return tmp_path


def told(market: Path, *more: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(here("market", "learn", market, "--format", "json", *more).out)
    return found


def size(market: Path) -> int:
    with open_market(market) as record:
        return record.verify().lines


def kinds(market: Path, folder: Path, *options: object) -> list[str]:
    """How three texts are read by the command."""
    file = folder / "texts.txt"
    file.write_text(f"{NEW}\n{OLD}\n{USUAL}\n", "utf-8")
    out = here("market", "read", file, "--market", market, *options).out
    return [json.loads(line)["kind"] for line in out.splitlines()]


def test_it_shows_what_would_change_and_changes_nothing(market: Path) -> None:
    before = size(market)
    found = told(market)
    assert size(market) == before
    assert found["decisions"] == {"kept": 25, "dismissed": 25, "sellers": 26}
    assert found["refused"] is None
    assert found["before"]["f1"] + 0.3 < found["after"]["f1"]
    assert found["after"]["harmless"] <= found["before"]["harmless"]
    assert (found["in_force"], found["offers"]) == (None, 53)
    changes = {one["offer"]: one for one in found["changes"]}
    assert (changes["site-a/old"]["before"]["kind"], changes["site-a/old"]["after"]["kind"]) == ("waybill", "logistics")
    assert "site-a/usual" not in changes
    text = here("market", "learn", market).out
    for said in ("25 offers kept and 25 dismissed, of 26 sellers", "F1 0.", "the model alone", "Nothing was changed"):
        assert said in text
    assert "site-a/old: waybills" in text
    assert "保留 25 条" in here("market", "learn", market, "--lang", "zh").out


def test_texts_are_masked_where_they_are_told_and_are_nowhere_in_what_is_kept(market: Path) -> None:
    with open_market(market) as record:
        record.append([offer("site-a/phone", "site-a/phone", "今天刚串的冰糖串一手的，江浙沪为主 13812345678")])
    for out in (here("market", "learn", market).out, json.dumps(told(market), ensure_ascii=False)):
        assert "site-a/phone" in out
        assert "13812345678" not in out
    here("market", "learn", market, "--apply", *ACT)
    with open_market(market) as record:
        (line,) = [line for _, line in record.lines(LineKind.LEARNT)]
    body = json.dumps(line.body, ensure_ascii=False)
    assert not any("\u3400" <= char <= "\u9fff" for char in body)
    assert "site-a" not in body


def test_it_is_put_in_force_on_record_and_taken_back(market: Path, tmp_path: Path) -> None:
    alone = kinds(market, tmp_path)
    assert alone == ["other", "waybill", "waybill"]
    assert "--undo" in here("market", "learn", market, "--apply", *ACT).out
    learnt = kinds(market, tmp_path)
    assert learnt[1:] == ["logistics", "waybill"]
    found = told(market)
    assert (found["in_force"]["who"], found["in_force"]["why"], found["in_force"]["kept"]) == ("li", "new words", 25)
    assert found["in_force"]["digest"] == found["digest"]
    assert (found["refused"], found["changes"]) == ("the same is in force", [])
    with open_market(market) as record:
        lines = [(line.kind, line.who) for _, line in record.lines()][-1:]
    assert lines == [(LineKind.LEARNT, "li")]
    assert size(market) == 104
    assert "the model alone" in here("market", "learn", market, "--undo", *ACT).out
    assert kinds(market, tmp_path) == alone
    assert told(market)["in_force"] is None
    assert "The record holds" in inside("market", "verify", market).out
    with pytest.raises(NoSuchThingError):
        here("market", "learn", market, "--undo", *ACT)


def test_what_was_in_force_before_holds_again(market: Path) -> None:
    first = told(market, "--apply", *ACT)["digest"]
    with open_market(market) as record:
        for at in range(4):
            record.append(
                [offer(f"site-b/{at}", f"site-b/{at}", f"冰糖串{'甲乙丙丁'[at]}，量大"), decide(f"site-b/{at}", "kept")]
            )
    second = told(market, "--apply", *ACT)["digest"]
    assert first != second
    undone = told(market, "--undo", *ACT)
    assert (undone["taken_back"]["digest"], undone["in_force"]["digest"]) == (second, first)
    assert told(market)["in_force"]["digest"] == first


def test_looks_read_by_it_from_the_next_one_on(market: Path) -> None:
    def chat(number: int) -> bytes:
        message = {"id": number, "type": "message", "date_unixtime": str(1_790_000_000 + number), "text": OLD}
        return json.dumps({"id": 7, "messages": [message]}, ensure_ascii=False).encode()

    (market / "a.json").write_bytes(chat(1))
    bring_in(market, "group", ImportForm.TELEGRAM, [("a.json", market / "a.json")])
    with opened_watch(market) as watch:
        watch.visit(Planned(source="group", at=1))
        here("market", "learn", market, "--apply", *ACT)
        (market / "imports" / "group" / "b.json").write_bytes(chat(2))
        watch.visit(Planned(source="group", at=3))
    with open_market(market) as record:
        read = [row.kind for row in Reads(record).offers(source="group").rows]
        assert record.verify().purged == 0
    assert read == ["logistics", "logistics"], "what was read before is read again"


@pytest.mark.parametrize(
    ("states", "said"),
    [(("kept",), "13 sellers' offers are kept and 0"), (("dismissed",), "0 sellers'"), ((), "0 sellers'")],
)
def test_one_class_alone_is_not_judged(tmp_path: Path, states: tuple[str, ...], said: str) -> None:
    write_decisions(tmp_path, *states)
    found = told(tmp_path)
    assert said in found["refused"]
    assert (found["before"], found["digest"], found["changes"]) == (None, None, [])
    assert "Not to be put in force: decisions can't be judged" in here("market", "learn", tmp_path).out
    with pytest.raises(LearningError, match="can't be judged"):
        here("market", "learn", tmp_path, "--apply", *ACT)
    ran = inside("market", "learn", tmp_path, "--apply", "--lang", "zh", *ACT)
    assert (ran.code, "无法评定" in ran.err) == (3, True)


def test_decisions_that_contradict_each_other_are_told_and_left_out(market: Path) -> None:
    with open_market(market) as record:
        text = "冰糖串有的来，母婴的多"
        record.append([offer("site-z/1", "site-z/1", text.replace("，", ", ")), decide("site-z/1", "dismissed")])
    found = told(market)
    assert found["left_out"]["contradicting"] == ["site-a/kept-0", "site-z/1"]
    assert found["decisions"] == {"kept": 24, "dismissed": 25, "sellers": 26}
    assert "kept and dismissed: site-a/kept-0, site-z/1" in here("market", "learn", market).out


def test_what_only_repeats_the_model_is_refused(tmp_path: Path) -> None:
    with open_market(tmp_path) as record:
        for at in range(20):
            name = f"site-a/{at}"
            text = f"出母婴面单，带电话，第{at}批" if at % 2 else f"明天开会，请带第{at}号文件"
            record.append([offer(name, name, text), decide(name, "kept" if at % 2 else "dismissed")])
    assert "no better" in told(tmp_path)["refused"]


def test_a_decision_is_on_the_text_that_stood_there_then(market: Path) -> None:
    before = told(market)
    with open_market(market) as record:
        record.append([offer("site-a/kept-0", "site-a/k0", "明天开会", START + 2 * DAY)])
    assert told(market)["digest"] == before["digest"]


def test_what_was_learnt_beside_another_model_is_not_used_and_said(
    market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here("market", "learn", market, "--apply", *ACT)
    monkeypatch.setattr("wayseal.market.reading.learning.built_in_digest", lambda: "another")
    assert kinds(market, tmp_path) == ["other", "waybill", "waybill"]
    assert told(market)["outdated"]
    assert "isn't used" in here("market", "learn", market).out
    (market / "sources").mkdir()
    assert "isn't used" in here("market", "look", market).err
    here("market", "learn", market, "--undo", *ACT)
    assert "isn't used" not in here("market", "look", market).err


def test_two_who_put_something_in_force_at_once(market: Path) -> None:
    with open_market(market) as record:
        taught = learning.teach(record, lambda *_: None)
        learning.put_in_force(record, taught, who="li", why="new words", at=START)
        with pytest.raises(OvertakenError):
            learning.put_in_force(record, taught, who="wang", why="new words", at=START)


def test_a_line_that_is_not_what_was_learnt_is_named(market: Path) -> None:
    body = {"digest": "0", "base": "0", "places": "AAAA", "weights": "AAA="}
    with open_market(market) as record:
        record.append([Line(kind=LineKind.LEARNT, at=START, body=body, who="li", why="by hand")])
    with pytest.raises(MarketError, match="not what was written"):
        here("market", "learn", market)


@pytest.mark.parametrize("options", [("--apply",), ("--undo", "--who", "li"), ("--apply", "--undo", *ACT)])
def test_acts_need_who_and_why(market: Path, options: tuple[str, ...]) -> None:
    ran = inside("market", "learn", market, *options)
    assert ran.code == 2
    assert size(market) == 103
