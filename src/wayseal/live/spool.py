"""The arrival log: all that arrived, in order, in segments of JSON Lines.

1. What is appended is a batch: its lines, and behind them a control line with the source's position and the count of
   events so far. Events are numbered from 1 over all segments; a number names its event for ever.
2. Each control line carries a CRC-32 of the one before it, of its batch, and of itself. What was cut, changed or put
   elsewhere is named by segment and bytes.
3. A segment begins with a control line that says where the one before it ended, so position and numbers outlast
   segments that are removed.
4. On opening, a batch that a crash left unfinished is cut off, and said: no whole control line stands in it. Anything
   else is damage, and nothing is changed. The end of a closed segment is known by the next one; of the last one only
   whole batches can go unseen.
5. One writer, by a lock that dies with its process; its threads may append, roll, remove and read beside each other.
   What can't be written leaves the log as it was.
6. No event is taken for a control line: a line that begins like one is put one space further to the right.
"""

import json
import mmap
import os
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any, Final

from wayseal.live.errors import SpoolError
from wayseal.live.types import Batch, Position
from wayseal.model.messages import Message
from wayseal.model.runtime import Closing
from wayseal.store.durable import lock_folder, sync_folder, write_file
from wayseal.store.errors import JournalBusyError

Say = Callable[[Message], None]
"""Tells a person what happened, without stopping."""
_MARK: Final = b'\n{"wayseal":'
_CRC: Final = b',"crc32":'
_NAME = re.compile(r"arrivals-(\d{8})\.jsonl")
_FOLDER_MODE = 0o700


def silent(_message: Message) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A closed piece of the arrival log.

    Attributes:
        index: Its number among the segments, from 1.
        after: The number of the last event before it.
        until: The number of its last event.
        position: The source's place behind it.
    """

    index: int
    after: int
    until: int
    position: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Control:
    """A control line. before: the CRC of the last one of the segment before, in a line that begins a segment."""

    number: int
    crc: int
    position: Position | None
    spool: str = ""
    segment: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What the log holds. heads: of all segments; last, size: last control line and bytes of the last one."""

    heads: tuple[_Control, ...]
    last: _Control
    size: int


def open_spool(folder: Path, *, say: Say = silent, entropy: Callable[[int], bytes] = os.urandom) -> "Spool":
    """Opens the arrival log in a folder for writing; made if need be.

    Args:
        folder: Where it lies.
        say: Is told what a crash left and was cut off (rule 4).
        entropy: Gives the random bytes of a new log's id.

    Returns:
        The log, held until it is closed.

    Raises:
        JournalBusyError: Another process writes to it.
        SpoolError: It is damaged.
        OSError: The disk refuses.
    """
    folder.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(lock_folder(folder, wait=False))
        except BlockingIOError:
            raise JournalBusyError("another process is writing to it", file=folder) from None
        heads = _read_heads(folder, say)
        if heads:
            path = segment_path(folder, heads[-1].segment)
            last, stop = _read_to_end(path, heads[-1])
            handle = _writable(path)
        else:
            made = _Control(number=0, crc=0, position=None, spool=entropy(8).hex(), segment=1)
            path = segment_path(folder, 1)
            last, stop, handle = _begin(folder, made)
            heads = (last,)
        held.callback(os.close, handle)
        if (size := os.fstat(handle).st_size) > stop:
            os.ftruncate(handle, stop)
            os.fsync(handle)
            say(Message("{file}: bytes {first} to {last} were never finished, and were cut off",
                        {"file": path.name, "first": stop, "last": size}))  # fmt: skip
        return Spool(folder, _State(heads=heads, last=last, size=stop), handle, held.pop_all())


class Spool(Closing):
    """The arrival log, held for writing.

    Attributes:
        folder: Where it lies.
        id: 16 hexadecimal digits, drawn when it was made.
    """

    def __init__(self, folder: Path, state: _State, handle: int, held: ExitStack) -> None:
        self.folder = folder
        self.id = state.heads[0].spool
        self._state = state
        self._handle = handle
        self._held = held
        self._lost = False
        self._mutex = threading.RLock()

    @property
    def number(self) -> int:
        """How many events ever arrived: the number of the last one."""
        return self._state.last.number

    @property
    def position(self) -> Position | None:
        """The source's place behind all that the log holds; None where nothing arrived yet."""
        return self._state.last.position

    @property
    def size(self) -> int:
        """Bytes of the last segment, which is still open."""
        return self._state.size

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The closed segments that are still there, the oldest first."""
        return tuple(
            Segment(index=one.segment, after=one.number, until=then.number, position=then.position)
            for one, then in pairwise(self._state.heads)
        )

    @property
    def closed(self) -> int:
        """The number of the last event of the closed segments, removed ones among them."""
        return self._state.heads[-1].number

    @property
    def first(self) -> int:
        """The index of the first segment that is still there, which may be the open one."""
        return self._state.heads[0].segment

    @property
    def removed(self) -> int:
        """The number of the last event that was removed; 0 where none was."""
        return self._state.heads[0].number

    def append(self, batch: Batch) -> int:
        """Adds a batch; it is durable after the next `sync`.

        Args:
            batch: What arrived.

        Returns:
            The number of its last event.

        Raises:
            OSError: The disk refuses; the log is as it was, and the batch may be appended again.
        """
        with self._mutex:
            self._refuse_lost()
            lines = batch.lines
            if lines.startswith(_MARK[1:]) or _MARK in lines:
                lines = (b"\n" + lines).replace(_MARK, _MARK.replace(b"{", b" {"))[1:]
            state = self._state
            number = state.last.number + lines.count(b"\n")
            made = _Control(number=number, crc=zlib.crc32(lines, state.last.crc), position=batch.position)
            last, line = _sealed(made)
            self._write(lines + line)
            self._state = _State(heads=state.heads, last=last, size=state.size + len(lines) + len(line))
            return number

    def sync(self) -> None:
        """Makes all that was appended durable. OSError: it can't be told what is; the log must be opened again."""
        self._refuse_lost()
        try:
            os.fdatasync(self._handle)
        except OSError:
            self._lost = True
            raise

    def roll(self) -> None:
        """Closes the last segment and begins the next one; nothing where no event came since it began."""
        with self._mutex:
            head, last = self._state.heads[-1], self._state.last
            if last.number == head.number:
                return
            self.sync()
            made = _Control(number=last.number, crc=0, position=last.position, spool=self.id, segment=head.segment + 1,
                            before=last.crc)  # fmt: skip
            new, size, handle = _begin(self.folder, made)
            os.dup2(handle, self._handle, inheritable=False)
            os.close(handle)
            self._state = _State(heads=(*self._state.heads, new), last=new, size=size)

    def read(self, after: int = 0, until: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Reads what the log holds, checked, batch by batch.

        Args:
            after: The number of the event behind which it begins.
            until: Of the last segment that is read, the number of the last event; None: all.

        Returns:
            The number of the first event, and lines, each with its newline.

        Raises:
            SpoolError: The log is damaged, or what is asked for was removed.
        """
        state = self._state
        if after < state.heads[0].number:
            raise SpoolError("events {first} to {last} were removed from the arrival log", file=self.folder,
                             first=after + 1, last=state.heads[0].number)  # fmt: skip
        for head, then in zip(state.heads, (*state.heads[1:], None), strict=True):
            if then is not None and then.number <= after:
                continue
            if until is not None and head.number >= until:
                return
            path, last, stop = segment_path(self.folder, head.segment), head, 0
            with _mapped(path, None if then else state.size) as data:
                for lines, last, stop in _pieces(data, head):  # noqa: B007 (told behind the loop)
                    first = last.number - lines.count(b"\n") + 1
                    if lines and last.number > after:
                        skip = max(0, after + 1 - first)
                        yield first + skip, lines.split(b"\n", skip)[skip]
                if stop < len(data) or (then is not None and last.crc != then.before):
                    raise _damaged(path, data, stop)

    def remove(self, until: int) -> None:
        """Removes closed segments all of whose events have a number up to `until`, the oldest first."""
        with self._mutex:
            for segment in takewhile(lambda one: one.until <= until, self.segments):
                segment_path(self.folder, segment.index).unlink(missing_ok=True)
                sync_folder(self.folder)
                state = self._state
                self._state = _State(heads=state.heads[1:], last=state.last, size=state.size)

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process it can be read, as far as it is now."""
        return _as_read, (self.folder, self._state)

    def close(self) -> None:
        """Lets go of it, without making anything durable."""
        self._held.close()

    def _refuse_lost(self) -> None:
        if self._lost:
            raise SpoolError("what was written last may be lost: open the arrival log again", file=self.folder)

    def _write(self, data: bytes) -> None:
        try:
            if os.fstat(self._handle).st_size != self._state.size:
                os.ftruncate(self._handle, self._state.size)
            left = memoryview(data)
            while left:
                left = left[os.write(self._handle, left) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._handle, self._state.size)
            raise


def _as_read(folder: Path, state: _State) -> Spool:
    return Spool(folder, state, -1, ExitStack())


def segment_path(folder: Path, index: int) -> Path:
    """Where a segment lies."""
    return folder / f"arrivals-{index:08}.jsonl"


def _sealed(made: _Control) -> tuple[_Control, bytes]:
    """A control line as it stands there. made.crc: of what comes before it."""
    position = made.position and {"stream": made.position.stream, "parts": dict(made.position.parts)}
    content: dict[str, object] = {"position": position, "number": made.number}
    if made.segment:
        content |= {"spool": made.spool, "segment": made.segment, "before": made.before}
    body = json.dumps({"wayseal": content}, separators=(",", ":")).encode()[:-2]
    crc = zlib.crc32(body, made.crc)
    return replace(made, crc=crc), body + _CRC + b"%d}}\n" % crc


def _opened(line: bytes, crc: int) -> _Control | None:
    """A control line that was read; None where it isn't what was written. crc: of what comes before it."""
    body, _, end = line.rpartition(_CRC)
    crc = zlib.crc32(body, crc)
    if end != b"%d}}\n" % crc:
        return None
    content = json.loads(line)["wayseal"]
    del content["crc32"]
    position = content.pop("position")
    return _Control(crc=crc, position=position and Position(**position), **content)


def _begin(folder: Path, made: _Control) -> tuple[_Control, int, int]:
    """A new segment: its first line, size and handle."""
    head, line = _sealed(made)
    path = segment_path(folder, made.segment)
    try:
        write_file(path, line)
        sync_folder(folder)
        return head, len(line), _writable(path)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise


def _writable(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)


def _read_heads(folder: Path, say: Say) -> tuple[_Control, ...]:
    """The first line of each segment; a last segment that a crash left without one goes."""
    paths = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    heads: list[_Control] = []
    for path in paths:
        with path.open("rb") as file:
            line = file.readline()
        head = _opened(line, 0)
        if (
            head is None
            and not line.endswith(b"\n")
            and path == paths[-1]
            and (heads or path == segment_path(folder, 1))
        ):
            say(Message("{file}: was never begun, and was removed", {"file": path.name}))
            path.unlink()
            break
        if head is None or path != segment_path(folder, head.segment) or (heads and head.spool != heads[-1].spool):
            raise _damage(path, 0, len(line))
        if heads and head.segment != heads[-1].segment + 1:
            raise SpoolError("is missing", file=segment_path(folder, heads[-1].segment + 1))
        heads.append(head)
    return tuple(heads)


def _read_to_end(path: Path, head: _Control) -> tuple[_Control, int]:
    """The last control line, and where the segment ends behind it; rule 4."""
    last, stop = head, 0
    with _mapped(path, None) as data:
        for _, last, stop in _pieces(data, head):  # noqa: B007 (told behind the loop)
            pass
        mark = data.find(_MARK, stop - 1)
        if mark >= 0 and data.find(b"\n", mark + 1) >= 0:
            raise _damaged(path, data, stop)
    return last, stop


def _pieces(data: mmap.mmap, head: _Control) -> Iterator[tuple[bytes, _Control, int]]:
    """The lines of each batch, its control line and its end, from the segment's own on, as far as all is whole."""
    control, stop = head, data.find(b"\n") + 1
    yield b"", control, stop
    while (mark := data.find(_MARK, stop - 1)) >= 0:
        lines, end = data[stop : mark + 1], data.find(b"\n", mark + 1) + 1
        found = _opened(data[mark + 1 : end], zlib.crc32(lines, control.crc)) if end else None
        if found is None:
            return
        control, stop = found, end
        yield lines, control, stop


@contextmanager
def _mapped(path: Path, size: int | None) -> Iterator[mmap.mmap]:
    """The first bytes of a segment, or all."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), size or 0, access=mmap.ACCESS_READ) as data:
            yield data
    except FileNotFoundError:
        raise SpoolError("is missing", file=path) from None
    except ValueError:
        raise _damage(path, path.stat().st_size, size or 0) from None


def _damaged(path: Path, data: mmap.mmap, stop: int) -> SpoolError:
    """Where a segment isn't whole: from there to the end of the next control line."""
    mark = data.find(_MARK, stop - 1)
    end = data.find(b"\n", mark + 1) + 1 if mark >= 0 else 0
    return _damage(path, stop, end or len(data))


def _damage(path: Path, first: int, last: int) -> SpoolError:
    return SpoolError("bytes {first} to {last} are not what was written", file=path, first=first, last=last)
