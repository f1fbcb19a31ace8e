"""`wayseal case rebuild`: the casebook's tables are made anew from its lines."""

import typer

from wayseal.cases.ledger.casebook import writable_casebook
from wayseal.cases.upkeep import rebuild as rebuild_casebook
from wayseal.cli._options import Lang, LangOption, LedgerArgument
from wayseal.cli._words.case import CASE_TEXTS
from wayseal.model.messages import filled


def rebuild(ledger: LedgerArgument, lang: LangOption = Lang.EN) -> None:
    """Make the casebook's tables anew from its lines.

    The lines are the truth, and all else is made of them; they are looked at before, and nothing is done where one is
    wrong. For a casebook of which `wayseal case verify` says that the tables say something else.

    \b
    wayseal case rebuild ledger
    """
    typer.echo(filled(CASE_TEXTS[lang]["rebuilt"], lines=rebuild_casebook(writable_casebook(ledger))))
