"""`wayseal vault`: erasure, retention and backups."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import VAULT, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._output import print_result, progress_bars
from wayseal.cli._texts import _, echo
from wayseal.cli._vault_session import (
    DAY,
    ActorOption,
    DatabaseArgument,
    NumbersArgument,
    VaultOption,
    identify_caller,
    load_keyring,
    load_settings,
    open_one_database,
    open_vault,
    round_to_second,
)
from wayseal.database import Database
from wayseal.database.migrations import version
from wayseal.model.records import Erased
from wayseal.model.schema import plain
from wayseal.model.times import micros_of, now_us
from wayseal.vault.backup import back_up
from wayseal.vault.backup import prune as prune_backups
from wayseal.vault.backup import restore as restore_backup
from wayseal.vault.erasure import erasures_of, load_erasures, save_erasures
from wayseal.vault.errors import BackupError
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.tables import CHAINS, ChainName


def vault_erase(
    numbers: NumbersArgument,
    vault: VaultOption = VAULT,
    why: Annotated[str, typer.Option(help="A code that stands in the log.")] = "request",
    actor: ActorOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Erase what is sealed under numbers, and say when the last backup of its key is gone.

    There is no way back. [Erasure](operation.md#erasure-and-when-it-is-real) says when it is real.

    \b
    wayseal vault erase YT0000000000001
    """
    with open_vault(vault, actor) as session:
        done = session.vault.erase(session.caller, numbers, why=why, now=session.now)
    print_erasures(done, format)


def print_erasures(done: Sequence[Erased], format: OutputFormat) -> None:
    """Print what was erased, and when the last backup of its key is gone."""
    print_result(format, [plain(one) for one in done], map(_erasure_line, done))


def _erasure_line(one: Erased) -> str:
    gone = round_to_second(micros_of(one.gone_at))
    return _("{waybill} is erased; the last backup of its key is gone by {gone}", waybill=one.waybill, gone=gone)


def vault_retain(
    vault: VaultOption = VAULT, actor: ActorOption = None, format: OutputFormatOption = OutputFormat.TEXT
) -> None:
    """Erase everything whose time to be kept is over, and the bytes of erased keys.

    That is every number whose `keep_until` is over, and data keys that a [change](keys.md#changes) left behind two days
    ago; the bytes are taken out of the key database's files. Run it every night: it needs a moment in which the key
    database isn't written to.

    \b
    wayseal vault retain
    """
    done: list[Erased] = []
    with open_vault(vault, actor) as session:
        while some := session.vault.retain(session.caller, now=session.now):
            done += some
        session.vault.tidy(now=session.now)
        session.vault.keys.shred(["data_keys"])
    if not done and format is OutputFormat.TEXT:
        echo("nothing is to be erased")
    print_erasures(done, format)


def vault_erased(
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the list here, a new file.")],
    vault: VaultOption = VAULT,
) -> None:
    """Write down which numbers were erased, and when: a restore needs it when both databases are lost.

    Keep it apart from both databases.

    \b
    wayseal vault erased --out erased-2026-03-01.jsonl
    """
    with open_one_database(vault, "keys") as database:
        found = erasures_of(database, "keys")
    save_erasures(out, found)
    echo("{out}: {count:,} erased {count:number|numbers}", count=len(found), out=out)


def vault_backup(
    which: DatabaseArgument,
    dest: Annotated[Path, typer.Argument(help="Folder of the backup, new or empty.", metavar="DEST")],
    vault: VaultOption = VAULT,
    format: OutputFormatOption = OutputFormat.TEXT,
    quiet: QuietOption = False,
) -> None:
    """Copy one of the two databases while the service runs: main first, then keys, each to a place of its own.

    [Backup](operation.md#backup) says why in this order.

    \b
    wayseal vault backup main /mnt/a/main-2026-03-01
    wayseal vault backup keys /mnt/b/keys-2026-03-01
    """
    with open_one_database(vault, which.value) as database, progress_bars(quiet) as progress:
        made = back_up(database, which.value, dest, now=now_us(), progress=progress)
    rows = sum(made.rows.values())
    said = _("{chain}: {rows:,} {rows:row|rows} in {folder}", chain=which.value, rows=rows, folder=dest)
    print_result(format, asdict(made), [said])


KEPT = 30 * DAY
"""How long backups of keys are kept unless set otherwise, microseconds."""
_OTHER: dict[ChainName, ChainName] = {"main": "keys", "keys": "main"}


def vault_restore(
    which: DatabaseArgument,
    backup: Annotated[Path, typer.Argument(help="Folder that `wayseal vault backup` made.", metavar="BACKUP")],
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    erased: Annotated[Path | None, typer.Option(help="List that `wayseal vault erased` wrote.", dir_okay=False)] = None,
    nothing_erased: Annotated[
        bool, typer.Option("--nothing-erased", help="Nothing was erased since the backup; you answer for that.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Fill an empty database of a vault from a backup, without what was erased since.

    Stop the service first ([restore](operation.md#restore)). What was erased is read from the other database; if both
    are lost, from a list. What this vault had seen of its log is forgotten, since an older log is shorter.

    \b
    wayseal vault restore keys /mnt/b/keys-2026-03-01
    wayseal vault restore main /mnt/a/main-2026-03-01 --erased erased.jsonl
    """
    chain: ChainName = which.value
    gone = [] if nothing_erased else _find_erasures(vault, chain, erased)
    with open_one_database(vault, chain) as database, progress_bars(quiet) as progress:
        who = identify_caller(actor)
        ring = load_keyring(load_settings(vault)).current() if chain == "main" else None
        done = restore_backup(
            backup, database, chain, erased=gone, keyring=ring, caller=who, now=now_us(), progress=progress
        )
    echo("{chain} is restored: {rows:,} {rows:row|rows}", chain=chain, rows=sum(done.rows.values()))
    echo(
        "{known:,} erased {known:number is|numbers are} known, {count:,} of them in the backup: {count:it was|they "
        "were} not brought back",
        known=len(gone),
        count=done.erased_again,
    )
    if chain == "main":
        LogMemory(load_settings(vault).memory_file).forget()
        echo(
            "What this vault had seen of its log is forgotten: compare the log with a checkpoint that somebody "
            "else keeps."
        )
    echo("Only one of this vault and the one that was backed up may go on.")


def _find_erasures(folder: Path, chain: ChainName, file: Path | None) -> list[Erased]:
    """List erasures by a file, or by the database that is still there; BackupError where nobody knows them."""
    known: dict[str, Erased] = {}
    other = _OTHER[chain]
    with open_one_database(folder, other) as database:
        if _has_tables(database, other):
            known = {one.waybill: one for one in erasures_of(database, other, backups=KEPT)}
        elif file is None:
            raise BackupError("nothing says what was erased since the backup: give --erased, or --nothing-erased")
    if file is not None:
        known |= {one.waybill: one for one in load_erasures(file)}
    return list(known.values())


def _has_tables(database: Database, chain: ChainName) -> bool:
    """Check for a database with tables; one that isn't there yet is made empty."""
    database.write(lambda connection: None)
    return version(database, CHAINS[chain]) is not None


def vault_prune(
    which: DatabaseArgument,
    place: Annotated[Path, typer.Argument(help="Folder with backups in it.", metavar="PLACE", file_okay=False)],
    keep_days: Annotated[int, typer.Option(help="Keep those that are younger than so many days.", min=0)],
) -> None:
    """Delete old backups.

    An erasure is real only when the backups of `keys` from before it are gone.

    \b
    wayseal vault prune keys /mnt/b --keep-days 30
    """
    gone = prune_backups(place, which.value, before=now_us() - keep_days * DAY)
    for folder in gone:
        echo("deleted {folder}", folder=folder)
    if not gone:
        echo("no backup is that old")
