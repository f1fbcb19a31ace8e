"""`wayseal canary`: waybills that only chosen accounts can meet."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, LedgerArgument, OutputFormat, OutputFormatOption, SeedOption
from wayseal.cli._words.canary import CANARY_TEXTS
from wayseal.ledger import open_ledger
from wayseal.model.times import stamp
from wayseal.page.visible import visible
from wayseal.trace.canary import ENOUGH, RegisterState, parse_time, read_state, record, to_json
from wayseal.trace.canary import plan as run

RegisterArgument = Annotated[Path, typer.Argument(help="The register of canaries.", metavar="REGISTER", dir_okay=False)]
Words = Mapping[str, str]
SHOWN = 10


def belief_lines(state: RegisterState, words: Words) -> Iterator[str]:
    """The belief, and the verdict or the next step."""
    if not state.watch.canaries:
        yield words["empty"]
        return
    yield words["belief"]
    for name, p in list(state.belief.items())[:SHOWN]:
        yield words["share"].format(p=p, name=visible(name))
    if len(state.belief) > SHOWN:
        yield words["more"].format(count=len(state.belief) - SHOWN)
    yield words["unlisted"].format(p=max(1 - sum(state.belief.values()), 0.0))
    if state.named is not None:
        yield words["named"].format(name=visible(state.named), p=state.belief[state.named], enough=ENOUGH)
    elif state.waiting:
        yield words["wait"].format(count=state.waiting)
    else:
        yield words["next"]


def _join_names(pool: tuple[str, ...]) -> str:
    return ", ".join(visible(name) for name in pool)


def _warn_unread_lines(lines: tuple[int, ...], path: Path, lang: Lang) -> None:
    for line in lines:
        typer.echo(CANARY_TEXTS[lang]["unread"].format(path=path, line=line), err=True)


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
    _warn_unread_lines(state.watch.unread, register, lang)
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
        yield words["show"].format(pool=_join_names(canary.pool))
    yield words["planned"].format(count=len(state.new), asked=asked, path=path)
    if len(state.new) < asked:
        yield words["fewer"]


def canary_list(
    register: RegisterArgument,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """Every canary, who was to meet it, what became of it, and the probability of each account now.

    \b
    wayseal canary list canaries.jsonl
    """
    state = read_state(register)
    _warn_unread_lines(state.watch.unread, register, lang)
    if format is OutputFormat.JSON:
        typer.echo(to_json(state))
        return
    words = CANARY_TEXTS[lang]
    for line in (*canary_lines(state, words), *belief_lines(state, words)):
        typer.echo(line)


def canary_lines(state: RegisterState, words: Words) -> Iterator[str]:
    """Every canary with its answer."""
    for canary in state.watch.canaries:
        answer = state.watch.answer(canary.id)
        said = words["waiting"] if answer is None else words[answer.kind].format(at=stamp(answer.at))
        yield words["line"].format(
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
    lang: LangOption = Lang.EN,
) -> None:
    """Record that a canary turned up for sale, or that its time is over without, and say what that tells.

    The same again changes nothing. A number that is none of the register's, or a time before it was planned, ends with
    exit code 3.

    \b
    wayseal canary hit canaries.jsonl YT9876543210123 --seen-at 2026-03-09T14:00+08:00
    wayseal canary hit canaries.jsonl YT9876543210124 --silent --seen-at 2026-03-16T00:00+08:00
    """
    words = CANARY_TEXTS[lang]
    state = record(register, waybill, parse_time(seen_at, "--seen-at"), silent=silent)
    _warn_unread_lines(state.watch.unread, register, lang)
    if state.already_answered:
        typer.echo(words["again"])
    for line in belief_lines(state, words):
        typer.echo(line)
