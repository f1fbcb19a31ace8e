"""The way back from a backup.

1. Checked first: the file's SHA-256, the version of its tables, that nothing is where its rows go. Then one
   transaction: all of it is there, or nothing.
2. What was erased since the backup was made isn't restored: no row of such a key is written at all, and of such a
   waybill neither what was sealed nor the tags of its phones. The log of the backup doesn't know of it, and is told.
3. The log that is restored has the root that it had; otherwise nothing is restored.
4. Only a backup of the tables of today is restored.
5. No data key counts as superseded: the records may be of a backup from before. Those that are gone on from are marked
   anew with the next retention.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection, Database
from wayseal.database.migrations import upgrade, version
from wayseal.model.records import Erased
from wayseal.model.times import micros_of
from wayseal.vault import tables as t
from wayseal.vault._sql import chosen, row_of
from wayseal.vault.backup._back_up import Progress, silent
from wayseal.vault.backup._copy_rows import chain_tables, opened_file, parts
from wayseal.vault.backup._manifest import Manifest, check_backup
from wayseal.vault.erasure import ACT
from wayseal.vault.errors import BackupError, LogChangedError
from wayseal.vault.keyring import Keyring
from wayseal.vault.log import append
from wayseal.vault.log.entries import admin
from wayseal.vault.log.sound_entries import read_origin, sound_entries
from wayseal.vault.log.tiles import tree
from wayseal.vault.requests import Caller
from wayseal.vault.row_marks import RowMarks

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The result of restoring. rows: by table. erased_again: waybills of the backup that were erased since (rule 2)."""

    manifest: Manifest
    rows: dict[str, int]
    erased_again: int


class _ErasedSince:
    """The waybills erased since the backup was made, and those of them that were met in it (rule 2)."""

    def __init__(self, erased: Mapping[str, Erased]) -> None:
        self.erased = erased
        self.met: set[str] = set()

    def without(self, table: str, rows: list[Row]) -> Iterator[Row]:
        """Rows of a table without what was erased."""
        for row in rows:
            erasure = self.erased.get(row["waybill"]) if table in ("data_keys", "phones", "waybills") else None
            if erasure is None:
                yield row
                continue
            self.met.add(erasure.waybill)
            if table == "waybills":
                yield row | {"sealed": b"", "erased_at": micros_of(erasure.erased_at)}


def restore(
    folder: Path,
    database: Database,
    chain: t.ChainName,
    *,
    erased: Iterable[Erased],
    keyring: Keyring | None,
    caller: Caller,
    now: int,
    progress: Progress = silent,
) -> Restored:
    """Restores a backup of `chain` into a database that has no rows of it yet, of whichever kind (rules 1 to 4).

    erased: what was erased by now, as far as anybody knows (`wayseal.vault.backup.erasures`); an empty list says that
    nothing was. keyring: marks what the log is told of erasures; None: keys have no log. caller, now: who restores, and
    when, microseconds. BackupError: the backup, or the place, can't be; DatabaseError: the database refuses;
    LogChangedError: rule 3.
    """
    manifest = check_backup(folder)
    if manifest.chain != chain:
        raise BackupError(
            "a backup of {chain}, where one of {wanted} was asked for",
            file=folder,
            chain=manifest.chain,
            wanted=chain,
        )
    _prepare(database, manifest, folder)
    with opened_file(folder / manifest.file) as source:
        known = {e.waybill: e for e in erased}
        done = database.write(_fill, source, manifest, known, progress)
    if keyring is not None and done.erased_again:
        database.write(_tell_erased, keyring, known, caller, now)
    return done


def _prepare(database: Database, manifest: Manifest, folder: Path) -> None:
    """Rule 1: tables of the backup's version. Making them can be done again, so it needs no part in the transaction."""
    chain = t.CHAINS[manifest.chain]
    if manifest.version != chain.revisions[-1]:
        raise BackupError("tables of version {version}, of another Wayseal", file=folder, version=manifest.version)
    # Makes SQLite's file.
    database.write(lambda connection: None)
    standing = version(database, chain)
    if standing is None:
        upgrade(database, chain)
    elif standing != manifest.version:
        raise BackupError(
            "tables of version {version}, and those in the database are of {standing}: restore into a database "
            "without tables",
            file=folder,
            version=manifest.version,
            standing=standing,
        )


def _fill(
    target: Connection, source: Connection, manifest: Manifest, erased: dict[str, Erased], progress: Progress
) -> Restored:
    tables = {table.name: table for table in chain_tables(source)}
    if set(tables) != set(manifest.rows):
        raise BackupError("the backup's file doesn't hold the tables of its manifest")
    for name in tables:
        if target.execute(sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)).first():
            raise BackupError("table {name} holds rows already, and a restore overwrites nothing", name=name)
    since = _ErasedSince(_since(source, manifest.chain, erased))
    rows = {name: _put(target, source, table, manifest, since, progress) for name, table in tables.items()}
    if manifest.chain == "keys":
        rows["erasures"] += _add_erasures(target, since.erased.values())
        _unmark(target, tables["data_keys"])
    if manifest.log_root is not None:
        _same_log(target, manifest)
    return Restored(manifest=manifest, rows=rows, erased_again=len(since.met))


def _since(source: Connection, chain: t.ChainName, erased: dict[str, Erased]) -> dict[str, Erased]:
    """Return the erasures that the backup doesn't know of."""
    table = sa.table("erasures" if chain == "keys" else "waybills", sa.column("waybill"), sa.column("erased_at"))
    chosen = sa.select(table.c.waybill).where(table.c.erased_at.is_not(None))
    known = {row.waybill for row in source.execute(chosen)}
    return {number: e for number, e in erased.items() if number not in known}


def _put(
    target: Connection,
    source: Connection,
    table: sa.Table,
    manifest: Manifest,
    since: _ErasedSince,
    progress: Progress,
) -> int:
    read = written = 0
    into = sa.table(table.name, *(sa.column(c.name) for c in table.columns))
    for part in parts(source, table):
        kept = list(since.without(table.name, part)) if since.erased else part
        if kept:
            target.execute(into.insert(), kept)
        read += len(part)
        written += len(kept)
        progress(table.name, read, manifest.rows[table.name])
    if read != manifest.rows[table.name]:
        raise BackupError("table {name}: the backup's file doesn't hold the rows of its manifest", name=table.name)
    return written


def _tell_erased(target: Connection, keyring: Keyring, erased: Mapping[str, Erased], caller: Caller, now: int) -> None:
    """Rule 2: an entry for each that the log doesn't know to be erased."""
    marks = RowMarks(keyring, read_origin(target) or "")
    policy = target.execute(sa.select(sa.func.max(t.policies.c.version))).scalar() or 0
    rows = chosen(target, t.waybills, "waybill", list(erased))
    told = (entry for _, entry in sound_entries(target, marks, lambda seq: None) if entry is not None)
    known = {entry.more.get("waybill") for entry in told if entry.more.get("act") == ACT}
    said = [
        admin(caller, now, policy, ACT, waybill=row.waybill, why="restore", erased_at=row.erased_at)
        for row in rows
        if row.erased_at is not None and row.waybill not in known
    ]
    append(target, marks, said)


def _unmark(target: Connection, table: sa.Table) -> None:
    """Rule 5."""
    if marks := {c.name: None for c in table.columns if c.name.startswith("superseded_")}:
        into = sa.table(table.name, *map(sa.column, marks))
        target.execute(sa.update(into).where(into.c.superseded_by.is_not(None)).values(marks))


def _add_erasures(target: Connection, since: Iterable[Erased]) -> int:
    rows = [row_of(e) for e in since]
    if rows:
        target.execute(sa.table("erasures", *(sa.column(name) for name in rows[0])).insert(), rows)
    return len(rows)


def _same_log(target: Connection, manifest: Manifest) -> None:
    """Rule 3."""
    log = tree(target)
    if log.size != manifest.log_size or log.root().hex() != manifest.log_root:
        raise LogChangedError("the log in the backup isn't the one of its manifest")
