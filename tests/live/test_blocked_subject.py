"""The list of blocked accounts on a subject of a real server of NATS (`wayseal.live._blocked_subject`)."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import messages_of
from tests.live.brokers import Broker, ask_nats, free_port, nats_server
from tests.live.test_blocks_http import put
from tests.tables import each
from wayseal.live._blocked_subject import BlockedSubject
from wayseal.live.blocks import Blocks
from wayseal.live.errors import WatchSettingsError
from wayseal.model.messages import Message
from wayseal.store.blocked import BlockedList, Entry, Measure, read_blocked

STREAM, SUBJECT = "BLOCKED", "wayseal.blocked"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Broker]:
    (tmp_path / "nats").mkdir()
    with nats_server(tmp_path / "nats", "max_payload: 4096") as broker:
        yield broker


@pytest.fixture
def blocks(tmp_path: Path) -> Blocks:
    made = Blocks(tmp_path / "live")
    made.sync()
    return made


def make(server: Broker, **more: Any) -> None:
    subjects = [SUBJECT, f"{SUBJECT}.changes"]
    ask_nats(server, lambda stream: stream.add_stream(name=STREAM, subjects=subjects, **more))


def subject_of(server: Broker, blocks: Blocks, said: list[str] | None = None) -> BlockedSubject:
    def say(message: Message) -> None:
        if said is not None:
            said.append(message.text)

    return BlockedSubject(f"nats://{server.address}/{SUBJECT}", blocks.file, say)


def got(server: Broker) -> list[dict[str, Any]]:
    return [json.loads(body) for _id, body in messages_of(f"nats://{server.address}", STREAM)]


def until(there: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not there():
        assert time.monotonic() < end
        time.sleep(0.02)


def changes(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if "entries" not in one]


def test_whole_copy_first_then_what_changed(server: Broker, blocks: Blocks, tmp_path: Path) -> None:
    make(server)
    with subject_of(server, blocks).telling():
        until(lambda: len(got(server)) == 2)
        put(Blocks(tmp_path / "live"), "u-1")
        until(lambda: len(got(server)) == 4)
        put(blocks, "u-2", "step_up")
        until(lambda: len(got(server)) == 6)
        blocks.lift(["b-1"], who="Wang", why="w")
    found = got(server)
    whole = [one for one in found if "entries" in one]
    assert [one["version"] for one in whole] == [0, 1, 2, 3]
    assert whole[-1] == json.loads(blocks.file.read_bytes())
    heads = [{name: one[name] for name in ("version", "at")} for one in whole]
    assert [one["before"] for one in changes(found)] == [None, *heads[:-1]]
    held: dict[str, Any] = {}
    for change, copy in zip(changes(found), whole, strict=True):
        held = {id_: one for id_, one in held.items() if id_ not in change.get("removed", [])}
        held |= {one["id"]: one for one in change.get("added", [])}
        assert list(held.values()) == copy["entries"]


def test_who_comes_late_gets_the_newest_copy_at_once(server: Broker, blocks: Blocks) -> None:
    make(server, max_msgs_per_subject=1)
    put(blocks, "u-1")
    with subject_of(server, blocks).telling():
        until(lambda: len(got(server)) == 2)
        put(blocks, "u-2")
    newest = ask_nats(server, lambda stream: stream.get_last_msg(STREAM, SUBJECT))
    assert newest.data == blocks.file.read_bytes()
    with subject_of(server, blocks).telling():
        pass
    assert [one.get("before", "whole") for one in got(server)] == ["whole", None]


def test_a_broker_that_is_away_holds_nobody_up_and_is_caught_up_with(server: Broker, blocks: Blocks) -> None:
    make(server)
    said: list[str] = []
    with subject_of(server, blocks, said).telling():
        until(lambda: len(got(server)) == 2)
        server.kill()
        for number in range(3):
            put(blocks, f"u-{number}")
            assert read_blocked(blocks.file).version == number + 1
            until(lambda: said)
        blocks.lift(["b-2"], who="Wang", why="w")
        server.start()
        until(lambda: len(said) == 2)
    last = changes(got(server))[-1]
    assert (last["before"]["version"], last["version"], last["removed"]) == (0, 4, [])
    assert [one["id"] for one in last["added"]] == ["b-1", "b-3"]
    assert ["doesn't answer" in one for one in said] == [True, False]


def test_without_a_stream_it_waits(server: Broker, blocks: Blocks) -> None:
    said: list[str] = []
    with subject_of(server, blocks, said).telling():
        until(lambda: said)
        make(server)
        until(lambda: len(said) == 2)
    assert [one["version"] for one in got(server)] == [0, 0]


def test_a_list_that_is_larger_than_the_broker_takes_is_to_be_fetched(server: Broker, blocks: Blocks) -> None:
    make(server)
    for number in range(30):
        put(blocks, f"u-{number}")
    with subject_of(server, blocks).telling():
        until(lambda: len(got(server)) == 2)
        put(blocks, "u-30")
    heads = [{key: one[key] for key in one if key != "at"} for one in got(server)]
    head = {"wayseal": 1, "before": None, "version": 30}
    assert heads[:3] == [head, head, head | {"version": 31}]
    assert [one["actor"] for one in heads[3]["added"]] == ["u-30"]


def test_secrets_that_cannot_be_read_are_said(
    server: Broker, blocks: Blocks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(server)
    monkeypatch.setenv("WAYSEAL_NATS_CREDS", str(tmp_path / "none"))
    said: list[str] = []
    with subject_of(server, blocks, said).telling():
        until(lambda: said)
        monkeypatch.delenv("WAYSEAL_NATS_CREDS")
        until(lambda: len(said) == 2)
    assert len(got(server)) == 2


def test_nobody_who_is_not_there_is_waited_for_at_the_end(blocks: Blocks) -> None:
    subject = BlockedSubject(f"nats://127.0.0.1:{free_port()}/{SUBJECT}", blocks.file, lambda _message: None)
    began = time.monotonic()
    with subject.telling():
        put(blocks, "u-1")
    assert time.monotonic() - began < 10


def test_what_changed_goes_by_entries() -> None:
    def entry(number: int) -> Entry:
        return Entry(id=f"b-{number}", actor="u", measure=Measure.BLOCK, since=0, until=1, reason="r", case="c")

    one = BlockedList(version=0, at=0, entries=(entry(1), entry(2)))
    two = BlockedList(version=4, at=5, entries=(entry(2), entry(3)))
    found = json.loads(two.changes(one))
    assert (found["before"]["version"], found["version"], found["removed"]) == (0, 4, ["b-1"])
    assert [made["id"] for made in found["added"]] == ["b-3"]


@each(
    ["url"],
    [
        ("nats://127.0.0.1:4222",),
        ("nats://127.0.0.1:4222/",),
        ("nats:///wayseal.blocked",),
        ("nats://me:secret@127.0.0.1:4222/wayseal.blocked",),
        ("nats://127.0.0.1:4222/wayseal.>",),
        ("nats://127.0.0.1:4222/wayseal..blocked",),
        ("nats://127.0.0.1:4222/a/b",),
        ("nats://127.0.0.1:4222/wayseal.blocked?x=1",),
        ("kafka://127.0.0.1:9092/blocked",),
        ("wayseal.blocked",),
    ],
)
def test_what_is_no_address(tmp_path: Path, url: str) -> None:
    with pytest.raises(WatchSettingsError) as caught:
        BlockedSubject(url, tmp_path / "blocked.json", lambda _message: None)
    assert "secret" not in str(caught.value)
