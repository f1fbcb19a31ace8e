"""NATS and Kafka, with brokers of this machine that are killed, emptied and made anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.live.brokers import (
    Broker,
    ask_nats,
    drop_stream,
    make_stream,
    make_topic,
    nats_server,
    produce,
    publish,
    tansu,
)
from tests.live.test_sources import all_of, some
from wayseal.live.errors import GapError, SourceError
from wayseal.live.sources import Reading, Start, open_source_of
from wayseal.live.types import Batch, Position, Source
from wayseal.model.messages import Message


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with nats_server(tmp_path_factory.mktemp("nats")) as broker:
        yield broker


@pytest.fixture
def nats(server: Broker) -> Iterator[Broker]:
    """The server, with a stream that is new."""
    make_stream(server)
    yield server
    drop_stream(server)


@pytest.fixture(scope="module")
def kafka() -> Iterator[Broker]:
    with tansu() as broker:
        yield broker


def of_nats(broker: Broker, asked: str = "", **reading: Any) -> Source:
    return open_source_of(f"nats://{broker.address}/{broker.stream}{asked}", Reading(**{"until_end": True, **reading}))


def of_kafka(broker: Broker, topic: str, **reading: Any) -> Source:
    return open_source_of(f"kafka://{broker.address}/{topic}", Reading(**{"until_end": True, **reading}))


def test_a_stream_comes_in_order_and_once(nats: Broker) -> None:
    assert all_of(of_nats(nats)) == (b"", None)
    publish(nats, [b"a\nb\n", b"", b"\n\nc", b"\xff"])
    lines, after = all_of(of_nats(nats))
    assert lines == b"a\nb\nc\n\xff\n"
    assert after is not None
    assert after.stream.startswith(f"nats/{nats.stream}/20")
    assert after.parts == {"": 4}
    publish(nats, [b"%d" % n for n in range(3000)])
    assert all_of(of_nats(nats), after)[0] == b"".join(b"%d\n" % n for n in range(3000))


def test_some_subjects_of_a_stream(nats: Broker) -> None:
    publish(nats, [b"a"], "reads.a")
    publish(nats, [b"b"], "reads.b")
    publish(nats, [b"c"], "reads.a")
    publish(nats, [b"d"], "reads.b")
    lines, after = all_of(of_nats(nats, "?subject=reads.a"))
    assert (lines, after and after.parts) == (b"a\nc\n", {"": 3})
    assert all_of(of_nats(nats, "?subject=reads.a"), after)[0] == b""


def test_a_stream_from_now_on(nats: Broker) -> None:
    publish(nats, [b"before"])
    source = of_nats(nats, until_end=False, start=Start.NOW)
    with source.open(None):
        batches = source.batches(0.02)
        assert next(batches) is None
        publish(nats, [b"after"])
        assert some(batches).lines == b"after\n"


def test_gaps_of_a_stream(nats: Broker) -> None:
    publish(nats, [b"%d" % n for n in range(6)])
    _, after = all_of(of_nats(nats))
    assert after is not None
    ask_nats(nats, lambda stream: stream.purge_stream(nats.stream, keep=1))
    early = Position(stream=after.stream, parts={"": 2})
    with pytest.raises(GapError, match="messages 3 to 5 are missing"):
        of_nats(nats).open(early)
    with pytest.raises(GapError, match="ends at 6, before 9"):
        of_nats(nats).open(Position(stream=after.stream, parts={"": 9}))
    drop_stream(nats)
    with pytest.raises(GapError, match="is gone, with all behind 6"):
        of_nats(nats).open(after)
    with pytest.raises(SourceError, match="no such stream"):
        of_nats(nats).open(None)
    make_stream(nats, again=True)
    publish(nats, [b"%d" % n for n in range(9)])
    with pytest.raises(GapError, match="made anew"):
        of_nats(nats).open(after)


def test_a_consumer_that_is_lost_is_made_anew(nats: Broker) -> None:
    """Nobody notices, but that it is said."""
    said: list[Message] = []
    source = of_nats(nats, until_end=False, say=said.append)
    with source.open(None):
        batches = source.batches(0.02)
        publish(nats, [b"a"])
        assert some(batches).lines == b"a\n"

        async def remove(stream: Any) -> None:
            for one in await stream.consumers_info(nats.stream):
                await stream.delete_consumer(nats.stream, one.name)

        ask_nats(nats, remove)
        publish(nats, [b"b"])
        assert some(batches).lines == b"b\n"
    assert [m.text.split()[1] for m in said] == ["doesn't", "answers"]


def test_a_server_that_is_killed(tmp_path: Path) -> None:
    """It is waited for, also where it isn't there at the start; what came meanwhile comes once."""
    said: list[Message] = []
    with nats_server(tmp_path, "jetstream { sync_interval: always }") as broker:
        make_stream(broker)
        broker.kill()
        source = of_nats(broker, until_end=False, say=said.append)
        with source.open(None):
            batches = source.batches(0.02)
            assert next(batches) is None
            for n in range(2):
                broker.start()
                publish(broker, [b"a%d" % n, b"b%d" % n])
                found = some(batches).lines
                while found.count(b"\n") < 2:
                    found += some(batches).lines
                assert found == b"a%d\nb%d\n" % (n, n)
                broker.kill()
                while len(said) < 2 * n + 3:
                    assert next(batches) is None
    assert [m.text.split()[1] for m in said] == ["doesn't", "answers", "doesn't", "answers", "doesn't"]


@pytest.mark.parametrize("retention", ["workqueue", "interest"])
def test_a_stream_that_waits_for_acknowledgements_is_refused(server: Broker, retention: str) -> None:
    make_stream(server, retention)
    with pytest.raises(SourceError, match="until they are acknowledged"):
        of_nats(server).open(None)
    drop_stream(server)


def test_a_subject_that_is_none(nats: Broker) -> None:
    with pytest.raises(SourceError, match=r"refuses \(error 10\d+\)"):
        of_nats(nats, "?subject=..").open(None)


@dataclass(frozen=True)
class Sent:
    """A message as NATS brings it, with its number in the stream and in the consumer's count."""

    data: bytes
    sequence: int = 0
    count: int = 0
    headers: dict[str, str] | None = None

    @property
    def reply(self) -> str:
        middle = "_.hash." if self.sequence % 2 else ""  # as with and without a domain
        return f"$JS.ACK.{middle}READS.c.1.{self.sequence}.{self.count}.7.0" + ".x" * bool(middle)


def test_a_hole_in_the_count_waits_until_what_came_is_taken() -> None:
    source: Any = open_source_of("nats://127.0.0.1:1/READS")
    told = Sent(b"", headers={"Status": "408"})
    source._arrived.extend([Sent(b"a", 4, 1), told, Sent(b"b", 7, 2), Sent(b"d", 9, 4)])
    assert source._batch() == Batch(lines=b"a\nb\n", position=Position(stream="", parts={"": 7}))
    with pytest.raises(BrokenPipeError):
        source._batch()
    source._arrived.clear()
    source._arrived.append(Sent(b"", headers={"Status": "503"}))
    with pytest.raises(BrokenPipeError):
        source._batch()


def test_secrets_of_nats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets: dict[str, Any] = {"user": "anna", "password": "hunter2"}
    with nats_server(tmp_path, "authorization { user: anna, password: hunter2 }") as broker:
        make_stream(broker, **secrets)
        publish(broker, [b"a"], **secrets)
        with pytest.raises(SourceError, match="refuses who asks"):
            of_nats(broker).open(None)
        monkeypatch.setenv("WAYSEAL_NATS_USER", "anna")
        monkeypatch.setenv("WAYSEAL_NATS_PASSWORD", "hunter2")
        assert all_of(of_nats(broker))[0] == b"a\n"


def test_a_file_of_credentials(server: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from wayseal.client.brokers import nats_secrets

    key = Ed25519PrivateKey.generate()
    seed = base64.b32encode(bytes([18 << 3 | 160 >> 5, 0]) + key.private_bytes_raw() + b"\0\0").decode()
    place = tmp_path / "user.creds"
    monkeypatch.setenv("WAYSEAL_NATS_CREDS", str(place))
    with pytest.raises(SourceError, match="No such file"):
        of_nats(server).open(None)
    place.write_text("nothing")
    with pytest.raises(SourceError, match="holds no token and seed"):
        of_nats(server).open(None)
    place.write_text(
        "-----BEGIN NATS USER JWT-----\neyJ0.eyJq.x-_y\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{seed.rstrip('=')}\n------END USER NKEY SEED------\n"
    )
    made = nats_secrets(SourceError)
    assert made["user_jwt_cb"]() == b"eyJ0.eyJq.x-_y"
    key.public_key().verify(base64.b64decode(made["signature_cb"]("nonce")), b"nonce")


def test_a_topic_with_partitions(kafka: Broker) -> None:
    make_topic(kafka, "reads", 3)
    assert all_of(of_kafka(kafka, "reads")) == (b"", None)
    produce(kafka, "reads", [(n % 2, b"%d\n%d" % (n, n)) for n in range(10)])
    lines, after = all_of(of_kafka(kafka, "reads"))
    assert sorted(lines.split()) == sorted(b"%d" % (n // 2) for n in range(20))
    assert after is not None
    assert after.parts == {"0": 4, "1": 4, "2": -1}
    produce(kafka, "reads", [(2, b"last"), (2, b"")])
    lines, later = all_of(of_kafka(kafka, "reads"), after)
    assert (lines, later and later.parts) == (b"last\n", {"0": 4, "1": 4, "2": 1})
    assert after.stream.startswith("kafka/reads/")
    source = of_kafka(kafka, "reads", until_end=False)
    with source.open(later):
        batches = source.batches(0.02)
        assert next(batches) is None
        produce(kafka, "reads", [(0, b"x")])
        assert some(batches).lines == b"x\n"
        source.release(after)


def test_gaps_of_a_topic(kafka: Broker) -> None:
    with pytest.raises(SourceError, match="no such topic"):
        of_kafka(kafka, "none").open(None)
    make_topic(kafka, "gaps", 2)
    produce(kafka, "gaps", [(0, b"x")])
    _, after = all_of(of_kafka(kafka, "gaps"))
    assert after is not None
    with pytest.raises(GapError, match="has 2 partitions and had 3"):
        of_kafka(kafka, "gaps").open(Position(stream=after.stream, parts={**after.parts, "2": 1}))
    with pytest.raises(GapError, match="made anew"):
        of_kafka(kafka, "gaps").open(Position(stream="kafka/gaps/AAAAAAAAAAAAAAAAAAAAAA", parts=after.parts))
    with pytest.raises(GapError, match="is gone"):
        of_kafka(kafka, "none").open(after)
    early = Position(stream=after.stream, parts={"0": -7, "1": -1})
    with pytest.raises(GapError, match="messages -6 to -1 of partition 0 are missing"):
        of_kafka(kafka, "gaps").open(early)


@dataclass(frozen=True)
class Failed:
    """An error as Kafka brings it among the messages."""

    code: int

    def error(self) -> Any:
        from confluent_kafka import KafkaError

        return KafkaError(self.code)

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return 7


def test_errors_among_messages() -> None:
    """An offset that the brokers have no more is no reason to begin elsewhere."""
    from confluent_kafka import KafkaError

    source: Any = open_source_of("kafka://127.0.0.1:1/reads")
    source._taken = {0: 4}
    assert source._batch([Failed(KafkaError._TRANSPORT)]) is None
    assert source._shaken
    with pytest.raises(GapError, match="partition 0 doesn't hold what follows 4"):
        source._batch([Failed(KafkaError._AUTO_OFFSET_RESET)])
    with pytest.raises(SourceError, match="brokers refuse"):
        source._batch([Failed(KafkaError.TOPIC_AUTHORIZATION_FAILED)])


def test_a_topic_that_is_lost_with_its_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """This broker forgets everything: what comes back isn't the topic that was read."""
    monkeypatch.setattr("wayseal.live.sources._kafka._PATIENCE", 0.5)
    said: list[Message] = []
    with tansu() as broker:
        make_topic(broker, "reads", 1)
        produce(broker, "reads", [(0, b"a")])
        source = of_kafka(broker, "reads", until_end=False, say=said.append)
        with source.open(None):
            batches = source.batches(0.02)
            assert some(batches).lines == b"a\n"
            broker.kill()
            while not said:
                assert next(batches) is None
            broker.start()
            make_topic(broker, "reads", 1)
            produce(broker, "reads", [(0, b"a"), (0, b"b")])
            with pytest.raises(GapError, match="made anew"):
                some(batches)
    assert "doesn't answer" in str(said[0])


def test_settings_of_kafka(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "kafka.properties"
    monkeypatch.setenv("WAYSEAL_KAFKA_CONFIG", str(place))
    with pytest.raises(SourceError, match="No such file"):
        open_source_of("kafka://127.0.0.1:1/reads").open(None)
    place.write_text("# ours\n\nnothing.known = hunter2\n")
    with pytest.raises(SourceError, match="settings are refused") as caught:
        open_source_of("kafka://127.0.0.1:1/reads").open(None)
    assert "hunter2" not in str(caught.value)
    place.write_text("client.id=courier\n")
    monkeypatch.setattr("wayseal.live.sources._kafka._PATIENCE", 0.1)
    source = open_source_of("kafka://127.0.0.1:1/reads", Reading(say=lambda _message: None))
    with source.open(None):
        assert next(source.batches(0.01)) is None
