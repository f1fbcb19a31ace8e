"""`wayseal canary plan`: which canaries to create, and for whom."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, LedgerArgument, SeedOption
from wayseal.cli._words.canary import CANARY_TEXTS
from wayseal.cli.canary._view import Words, join_names, warn_unread_lines
from wayseal.ledger import open_ledger
from wayseal.model.times import stamp
from wayseal.page.visible import visible
from wayseal.trace.canary import RegisterState, parse_time
from wayseal.trace.canary import plan as run

RegisterOption = Annotated[
    Path,
    typer.Option(
        help="File that keeps the canaries; made, readable by you alone, where there is none.", dir_okay=False
    ),
]
ReportOption = Annotated[
    Path | None,
    typer.Option(
        help="A [JSON report](report-json.md): accounts by its probabilities, pools by what they tell.",
        dir_okay=False,
    ),
]
ForOption = Annotated[
    list[str] | None,
    typer.Option(
        "--for",
        help="An account that gets canaries of its own; may be given more than once. All are believed in equally. "
        "Without `--report` and `--for` the register's present belief goes on.",
    ),
]


def plan(
    ledger: LedgerArgument,
    register: RegisterOption,
    report: ReportOption = None,
    for_: ForOption = None,
    count: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            help="How many at most; fewer where one more would tell too little before the first answers.",
            show_default="3, or one for each --for",
        ),
    ] = None,
    sensitivity: Annotated[
        float, typer.Option(help="How often a canary that its leaker meets is seen on sale, .01 to 1.")
    ] = 0.5,
    at: Annotated[
        str | None,
        typer.Option(help="Time with an offset: they are to be created within a day of it.", show_default="now"),
    ] = None,
    seed: SeedOption = 7,
    lang: LangOption = Lang.EN,
) -> None:
    """Plan canaries: numbers, rows that look real, and the accounts to show them to.

    Canaries are waybills that only chosen accounts meet, so that the seller is among them if one turns up for sale. The
    command says what to create in the courier's own system and whom to show it to, and writes it into a register.
    Nothing is sent to anybody. The ledger needs the table `waybills`. [How it decides](how-it-decides.md#canaries)
    explains numbers and rows.

    \b
    wayseal canary plan ledger --report report.json --count 3 --register canaries.jsonl
    wayseal canary plan ledger --for u-1042 --for u-1077 --register canaries.jsonl
    wayseal canary plan ledger --register canaries.jsonl
    """
    names = list(dict.fromkeys(for_ or ()))
    if report and names:
        raise WrongUsageError("give a report or accounts, not both", param_hint="--for")
    if not 0.01 <= sensitivity <= 1:
        raise WrongUsageError("is not between .01 and 1", param_hint="--sensitivity")
    wanted = count or len(names) or 3
    if wanted < len(names):
        raise WrongUsageError("is less than one for each account", param_hint="--count")
    now = parse_time(at or datetime.now(UTC).isoformat(), "--at")
    with open_ledger(ledger) as snapshot:
        state = run(
            snapshot, register, report=report, actors=names, count=wanted, sensitivity=sensitivity, at=now, seed=seed
        )
    warn_unread_lines(state.watch.unread, register, lang)
    for line in planned_lines(state, wanted, register, CANARY_TEXTS[lang]):
        typer.echo(line)


def planned_lines(state: RegisterState, asked: int, path: Path, words: Words) -> Iterator[str]:
    """What is to be created, and for whom."""
    if not state.new:
        yield words["none_new"]
        return
    for canary in state.new:
        yield words["create"].format(id=canary.id, waybill=canary.waybill, issued=stamp(canary.issued_at))
        yield words["row"].format(
            channel=visible(canary.channel),
            origin=visible(canary.origin_outlet),
            destination=visible(canary.destination_outlet),
            customer=visible(canary.customer) if canary.customer else words["nothing"],
            goods=visible(canary.goods_class) if canary.goods_class else words["nothing"],
            weight=words["nothing"] if canary.weight_g is None else f"{canary.weight_g} g",
        )
        yield words["show"].format(pool=join_names(canary.pool))
    yield words["planned"].format(count=len(state.new), asked=asked, path=path)
    if len(state.new) < asked:
        yield words["fewer"]
