"""`wayseal numbers`: numbers issued, swept, checked and watched."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from wayseal.cases import open_cases
from wayseal.cases.breaches import queue_breaches
from wayseal.cases.ledger.casebook import writable_casebook
from wayseal.cases.types import FILE
from wayseal.cli._options import OutputFormat, OutputFormatOption
from wayseal.cli._output import print_result
from wayseal.cli._texts import _, echo
from wayseal.database import DatabaseGoneError, open_database
from wayseal.database.migrations import upgrade
from wayseal.model.errors import exit_code_of
from wayseal.model.messages import N_
from wayseal.model.numbers import clean_waybill
from wayseal.model.times import DAY_US, iso, now_us
from wayseal.numbers.codec import Series
from wayseal.numbers.codes import open_keys
from wayseal.numbers.errors import NumbersError
from wayseal.numbers.moves import BlockAsk, Numbers, mark_of
from wayseal.numbers.sweep import SweepLimits, sweep
from wayseal.numbers.tables import CHAIN, open_numbers
from wayseal.numbers.tracking import find
from wayseal.numbers.verify import Fault, verify
from wayseal.service.process import handle_signals
from wayseal.store.errors import JournalBusyError

KEY, GATE_KEY, DATABASE = "numbers.key", "gate.key", "numbers.db"
_PAUSE = 0.2
_FAULTS = {
    Fault.BATCH: N_("these moves were changed, or some before them are missing"),
    Fault.EVENTS: N_("there are moves that were never committed"),
    Fault.BLOCK: N_("this block isn't as it was issued"),
    Fault.STATE: N_("this number doesn't stand as its moves say, or isn't there"),
}
FolderArgument = Annotated[
    Path, typer.Argument(help="Folder of the key file, and of the database.", metavar="FOLDER", file_okay=False)
]
DatabaseOption = Annotated[
    str | None,
    typer.Option("--database", help="Address of the database.", show_default="numbers.db in FOLDER"),
]


@contextmanager
def _open(folder: Path, database: str | None) -> Iterator[Numbers]:
    keys = open_keys(folder / KEY)
    with open_numbers(database or folder / DATABASE, patience=3600) as opened:
        yield Numbers(opened, keys, mark_of(folder / KEY))


def numbers_init(
    folder: FolderArgument,
    database: DatabaseOption = None,
    series: Annotated[str, typer.Option(help="Letters before the digits.")] = "YT",
    digits: Annotated[int, typer.Option(help="Digits, the last of which is a check digit.")] = 13,
) -> None:
    """Make the key file and the tables, or another series.

    Back `numbers.key` up: nobody can make it again. `gate.key` goes to the public gate. [Numbers](numbers.md) have
    their page.

    \b
    wayseal numbers init numbers
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = Series(prefix=series, digits=digits)
    with open_database(database or folder / DATABASE, patience=3600) as opened:
        new = not opened.has_table("numbers")
        keys = open_keys(folder / KEY, make=new)
        upgrade(opened, CHAIN)
        Numbers(opened, keys, mark_of(folder / KEY)).add_series(wanted, now_us())
    keys.gate_part().write(folder / GATE_KEY)
    echo("{folder} is ready; {file} goes to the gate.", folder=folder, file=folder / GATE_KEY)


def numbers_issue(
    folder: FolderArgument,
    size: Annotated[int, typer.Argument(help="How many.", metavar="SIZE")],
    holder: Annotated[str, typer.Option(help="The client that may bind them.")],
    channel: Annotated[str, typer.Option(help="The issuing interface.")] = "cli",
    outlet: Annotated[str | None, typer.Option(help="Where their parcels are picked up.")] = None,
    series: Annotated[str, typer.Option(help="Letters before the digits.")] = "YT",
    key: Annotated[str | None, typer.Option(help="The same key gets the same block.")] = None,
    database: DatabaseOption = None,
) -> None:
    """Issue a block of numbers, a line each.

    \b
    wayseal numbers issue numbers 100 --holder taobao
    """
    with _open(folder, database) as numbers:
        ask = BlockAsk(holder=holder, channel=channel, size=size, outlet=outlet, series=series, key=key)
        print("\n".join(numbers.issue(ask, now_us()).numbers))


def numbers_restored(folder: FolderArgument, database: DatabaseOption = None) -> None:
    """After the database was restored from a backup: burn all counters that may have been given out since.

    \b
    wayseal numbers restored numbers
    """
    with _open(folder, database) as numbers:
        for series, count in numbers.burn(now_us()).items():
            echo("{series}: {count:,} {count:number|numbers} burnt", series=series, count=count)


def numbers_sweep(
    folder: FolderArgument,
    hours: Annotated[int, typer.Option(help="A bound number that isn't scanned in so many hours is voided.")] = 72,
    idle_days: Annotated[int, typer.Option(help="A block is idle when nothing of it was used for so long.")] = 14,
    unused_days: Annotated[int, typer.Option(help="A number expires that wasn't bound in so many days.")] = 365,
    database: DatabaseOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Find what only time tells: orders without a parcel, idle blocks, numbers picked out of order.

    Run it hourly, by cron.

    \b
    wayseal numbers sweep numbers
    """
    limits = SweepLimits(unscanned=hours * DAY_US // 24, idle=idle_days * DAY_US, unused=unused_days * DAY_US)
    with _open(folder, database) as numbers:
        found = sweep(numbers, now_us(), limits)
    print_result(format, found, (f"{kind}: {count:,}" for kind, count in found.items()))


def numbers_verify(
    folder: FolderArgument, database: DatabaseOption = None, format: OutputFormatOption = OutputFormat.TEXT
) -> None:
    """Check that no move was changed or taken out, and that numbers stand as their moves say.

    \b
    wayseal numbers verify numbers
    """
    with _open(folder, database) as numbers:
        found = numbers.database.read(verify, numbers)
    lines = [f"{one.where}: {_(_FAULTS[Fault(one.code)])}" for one in found]
    content = [{"code": one.code, "where": one.where} for one in found]
    print_result(format, content, lines or [_("Every number stands as its moves say.")])
    raise typer.Exit(exit_code_of(found))


def numbers_show(
    folder: FolderArgument,
    number: Annotated[str, typer.Argument(help="The number.", metavar="NUMBER")],
    database: DatabaseOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Show how far a number has come, and its scans.

    \b
    wayseal numbers show numbers YT1234567890123
    """
    with _open(folder, database) as numbers:
        found = numbers.database.look(find, clean_waybill(number))
    if found is None:
        raise NumbersError(N_("there is no such number"))
    content = {"state": found.state, "holder": found.holder, "channel": found.channel,
               "scans": [{"at": iso(one.at), "kind": one.kind, "city": one.city} for one in found.events]}  # fmt: skip
    lines = [f"{found.state}  {found.holder}  {found.channel}"]
    lines += [f"{iso(one.at)}  {one.kind}  {one.city or '-'}" for one in found.events]
    print_result(format, content, lines)


def numbers_watch(
    folder: FolderArgument,
    casebook: Annotated[Path, typer.Option(help="Folder of the casebook, or of the ledger that has it.")],
    database: DatabaseOption = None,
) -> None:
    """Put each breach into the casebook's queue within a second, until told to stop (Ctrl-C, SIGTERM).

    \b
    wayseal numbers watch numbers --casebook ledger
    """
    place = casebook if (casebook / FILE).exists() else writable_casebook(casebook)
    follower = f"casebook {hashlib.sha256(str(place.resolve()).encode()).hexdigest()[:16]}"
    ending = Event()
    with _open(folder, database) as numbers, open_cases(place) as cases, handle_signals(ending.set):
        while not ending.wait(_PAUSE):
            # What is held or away now is asked again: places are kept behind what was done.
            with suppress(DatabaseGoneError, JournalBusyError):
                while queue_breaches(numbers.database, cases, follower, now_us()):
                    pass
