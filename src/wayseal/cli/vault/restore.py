"""`wayseal vault restore`: one of the two databases, filled from a backup without what was erased since."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._vault_session import DAY, identify_caller, load_keyring, load_settings, now_us, open_one_database
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, DatabaseArgument, VaultOption
from wayseal.model.messages import filled
from wayseal.model.records import Erased
from wayseal.store.database import Database
from wayseal.store.database.migrations import version
from wayseal.vault.backup import restore as restore_backup
from wayseal.vault.backup.erasures import erasures_of, load_erasures
from wayseal.vault.errors import BackupError
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.tables import CHAINS, ChainName

KEPT = 30 * DAY
"""How long backups of keys are kept unless set otherwise, microseconds."""
_OTHER: dict[ChainName, ChainName] = {"main": "keys", "keys": "main"}


def restore(
    which: DatabaseArgument,
    backup: Annotated[Path, typer.Argument(help="Folder that `wayseal vault backup` made.", metavar="BACKUP")],
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    erased: Annotated[Path | None, typer.Option(help="List that `wayseal vault erased` wrote.", dir_okay=False)] = None,
    nothing_erased: Annotated[
        bool, typer.Option("--nothing-erased", help="Nothing was erased since the backup; you answer for that.")
    ] = False,
    lang: LangOption = Lang.EN,
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
    words = VAULT_TEXTS[lang]
    typer.echo(filled(words["restored"], chain=chain, rows=sum(done.rows.values())))
    typer.echo(filled(words["restored_erased"], known=len(gone), count=done.erased_again))
    if chain == "main":
        LogMemory(load_settings(vault).memory_file).forget()
        typer.echo(words["restored_seen"])
    typer.echo(words["one_goes_on"])


def _find_erasures(folder: Path, chain: ChainName, file: Path | None) -> list[Erased]:
    """What was erased by now: by a file, or by the database that is still there; BackupError where nobody knows."""
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
    """Whether there is a database with tables; one that isn't there yet is made empty."""
    database.write(lambda connection: None)
    return version(database, CHAINS[chain]) is not None
