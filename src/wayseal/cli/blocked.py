"""`wayseal blocked`: the list of blocked accounts, who is on it and why, and rules that put accounts on it."""

import json
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from wayseal.cli._chains import CHANGED, chain_json, chain_lines, parse_head
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import (
    LedgerArgument,
    OutOption,
    OutputFormat,
    OutputFormatOption,
    WhoOption,
    WhyOption,
    check_detectors,
)
from wayseal.cli._output import clock_time, print_result, write_text
from wayseal.cli._texts import _, echo, warn
from wayseal.ledger import open_ledger
from wayseal.ledger.upkeep import refuse_backup
from wayseal.live.blocks import (
    MOST_MINUTES,
    RECORD,
    TOKENS,
    Added,
    Blocks,
    BlockState,
    Rule,
    RuleState,
    blocks_folder,
    verify_blocks,
)
from wayseal.live.errors import ActError
from wayseal.model.errors import WaysealError
from wayseal.model.messages import N_
from wayseal.model.schema import parse_length, plain
from wayseal.model.times import SECOND_US, clock_name, iso, now_us
from wayseal.page import numbers
from wayseal.page.visible import visible
from wayseal.service.tokens import add_token, remove_token
from wayseal.store.blocked import BlockedList, Measure

MEASURES = {"step_up": N_("step-up"), "slow_down": N_("slow-down"), "block": N_("block")}
"""What each measure is called."""
_FAILS = {"open": N_("fails open"), "closed": N_("fails closed")}
_TABLES = N_("the list says something else than the record: the next act puts it right")
_GOES_ON = {
    True: N_("The record goes on from the head that was given."),
    False: N_("The record does NOT go on from the head that was given: lines were cut off or written anew."),
}
MeasureOption = Annotated[
    Measure,
    typer.Option(
        help="What is done: a second factor is asked for (`step_up`), one read in ten seconds (`slow_down`), nothing "
        "is shown (`block`)."
    ),
]
RuleArgument = Annotated[str, typer.Argument(help="Name of the rule.", metavar="RULE")]


class ExportFormat(StrEnum):
    """The format of the list for gateways."""

    JSON = "json"
    LINES = "lines"
    NGINX = "nginx"


def live_folder(ledger: Path, *, write: bool) -> Path:
    """Where blocks and mutes are; LedgerError where this is no ledger, or may not be written to."""
    open_ledger(ledger).close()
    if write:
        refuse_backup(ledger)
    return blocks_folder(ledger)


def names_of(ledger: Path) -> Callable[[str], str]:
    """What accounts may be called. Cases are loaded where they are needed alone: time counts."""
    from wayseal.cases.ledger.casebook import FOLDER, load_known, masking

    folder = ledger / FOLDER
    return masking(folder, load_known(folder, writable=False))


def blocked_list(
    ledger: LedgerArgument,
    all_: Annotated[bool, typer.Option("--all", help="Entries that ended or were lifted as well.")] = False,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Every account that is blocked, slowed down or asked for a second factor, until when and why; rules; gateways.

    Accounts are pseudonyms until their case is opened. Gateways are those that said which version of the list they
    enforce, and what they do where they can't know it. [Blocks](blocks.md) has all of it.

    \b
    wayseal blocked list ledger
    wayseal blocked list ledger --format json | jq -r '.entries[].id'
    """
    state, now = Blocks(live_folder(ledger, write=False)).state(), now_us()
    some = tuple(state.added.values()) if all_ else state.standing(now)
    name = names_of(ledger)
    print_result(format, _list_json(state, some, name), _list_lines(state, some, name, now))


def _list_json(state: BlockState, some: Iterable[Added], name: Callable[[str], str]) -> dict[str, object]:
    return {
        "version": state.version,
        "entries": [
            plain(act.entry)
            | {"actor": name(act.entry.actor), "who": act.who, "rule": act.rule or None}
            | {"lifted": iso(state.lifted[act.entry.id].at) if act.entry.id in state.lifted else None}
            for act in some
        ],
        "rules": [
            plain(one.proposed.rule)
            | {"proposed_by": one.proposed.who, "agreed_by": None if one.agreed is None else one.agreed.who}
            for one in state.rules.values()
        ],
        "gateways": [plain(one) for one in state.gateways.values()],
    }


def _list_lines(state: BlockState, some: Iterable[Added], name: Callable[[str], str], now: int) -> Iterator[str]:
    for act in some:
        entry, end = act.entry, state.lifted.get(act.entry.id)
        yield _(
            "{id}  {account}  {measure} until {until} ({case}, by {who}): {reason}",
            id=entry.id,
            account=visible(name(entry.actor)),
            measure=_(MEASURES[entry.measure]),
            until=clock_time(entry.until),
            case=visible(entry.case),
            who=visible(act.who),
            reason=visible(entry.reason),
        )
        if end is not None:
            yield _(
                "    {at}  lifted by {who}: {why}", at=clock_time(end.at), who=visible(end.who), why=visible(end.why)
            )
    for rule in state.rules.values():
        yield _rule_line(rule)
    for gateway in state.gateways.values():
        yield _(
            "gateway {gateway}: enforces version {version} since {at}, {fails}",
            gateway=visible(gateway.gateway),
            version=gateway.version,
            at=clock_time(gateway.at),
            fails=_(_FAILS[gateway.fails]),
        )
    yield _(
        "Version {version} of the list: {count} {count:entry counts|entries count} now. Times are in {zone}.",
        version=state.version,
        count=len(state.standing(now)),
        zone=clock_name(),
    )


def _rule_line(state: RuleState) -> str:
    rule = state.proposed.rule
    values = {
        "rule": visible(rule.name),
        "measure": _(MEASURES[rule.measure]),
        "minutes": rule.minutes,
        "least": numbers.percent(rule.least),
        "detectors": ", ".join(map(visible, rule.detectors)) or _("any"),
        "most": rule.most,
        "who": visible(state.proposed.who),
    }
    if state.agreed is None:
        return _(
            "rule {rule}: proposed by {who}, waits for a second person: {measure} for {minutes} min from {least} on, "
            "detectors {detectors}, up to {most} at once",
            **values,
        )
    return _(
        "rule {rule}: in force by {who} and {other}: {measure} for {minutes} min from {least} on, detectors "
        "{detectors}, up to {most} at once",
        other=visible(state.agreed.who),
        **values,
    )


def blocked_add(
    ledger: LedgerArgument,
    account: Annotated[str, typer.Argument(help="The account: its id, or its pseudonym.", metavar="ACCOUNT")],
    reason: Annotated[str, typer.Option(help="Why: a line without names of accounts. Gateways get it, too.")],
    case: Annotated[str, typer.Option(help="The case that it is about, such as `c-17`.")],
    who: WhoOption,
    measure: MeasureOption = Measure.STEP_UP,
    lasts: Annotated[str, typer.Option(help="How long, such as `90m`, `12h` or `7d`; up to 31 days.")] = "24h",
) -> None:
    """Put an account on the list: from the next request on it is asked for a second factor, slowed down or refused.

    Every entry has a reason, a case and an end; `wayseal blocked lift` ends it earlier. [Blocks](blocks.md) says who
    enforces it.

    \b
    wayseal blocked add ledger u-1042 --case c-17 --reason "pulls at night" --who "Li, audit"
    wayseal blocked add ledger p-3kx7-q2mf-9c4t --measure block --case c-17 --reason "sells" --who "Li, audit"
    """
    folder = live_folder(ledger, write=True)
    actor, known = find_actor(ledger, account, "ACCOUNT")
    until = now_us() + seconds_of(lasts) * SECOND_US
    entry = Blocks(folder).add(actor=actor, measure=measure, reason=reason, case=case, until=until, who=who)
    if not known:
        warn("The ledger has no read of this account yet.")
    echo("{id}: {measure} until {until}.", id=entry.id, measure=_(MEASURES[measure]), until=clock_time(entry.until))


def find_actor(ledger: Path, account: str, hint: str) -> tuple[str, bool]:
    """The account of an id or a pseudonym, and whether the ledger has it; an id that it hasn't is what it is."""
    with open_ledger(ledger) as snapshot:
        actors = snapshot.names("actor", np.asarray(snapshot.ids("actor")))
        if account in actors:
            return account, True
        from wayseal.cases.ledger.casebook import FOLDER, find_account

        actor, _name = find_account(snapshot, ledger / FOLDER, account)
    if not actor:
        raise WrongUsageError("no account has this pseudonym", param_hint=hint)
    return actor, actor in actors


def seconds_of(lasts: str) -> int:
    """How long something lasts, of the option `--lasts`."""
    try:
        return parse_length(lasts)
    except WaysealError:
        raise WrongUsageError("needs a length such as 90m, 12h or 10d", param_hint="--lasts") from None


def blocked_lift(
    ledger: LedgerArgument,
    entries: Annotated[list[str], typer.Argument(help="Ids of entries, such as `b-17`.", metavar="ENTRY...")],
    who: WhoOption,
    why: WhyOption,
) -> None:
    """Lift entries: from the next request on they don't count any more.

    One person suffices. A notice that made an entry which was lifted by hand doesn't make another.

    \b
    wayseal blocked lift ledger b-17 --who "Wang, IT" --why "helped out at the hub that week"
    """
    lifted = Blocks(live_folder(ledger, write=True)).lift(entries, who=who, why=why)
    echo(
        "Lifted: {ids}" if lifted else "They had ended or were lifted before; nothing was changed.",
        ids=", ".join(one.id for one in lifted),
    )


def blocked_export(
    ledger: LedgerArgument,
    format: Annotated[
        ExportFormat,
        typer.Option(
            help="`json` is the list as gateways fetch it, `lines` has account, measure and end with tabs between, "
            "`nginx` is for a `map`."
        ),
    ] = ExportFormat.JSON,
    out: OutOption = None,
) -> None:
    """Write the list for gateways that can't fetch it.

    It holds ids of accounts, no pseudonyms: whoever enforces it needs them. It is as of now, and an entry that ends or
    is lifted later stays in it until it is written again. nginx takes no account of case in a `map`.

    \b
    wayseal blocked export ledger --format nginx --out /etc/nginx/wayseal/accounts.map
    """
    now = now_us()
    state = Blocks(live_folder(ledger, write=False)).state()
    entries = tuple(act.entry for act in state.standing(now))
    listed = BlockedList(version=state.version, at=state.at, entries=entries)
    text = "".join(_EXPORTS[format](listed))
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)


def _json_of(listed: BlockedList) -> Iterator[str]:
    yield listed.to_bytes().decode()


def _lines_of(listed: BlockedList) -> Iterator[str]:
    for one in listed.entries:
        yield f"{one.actor}\t{one.measure}\t{iso(one.until)}\n"


def _map_of(listed: BlockedList) -> Iterator[str]:
    """An account once, with its hardest measure; the backslash keeps a name from being a word of nginx."""
    hard = list(Measure)
    found: dict[str, tuple[int, str]] = {}
    for one in listed.entries:
        key = one.actor.lower()
        found[key] = max(found.get(key, (-1, "")), (hard.index(one.measure), one.actor))
    for number, actor in found.values():
        word = json.dumps("\\" + actor, ensure_ascii=False)
        yield f"{word} {hard[number]};\n"


_EXPORTS: dict[ExportFormat, Callable[[BlockedList], Iterator[str]]] = {
    ExportFormat.JSON: _json_of,
    ExportFormat.LINES: _lines_of,
    ExportFormat.NGINX: _map_of,
}


def blocked_verify(
    ledger: LedgerArgument,
    head: Annotated[
        str | None, typer.Option(help="A head that was printed before: the record must go on from there.")
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Look at every line of the record of blocks, and say which was changed, taken out, moved or put in.

    It ends with 0 only if there is none, and the list is what the record comes to.

    \b
    wayseal blocked verify ledger
    """
    folder = live_folder(ledger, write=False)
    found = verify_blocks(folder, parse_head(head, "wayseal blocked verify"))
    goes_on = () if found.goes_on is None else (_(_GOES_ON[found.goes_on]),)
    print_result(
        format,
        chain_json(found.head, found.acts, found.faults, found.goes_on),
        chain_lines(folder / RECORD, found.head, found.acts, found.faults, _TABLES, goes_on),
    )
    if not found.sound:
        raise typer.Exit(CHANGED)


def blocked_token(
    ledger: LedgerArgument,
    gateway: Annotated[
        str, typer.Argument(help="Name of the gateway: letters, digits, dots and dashes.", metavar="GATEWAY")
    ],
    revoke: Annotated[bool, typer.Option("--revoke", help="Take its token back instead.")] = False,
) -> None:
    """Make the token with which a gateway fetches the list, and print it once.

    Only its SHA-256 is kept. A gateway has one token; a new one takes the place of the old.

    \b
    wayseal blocked token ledger gw-1
    wayseal blocked token ledger gw-1 --revoke
    """
    path = live_folder(ledger, write=True) / TOKENS
    if revoke:
        remove_token(path, gateway, ActError)
        echo("{gateway} has no token any more.", gateway=gateway)
    else:
        typer.echo(add_token(path, gateway, ActError))


def blocked_rule_propose(
    ledger: LedgerArgument,
    rule: RuleArgument,
    least: Annotated[float, typer.Option(help="Least probability of a notice, above 0, up to 1.")],
    who: WhoOption,
    measure: MeasureOption = Measure.STEP_UP,
    lasts: Annotated[
        str, typer.Option(help="How long its entries last, from the notice on: `30m`, `12h`, `7d`; up to 31 days.")
    ] = "60m",
    detector: Annotated[
        list[str] | None,
        typer.Option(
            help="Only notices that give this [detector](detectors.md) as a reason, repeatable.",
            show_default="any",
            callback=check_detectors,
        ),
    ] = None,
    most: Annotated[
        int, typer.Option(min=1, help="Entries of it at once; beyond it, it makes none: something else is wrong then.")
    ] = 50,
) -> None:
    """Propose a rule by which a notice of the stream puts its account on the list by itself.

    It is in force once another person has agreed (`wayseal blocked rule agree`). A notice that is withdrawn lifts what
    it had made at once.

    \b
    wayseal blocked rule propose ledger pulls --least 0.95 --lasts 2h --who "Li, audit"
    """
    minutes = seconds_of(lasts) // 60
    if not 0 < minutes <= MOST_MINUTES:
        raise WrongUsageError("is not between 1m and 31d", param_hint="--lasts")
    made = Rule(name=rule, least=least, detectors=tuple(detector or ()), measure=measure, minutes=minutes, most=most)
    Blocks(live_folder(ledger, write=True)).propose_rule(made, who=who)
    echo("{rule} is proposed, and waits for a second person: `wayseal blocked rule agree LEDGER {rule}`.", rule=rule)


def blocked_rule_agree(ledger: LedgerArgument, rule: RuleArgument, who: WhoOption) -> None:
    """Put a rule in force that another person proposed.

    \b
    wayseal blocked rule agree ledger pulls --who "Wang, IT"
    """
    blocks = Blocks(live_folder(ledger, write=True))
    blocks.agree_rule(rule, who=who)
    typer.echo(_rule_line(blocks.state().rules[rule]))


def blocked_rule_off(
    ledger: LedgerArgument,
    rule: RuleArgument,
    who: WhoOption,
    why: WhyOption,
    lift: Annotated[bool, typer.Option("--lift", help="Lift what it has put on the list, too.")] = False,
) -> None:
    """Switch a rule off, or decline one that was proposed; one person suffices.

    \b
    wayseal blocked rule off ledger pulls --who "Wang, IT" --why "a new hub" --lift
    """
    blocks = Blocks(live_folder(ledger, write=True))
    left = blocks.switch_off_rule(rule, who=who, why=why)
    echo("{rule} is off.", rule=rule)
    if left and lift:
        echo("Lifted: {ids}", ids=", ".join(one.id for one in blocks.lift(left, who=who, why=why)))
    elif left:
        echo("What it put on the list still counts: {ids}", ids=", ".join(left))
