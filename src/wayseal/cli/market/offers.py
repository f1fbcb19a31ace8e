"""`wayseal market offers`: what is on offer."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import MarketArgument, offer_line, told_offer
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import OfferRow
from wayseal.market.types import Kind

LimitOption = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")]


def offers(
    market: MarketArgument,
    kind: Annotated[
        Kind | None, typer.Option(help="Only of this kind.", show_default="all that somebody is to look at")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Harmless ones as well.")] = False,
    ours: Annotated[bool, typer.Option("--ours", help="Only with numbers of the courier's own.")] = False,
    source: Annotated[str | None, typer.Option(help="Only of this source.", show_default="all")] = None,
    limit: LimitOption = 100,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """Offers that were seen, newest first.

    What is personal in a text and isn't the seller's address is masked.

    \b
    wayseal market offers market --ours
    wayseal market offers market --kind waybill --format json | jq -r '.[].seller'
    """
    words = MARKET_TEXTS[lang]
    rows: list[OfferRow] = []
    after: str | None = None
    with open_market(market) as record:
        reads = Reads(record)
        while len(rows) < limit:
            page = reads.offers(
                kind=kind, source=source, ours=ours, flagged=kind is None and not all_, after=after, limit=limit
            )
            rows += page.rows
            after = page.after
            if after is None:
                break
    if format is OutputFormat.JSON:
        typer.echo(json.dumps([told_offer(asdict(row)) for row in rows[:limit]], ensure_ascii=False, indent=1))
        return
    for row in rows[:limit]:
        typer.echo(offer_line(row, lang))
    if not rows:
        typer.echo(words["no_offers"])
