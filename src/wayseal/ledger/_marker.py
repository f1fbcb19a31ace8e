"""The mark of a backup: whoever has it is read, and never written to as a ledger.

A copy that goes on by itself would give reads salts that the original gives to other reads (decisions 14 and 17).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from wayseal.ledger.errors import BackupRefusedError, LedgerError
from wayseal.model.errors import disk_says
from wayseal.model.schema import CLOSED, parse_json, plain, value_at
from wayseal.store.durable import replace_file

NAME = "backup.json"
_FORMAT = "wayseal_backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Of which ledger a folder is a copy (its id). restoring: it is to become a ledger, and isn't one yet."""

    __pydantic_config__: ClassVar = CLOSED
    version: Annotated[int, Field(alias=_FORMAT, ge=1, le=1)] = 1
    id: str
    restoring: bool = False


def save_marker(folder: Path, marker: Marker) -> None:
    """Marks a folder, durably."""
    replace_file(folder / NAME, json.dumps(plain(marker), sort_keys=True).encode() + b"\n")


def load_marker(folder: Path) -> Marker | None:
    """The folder's mark, None where it has none; LedgerError if it can't be read."""
    path = folder / NAME
    try:
        content = path.read_bytes()
        if value_at(content, _FORMAT) is None:
            raise ValueError(_FORMAT)
        return parse_json(content, Marker)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LedgerError("can't be read ({reason})", file=path, reason=disk_says(error)) from error
    except ValueError as error:
        raise LedgerError("this mark of a backup is damaged or of another version", file=path) from error


def refuse_backup(folder: Path) -> None:
    """BackupRefusedError where the folder is marked, however the mark reads."""
    if (folder / NAME).exists():
        raise BackupRefusedError(
            "this is a backup, which is only read: make a ledger of it with `wayseal ledger restore`", file=folder
        )
