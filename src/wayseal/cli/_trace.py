"""`wayseal trace`: whose reads explain the numbers that turned up for sale."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._leaks import leaks_of
from wayseal.cli._options import (
    Format,
    FormatOption,
    Lang,
    LangOption,
    LeaksOption,
    LedgerArgument,
    Map,
    Offset,
    Out,
    Quiet,
    Seed,
)
from wayseal.cli._progress import ProgressCallback, progress_bars
from wayseal.cli._trace_again import verify_report
from wayseal.cli._write import say_report
from wayseal.ledger import Snapshot, open_ledger
from wayseal.store.types import Leaks
from wayseal.trace import TraceResult, render
from wayseal.trace import trace as run


def trace(
    ledger: LedgerArgument,
    leaks: LeaksOption,
    format: FormatOption = Format.TEXT,  # noqa: A002
    out: Out = None,
    lang: LangOption = Lang.EN,
    map_: Map = None,
    offset: Offset = None,
    seed: Seed = 7,
    verify: Annotated[
        Path | None, typer.Option(help="A JSON report: say whether this ledger gives it again.", dir_okay=False)
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Say which account, interface or outlet the leaked numbers came from, how sure that is, and why.

    \b
    wayseal trace ledger --leaks bought.csv
    wayseal trace ledger --leaks bought.csv --format html --lang zh --out report.html
    wayseal trace ledger --leaks bought.csv --format json | jq .verdict
    wayseal trace ledger --leaks bought.csv --verify report.json
    """
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        bought = leaks_of(leaks, map_, offset, lang, quiet)
        if verify is not None:
            again = partial(_traced, snapshot, bought, progress)
            raise typer.Exit(verify_report(verify, snapshot, bought, again, lang))
        result = run(snapshot, bought, seed=seed, progress=progress)
    say_report(partial(render, result), format, lang, out, quiet=quiet)


def _traced(snapshot: Snapshot, bought: Leaks, progress: ProgressCallback, seed: int) -> TraceResult:
    return run(snapshot, bought, seed=seed, progress=progress)
