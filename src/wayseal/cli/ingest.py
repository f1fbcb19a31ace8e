"""`wayseal ingest`: a log or a dataset into the ledger."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, MapOption, NewLedgerArgument, OffsetOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._sources import BrokenFeedError, take_sources
from wayseal.cli._words import TEXTS, notice_text
from wayseal.ledger import IngestOptions, IngestReport
from wayseal.ledger import ingest as run
from wayseal.model.messages import Message, filled
from wayseal.store import load_mapping, open_source
from wayseal.store.mapping import LogMapping

SourcesArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        help="A dataset's folder ([data contract](data-contract.md)), files of a log, or `-` for standard input; "
        "several at once are all read in the same way.",
        metavar="SOURCE...",
        show_default=False,
    ),
]
SourcesOption = Annotated[
    Path | None,
    typer.Option(
        "--sources",
        help="File (TOML) of several [sources](mapping-files.md#several-sources), each with its mapping and table, "
        "instead of SOURCE: what is wrong with one stops no other.",
        dir_okay=False,
    ),
]
AgainOption = Annotated[
    bool,
    typer.Option(
        "--again", help="Read files that are in the ledger again: what they bring now replaces what they brought."
    ),
]
TableOption = Annotated[
    str | None,
    typer.Option(
        help="Table of the data contract that the files are, or that is taken from the folder's files.",
        show_default="what the mapping says, else what each file is named after, else `accesses`",
    ),
]


def ingest(
    ledger: NewLedgerArgument,
    sources: SourcesArgument = None,
    map_: MapOption = None,
    offset: OffsetOption = None,
    table: TableOption = None,
    sources_file: SourcesOption = None,
    again: AgainOption = False,
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

    The same file twice changes nothing, and of a log that has grown only the new rows come in; a file that was read
    with another mapping or offset is read again in place of that. Bad rows go to quarantine and stop nothing. Where
    much more of a file is rejected than of the same feed before, or a reading takes the place of another, that is said,
    with `--quiet` too.
    [The ledger](ledger.md#what-is-guaranteed) says what is guaranteed.

    \b
    wayseal ingest ledger dataset/
    wayseal ingest ledger gateway.csv --map gateway.toml --offset +08:00
    wayseal ingest ledger march.xlsx april.xlsx --map sheets.toml
    wayseal ingest ledger - --table scans < scans.csv
    wayseal ingest ledger --sources sources.toml
    """
    options = IngestOptions(keep_rejected=keep_rejected, again=again)

    def take(paths: Sequence[Path], mapping: LogMapping | None, offset: str | None, table: str | None) -> None:
        opened = open_source(*paths, mapping=mapping, offset=offset, table=table)
        with progress_bars(quiet) as progress:
            report = run(opened, ledger, progress=progress, options=options)
        _say(report, ledger, lang, quiet, tell_apart([file.path for file in opened.files]))
        _refuse_broken(report, ledger, most_rejected)

    if sources_file is None and sources:
        take(sources, load_mapping(map_) if map_ else None, offset, table)
    elif sources_file is None or sources or map_ or offset or table:
        raise WrongUsageError("is given files, or --sources, which says all of them", param_hint="SOURCE")
    elif code := take_sources(sources_file, take, lang):
        raise typer.Exit(code)


def _say(report: IngestReport, ledger: Path, lang: Lang, quiet: bool, names: Mapping[Path, str]) -> None:
    if not quiet:
        for notice in report.notices:
            typer.echo(notice_text(notice, lang, names.get(notice.file)), err=True)
        for line in summary_lines(report, ledger, lang, names):
            typer.echo(line, err=True)
    for old in report.replaced:
        typer.echo(filled(TEXTS[lang]["replaced"], table=old.table, name=old.name, rows=old.rows), err=True)
    for jump in report.jumps:
        values = {"name": jump.name, "share": jump.share, "before": jump.before}
        typer.echo(filled(TEXTS[lang]["jump"], **values), err=True)


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


def tell_apart(paths: Sequence[Path]) -> Mapping[Path, str]:
    """Each path by its name, or where several are called so by as much of its end as tells it from those."""
    alike = Counter(path.parts[-n:] for path in set(paths) for n in range(1, len(path.parts) + 1))
    first = {path: next((n for n in range(1, len(path.parts)) if alike[path.parts[-n:]] == 1), 0) for path in paths}
    return {path: str(Path(*path.parts[-n:])) for path, n in first.items()}


def summary_lines(report: IngestReport, ledger: Path, lang: str, names: Mapping[Path, str]) -> Iterator[str]:
    """What an ingest did, a line each. names: what files are called where others have their name."""
    words = TEXTS[lang]
    for entry, path in zip(report.ingested, report.paths, strict=True):
        line = filled(words["ingested"], table=entry.table, rows=entry.rows, name=names.get(path, entry.name))
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
        yield filled(words["skipped"], table=file.table, name=file.name)
    for table, rows in report.conflicts.items():
        if rows:
            yield filled(words["conflicts"], table=table, rows=rows)
    if report.rejected:
        yield filled(words["quarantine"], folder=ledger / "quarantine")
    if not report.ingested:
        yield words["nothing"]
