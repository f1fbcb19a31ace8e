"""`wayseal case`: the casebook itself, verified, copied, made anew, and what was closed long ago forgotten."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases import open_cases, read_casebook
from wayseal.cases import verify as verify_casebook
from wayseal.cases.book import Verification
from wayseal.cases.ledger.casebook import casebook_folder, forgotten_json, writable_casebook
from wayseal.cases.outlets import acts as outlets
from wayseal.cases.training.record import FOLDER as TRAINING
from wayseal.cases.training.record import RECORD as TRAINING_RECORD
from wayseal.cases.types import FILE, Forgotten
from wayseal.cases.upkeep import copy_casebook
from wayseal.cases.upkeep import rebuild as rebuild_casebook
from wayseal.cli._chains import CHANGED, chain_json, chain_lines, parse_head
from wayseal.cli._errors import parse_day
from wayseal.cli._options import LedgerArgument, OutputFormat, OutputFormatOption, QuietOption, WhoOption, WhyOption
from wayseal.cli._output import clock_time, now_us, print_result, progress_bars
from wayseal.cli._texts import _, echo
from wayseal.journal import Head
from wayseal.journal.files import read_journal
from wayseal.live.blocks import RECORD as BLOCKS
from wayseal.live.blocks import blocks_folder
from wayseal.live.mutes import FILE as MUTES
from wayseal.live.notices import FILE as NOTICES
from wayseal.model.messages import N_
from wayseal.model.times import micros, stamp
from wayseal.page.visible import visible
from wayseal.store.durable import write_file

_TABLES = N_("from here on the tables say something else than the lines: `wayseal case rebuild` makes them anew")
_RECORDS = (NOTICES, BLOCKS, MUTES)
"""What a watch has on record beside the ledger."""


def case_verify(
    ledger: LedgerArgument,
    head: Annotated[
        str | None, typer.Option(help="A head that was printed before: the casebook must go on from there.")
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    quiet: QuietOption = False,
) -> None:
    """Look at every line of the casebook, and say which was changed, taken out, moved or put in.

    It ends with 0 only if there is none. It prints the head, to be [written down
    elsewhere](cases.md#what-verification-finds).

    \b
    wayseal case verify ledger
    """
    folder = casebook_folder(ledger)
    earlier = parse_head(head, "wayseal case verify")
    with progress_bars(quiet) as progress:
        found = verify_casebook(folder, head=earlier, progress=progress)
    said = {
        "forgotten": [forgotten_json(done) for done in found.forgotten],
        "restarted": None if found.restarted is None else forgotten_json(found.restarted),
    }
    print_result(
        format,
        chain_json(found.head, found.acts, found.faults, found.earlier) | said,
        chain_lines(folder / FILE, found.head, found.acts, found.faults, _TABLES, _beside(found)),
    )
    if not found.sound:
        raise typer.Exit(CHANGED)


def _beside(found: Verification) -> Iterator[str]:
    """What was found beside changes: what was forgotten, and whether it goes on from the head that was given."""
    yield from (forgotten_line(done) for done in found.forgotten)
    if found.restarted is not None:
        yield _(
            "The head that was given is the end from before cases were forgotten, at {at} ({zone}) by {who}.",
            at=clock_time(found.restarted.at),
            who=visible(found.restarted.who),
        )
    elif found.earlier is not None:
        yield _(
            "The casebook goes on from the head that was given."
            if found.earlier
            else "The casebook does NOT go on from the head that was given: lines were cut off or written anew, or "
            "cases were forgotten after it and more was written in between."
        )


def case_backup(
    ledger: LedgerArgument,
    folder: Annotated[Path, typer.Argument(help="A folder that isn't there yet, or is empty.", metavar="FOLDER")],
) -> None:
    """Copy the casebook and its secret, and records of the watch, of training and of outlets, also while others write.

    The copy is as of one moment, an SQLite file whichever database the casebook lies in, and its files can take
    the place of those in `detect/`, as those in its folder `outlets`; those in `live` and `training`, of those there:
    notices, blocks and mutes, and completions. Every line is looked at before.

    \b
    wayseal case backup ledger /mnt/backup/casebook-2026-06-01
    """
    casebook = casebook_folder(ledger)
    lines = copy_casebook(casebook, folder)
    beside = ledger / TRAINING / TRAINING_RECORD, casebook / outlets.FOLDER / outlets.RECORD
    records = (*(blocks_folder(ledger) / name for name in _RECORDS), *beside)
    for path in filter(Path.exists, records):
        place, content = folder / path.parent.name, read_journal(path)
        place.mkdir(0o700, exist_ok=True)
        write_file(place / path.name, content[: content.rfind(b"\n") + 1])
    echo("{path}: a copy of {lines} lines", lines=lines, path=folder)


def case_rebuild(ledger: LedgerArgument) -> None:
    """Make the casebook's tables anew from its lines.

    The lines are the truth, and all else is made of them; they are looked at before, and nothing is done where one is
    wrong. For a casebook of which `wayseal case verify` says that the tables say something else.

    \b
    wayseal case rebuild ledger
    """
    echo("The tables were made anew from {lines} lines.", lines=rebuild_casebook(writable_casebook(ledger)))


def case_forget(
    ledger: LedgerArgument,
    before: Annotated[
        str,
        typer.Option(
            help="Cases that were closed before this day go, such as `2026-01-01` (UTC); the last verdict counts."
        ),
    ],
    who: WhoOption,
    why: WhyOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go and change nothing.")] = False,
) -> None:
    """Forget cases that were closed before a day, with all that was recorded of them.

    A line stays that says so. [Retention](cases.md#retention) says what goes and what stays.

    \b
    wayseal case forget ledger --before 2026-01-01 --who "Wang, IT" --why "retention rule 4" --dry-run
    wayseal case forget ledger --before 2026-01-01 --who "Wang, IT" --why "retention rule 4"
    """
    moment = micros(f"{parse_day(before)}T00:00Z")
    if dry_run:
        book = read_casebook(casebook_folder(ledger))
        closed = book.closed_before(moment)
        echo(
            "Would be forgotten (nothing was changed): {cases} {cases:case|cases} closed before {before}: {ids}"
            if closed
            else "No case was closed before {before}; nothing was changed.",
            cases=len(closed),
            before=before,
            ids=", ".join(case.id for case in closed),
        )
    else:
        with open_cases(writable_casebook(ledger), new=False) as writer:
            done = writer.forget(moment, who, why, now_us())
            book = writer.book
        _print_forgotten(done, before)
    if waiting := book.waiting_since(moment):
        echo(
            "{count} older {count:case has|cases have} no verdict and {count:stays|stay}: {ids}",
            count=len(waiting),
            ids=", ".join(case.id for case in waiting),
        )


def _print_forgotten(done: Forgotten | None, before: str) -> None:
    if done is None:
        echo("No case was closed before {before}; nothing was changed.", before=before)
        return
    head = Head(lines=done.lines, sum=done.head)
    echo(
        "Forgotten: {cases} {cases:case|cases} closed before {before}, {acts} acts. The chain of lines starts "
        "anew; before it had {lines} lines, the last with {head}.",
        cases=done.cases,
        acts=done.acts,
        before=before,
        lines=done.lines,
        head=head,
    )
    echo("Copies of the casebook hold what went until they are removed.")


def forgotten_line(done: Forgotten) -> str:
    """The line of what was forgotten."""
    values = {"cases": done.cases, "before": stamp(done.before), "why": visible(done.why)}
    return _(
        "{at} ({zone})  {who} had {cases} {cases:case|cases} forgotten, closed before {before}: {why}",
        at=clock_time(done.at),
        who=visible(done.who),
        **values,
    )
