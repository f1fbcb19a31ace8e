"""Backups of a vault's two databases, each apart, and the way back.

1. It is one snapshot of the database, taken row by row while others write: so SQLite and PostgreSQL have one format, a
   backup can be restored into either, and no byte of a row that was deleted comes along.
2. Of each chain apart: a backup of `main` holds no key, and one of `keys` nothing that a key opens.
3. Nothing is overwritten: the folder is new, or empty.

A backup is a folder with one SQLite file, and a manifest that says what is in it:

4. The manifest is written last, when the file is durable: a folder without one is no backup.
5. Nothing of a backup is used before the file's SHA-256 has been found to be the manifest's. That tells damage; whoever
   can write to backups could change both, so keep them where those whom the vault guards against can't.
6. A backup is its owner's alone (0700, 0600).

The way back:

7. Checked first: the file's SHA-256, the version of its tables, that nothing is where its rows go. Then one
   transaction: all of it is there, or nothing.
8. What was erased since the backup was made isn't restored: no row of such a key is written at all, and of such a
   waybill neither what was sealed nor the tags of its phones. The log of the backup doesn't know of it, and is told.
9. The log that is restored has the root that it had; otherwise nothing is restored.
10. Only a backup of the tables of today is restored.
11. No data key counts as superseded: the records may be of a backup from before. Those that are gone on from are marked
    anew with the next retention.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa

from wayseal.database import Connection, Database, open_database
from wayseal.database.migrations import check, upgrade, version
from wayseal.model.errors import disk_says
from wayseal.model.progress import Progress
from wayseal.model.records import Erased
from wayseal.model.schema import CLOSED, parse_json
from wayseal.model.times import micros_of
from wayseal.store.durable import file_digest, replace_file, sync_folder
from wayseal.vault import tables as t
from wayseal.vault._sql import chosen, row_of
from wayseal.vault.erasure import ACT
from wayseal.vault.errors import BackupError, LogChangedError
from wayseal.vault.keyring import Keyring
from wayseal.vault.log import append, newest_checkpoint
from wayseal.vault.log.entries import admin
from wayseal.vault.log.sound_entries import read_origin, sound_entries
from wayseal.vault.log.tiles import tree
from wayseal.vault.requests import Caller
from wayseal.vault.row_macs import RowMacs
from wayseal.vault.tables import CHAINS, ChainName

MANIFEST = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A backup. version: of the tables (main_0003); made_at: microseconds; rows: by table.

    log_size, log_root (hexadecimal) and checkpoint (a signed note, if there was one): the disclosure log at that
    moment; of `main` alone, and log_root only where the log could say it.
    """

    __pydantic_config__: ClassVar = CLOSED
    chain: ChainName
    version: str
    made_at: int
    size: int
    sha256: str
    rows: dict[str, int]
    log_size: int | None = None
    log_root: str | None = None
    checkpoint: str | None = None

    @property
    def file(self) -> str:
        """Name of the file in the backup's folder."""
        return f"{self.chain}.db"


def check_backup(folder: Path) -> Manifest:
    """The backup in `folder`, its file checked (rule 5); BackupError says what is wrong."""
    manifest = read_manifest(folder)
    file = folder / manifest.file
    try:
        size, digest = digest_of(file)
    except OSError:
        raise BackupError("the backup's file can't be read", file=file) from None
    if (size, digest) != (manifest.size, manifest.sha256):
        raise BackupError("this isn't what was backed up (its SHA-256 is another)", file=file)
    return manifest


def prune(place: Path, chain: ChainName, *, before: int) -> list[Path]:
    """Removes the backups of `chain` in folders of `place` that were made before that time (microseconds); which.

    Backups of keys must go in time: erasing is real only when they are gone. Folders that are no whole backup stay.
    """
    gone = []
    for folder in sorted(p for p in place.iterdir() if (p / MANIFEST).is_file()):
        manifest = read_manifest(folder)
        if manifest.chain == chain and manifest.made_at < before:
            # The file first: a backup that is half removed still says what it was.
            (folder / manifest.file).unlink(missing_ok=True)
            shutil.rmtree(folder)
            gone.append(folder)
    return gone


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder; BackupError where it says nothing that can be used."""
    place = folder / MANIFEST
    try:
        read = json.loads(place.read_bytes())
    except FileNotFoundError:
        raise BackupError("no backup, or one that wasn't finished", file=folder) from None
    except (OSError, ValueError):
        raise BackupError("can't be read", file=place) from None
    if not isinstance(read, dict) or read.pop("wayseal_backup", None) != _FORMAT:
        raise BackupError("a backup of another version of Wayseal", file=place)
    try:
        return parse_json(json.dumps(read), Manifest)
    except ValueError as wrong:
        raise BackupError("this isn't a manifest that Wayseal wrote", file=place, key=str(wrong)) from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Rules 4 and 6."""
    text = json.dumps({"wayseal_backup": _FORMAT, **asdict(manifest)}, indent=1, ensure_ascii=False)
    replace_file(folder / MANIFEST, text.encode())


def digest_of(file: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    return file.stat().st_size, file_digest(file)


ROWS = 5000
"""Rows in one step."""


def chain_tables(connection: Connection) -> list[sa.Table]:
    """The tables of a database that holds one chain alone, as they are there, by name."""
    found = sa.MetaData()
    found.reflect(connection)
    return [t for name, t in sorted(found.tables.items()) if not name.startswith("version_of_")]


def parts(source: Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    """The rows of a table of this name and these columns in `source`, many at a time."""
    there = sa.table(table.name, *(sa.column(c.name) for c in table.columns))
    rows = source.execute(sa.select(there), execution_options={"yield_per": ROWS})
    for part in rows.mappings().partitions():
        yield [dict(row) for row in part]


@contextmanager
def opened_file(file: Path) -> Iterator[Connection]:
    """A backup's file, read without a byte being written beside it."""

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


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


Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The result of restoring. rows: by table. erased_again: waybills of the backup that were erased since (rule 8)."""

    manifest: Manifest
    rows: dict[str, int]
    erased_again: int


class _ErasedSince:
    """The waybills erased since the backup was made, and those of them that were met in it (rule 8)."""

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
    """Restores a backup of `chain` into a database that has no rows of it yet, of whichever kind (rules 7 to 10).

    erased: what was erased by now, as far as anybody knows (`wayseal.vault.erasure`); an empty list says that
    nothing was. keyring: marks what the log is told of erasures; None: keys have no log. caller, now: who restores, and
    when, microseconds. BackupError: the backup, or the place, can't be; DatabaseError: the database refuses;
    LogChangedError: rule 9.
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
        database.write(_log_erasures, keyring, known, caller, now)
    return done


def _prepare(database: Database, manifest: Manifest, folder: Path) -> None:
    """Rule 7: tables of the backup's version. Making them can be done again, so it needs no part in the transaction."""
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


def _log_erasures(target: Connection, keyring: Keyring, erased: Mapping[str, Erased], caller: Caller, now: int) -> None:
    """Rule 8: an entry for each that the log doesn't know to be erased."""
    marks = RowMacs(keyring, read_origin(target) or "")
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
    """Rule 11."""
    if marks := {c.name: None for c in table.columns if c.name.startswith("superseded_")}:
        into = sa.table(table.name, *map(sa.column, marks))
        target.execute(sa.update(into).where(into.c.superseded_by.is_not(None)).values(marks))


def _add_erasures(target: Connection, since: Iterable[Erased]) -> int:
    rows = [row_of(e) for e in since]
    if rows:
        target.execute(sa.table("erasures", *(sa.column(name) for name in rows[0])).insert(), rows)
    return len(rows)


def _same_log(target: Connection, manifest: Manifest) -> None:
    """Rule 9."""
    log = tree(target)
    if log.size != manifest.log_size or log.root().hex() != manifest.log_root:
        raise LogChangedError("the log in the backup isn't the one of its manifest")
