"""`wayseal trace`: whose reads explain the numbers that turned up for sale."""

import shutil
import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._leaks import leaks_of
from wayseal.cli._options import Lang, LangOption, LedgerArgument, Map, Offset, Quiet, Seed
from wayseal.cli._progress import ProgressCallback, progress_bars
from wayseal.cli._trace_again import verify_report
from wayseal.cli._write import write_text
from wayseal.ledger import Snapshot, open_ledger
from wayseal.store.types import Leaks
from wayseal.trace import TraceResult, render
from wayseal.trace import trace as run


class Format(StrEnum):
    """What a report is written as."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


def trace(
    ledger: LedgerArgument,
    leaks: Annotated[
        Path, typer.Option(help="The numbers that turned up (table `leaks`): CSV, JSON Lines or Parquet.")
    ],
    format: Annotated[Format, typer.Option(help="What to write.")] = Format.TEXT,  # noqa: A002
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write here instead of to the screen.")] = None,
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
    if out is not None:
        write_text(out, render(result, format, lang))
        if not quiet:
            typer.echo(str(out), err=True)
        return
    width = min(shutil.get_terminal_size((88, 24)).columns, 120)
    typer.echo(render(result, format, lang, color=sys.stdout.isatty(), width=width), nl=False)


def _traced(snapshot: Snapshot, bought: Leaks, progress: ProgressCallback, seed: int) -> TraceResult:
    return run(snapshot, bought, seed=seed, progress=progress)
