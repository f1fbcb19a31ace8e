"""`wayseal extent`: how many numbers leak, by capture and recapture."""

from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from wayseal.cli._leaks import load_leaks
from wayseal.cli._options import (
    Lang,
    LangOption,
    LeaksMapOption,
    LeaksOffsetOption,
    LeaksOption,
    LedgerArgument,
    OutOption,
    QuietOption,
    ReportFormat,
    ReportFormatOption,
)
from wayseal.cli._output import write_report
from wayseal.cli._progress import progress_bars
from wayseal.ledger import open_ledger
from wayseal.trace.extent import Criterion, ListBasis, render_extent
from wayseal.trace.extent import extent as run


class ListsBy(StrEnum):
    """What counts as a list; `auto` is the first of which there are two."""

    AUTO = "auto"
    FOUND_BY = "found_by"
    SELLER = "seller"
    DAY = "day"


class ChosenBy(StrEnum):
    """By what a log-linear model is chosen."""

    AIC = "aic"
    BIC = "bic"


def extent(
    ledger: LedgerArgument,
    leaks: LeaksOption,
    lists: Annotated[
        ListsBy,
        typer.Option(
            help="What a list is: `found_by` a way of finding, `seller`, or `day` of purchase. `auto` is the first of "
            "these of which there are two."
        ),
    ] = ListsBy.AUTO,
    criterion: Annotated[
        ChosenBy, typer.Option(help="`aic` or `bic`: by what models of three or more lists are compared.")
    ] = ChosenBy.AIC,
    format: ReportFormatOption = ReportFormat.TEXT,
    out: OutOption = None,
    lang: LangOption = Lang.EN,
    map_: LeaksMapOption = None,
    offset: LeaksOffsetOption = None,
    quiet: QuietOption = False,
) -> None:
    """Say how many numbers leak a day, from purchases and reports that share some of them.

    This is capture and recapture: `found_by` and `seller` of the table tell the lists apart. [Scope and
    extent](scope-and-extent.md#extent) says what it takes and how far to trust it. There is no seed: nothing in it is
    random. The exit code is 0 whatever the lists say; scripts read `status` in the JSON.

    \b
    wayseal extent ledger --leaks found.csv
    wayseal extent ledger --leaks found.csv --lists seller --format html --out extent.html
    """
    by = None if lists is ListsBy.AUTO else ListBasis(lists)
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        found = load_leaks(leaks, map_, offset, lang, quiet)
        result = run(snapshot, found, by=by, criterion=Criterion(criterion), progress=progress)
    write_report(partial(render_extent, result), format, lang, out, quiet=quiet)
