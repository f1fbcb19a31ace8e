"""Rules 1 to 4 of the record, on both databases."""

import multiprocessing
import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from tests.market.log.lines_of import DAY, START, WAYBILL, act, capture, looked, offered, shop, whole
from wayseal.market.errors import MarketError, NoSuchThingError, RecordChangedError, RecordError
from wayseal.market.log import Line, LineKind, Market, open_market
from wayseal.market.log.reads import Reads
from wayseal.merkle import Checkpoint, SigningKey, verify_inclusion
from wayseal.merkle.hashing import leaf_hash


def test_all_kinds_are_recorded_and_verified(market: Market) -> None:
    lines = whole()
    assert {line.kind for line in lines} == set(LineKind) - {LineKind.PURGED}
    for start in range(0, len(lines), 5):
        market.append(lines[start : start + 5])
    assert market.verify().lines == market.size() == len(lines)
    assert [line for _, line in market.lines()] == lines
    assert [seq for seq, _ in market.lines(LineKind.LOOKED)] == [7, 10, 31]


def test_a_come_back_goes_with_its_offer_to_another_seller(market: Market) -> None:
    market.append(whole())
    sellers = {"a": "seller-2", "b": "seller-2"}
    market.append([Line(kind=LineKind.LINKED, at=START + 2 * DAY, body={"links": [], "sellers": sellers})])
    seller = Reads(market).seller("seller-2")
    assert (seller.row.backs, [one.seller for one in seller.backs]) == (1, ["seller-2"])
    market.verify()


def test_pages_are_told_what_lines_say(market: Market) -> None:
    market.append(whole())
    reads = Reads(market)
    (source,) = reads.sources()
    assert (source.planned, source.made, source.sight, source.hindrance) == (3, 2, "unseen", "captcha")
    assert (source.seen_at, source.unseen_since, source.offers) == (START + DAY, START + 2 * DAY, 1)
    page = reads.offers(limit=2)
    assert [row.offer for row in page.rows] == ["c", "b"]
    assert [row.offer for row in reads.offers(limit=2, after=page.after).rows] == ["a"]
    assert [row.offer for row in reads.offers(flagged=True, state="new").rows] == ["b", "a"]
    assert [row.offer for row in reads.offers(ours=True).rows] == ["b"]
    view = reads.offer("b")
    assert [(one.waybill, one.canary) for one in view.numbers] == [(WAYBILL, True)]
    assert view.capture is not None
    assert view.capture.size == 1001
    assert (reads.offer("c").row.state, reads.offer("c").decided_by) == ("dismissed", "li")
    assert reads.offer("a").row.gone_at == START + DAY
    seller = reads.seller("seller-1")
    assert [one.shop for one in seller.shops] == ["site-a/1", "site-b/9"]
    assert [one.signal for one in seller.links] == ["handle"]
    assert (seller.row.offers, seller.row.backs, seller.row.ours) == (2, 1, 1)
    assert [one.word for one in seller.judged] == ["split", "joined"]
    assert [one.word for one in reads.judged()] == ["joined"]
    assert [one.seller for one in reads.sellers().rows] == ["seller-1"]
    gone, withdrawn = (reads.request(one) for one in ("R1", "R2"))
    assert (gone.outcome, gone.settled_at, gone.unheard, len(gone.acts)) == ("removed", START + 2 * DAY, 0, 6)
    assert (withdrawn.outcome, withdrawn.asked.target) == ("withdrawn", "site-b/9")
    assert {one.id for one in reads.requests()} == {"R1", "R2"}
    assert reads.requests(open_only=True) == ()
    assert reads.words() == (("面当", "waybill", "面单"),)
    *_, week = reads.weeks(START + 3 * DAY)
    assert week.offers == {"waybill": 2, "logistics": 1}
    assert week.prices == {"number": (1.5,)}
    assert (week.routes, week.freshness, week.backs) == ((("广东→", 1),), {"realtime": 1}, 1)
    totals = reads.totals()
    assert (totals.sources, totals.unseen, totals.waiting, totals.ours, totals.backs) == (1, 1, 2, 1, 1)


def test_an_offer_that_changed_keeps_what_was_decided(market: Market) -> None:
    market.append([offered("a"), act(LineKind.TRIAGED, offer="a", state="kept"), offered("a", START + DAY, text="new")])
    view = Reads(market).offer("a")
    assert (view.row.text, view.row.state, view.versions, view.row.first_at) == ("new", "kept", 2, START)
    market.verify()


def test_lines_are_proved_by_the_signed_root_alone(market: Market) -> None:
    market.append([offered(f"o{number}") for number in range(700)])
    key = SigningKey(name="watch", seed=bytes(32))
    checkpoint, _ = Checkpoint.open(market.checkpoint(key).encode(), [key.verify_key])
    proof = market.prove(512)
    assert (checkpoint.size, checkpoint.root) == (proof.size, proof.root)
    leaf = leaf_hash(proof.text.encode())
    assert verify_inclusion(leaf, proof.seq, proof.size, list(proof.path), proof.root)
    assert not verify_inclusion(leaf, proof.seq + 1, proof.size, list(proof.path), proof.root)


def test_retention_takes_texts_and_leaves_leaves(market: Market) -> None:
    market.append(whole())
    before = market.prove(0).size
    assert market.purge(START + 9 * DAY, [f"{1:064x}"], ["b"]) == 2
    found = market.verify()
    assert (found.lines, found.purged) == (before + 1, 2)
    with pytest.raises(NoSuchThingError):
        Reads(market).offer("b")
    with pytest.raises(NoSuchThingError):
        market.prove(4)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE market_lines SET content=replace(content, '面单', '面蛋') WHERE seq=3",
        "UPDATE market_lines SET content=replace(content, '\"seq\":3', '\"seq\":4') WHERE seq=3",
        "UPDATE market_lines SET kind='looked' WHERE seq=3",
        "UPDATE market_offers SET state='dismissed' WHERE offer='a'",
        "DELETE FROM market_numbers",
        "INSERT INTO market_words VALUES ('x', 'waybill', '', 'accepted', 'me', 0, '')",
        "DELETE FROM market_lines WHERE seq=5",
        "DELETE FROM market_nodes WHERE place=5",
        "UPDATE market_nodes SET hash=(SELECT hash FROM market_nodes WHERE place=1) WHERE place=2",
    ],
)
def test_whatever_was_changed_is_found(tmp_path: Path, change: str) -> None:
    with open_market(tmp_path) as market:
        market.append(whole())
        market.verify()
        raw = sqlite3.connect(tmp_path / "market.sqlite")
        raw.execute(change)
        raw.commit()
        raw.close()
        with pytest.raises(RecordChangedError):
            market.verify()


def test_tables_of_another_version_are_made_anew(tmp_path: Path) -> None:
    with open_market(tmp_path) as market:
        market.append(whole())
    raw = sqlite3.connect(tmp_path / "market.sqlite")
    raw.executescript("UPDATE market_state SET version=0; DROP TABLE market_offers; DELETE FROM market_shops")
    raw.close()
    with open_market(tmp_path) as market:
        assert market.verify().lines == len(whole())


def test_what_cannot_be_recorded_leaves_nothing(market: Market) -> None:
    with pytest.raises(RecordError, match="why"):
        Line(kind=LineKind.TRIAGED, at=START, body={}, who="li")
    with pytest.raises(RecordError):
        market.append([shop("site-a/1", "seen"), Line(kind=LineKind.SHOP, at=START, body={"x": float("nan")})])
    with pytest.raises(RecordError, match="after"):
        Reads(market).offers(after="1 OR 1=1")
    assert market.size() == 0
    assert Reads(market).shops() == ()


def test_no_database_is_told_without_a_value(tmp_path: Path) -> None:
    (tmp_path / "market.sqlite").write_text("13800000000 is not a database, and is long enough to be one" * 100)
    with pytest.raises(MarketError) as caught, open_market(tmp_path):
        pass
    assert "13800000000" not in str(caught.value)


def write_on(folder: Path, told: Path) -> None:
    """Records until it is killed, and says what was acknowledged."""
    with open_market(folder) as market, told.open("a") as out:
        while True:
            (seq, _) = market.append([Line(kind=LineKind.CAPTURED, at=START, body=capture(market.size())), looked([])])
            out.write(f"{seq}\n")
            out.flush()


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    for round_ in range(15):
        told = tmp_path / f"told-{round_}"
        process = spawn.Process(target=write_on, args=(tmp_path, told))
        process.start()
        while not (told.exists() and told.stat().st_size > 2 * round_):
            time.sleep(0.002)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        last = int(told.read_text().rpartition("\n")[0].split("\n")[-1])
        with open_market(tmp_path) as market:
            assert market.size() >= last + 2
            market.verify()
