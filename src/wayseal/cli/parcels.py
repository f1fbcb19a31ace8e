"""`wayseal parcels`: shipments with a history and no parcel, and who asks for numbers before pickup."""

from functools import partial
from typing import Annotated

import typer

from wayseal.cases import has_casebook, load_pseudonyms, open_cases, read_known
from wayseal.cases.errors import ReadOnlyError
from wayseal.cases.ledger.arrivals import WHO, parcel_leads
from wayseal.cases.ledger.casebook import FOLDER, Names, can_write_casebook, writable_casebook
from wayseal.cli._options import (
    FromOption,
    LedgerArgument,
    OutOption,
    QuietOption,
    ReportFormat,
    ReportFormatOption,
    ToOption,
)
from wayseal.cli._output import now_us, progress_bars, write_report
from wayseal.cli._texts import warn
from wayseal.ledger import open_ledger
from wayseal.model.period import parse_period
from wayseal.parcels import Options, find_parcels, keep_result, render_parcels, with_names


def parcels(
    ledger: LedgerArgument,
    from_: FromOption = None,
    to: ToOption = None,
    threshold: Annotated[float, typer.Option(min=0.01, max=1.0, help="Tell groups from this probability on.")] = 0.5,
    register: Annotated[
        bool, typer.Option("--register", help="Put the groups into the queue of the casebook, each once.")
    ] = False,
    format: ReportFormatOption = ReportFormat.TEXT,
    out: OutOption = None,
    quiet: QuietOption = False,
) -> None:
    """Find shipments that have a history and no parcel, or an empty one, and who asks for numbers before pickup.

    They are told by sender, outlet, operator and day, each reason with its fact. Days are those of the first scan. What
    machines read too little of isn't judged, and is listed as such. [Parcels](parcels.md) says how it decides, has the
    keys of the JSON, and names what can't be found. Whatever it finds, the exit code is 0.

    The newest result is kept in `detect/parcels/` in the ledger, where that can be written. Where there is a casebook,
    accounts are pseudonyms until their case is open.

    \b
    wayseal parcels ledger
    wayseal parcels ledger --from 2026-03-02 --to 2026-03-15 --format html --out parcels.html
    wayseal parcels ledger --register --format json | jq .groups
    """
    period = parse_period(from_, to)
    folder = writable_casebook(ledger) if register else ledger / FOLDER
    able = can_write_casebook(ledger, folder)
    if register and not able:
        raise ReadOnlyError("can't be written, so that nothing can be put into the queue", file=folder)
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        found = find_parcels(snapshot, Options(period=period, threshold=threshold), progress)
    if able:
        keep_result(found, folder, now_us())
    elif not quiet:
        warn("the result isn't kept: {folder} can't be written", folder=folder)
    if register:
        with open_cases(folder) as cases:
            cases.enqueue_once(parcel_leads(found.groups), WHO, now_us())
    if has_casebook(folder):
        found = with_names(found, Names(read_known(folder).opened, load_pseudonyms(folder).of).of)
    write_report(partial(render_parcels, found), format, out, quiet=quiet)
