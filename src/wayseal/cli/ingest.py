"""`wayseal ingest`: a log or a dataset into the ledger."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from wayseal.cli._options import Lang, LangOption, MapOption, NewLedgerArgument, OffsetOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._words import TEXTS, notice_text
from wayseal.ledger import IngestOptions, IngestReport
from wayseal.ledger import ingest as run
from wayseal.model.errors import WaysealError
from wayseal.model.messages import Message, filled
from wayseal.store import load_mapping, open_source

SourcesArgument = Annotated[
    list[Path],
    typer.Argument(
        help="A dataset's folder ([data contract](data-contract.md)), files of a log, or `-` for standard input; "
        "several at once are all read in the same way.",
        metavar="SOURCE...",
    ),
]
TableOption = Annotated[
    str | None,
    typer.Option(
        help="Table of the data contract that the files are, or that is taken from the folder's files.",
        show_default="what the mapping says, else what each file is named after, else `accesses`",
    ),
]


class BrokenFeedError(WaysealError):
    """So much of a file was rejected that the feed must be broken; what could be read is in the ledger."""

    exit_code: ClassVar[int] = 14


def ingest(
    ledger: NewLedgerArgument,
    sources: SourcesArgument,
    map_: MapOption = None,
    offset: OffsetOption = None,
    table: TableOption = None,
    keep_rejected: Annotated[
        bool,
        typer.Option(
            "--keep-rejected",
            help="Keep the text of rejected rows too, in a file that only you can read. It may hold personal data.",
        ),
    ] = False,
    most_rejected: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Of how large a share of a file's rows to take it that the feed is broken (exit code 14). Good rows "
            "are in the ledger all the same.",
        ),
    ] = 0.5,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Take a log into the ledger.

    The same file twice changes nothing, and of a log that has grown only the new rows come in; bad rows go to
    quarantine and stop nothing. Where much more of a file is rejected than of the same feed before, that is said, with
    `--quiet` too. [The ledger](ledger.md#what-is-guaranteed) says what is guaranteed.

    \b
    wayseal ingest ledger dataset/
    wayseal ingest ledger gateway.csv --map gateway.toml --offset +08:00
    wayseal ingest ledger march.xlsx april.xlsx --map sheets.toml
    wayseal ingest ledger - --table scans < scans.csv
    """
    mapping = load_mapping(map_) if map_ else None
    opened = open_source(*sources, mapping=mapping, offset=offset, table=table)
    with progress_bars(quiet) as progress:
        report = run(opened, ledger, progress=progress, options=IngestOptions(keep_rejected=keep_rejected))
    if not quiet:
        for notice in report.notices:
            typer.echo(notice_text(notice, lang), err=True)
        for line in summary_lines(report, ledger, lang):
            typer.echo(line, err=True)
    for jump in report.jumps:
        values = {"name": jump.name, "share": jump.share, "before": jump.before}
        typer.echo(filled(TEXTS[lang]["jump"], **values), err=True)
    _refuse_broken(report, ledger, most_rejected)


def _refuse_broken(report: IngestReport, ledger: Path, most: float) -> None:
    """Ends the command with an error where too much of a file, or all of it, was rejected."""
    broken = [file for file in report.files if file.rows and file.share >= most]
    if broken:
        worst = max(broken, key=lambda file: file.rows)
        raise BrokenFeedError(
            "{rejected:,} of {read:,} rows were rejected, most of them as {reason}; all are listed in {folder}",
            file=worst.name,
            rejected=worst.rows,
            read=worst.read,
            reason=Message(max(worst.rejected, key=worst.rejected.__getitem__)),
            folder=ledger / "quarantine",
        )


def summary_lines(report: IngestReport, ledger: Path, lang: str) -> Iterator[str]:
    """What an ingest did, a line each."""
    words = TEXTS[lang]
    for entry in report.ingested:
        line = filled(words["ingested"], table=entry.table, rows=entry.rows, name=entry.name)
        if entry.after:
            line += words["comma"] + filled(words["grown"], lines=entry.after)
        if rejected := sum(entry.rejected.values()):
            line += words["comma"] + filled(words["rejected"], rows=rejected)
        if entry.dropped:
            line += words["comma"] + filled(words["dropped"], rows=entry.dropped)
        if entry.repeated:
            line += words["comma"] + filled(words["repeated"], rows=entry.repeated)
        yield line
    for file in report.skipped:
        yield filled(words[f"skipped_{file.reading}"], table=file.table, name=file.name)
    for table, rows in report.conflicts.items():
        if rows:
            yield filled(words["conflicts"], table=table, rows=rows)
    if report.rejected:
        yield filled(words["quarantine"], folder=ledger / "quarantine")
    if not report.ingested:
        yield words["nothing"]
