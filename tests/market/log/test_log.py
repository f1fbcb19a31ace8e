"""Rules 1 to 3, 5 and 6: lines, their tree, their tables."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.market.log.making import HOUR, NOW, capture, entry, listing, look, reading, record, some
from wayseal.market.errors import EntryError, RecordError
from wayseal.market.log import Entry, EntryKind, Market, open_market, rebuild, verify
from wayseal.market.log.entries import captured, looked, offer_id, offered
from wayseal.market.removals.types import Outcome
from wayseal.market.sellers import Join
from wayseal.market.types import HandleKind, Sight
from wayseal.market.watch.types import News, Policy, State
from wayseal.merkle import SigningKey, verify_consistency

KEY = SigningKey(name="market", seed=b"k" * 32)
Place = tuple[Path, str | None, Market]
OFFER: dict[str, Any] = {"offer": "o", "capture": "c", "listing": {}, "reading": {}}


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with record(request.param, tmp_path) as made:
        yield made


def test_tables_are_what_lines_come_to(place: Place) -> None:
    folder, url, market = place
    rng = random.Random(2)
    for _ in range(4):
        entries = some(rng)
        rng.shuffle(entries)
        numbers = market.append(entries)
        assert [line.entry for line in market.lines(numbers.start)] == entries, "and what is read is what was written"
    found = verify(folder, url=url)
    assert found.sound, found.faults
    assert found.size == market.size() == 1 + 4 * len(some(rng))
    tables = market.ask("SELECT * FROM market_offers ORDER BY offer")
    assert rebuild(folder, url=url) == found.size
    assert market.ask("SELECT * FROM market_offers ORDER BY offer") == tables
    assert verify(folder, url=url) == found


def test_a_tree_that_grows_line_by_line_is_that_of_all(tmp_path: Path) -> None:
    sizes = [1, 254, 2, 1, 255, 300, 7]
    with record("sqlite", tmp_path) as (folder, _, market):
        roots = []
        for size in sizes:
            market.append([entry(EntryKind.TOLD, notice="n", key=f"{size}-{n}") for n in range(size)])
            roots.append((market.size(), market.prove(0).root))
        found = verify(folder)
        assert found.sound
        assert found.root == roots[-1][1]
        for old, root in roots[:-1]:
            assert verify_consistency(old, root, found.size, found.root, market.prove_growth(old))


def test_a_capture_is_proved_and_nothing_else_is(place: Place) -> None:
    _, _, market = place
    market.append([captured(capture(n), "market") for n in range(40)])
    note = market.sign(KEY).encode()
    keys = [KEY.verify_key]
    proof = market.prove_capture(capture(17).id)
    assert proof.holds(note, keys)
    assert capture(17).id in proof.line
    market.append([captured(capture(99), "market")])
    assert not market.prove_capture(capture(17).id).holds(note, keys), "a proof for another tree"
    assert market.prove_capture(capture(17).id, proof.size).holds(note, keys)
    with pytest.raises(RecordError, match="no such capture"):
        market.prove_capture("0")


@pytest.mark.parametrize(
    "bad",
    [
        entry(EntryKind.TRIAGED, offer="o", verdict="x"),
        entry(EntryKind.TRIAGED, offer=1, verdict="x", note=""),
        entry(EntryKind.UNDONE, line=True),
        entry(EntryKind.TOLD, notice="n", key="k", more=float("nan")),
        entry(EntryKind.TOLD, notice="n", key="k", more=1 << 63),
        entry(EntryKind.TOLD, notice="n", key="k", more=(1, 2)),
        entry(EntryKind.TOLD, notice="n", key="k", more={1: 2}),
        entry(EntryKind.TOLD, notice="n", key="k" * (1 << 22)),
        entry(EntryKind.PURGED, lines=[1], why="x"),
        entry(EntryKind.BEGUN, origin="x", version=1),
        entry(
            EntryKind.OFFERED, offer="o", capture="c", at=1, listing={}, reading={}, handles=[["x", "y"]], pictures=[]
        ),
        entry(
            EntryKind.OFFERED, offer="o", capture="c", at=1, listing={}, reading={}, handles=[], pictures=[["z", "0"]]
        ),
    ],
)
def test_what_cannot_be_a_line_is_refused_whole(tmp_path: Path, bad: Entry) -> None:
    with record("sqlite", tmp_path) as (folder, _, market):
        with pytest.raises(EntryError) as caught:
            market.append([entry(EntryKind.TOLD, notice="n", key="first"), bad])
        assert market.size() == 1
        assert caught.value.__cause__ is None
        assert verify(folder).sound


def test_what_was_offered_is_linked_and_what_was_purged_is_gone(place: Place) -> None:
    folder, url, market = place
    old = offered(listing("old", text="旧消息 私密文本"), reading("handle-old"), (), capture(1).id, NOW, "market")
    new = offered(listing("k1"), reading("handle-new"), (), capture(2).id, NOW, "market")
    market.append([old, new, entry(EntryKind.TRIAGED, offer=old.body["offer"], verdict="harmless", note="")])
    market.append([looked(look(NOW + 9 * HOUR, Sight.SEEN), "page", "market")])
    found = {offer.id: offer for offer in market.offers_to_link()}
    kept = found[offer_id("forum", "k1")]
    assert (kept.at, kept.last_at, kept.shop) == (NOW, NOW + 9 * HOUR, "forum/s1")
    assert [(handle.kind, handle.value) for handle in kept.handles] == [(HandleKind.QQ, "handle-new")]
    before = verify(folder, url=url)
    market.sign(KEY)
    assert market.purge(NOW + HOUR, at=NOW + 10 * HOUR, who="retention", why="one year") == 1
    assert [offer.id for offer in market.offers_to_link()] == [kept.id]
    after = verify(folder, url=url, keys=[KEY.verify_key])
    assert after.sound, after.faults
    assert (after.purged, after.size, after.checkpoints) == (1, before.size + 1, 1)
    assert "handle-old" not in str(market.lines())
    with pytest.raises(RecordError, match="no such line"):
        market.prove(1)
    if url is None:
        assert b"handle-old" not in b"".join(path.read_bytes() for path in folder.iterdir())
    market.append([old])
    assert verify(folder, url=url).sound, "and it may come again"


def test_words_can_be_taken_back(tmp_path: Path) -> None:
    with record("sqlite", tmp_path) as (_, _, market):
        said = market.append([entry(EntryKind.JOINED, a="x", b="y"), entry(EntryKind.SPLIT, a="x", b="z")])
        market.append([entry(EntryKind.UNDONE, line=said[1])])
        assert market.words() == [Join(a="x", b="y")]


def test_states_and_requests_come_out_of_lines(tmp_path: Path) -> None:
    with record("sqlite", tmp_path) as (_, _, market):
        asked: dict[str, Any] = {
            "source": "forum",
            "target": "s1",
            "url": "u",
            "address": "a",
            "rule": "express",
            "lang": "zh",
        }
        market.append([looked(look(NOW, Sight.SEEN), "page", "market")])
        market.append([entry(EntryKind.ASKED_REMOVAL, request="r", captures=["c"], **asked)])
        for hours, way in ((1, "page"), (4, "list"), (9, "page")):
            market.append([looked(look(NOW + hours * HOUR, Sight.GONE), way, "market")])
        market.append([entry(EntryKind.REMOVED, at=NOW + 9 * HOUR, request="r", captures=[])])
        targets, notices = market.targets(Policy())
        assert targets["forum", "s1"].state is State.REMOVED
        assert [notice.news for notice in notices] == [News.REMOVED]
        (request,) = market.requests()
        assert (request.outcome, request.settled_at) == (Outcome.REMOVED, NOW + 9 * HOUR)


KILLED = """
import sys
from pathlib import Path
from wayseal.market.log import Entry, EntryKind, open_market
with open_market(Path(sys.argv[1]), new=False) as market:
    while True:
        told = [Entry(at=1, kind=EntryKind.TOLD, who="x", body={"notice": "n", "key": str(n)}) for n in range(3)]
        print(market.append(told).stop, flush=True)
"""


def test_whoever_is_killed_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    with record("sqlite", tmp_path) as (folder, _, market):
        size = market.size()
        for turn in range(5):
            writers = [
                subprocess.Popen([sys.executable, "-c", KILLED, folder], stdout=subprocess.PIPE) for _ in range(4)
            ]
            for writer in writers:
                assert writer.stdout is not None
                writer.stdout.readline()
            time.sleep(0.005 * turn)
            told = size
            for writer in writers:
                writer.send_signal(signal.SIGKILL)
                with writer:
                    assert writer.stdout is not None
                    told = max([told, *(int(line) for line in writer.stdout.read().splitlines() if line.isdigit())])
            found = verify(folder)
            assert found.sound, found.faults
            assert (found.size - 1) % 3 == 0, "whole or not at all"
            assert found.size >= told, "what was acknowledged is there"
            size = found.size
        assert size >= 1 + 3 * 20


def test_there_must_be_a_record(tmp_path: Path) -> None:
    for ask in (lambda: verify(tmp_path), lambda: rebuild(tmp_path)):
        with pytest.raises(RecordError, match="no record"):
            ask()
    with pytest.raises(RecordError, match="no record"), open_market(tmp_path / "x", new=False):
        pass
    (tmp_path / "market.db").write_bytes(b"something else altogether, and long enough" * 20)
    with pytest.raises(RecordError, match="no record"), open_market(tmp_path):
        pass
