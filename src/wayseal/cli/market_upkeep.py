"""`wayseal market`: requests for removal, and the record itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._errors import WrongUsageError, parse_day
from wayseal.cli._market_view import MarketArgument, purge_lines
from wayseal.cli._options import OutputFormat, OutputFormatOption, StatementFileOption, read_statement
from wayseal.cli._output import clock_time, print_json, print_lines
from wayseal.cli._texts import _, current_lang, echo, warn
from wayseal.cli.proofs import parse_key_file
from wayseal.market.capture import verify_captures
from wayseal.market.crawling import CAPTURES
from wayseal.market.crawling.retention import purge_folder
from wayseal.market.log import open_market
from wayseal.market.log.acts import kind_of
from wayseal.market.log.reads import Reads
from wayseal.market.log.requests import begin_request, continue_request
from wayseal.market.masks import mask_text
from wayseal.market.takedown import (
    Act,
    Answer,
    Counts,
    Due,
    Request,
    Rule,
    count_by_source,
    find_due,
    write_letter,
)
from wayseal.merkle import VerifyKey
from wayseal.model.messages import N_
from wayseal.model.times import iso, now_us
from wayseal.page.visible import visible

_TODOS = {
    "hear": N_("hear the accused"),
    "answer": N_("answer the site"),
    "remind": N_("remind"),
    "escalate": N_("hand on"),
}
_OUTCOMES = {
    "open": N_("nothing is due"),
    "removed": N_("removed"),
    "withdrawn": N_("withdrawn"),
}
_ACTS = {
    "asked": N_("removal asked for"),
    "reminded": N_("written to again"),
    "answered": N_("site answered"),
    "escalated": N_("handed on"),
    "accused": N_("accused answered"),
    "heard": N_("accused heard"),
    "withdrawn": N_("withdrawn"),
    "removed": N_("seen to be gone"),
}
_SAID = ("answer", "to", "text", "why")


def market_removals(
    market: MarketArgument,
    request: Annotated[str | None, typer.Argument(help="One of them, with its course.", show_default="a list")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Settled ones as well.")] = False,
    letter: Annotated[
        bool, typer.Option("--letter", help="Print the request's letter, in the language of `--lang`.")
    ] = False,
    reminder: Annotated[bool, typer.Option("--reminder", help="With `--letter`: a reminder instead.")] = False,
    name: Annotated[
        str | None, typer.Option(help="With `--letter`: in whose name.", envvar="WAYSEAL_CONSOLE_UNIT")
    ] = None,
    contact: Annotated[
        str | None,
        typer.Option(help="With `--letter`: where the site's answer goes.", envvar="WAYSEAL_CONSOLE_CONTACT"),
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Requests for removal, what is due first, with counts by site; or one of them; or its letter.

    Nothing is sent from here: a person sends the letter, and [records what happens](#wayseal-market-follow). Counsel
    checks what it cites before the first one goes out ([asking for removal](market.md#asking-for-removal)).

    \b
    wayseal market removals market
    wayseal market removals market r-1a2b3c4d --letter --name "YTO security" --contact abuse@courier.example --lang zh
    """
    if (letter or reminder) and (request is None or not letter):
        raise WrongUsageError("a letter needs --letter, and the request that it is for", param_hint="--letter")
    now = now_us()
    with open_market(market) as record:
        reads = Reads(record)
        every = reads.requests() if request is None else (reads.request(request),)
    due = {one.request: one for one in find_due(every, now)}
    if letter:
        _print_letter(every[0], name, contact, reminder=reminder)
    elif format is OutputFormat.JSON:
        told: Any = [_told(one, due.get(one.id), now) for one in every]
        if request is None:
            told = {"requests": told, "counts": [asdict(one) for one in count_by_source(every)]}
        print_json(told if request is None else told[0])
    elif request is not None:
        print_lines(_course(every[0], due.get(request), now))
    else:
        print_lines(_list(every, due, now, settled=all_))


def _print_letter(request: Request, name: str | None, contact: str | None, *, reminder: bool) -> None:
    for option, value in (("--name", name), ("--contact", contact)):
        if not (value or "").strip():
            raise WrongUsageError("a letter says in whose name it is written, and where answers go", param_hint=option)
    made = write_letter(
        request.asked, name=str(name), contact=str(contact), reminder=reminder, lang=current_lang().value
    )
    typer.echo(f"{made.subject}\n\n{made.body}", nl=False)
    warn("Counsel checks what is cited before the first letter goes out; nothing was sent.")


def _list(every: Sequence[Request], due: Mapping[str, Due], now: int, *, settled: bool) -> Iterator[str]:
    places = {id_: place for place, id_ in enumerate(due)}
    shown = [one for one in every if settled or one.id in due or one.is_open]
    for one in sorted(shown, key=lambda one: places.get(one.id, len(places))):
        yield _line(one, due.get(one.id), now)
    if not shown:
        yield _("No request is open.")
    whole, *sites = count_by_source(every)
    for counts in (whole, *(sites if len(sites) > 1 else ())) if every else ():
        yield _counts(counts)


def _line(request: Request, due: Due | None, now: int) -> str:
    state = _(_OUTCOMES[request.outcome])
    if due is not None:
        state = _("{todo}, since {at}", todo=_(_TODOS[due.todo]), at=clock_time(due.since))
    asked = request.asked
    return _(
        "{request}  {target}: asked {at}, {days:.1f} days; {state}",
        request=request.id,
        target=visible(asked.target),
        at=clock_time(asked.at),
        days=request.days(now),
        state=state,
    )


def _counts(counts: Counts) -> str:
    told = asdict(counts) | {"source": visible(counts.source) if counts.source else _("All together")}
    return _("{source}: {requests:,} asked, {removed:,} removed, {open:,} open", **told)


def _course(request: Request, due: Due | None, now: int) -> Iterator[str]:
    asked = request.asked
    yield _line(request, due, now)
    yield _(
        "  {url}, asked at {address}, citing {rule}",
        url=visible(asked.url),
        address=visible(asked.address),
        rule=asked.rule,
    )
    for act in (asked, *request.acts):
        told = _act(act)
        said = " · ".join(visible(mask_text(str(told[name]))) for name in _SAID if told.get(name))
        who = visible(str(told["who"])) if "who" in told else _("the watch")
        step = {"at": clock_time(act.at), "act": _(_ACTS[told["act"]]), "who": who}
        yield _("  {at}  {act}, {who}: {said}", **step, said=said) if said else _("  {at}  {act}, {who}", **step)


def _act(act: Act) -> dict[str, Any]:
    return {"act": kind_of(act).value, **{name: value for name, value in asdict(act).items() if name != "request"}}


def _told(request: Request, due: Due | None, now: int) -> dict[str, Any]:
    """A request for programs, with what is masked for people masked as well."""
    acts: list[dict[str, Any]] = [_act(act) for act in (request.asked, *request.acts)]
    masked: list[dict[str, Any]] = [
        {name: mask_text(value) if name in {"text", "why"} else value for name, value in act.items()} for act in acts
    ]
    return {
        "request": request.id,
        "target": request.asked.target,
        "source": request.asked.source,
        "outcome": request.outcome.value,
        "settled_at": None if request.settled_at is None else iso(request.settled_at),
        "days": round(request.days(now), 3),
        "due": None if due is None else due.todo.value,
        "due_since": None if due is None else iso(due.since),
        "acts": [{**act, "at": iso(act["at"])} for act in masked],
    }


WhoOption = Annotated[
    str, typer.Option("--who", help="Who does it: a line of up to 200 characters that stays in the record.")
]


def market_ask(
    market: MarketArgument,
    target: Annotated[
        str, typer.Argument(help="The shop or offer: its id, as `wayseal market offers` has it, or an offer's address.")
    ],
    rule: Annotated[
        Rule, typer.Option(help="What is cited ([which fits](market.md#asking-for-removal), counsel says).")
    ],
    address: Annotated[str, typer.Option(help="Where the request goes: the site's mail address, or its form.")],
    who: WhoOption,
    why: Annotated[str, typer.Option("--why", help="Why it is asked for, in the same way.")],
    capture: Annotated[
        list[str] | None,
        typer.Option(
            help="Id of a capture that shows it; may be given more than once.", show_default="the newest that shows it"
        ),
    ] = None,
) -> None:
    """Record that a site is asked to remove a shop or an offer, and print the request's id for its letter.

    It names what the record shows: where it stands, and a capture. What is gone, or asked for already, isn't asked for.
    The watch then sees whether it is gone; only that, or [withdrawing it](#wayseal-market-follow), settles it.

    \b
    wayseal market ask market flea-a/4080 --rule express --address abuse@flea-a.example --who li --why "sells labels"
    """
    with open_market(market) as record:
        asked = begin_request(
            record,
            target=target,
            rule=rule.value,
            address=address,
            lang=current_lang().value,
            captures=capture or (),
            who=who,
            why=why,
            at=now_us(),
        )
    echo(
        "{request}: {target} is asked for; print its letter with `wayseal market removals … --letter`.",
        request=asked.request,
        target=visible(asked.target),
    )


class What(StrEnum):
    """An event of a request, but for its end by the watch."""

    REMINDED = "reminded"
    ANSWERED = "answered"
    ESCALATED = "escalated"
    ACCUSED = "accused"
    HEARD = "heard"
    WITHDRAWN = "withdrawn"


def market_follow(
    market: MarketArgument,
    request: Annotated[str, typer.Argument(help="Id of the request, such as `r-1a2b3c4d`.")],
    what: Annotated[
        What,
        typer.Argument(
            help="`reminded`: the site was written to again; `answered`: it answered; `escalated`: handed on; "
            "`accused`: whoever is accused says something; `heard`: somebody looked at that; `withdrawn`."
        ),
    ],
    who: WhoOption,
    why: Annotated[str, typer.Option("--why", help="Why, or how it was sent or came; of `heard`, what follows.")],
    answer: Annotated[Answer | None, typer.Option(help="With `answered`: what it comes to.")] = None,
    text: Annotated[
        str | None, typer.Option(help="With `answered` and `accused`: what was said.", show_default="this or --file")
    ] = None,
    file: StatementFileOption = None,
    to: Annotated[str | None, typer.Option(help="With `escalated`: to whom it was handed on.")] = None,
) -> None:
    """Record what happened to a request for removal, and print what is due next.

    What a site says settles nothing: the watch sees whether it is gone. What the accused says is told first until
    somebody looked at it, even when the request is settled.

    \b
    wayseal market follow market r-1a2b3c4d answered --answer refused --text "no" --who li --why "by mail"
    wayseal market follow market r-1a2b3c4d escalated --to counsel --who li --why "the site refuses"
    """
    said = text if file is None or text is not None else read_statement(text, file)
    _check_options(what, {"--answer": answer, "--text": said, "--to": to})
    with open_market(market) as record:
        act = continue_request(
            record,
            request=request,
            kind=what.value,
            who=who,
            why=why,
            at=now_us(),
            answer="" if answer is None else answer.value,
            text=said or "",
            to=to or "",
        )
        now = Reads(record).request(request)
    due = next(iter(find_due([now], act.at)), None)
    state = _(_OUTCOMES[now.outcome])
    if due is not None:
        state = _("{todo}, since {at}", todo=_(_TODOS[due.todo]), at=clock_time(due.since))
    echo("{request}: {act}; now: {state}", request=request, act=_(_ACTS[what]), state=state)


def _check_options(what: What, options: Mapping[str, str | None]) -> None:
    """Refuse what is missing, or has no place in an act. WrongUsageError."""
    needed = {What.ANSWERED: {"--answer", "--text"}, What.ACCUSED: {"--text"}, What.ESCALATED: {"--to"}}.get(
        what, set()
    )
    given = {name for name, value in options.items() if value is not None}
    for name in sorted(needed - given):
        raise WrongUsageError("this is needed with {what}", param_hint=name, what=what.value)
    for name in sorted(given - needed):
        raise WrongUsageError("this has no place with {what}", param_hint=name, what=what.value)


def market_verify(
    market: MarketArgument,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", help="Public key that signs lists of captures; may be given more than once."),
    ] = None,
    certificate: Annotated[
        list[Path] | None,
        typer.Option(help="Certificate (PEM) that time stamps are held against; may be given more than once."),
    ] = None,
) -> None:
    """Check every line of the record, every table made of them, and every capture.

    Ends with 7 if something is not what was written, and names it: line, table, file or record.

    \b
    wayseal market verify market --key watch.pub
    """
    with open_market(market) as record:
        found = record.verify()
    echo(
        "The record holds: {lines:,} {lines:line|lines}, {purged:,} without their text; root {root}",
        lines=found.lines,
        purged=found.purged,
        root=found.root.hex(),
    )
    keys = [parse_key_file(one, VerifyKey.parse) for one in key or ()]
    trusted = [one.read_bytes() for one in certificate or ()]
    captures = verify_captures(market / CAPTURES, now=now_us(), keys=keys, certificates=trusted)
    said = _(
        "Captures: {files:,} {files:file|files}, {records:,} {records:record|records}, {days:,} {days:day|days}, "
        "{signed:,} signed, {stamped:,} stamped",
        files=captures.files + captures.open_files,
        records=captures.records,
        days=captures.days,
        signed=captures.signed,
        stamped=len(captures.stamped),
    )
    typer.echo(said)
    for one in captures.findings:
        warn("  {code}: {where}", code=one.code, where=visible(one.where))
    if captures.findings:
        raise typer.Exit(7)


def market_purge(
    market: MarketArgument,
    before: Annotated[
        str | None,
        typer.Option(
            help="What was captured before this day, such as `2026-01-01` (UTC), goes as well, whatever its source's "
            "`retention` is.",
            show_default="what each source's `retention` says",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")] = False,
) -> None:
    """Let go of captures and offers that were kept for as long as their sources say.

    Evidence stays: what a person kept, what holds numbers of ours, what a request for removal names
    ([retention](market-watch.md#retention)). `wayseal market watch` does the same once a day; while it runs this ends
    with an error.

    \b
    wayseal market purge market --dry-run
    wayseal market purge market --before 2026-01-01
    """
    gone = purge_folder(market, now_us(), before="" if before is None else parse_day(before), dry=dry_run)
    print_lines(purge_lines(gone, dry=dry_run))
    if not gone.files and not gone.captures and not gone.offers:
        echo("Nothing was kept for longer than its source says.")
