"""`wayseal market leaks`: numbers of the courier's own that were on offer, as a trace takes them."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import MarketArgument
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.market.numbers import leaks_of_record, write_leaks
from wayseal.model.messages import filled
from wayseal.page.languages import translator
from wayseal.page.visible import visible


def leaks(
    market: MarketArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder that gets `leaks.csv`.", file_okay=False)] = Path(),
    seller: Annotated[
        str | None, typer.Option(help="Only numbers that this seller offered.", show_default="all")
    ] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Write numbers of the courier's own that were on offer as leaks, ready for a trace.

    What stands in a row of leaks, [the data contract](data-contract.md#leaks) says.

    \b
    wayseal market leaks market --out found
    wayseal trace ledger --leaks found/leaks.csv
    """
    with open_market(market) as record:
        table = leaks_of_record(Reads(record), seller)
    path = write_leaks(out, [table])
    numbers = len(table["waybill"].unique())
    typer.echo(filled(MARKET_TEXTS[lang]["leaks"], translator(lang), numbers=numbers, path=visible(str(path))))
