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
        Path, typer.Argument(help="Folder of the backup: a new one, or one of this ledger.", metavar="DEST")
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Read the backup's own files again, too, and replace damaged ones.")
    ] = False,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Copy a ledger, also while it is written to. The second time only what is new is copied.

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
