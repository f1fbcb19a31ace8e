"""The mark of a backup: whoever has it is read, and never written to as a ledger.

A copy that goes on by itself would give reads salts that the original gives to other reads (decisions 14 and 17).
"""

import json
from dataclasses import dataclass
from pathlib import Path

from wayseal.ledger._files import replace_file
from wayseal.ledger.errors import BackupRefusedError, LedgerError
from wayseal.model.errors import disk_says

NAME = "backup.json"
_FORMAT = "wayseal_backup"
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Of which ledger a folder is a copy (its id). restoring: it is to become a ledger, and isn't one yet."""

    id: str
    restoring: bool = False


def save_marker(folder: Path, marker: Marker) -> None:
    """Marks a folder, durably."""
    content = {_FORMAT: _VERSION, "id": marker.id, "restoring": marker.restoring}
    replace_file(folder / NAME, json.dumps(content, sort_keys=True).encode() + b"\n")


def load_marker(folder: Path) -> Marker | None:
    """The folder's mark, None where it has none; LedgerError if it can't be read."""
    path = folder / NAME
    try:
        content = json.loads(path.read_bytes())
        if content[_FORMAT] != _VERSION or not isinstance(content["id"], str):
            raise ValueError(_FORMAT)
        return Marker(id=content["id"], restoring=content["restoring"] is True)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LedgerError("can't be read ({reason})", file=path, reason=disk_says(error)) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LedgerError("this mark of a backup is damaged or of another version", file=path) from error


def refuse_backup(folder: Path) -> None:
    """BackupRefusedError where the folder is marked, however the mark reads."""
    if (folder / NAME).exists():
        raise BackupRefusedError(
            "this is a backup, which is only read: make a ledger of it with `wayseal ledger restore`", file=folder
        )
