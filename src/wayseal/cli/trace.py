"""`wayseal trace`, `scope` and `extent`: whose reads explain the numbers that turned up, and how far it goes."""

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._options import (
    FromOption,
    LeaksMapOption,
    LeaksOffsetOption,
    LeaksOption,
    LedgerArgument,
    OutOption,
    QuietOption,
    ReportFormat,
    ReportFormatOption,
    SeedOption,
    ToOption,
)
from wayseal.cli._output import BYTE_ORDER_MARK, output_file, progress_bars, write_report
from wayseal.cli._texts import _, current_lang, echo, warn
from wayseal.ledger import Snapshot, open_ledger
from wayseal.ledger.integrity import FINDING_TEXTS, Code, HistoryCheck, check_history
from wayseal.merkle import Checkpoint
from wayseal.model.kinds import SourceKind
from wayseal.page.languages import word
from wayseal.store import load_mapping, read_leaks
from wayseal.store.errors import StoreError
from wayseal.store.types import Leaks, notice_message
from wayseal.trace import LEDGER_KEYS, TraceResult, find_differences, render
from wayseal.trace import trace as run
from wayseal.trace.extent import Criterion, ListBasis, render_extent
from wayseal.trace.extent import extent as run_extent
from wayseal.trace.scope import Listing, parse_period, render_scope
from wayseal.trace.scope import scope as run_scope


def load_leaks(path: Path, map_: Path | None, offset: str | None, quiet: bool) -> Leaks:
    """The numbers of a file, of which there is at least one; StoreError else."""
    bought = _require_rows(read_leaks(path, mapping=load_mapping(map_) if map_ else None, offset=offset), path)
    if not quiet:
        for notice in bought.notices:
            typer.echo(f"{notice.file.name}: {word(notice_message(notice), current_lang())}", err=True)
    return bought


def _require_rows(bought: Leaks, path: Path) -> Leaks:
    """The leaks, of which there is at least one."""
    if len(bought.rows):
        return bought
    if not bought.rejected:
        raise StoreError("holds no number", file=path)
    first = bought.rejected[0]
    raise StoreError(
        "{reason}; no number of the file could be read",
        file=path,
        line=first.line,
        key=first.column or None,
        reason=first.reason.value,
    )


NOT_REPRODUCED = 10
OTHER_LEDGER = 8
REWRITTEN = 7


def trace(
    ledger: LedgerArgument,
    leaks: LeaksOption,
    format: ReportFormatOption = ReportFormat.TEXT,
    out: OutOption = None,
    map_: LeaksMapOption = None,
    offset: LeaksOffsetOption = None,
    seed: SeedOption = 7,
    verify: Annotated[
        Path | None,
        typer.Option(
            help="A JSON report made earlier: instead of a report, say whether the ledger still holds what it was made"
            " from, and whether the trace gives it again. The seed is the report's.",
            dir_okay=False,
        ),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Say which account, interface or outlet the leaked numbers came from, how sure that is, and why.

    The exit code is 0 whatever the verdict is; scripts read `verdict` in the [JSON](report-json.md). With `--verify` it
    is 0 only if the report is reproduced and carries a checkpoint that this ledger goes on from. A trace looks at the
    ledger as it is now: where it has grown, a report may differ for that alone, and the output says so. Where it was
    purged since, it says by whom and why.

    \b
    wayseal trace ledger --leaks bought.csv
    wayseal trace ledger --leaks bought.csv --format html --lang zh --out report.html
    wayseal trace ledger --leaks bought.csv --format json | jq .verdict
    wayseal trace ledger --leaks bought.csv --verify report.json
    """
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        bought = load_leaks(leaks, map_, offset, quiet)
        if verify is not None:

            def again(kept: int) -> TraceResult:
                return run(snapshot, bought, seed=kept, progress=progress)

            raise typer.Exit(verify_report(verify, snapshot, bought, again))
        result = run(snapshot, bought, seed=seed, progress=progress)
    write_report(partial(render, result), format, out, quiet=quiet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A JSON report, as far as it must be understood to be made again."""

    content: Mapping[str, Any]
    seed: int
    ledger: str
    leaks: str
    checkpoint: Checkpoint | None


def read_report(path: Path) -> Report:
    """A JSON report; StoreError names the file where it is something else."""
    try:
        content = json.loads(path.read_bytes())
        seed, inputs, point = content["seed"], content["inputs"], content.get("checkpoint")
        made = None
        if point is not None:
            made = Checkpoint(origin=point["origin"], size=point["size"], root=bytes.fromhex(point["root"]))
        report = Report(content=content, seed=seed, ledger=inputs["ledger"], leaks=inputs["leaks"], checkpoint=made)
        if type(seed) is not int or seed < 0 or (made and (type(made.size) is not int or made.size < 0)):
            raise ValueError("number")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError("this is no JSON report of `wayseal trace`", file=path) from error
    return report


def verify_report(path: Path, snapshot: Snapshot, bought: Leaks, run: Callable[[int], TraceResult]) -> int:
    """Says what became of the ledger since the report, and whether a trace gives it again; returns the exit code."""
    report = read_report(path)
    known = check_history(snapshot.path, snapshot.manifest, report.checkpoint) if report.checkpoint else None
    where = f"{path}: " if known is not None and known.code is not None else ""
    typer.echo(where + _compare_checkpoints(report, known, snapshot))
    for purge in known.purges if known is not None else ():
        echo(
            "It was purged since: on {at} by {who} ({why}) everything about waybills first seen before {before} "
            "was removed, {reads:,} {reads:read|reads}. A trace of today can't see them.",
            at=purge.at,
            who=purge.who,
            why=purge.why,
            before=purge.before,
            reads=purge.reads,
        )
    if known is not None and known.code is not None:
        return OTHER_LEDGER if known.code is Code.CHECKPOINT_ORIGIN else REWRITTEN
    if known is not None and known.digest != report.ledger:
        echo("The report's ledger digest is not the one of its checkpoint: the report was changed.")
        return REWRITTEN
    if bought.digest != report.leaks:
        echo("Not reproduced: the leaks file is not the one of the report.")
        return NOT_REPRODUCED
    found = find_differences(report.content, run(report.seed))
    said = LEDGER_KEYS if known is not None else LEDGER_KEYS[:1]
    found = tuple(key for key in found if key not in said)
    typer.echo(
        _("Not reproduced. These keys differ: {keys}", keys=", ".join(found))
        if found
        else _("Reproduced: the trace gives what the report says.")
    )
    if found and report.checkpoint and report.checkpoint.size < snapshot.manifest.size:
        echo(
            "The trace was made on the ledger as it is now, with what came in since the report; this may be all "
            "that makes the difference. To settle it, trace on a copy of the ledger from then."
        )
    if not found and known is None:
        echo("Not verified: without a checkpoint nothing shows that the report is of this ledger.")
    return NOT_REPRODUCED if found or known is None else 0


def _compare_checkpoints(report: Report, known: HistoryCheck | None, snapshot: Snapshot) -> str:
    """How the ledger stands to the report's checkpoint."""
    point = report.checkpoint
    if known is None or point is None:
        return _("The report or the ledger has no checkpoint: whether the ledger is what it was can't be said.")
    if known.code is not None:
        return _(FINDING_TEXTS[known.code], origin=point.origin, size=point.size, own=snapshot.manifest.origin)
    if point.size == snapshot.manifest.size:
        return _("The ledger is what it was: {size:,} {size:leaf|leaves}, the root of the report.", size=point.size)
    proof = " ".join(h.hex() for h in known.proof)
    return _(
        "The ledger has grown since: {size:,} {size:leaf|leaves} then, {now:,} now. It begins as it was then, as these "
        "hashes show (RFC 9162): {proof}",
        size=point.size,
        now=snapshot.manifest.size,
        proof=proof,
    )


class ScopeFormat(StrEnum):
    """The format of a scope; csv is the list of waybills."""

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


def scope(
    ledger: LedgerArgument,
    source: Annotated[str, typer.Option(help="Id of the source, as it stands in the log or the tables.")],
    kind: KindOption = None,
    from_: FromOption = None,
    to: ToOption = None,
    format: Annotated[
        ScopeFormat,
        typer.Option(
            help="`text` for the screen, `json` for programs, `html` for a file or a printer, `csv` for the list of "
            "waybills."
        ),
    ] = ScopeFormat.TEXT,
    out: OutOption = None,
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
        listing = Listing(file, current_lang()) if file else None
        result = run_scope(snapshot, source, kind=kind, period=period, listing=listing, progress=progress)
    if not as_list:
        write_report(partial(render_scope, result), format, out, quiet=quiet)
        return
    if not quiet:
        warn("{waybills:,} {waybills:waybill|waybills} listed", waybills=result.waybills + result.by_query.waybills)
        if result.queries:
            by = result.by_query
            text = _(
                "{queries:,} {queries:search|searches} of which only the question is logged: {shown:,} of the listed "
                "were shown by {queries:it|them}, {soft:,} more may have been and are not in the list",
                queries=result.queries,
                shown=by.waybills,
                soft=by.uncertain,
            )
            typer.echo(text, err=True)
        if out is not None:
            typer.echo(str(out), err=True)


class ListsBy(StrEnum):
    """The field that makes a list; `auto` is the first of which there are two."""

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
        found = load_leaks(leaks, map_, offset, quiet)
        result = run_extent(snapshot, found, by=by, criterion=Criterion(criterion), progress=progress)
    write_report(partial(render_extent, result), format, out, quiet=quiet)
