"""Retention: files whose time is over go, and a tombstone tells what they were.

1. Only whole files go, those on their day's list whose day in the name is past; the list stays as it was signed and
   stamped, so that `sha256sum --ignore-missing` still checks what is left.
2. The tombstone is durable before the file goes. It tells the file's hash (the list's) and of each record its kind, id,
   place and digest, so that who holds a copy can show that it is the one; it tells no address and no text.
3. A file that isn't what its list says isn't removed: that is a finding, and no time that is over.
"""

import json
import re
from pathlib import Path
from typing import Any

from wayseal.market.capture._lists import day_folders, read_list, tombstone_of
from wayseal.market.capture._members import members
from wayseal.market.capture.errors import CaptureChangedError
from wayseal.market.capture.types import Purged
from wayseal.model.times import iso, time_at
from wayseal.store.durable import file_digest, lock_folder, replace_file, sync_folder

_UNTIL = re.compile(r"-until-(\d{4}-\d{2}-\d{2})-")


def purge(folder: Path, now: int) -> tuple[Purged, ...]:
    """Removes files whose retention is over (rules 1 to 3).

    Args:
        folder: Of captures.
        now: The time (µs).

    Returns:
        What was removed.

    Raises:
        CaptureChangedError: A file isn't what its list says; those before it are gone.
        CaptureError: A list can't be read.
        OSError: The disk refuses.
    """
    today = time_at(now).date().isoformat()
    out = []
    for day in day_folders(folder):
        with lock_folder(day):
            for name, sha256 in read_list(day).items():
                until = _UNTIL.search(name)
                if until and until[1] < today and (day / name).exists():
                    out.append(_remove(day / name, sha256, now))
    return tuple(out)


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
