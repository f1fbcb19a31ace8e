"""`wayseal case backup`: a copy of the casebook, also while others write."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases.ledger.casebook import casebook_folder
from wayseal.cases.upkeep import copy_casebook
from wayseal.cli._options import Lang, LangOption, LedgerArgument
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.model.messages import filled


def backup(
    ledger: LedgerArgument,
    folder: Annotated[Path, typer.Argument(help="A folder that isn't there yet, or is empty.", metavar="FOLDER")],
    lang: LangOption = Lang.EN,
) -> None:
    """Copy the casebook and its secret, also while others write.

    The copy is as of one moment, an SQLite file whichever database the casebook lies in, and its files can take
    the place of those in `detect/`. Every line is looked at before.

    \b
    wayseal case backup ledger /mnt/backup/casebook-2026-06-01
    """
    typer.echo(filled(CASE_TEXTS[lang]["copied"], lines=copy_casebook(casebook_folder(ledger), folder), path=folder))
