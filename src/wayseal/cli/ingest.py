"""`wayseal ingest` and `wayseal map`: logs into a ledger, several by a file of sources, and mapping files for them.

1. Each source is on its own: what is wrong with one stops no other, and what is wrong with a file no other file.
2. A file that was written to within `settle` waits for the next run: it may not be whole yet.
3. A source that has no file, or none as new as `newest` asks, is silent: that is an error, too.
4. A file is read in one way for a table: a second source's mapping would take the place of what the first brought.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from glob import glob
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer

from wayseal.cli._engines import EngineName, EngineOption, EngineSettings, MasterOption, WorkersOption, running
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import MapOption, NewLedgerArgument, OffsetOption, QuietOption
from wayseal.cli._output import progress_bars, write_text
from wayseal.cli._texts import _, current_lang, pgettext, warn
from wayseal.ledger import IngestOptions, IngestReport
from wayseal.ledger import ingest as run
from wayseal.ledger.sharding import make_set
from wayseal.model.errors import WaysealError, disk_says
from wayseal.model.messages import N_, Message
from wayseal.model.schema import CLOSED, Name, Text, TomlText, one_or_more, parse_length, parsed_by
from wayseal.model.times import now_us
from wayseal.page.languages import translator, word
from wayseal.store import TABLES, load_mapping, open_source
from wayseal.store.drafts import Draft, draft_mappings
from wayseal.store.errors import StoreError
from wayseal.store.mapping import LogMapping
from wayseal.store.types import notice_message

_TWICE = N_(
    "is read as one table by {first} and {second}, and the second would take the place of what the first brought"
)
_Seen = dict[tuple[Path, str], tuple[str, tuple[str, str]]]
"""File and table → the source that reads it, and how: the digest of its mapping, and its offset."""
_Seconds = Annotated[int, parsed_by(parse_length)]


class BrokenFeedError(WaysealError):
    """Much of a file was rejected, or none came: the feed must be broken. What could be read is in the ledger."""

    exit_code: ClassVar[int] = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """A source. files: patterns of paths; settle, newest: seconds (rules 2 and 3)."""

    __pydantic_config__: ClassVar = CLOSED
    files: Annotated[tuple[Text, ...], one_or_more(tuple[Text, ...])]
    map: Text | None = None
    table: Text | None = None
    offset: Text | None = None
    settle: _Seconds = 600
    newest: _Seconds | None = None

    def find(self, folder: Path) -> tuple[list[Path], int]:
        """Its files that are whole, oldest first, and how many may not be yet. BrokenFeedError; OSError."""
        patterns = (str(folder / pattern) for pattern in self.files)
        found = {Path(name) for one in patterns for name in glob(one, recursive=True)}  # noqa: PTH207 (may be absolute)
        named = (path for path in found if path.is_file() and not path.name.startswith((".", "_", "~$")))
        times, now = sorted((path.stat().st_mtime, path) for path in named), time.time()
        if not times and self.newest != 0:
            raise BrokenFeedError("no file is there")
        if self.newest and times[-1][0] < now - self.newest:
            raise BrokenFeedError("the newest file is older than it may be", file=times[-1][1].name)
        whole = [path for at, path in times if at <= now - self.settle]
        return whole, len(times) - len(whole)


def take_sources(file: Path, take: Callable[..., None]) -> int:
    """Takes in all sources that a file names, and says what became of each; the exit code of the first that failed.

    take: takes files into the ledger, with their mapping, offset and table. StoreError: the file can't be read.
    """
    kind: Any = Mapping[Name, SourceSettings]
    sources = TomlText(file.read_bytes(), StoreError, file=file, example='files = "inbox/*.csv"').read(kind, version=1)
    if not sources:
        raise StoreError("needs at least one", file=file, key="[NAME]")
    failed: dict[str, int] = {}
    seen: _Seen = {}
    for name, source in sources.items():
        for wrong in _take_source(name, source, file.parent, take, seen):
            failed.setdefault(name, wrong.exit_code)
            typer.echo(f"{name}: {word(wrong, current_lang())}", err=True)
    if failed:
        counts = {"failed": len(failed), "all": len(sources), "names": ", ".join(failed)}
        warn("{failed:,} of {all:,} {all:source|sources} failed: {names}", **counts)
    return next(iter(failed.values()), 0)


def _take_source(
    name: str, source: SourceSettings, folder: Path, take: Callable[..., None], seen: _Seen
) -> Iterator[WaysealError]:
    """Takes in what is whole of a source, together, or each by itself where one can't be read. Gives what is wrong.

    seen: the files of the sources before it, which is added to.
    """
    try:
        mapping = load_mapping(folder / source.map) if source.map else None
        files, waiting = source.find(folder)
        waits = (
            _(
                "; {waiting:,} may still be written to: read once untouched for {settle:,} seconds (`settle`)",
                waiting=waiting,
                settle=source.settle,
            )
            if waiting
            else ""
        )
        typer.echo(_("Source {name}: {files:,} {files:file|files}", name=name, files=len(files)) + waits, err=True)
        table, mine = source.table or (mapping.table if mapping else ""), f"{name} ({source.map or '-'})"
        way = (mapping.digest if mapping else "", source.offset or "")
        firsts = {path: seen.setdefault((path.resolve(), table), (mine, way)) for path in files}
        for path, (first, _way) in ((path, one) for path, one in firsts.items() if one[1] != way):
            yield StoreError(_TWICE, file=path, first=first, second=mine)
        files = [path for path in files if firsts[path][1] == way]
        parts = [files] if files else []
        while parts:
            part = parts.pop(0)
            try:
                take(part, mapping, source.offset, source.table)
            except (StoreError, BrokenFeedError) as error:
                if len(part) == 1 or isinstance(error, BrokenFeedError):
                    yield error
                else:
                    parts = [[one] for one in part]
    except (StoreError, BrokenFeedError) as error:
        yield error
    except OSError as error:
        yield StoreError("can't be read ({reason})", file=error.filename, reason=disk_says(error))


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
KeepRejectedOption = Annotated[
    bool,
    typer.Option(
        "--keep-rejected",
        help="Keep the text of rejected rows too, in a file that only you can read. It may hold personal data.",
    ),
]
MostRejectedOption = Annotated[
    float,
    typer.Option(
        min=0,
        max=1,
        help="Of how large a share of a file's rows to take it that the feed is broken (exit code 14). Good rows "
        "are in the ledger all the same.",
    ),
]
NewSetOption = Annotated[
    int | None,
    typer.Option(help="Make a set of so many [shards](growth.md#shards), 2, 4, 8 …, where no ledger is there."),
]


def ingest(
    ledger: NewLedgerArgument,
    sources: SourcesArgument = None,
    map_: MapOption = None,
    offset: OffsetOption = None,
    table: TableOption = None,
    sources_file: SourcesOption = None,
    again: AgainOption = False,
    keep_rejected: KeepRejectedOption = False,
    most_rejected: MostRejectedOption = 0.5,
    shards: NewSetOption = None,
    engine: EngineOption = EngineName.LOCAL,
    workers: WorkersOption = None,
    master: MasterOption = None,
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
    wayseal ingest ledger-set dataset/ --shards 8 --engine processes
    """
    settings = EngineSettings(name=engine, workers=workers, master=master)
    options = IngestOptions(keep_rejected=keep_rejected, again=again, at=now_us())

    def take(paths: Sequence[Path], mapping: LogMapping | None, offset: str | None, table: str | None) -> None:
        opened = open_source(*paths, mapping=mapping, offset=offset, table=table)
        with progress_bars(quiet) as progress:
            report = run(opened, ledger, progress=progress, options=replace(options, run=tasks))
        _say(report, ledger, quiet, tell_apart([file.path for file in opened.files]))
        _refuse_broken(report, ledger, most_rejected)

    if bool(sources) == (sources_file is not None) or (sources_file and (map_ or offset or table)):
        raise WrongUsageError("is given files, or --sources, which says all of them", param_hint="SOURCE")
    if shards is not None:
        make_set(ledger, shards)
    with running(settings, quiet) as tasks:
        code = 0
        if sources_file is None:
            take(sources or [], load_mapping(map_) if map_ else None, offset, table)
        else:
            code = take_sources(sources_file, take)
    if code:
        raise typer.Exit(code)


def _say(report: IngestReport, ledger: Path, quiet: bool, names: Mapping[Path, str]) -> None:
    if not quiet:
        for notice in report.notices:
            name = names.get(notice.file) or notice.file.name
            typer.echo(f"{name}: {word(notice_message(notice), current_lang())}", err=True)
        for line in summary_lines(report, ledger, names):
            typer.echo(line, err=True)
    for old in report.replaced:
        warn(
            "{table}: {name} was read again: {rows:,} {rows:row|rows} of its earlier reading went",
            table=old.table,
            name=old.name,
            rows=old.rows,
        )
    for jump in report.jumps:
        values = {"name": jump.name, "share": jump.share, "before": jump.before}
        warn("{name}: {share:.1%} of the rows were rejected, of this feed's earlier ones {before:.1%}", **values)


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


def summary_lines(report: IngestReport, ledger: Path, names: Mapping[Path, str]) -> Iterator[str]:
    """Describe an ingest, a line each. names: what files are called where others have their name."""
    for entry, path in zip(report.ingested, report.paths, strict=True):
        line = _(
            "{table}: {rows:,} {rows:row|rows} from {name}",
            table=entry.table,
            rows=entry.rows,
            name=names.get(path, entry.name),
        )
        if entry.after:
            line += pgettext("comma", ", ") + _(
                "all after line {lines:,} (what stands before is in the ledger already)", lines=entry.after
            )
        if rejected := sum(entry.rejected.values()):
            line += pgettext("comma", ", ") + _("{rows:,} rejected", rows=rejected)
        if entry.dropped:
            line += pgettext("comma", ", ") + _("{rows:,} left out as the mapping says", rows=entry.dropped)
        if entry.repeated:
            line += pgettext("comma", ", ") + _("{rows:,} known already", rows=entry.repeated)
        yield line
    for file in report.skipped:
        yield _("{table}: {name} is in the ledger already; nothing changed", table=file.table, name=file.name)
    for table, rows in report.conflicts.items():
        if rows:
            yield _(
                "{table}: {rows:,} {rows:row|rows} replaced one with the same id and other content",
                table=table,
                rows=rows,
            )
    if report.rejected:
        yield _("rejected rows are listed by line, column and reason in {folder}", folder=ledger / "quarantine")
    if not report.ingested:
        yield _("nothing new")


_INGEST, _TRACE = "wayseal ingest LEDGER {sample} --map {out}", "wayseal trace LEDGER --leaks {sample} --map {out}"
MapTable = StrEnum("MapTable", [(name.upper(), name) for name in TABLES])  # type: ignore[misc]


class MapError(WaysealError):
    """A file that a person may have corrected stands where the proposal would go."""

    exit_code = 2


class UnsureError(WaysealError):
    """A draft was made that is not sure of all that it says."""

    exit_code = 16


def map_(
    sample: Annotated[
        Path,
        typer.Argument(
            help="A file that holds a table of the contract, or several: CSV, JSON Lines, Parquet, a workbook "
            "(`.xlsx`), a database's dump, or a [raw log](mapping-files.md#raw-logs). Give all of it: rows from all "
            "of it are looked at.",
            exists=True,
            dir_okay=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Write to this file; one that is there is kept, unless `--force` is given. Of several tables each "
            "gets a file of its own, `NAME.TABLE.toml`.",
            show_default="the screen",
        ),
    ] = None,
    table: Annotated[
        MapTable | None,
        typer.Option(help="The table that it is.", show_default="found out from what it holds"),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(help="Sheet of a workbook, or table of a dump.", show_default="each that is a table"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that `--out` names.")] = False,
) -> None:
    """Propose mapping files for what a file holds, whichever table of the contract it is; a person corrects them.

    Ends with exit code 16 where a draft is not sure: it says of what, here and in its first lines. What is no table
    that is known, or is written in no way that is read, ends with exit code 17, and nothing is written.

    \b
    wayseal map gateway.csv --out gateway.toml
    wayseal ingest ledger gateway.csv --map gateway.toml
    wayseal map bought.csv --table leaks --out bought.toml
    wayseal map query-log.xlsx --sheet March --out query-log.toml
    """
    drafts = draft_mappings(sample, translate=translator(current_lang()), table=table and table.value, sheet=sheet)
    places = _places(out, drafts)
    for place in places:
        if place.is_file() and not force:
            raise MapError(
                "{out} exists, and may hold corrections; name another file, or say --force to replace it", out=place
            )
    if not places:
        typer.echo("\n".join(draft.text for draft in drafts), nl=False)
    for place, draft in zip(places, drafts, strict=False):
        write_text(place, draft.text)
        then = (_TRACE if draft.table == "leaks" else _INGEST).format(sample=sample, out=place)
        warn("{out}: read it, correct it, then: {then}", out=place, then=then)
    names = [str(place) for place in places] or [draft.table for draft in drafts]
    doubts = [f"{name}: {doubt}" for name, draft in zip(names, drafts, strict=True) for doubt in draft.doubts]
    if doubts:
        raise UnsureError("not sure: {doubts}", doubts="; ".join(doubts))


def _places(out: Path | None, drafts: Sequence[Draft]) -> list[Path]:
    """Where each goes: none without a name, one under it, several beside it by their tables."""
    if out is None or len(drafts) == 1:
        return [] if out is None else [out]
    seen: Counter[str] = Counter()
    places = []
    for draft in drafts:
        seen[draft.table] += 1
        number = f"-{seen[draft.table]}" if seen[draft.table] > 1 else ""
        places.append(out.with_name(f"{out.stem}.{draft.table}{number}{out.suffix}"))
    return places
