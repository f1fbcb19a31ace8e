"""`wayseal scope`: once a source is named, which waybills it had, and who must be told."""

from contextlib import nullcontext
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, LedgerArgument, OutOption, QuietOption
from wayseal.cli._output import BYTE_ORDER_MARK, output_file, write_report
from wayseal.cli._progress import progress_bars
from wayseal.cli._words import TEXTS
from wayseal.ledger import open_ledger
from wayseal.model.messages import filled
from wayseal.model.sources import SourceKind
from wayseal.trace.scope import Listing, parse_period, render_scope
from wayseal.trace.scope import scope as run


class ScopeFormat(StrEnum):
    """What a scope is written as; csv is the list of waybills."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    CSV = "csv"


KindOption = Annotated[
    SourceKind | None,
    typer.Option(
        help="`actor`, `session`, `device`, `channel` (what it issued), `outlet` or `region` (what passed it). "
        "Needed where several kinds know the id.",
        show_default="found by itself",
    ),
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        help="From this day (UTC+8) or this time on: `2026-03-02`, `2026-03-02T08:00+08:00`. A time without an "
        "offset is in UTC+8.",
        show_default="the beginning",
    ),
]


def scope(
    ledger: LedgerArgument,
    source: Annotated[str, typer.Option(help="Id of the source, as it stands in the log or the tables.")],
    kind: KindOption = None,
    from_: FromOption = None,
    to: Annotated[
        str | None,
        typer.Option(
            help="Up to this day, which is included, or up to this time, which is not.", show_default="the end"
        ),
    ] = None,
    format: Annotated[
        ScopeFormat,
        typer.Option(
            help="`text` for the screen, `json` for programs, `html` for a file or a printer, `csv` for the list of "
            "waybills."
        ),
    ] = ScopeFormat.TEXT,
    out: OutOption = None,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Say which waybills a named source had, by day, route and field, and list those whose people must be told.

    [Scope and extent](scope-and-extent.md) explains the report and lists the keys of its JSON. A source that had
    nothing in the period is no error: the report says so, and the exit code is 0. An id that the ledger doesn't know
    ends with exit code 3.

    \b
    wayseal scope ledger --source u-1042
    wayseal scope ledger --source u-1042 --format csv --out list.csv
    wayseal scope ledger --source merchant --kind channel --from 2026-03-02 --to 2026-03-04
    """
    period = parse_period(from_, to)
    as_list = format is ScopeFormat.CSV
    with (
        open_ledger(ledger) as snapshot,
        progress_bars(quiet) as progress,
        output_file(out) if as_list else nullcontext() as file,
    ):
        if file and out is not None:
            file.write(BYTE_ORDER_MARK.encode())
        listing = Listing(file, lang) if file else None
        result = run(snapshot, source, kind=kind, period=period, listing=listing, progress=progress)
    if not as_list:
        write_report(partial(render_scope, result), format, lang, out, quiet=quiet)
        return
    if not quiet:
        typer.echo(filled(TEXTS[lang]["listed"], waybills=result.waybills + result.by_query.waybills), err=True)
        if result.queries:
            by = result.by_query
            text = filled(TEXTS[lang]["asked"], queries=result.queries, shown=by.waybills, soft=by.uncertain)
            typer.echo(text, err=True)
        if out is not None:
            typer.echo(str(out), err=True)
