"""Exports and pictures for the market's watch, sent by browser: kept as they came, unpacked within bounds.

1. Files of one import lie together in a private folder, as logs do (`logs`). What a job knows of each is its name, its
   size and its SHA-256 of when it came; one that is another now is refused.
2. A zip is unpacked within bounds: so many files, so many bytes. What has a path out of it, is a link or is encrypted
   is no part of an export, nor has any control characters in its name. Hidden files are passed over.
"""

import hashlib
import importlib.util
import json
import secrets
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from wayseal.console.errors import AccessError, JobError
from wayseal.console.jobs.logs import CONTROL, UPLOADS, drop_upload, plain_name
from wayseal.console.jobs.types import JobContext, SourceInput
from wayseal.market.crawling.imports import ImportForm, Named, free_name, place_files
from wayseal.store.durable import file_digest

MOST_FILES = 2_000
_NEEDED = ("PIL", "feedparser", "httpcore", "httpx", "ijson", "protego", "selectolax", "warcio", "zxingcpp")
_PART = 1 << 20
_UTF8, _ENCRYPTED = 0x800, 0x1
Step = Callable[[str, int, int], None]


class Sent(Protocol):
    """A file that came with a form."""

    @property
    def name(self) -> str:
        """As it was called."""

    @property
    def size(self) -> int:
        """Its bytes."""

    @property
    def sha256(self) -> str:
        """Of what came."""

    def keep(self, target: Path) -> None:
        """Moves it to where it stays."""


@dataclass(frozen=True, slots=True)
class PastedText:
    """A text that was pasted, as a file that came with a form."""

    content: bytes = field(repr=False)
    name: str = "pasted.txt"

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.content)

    @property
    def sha256(self) -> str:
        """Of it."""
        return hashlib.sha256(self.content).hexdigest()

    def keep(self, target: Path) -> None:
        """Writes it to where it stays."""
        target.write_bytes(self.content)


@cache
def is_market_installed() -> bool:
    """Return whether the packages of the extra `market` are there: without them nothing is looked at."""
    return all(importlib.util.find_spec(name) for name in _NEEDED)


def keep_sent(folder: Path, files: Sequence[Sent]) -> dict[str, str]:
    """Keeps files that were sent (rule 1).

    Args:
        folder: Of jobs.
        files: They.

    Returns:
        What a job has to know of them.

    Raises:
        AccessError: The disk refuses; nothing is kept then.
    """
    token = secrets.token_hex(8)
    kept: list[tuple[str, int, str]] = []
    place = folder / UPLOADS / token
    place.mkdir(mode=0o700, parents=True)
    try:
        for sent in files:
            name = free_name(plain_name(sent.name), {one[0] for one in kept})
            sent.keep(place / name)
            kept.append((name, sent.size, sent.sha256))
    except AccessError:
        drop_upload(folder, token)
        raise
    return {"upload": f"{token}/{', '.join(name for name, _, _ in kept)}", "files": json.dumps(kept)}


def find_sent(given: SourceInput, work: JobContext) -> tuple[tuple[str, Path, int, str], ...]:
    """Files that a job is about: name, place, size, SHA-256. JobError: one isn't there, or is another (rule 1)."""
    token = given.upload.partition("/")[0]
    place = work.folder.parent / UPLOADS / token
    found: list[tuple[str, Path, int, str]] = []
    for name, size, sha256 in json.loads(given.files):
        work.step("market_hash", len(found), 0)
        file = place / name
        if not token or not file.is_file():
            raise JobError("the file that was sent isn't there any more: send it again", key="upload")
        if file_digest(file) != sha256:
            raise JobError("this isn't what was sent: send it again", file=name)
        found.append((name, file, size, sha256))
    return tuple(found)


def lay_out(
    form: ImportForm, files: Sequence[Named], into: Path, most: int, step: Step
) -> tuple[list[Named], list[str]]:
    """Files as they are to be brought in, zips unpacked (rule 2).

    Args:
        form: What they are taken for.
        files: What was sent.
        into: An empty folder for what is unpacked.
        most: Bytes that all may unpack to.
        step: Told how far it is.

    Returns:
        They, exports first, and names of what is no part of such an import.

    Raises:
        JobError: A zip that isn't unpacked; names it.
    """
    found: list[Named] = []
    for number, (name, file) in enumerate(files):
        if not name.lower().endswith(".zip"):
            found.append((name, file))
            continue
        inner = _unpack(name, file, into / str(number), most, step)
        most -= sum(one.stat().st_size for _, one in inner)
        found += _without_common(inner)
    if len(found) > MOST_FILES:
        raise JobError("holds more than {most:,} files: send it in parts", file=files[0][0], most=MOST_FILES)
    return place_files(form, found)


def _without_common(found: Sequence[Named]) -> list[Named]:
    """Without the folders that all have before their names."""
    parts = [PurePosixPath(name).parts for name, _ in found]
    common = 0
    while parts and all(len(one) > common + 1 and one[common] == parts[0][common] for one in parts):
        common += 1
    return [("/".join(one[common:]), file) for one, (_, file) in zip(parts, found, strict=True)]


def _unpack(name: str, file: Path, into: Path, most: int, step: Step) -> list[Named]:
    """The files of a zip (rule 2)."""
    out: list[Named] = []
    try:
        with zipfile.ZipFile(file) as packed:
            for path, info in _members(name, packed):
                target = into / str(len(out)) / PurePosixPath(path).name
                target.parent.mkdir(mode=0o700, parents=True)
                with packed.open(info) as source, target.open("wb") as to:
                    most -= _copy(source, to, most, name, step)
                out.append((path, target))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise JobError("is damaged, or no zip: it can't be unpacked", file=name) from None
    return out


def _copy(source: IO[bytes], to: IO[bytes], most: int, name: str, step: Step) -> int:
    """Bytes that were copied."""
    size = 0
    while part := source.read(_PART):
        size += len(part)
        step("unpack", size, 0)
        if size > most:
            raise JobError("unpacks to more than may be sent at once: send it in parts", file=name)
        to.write(part)
    return size


def _members(name: str, packed: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    infos = [info for info in packed.infolist() if not info.is_dir()]
    if len(infos) > MOST_FILES:
        raise JobError("holds more than {most:,} files: send it in parts", file=name, most=MOST_FILES)
    for info in infos:
        parts = PurePosixPath(_called(info).replace("\\", "/")).parts
        if (parts and parts[0] == "__MACOSX") or any(one.startswith(".") and one != ".." for one in parts):
            continue
        if ".." in parts or not parts or parts[0] == "/" or stat.S_ISLNK(info.external_attr >> 16):
            raise JobError("holds a link, or a path that leads out of it: it isn't unpacked", file=name)
        if CONTROL.search("".join(parts)):
            raise JobError("holds a name with control characters: it isn't unpacked", file=name)
        if info.flag_bits & _ENCRYPTED:
            raise JobError("is encrypted: send it without a password", file=name)
        yield "/".join(plain_name(one) for one in parts), info


def _called(info: zipfile.ZipInfo) -> str:
    """A name as it was meant: where nothing says UTF-8, zips of Chinese Windows have GBK."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename
