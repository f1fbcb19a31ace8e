"""Standard input, and files that grow.

1. A file is known by its device, its inode, and the SHA-256 of its beginning: up to 4 KiB of what was taken of it.
2. It is followed as it grows. Where another file has taken its name, it is read to its end first, and files that came
   between, as rotation names and leaves them beside it, in the order of their last change.
3. A file that is shorter than what was taken, begins otherwise, or is gone, is a gap.
4. A last line without an end is taken once the file is done; else it is waited for.
"""

import hashlib
import os
import re
import select
import time
from collections.abc import Iterator
from pathlib import Path

from wayseal.live.errors import GapError, SourceError
from wayseal.live.sources._reading import Reading, Start, lines_of
from wayseal.live.types import Batch, Position
from wayseal.model.errors import disk_says
from wayseal.model.runtime import Closing

_CHUNK = 1 << 20
"""Bytes that are read at once. A line that is longer is none of the contract, and comes in pieces."""
_POLL, _QUIET = 0.02, 1.0
"""Seconds between looks at a file, and that one whose name was taken by another has to be quiet for."""
_BEGINNING = 4096
_STREAM = re.compile(r"file/(\d+)/(\d+)/(\d+)-([0-9a-f]{64})")
_PACKED = frozenset([".gz", ".bz2", ".xz", ".zst"])


class PipeSource(Closing):
    """Lines of a pipe; it can be read once, and ends where it ends. handle: of an open file."""

    away = None

    def __init__(self, handle: int = 0) -> None:
        self.name = "jsonl:-"
        self._handle = handle

    def open(self, after: Position | None) -> Closing:
        """Nothing has to be found."""
        return self

    def batches(self, linger: float) -> Iterator[Batch | None]:
        """As of `Source`. Its position counts bytes."""
        taken, rest, data = 0, b"", b"-"
        while data:
            if not select.select([self._handle], [], [], linger)[0]:
                yield None
                continue
            data = os.read(self._handle, _CHUNK)
            rest += data
            cut = rest.rfind(b"\n") + 1 if data and len(rest) < _CHUNK else _whole(rest) or len(rest)
            if cut:
                taken += cut
                yield Batch(lines=lines_of(rest[:cut]), position=Position(stream="pipe", parts={"": taken}))
                rest = rest[cut:]

    def release(self, position: Position) -> None:
        """Nobody keeps it."""

    def close(self) -> None:
        """Whoever opened it closes it."""


def _whole(data: bytes) -> int:
    return data.rfind(b"\n") + 1


class FileSource(Closing):
    """Lines of a file that grows."""

    away = None

    def __init__(self, path: Path, reading: Reading) -> None:
        self.name = f"file:{path}"
        self._path = path
        self._reading = reading
        self._handle = -1
        self._next: list[Path] = []
        self._taken = 0
        self._digest = (-1, "")

    def open(self, after: Position | None) -> Closing:
        """As of `Source`."""
        try:
            if after is not None:
                self._resume(after)
            elif self._path.exists() or self._reading.until_end:
                self._begin(self._path)
                if self._reading.start is Start.NOW:
                    size = os.fstat(self._handle).st_size
                    tail = os.pread(self._handle, _CHUNK, max(0, size - _CHUNK))
                    self._taken = size - len(tail) + _whole(tail)
        except OSError as error:
            raise SourceError("can't be read ({reason})", file=self._path, reason=disk_says(error)) from error
        except GapError:
            self.close()
            raise
        return self

    def batches(self, linger: float) -> Iterator[Batch | None]:
        """As of `Source`. Its position counts bytes."""
        try:
            yield from self._followed(linger)
        except OSError as error:
            raise SourceError("can't be read ({reason})", file=self._path, reason=disk_says(error)) from error

    def release(self, position: Position) -> None:
        """Files are removed by whoever rotates them."""

    def close(self) -> None:
        """Lets go of the file."""
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1

    def _followed(self, linger: float) -> Iterator[Batch | None]:
        quiet = waited = 0.0
        while True:
            data = os.pread(self._handle, _CHUNK, self._taken) if self._handle >= 0 else b""
            if cut := _whole(data) or (len(data) == _CHUNK and _CHUNK):
                quiet = waited = 0.0
                yield self._take(data[:cut])
                continue
            self._refuse_cut()
            following = self._following()
            done = bool(self._next) or quiet >= _QUIET or self._handle < 0
            if self._reading.until_end or (following and done):
                if data:
                    yield self._take(data)
                if following is None:
                    return
                self._begin(following)
                continue
            pause = min(_POLL, linger - waited)
            time.sleep(max(0.0, pause))
            quiet, waited = quiet + _POLL if following else 0.0, waited + _POLL
            if waited >= linger:
                waited = 0.0
                yield None

    def _take(self, data: bytes) -> Batch:
        self._taken += len(data)
        return Batch(lines=lines_of(data), position=self._position())

    def _position(self) -> Position:
        """Rule 1."""
        size = min(self._taken, _BEGINNING)
        if self._digest[0] != size:
            self._digest = (size, _digest(self._handle, size))
        about = os.fstat(self._handle)
        stream = f"file/{about.st_dev}/{about.st_ino}/{size}-{self._digest[1]}"
        return Position(stream=stream, parts={"": self._taken})

    def _begin(self, path: Path) -> None:
        self.close()
        self._next = self._next[1:]
        self._handle, self._taken, self._digest = os.open(path, os.O_RDONLY | os.O_CLOEXEC), 0, (-1, "")

    def _refuse_cut(self) -> None:
        if self._handle >= 0 and os.fstat(self._handle).st_size < self._taken:
            raise self._gap()

    def _gap(self) -> GapError:
        return GapError("was cut or made anew: what followed byte {taken} is missing", file=self._path,
                        taken=self._taken)  # fmt: skip

    def _following(self) -> Path | None:
        """The file to be read next, if there is one (rule 2)."""
        if self._next:
            return self._next[0]
        if not self._path.exists():
            return None
        there = self._handle >= 0 and os.path.samestat(os.fstat(self._handle), self._path.stat())
        return None if there else self._path

    def _resume(self, after: Position) -> None:
        """Rules 2 and 3."""
        found = _STREAM.fullmatch(after.stream)
        if found is None:
            raise GapError("what was taken last came from another source", file=self._path)
        self._taken = after.parts[""]
        beside = [path for path in self._path.parent.glob(f"{self._path.name}?*") if path.suffix not in _PACKED]
        beside.sort(key=lambda path: path.stat().st_mtime_ns)
        known = (int(found[1]), int(found[2]))
        paths = [*beside, self._path] if self._path.exists() else beside
        for place, path in enumerate(paths):
            about = path.stat()
            if (about.st_dev, about.st_ino) == known:
                self._begin(path)
                self._taken, self._next = after.parts[""], beside[place + 1 :]
                if about.st_size < self._taken or _digest(self._handle, int(found[3])) != found[4]:
                    raise self._gap()
                return
        raise self._gap()


def _digest(handle: int, size: int) -> str:
    return hashlib.sha256(os.pread(handle, size, 0)).hexdigest()
