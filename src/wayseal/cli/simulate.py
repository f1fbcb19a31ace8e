"""`wayseal simulate`: a courier network with a hidden leaker, to try things on."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import QuietOption, SeedOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._simulation import LEAKERS
from wayseal.simulate import preset
from wayseal.simulate import simulate as run

INSIDERS = (
    "Who pulls waybills beside their work: none, few, all, or kinds joined by commas: bulk, steady, stock, range, "
    "shared, stolen, colluders, partner."
)


BUYERS = "What the buyer names: anything, origin, route, outlets or outlets-unsaid."


def simulate(
    out: Annotated[Path, typer.Argument(help="Folder to make: dataset/, leaks.csv and truth.json.", metavar="OUT")],
    scenario: Annotated[str, typer.Option(help="tiny, demo, bench, watch or insiders.")] = "demo",
    leaker: Annotated[str | None, typer.Option(help=LEAKERS)] = None,
    buyer: Annotated[str | None, typer.Option(help=BUYERS)] = None,
    bought: Annotated[int | None, typer.Option(help="Numbers that the buyer gets.")] = None,
    reports: Annotated[int | None, typer.Option(help="Numbers that recipients report.")] = None,
    accesses: Annotated[int | None, typer.Option(help="Rows of the access log to aim at.")] = None,
    days: Annotated[int | None, typer.Option(help="Days of log.")] = None,
    colluders: Annotated[int | None, typer.Option(help="Accounts that leak together.")] = None,
    unknown_share: Annotated[float | None, typer.Option(help="Share of the numbers from elsewhere.")] = None,
    queries: Annotated[
        float | None, typer.Option(help="Share of clerks of whose lists only the question is logged.")
    ] = None,
    lost: Annotated[float | None, typer.Option(help="Share of the reads that the log lacks.")] = None,
    system_clock: Annotated[float | None, typer.Option(help="Hours by which the counters' clock is fast.")] = None,
    buyer_clock: Annotated[float | None, typer.Option(help="Hours by which the buyer's clock is fast.")] = None,
    insiders: Annotated[str | None, typer.Option(help=INSIDERS)] = None,
    noise: Annotated[float | None, typer.Option(help="Share of first reads without any work behind them.")] = None,
    missing_scans: Annotated[float | None, typer.Option(help="Share of the scans that nobody recorded.")] = None,
    seed: SeedOption = 7,
    quiet: QuietOption = False,
) -> None:
    """Simulate a courier network, its access log and a market; the truth is kept outside the dataset.

    \b
    wayseal simulate world --leaker wide --bought 20 --seed 3
    wayseal simulate watched --scenario watch
    wayseal ingest world/dataset --ledger world/ledger
    wayseal trace world/ledger --leaks world/leaks.csv
    """
    settings = {
        "leaker": leaker,
        "buyer": buyer,
        "bought": bought,
        "reports": reports,
        "accesses": accesses,
        "days": days,
        "colluders": colluders,
        "unknown_share": unknown_share,
        "queries": queries,
        "lost_rows": lost,
        "system_clock_h": system_clock,
        "buyer_clock_h": buyer_clock,
        "insiders": insiders,
        "noise": noise,
        "missing_scans": missing_scans,
    }
    chosen = preset(scenario, **{name: value for name, value in settings.items() if value is not None})
    with progress_bars(quiet) as progress:
        run(out, chosen, seed=seed, progress=progress)
    if not quiet:
        typer.echo(f"{out}: dataset/ (the log), leaks.csv (what was bought), truth.json (who sold it)", err=True)
