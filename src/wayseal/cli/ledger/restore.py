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
    dest: Annotated[
        Path,
        typer.Argument(
            help="Folder of the ledger, new or empty. A restoration that was broken off goes on in its folder.",
            metavar="DEST",
        ),
    ],
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Make a ledger of a backup, after a check of every file.

    Go on with the restored ledger or with the original, never with both ([why](ledger.md#backup-and-restoration)).

    \b
    wayseal ledger restore /mnt/backup/ledger ledger
    """
    with progress_bars(quiet) as progress:
        done = upkeep.restore(backup, dest, progress=progress)
    print_copied(done, dest, "restored", format, lang)
