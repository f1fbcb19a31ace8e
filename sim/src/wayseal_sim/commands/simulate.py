"""`wayseal simulate`: a courier network with a hidden leaker, to try things on."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli.commands import QuietOption, SeedOption, progress_bars, warn
from wayseal_sim import preset
from wayseal_sim import simulate as run
from wayseal_sim.commands._streaming import (
    DoubledOption,
    DroppedOption,
    DyingOption,
    ExistingOption,
    FromOption,
    LateOption,
    ReorderedOption,
    SkewOption,
    SpeedOption,
    StreamOption,
    UntilOption,
    speed_of,
    stream_dataset,
)
from wayseal_sim.parcels import FAMILIES, live, write_life
from wayseal_sim.play import Faults

_PARCELS_A_DAY = 5_000

OutArgument = Annotated[
    Path, typer.Argument(help="Folder to make: `dataset/`, `leaks.csv` and `truth.json`.", metavar="OUT")
]
ScenarioOption = Annotated[
    str,
    typer.Option(
        help="`tiny` (30,000 reads, two seconds), `demo` (1.5 million), `bench` (100 million), `watch` (300,000 "
        "with a handful of insiders and noise), `insiders` (50 million, 20,000 people, four weeks, all "
        "insiders and noise: what detection is measured on)."
    ),
]
LeakerOption = Annotated[
    str | None,
    typer.Option(
        help="`clerk` an ordinary counter clerk, `wide` a taken-over account with wide rights, `channel` an "
        "issuing interface (on sale before pickup), `colluders` several accounts, `outlet` labels "
        "photographed at an outlet, `nobody`, `lister` a clerk of whose list screens only the questions are "
        "logged. Those who hide: `shared` one of eight people who use one login, each on a device of their "
        "own; `framer` an account with wide rights that sells only what one clerk had read too; `chooser` one"
        " that sells parcels from one city only; `to-order` a clerk who looks a number up once it is ordered."
        " Labels photographed at an outlet: `outlet`.",
        show_default="as the scenario says: a clerk",
    ),
]
BuyerOption = Annotated[
    str | None,
    typer.Option(
        help="What the buyer asks for: `anything`, `origin` a city, `route` two cities, `outlets` a few outlets, "
        "`outlets-unsaid` the same without writing it down. Take `anything` with those who choose what they "
        "sell.",
        show_default="as the scenario says: by route",
    ),
]
BoughtOption = Annotated[int | None, typer.Option(help="Numbers that the buyer gets.", show_default="20")]
ReportsOption = Annotated[
    int | None,
    typer.Option(
        help="Numbers that other buyers got, and whose recipients reported it; they can be the same ones.",
        show_default="0",
    ),
]
AccessesOption = Annotated[
    int | None, typer.Option(help="Rows of the log to aim at.", show_default="as the scenario says")
]
DaysOption = Annotated[int | None, typer.Option(help="Days of log.", show_default="as the scenario says")]
StartOption = Annotated[
    str | None,
    typer.Option(
        help="First day of the log in China time: 2026-03-02, or how many days it lies before today.",
        metavar="DAY",
        show_default="2026-03-02",
    ),
]
ColludersOption = Annotated[
    int | None, typer.Option(help="Accounts that leak together, with `--leaker colluders`.", show_default="3")
]
UnknownShareOption = Annotated[
    float | None, typer.Option(help="Share of the numbers that come from elsewhere.", show_default="0.1")
]
QueriesOption = Annotated[
    float | None,
    typer.Option(
        help="Share of the counter clerks who work with list screens: the log holds what they asked (`queries`) "
        "and not what they saw; some parcels change their destination (`changes`).",
        show_default="0; with lister 0.5",
    ),
]
LostOption = Annotated[float | None, typer.Option(help="Share of the reads that the log lacks.", show_default="0.03")]
SystemClockOption = Annotated[
    float | None,
    typer.Option(help="Hours by which the clock of the counters' system is fast; negative: slow.", show_default="0"),
]
BuyerClockOption = Annotated[
    float | None, typer.Option(help="Hours by which the buyer's clock is fast; negative: slow.", show_default="0")
]
InsidersOption = Annotated[
    str | None,
    typer.Option(
        help="Who pulls waybills beside their work: `none`, `few`, `all`, or kinds joined by commas: `bulk`, "
        "`steady`, `stock`, `range`, `shared`, `stolen`, `colluders`, `partner`; [what each "
        "does](#insiders-and-noise).",
        show_default="none; watch: few; insiders: all",
    ),
]
NoiseOption = Annotated[
    float | None,
    typer.Option(
        help="Share of *first* reads (of an account and a waybill) that have no work behind them.",
        show_default="0; watch and insiders: 0.03",
    ),
]
MissingScansOption = Annotated[
    float | None,
    typer.Option(
        help="Share of the scans that nobody recorded; a pickup and a delivery always are.", show_default="0.02"
    ),
]
ParcelsOption = Annotated[
    str | None,
    typer.Option(
        help="A world of parcels' lives instead, of this family: `dense`, `rural`, `one-hub`, `low-coverage`, "
        "`campaign`, `franchise`, `bags`, `old-system`. Of the other options only `--days` and `--seed` count; [what "
        "is in it](#ghosts-and-numbers).",
        show_default="none",
    ),
]


def simulate(
    out: OutArgument,
    scenario: ScenarioOption = "demo",
    leaker: LeakerOption = None,
    buyer: BuyerOption = None,
    bought: BoughtOption = None,
    reports: ReportsOption = None,
    accesses: AccessesOption = None,
    days: DaysOption = None,
    start: StartOption = None,
    colluders: ColludersOption = None,
    unknown_share: UnknownShareOption = None,
    queries: QueriesOption = None,
    lost: LostOption = None,
    system_clock: SystemClockOption = None,
    buyer_clock: BuyerClockOption = None,
    insiders: InsidersOption = None,
    noise: NoiseOption = None,
    missing_scans: MissingScansOption = None,
    parcels: ParcelsOption = None,
    stream: StreamOption = None,
    existing: ExistingOption = False,
    speed: SpeedOption = "max",
    since: FromOption = None,
    until: UntilOption = None,
    late: LateOption = 0.0,
    doubled: DoubledOption = 0.0,
    dropped: DroppedOption = 0.0,
    reordered: ReorderedOption = 0.0,
    dying_gateways: DyingOption = 0.0,
    skew: SkewOption = 0.0,
    seed: SeedOption = 7,
    quiet: QuietOption = False,
) -> None:
    """Simulate a courier network, its access log and a market; the truth is kept outside the dataset.

    `OUT/dataset` is the log, `OUT/leaks.csv` what was bought on the market, `OUT/truth.json` who sold it. Where
    insiders are planted, `OUT/pulled.parquet` holds each of their pulls. Where it is played as a stream,
    `OUT/stream.json` says what went wrong on its way.

    \b
    wayseal simulate world --leaker wide --bought 20 --seed 3
    wayseal simulate watched --scenario watch
    wayseal ingest world/ledger world/dataset
    wayseal trace world/ledger --leaks world/leaks.csv
    wayseal simulate world --existing --stream nats://127.0.0.1:4222/READS --speed 3600 --late 0.02 --doubled 0.01
    """
    pace, faults = speed_of(speed), Faults(
        late=late, doubled=doubled, dropped=dropped, reordered=reordered, dying_gateways=dying_gateways, skew=skew
    )  # fmt: skip
    settings = {
        "leaker": leaker, "buyer": buyer, "bought": bought, "reports": reports, "accesses": accesses, "days": days,
        "colluders": colluders, "unknown_share": unknown_share, "queries": queries, "lost_rows": lost,
        "system_clock_h": system_clock, "buyer_clock_h": buyer_clock, "insiders": insiders, "noise": noise,
        "missing_scans": missing_scans, "start": _day_of(start),
    }  # fmt: skip
    if not existing:
        _make(out, parcels or scenario, settings, seed, quiet)
    if existing or stream is not None:
        stream_dataset(out, stream, seed=seed, speed=pace, faults=faults, since=since, until=until, quiet=quiet)


def _day_of(start: str | None) -> str | None:
    """The first day, where it is said as days before today as well."""
    if start is None or not start.isdecimal() or len(start) > 4:
        return start
    return (datetime.now(timezone(timedelta(hours=8))).date() - timedelta(days=int(start))).isoformat()


def _make_parcels(out: Path, family: str, days: Any, seed: int, quiet: bool) -> None:
    changes = {} if days is None else {"days": days, "parcels": days * _PARCELS_A_DAY}
    write_life(out, live(family, seed=seed, **changes))
    if not quiet:
        warn("{out}: dataset/ (the log), truth/ (what each odd parcel is, and who asked too early)", out=out)


def _make(out: Path, scenario: str, settings: Mapping[str, object], seed: int, quiet: bool) -> None:
    if scenario in FAMILIES:
        _make_parcels(out, scenario, settings["days"], seed, quiet)
        return
    chosen = preset(scenario, **{name: value for name, value in settings.items() if value is not None})
    with progress_bars(quiet) as progress:
        run(out, chosen, seed=seed, progress=progress)
    if not quiet:
        warn("{out}: dataset/ (the log), leaks.csv (what was bought), truth.json (who sold it)", out=out)
