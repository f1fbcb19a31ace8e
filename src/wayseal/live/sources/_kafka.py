"""A topic of Kafka, without a group: all its partitions are assigned, and where to begin is said by whoever reads.

1. A topic is known by its id. One made anew, with another number of partitions, or that no longer holds what comes
   next, is a gap. That is looked at on opening, from time to time, and after each outage before anything is handed on.
2. The library connects again by itself; what it holds in memory is bounded. An offset that isn't there any more is an
   error, never another offset.
3. Nothing is committed: a topic keeps what it keeps.
"""

import time
from collections.abc import Iterator
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka import Message as Record
from confluent_kafka.admin import AdminClient

from wayseal.client.brokers import kafka_settings
from wayseal.live.errors import GapError, SourceError
from wayseal.live.sources._reading import MOST_BYTES, Outage, Reading, Start, lines_of
from wayseal.live.types import Batch, Position
from wayseal.model.runtime import Closing

_AT_ONCE: Final = 5000
"""Messages that are taken at once."""
_PATIENCE, _OFTEN = 5.0, 10.0
"""Seconds that a broker has for an answer, and between looks at what the topic is."""
_GONE = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.UNKNOWN_TOPIC_ID, KafkaError._UNKNOWN_TOPIC)
_REFUSED = (
    KafkaError._AUTHENTICATION,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
)
_OURS: dict[str, Any] = {
    "group.id": "wayseal",
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "allow.auto.create.topics": False,
    "enable.partition.eof": True,
    "isolation.level": "read_committed",
    "queued.max.messages.kbytes": MOST_BYTES >> 10,
    "reconnect.backoff.max.ms": 10_000,
    "log_level": 0,
}


class KafkaSource(Closing):
    """A topic."""

    def __init__(self, servers: str, topic: str, reading: Reading) -> None:
        self.name = f"kafka://{servers}/{topic}"
        self._servers, self._topic = servers, topic
        self._reading = reading
        self._outage = Outage(self.name, reading.say)
        self._admin: AdminClient
        self._consumer: Consumer
        self._known = ""
        self._taken: dict[int, int] = {}
        self._assigned = self._shaken = False
        self._look_at = 0.0
        self._left: set[int] = set()

    def open(self, after: Position | None) -> Closing:
        """As of `Source`. Brokers that can't be reached are waited for by `batches`."""
        if after is not None:
            self._known, self._taken = after.stream, {int(part): taken for part, taken in after.parts.items()}
        settings: dict[str, Any] = {**kafka_settings(SourceError), "bootstrap.servers": self._servers}
        try:
            self._admin = AdminClient(settings | {"log_level": 0, "error_cb": lambda _error: None})
            self._consumer = Consumer(settings | _OURS | {"error_cb": self._note})
        except KafkaException as error:
            raise SourceError("the settings are refused ({reason})", file=self.name, reason=_name(error)) from None
        try:
            self._look()
        except BaseException:
            self.close()
            raise
        return self

    def batches(self, linger: float) -> Iterator[Batch | None]:
        """As of `Source`. Its position has the offset of each partition."""
        held: list[Record] = []
        while not self._assigned or self._left or not self._reading.until_end:
            if self._assigned:
                first = None if held else self._consumer.poll(linger)
                held += [] if first is None else [first, *self._consumer.consume(_AT_ONCE, 0)]
            if (self._shaken or time.monotonic() > self._look_at) and not (self._outage.wait(linger) and self._look()):
                yield None
                continue
            batch, held = self._batch(held), []
            yield batch

    @property
    def away(self) -> float | None:
        """As of `Source`."""
        return self._outage.since

    def release(self, position: Position) -> None:
        """Rule 3."""

    def close(self) -> None:
        """Lets go of the connections."""
        self._consumer.close()

    def _note(self, error: KafkaError) -> None:
        """What the library says, here or while it works: the topic has to be looked at, or nobody may."""
        if error.fatal() or error.code() in _REFUSED:
            raise SourceError("the brokers refuse ({reason})", file=self.name, reason=error.name())
        self._shaken = True

    def _look(self) -> bool:
        """Whether the topic is still what it was (rule 1); False where nobody answers."""
        try:
            about = self._admin.describe_topics(TopicCollection([self._topic]), request_timeout=_PATIENCE)
            self._place(about[self._topic].result(2 * _PATIENCE))
        except (KafkaException, TimeoutError) as error:
            code = error.args[0].code() if isinstance(error, KafkaException) else KafkaError._TIMED_OUT
            if code in _GONE and not self._taken:
                raise SourceError("there is no such topic", file=self.name) from None
            if code in _GONE:
                raise GapError("the topic is gone, with all that it held", file=self.name) from None
            self._shaken = True
            self._outage.note(_name(error))
            return False
        self._shaken = False
        self._look_at = time.monotonic() + _OFTEN
        self._outage.end()
        return True

    def _place(self, about: Any) -> None:
        """Rule 1; begins, where that wasn't done yet."""
        known, count = f"kafka/{self._topic}/{about.topic_id}", len(about.partitions)
        ends = {part: self._ends(part) for part in range(count)} if not self._assigned else {}
        if not self._taken:
            late = self._reading.start is Start.NOW
            self._known, self._taken = known, {part: ends[part][late] - 1 for part in ends}
        if known != self._known:
            raise GapError("the topic was made anew: what followed is missing", file=self.name)
        if count != len(self._taken):
            raise GapError("the topic has {now} partitions and had {before}", file=self.name, now=count,
                           before=len(self._taken))  # fmt: skip
        for part, (first, _) in ends.items():
            if first > self._taken[part] + 1:
                raise GapError("messages {first} to {last} of partition {part} are missing: they were kept no longer",
                               file=self.name, first=self._taken[part] + 1, last=first - 1, part=part)  # fmt: skip
        if not self._assigned:
            self._consumer.assign([TopicPartition(self._topic, part, taken + 1) for part, taken in self._taken.items()])
            self._left, self._assigned = set(self._taken), True

    def _ends(self, part: int) -> tuple[int, int]:
        """The offset of the first message of a partition, and the one behind its last."""
        found = self._consumer.get_watermark_offsets(TopicPartition(self._topic, part), timeout=_PATIENCE)
        if found is None:
            raise TimeoutError
        return found

    def _batch(self, records: list[Record]) -> Batch | None:
        found: list[bytes] = []
        before = dict(self._taken)
        for record in records:
            part, offset, error = record.partition(), record.offset(), record.error()
            if error is None and part is not None and offset is not None:
                self._taken[part] = offset
                found.append(lines_of(record.value() or b""))
            elif error and error.code() == KafkaError._PARTITION_EOF and part is not None:
                self._left.discard(part)
            elif error and error.code() == KafkaError._AUTO_OFFSET_RESET:
                raise GapError("partition {part} doesn't hold what follows {taken}", file=self.name, part=part,
                               taken=self._taken.get(part or 0))  # fmt: skip
            elif error:
                self._note(error)
        if self._taken == before:
            return None
        parts = {str(part): taken for part, taken in self._taken.items()}
        return Batch(lines=b"".join(found), position=Position(stream=self._known, parts=parts))


def _name(error: BaseException) -> str:
    return error.args[0].name() if isinstance(error, KafkaException) else type(error).__name__
