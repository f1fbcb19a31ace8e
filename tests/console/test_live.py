"""What is live, and what stops an account: states of the watch, notices, and who may do what about blocks."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.console.browsing import Visitor, served
from tests.console.casework import Bench, said, send
from tests.console.world import HOUR, World
from wayseal.console import Role
from wayseal.live.blocks import Blocks, Rule, blocks_folder
from wayseal.live.notices import open_notices
from wayseal.live.types import Notice, NoticeKind, Reason, TippingRead
from wayseal.model.times import iso

FORM = {"measure": "step_up", "lasts": "2", "why": "pulls at night"}
REASONS = (
    Reason(detector="unexplained_first_reads", value=66, usual=2),
    Reason(detector="before_pickup", value=1, usual=4),
)


def notice(world: World, id_: str, kind: NoticeKind = NoticeKind.RAISED, *, raised: str = "", n: int = 1) -> Notice:
    """A notice of courier-7."""
    tipped = TippingRead(waybill="YT0000000000007", at=world.clock.at, number=n)
    return Notice(
        id=id_, kind=kind, at=world.clock.at, day=20_000, actor="courier-7", probability=0.993, reasons=REASONS,
        tipped_by=tipped, limits="a" * 16, raised=raised,
    )  # fmt: skip


def tell(world: World, *notices: Notice) -> Blocks:
    """What a watch writes beside the ledger; its blocks."""
    assert world.site.cases is not None
    folder = blocks_folder(world.site.cases.folder.parent)
    folder.mkdir(exist_ok=True)
    with open_notices(folder) as record:
        record.add(notices)
    status = {
        "wayseal": 1, "at": iso(world.clock.at), "source": "file:reads.jsonl", "running": True, "events": 1_200,
        "in_ledger": 200, "rate": 312.4, "rates": [0.0, 300.0, 312.4], "stream_time": iso(world.clock.at - 12_000_000),
        "limits": "a" * 16, "limits_at": iso(world.clock.at - 3 * HOUR * 1_000_000), "counted": {},
        "rejected": {"not-json": 3}, "notices": len(notices),
        "newest": {"id": "x", "kind": "raised", "at": iso(world.clock.at)},
        "holes": [{"gateway": "gw-1", "epoch": 1, "first": 10, "last": 19}], "waiting": {"acts": 0, "mail-1": 2},
    }  # fmt: skip
    (folder / "status.json").write_text(json.dumps(status))
    return Blocks(folder, clock=world.clock)


def test_without_a_watch_the_page_says_how_to_start_one(bench: Bench) -> None:
    page = said(bench.browser("ann").get("/live"))
    assert "wayseal watch LEDGER --source file:reads.jsonl" in page
    assert "No account is blocked." in page
    assert "events a second" not in said(bench.browser("ann").get("/"))


def test_a_watch_that_runs_stands_still_ended_or_cant_be_read(bench: Bench) -> None:
    ann, status = bench.browser("ann"), blocks_folder(bench.folder.parent) / "status.json"
    tell(bench.world)
    page = said(ann.get("/live"))
    for words in (
        "runs file:reads.jsonl",
        "312",
        "1,000 events",
        "10 3 lines rejected",
        "3 h old",
        "gw-1 10–19",
        "not-json 3",
    ):
        assert words in page, words
    assert "2 notices wait for mail-1" in page
    assert "312 events a second" in said(ann.get("/"))
    bench.world.clock.sleep(11)
    assert "The watch has stopped: nothing was heard of it since" in said(ann.get("/live"))
    assert "The watch stands still since" in said(ann.get("/"))
    status.write_text(status.read_text().replace('"running": true', '"running": false'))
    assert "The watch was ended at" in said(ann.get("/live"))
    for damaged in ("{", "[]", "{}", '{"at": 3}'):
        status.write_text(damaged)
        answer = ann.get("/live")
        assert answer.status_code == 200
        assert "can't be read" in said(answer), damaged
        assert ann.get("/").status_code == 200


def test_whatever_stands_in_the_status_no_page_fails(bench: Bench) -> None:
    ann, status = bench.browser("ann"), blocks_folder(bench.folder.parent) / "status.json"
    tell(bench.world)
    whole = json.loads(status.read_text())
    values = (None, "x", -1, 1e400, [1], {"a": "b"}, "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "<script>")
    for key in whole:
        for value in values:
            status.write_text(json.dumps({**whole, key: value}))
            for path in ("/live", "/"):
                assert ann.get(path).status_code == 200, (key, value, path)


def test_a_notice_tells_counts_and_peers_and_no_name(bench: Bench) -> None:
    case = bench.alert("courier-7")
    bench.world.person("zhang", Role.AUDITOR)
    tell(bench.world, notice(bench.world, "n1"), notice(bench.world, "n2", NoticeKind.CHANGED, raised="n1", n=2))
    page, name = bench.browser("ann").get("/live"), bench.cases.pseudonyms.of("courier-7")
    assert "Unexplained first reads: 66, 19 of 20 peers have up to 2 a day" in said(page)
    assert "Before pickup: 1" not in said(page)
    for shown in (f'href="/accounts/{name}"', "YT0000000000007", f"/cases/{case}?block=1", "it grew"):
        assert shown in page.text, shown
    auditor = bench.browser("zhang").get("/live")
    assert name in auditor.text
    for hidden_ in ("YT0000000000007", f"/cases/{case}", f"/accounts/{name}", '<form method="post" action="/live'):
        assert hidden_ not in auditor.text, hidden_
    assert "courier-7" not in page.text + auditor.text
    tell(bench.world, notice(bench.world, "n3", NoticeKind.WITHDRAWN, raised="n1", n=3))
    page = bench.browser("ann").get("/live")
    assert "Withdrawn" in said(page)
    assert "<s>" in page.text
    assert "block=1" not in page.text


def test_a_record_that_was_changed_is_told_and_the_rest_is_shown(bench: Bench) -> None:
    tell(bench.world, notice(bench.world, "n1"))
    record = blocks_folder(bench.folder.parent) / "notices.jsonl"
    record.write_bytes(record.read_bytes().replace(b"0.993", b"0.003"))
    page = said(bench.browser("ann").get("/live"))
    assert "the record of notices was changed" in page
    assert "file:reads.jsonl" in page
    (record.parent / "blocks.jsonl").write_text("{}\n")
    assert "the record of blocks was changed" in said(bench.browser("ann").get("/live"))


def test_an_account_is_blocked_from_its_case_and_lifted_with_a_reason(bench: Bench) -> None:
    case, other = bench.alert("courier-7"), bench.alert("clerk-9")
    blocks, ann = tell(bench.world, notice(bench.world, "n1")), bench.browser("ann")
    name = bench.cases.pseudonyms.of("courier-7")
    for wrong, told in (
        ({"account": "courier-7"}, "has no such thing of its own"),
        ({"why": ""}, "one line of up to 500 characters"),
        ({"measure": "shout"}, "is one of step_up, slow_down, block"),
        ({"lasts": "9999"}, "choose one of the list"),
    ):
        assert told in said(send(ann, f"/cases/{case}/block", **({"account": name} | FORM | wrong))), wrong
    away = bench.cases.pseudonyms.of("clerk-9")
    assert "the ledger has no read of this account" in said(send(ann, f"/cases/{other}/block", account=away, **FORM))
    assert not blocks.state().added
    page = send(ann, f"/cases/{case}/block", account=name, **FORM)
    (one,) = blocks.state().standing(bench.now)
    assert (one.entry.actor, one.entry.case, one.who, one.entry.reason) == ("courier-7", case, "ann", "pulls at night")
    assert one.entry.until - one.entry.since == pytest.approx(2 * HOUR * 1_000_000, abs=1_000)
    for place in (page, ann.get(f"/accounts/{name}"), ann.get("/live")):
        assert "pulls at night" in said(place)
        assert "courier-7" not in place.text
    assert "nobody may be stopped" in said(ann.get("/live"))
    blocks.enforced("gw-1", 0, "open", who="gw-1")
    assert "enforces version 0, 1 behind" in said(ann.get("/live"))
    assert "one line of up to" in said(send(ann, "/live/blocks/b-1/lift", why=" "))
    assert "there is no such entry" in said(send(ann, "/live/blocks/b-7/lift", why="x"))
    assert "lifted" in said(send(ann, "/live/blocks/b-1/lift", why="helped out"))
    assert blocks.state().lifted["b-1"].who == "ann"
    assert not blocks.state().standing(bench.now)


def test_a_rule_takes_an_investigator_who_did_not_propose_it(bench: Bench) -> None:
    bench.world.person("dai", Role.INVESTIGATOR)
    blocks, chen = tell(bench.world, notice(bench.world, "n1")), bench.browser("chen")
    rule = {"rule": "pulls", "least": "95", "detector": "", "measure": "slow_down", "lasts": "2", "most": "50"}
    assert "choose one of the list" in said(send(chen, "/live/rules", **rule | {"detector": "nobody"}))
    assert "needs to be above 0" in said(send(chen, "/live/rules", **rule | {"most": "x"}))
    assert "waits for a second person" in said(send(chen, "/live/rules", **rule))
    assert "never who proposed it" in said(send(chen, "/live/rules/agree", rule="pulls"))
    assert bench.browser("ann").post("/live/rules/agree", data={"rule": "pulls"}).status_code == 403
    dai = bench.browser("dai")
    bench.world.clock.sleep(6 * 60)
    assert dai.post("/live/rules/agree", data={"rule": "pulls"}).status_code == 401
    dai = bench.browser("dai")
    assert "agreed by dai" in said(send(dai, "/live/rules/agree", rule="pulls"))
    tell(bench.world)
    blocks.act_on(replace(notice(bench.world, "n9"), at=bench.now))
    page = said(bench.browser("ann").get("/live"))
    assert "Unexplained first reads · Before pickup" in page
    assert "rule pulls" in page
    ann = bench.browser("ann")
    assert "one line of up to" in said(send(ann, "/live/rules/off", rule="pulls", why=""))
    send(ann, "/live/rules/off", rule="pulls", why="a new hub", lift="1")
    assert not blocks.state().rules
    assert not blocks.state().standing(bench.now)


def test_without_a_ledger_nothing_is_live(bench: Bench) -> None:
    bench.world.site = replace(bench.world.site, live=None)
    bench.world._app = None
    ann = bench.browser("ann")
    assert "wayseal watch LEDGER" in said(ann.get("/live"))
    assert "no ledger is set" in said(send(ann, "/live/blocks/b-1/lift", why="x"))


def test_the_box_finds_the_page(bench: Bench) -> None:
    assert 'href="/live"' in bench.browser("ann").get("/search?q=实时").text


def test_rules_of_the_record_and_of_the_page_agree(bench: Bench, tmp_path: Path) -> None:
    """What the command made the page shows."""
    blocks = tell(bench.world)
    blocks.propose_rule(Rule(name="by / hand", least=0.9, minutes=90, detectors=("before_pickup",)), who="Li, audit")
    page = said(bench.browser("ann").get("/live"))
    assert "by / hand" in page
    assert "from 90% on · Before pickup → step-up for 1.5 h" in page


@pytest.mark.once
def test_the_page_renews_itself_and_takes_nothing_from_under_somebodys_hands(bench: Bench, chromium: Any) -> None:
    case = bench.alert("courier-7")
    blocks = tell(bench.world, notice(bench.world, "n1"))
    with served(bench.world) as base:
        ann = Visitor(chromium, f"{base}/live", "en-US")
        ann.sign_in(bench.world, "ann")
        ann.wait(f'#now a[href="/cases/{case}?block=1#block"]')
        ann.check()
        blocks.add(
            actor="courier-7", measure="block", reason="sells", case=case, until=bench.now + HOUR * 10**6, who="bo"
        )
        ann.wait("#now .measure.block")
        ann.click(".blocks .deed summary", ".blocks .deed[open] input[name=why]")
        ann.fill(".blocks .deed[open] input[name=why]", "helped")
        blocks.enforced("gw-1", 0, "open", who="gw-1")
        ann.page.wait_for_timeout(5_500)
        assert ann.page.input_value(".blocks .deed[open] input[name=why]") == "helped"
        ann.check()
        ann.page.keyboard.press("Enter")
        ann.wait("#blocks ~ .empty")
        assert ann.complaints == []
        ann.context.close()
    assert blocks.state().lifted["b-1"].why == "helped"
