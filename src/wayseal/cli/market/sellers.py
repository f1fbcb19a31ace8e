"""`wayseal market sellers`: who is taken for one, and why."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from wayseal.cli._case_view import clock_time
from wayseal.cli._options import Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import MarketArgument, told_offer
from wayseal.cli.market.offers import LimitOption
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import SellerRow, SellerView
from wayseal.model.messages import filled
from wayseal.page.languages import translator
from wayseal.page.visible import visible
from wayseal.page.words import times


def sellers(
    market: MarketArgument,
    seller: Annotated[
        str | None, typer.Argument(help="One of them, with shops and links.", show_default="a list")
    ] = None,
    limit: LimitOption = 50,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """Sellers: shops and accounts that are taken for one, with what speaks for it.

    That shops are one seller's is what signals say together, and a person may say otherwise
    ([linking](market-sellers.md)). No value of an address stands in a link.

    \b
    wayseal market sellers market
    wayseal market sellers market seller-0123456789ab
    """
    with open_market(market) as record:
        reads = Reads(record)
        if seller is not None:
            _show(reads.seller(seller), format, lang)
            return
        rows = reads.sellers(limit=limit).rows
    if format is OutputFormat.JSON:
        typer.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
        return
    for row in rows:
        typer.echo(_line(row, lang))
    if not rows:
        typer.echo(MARKET_TEXTS[lang]["no_sellers"])


def _line(row: SellerRow, lang: Lang) -> str:
    return filled(
        MARKET_TEXTS[lang]["seller"],
        translator(lang),
        seller=row.seller,
        offers=row.flagged,
        shops=row.shops,
        last=clock_time(row.last_at),
        backs=row.backs,
        ours=row.ours,
    )


def _show(view: SellerView, format: OutputFormat, lang: Lang) -> None:
    words = MARKET_TEXTS[lang]
    if format is OutputFormat.JSON:
        told = {**asdict(view), "offers": [told_offer(asdict(one)) for one in view.offers]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    typer.echo(_line(view.row, lang))
    for shop in view.shops:
        state = words[f"state_{shop.state}"]
        typer.echo(filled(words["shop"], shop=visible(shop.shop), state=state, since=clock_time(shop.since)))
    for link in view.links:
        signal = words[f"signal_{link.signal}"]
        text = filled(
            words["link"], a=visible(link.a), b=visible(link.b), signal=signal, times=times(link.weight, lang.value)
        )
        typer.echo(text)
