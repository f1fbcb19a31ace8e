"""`wayseal ledger upgrade`: a ledger of an older version gets its id and tree."""

import typer

from wayseal.cli._options import Lang, LangOption, LedgerArgument, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._words.ledger import LEDGER_TEXTS
from wayseal.ledger import integrity


def upgrade(ledger: LedgerArgument, lang: LangOption = Lang.EN, quiet: QuietOption = False) -> None:
    """Give a ledger of an older version its id and its tree.

    Its digest and its answers stay the same. Until then it can be read but not added to.

    \b
    wayseal ledger upgrade ledger
    """
    with progress_bars(quiet) as progress:
        done = integrity.upgrade(ledger, progress=progress)
    typer.echo(LEDGER_TEXTS[lang]["upgraded" if done else "no_upgrade"])
