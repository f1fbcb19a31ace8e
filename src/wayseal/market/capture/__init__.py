"""Capture: what came is kept as evidence that foreign tools check alone: warcio, `sha256sum`, `openssl`.

`Captures` keeps; `verify_captures` checks it all; `purge` lets go of what was kept long enough (`over`).

1. `keep` returns once all records of a capture are on the disk. A file is written to at its end alone.
2. A file whose process died ends in a record that isn't whole. Whoever opens the folder next puts that end aside
   (`NAME.cut`, for whoever wants to look) and the file on its day's list: whole records are never lost.
3. A new file is begun with the day (UTC), with another retention, and at a size. What is done with goes on the list.
4. Retention is in a file's name, as the day until which it is kept: so whole files can go.
5. A day that is stamped takes nothing more: its list would be another one than what was stamped.
6. Two threads or processes never write to one file; a file that is being written to is locked.
7. What can't be added whole is cut off again, and nobody was told of it.
8. A file is locked as long as it is written to: one that isn't, and that no list knows, is what a crash left.
"""

import fcntl
import hashlib
import mimetypes
import os
import secrets
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

from wayseal.market.capture._files import (
    TOOL,
    answer_records,
    canonical,
    info_record,
    iso_full,
    members,
    metadata_record,
    resource_record,
)
from wayseal.market.capture._lists import (
    LIST,
    STAMP,
    SUFFIX,
    Repaired,
    day_folders,
    is_purged,
    keep_stamp,
    over,
    purge,
    read_list,
    tombstone_of,
    verify_captures,
    write_list,
)
from wayseal.market.errors import CaptureChangedError, CaptureError
from wayseal.market.fetching.types import Fetched
from wayseal.market.sources import Source
from wayseal.market.types import Capture
from wayseal.merkle.checkpoint import SigningKey
from wayseal.model.runtime import Closing
from wayseal.model.times import time_at
from wayseal.proofs.errors import StampError
from wayseal.proofs.stamps import Stamped, ask_for_stamp, claimed_stamp
from wayseal.store.durable import MODE, file_digest, lock_folder, sync_folder

__all__ = ["Captures", "is_purged", "over", "purge", "verify_captures"]
_HTTP_END = b"\r\n\r\n"


def read_body(packed: bytes, *, answer: bool) -> bytes | None:
    """The body of the first record of a capture, unpacked; None: it can't be read."""
    try:
        record = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(packed)
        head, _, rest = record.partition(_HTTP_END)
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        block = rest[:length]
        if not answer:
            return block
        http, _, body = block.partition(_HTTP_END)
        for line in http.lower().split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name == b"content-encoding" and value.strip() in {b"gzip", b"x-gzip", b"deflate"}:
                return _unpack(body, value.strip())
    except (zlib.error, ValueError, StopIteration):
        return None
    return body


def _unpack(body: bytes, name: bytes) -> bytes:
    if name != b"deflate":
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body) if body else b""
    try:
        return zlib.decompress(body) if body else b""
    except zlib.error:
        return zlib.decompress(body, -zlib.MAX_WBITS)


class OpenFile:
    """A file that is written to, and locked (rules 7 and 8). offset: where its next record begins."""

    def __init__(self, day: Path, name: str) -> None:
        self.day = day
        self.path = day / name
        self.offset = 0
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        begun = self.path.with_name(f"{name}.begun")
        self._handle = os.open(begun, flags, MODE)
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        self.add(info_record(name))
        begun.rename(self.path)  # whoever sees the name finds the lock held (rule 8)
        sync_folder(day)

    def add(self, data: bytes) -> None:
        """Adds whole records, durably; OSError leaves what was there."""
        with self._adding() as write:
            write(data)

    def stream(self, file: BinaryIO, *, content: bytes, **described: Any) -> None:
        """Adds a file of any size and its description. CaptureChangedError: it isn't what it was."""
        checked = _Checked(file)
        with self._adding() as write:
            out = SimpleNamespace(write=write, flush=lambda: None)  # what warcio asks of a file
            beside = resource_record(out, checked, **described)
            if checked.digest.hexdigest() != described["sha256"]:
                raise CaptureChangedError("the file was changed while it was read")
            write(metadata_record(described["url"], described["at"], content, beside))

    def close(self) -> None:
        """Lets go of it."""
        os.close(self._handle)

    @contextmanager
    def _adding(self) -> Iterator[Callable[[bytes], None]]:
        """Write at the file's end; what isn't finished is cut off again (rule 7)."""
        if os.fstat(self._handle).st_size != self.offset:
            raise CaptureError("another process writes to this file", file=self.path)
        at = self.offset

        def write(data: bytes) -> None:
            nonlocal at
            while data:
                done = os.pwrite(self._handle, data, at)
                at, data = at + done, data[done:]

        try:
            yield write
            os.fsync(self._handle)
        except BaseException:
            os.ftruncate(self._handle, self.offset)
            raise
        self.offset = at


class _Checked:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, place: int, whence: int = 0) -> int:
        return self._file.seek(place, whence)


def put_aside(path: Path, handle: int) -> int:
    """Cuts what stands behind the last whole record, and keeps it beside; how many bytes that were."""
    with path.open("rb") as file:
        end = sum(one.length for one in members(file) if one.whole)
        size = os.fstat(handle).st_size
        if end == size:
            return 0
        file.seek(end)
        with path.with_name(path.name.removesuffix(SUFFIX) + ".cut").open("ab") as beside:
            while part := file.read(1 << 20):
                beside.write(part)
            beside.flush()
            os.fsync(beside.fileno())
    os.ftruncate(handle, end)
    os.fsync(handle)
    sync_folder(path.parent)
    return size - end


MOST_BYTES = 1 << 30
_CLOCK = "system clock of the machine, UTC"


class Captures(Closing):
    """Keeps captures (rules 1 to 6)."""

    def __init__(
        self,
        folder: Path,
        *,
        key: SigningKey | None = None,
        most_bytes: int = MOST_BYTES,
        clock: str = _CLOCK,
        label: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        """Opens the folder, makes it where it isn't there, and repairs what a crash left (rule 2).

        Args:
            folder: Where captures lie, a folder a day.
            key: Signs the lists of days; None: they aren't signed.
            most_bytes: A file that is larger isn't written to any more.
            clock: What sets the machine's clock; stands in each description.
            label: Names this process's files, so that no other has them.

        Attributes:
            repaired: Files that had been cut.
        """
        self._folder = folder
        self._key = key
        self._most = most_bytes
        self._clock = clock
        self._label = label()
        self._lock = threading.RLock()
        self._open: dict[str, OpenFile] = {}
        self._count = 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.repaired = tuple(found for day in day_folders(folder) for found in self._repair(day))

    def keep(self, source: Source, fetched: Fetched, text: str = "") -> Capture:
        """Keeps an answer (rule 1).

        Args:
            source: Whose it is; its retention decides until when it is kept.
            fetched: The answer.
            text: What a person would have read; see `Seen.text`.

        Returns:
            What stands in the log for it.

        Raises:
            CaptureError: The file that is written to has been changed by others, or the day is stamped already.
            OSError: The disk refuses; nothing of it is kept.
        """
        with self._lock:
            held = self._file(source, fetched.at)
            described = {
                **self._described(source, fetched.asked, fetched.at, held),
                "address": fetched.address,
                "answered": fetched.url,
                "hops": [{"location": h.location, "status": h.status, "url": h.url} for h in fetched.hops],
                "inside": fetched.inside,
                "kind": "answer",
                "media_type": fetched.media_type.partition(";")[0].strip().lower()[:100],
                "parts": [
                    {"hindrance": p.hindrance or "", "sha256": p.sha256, "status": p.status, "url": p.url}
                    for p in fetched.parts
                ],
                "robots_ignored": fetched.robots_ignored,
                "sha256": fetched.sha256,
                "sha256_raw": hashlib.sha256(fetched.raw).hexdigest(),
                "size": len(fetched.body),
                "status": fetched.status,
                "took_us": int(fetched.seconds * 1_000_000),
            }
            records, content = answer_records(fetched, text, described)
            offset = held.offset
            held.add(records)
            return _capture(described, content, held.offset - offset)

    def keep_file(self, source: Source, file: Path, name: str, at: int) -> Capture:
        """Keeps a file of an export or a folder, of any size (rule 1).

        Args:
            source: Whose it is.
            file: Where it lies.
            name: What it is called in the record; a path from the outside world's machine has no place there.
            at: When it was taken in (µs).

        Returns:
            What stands in the log for it.

        Raises:
            CaptureChangedError: It was changed while it was read.
            OSError: It can't be read, or the disk refuses; nothing of it is kept.
        """
        sha256, size = file_digest(file), file.stat().st_size
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        with self._lock:
            held = self._file(source, at)
            url = f"file:{name.encode('utf-8', 'replace').decode()}"
            described = {
                **self._described(source, url, at, held),
                "kind": "file",
                "media_type": media_type,
                "sha256": sha256,
                "size": size,
                "status": 0,
            }
            content, offset = canonical(described), held.offset
            with file.open("rb") as opened:
                held.stream(opened, url=url, at=at, media_type=media_type, sha256=sha256, size=size, content=content)
            return _capture(described, content, held.offset - offset)

    def body(self, capture: Capture) -> bytes | None:
        """The body of a capture, unpacked; None: it was purged.

        Args:
            capture: What `keep` gave.

        Returns:
            Bytes whose SHA-256 is the capture's.

        Raises:
            CaptureChangedError: They are others.
        """
        path = self._folder / capture.warc
        try:
            with path.open("rb") as file:
                file.seek(capture.offset)
                body = read_body(file.read(capture.length), answer=bool(capture.status))
        except FileNotFoundError:
            if tombstone_of(path).exists():
                return None
            raise CaptureError("this file isn't there", file=path) from None
        if body is None or hashlib.sha256(body).hexdigest() != capture.sha256:
            raise CaptureChangedError("what is kept is no longer what was seen", file=path)
        return body

    def stamp(self, url: str, now: int) -> Mapping[str, Stamped | StampError]:
        """Has the lists of days that are over stamped, those that wait.

        Args:
            url: Of the service.
            now: The time (µs).

        Returns:
            By day what was had, or why not; a day of which a file is still written to waits without a word.
        """
        found: dict[str, Stamped | StampError] = {}
        today = time_at(now).date().isoformat()
        for day in day_folders(self._folder):
            if day.name >= today or (day / STAMP).exists() or not (day / LIST).exists():
                continue
            if {one.name for one in day.glob(f"*{SUFFIX}")} - read_list(day).keys():
                continue
            try:
                answer = ask_for_stamp(url, (day / LIST).read_bytes())
                keep_stamp(day, answer)
                found[day.name] = claimed_stamp(answer)
            except StampError as error:
                found[day.name] = error
        return found

    def close_days(self, now: int) -> None:
        """Puts files of days before that of `now` on their lists (rule 3)."""
        with self._lock:
            today = time_at(now).date().isoformat()
            for name in [name for name, held in self._open.items() if held.day.name < today]:
                self._finish(name)

    def close(self) -> None:
        """Puts all files on their lists."""
        with self._lock:
            for name in list(self._open):
                self._finish(name)

    def _described(self, source: Source, url: str, at: int, held: OpenFile) -> dict[str, Any]:
        return {
            "at": iso_full(at),
            "at_us": at,
            "clock": self._clock,
            "offset": held.offset,
            "source": source.name,
            "tool": TOOL,
            "url": url,
            "warc": f"{held.day.name}/{held.path.name}",
            "wayseal_capture": 1,
        }

    def _file(self, source: Source, at: int) -> OpenFile:
        """The file that is written to (rules 3 and 4)."""
        self.close_days(at)
        moment = time_at(at)
        until = (moment + timedelta(seconds=source.retention)).date().isoformat()
        name = f"{moment.date().isoformat()}/{until}"
        held = self._open.get(name)
        if held is not None and held.offset >= self._most:
            self._finish(name)
            held = None
        if held is None:
            self._count += 1
            day = self._folder / moment.date().isoformat()
            day.mkdir(exist_ok=True, mode=0o700)
            if (day / STAMP).exists():
                raise CaptureError("the list of this day is stamped: is the clock right?", file=day / LIST)
            held = OpenFile(day, f"{day.name}-until-{until}-{self._label}-{self._count:05d}{SUFFIX}")
            self._open[name] = held
        return held

    def _finish(self, name: str) -> None:
        held = self._open.pop(name)
        held.close()
        self._enlist(held.day, [held.path])

    def _enlist(self, day: Path, files: list[Path]) -> None:
        with lock_folder(day):
            write_list(day, read_list(day) | {one.name: file_digest(one) for one in files}, self._key)

    def _repair(self, day: Path) -> list[Repaired]:
        """Files of a day that nobody writes to and no list knows (rules 2 and 5)."""
        if (day / STAMP).exists():
            return []
        found, done = [], []
        for path in sorted(set(day.glob(f"*{SUFFIX}")) - {day / name for name in read_list(day)}):
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                aside = put_aside(path, handle)
            except BlockingIOError:
                continue
            finally:
                os.close(handle)
            if aside:
                found.append(Repaired(name=f"{day.name}/{path.name}", aside=aside))
            if path.stat().st_size:
                done.append(path)
            else:
                path.unlink()
        if done:
            self._enlist(day, done)
        return found


def _capture(described: Mapping[str, Any], content: bytes, length: int) -> Capture:
    names = ("source", "url", "status", "media_type", "sha256", "size", "warc", "offset")
    known = {name: described[name] for name in names}
    return Capture(id=hashlib.sha256(content).hexdigest(), at=described["at_us"], length=length, **known)
