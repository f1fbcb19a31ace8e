"""What was erased, so that no restore brings it back.

1. A restore takes a list that is newer than the backup: from the key database that is in use, from the records that
   are in use (they say of each number that it was erased), or from a file.
2. A list is numbers and times: it holds nothing personal and no key, so it can be kept for as long as backups are.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import sqlalchemy as sa

from wayseal.model.errors import disk_says
from wayseal.model.schema import parse_json
from wayseal.store.database import Connection, Database
from wayseal.store.database.migrations import Chain, check
from wayseal.vault import tables as t
from wayseal.vault.erasure import Erasure
from wayseal.vault.errors import BackupError


def erasures_of(database: Database, chain: Chain, *, backups: int = 0) -> list[Erasure]:
    """What was erased by now, by the key database or by the records, in order of time.

    backups: how long backups of keys are kept, microseconds; of the records alone, which don't say when the last one
    that holds a key is gone.
    """
    check(database, chain)
    return database.read(_erased_keys if chain == "keys" else _erased_records, backups)


def save_erasures(file: Path, erasures: Iterable[Erasure]) -> None:
    """Writes a list to a new file, a line for each; BackupError where there is one, or the disk refuses."""
    try:
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
            for e in erasures:
                out.write(json.dumps(asdict(e)) + "\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise BackupError("the list can't be written: {reason}", file=file, reason=disk_says(error)) from None


def load_erasures(file: Path) -> list[Erasure]:
    """A list that `save_erasures` wrote; BackupError names the line that can't be."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        raise BackupError("can't be read", file=file) from None
    return [_line(file, number, line) for number, line in enumerate(lines, 1)]


def _line(file: Path, number: int, line: str) -> Erasure:
    try:
        return parse_json(line, Erasure)
    except ValueError:
        raise BackupError("not a line of a list of erasures", file=file, line=number) from None


def _erased_keys(connection: Connection, backups: int) -> list[Erasure]:
    del backups
    rows = connection.execute(sa.select(t.erasures).order_by(t.erasures.c.erased_at))
    return [Erasure(waybill=r.waybill, erased_at=r.erased_at, gone_at=r.gone_at) for r in rows]


def _erased_records(connection: Connection, backups: int) -> list[Erasure]:
    columns = t.waybills.c
    chosen = sa.select(columns.waybill, columns.erased_at).where(columns.erased_at.is_not(None))
    rows = connection.execute(chosen.order_by(columns.erased_at))
    return [Erasure(waybill=r.waybill, erased_at=r.erased_at, gone_at=r.erased_at + backups) for r in rows]
