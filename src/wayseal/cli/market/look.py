"""`wayseal market look`: one look at a source, or at each."""

import time

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli.market._view import CanariesOption, MarketArgument, OwnOption, queue_finds, report_lines, watching
from wayseal.market.crawling import Planned
from wayseal.market.fetching.types import now_us


def look(
    market: MarketArgument,
    source: str | None = typer.Argument(None, help="Name of the source.", show_default="each"),
    own: OwnOption = None,
    canaries: CanariesOption = None,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Look at a source once, now, and record what is seen.

    Sites are asked slowly, and within their budgets ([manners](market-sources.md)): a long list takes its time. What
    can't be seen is told with its reason, and is never taken for gone. With a ledger, numbers of ours that are on
    offer, canaries and come-backs come into the [queue of cases](casework.md).

    \b
    wayseal market look market
    wayseal market look market bazaar --own ledger --canaries canaries.jsonl
    """
    with watching(market, own, canaries, time.sleep, lang) as watch, progress_bars(quiet) as progress:
        names = sorted(watch.sources) if source is None else [source]
        if source is not None and source not in watch.sources:
            raise WrongUsageError("there is no source of this name in the folder", param_hint="SOURCE")
        reports = []
        for done, name in enumerate(names):
            progress("look", done, len(names))
            reports.append(watch.look(Planned(source=name, at=now_us())))
        progress("look", len(names), len(names))
    for report in reports:
        for line in report_lines(report, lang):
            typer.echo(line)
        queue_finds(market, own, report, lang)
