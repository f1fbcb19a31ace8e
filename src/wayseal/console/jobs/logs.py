"""Logs for an ingest: those that were sent, and those that lie in the settings' folder.

1. A name in the folder is a path below it, without `..`, and nothing on the way is a link.
2. A file that was sent lies alone in a private folder, under its own name, cut to what a name may be: its ending says
   how it is to be read. It goes as soon as it was taken in.
3. A packed file (.gz) that unpacks to more than a hundred times its size, and to a gibibyte, is refused before a row of
   it is read. Workbooks are bounded where they are read.
"""

import gzip
import os
import re
import secrets
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from wayseal.console.errors import JobError
from wayseal.console.jobs.types import JobContext, LogInput
from wayseal.store import load_mapping, open_source
from wayseal.store.durable import replace_file
from wayseal.store.types import Source

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
UPLOADS, MAPPING = "uploads", "mapping.toml"
MOST_LISTED = 300
_MOST_LETTERS, _MOST_PATHS = 1000, 50
"""Of patterns, and rules for paths, of a mapping that a browser sent."""
_DEPTH = 3
_TOKEN = re.compile(r"[0-9a-f]{16}")
_MOST_NAME, _MOST_ENDING = 160, 120
"""Bytes of a name, and of what stands in it from its first point on."""
_MOST_RATIO, _PART = 100, 1 << 20
_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm", ".gz", ".log", ".json", ".txt")


def find_log(folder: Path | None, name: str) -> Path:
    """A log of the folder (rule 1).

    Args:
        folder: Where they lie.
        name: Its path below that.

    Raises:
        JobError: There is none, or it isn't in the folder.
    """
    parts = PurePosixPath(name).parts
    if folder is None or not parts or name.startswith("/") or ".." in parts or "\0" in name:
        raise JobError("there is no such log in the folder", key="file")
    place = folder
    with suppress(OSError):  # such as a name that is too long for the disk
        for part in parts:
            place = place / part
            if place.is_symlink():
                raise JobError("there is no such log in the folder", key="file")
        if place.is_file():
            return place
    raise JobError("there is no such log in the folder", key="file")


def list_logs(folder: Path | None) -> tuple[str, ...]:
    """Logs of the folder that can be named, the newest first, up to MOST_LISTED."""
    if folder is None:
        return ()
    found = sorted(_walk(folder, _DEPTH), key=lambda entry: (-entry[0], entry[1]))
    return tuple(name for _, name in found[:MOST_LISTED])


def list_mappings(folder: Path | None) -> tuple[str, ...]:
    """Mapping files that can be chosen."""
    if folder is None or not folder.is_dir():
        return ()
    return tuple(sorted(file.name for file in folder.glob("*.toml") if file.is_file() and not file.is_symlink()))


def find_mapping(folder: Path | None, name: str) -> Path:
    """A mapping file that can be chosen. JobError: there is none of that name."""
    if folder is None or name not in list_mappings(folder):
        raise JobError("there is no such mapping", key="mapping")
    return folder / name


def log_of(log: LogInput, work: JobContext) -> Path:
    """The log that a job is about. JobError: it is gone."""
    if log.upload:
        return find_upload(work.folder.parent, log.upload)
    return find_log(work.settings.logs_folder, log.file)


def open_log(log: LogInput, work: JobContext) -> Source:
    """The same, opened as its job says.

    Args:
        log: Which, and how it is read.
        work: The job.

    Returns:
        What is to be read.

    Raises:
        JobError: The log, or the mapping, isn't there.
        StoreError: It can't be read like that.
    """
    mapping = None
    if log.toml:
        place = work.folder / MAPPING
        replace_file(place, log.toml.encode())
        sent = log.origin == "sent"
        mapping = load_mapping(place, most_letters=_MOST_LETTERS) if sent else load_mapping(place)
        if sent and mapping.logs is not None and len(mapping.logs.paths) > _MOST_PATHS:
            raise JobError("a mapping that is sent has {most} rules for paths at most", key="paths", most=_MOST_PATHS)
    elif log.mapping:
        mapping = load_mapping(find_mapping(work.settings.mappings_folder, log.mapping))
    table = None if mapping is not None else log.table or None
    return open_source(log_of(log, work), mapping=mapping, offset=log.offset or None, table=table)


def plain_name(name: str) -> str:
    """A name that a file may have, near the one that it came with."""
    stem, dot, ending = CONTROL.sub("_", name).replace("/", "_").replace("\\", "_").lstrip(". ").partition(".")
    ending = ending[-40:].encode()[-_MOST_ENDING:].decode(errors="ignore")
    room = _MOST_NAME - len(f"{dot}{ending}".encode())
    stem = stem.encode()[:room].decode(errors="ignore")
    return f"{stem or 'log'}{dot}{ending}"


def upload_place(folder: Path, name: str) -> tuple[str, Path]:
    """Where a file that was sent is kept (rule 2).

    Args:
        folder: Of jobs.
        name: As it was sent, without folders.

    Returns:
        What stands for it in a job's values, and the file.
    """
    token, plain = secrets.token_hex(8), plain_name(name)
    place = folder / UPLOADS / token
    place.mkdir(mode=0o700, parents=True)
    return f"{token}/{plain}", place / plain


def find_upload(folder: Path, value: str) -> Path:
    """A file that was sent. JobError: it isn't there any more."""
    token, _, name = value.partition("/")
    if not _TOKEN.fullmatch(token) or name != plain_name(name) or not (folder / UPLOADS / token / name).is_file():
        raise JobError("the file that was sent isn't there any more: send it again", key="upload")
    return folder / UPLOADS / token / name


def drop_upload(folder: Path, value: str) -> None:
    """Removes a file that was sent."""
    token = value.partition("/")[0]
    if _TOKEN.fullmatch(token):
        shutil.rmtree(folder / UPLOADS / token, ignore_errors=True)


def drop_old_uploads(folder: Path, before: float) -> int:
    """Removes what was sent before a moment (seconds after 1970) and wasn't taken in; how many."""
    old = [place for place in (folder / UPLOADS).glob("*") if place.stat().st_mtime < before]
    for place in old:
        shutil.rmtree(place, ignore_errors=True)
    return len(old)


def refuse_bomb(path: Path, step: Callable[[str, int, int], None], least: int = 1 << 30) -> None:
    """Rule 3. step: told how far it is; least: so much may any file unpack to. JobError: it is more, or damaged."""
    if path.suffix.lower() != ".gz":
        return
    most, size = max(least, _MOST_RATIO * path.stat().st_size), 0
    try:
        with gzip.open(path) as packed:
            while part := packed.read(_PART):
                size += len(part)
                step("unpack", size, 0)
                if size > most:
                    raise JobError("unpacks to more than a hundred times its size: unpack it first", file=path.name)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise JobError("is damaged: it can't be unpacked", file=path.name) from None


def _walk(folder: Path, depth: int, below: str = "") -> Iterator[tuple[float, str]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_file(follow_symlinks=False) and entry.name.lower().endswith(_ENDINGS):
            yield entry.stat(follow_symlinks=False).st_mtime, below + entry.name
        elif depth > 1 and entry.is_dir(follow_symlinks=False):
            yield from _walk(folder / entry.name, depth - 1, f"{below}{entry.name}/")
