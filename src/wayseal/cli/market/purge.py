"""`wayseal market purge`: what was kept long enough goes."""

from datetime import date
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import MarketArgument, purge_lines
from wayseal.market.crawling.retention import purge_folder
from wayseal.market.fetching.types import now_us


def purge(
    market: MarketArgument,
    before: Annotated[
        str | None,
        typer.Option(
            help="What was captured before this day, such as `2026-01-01` (UTC), goes as well, whatever its source's "
            "`retention` is.",
            show_default="what each source's `retention` says",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")] = False,
    lang: LangOption = Lang.EN,
) -> None:
    """Let go of captures and offers that were kept for as long as their sources say.

    Evidence stays: what a person kept, what holds numbers of ours, what a request for removal names
    ([retention](market-watch.md#retention)). `wayseal market watch` does the same once a day; while it runs this ends
    with an error.

    \b
    wayseal market purge market --dry-run
    wayseal market purge market --before 2026-01-01
    """
    try:
        day = "" if before is None else date.fromisoformat(before).isoformat()
    except ValueError:
        raise WrongUsageError("this is no day such as 2026-01-01", param_hint="--before") from None
    gone = purge_folder(market, now_us(), before=day, dry=dry_run)
    for line in purge_lines(gone, lang, dry=dry_run):
        typer.echo(line)
    if not gone.files and not gone.captures and not gone.offers:
        typer.echo(MARKET_TEXTS[lang]["purge_nothing"])
