"""`wayseal partners check`: each interface against its contract, and both sides' logs against each other."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import (
    Lang,
    LangOption,
    LedgerArgument,
    OutOption,
    QuietOption,
    ReportFormat,
    ReportFormatOption,
)
from wayseal.cli._output import write_report
from wayseal.cli._progress import progress_bars
from wayseal.detect.partners import check_partners, load_contracts, render_partners
from wayseal.ledger import open_ledger
from wayseal.model.period import parse_period


def check(
    ledger: LedgerArgument,
    contracts: Annotated[Path, typer.Option(help="Folder of contracts, a TOML file each.")],
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="From this day (UTC+8) or this time on: `2026-03-02`, `2026-03-02T08:00+08:00`. A time without an "
            "offset is in UTC+8.",
            show_default="the beginning",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            help="Up to this day, which is included, or up to this time, which is not.", show_default="the end"
        ),
    ] = None,
    format: ReportFormatOption = ReportFormat.TEXT,
    out: OutOption = None,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Check what partners read against their contracts, and against their own logs where the ledger has them.

    The partner's own log is the table `partner_calls`. [Partner interfaces](partners.md) explains contracts, breaches
    and the keys of the JSON. Breaches are no error: the exit code is 0. A contract that can't be used as it stands ends
    with exit code 3, and file, line and key are named.

    \b
    wayseal partners check ledger --contracts contracts
    wayseal partners check ledger --contracts contracts --from 2026-03-02 --to 2026-03-08 --lang zh
    wayseal partners check ledger --contracts contracts --format html --out partners.html
    """
    period = parse_period(from_, to)
    agreed = load_contracts(contracts)
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        result = check_partners(snapshot, agreed, period=period, progress=progress)
    write_report(partial(render_partners, result), format, lang, out, quiet=quiet)
