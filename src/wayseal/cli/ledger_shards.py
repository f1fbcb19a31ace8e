"""`wayseal ledger`: sets of shards."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._engines import (
    EngineName,
    EngineOption,
    EngineSettings,
    MasterOption,
    ShardsOption,
    WorkersOption,
    running,
)
from wayseal.cli._options import LedgerArgument, QuietOption
from wayseal.cli._output import progress_bars
from wayseal.cli._texts import echo
from wayseal.ledger import sharding
from wayseal.model.tasks import run_here

TargetArgument = Annotated[Path, typer.Argument(help="Folder to make; it isn't there yet.", metavar="TARGET")]


def ledger_split(
    ledger: LedgerArgument,
    target: TargetArgument,
    shards: ShardsOption = 8,
    engine: EngineOption = EngineName.LOCAL,
    workers: WorkersOption = None,
    master: MasterOption = None,
    quiet: QuietOption = False,
) -> None:
    """Make a set of shards of a ledger, each a ledger of a range of waybills.

    What reads a ledger reads the set and says the same. The ledger stays as it is; of a set, shards are cut anew.

    \b
    wayseal ledger split ledger ledger-set --shards 8
    wayseal ledger split ledger ledger-set --engine processes
    """
    settings = EngineSettings(name=engine, workers=workers, master=master)
    with running(settings, quiet) as run, progress_bars(quiet) as progress:
        made = sharding.split_ledger(ledger, target, shards, run=run or run_here, progress=progress)
    rows = sorted(one.rows for one in made.shards)
    echo("{shards} shards of {least:,} to {most:,} reads", shards=len(rows), least=rows[0], most=rows[-1])


def ledger_merge(ledger: LedgerArgument, target: TargetArgument, quiet: QuietOption = False) -> None:
    """Make one ledger of a set of shards, which stays as it is.

    \b
    wayseal ledger merge ledger-set ledger
    """
    with progress_bars(quiet) as progress:
        made = sharding.merge_set(ledger, target, progress=progress)
    echo("one ledger of {rows:,} reads", rows=made.rows("accesses"))
