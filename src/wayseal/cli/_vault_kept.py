"""`wayseal vault backup`, `restore`, `erased`, `prune`."""

import json
from dataclasses import asdict
from pathlib import Path

import typer

from wayseal.cli._options import Lang
from wayseal.cli._progress import progress_bars
from wayseal.cli._vault_open import PATIENCE, now, settings_of
from wayseal.cli._vault_words import VAULT_TEXTS
from wayseal.cli._words import filled
from wayseal.store.database import Database, open_database
from wayseal.store.database.migrations import Chain, version
from wayseal.vault.backup import back_up, prune
from wayseal.vault.backup import restore as restore_backup
from wayseal.vault.backup.erasures import erasures_of, load_erasures, save_erasures
from wayseal.vault.erasure import Erasure
from wayseal.vault.errors import BackupError

DAY = 86_400_000_000
KEPT = 30 * DAY
"""How long backups of keys are kept unless set otherwise, microseconds."""
_OTHER: dict[Chain, Chain] = {"main": "keys", "keys": "main"}


def backup(folder: Path, chain: Chain, dest: Path, lang: Lang, *, as_json: bool, quiet: bool) -> None:
    """Copies one of the two databases."""
    with _database(folder, chain) as database, progress_bars(quiet) as progress:
        made = back_up(database, chain, dest, now=now(), progress=progress)
    if as_json:
        typer.echo(json.dumps(asdict(made), indent=1))
        return
    typer.echo(filled(VAULT_TEXTS[lang]["backed_up"], chain=chain, rows=sum(made.rows.values()), folder=dest))


def restore(
    folder: Path, chain: Chain, backup: Path, erased: Path | None, lang: Lang, *, nothing: bool, quiet: bool
) -> None:
    """Fills one of the two databases from a backup, without what was erased since."""
    gone = [] if nothing else _erased(folder, chain, erased)
    with _database(folder, chain) as database, progress_bars(quiet) as progress:
        done = restore_backup(backup, database, chain, erased=gone, progress=progress)
    words = VAULT_TEXTS[lang]
    typer.echo(filled(words["restored"], chain=chain, rows=sum(done.rows.values())))
    typer.echo(filled(words["restored_erased"], known=len(gone), count=done.erased_again))
    typer.echo(words["one_goes_on"])


def _erased(folder: Path, chain: Chain, file: Path | None) -> list[Erasure]:
    """What was erased by now: by a file, or by the database that is still there; BackupError where nobody knows."""
    known: dict[str, Erasure] = {}
    other = _OTHER[chain]
    with _database(folder, other) as database:
        if _filled(database, other):
            known = {one.waybill: one for one in erasures_of(database, other, backups=KEPT)}
        elif file is None:
            raise BackupError("nothing says what was erased since the backup: give --erased, or --nothing-erased")
    if file is not None:
        known |= {one.waybill: one for one in load_erasures(file)}
    return list(known.values())


def _filled(database: Database, chain: Chain) -> bool:
    """Whether there is a database with tables; one that isn't there yet is made empty."""
    database.write(lambda connection: None)
    return version(database, chain) is not None


def erased(folder: Path, out: Path, lang: Lang) -> None:
    """Writes down what was erased by now."""
    with _database(folder, "keys") as database:
        found = erasures_of(database, "keys")
    save_erasures(out, found)
    typer.echo(filled(VAULT_TEXTS[lang]["erased_list"], count=len(found), out=out))


def prune_backups(place: Path, chain: Chain, keep_days: int, lang: Lang) -> None:
    """Removes backups that are too old."""
    words = VAULT_TEXTS[lang]
    gone = prune(place, chain, before=now() - keep_days * DAY)
    for folder in gone:
        typer.echo(filled(words["pruned"], folder=folder))
    if not gone:
        typer.echo(words["pruned_none"])


def _database(folder: Path, chain: Chain) -> Database:
    settings = settings_of(folder)
    return open_database(settings.database if chain == "main" else settings.key_database, patience=PATIENCE)
