"""Events from a gateway: what somebody reads is in its journal before `write` returns, and in the stream soon after.

1. What `write` returned is in the journal, and in the stream once `flush` returned. After a crash, all that isn't known
   to be acknowledged is sent again.
2. Events of a gateway are numbered without gaps, and never numbered twice: who begins a new journal begins a new epoch,
   and says so in each line. A hole in the count is a lost event, whoever lost it.
3. Nothing goes into the stream that isn't on the disk: else a power cut could have another event take its number.
4. A message that is sent again is the same message under the same id, after a crash as well.
"""

import fcntl
import json
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from wayseal.client.errors import DeliveryError, EventError, JournalError
from wayseal.client.sinks import MOST_BYTES, Sink, open_sink
from wayseal.model.errors import disk_says
from wayseal.model.runtime import Closing

__all__ = ["EventWriter", "FileSync", "Sink", "open_sink"]

OWN: Final = ("table", "gateway", "epoch", "count")
"""Keys of a line that say where it belongs; of these, the stream alone knows the last three."""
LONGEST: Final = 1 << 16
"""Bytes of a line at most."""
_KEEP = 64 << 20
_MESSAGES = 64
_PAUSES = (0.2, 5.0)
_GATEWAY = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SENT = re.compile(rb"([0-9]{1,18}) ([0-9]{1,18}) *\n")
_PLAN = re.compile(rb"[0-9]{1,18}(?: [0-9]{1,18})+\n")
_PLAN_AT, _PLAN_BYTES = 64, 4096


class FileSync(StrEnum):
    """When the journal is on the disk: before `write` returns, or soon after.

    Neither loses anything to a killed process. To a power cut, the second loses the last events that `write` returned,
    which were in no stream, and leaves no hole: their counts are given again.
    """

    EACH = "each"
    LINGER = "linger"


@dataclass(frozen=True, slots=True)
class _Message:
    """A stretch of the journal that is sent as one: its bytes, and its counts, both included."""

    low: int
    high: int
    first: int
    last: int


class EventWriter(Closing):
    """Writes a gateway's events. Thread-safe; close it, or use it in a `with` statement.

    A line holds the row's columns, `table`, `gateway`, `epoch` and `count`. A row of `accesses` without a value in
    `access` is given one, so that it is counted once however often it comes.
    """

    def __init__(
        self,
        gateway: str,
        journal: Path,
        sink: Sink,
        *,
        linger: float = 0.005,
        batch: int = 200,
        file_sync: FileSync = FileSync.EACH,
        keep: int = _KEEP,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        """Opens the journal, and sends what is left in it.

        Args:
            gateway: Its name, of its own among all: 1 to 64 of letters, digits, dot, hyphen and underscore.
            journal: The file of its journal; made if need be. Beside it lies NAME.sent.
            sink: Where events go; the writer alone uses it from now on, and closes it.
            linger: Seconds for which events wait for others of their message.
            batch: Events of a message at most.
            file_sync: Whether an event outlasts a power cut as soon as `write` returns.
            keep: Bytes from which a journal of acknowledged events is begun anew, in the same epoch.
            now: The clock, nanoseconds since 1970; names epochs.

        Raises:
            EventError: The name can't be a gateway's.
            JournalError: The journal can't be used.
        """
        if not _GATEWAY.fullmatch(gateway):
            raise EventError("a gateway's name is 1 to 64 of letters, digits, dot, hyphen and underscore")
        self._gateway, self._sink = gateway, sink
        self._linger, self._batch, self._each = linger, batch, file_sync is FileSync.EACH
        self._keep = keep
        self._changed = threading.Condition()
        self._disk = threading.Lock()
        self._closing, self._failed = False, ""
        try:
            self._journal = _Journal(gateway, journal, now)
        except OSError as error:
            raise _refused(journal, error) from error
        self._cut = self._journal.unsent
        self._under_way: deque[_Message] = deque()
        self._thread = threading.Thread(target=self._run, name=f"events {gateway}", daemon=True)
        self._thread.start()

    @property
    def written(self) -> int:
        """The last event's count."""
        return self._journal.count

    @property
    def acknowledged(self) -> int:
        """The count up to which all events are in the stream."""
        return self._journal.acknowledged

    @property
    def epoch(self) -> int:
        """When the counter began, microseconds since 1970."""
        return self._journal.epoch

    def write(self, row: Mapping[str, object], table: str = "accesses") -> int:
        """Writes an event into the journal; it goes into the stream by itself.

        Args:
            row: Values by the contract's columns; times are `datetime` with an offset, or ISO 8601.
            table: The contract's table that the row is of.

        Returns:
            Its count.

        Raises:
            EventError: The row can't be written as a line.
            JournalError: The disk refuses; whether the event outlasts a power cut isn't known.
        """
        if not row.keys().isdisjoint(OWN):
            raise EventError("a row's columns aren't named {names}", names=", ".join(OWN))
        journal = self._journal
        with self._changed:
            if self._closing:
                raise JournalError("the writer is closed", file=journal.path)
            count = journal.count + 1
            head: dict[str, object] = dict(zip(OWN, (table, self._gateway, journal.epoch, count), strict=True))
            if table == "accesses" and row.get("access") is None:
                row = {**row, "access": f"{self._gateway}.{journal.epoch}.{count}"}
            try:
                journal.append(_line(head, row))
            except OSError as error:
                raise _refused(journal.path, error) from error
            self._changed.notify_all()
        if self._each:
            self._sync(count)
        return count

    def flush(self, timeout: float = 30.0) -> None:
        """Waits until all that was written is in the stream.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            DeliveryError: It isn't by then; what is left stays in the journal.
        """
        with self._changed:
            last = self._journal.count
            if self._changed.wait_for(lambda: self._journal.acknowledged >= last, timeout):
                return
        left = last - self._journal.acknowledged
        raise DeliveryError(
            "{left:,} events aren't acknowledged yet ({reason})", left=left, reason=self._failed or "slow"
        )

    def close(self) -> None:
        """Sends what can be sent at once, and closes journal and sink; what is left waits in the journal."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._journal.close()
        self._sink.close()

    def _sync(self, count: int) -> None:
        """Has all up to an event on the disk; one caller does it for all that wait."""
        with self._disk:
            journal = self._journal
            if journal.synced < count:
                try:
                    journal.sync()
                except OSError as error:
                    raise _refused(journal.path, error) from error

    def _run(self) -> None:
        """The thread that sends."""
        pause = _PAUSES[0]
        while self._wait():
            try:
                self._send()
                pause, self._failed = _PAUSES[0], ""
            except (DeliveryError, JournalError, OSError) as error:
                self._failed = str(error)
                with self._changed:
                    if self._closing:
                        return
                    self._changed.wait_for(lambda: self._closing, pause)
                pause = min(_PAUSES[1], pause * 2)

    def _wait(self) -> bool:
        """Waits for events, and then for more of them as long as they may linger; False once there is nothing to do."""
        journal = self._journal
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._under_way or journal.size > self._cut)
            if self._under_way or self._closing:
                return bool(self._under_way) or journal.size > self._cut
            full = journal.acknowledged + self._batch
            self._changed.wait_for(lambda: self._closing or journal.count >= full, self._linger)
        return True

    def _send(self) -> None:
        """Sends what is there, waits until it is acknowledged, and remembers that (rules 3 and 4)."""
        journal = self._journal
        self._sync(journal.count)
        known = len(self._under_way)
        while len(self._under_way) < _MESSAGES and (message := self._next()) is not None:
            self._under_way.append(message)
            self._cut = message.high
        if len(self._under_way) > known:
            journal.plan([one.first for one in self._under_way], self._under_way[-1].last)
        for one in self._under_way:
            name = f"{self._gateway}.{journal.epoch}.{one.first}-{one.last}"
            self._sink.send(journal.read(one.low, one.high), name, self._gateway)
        self._sink.flush()
        last = self._under_way[-1].last
        self._under_way.clear()
        with self._changed:
            try:
                journal.acknowledge(last)
                if journal.size > self._keep and journal.count == last:
                    self._cut = journal.begin_anew()
            except OSError as error:
                raise _refused(journal.path, error) from error
            finally:
                self._changed.notify_all()

    def _next(self) -> _Message | None:
        """The next message: whole lines that are on the disk."""
        journal = self._journal
        high = min(journal.synced_size, self._cut + MOST_BYTES)
        if high <= self._cut:
            return None
        first = self._under_way[-1].last + 1 if self._under_way else journal.acknowledged + 1
        most = journal.planned.popleft() - first + 1 if journal.planned else self._batch
        text, place, lines = journal.read(self._cut, high), 0, 0
        while lines < most and (end := text.find(b"\n", place) + 1):
            place, lines = end, lines + 1
        return _Message(self._cut, self._cut + place, first, first + lines - 1)


class _Journal:
    """The file: a line that says gateway, epoch and the count behind which it begins, then the events' lines.

    In NAME.sent stand epoch and count of what is acknowledged: less may be true, never more. Behind that stand epoch,
    first counts and last count of the messages under way, so that no crash has them cut otherwise.
    """

    def __init__(self, gateway: str, path: Path, now: Callable[[], int]) -> None:
        self.path, self._gateway = path, gateway
        path.parent.mkdir(parents=True, exist_ok=True)
        self._sent = os.open(path.with_name(path.name + ".sent"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._file = -1
        try:
            fcntl.flock(self._sent, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise JournalError("is in use by another process", file=path) from None
        told = _SENT.fullmatch(os.pread(self._sent, 64, 0))
        epoch, acknowledged = (int(told[1]), int(told[2])) if told else (0, 0)
        self.planned: deque[int] = deque()
        try:
            if not self._goes_on(epoch, acknowledged):
                self.epoch = max(now() // 1000, epoch + 1)
                self.acknowledged = self.count = 0
                self.unsent = self.begin_anew()
            self._read_plan()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for handle in (self._file, self._sent):
            if handle >= 0:
                os.close(handle)

    def append(self, line: bytes) -> None:
        try:
            if os.write(self._file, line) != len(line):
                raise OSError(28, "")
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += len(line)
        self.count += 1

    def read(self, low: int, high: int) -> bytes:
        return os.pread(self._file, high - low, low)

    def sync(self) -> None:
        count, size = self.count, self.size
        os.fdatasync(self._file)
        self.synced, self.synced_size = count, size

    def acknowledge(self, last: int) -> None:
        self.acknowledged = last
        os.pwrite(self._sent, f"{self.epoch} {last}".ljust(63).encode() + b"\n", 0)

    def plan(self, firsts: Sequence[int], last: int) -> None:
        """Writes down how what is to be sent is cut."""
        numbers = " ".join(map(str, (self.epoch, *firsts, last)))
        os.pwrite(self._sent, f"{numbers}\n".encode(), _PLAN_AT)

    def _read_plan(self) -> None:
        """The last counts of messages that were under way and aren't acknowledged (rule 4)."""
        found = _PLAN.match(os.pread(self._sent, _PLAN_BYTES, _PLAN_AT))
        epoch, first, *more = map(int, found[0].split()) if found else (0, 0)
        if more and (epoch, first) == (self.epoch, self.acknowledged + 1) and more[-1] <= self.count:
            self.planned.extend([one - 1 for one in more[:-1]] + more[-1:])

    def begin_anew(self) -> int:
        """A journal without events, in the place of one of which all are acknowledged; returns where events begin."""
        head = {"gateway": self._gateway, "epoch": self.epoch, "behind": self.count}
        beside = self.path.with_name(self.path.name + ".new")
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        fresh = os.open(beside, flags, 0o600)
        try:
            os.write(fresh, json.dumps(head).encode() + b"\n")
            os.fsync(fresh)
            beside.replace(self.path)
            _sync_folder(self.path.parent)
        except BaseException:
            os.close(fresh)
            raise
        if self._file >= 0:
            os.close(self._file)
        self._file, self.size = fresh, os.fstat(fresh).st_size
        self.synced, self.synced_size = self.count, self.size
        return self.size

    def _goes_on(self, epoch: int, acknowledged: int) -> bool:
        """Opens the journal where it was left; False if it is lost or was cut, so that a new epoch begins (rule 2)."""
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        with self.path.open("rb") as lines:
            head = _object(next(lines, b""))
            if head.get("gateway", self._gateway) != self._gateway:
                raise JournalError("is the journal of another gateway", file=self.path)
            begun, behind = head.get("epoch"), head.get("behind")
            if not isinstance(begun, int) or not isinstance(behind, int) or begun < epoch:
                return False
            self.epoch, self.count = begun, behind
            known = acknowledged if epoch == begun else 0
            self.size = self.unsent = lines.tell()
            for line in lines:
                # The last line may be torn: `write` didn't return.
                if not line.endswith(b"\n"):
                    break
                self.size, self.count = self.size + len(line), self.count + 1
                self.unsent += len(line) if self.count <= known else 0
        self.acknowledged = max(behind, known)
        if self.count < self.acknowledged:
            return False
        os.ftruncate(self._file, self.size)
        self.sync()
        return True


def _line(head: Mapping[str, object], row: Mapping[str, object]) -> bytes:
    try:
        text = json.dumps({**head, **row}, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)
        line = text.encode() + b"\n"
    except (TypeError, ValueError):
        raise EventError("a row's values are texts, numbers, lists, objects and times with an offset") from None
    if len(line) > LONGEST:
        raise EventError("a row's line is longer than {most:,} bytes", most=LONGEST)
    return line


def _plain(value: object) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat()
    raise TypeError


def _object(line: bytes) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refused(path: Path, error: OSError) -> JournalError:
    return JournalError("can't be written ({reason})", file=path, reason=disk_says(error))
