"""`wayseal market report`: a week of the market, for managers and analysts."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, OutOption, QuietOption, ReportFormat
from wayseal.cli._output import write_report
from wayseal.cli.market._view import MarketArgument
from wayseal.market.fetching.types import now_us
from wayseal.market.log import open_market
from wayseal.market.report import gather_week, render_week

_BY_ENDING = {".html": ReportFormat.HTML, ".htm": ReportFormat.HTML, ".json": ReportFormat.JSON}


def report(
    market: MarketArgument,
    weeks: Annotated[int, typer.Option(min=1, max=104, help="So many weeks are drawn, the last one among them.")] = 12,
    format: Annotated[
        ReportFormat | None,
        typer.Option(
            "--format",
            help="`text` for the screen, `json` for programs, `html` for a file or a printer.",
            show_default="by the file's ending, else `text`",
        ),
    ] = None,
    out: OutOption = None,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Report a week of the market: offers by kind, sellers who stand out, who is back, and what couldn't be seen.

    It counts, and names sellers and shops by their ids alone: no text of an offer, no address and no waybill number
    stands in [the report](market-watch.md#a-weeks-report). Where the watch stopped more than a week ago it tells the
    week that ended with its last look. It may be made while the watch runs.

    \b
    wayseal market report market --out week.html
    wayseal market report market --lang zh --weeks 26 --out week.html
    wayseal market report market --format json | jq '.own'
    """
    form = format or _form_of(out)
    with open_market(market) as record:
        result = gather_week(record, now_us(), weeks)
    write_report(partial(render_week, result), form, lang, out, quiet=quiet)


def _form_of(out: Path | None) -> ReportFormat:
    return ReportFormat.TEXT if out is None else _BY_ENDING.get(out.suffix.lower(), ReportFormat.TEXT)
