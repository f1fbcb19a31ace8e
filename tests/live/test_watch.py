"""The watch: whatever stops it, what arrived is in the ledger once, and everybody is told once."""

import errno
import fcntl
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.played import OFFSET, Played, take
from wayseal.detect.intraday import Intraday
from wayseal.ledger import Snapshot, open_ledger
from wayseal.live.errors import RecordError
from wayseal.live.notices import Muted, Send, each, read_notices
from wayseal.live.sources import Reading, open_source_of
from wayseal.live.types import Batch, Notice, NoticeKind
from wayseal.live.watch import Watch, Watched, WatchOptions, read_status
from wayseal.model.messages import Message
from wayseal.store.errors import JournalBusyError

LINES = 9_000


class Stopped(BaseException):
    """Stands for the end of a process."""


@pytest.fixture
def world(played: Played, tmp_path: Path) -> Path:
    """A folder with a ledger to watch, and a file of events."""
    shutil.copytree(played.ledger, tmp_path / "ledger")
    (tmp_path / "events.jsonl").write_bytes(b"".join(played.lines[:LINES]))
    return tmp_path


def watching(played: Played, world: Path, receivers: dict[str, Send], **more: object) -> Watch:
    """A watch of the file up to its end, against limits that are made already."""

    def arm(_snapshot: Snapshot, _day: int | None) -> Intraday:
        return played.limits

    source = open_source_of(f"file:{world / 'events.jsonl'}", Reading(until_end=True))
    told = {name: each(send) for name, send in receivers.items()}
    options = WatchOptions(detect=world / "none", arm=arm, offset=OFFSET, receivers=told, **more)  # type: ignore[arg-type]
    return Watch(world / "ledger", source, options)


def keeper(into: list[Notice], stop_at: int = -1) -> Send:
    """Keeps what it is told; at a count it stops the process before it can be written down that it was told."""

    def send(notice: Notice) -> bool:
        into.append(notice)
        if len(into) == stop_at:
            raise Stopped
        return True

    return send


@pytest.fixture(scope="module")
def told(played: Played) -> list[Notice]:
    """What is told of these lines, taken without a watch."""
    return take(played.state(), played.lines[:LINES])


def rows_in(ledger: Path) -> dict[str, int]:
    """How many rows of each table a ledger has."""
    with open_ledger(ledger) as snapshot:
        return {name: snapshot.manifest.rows(name) for name in ("accesses", "scans", "waybills", "tickets")}


def expected(played: Played) -> dict[str, int]:
    """The same, of a ledger that has the lines."""
    counts = rows_in(played.ledger)
    for line in played.lines[:LINES]:
        counts[json.loads(line)["table"]] += 1
    return counts


def test_what_arrives_is_told_of_and_comes_into_the_ledger(played: Played, world: Path, told: list[Notice]) -> None:
    heard: list[Notice] = []
    found = watching(played, world, {"one": keeper(heard)}).run()
    assert found == Watched(events=LINES, notices=len(told), number=LINES)
    assert heard == told
    assert rows_in(world / "ledger") == expected(played)
    again: list[Notice] = []
    assert watching(played, world, {"one": keeper(again)}).run() == Watched(events=0, notices=0, number=LINES)
    assert again == []
    status = read_status(world / "ledger")
    assert status is not None
    assert (status["running"], status["events"], status["notices"]) == (False, LINES, len(told))


@pytest.mark.parametrize("stop_at", [1, 2])
def test_after_a_crash_the_rest_is_told_and_nothing_under_another_id(
    played: Played, world: Path, told: list[Notice], stop_at: int
) -> None:
    heard: list[Notice] = []
    with pytest.raises(Stopped):
        watching(played, world, {"one": keeper(heard, stop_at)}, segment_events=2_000).run()
    watching(played, world, {"one": keeper(heard)}, segment_events=2_000).run()
    # What nobody could write down that it was told is told again, under its id.
    assert heard[stop_at : 2 * stop_at] == heard[:stop_at]
    assert heard[stop_at:] == told
    assert rows_in(world / "ledger") == expected(played)


def test_a_receiver_that_fails_gets_all_later_and_holds_nobody_up(
    played: Played, world: Path, told: list[Notice]
) -> None:
    heard: list[Notice] = []
    watching(played, world, {"deaf": lambda _notice: False, "one": keeper(heard)}).run()
    assert heard == told
    late: list[Notice] = []
    watching(played, world, {"deaf": keeper(late)}).run()
    assert late == told


def test_of_two_watches_of_a_ledger_the_second_is_refused(played: Played, world: Path) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def send(_notice: Notice) -> bool:
        inside.set()
        return go_on.wait(60)

    first = threading.Thread(target=watching(played, world, {"one": send}).run)
    first.start()
    try:
        assert inside.wait(120)
        with pytest.raises(JournalBusyError):
            watching(played, world, {}).run()
    finally:
        go_on.set()
        first.join(120)
    assert len(read_notices(world / "ledger/live").notices) > 0


def test_where_mutes_cant_be_known_it_is_said_and_all_are_told(played: Played, world: Path, told: list[Notice]) -> None:
    said: list[Message] = []

    def mute(_notice: Notice) -> Muted | None:
        raise RecordError("the record of mutes was changed", file="mutes.jsonl", line=2)

    watching(played, world, {}, mute=mute, say=said.append).run()
    record = read_notices(world / "ledger/live")
    assert (list(record.notices.values()), record.muted) == (told, {})
    assert {str(one) for one in said} == {"mutes.jsonl:2: the record of mutes was changed: nothing is muted"}


def test_an_arrival_log_that_was_lost_is_said(played: Played, world: Path) -> None:
    said: list[str] = []
    for lost in (False, False, True):
        if lost:
            shutil.rmtree(world / "ledger/live/arrivals")
        watching(played, world, {}, say=lambda message: said.append(message.text)).run()
        assert any("the arrival log is new" in text for text in said) == lost


def test_a_disk_that_refuses_is_named(played: Played, world: Path) -> None:
    def refuse(_notice: Notice) -> bool:
        raise OSError(errno.ENOSPC, "")

    with pytest.raises(OSError, match="Errno 28") as caught:
        watching(played, world, {"one": refuse}).run()
    assert caught.value.filename == str(world / "ledger/live")


def test_poison_stops_nothing(played: Played, world: Path, told: list[Notice]) -> None:
    lines = played.lines[:LINES]
    poison = [b"\xff\xfe\n", b'{"table": []}\n', b"[]\n", b'{"at": "x", "actor": "u", "waybill": "YT1"}\n', b'{"a":\n']
    mixed = [*lines[:500], *poison, *lines[500:]]
    (world / "events.jsonl").write_bytes(b"".join(mixed))
    heard: list[Notice] = []
    watching(played, world, {"one": keeper(heard)}).run()
    assert [(n.id, n.actor, n.at) for n in heard] == [(n.id, n.actor, n.at) for n in told]
    assert rows_in(world / "ledger") == expected(played)
    status = read_status(world / "ledger")
    assert status is not None
    assert sum(status["rejected"].values()) == len(poison)  # type: ignore[attr-defined]


def test_newer_limits_take_over(played: Played, world: Path) -> None:
    said: list[str] = []
    watch = watching(played, world, {}, say=lambda message: said.append(message.text), segment_events=1_000)
    source = watch._source
    inner, newer = source.batches, world / "none"

    def batches(linger: float) -> Iterator[Batch | None]:
        yield from inner(linger)
        newer.mkdir()
        (newer / "facts.json").write_text("newer")
        while not any("newer batch run" in text for text in said):
            yield None

    source.batches = batches  # type: ignore[method-assign]
    assert watch.run().number == LINES
    assert NoticeKind.RAISED in {notice.kind for notice in read_notices(world / "ledger/live").notices.values()}


def test_while_somebody_else_writes_to_the_ledger_it_goes_on(played: Played, world: Path, told: list[Notice]) -> None:
    heard: list[Notice] = []
    said: list[str] = []
    with (world / "ledger/lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = watching(
            played, world, {"one": keeper(heard)}, segment_events=2_000, say=lambda message: said.append(message.text)
        ).run()
    assert (found.events, found.number, heard) == (LINES, 0, told)
    assert any("another process" in text for text in said)
    assert watching(played, world, {}).run().number == LINES
    assert rows_in(world / "ledger") == expected(played)
