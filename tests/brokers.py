"""Brokers of this machine for tests: a NATS server of their own, and librdkafka's own mock of Kafka."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need


class NatsServer:
    """A server with JetStream, which can be killed and begun again on the same port and folder."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.begin()

    @property
    def address(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def begin(self) -> None:
        command = ["nats-server", "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("the server doesn't listen")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@contextmanager
def nats_server(folder: Path) -> Iterator[NatsServer]:
    """A server for a while; skips where there is none."""
    need(shutil.which("nats-server") is not None, "the command nats-server is not installed")
    pytest.importorskip("nats")
    server = NatsServer(folder)
    try:
        yield server
    finally:
        server.kill()


def messages_of(address: str, stream: str) -> list[tuple[str, bytes]]:
    """All messages of a stream of JetStream: id and data, in order."""
    import asyncio

    import nats
    from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

    async def collect() -> list[tuple[str, bytes]]:
        connection = await nats.connect(address)
        js = connection.jetstream()
        told = await js.stream_info(stream)
        config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL, ack_policy=AckPolicy.NONE)
        consumer = await js.pull_subscribe("", stream=stream, config=config)
        found: list[tuple[str, bytes]] = []
        while len(found) < told.state.messages:
            batch = await consumer.fetch(min(500, told.state.messages - len(found)), timeout=5)
            found += [((one.headers or {}).get("Nats-Msg-Id", ""), one.data) for one in batch]
        await connection.close()
        return found

    return asyncio.run(collect())


@contextmanager
def kafka_broker() -> Iterator[str]:
    """The address of a mock of Kafka, which lives as long as the client that made it."""
    kafka: Any = pytest.importorskip("confluent_kafka")
    mock = kafka.Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "127.0.0.1:1", "log_level": 0})
    broker = next(iter(mock.list_topics(timeout=10).brokers.values()))
    yield f"{broker.host}:{broker.port}"
    mock.flush(1)


def values_of(address: str, topic: str, count: int) -> list[tuple[bytes | None, bytes]]:
    """The first messages of a topic of Kafka: key and value."""
    import confluent_kafka as kafka

    consumer = kafka.Consumer(
        {"bootstrap.servers": address, "group.id": "t", "auto.offset.reset": "earliest", "log_level": 0}
    )
    parts = sorted(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
    consumer.assign([kafka.TopicPartition(topic, part, 0) for part in parts])
    found: list[tuple[bytes | None, bytes]] = []
    until = time.monotonic() + 20
    while len(found) < count and time.monotonic() < until:
        one = consumer.poll(0.5)
        if one is not None and one.error() is None:
            found.append((one.key(), one.value() or b""))
    consumer.close()
    return found
