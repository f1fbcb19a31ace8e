"""A stream of NATS JetStream, without a group: where to begin is said by whoever reads.

1. A stream is known by its name and the time at which it was made. One made anew, or one that no longer holds what
   comes next, is a gap.
2. Messages come in the stream's order. The consumer is made anew behind the last one taken after any trouble: a lost
   connection, a pull that isn't answered, a hole in the consumer's own count. So nothing is lost, and nothing doubled.
3. One pull is open at a time, for a bounded number of bytes; what nobody takes stays with the server.
4. Nothing is acknowledged: a stream keeps what its limits say. One that keeps messages until they are acknowledged is
   refused, since others' answers, or none, would decide what is seen here.
"""

import asyncio
import errno
import json
from collections import deque
from collections.abc import Coroutine, Iterator
from typing import Any, Final, TypeVar

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy, StreamInfo
from nats.js.errors import APIError, NotFoundError

from wayseal.live.brokers import nats_options
from wayseal.live.errors import GapError, SourceError
from wayseal.live.sources._reading import MOST_BYTES, Outage, Reading, Start, lines_of
from wayseal.live.types import Batch, Position
from wayseal.model.errors import disk_says
from wayseal.model.runtime import Closing

_T = TypeVar("_T")
_AT_ONCE: Final = 1024
"""Messages of one pull."""
_EXPIRES, _PATIENCE, _IDLE = 5.0, 5.0, 300.0
"""Seconds: that a pull stays open, that the server has for an answer, and that it keeps a consumer nobody asks."""
_MOST: Final = 60.0
"""Seconds that anything may take."""
_TROUBLE = (OSError, Error)
_HARMLESS = ("404", "408", "409")
"""A pull ended: nothing there, its time is over, or as much came as was asked for (or the consumer is gone: the next
one isn't answered)."""
_UNREADY: Final = 503
"""The code of an answer that says that there will be another one later."""


class NatsSource(Closing):
    """A stream. subject: of the messages that are wanted, "" for all."""

    def __init__(self, server: str, stream: str, reading: Reading, *, subject: str = "") -> None:
        self.name = f"nats://{server}/{stream}"
        self._server, self._stream, self._subject = server, stream, subject
        self._reading = reading
        self._outage = Outage(self.name, reading.say)
        self._loop: asyncio.AbstractEventLoop
        self._client: Client | None = None
        self._known = ""
        self._taken: int | None = None
        self._left: int | None = None
        self._consumer, self._inbox = "", ""
        self._counted, self._owed, self._deadline = 0, 0, 0.0
        self._arrived: deque[Msg] = deque()
        self._some = asyncio.Event()

    def open(self, after: Position | None) -> Closing:
        """As of `Source`. A server that can't be reached is waited for by `batches`."""
        if after is not None:
            self._known, self._taken = after.stream, after.parts[""]
        self._loop = asyncio.new_event_loop()
        try:
            self._run(self._attach())
        except _TROUBLE as error:
            self._away(error)
            if "authorization" in str(error).lower():
                self.close()
                raise SourceError("the server refuses who asks", file=self.name) from None
            if isinstance(error, APIError) and error.code != _UNREADY:
                self.close()
                raise SourceError("the server refuses (error {code})", file=self.name, code=error.err_code) from None
        except BaseException:
            self.close()
            raise
        return self

    def batches(self, linger: float) -> Iterator[Batch | None]:
        """As of `Source`. Its position is a sequence number."""
        while self._left != 0:
            batch = None
            if self._outage.wait(linger):
                try:
                    batch = self._run(self._pull(linger))
                    self._outage.end()
                except _TROUBLE as error:
                    self._away(error)
            yield batch

    @property
    def away(self) -> float | None:
        """As of `Source`."""
        return self._outage.since

    def release(self, position: Position) -> None:
        """Rule 4."""

    def close(self) -> None:
        """Lets go of the connection."""
        if not self._loop.is_closed():
            self._run(self._detach())
            self._loop.close()

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self._loop.run_until_complete(asyncio.wait_for(work, _MOST))

    def _away(self, error: BaseException) -> None:
        self._run(self._detach())
        self._outage.note(disk_says(error) if isinstance(error, OSError) and error.errno else type(error).__name__)

    async def _detach(self) -> None:
        client, self._client = self._client, None
        if client is not None and not client.is_closed:
            await client.close()

    async def _attach(self) -> None:
        options = nats_options(self._server, _PATIENCE)
        client = self._client = Client()
        await client.connect(**options)
        stream = client.jetstream(timeout=_PATIENCE)
        try:
            info = await stream.stream_info(self._stream)
        except NotFoundError:
            if self._taken is None:
                raise SourceError("there is no such stream", file=self.name) from None
            raise GapError("the stream is gone, with all behind {taken}", file=self.name, taken=self._taken) from None
        taken = self._place(info)
        if info.config.retention != RetentionPolicy.LIMITS:
            raise SourceError(
                "keeps messages until they are acknowledged, and not as long as limits say", file=self.name
            )
        wanted = ConsumerConfig(
            filter_subject=self._subject or None, deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=taken + 1, ack_policy=AckPolicy.NONE, inactive_threshold=_IDLE, mem_storage=True,
        )  # fmt: skip
        made = await stream.add_consumer(self._stream, wanted)
        self._consumer, self._counted, self._owed = made.name, 0, 0
        self._arrived.clear()
        self._inbox = client.new_inbox()
        await client.subscribe(self._inbox, cb=self._arrive, pending_bytes_limit=2 * MOST_BYTES)
        if self._reading.until_end and self._left is None:
            self._left = made.num_pending or 0

    def _place(self, info: StreamInfo) -> int:
        """The last sequence number that was taken (rule 1)."""
        known = f"nats/{self._stream}/{info.created and info.created.isoformat()}"
        first, last = info.state.first_seq, info.state.last_seq
        if self._taken is None:
            self._known, self._taken = known, last if self._reading.start is Start.NOW else max(0, first - 1)
        if known != self._known:
            raise GapError("the stream was made anew: what followed {taken} is missing", file=self.name,
                           taken=self._taken)  # fmt: skip
        if self._taken > last:
            raise GapError("the stream ends at {last}, before {taken}, which was taken", file=self.name, last=last,
                           taken=self._taken)  # fmt: skip
        if first > self._taken + 1:
            raise GapError("messages {first} to {last} are missing: the stream kept them no longer", file=self.name,
                           first=self._taken + 1, last=first - 1)  # fmt: skip
        return self._taken

    async def _arrive(self, message: Msg) -> None:
        self._arrived.append(message)
        self._some.set()

    async def _pull(self, linger: float) -> Batch | None:
        """What arrived; None after `linger` seconds without anything."""
        if self._client is None:
            await self._attach()
        if self._client is None or self._client.is_closed:
            raise BrokenPipeError(errno.EPIPE, "")
        if not self._arrived and not self._owed:
            most = max(MOST_BYTES // 2, self._client.max_payload + 4096)
            asked = {"batch": _AT_ONCE, "expires": int(_EXPIRES * 1e9), "max_bytes": most}
            subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._consumer}"
            await self._client.publish(subject, json.dumps(asked).encode(), reply=self._inbox)
            self._owed, self._deadline = _AT_ONCE, self._loop.time() + _EXPIRES + _PATIENCE
        if not self._arrived:
            self._some.clear()
            try:
                await asyncio.wait_for(self._some.wait(), min(linger, _EXPIRES))
            except TimeoutError:
                if self._loop.time() > self._deadline:
                    raise
                return None
        return self._batch()

    def _batch(self) -> Batch | None:
        """What arrived, up to the first message that is trouble: it waits for its turn, so that nothing is lost."""
        found, taken = [], self._taken
        while self._arrived:
            message = self._arrived[0]
            status = (message.headers or {}).get("Status")
            numbers = _numbers(message.reply)
            trouble = status not in _HARMLESS if status else numbers is None or numbers[1] != self._counted + 1
            if trouble and self._taken != taken:
                break
            if trouble:
                raise BrokenPipeError(errno.EPIPE, "")
            self._arrived.popleft()
            self._owed = 0 if status else self._owed - 1
            if numbers and not status:
                found.append(self._take(message, *numbers))
        if self._taken is None or self._taken == taken:
            return None
        return Batch(lines=b"".join(found), position=Position(stream=self._known, parts={"": self._taken}))

    def _take(self, message: Msg, sequence: int, count: int) -> bytes:
        self._counted = count
        if self._left is not None:
            self._left -= 1
        self._taken = sequence
        return lines_of(message.data)


def _numbers(reply: str) -> tuple[int, int] | None:
    """The message's number in the stream, and in the consumer's count; with a domain, two more names come before."""
    tokens = reply.split(".")
    if len(tokens) < 9 or tokens[:2] != ["$JS", "ACK"]:
        return None
    first = 5 if len(tokens) == 9 else 7
    return int(tokens[first]), int(tokens[first + 1])
