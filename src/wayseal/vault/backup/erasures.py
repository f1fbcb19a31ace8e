"""What was erased, so that no restore brings it back.

1. A restore takes a list that is newer than the backup: from the key database that is in use, from the records that
   are in use (they say of each number that it was erased), or from a file.
2. A list is numbers and times: it holds nothing personal and no key, so it can be kept for as long as backups are.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from wayseal.database import Connection, Database
from wayseal.database.migrations import check
from wayseal.model.errors import disk_says
from wayseal.model.records import Erased
from wayseal.model.times import time_at
from wayseal.store.durable import write_file
from wayseal.vault import tables as t
from wayseal.vault._sql import record_of, row_of
from wayseal.vault.errors import BackupError


def erasures_of(database: Database, chain: t.ChainName, *, backups: int = 0) -> list[Erased]:
    """List the erasures up to now, by the key database or by the records, in order of time.

    backups: how long backups of keys are kept, microseconds; of the records alone, which don't say when the last one
    that holds a key is gone.
    """
    check(database, t.CHAINS[chain])
    return database.read(_erased_keys if chain == "keys" else _erased_records, backups)


def save_erasures(file: Path, erasures: Iterable[Erased]) -> None:
    """Writes a list to a new file, a line for each; BackupError where there is one, or the disk refuses."""
    try:
        write_file(file, "".join(json.dumps(row_of(e)) + "\n" for e in erasures).encode(), new=True)
    except OSError as error:
        raise BackupError("the list can't be written: {reason}", file=file, reason=disk_says(error)) from None


def load_erasures(file: Path) -> list[Erased]:
    """A list that `save_erasures` wrote; BackupError names the line that can't be."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        raise BackupError("can't be read", file=file) from None
    return [_line(file, number, line) for number, line in enumerate(lines, 1)]


def _line(file: Path, number: int, line: str) -> Erased:
    try:
        waybill, erased_at, gone_at = (json.loads(line)[name] for name in ("waybill", "erased_at", "gone_at"))
        if isinstance(waybill, str) and type(erased_at) is int and type(gone_at) is int:
            return Erased(waybill=waybill, erased_at=time_at(erased_at), gone_at=time_at(gone_at))
    except (ValueError, TypeError, KeyError, OverflowError):
        pass
    raise BackupError("not a line of a list of erasures", file=file, line=number)


def _erased_keys(connection: Connection, backups: int) -> list[Erased]:
    del backups
    rows = connection.execute(sa.select(t.erasures).order_by(t.erasures.c.erased_at))
    return [record_of(Erased, row) for row in rows]


def _erased_records(connection: Connection, backups: int) -> list[Erased]:
    columns = t.waybills.c
    chosen = sa.select(columns.waybill, columns.erased_at, (columns.erased_at + backups).label("gone_at"))
    rows = connection.execute(chosen.where(columns.erased_at.is_not(None)).order_by(columns.erased_at))
    return [record_of(Erased, row) for row in rows]
