"""`wayseal canary`: waybills that only chosen accounts can meet."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._canary_words import CANARY_TEXTS
from wayseal.cli._ledger_says import LedgerFormat, LedgerFormatOption
from wayseal.cli._options import Lang, LangOption, LedgerArgument, Seed
from wayseal.ledger import open_ledger

app = typer.Typer(
    help="Canaries: waybills that only chosen accounts meet. 诱饵单：仅选定账号可见。", no_args_is_help=True
)

RegisterArgument = Annotated[Path, typer.Argument(help="The register of canaries.", metavar="REGISTER", dir_okay=False)]


@app.command()
def plan(
    ledger: LedgerArgument,
    register: Annotated[Path, typer.Option(help="Write them down here; made where there is none.", dir_okay=False)],
    report: Annotated[
        Path | None,
        typer.Option(help="A JSON report of `wayseal trace`: accounts by probability.", dir_okay=False),
    ] = None,
    for_: Annotated[
        list[str] | None, typer.Option("--for", help="An account that gets canaries of its own; may be given again.")
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, max=1000, help="How many at most (default: 3, or one for each --for).")
    ] = None,
    sensitivity: Annotated[
        float, typer.Option(help="How often a canary that its leaker meets is seen on sale, .01 to 1.")
    ] = 0.5,
    at: Annotated[str | None, typer.Option(help="Time from which on they are created (default: now).")] = None,
    seed: Seed = 7,
    lang: LangOption = Lang.EN,
) -> None:
    """Plan canaries: numbers, rows that look real, and the accounts to show them to. Nothing is sent to anybody.

    \b
    wayseal canary plan ledger --report report.json --count 3 --register canaries.jsonl
    wayseal canary plan ledger --for u-1042 --for u-1077 --register canaries.jsonl
    wayseal canary plan ledger --register canaries.jsonl
    """
    from wayseal.cli._canary_says import planned_lines  # noqa: PLC0415 (only where it is asked for)
    from wayseal.trace.canary import parse_time  # noqa: PLC0415
    from wayseal.trace.canary import plan as run  # noqa: PLC0415

    names = list(dict.fromkeys(for_ or ()))
    if report and names:
        raise typer.BadParameter("give a report or accounts, not both", param_hint="--for")
    if not 0.01 <= sensitivity <= 1:
        raise typer.BadParameter("is not between .01 and 1", param_hint="--sensitivity")
    asked = count or len(names) or 3
    if asked < len(names):
        raise typer.BadParameter("is less than one for each account", param_hint="--count")
    now = parse_time(at or datetime.now(UTC).isoformat(), "--at")
    with open_ledger(ledger) as snapshot:
        state = run(
            snapshot, register, report=report, actors=names, count=asked, sensitivity=sensitivity, at=now, seed=seed
        )
    _unread(state.watch.unread, register, lang)
    for line in planned_lines(state, asked, register, CANARY_TEXTS[lang]):
        typer.echo(line)


@app.command(name="list")
def list_(
    register: RegisterArgument,
    format: LedgerFormatOption = LedgerFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """Every canary, who was to meet it, what became of it, and the probability of each account now.

    \b
    wayseal canary list canaries.jsonl
    """
    from wayseal.cli._canary_says import belief_lines, canary_lines  # noqa: PLC0415 (only where it is asked for)
    from wayseal.trace.canary import state_of, to_json  # noqa: PLC0415

    state = state_of(register)
    _unread(state.watch.unread, register, lang)
    if format is LedgerFormat.JSON:
        typer.echo(to_json(state))
        return
    words = CANARY_TEXTS[lang]
    for line in (*canary_lines(state, words), *belief_lines(state, words)):
        typer.echo(line)


@app.command()
def hit(
    register: RegisterArgument,
    waybill: Annotated[str, typer.Argument(help="Number of the canary.", metavar="WAYBILL")],
    seen_at: Annotated[
        str, typer.Option(help="When it was seen on sale; with --silent, up to when nobody saw it. With an offset.")
    ],
    silent: Annotated[bool, typer.Option("--silent", help="Close its wait: it did not come out.")] = False,
    lang: LangOption = Lang.EN,
) -> None:
    """Record that a canary turned up for sale, or that its time is over without, and say what that tells.

    \b
    wayseal canary hit canaries.jsonl YT9876543210123 --seen-at 2026-03-09T14:00+08:00
    wayseal canary hit canaries.jsonl YT9876543210124 --silent --seen-at 2026-03-16T00:00+08:00
    """
    from wayseal.cli._canary_says import belief_lines  # noqa: PLC0415 (only where it is asked for)
    from wayseal.trace.canary import parse_time, record  # noqa: PLC0415

    words = CANARY_TEXTS[lang]
    state = record(register, waybill, parse_time(seen_at, "--seen-at"), silent=silent)
    _unread(state.watch.unread, register, lang)
    if state.again:
        typer.echo(words["again"])
    for line in belief_lines(state, words):
        typer.echo(line)


def _unread(lines: tuple[int, ...], path: Path, lang: Lang) -> None:
    for line in lines:
        typer.echo(CANARY_TEXTS[lang]["unread"].format(path=path, line=line), err=True)
