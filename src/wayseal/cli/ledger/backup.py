"""`wayseal ledger backup`: a copy, also while the ledger is written to."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, LedgerArgument, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._words.upkeep import UPKEEP_TEXTS
from wayseal.ledger import upkeep


def backup(
    ledger: LedgerArgument,
    dest: Annotated[
        Path,
        typer.Argument(
            help="Folder of the backup: a new or empty one, or a backup of this ledger. Anything else is left alone "
            "with exit code 3.",
            metavar="DEST",
        ),
    ],
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Also read the files again that the backup has, and replace those that have gone bad."
        ),
    ] = False,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Copy a ledger, also while it is written to.

    Each file is checked by SHA-256. Run again, it copies only what is new. The copy can be read by all commands and
    written to by none. [Backup](ledger.md#backup-and-restoration) says what is guaranteed.

    \b
    wayseal ledger backup ledger /mnt/backup/ledger
    """
    with progress_bars(quiet) as progress:
        done = upkeep.backup(ledger, dest, check=check, progress=progress)
    print_copied(done, dest, "backed_up" if done.copied else "up_to_date", format, lang)


def print_copied(done: upkeep.CopyReport, dest: Path, what: str, format: OutputFormat, lang: Lang) -> None:
    """Say what was copied."""
    if format is OutputFormat.JSON:
        typer.echo(json.dumps({**asdict(done), "dest": str(dest)}, ensure_ascii=False, indent=1))
        return
    words = UPKEEP_TEXTS[lang]
    typer.echo(words[what].format(dest=dest, **asdict(done)))
    if what == "restored":
        typer.echo(words["one_goes_on"])
