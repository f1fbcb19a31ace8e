"""Retention: files whose time is over go, and a tombstone tells what they were.

1. Only whole files go, those on their day's list whose day in the name is past; the list stays as it was signed and
   stamped, so that `sha256sum --ignore-missing` still checks what is left.
2. The tombstone is durable before the file goes. It tells the file's hash (the list's) and of each record its kind, id,
   place and digest, so that who holds a copy can show that it is the one; it tells no address and no text.
3. A file that isn't what its list says isn't removed: that is a finding, and no time that is over.
4. A file that holds something that is still needed stays as a whole: who calls says which.
"""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from wayseal.market.capture._lists import day_folders, read_list, tombstone_of
from wayseal.market.capture._members import members
from wayseal.market.capture.errors import CaptureChangedError
from wayseal.market.capture.types import Purged
from wayseal.model.times import iso, time_at
from wayseal.store.durable import file_digest, lock_folder, replace_file, sync_folder

_UNTIL = re.compile(r"-until-(\d{4}-\d{2}-\d{2})-")


def over(folder: Path, now: int, before: str = "") -> tuple[str, ...]:
    """Files whose retention is over, and those of days before a given one, as day and name (rule 1).

    Args:
        folder: Of captures.
        now: The time (µs).
        before: A day (`2026-03-02`): what was captured before it counts as over; "" for none.

    Returns:
        What `purge` would remove, the oldest day first.

    Raises:
        CaptureError: A list can't be read.
    """
    return tuple(f"{day.name}/{name}" for day in day_folders(folder) for name, _ in _over(day, now, before))


def purge(folder: Path, now: int, before: str = "", keep: Collection[str] = ()) -> tuple[Purged, ...]:
    """Removes files whose retention is over (rules 1 to 4).

    Args:
        folder: Of captures.
        now: The time (µs).
        before: A day: see `over`.
        keep: Files that stay, as day and name.

    Returns:
        What was removed.

    Raises:
        CaptureChangedError: A file isn't what its list says; those before it are gone.
        CaptureError: A list can't be read.
        OSError: The disk refuses.
    """
    out = []
    for day in day_folders(folder):
        with lock_folder(day):
            for name, sha256 in _over(day, now, before):
                if f"{day.name}/{name}" not in keep:
                    out.append(_remove(day / name, sha256, now))
    return tuple(out)


def is_purged(folder: Path, warc: str) -> bool:
    """Whether a tombstone stands for a file. warc: day and name."""
    return tombstone_of(folder / warc).exists()


def _over(day: Path, now: int, before: str) -> Iterator[tuple[str, str]]:
    today = time_at(now).date().isoformat()
    for name, sha256 in read_list(day).items():
        until = _UNTIL.search(name)
        if until and (until[1] < today or day.name < before) and (day / name).exists():
            yield name, sha256


def _remove(path: Path, sha256: str, now: int) -> Purged:
    if file_digest(path) != sha256:
        raise CaptureChangedError("this file isn't what its list says", file=path)
    with path.open("rb") as file:
        records = [_told(one.head, one.offset, one.length) for one in members(file)]
    size = path.stat().st_size
    content = {
        "wayseal_tombstone": 1,
        "file": path.name,
        "sha256": sha256,
        "size": size,
        "purged_at": iso(now),
        "why": "retention",
        "records": records,
    }
    replace_file(tombstone_of(path), (json.dumps(content, indent=1) + "\n").encode())
    path.unlink()
    sync_folder(path.parent)
    return Purged(name=f"{path.parent.name}/{path.name}", size=size, records=len(records))


def _told(head: dict[str, str], offset: int, length: int) -> dict[str, Any]:
    return {
        "type": head.get("warc-type", ""),
        "id": head.get("warc-record-id", ""),
        "digest": head.get("warc-block-digest", ""),
        "offset": offset,
        "length": length,
    }
