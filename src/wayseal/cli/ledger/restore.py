"""`wayseal ledger restore`: a ledger out of a backup."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli.ledger.backup import print_copied
from wayseal.ledger import upkeep


def restore(
    backup: Annotated[Path, typer.Argument(help="Folder that `wayseal ledger backup` made.", metavar="BACKUP")],
    dest: Annotated[Path, typer.Argument(help="Folder of the new ledger; it must be new or empty.", metavar="DEST")],
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Make a ledger of a backup, after a check of every file. Only one of original and copy may go on.

    \b
    wayseal ledger restore /mnt/backup/ledger ledger
    """
    with progress_bars(quiet) as progress:
        done = upkeep.restore(backup, dest, progress=progress)
    print_copied(done, dest, "restored", format, lang)
