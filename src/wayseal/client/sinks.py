"""Where events go: NATS JetStream, Kafka, a file, standard output.

1. What was sent counts as delivered once `flush` returns; until then it may be lost, and is to be sent again.
2. What is sent again under its id is kept once by JetStream (within the stream's duplicate window); elsewhere it comes
   twice, and whoever reads knows it by its gateway's count.
3. A sink is used by one thread at a time.
"""

import asyncio
import importlib
import sys
import threading
from abc import abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from wayseal.client.brokers import broker_address, kafka_settings, name_in, nats_secrets
from wayseal.client.errors import DeliveryError
from wayseal.model.errors import disk_says
from wayseal.model.runtime import Closing

TIMEOUT: Final = 10.0
"""Seconds that are waited for a broker."""
MOST_BYTES: Final = 1 << 19
"""Of a message: brokers refuse more than twice as much."""
_TOGETHER, _UNDER_WAY = 64, 1000
_T = TypeVar("_T")


class Sink(Closing):
    """Takes messages of lines."""

    @abstractmethod
    def send(self, lines: bytes, message: str = "", key: str = "") -> None:
        """Hands a message over, and waits while too many are under way.

        Args:
            lines: JSON Lines, each with its newline.
            message: Its id, the same whenever it is sent again.
            key: What messages share that are to stay in order.

        Raises:
            DeliveryError: It can't be handed over.
        """

    @abstractmethod
    def flush(self) -> None:
        """Waits until all that was sent is kept there.

        Raises:
            DeliveryError: Something isn't; all since the last `flush` is to be sent again.
        """


def open_sink(address: str, *, create: bool = False) -> Sink:
    """Opens where events go.

    Args:
        address: `-` (standard output), `file:PATH` (appended to), `nats://HOST:PORT/STREAM` or
            `kafka://HOST:PORT/TOPIC`.
            Secrets come from the environment (`wayseal.client.brokers`).
        create: Makes a stream of JetStream that isn't there, under its name as its subject.

    Returns:
        The sink; close it.

    Raises:
        DeliveryError: It can't be reached, isn't one, or holds a name and password.
    """
    if address == "-":
        return FileSink(sys.stdout.buffer)
    path = address.removeprefix("file://" if address.startswith("file:///") else "file:")
    if path and path != address and not path.startswith("//"):
        try:
            return FileSink(Path(path).open("ab"), path)
        except OSError as error:
            raise DeliveryError("can't be written ({reason})", file=path, reason=disk_says(error)) from error
    parts = broker_address(address, DeliveryError)
    if parts is not None and (name := name_in(parts)):
        if parts.scheme == "nats":
            return _NatsSink(f"nats://{parts.netloc}", name, create)
        return _KafkaSink(parts.netloc, name)
    raise DeliveryError(
        "events go to -, file:PATH, nats://HOST:PORT/STREAM or kafka://HOST:PORT/TOPIC, not to {address}",
        address=address if "@" not in address else "…",
    )


class FileSink(Sink):
    """A file, or standard output."""

    def __init__(self, file: IO[bytes], name: str = "-") -> None:
        """Takes an open file.

        Args:
            file: What is written to; closed at the end unless it is standard output.
            name: What errors call it.
        """
        self._file, self._name = file, name

    def send(self, lines: bytes, message: str = "", key: str = "") -> None:
        """Writes the lines."""
        self._try(lambda: self._file.write(lines))

    def flush(self) -> None:
        """Hands them to the system."""
        self._try(self._file.flush)

    def close(self) -> None:
        """Closes the file."""
        self._try(self._file.flush if self._name == "-" else self._file.close)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except OSError as error:
            raise DeliveryError("can't be written ({reason})", file=self._name, reason=disk_says(error)) from error


class _NatsSink(Sink):
    """A stream of JetStream. Its connection lives in a thread of its own, as it has to answer while nothing is sent."""

    def __init__(self, server: str, stream: str, create: bool) -> None:
        self._nats = _imported("nats", "nats-py")
        self._server, self._stream = server, stream
        self._waiting: list[tuple[bytes, str]] = []
        self._futures: list[asyncio.Future[Any]] = []
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda *_: None)
        self._thread = threading.Thread(target=self._loop.run_forever, name="nats", daemon=True)
        self._thread.start()
        self._connection: Any = None
        try:
            self._run(self._connect(create))
        except DeliveryError:
            self.close()
            raise

    def send(self, lines: bytes, message: str = "", key: str = "") -> None:
        """Hands some messages over together: to wake the other thread costs more than a message."""
        self._waiting.append((lines, message))
        if len(self._waiting) >= _TOGETHER:
            self._hand_over()

    def flush(self) -> None:
        """Waits for acknowledgements."""
        self._hand_over()
        self._run(self._acknowledged())

    def close(self) -> None:
        """Closes the connection; what isn't flushed may be lost."""
        if self._connection is not None:
            with suppress(DeliveryError):
                self._run(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connect(self, create: bool) -> None:
        async def silent(*_: object) -> None:
            """Errors come with the acknowledgements; the library would log them with addresses."""

        async def note(error: Exception) -> None:
            """The library would ask again and again."""
            if self._connection.is_connecting and "authorization" in str(error).lower():
                raise DeliveryError("the server refuses who asks", file=self._server)

        secrets = nats_secrets(DeliveryError)
        self._connection = self._nats.NATS()
        connecting = self._connection.connect(
            self._server,
            connect_timeout=3,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.5,
            error_cb=note,
            disconnected_cb=silent,
            reconnected_cb=silent,
            **secrets,
        )
        await asyncio.wait_for(connecting, TIMEOUT)
        self._js = self._connection.jetstream(publish_async_max_pending=_UNDER_WAY)
        missing = importlib.import_module("nats.js.errors").NotFoundError
        try:
            subjects = (await self._js.stream_info(self._stream)).config.subjects or [self._stream]
        except missing:
            if not create:
                raise
            subjects = [self._stream]
            await self._js.add_stream(name=self._stream, subjects=subjects)
        # A subject with wildcards stands for many, of which this is one.
        self._subject = ".".join(w.replace("*", "events").replace(">", "events") for w in subjects[0].split("."))

    def _hand_over(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            # A time limit for each message would cost as much as the message.
            self._run(asyncio.wait_for(self._publish(waiting), TIMEOUT))

    async def _publish(self, messages: list[tuple[bytes, str]]) -> None:
        self._futures = [f for f in self._futures if not f.done() or f.exception()]
        for lines, name in messages:
            headers = {"Nats-Msg-Id": name} if name else None
            self._futures.append(await self._js.publish_async(self._subject, lines, headers=headers))

    async def _acknowledged(self) -> None:
        futures, self._futures = self._futures, []
        if not futures:
            return
        done, late = await asyncio.wait(futures, timeout=TIMEOUT)
        for one in late:
            one.cancel()
        for one in done:
            one.result()
        if late:
            raise TimeoutError

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        refused = importlib.import_module("nats.errors").Error
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except (OSError, TimeoutError, refused) as error:
            self._loop.call_soon_threadsafe(_cancel, self._futures)
            self._futures = []
            reason = type(error).__name__
            raise DeliveryError(
                "the stream {stream} takes nothing ({reason})", stream=self._stream, reason=reason
            ) from None


def _cancel(futures: list[asyncio.Future[Any]]) -> None:
    """Nobody waits for them any more; the library counts them as under way until they end."""
    for one in futures:
        one.cancel()


class _KafkaSink(Sink):
    """A topic of Kafka, by an idempotent producer."""

    def __init__(self, servers: str, topic: str) -> None:
        kafka = _imported("confluent_kafka", "confluent-kafka")
        self._topic, self._failed = topic, ""
        self._refused: type[Exception] = kafka.KafkaException
        settings = {
            **kafka_settings(DeliveryError),
            "bootstrap.servers": servers,
            "enable.idempotence": True,
            "linger.ms": 1,
            "message.timeout.ms": int(TIMEOUT * 1000),
            "log_level": 0,
        }
        try:
            self._producer = kafka.Producer(settings, logger=None)
            self._producer.list_topics(timeout=TIMEOUT)
        except self._refused as error:
            raise self._told(error) from None

    def send(self, lines: bytes, message: str = "", key: str = "") -> None:
        """Hands a message to the library, which sends it."""
        headers = {"id": message} if message else None
        while True:
            try:
                self._producer.produce(
                    self._topic, lines, key=key or None, headers=headers, on_delivery=self._delivered
                )
            except BufferError:
                self._producer.poll(0.1)
                continue
            except self._refused as error:
                raise self._told(error) from None
            self._producer.poll(0)
            return

    def flush(self) -> None:
        """Waits for what the brokers say."""
        left, failed = self._producer.flush(TIMEOUT), self._failed
        if left:
            self._producer.purge()
            self._producer.flush(TIMEOUT)
        self._failed = ""
        if left or failed:
            raise DeliveryError(
                "the topic {topic} takes nothing ({reason})", topic=self._topic, reason=failed or "TimeoutError"
            )

    def close(self) -> None:
        """Lets go of the producer; what isn't flushed may be lost."""
        self._producer.purge()
        self._producer.flush(TIMEOUT)

    def _delivered(self, error: Any, _message: Any) -> None:
        if error is not None:
            self._failed = error.name()

    def _told(self, error: Exception) -> DeliveryError:
        return DeliveryError(
            "the topic {topic} takes nothing ({reason})", topic=self._topic, reason=error.args[0].name()
        )


def _imported(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        pass
    raise DeliveryError("{package} is not installed: pip install 'WHEEL[live]'", package=package)
