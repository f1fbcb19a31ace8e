"""`wayseal outlets month`: what is expected of outlets, and what a month of theirs comes to."""

from functools import partial
from typing import Annotated

import typer

from wayseal.cases.errors import ReadOnlyError
from wayseal.cases.ledger.casebook import can_write_casebook, writable_casebook
from wayseal.cases.outlets.month import make_month
from wayseal.cases.outlets.report import MonthReport
from wayseal.cli._options import LedgerArgument, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._output import progress_bars, write_report
from wayseal.ledger import open_ledger


def outlets_month(
    ledger: LedgerArgument,
    month: Annotated[str, typer.Option(help="Such as `2026-10`.")],
    format: OutputFormatOption = OutputFormat.TEXT,
    quiet: QuietOption = False,
) -> None:
    """Count and judge a month of all outlets, and keep it beside the casebook.

    A month that is over is kept for good: asked for again, it is shown as it was. [Outlets](outlets.md) says what is
    counted, what isn't, and has the keys of the JSON. Whatever it finds, the exit code is 0.

    \b
    wayseal outlets month ledger --month 2026-10
    wayseal outlets month ledger --month 2026-10 --format json | jq '.outlets[0].strata'
    """
    folder = writable_casebook(ledger)
    if not can_write_casebook(ledger, folder):
        raise ReadOnlyError("can't be written, so that no month can be kept", file=folder)
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        made = make_month(snapshot, ledger, month, progress)
    write_report(partial(MonthReport.render, made), format, None, quiet=quiet)
