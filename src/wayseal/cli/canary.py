"""`wayseal canary`: waybills that only chosen accounts can meet."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import LedgerArgument, OutputFormat, OutputFormatOption, SeedOption
from wayseal.cli._output import print_lines, print_result
from wayseal.cli._texts import _, echo, warn
from wayseal.ledger import open_ledger
from wayseal.model.times import stamp
from wayseal.page.visible import visible
from wayseal.trace.canary import ENOUGH, RegisterState, parse_time, read_state, record, to_json
from wayseal.trace.canary import plan as run

RegisterArgument = Annotated[Path, typer.Argument(help="The register of canaries.", metavar="REGISTER", dir_okay=False)]
SHOWN = 10


def belief_lines(state: RegisterState) -> Iterator[str]:
    """The belief, and the verdict or the next step."""
    if not state.watch.canaries:
        yield _("No canary has been planned.")
        return
    yield _("Probability of each account now:")
    for name, p in list(state.belief.items())[:SHOWN]:
        yield _("  {p:.4f}  {name}", p=p, name=visible(name))
    if len(state.belief) > SHOWN:
        yield _("  … and {count} more", count=len(state.belief) - SHOWN)
    yield _("  {p:.4f}  somebody not listed", p=max(1 - sum(state.belief.values()), 0.0))
    if state.named is not None:
        yield _(
            "{name} is named (probability {p:.4f}, at least {enough}). This is a lead for investigators: confirm it, "
            "and hear the person.",
            name=visible(state.named),
            p=state.belief[state.named],
            enough=ENOUGH,
        )
    elif state.waiting:
        yield _(
            "Nobody is named. Waiting for {count} canaries; close those whose time is over with `wayseal canary hit "
            "REGISTER WAYBILL --silent --seen-at TIME`.",
            count=state.waiting,
        )
    else:
        yield _("Nobody is named. Plan the next round: `wayseal canary plan LEDGER --register REGISTER`.")


def _join_names(pool: tuple[str, ...]) -> str:
    return ", ".join(visible(name) for name in pool)


def _warn_unread_lines(lines: tuple[int, ...], path: Path) -> None:
    for line in lines:
        warn("{path}:{line}: this line was cut off and is left out; the others count", path=path, line=line)


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


def canary_plan(
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
    _warn_unread_lines(state.watch.unread, register)
    print_lines(planned_lines(state, wanted, register))


def planned_lines(state: RegisterState, asked: int, path: Path) -> Iterator[str]:
    """List the canaries to create, and for whom."""
    if not state.new:
        yield _("No canary would tell anything more. Nothing was written.")
        return
    for canary in state.new:
        yield _(
            "{id}  {waybill}  create it in the courier's own system, issued at {issued}",
            id=canary.id,
            waybill=canary.waybill,
            issued=stamp(canary.issued_at),
        )
        yield _(
            "    channel {channel}, {origin} → {destination}, customer {customer}, goods {goods}, weight {weight}",
            channel=visible(canary.channel),
            origin=visible(canary.origin_outlet),
            destination=visible(canary.destination_outlet),
            customer=visible(canary.customer) if canary.customer else _("-"),
            goods=visible(canary.goods_class) if canary.goods_class else _("-"),
            weight=_("-") if canary.weight_g is None else f"{canary.weight_g} g",
        )
        yield _("    show it to these accounts and to nobody else: {pool}", pool=_join_names(canary.pool))
    yield _(
        "Planned: {count} of {asked}, written to {path}. Nothing was sent to anybody. If the system has dealt a number "
        "meanwhile, plan again.",
        count=len(state.new),
        asked=asked,
        path=path,
    )
    if len(state.new) < asked:
        yield _("Another one sent out before the first answers would tell too little.")


def canary_list(register: RegisterArgument, format: OutputFormatOption = OutputFormat.TEXT) -> None:
    """Every canary, who was to meet it, what became of it, and the probability of each account now.

    \b
    wayseal canary list canaries.jsonl
    """
    state = read_state(register)
    _warn_unread_lines(state.watch.unread, register)
    print_result(format, to_json(state), (*canary_lines(state), *belief_lines(state)))


def canary_lines(state: RegisterState) -> Iterator[str]:
    """Every canary with its answer."""
    for canary in state.watch.canaries:
        answer = state.watch.answer(canary.id)
        said = _("no answer yet")
        if answer is not None:
            said = _("came out, seen at {at}" if answer.kind == "hit" else "silent up to {at}", at=stamp(answer.at))
        yield _(
            "{id}  {waybill}  round {round}, {answer}; shown to {pool}",
            id=canary.id,
            waybill=visible(canary.waybill),
            round=canary.round,
            answer=said,
            pool=_join_names(canary.pool),
        )


def canary_hit(
    register: RegisterArgument,
    waybill: Annotated[str, typer.Argument(help="Number of the canary.", metavar="WAYBILL")],
    seen_at: Annotated[
        str,
        typer.Option(
            help="Time with an offset at which it was seen on sale; with `--silent`, up to which nobody saw it."
        ),
    ],
    silent: Annotated[
        bool,
        typer.Option(
            "--silent",
            help="Close its wait. Until then a canary that didn't come out says nothing. If it comes out later, the "
            "hit counts.",
        ),
    ] = False,
) -> None:
    """Record that a canary turned up for sale, or that its time is over without, and say what that tells.

    The same again changes nothing. A number that is none of the register's, or a time before it was planned, ends with
    exit code 3.

    \b
    wayseal canary hit canaries.jsonl YT9876543210123 --seen-at 2026-03-09T14:00+08:00
    wayseal canary hit canaries.jsonl YT9876543210124 --silent --seen-at 2026-03-16T00:00+08:00
    """
    state = record(register, waybill, parse_time(seen_at, "--seen-at"), silent=silent)
    _warn_unread_lines(state.watch.unread, register)
    if state.already_answered:
        echo("This was recorded before; nothing was changed.")
    print_lines(belief_lines(state))
