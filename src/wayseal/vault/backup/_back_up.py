"""Making a backup.

1. It is one snapshot of the database, taken row by row while others write: so SQLite and PostgreSQL have one format, a
   backup can be restored into either, and no byte of a row that was deleted comes along.
2. Of each chain apart: a backup of `main` holds no key, and one of `keys` nothing that a key opens.
3. Nothing is overwritten: the folder is new, or empty.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection, Database, open_database
from wayseal.database.migrations import check, upgrade, version
from wayseal.model.errors import disk_says
from wayseal.store.durable import sync_folder
from wayseal.vault.backup._copy_rows import chain_tables, parts
from wayseal.vault.backup._manifest import Manifest, digest_of, write_manifest
from wayseal.vault.errors import BackupError, LogChangedError
from wayseal.vault.log import newest_checkpoint
from wayseal.vault.log.tiles import tree
from wayseal.vault.tables import CHAINS, ChainName

Progress = Callable[[str, int, int], None]
"""Called with a table, its rows so far, and how many it has in all (0: not known)."""


def silent(_table: str, _done: int, _total: int) -> None:
    """Says nothing."""


def back_up(database: Database, chain: ChainName, folder: Path, *, now: int, progress: Progress = silent) -> Manifest:
    """Copies the tables of `chain` into `folder` (rules 1 to 3), which becomes its owner's alone.

    now: microseconds since 1970. Back `main` up before `keys`: then each record in the one has its key in the other.
    Open a PostgreSQL database with a long `patience`. BackupError: the folder can't be; DatabaseError: the database, or
    the disk, refuses. What was begun is removed then.
    """
    standing = version(database, CHAINS[chain])
    if standing is None:
        raise BackupError("the database has no tables of {chain}: there is nothing to back up", chain=chain)
    check(database, CHAINS[chain])
    with _new(folder):
        file = folder / f"{chain}.db"
        with open_database(sa.URL.create("sqlite", database=str(file)).render_as_string()) as target:
            upgrade(target, CHAINS[chain])
            rows, log = database.read(_copied, target, chain, progress)
        _finish(file)
        size, digest = digest_of(file)
        made = Manifest(chain=chain, version=standing, made_at=now, size=size, sha256=digest, rows=rows, **log)
        write_manifest(folder, made)
    return made


def _copied(
    connection: Connection, target: Database, chain: ChainName, progress: Progress
) -> tuple[dict[str, int], dict[str, Any]]:
    rows = target.write(_copy, connection, progress)
    return rows, (_log(connection) if chain == "main" else {})


def _copy(target: Connection, source: Connection, progress: Progress) -> dict[str, int]:
    rows = {}
    for table in chain_tables(target):
        done = 0
        for part in parts(source, table):
            target.execute(table.insert(), part)
            done += len(part)
            progress(table.name, done, 0)
        rows[table.name] = done
    return rows


def _log(connection: Connection) -> dict[str, Any]:
    log = tree(connection)
    try:
        root = log.root().hex()
    except LogChangedError:
        # A log that is damaged is a reason more for a copy. `wayseal ledger verify` says what is wrong with it.
        root = None
    return {"log_size": log.size, "log_root": root, "checkpoint": newest_checkpoint(connection)}


@contextmanager
def _new(folder: Path) -> Iterator[None]:
    """Rule 3; a folder that wasn't there isn't there afterwards where something goes wrong."""
    try:
        made = not folder.exists()
        folder.mkdir(mode=0o700, exist_ok=True)
        if any(folder.iterdir()):
            raise BackupError("not empty, and a backup overwrites nothing", file=folder)
        folder.chmod(0o700)
    except OSError as error:
        raise BackupError("the backup can't be written: {reason}", file=folder, reason=disk_says(error)) from None
    try:
        yield
        sync_folder(folder.parent)
    except BaseException as error:
        for left in folder.iterdir():
            left.unlink()
        if made:
            folder.rmdir()
        if isinstance(error, OSError):
            raise BackupError("the backup can't be written: {reason}", file=folder, reason=disk_says(error)) from None
        raise


def _finish(file: Path) -> None:
    """One durable file that can be read where nothing can be written."""
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")
    with file.open("rb") as written:
        os.fsync(written.fileno())
