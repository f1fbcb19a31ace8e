"""`wayseal ledger backup` and `restore`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._ledger_says import LedgerFormat, LedgerFormatOption
from wayseal.cli._options import Lang, LangOption, LedgerArgument, Quiet
from wayseal.cli._progress import progress_bars
from wayseal.cli._upkeep_words import UPKEEP_TEXTS
from wayseal.ledger import upkeep


def backup(
    ledger: LedgerArgument,
    dest: Annotated[
        Path, typer.Argument(help="Folder of the backup: a new one, or one of this ledger.", metavar="DEST")
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Read the backup's own files again, too, and replace damaged ones.")
    ] = False,
    format: LedgerFormatOption = LedgerFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Copy a ledger, also while it is written to. The second time only what is new is copied.

    \b
    wayseal ledger backup ledger /mnt/backup/ledger
    """
    with progress_bars(quiet) as progress:
        done = upkeep.backup(ledger, dest, check=check, progress=progress)
    _say(done, dest, "backed_up" if done.copied else "up_to_date", format, lang)


def restore(
    backup: Annotated[Path, typer.Argument(help="Folder that `wayseal ledger backup` made.", metavar="BACKUP")],
    dest: Annotated[Path, typer.Argument(help="Folder of the new ledger; it must be new or empty.", metavar="DEST")],
    format: LedgerFormatOption = LedgerFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Make a ledger of a backup, after a check of every file. Only one of original and copy may go on.

    \b
    wayseal ledger restore /mnt/backup/ledger ledger
    """
    with progress_bars(quiet) as progress:
        done = upkeep.restore(backup, dest, progress=progress)
    _say(done, dest, "restored", format, lang)


def _say(done: upkeep.Copied, dest: Path, what: str, format: LedgerFormat, lang: Lang) -> None:  # noqa: A002
    if format is LedgerFormat.JSON:
        typer.echo(json.dumps({**asdict(done), "dest": str(dest)}, ensure_ascii=False, indent=1))
        return
    words = UPKEEP_TEXTS[lang]
    typer.echo(words[what].format(dest=dest, **asdict(done)))
    if what == "restored":
        typer.echo(words["one_goes_on"])
