"""A gateway's writer: nothing that it wrote is lost, whatever crashes; what is sent again is known as such."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.brokers import NatsServer, kafka_broker, messages_of, nats_server, values_of
from tests.effort import DEEP
from tests.live.brokers import nats_server as guarded
from tests.tables import each
from wayseal.client.errors import ClientError, DeliveryError, EventError, JournalError
from wayseal.client.events import EventWriter, FileSync, Sink, open_sink
from wayseal.live.gateways import GatewayCounts, Hole, Restart

ROW = {"at": datetime(2026, 3, 5, 9, tzinfo=UTC), "actor": "C1", "waybill": "YT1", "fields": ["phone"]}


class Memory(Sink):
    """Keeps messages by their id, as JetStream does. refuse: how often `flush` fails, though all has come."""

    def __init__(self, refuse: int = 0, patient: bool = True) -> None:
        self.kept: dict[str, bytes] = {}
        self.sent: list[str] = []
        self.refuse, self.patient = refuse, patient
        self.refused = threading.Event()
        self.closed = False

    def send(self, lines: bytes, message: str = "", key: str = "") -> None:
        assert lines.endswith(b"\n")
        assert message.startswith(f"{key}.")
        self.sent.append(message)
        self.kept.setdefault(message, lines)

    def flush(self) -> None:
        if self.refuse:
            self.refuse -= 1
            self.refused.set()
            raise DeliveryError("not now")

    def close(self) -> None:
        self.closed = True

    @property
    def events(self) -> list[dict[str, Any]]:
        return events_of(self.kept.values())


def events_of(messages: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for lines in messages for line in lines.splitlines()]


def counts_of(events: list[dict[str, Any]]) -> list[int]:
    return [event["count"] for event in events]


def clock(epoch: int) -> Callable[[], int]:
    return lambda: epoch * 1000


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "gw" / "journal"


def test_a_line_says_where_it_belongs(journal: Path) -> None:
    sink = Memory()
    with EventWriter("gw-1", journal, sink, now=clock(7)) as writer:
        assert writer.write(ROW) == 1
        assert (
            writer.write({"waybill": "YT1", "at": "2026-03-05T09:00:00Z", "kind": "pickup", "outlet": "O"}, "scans")
            == 2
        )
        writer.flush()
        assert (writer.written, writer.acknowledged, writer.epoch) == (2, 2, 7)
    head = {"gateway": "gw-1", "epoch": 7}
    assert sink.events[0] == {
        "table": "accesses", **head, "count": 1, "at": "2026-03-05T09:00:00+00:00", "actor": "C1",
        "waybill": "YT1", "fields": ["phone"], "access": "gw-1.7.1",
    }  # fmt: skip
    assert sink.events[1]["table"] == "scans"
    assert "access" not in sink.events[1]
    assert sink.closed


@each("batch", [1, 7, 200])
def test_events_go_together_in_order(batch: int, tmp_path: Path) -> None:
    sink = Memory()
    with EventWriter("gw", tmp_path / f"{batch}", sink, batch=batch, file_sync=FileSync.LINGER) as writer:
        for _ in range(500):
            writer.write(ROW)
        writer.flush()
    assert counts_of(sink.events) == list(range(1, 501))
    assert max(len(lines.splitlines()) for lines in sink.kept.values()) <= batch


def test_what_is_not_acknowledged_is_sent_again_as_it_was(journal: Path) -> None:
    sink = Memory(refuse=2)
    with EventWriter("gw", journal, sink, linger=0) as writer:
        writer.write(ROW)
        assert sink.refused.wait(10)
        for _ in range(5):
            writer.write(ROW)
        writer.flush()
    assert len(sink.sent) > len(set(sink.sent))
    assert sorted(counts_of(sink.events)) == list(range(1, 7))


def test_the_journal_is_sent_after_a_crash(journal: Path) -> None:
    """Each round leaves events that weren't acknowledged, and a line that was torn."""
    stream: list[dict[str, Any]] = []
    for _ in range(4):
        sink = Memory(refuse=10**9)
        with EventWriter("gw", journal, sink, now=clock(7)) as writer:
            for _ in range(3):
                writer.write(ROW)
            with pytest.raises(DeliveryError, match=r"aren't acknowledged yet \(not now\)"):
                writer.flush(0.2)
        stream += sink.events
        with journal.open("ab") as torn:
            torn.write(b'{"table":"acc')
    sink = Memory()
    with EventWriter("gw", journal, sink) as writer:
        writer.flush()
        assert writer.epoch == 7
    assert counts_of(sink.events) == list(range(1, 13))
    assert {event["count"] for event in stream + sink.events} == set(range(1, 13))


def test_a_crash_cuts_no_message_otherwise(journal: Path) -> None:
    """It is known by its id, so that a stream keeps its rows once."""
    before = Memory(refuse=1000)
    with EventWriter("gw-7", journal, before, batch=3, linger=0.2, now=clock(5)) as writer:
        for _ in range(7):
            writer.write(ROW)
        assert before.refused.wait(10)
    again = Memory()
    with EventWriter("gw-7", journal, again, batch=5, now=clock(6)) as writer:
        for _ in range(4):
            writer.write(ROW)
        writer.flush()
    assert again.sent[: len(before.kept)] == list(before.kept)
    assert {**before.kept, **again.kept} == again.kept
    assert counts_of(again.events) == list(range(1, 12))


def test_what_was_acknowledged_is_not_sent_again(journal: Path) -> None:
    for round_ in range(3):
        sink = Memory()
        with EventWriter("gw", journal, sink, keep=300) as writer:
            for _ in range(4):
                writer.write(ROW)
            writer.flush()
        assert counts_of(sink.events) == [round_ * 4 + k for k in range(1, 5)]
    assert journal.stat().st_size < 1000


def lose(journal: Path) -> None:
    journal.unlink()


def cut(journal: Path) -> None:
    os.truncate(journal, len(journal.read_bytes().splitlines(keepends=True)[0]))


def garble(journal: Path) -> None:
    journal.write_bytes(b"\0" * 100)


@each("harm", [lose, cut, garble])
def test_a_lost_journal_begins_a_new_epoch(harm: Callable[[Path], None], tmp_path: Path) -> None:
    journal, counts = tmp_path / harm.__name__, GatewayCounts()
    for round_ in range(2):
        sink = Memory()
        with EventWriter("gw", journal, sink, now=clock(7)) as writer:
            for _ in range(3):
                writer.write(ROW)
            writer.flush()
            assert writer.epoch == 7 + round_
        take(counts, sink.events[round_:])
        harm(journal)
    assert counts.restarts() == (Restart(gateway=0, epoch=8, before=7),)
    assert counts.holes() == (Hole(gateway=0, epoch=8, first=1, last=1),)


def take(counts: GatewayCounts, events: list[dict[str, Any]]) -> None:
    epochs, numbers = (np.array([event[key] for event in events], np.int64) for key in ("epoch", "count"))
    counts.take(np.zeros(len(events), np.int32), epochs, numbers)


def test_many_threads_write(journal: Path) -> None:
    sink = Memory()
    with EventWriter("gw", journal, sink) as writer:
        threads = [threading.Thread(target=lambda: [writer.write(ROW) for _ in range(20)]) for _ in range(5)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        writer.flush()
    assert counts_of(sink.events) == list(range(1, 101))


@each(
    ("row", "said"),
    [
        ({"count": 3}, "aren't named table, gateway, epoch, count"),
        ({"at": datetime(2026, 3, 5)}, "times with an offset"),  # noqa: DTZ001
        ({"at": b"x"}, "times with an offset"),
        ({"weight_g": float("nan")}, "times with an offset"),
        ({"actor": "\ud800"}, "times with an offset"),
        ({"actor": "x" * 70_000}, "longer than 65,536 bytes"),
    ],
)
def test_rows_that_are_none(row: dict[str, object], said: str, tmp_path: Path) -> None:
    sink = Memory()
    with EventWriter("gw", tmp_path / "journal", sink) as writer:
        with pytest.raises(EventError, match=said):
            writer.write(row)
        writer.write(ROW)
    assert counts_of(sink.events)[-1] == writer.written


def test_journals_that_are_not_taken(journal: Path, tmp_path: Path) -> None:
    with EventWriter("gw", journal, Memory()), pytest.raises(JournalError, match="in use"):
        EventWriter("gw", journal, Memory())
    with pytest.raises(JournalError, match="another gateway"):
        EventWriter("other", journal, Memory())
    with pytest.raises(EventError):
        EventWriter("a b", journal, Memory())
    with pytest.raises(JournalError, match="can't be written"):
        EventWriter("gw", tmp_path, Memory())
    writer = EventWriter("gw", journal, Memory())
    writer.close()
    with pytest.raises(JournalError, match="closed"):
        writer.write(ROW)


def test_a_full_disk_leaves_no_half_line(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink, write = Memory(), os.write
    with EventWriter("gw", journal, sink) as writer:
        writer.write(ROW)
        with monkeypatch.context() as full:
            full.setattr(os, "write", lambda handle, data: write(handle, data[:9]))
            with pytest.raises(JournalError, match="No space left"):
                writer.write(ROW)
        assert writer.write(ROW) == 2
        writer.flush()
    assert counts_of(sink.events) == [1, 2]


@each(
    "address",
    [
        "",
        "file:",
        "file://host/x",
        "nats://127.0.0.1:4222",
        "nats://:1/x",
        "kafka://h:1",
        "mqtt://h/x",
        "x@y",
        "mqtt://u:p@h/x",
    ],
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(DeliveryError, match="events go to -, file:PATH") as told:
        open_sink(address)
    assert "u:p" not in str(told.value)


@each("address", ["nats://u:hunter2@h:1/x", "nats://hunter2@h:1/x", "kafka://u:hunter2@h:1/x", "nats://u:hunter2@h"])
def test_no_address_holds_a_secret(address: str) -> None:
    with pytest.raises(DeliveryError, match="holds no name and no password: they come from the environment") as told:
        open_sink(address)
    assert "hunter2" not in str(told.value)


def test_a_secret_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with guarded(tmp_path, 'authorization: {user: "anna", password: "hunter2"}') as server:
        address = f"nats://{server.address}/SECRET"
        with pytest.raises(DeliveryError, match="the server refuses who asks"):
            open_sink(address, create=True)
        monkeypatch.setenv("WAYSEAL_NATS_USER", "anna")
        monkeypatch.setenv("WAYSEAL_NATS_PASSWORD", "hunter2")
        with open_sink(address, create=True) as sink:
            sink.send(b"1\n")
            sink.flush()
        monkeypatch.setenv("WAYSEAL_NATS_CREDS", str(tmp_path / "none"))
        with pytest.raises(DeliveryError, match="none: can't be read"):
            open_sink(address)


def test_settings_of_kafka_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("confluent_kafka")
    monkeypatch.setenv("WAYSEAL_KAFKA_CONFIG", str(tmp_path / "none"))
    with pytest.raises(DeliveryError, match="none: can't be read"):
        open_sink("kafka://127.0.0.1:1/x")
    monkeypatch.setenv("WAYSEAL_KAFKA_CONFIG", str(tmp_path / "kafka"))
    (tmp_path / "kafka").write_text("security.protocol=nothing\nsasl.password=hunter2\n")
    with pytest.raises(DeliveryError, match=r"the topic x takes nothing \(_INVALID_ARG\)"):
        open_sink("kafka://127.0.0.1:1/x")


def test_files_are_appended_to(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    for k in range(2):
        with open_sink(f"file:{tmp_path}/events.jsonl") as sink:
            sink.send(b"%d\n" % k)
    assert (tmp_path / "events.jsonl").read_bytes() == b"0\n1\n"
    with open_sink("-") as out:
        out.send(b"x\n")
    assert capsysbinary.readouterr().out == b"x\n"
    with pytest.raises(DeliveryError, match="can't be written"):
        open_sink(f"file:{tmp_path}")
    full = open_sink("file:/dev/full")
    full.send(b"x\n")
    for act in (full.flush, full.close):
        with pytest.raises(DeliveryError, match="can't be written"):
            act()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, address in (("nats", "nats://h:1/x"), ("confluent_kafka", "kafka://h:1/x")):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(DeliveryError, match=r"is not installed: pip install 'WHEEL\[live\]'"):
            open_sink(address)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with nats_server(tmp_path_factory.mktemp("nats")) as running:
        yield running


def test_jetstream_keeps_a_message_once(server: NatsServer, journal: Path) -> None:
    address = f"{server.address}/READS"
    with pytest.raises(DeliveryError, match=r"the stream READS takes nothing \(NotFoundError\)"):
        open_sink(address)
    with open_sink(address, create=True) as sink:
        for k in (1, 2, 2, 1, 3):
            sink.send(b'{"k":%d}\n' % k, f"gw.1.{k}-{k}")
        sink.flush()
        sink.flush()
    with EventWriter("gw", journal, open_sink(address), now=clock(7)) as writer:
        for _ in range(450):
            writer.write(ROW)
        writer.flush()
    found = messages_of(server.address, "READS")
    assert [data for _, data in found[:3]] == [b'{"k":1}\n', b'{"k":2}\n', b'{"k":3}\n']
    assert counts_of(events_of(data for _, data in found[3:])) == list(range(1, 451))
    assert found[3][0].startswith("gw.7.1-")


CHILD = """
import sys
from pathlib import Path
from wayseal.client.events import EventWriter, open_sink
writer = EventWriter("gw", Path(sys.argv[1]), open_sink(sys.argv[2]), linger=0.001, batch=20)
for k in range(100_000):
    print(writer.write({"at": "2026-03-05T09:00:00Z", "actor": "C1", "waybill": f"YT{k}"}), flush=True)
"""


def test_gateway_and_broker_are_killed(tmp_path: Path, journal: Path) -> None:
    """All that `write` returned is in the stream in the end, and under one id."""
    with nats_server(tmp_path / "nats") as server:
        address = f"{server.address}/KILLED"
        open_sink(address, create=True).close()
        returned = 0
        for round_ in range(60 if DEEP else 3):
            child = subprocess.Popen([sys.executable, "-c", CHILD, str(journal), address], stdout=subprocess.PIPE)
            assert child.stdout is not None
            for _ in range(150):
                returned = int(child.stdout.readline())
                if round_ % 2 and returned % 100 == 0:
                    server.kill()
                    server.begin()
            child.send_signal(signal.SIGKILL)
            rest = child.stdout.read().split(b"\n")[:-1]
            child.stdout.close()
            child.wait()
            returned = int(rest[-1]) if rest else returned
        with EventWriter("gw", journal, open_sink(address)) as writer:
            writer.flush(60)
            assert writer.written in (returned, returned + 1)
        found = messages_of(server.address, "KILLED")
    assert len({name for name, _ in found}) == len(found)
    counts = GatewayCounts()
    take(counts, events_of(data for _, data in found))
    assert counts.holes() == ()
    assert {e["count"] for e in events_of(data for _, data in found)} == set(range(1, writer.written + 1))


def test_a_broker_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.client.sinks.TIMEOUT", 1.0)
    with nats_server(tmp_path) as server:
        gone = server.address
        with open_sink(f"{gone}/GONE", create=True) as sink:
            sink.send(b"1\n")
            sink.flush()
    with pytest.raises(ClientError, match="takes nothing"):
        open_sink(f"{gone}/GONE")


def test_kafka(journal: Path) -> None:
    with kafka_broker() as address:
        with EventWriter("gw", journal, open_sink(f"kafka://{address}/reads"), batch=10) as writer:
            for _ in range(35):
                writer.write(ROW)
            writer.flush()
        messages = -(-35 // 10)
        found = values_of(address, "reads", messages)
    assert {key for key, _ in found} == {b"gw"}
    assert counts_of(events_of(value for _, value in found))[0] == 1
