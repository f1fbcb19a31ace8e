"""`wayseal market verify`: whether record and captures are what was written."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._key_files import parse_key_file
from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import MarketArgument
from wayseal.market.capture import verify_captures
from wayseal.market.crawling import CAPTURES
from wayseal.market.fetching.types import now_us
from wayseal.market.log import open_market
from wayseal.merkle import VerifyKey
from wayseal.model.messages import filled
from wayseal.page.languages import translator
from wayseal.page.visible import visible


def verify(
    market: MarketArgument,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", help="Public key that signs lists of captures; may be given more than once."),
    ] = None,
    certificate: Annotated[
        list[Path] | None,
        typer.Option(help="Certificate (PEM) that time stamps are held against; may be given more than once."),
    ] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Check every line of the record, every table made of them, and every capture.

    Ends with 7 if something is not what was written, and names it: line, table, file or record.

    \b
    wayseal market verify market --key watch.pub
    """
    words = MARKET_TEXTS[lang]
    with open_market(market) as record:
        found = record.verify()
    typer.echo(filled(words["record"], translator(lang), lines=found.lines, purged=found.purged, root=found.root.hex()))
    keys = [parse_key_file(one, VerifyKey.parse) for one in key or ()]
    trusted = [one.read_bytes() for one in certificate or ()]
    captures = verify_captures(market / CAPTURES, now=now_us(), keys=keys, certificates=trusted)
    said = filled(
        words["captures"],
        translator(lang),
        files=captures.files + captures.open_files,
        records=captures.records,
        days=captures.days,
        signed=captures.signed,
        stamped=len(captures.stamped),
    )
    typer.echo(said)
    for one in captures.findings:
        typer.echo(filled(words["finding"], code=one.code, where=visible(one.where)), err=True)
    if captures.findings:
        raise typer.Exit(7)
