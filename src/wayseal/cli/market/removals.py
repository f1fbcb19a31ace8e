"""`wayseal market removals`: requests for removal, what is due, and letters."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from wayseal.cli._case_view import clock_time, now_us
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import MarketArgument
from wayseal.market.log import open_market
from wayseal.market.log.acts import kind_of
from wayseal.market.log.reads import Reads
from wayseal.market.masks import mask_text
from wayseal.market.takedown import Act, Counts, Due, Outcome, Request, count_by_source, find_due, write_letter
from wayseal.model.messages import filled
from wayseal.model.times import iso
from wayseal.page.languages import translator
from wayseal.page.visible import visible

_SAID = ("answer", "to", "text", "why")


def removals(
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
    lang: LangOption = Lang.EN,
) -> None:
    """Requests for removal, what is due first, with counts by site; or one of them; or its letter.

    Nothing is sent from here: a person sends the letter, and [records what happens](#wayseal-market-follow). Counsel
    checks what it cites before the first one goes out ([asking for removal](market-sellers.md#asking-for-removal)).

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
        _print_letter(every[0], name, contact, reminder=reminder, lang=lang)
    elif format is OutputFormat.JSON:
        told: Any = [_told(one, due.get(one.id), now) for one in every]
        if request is None:
            told = {"requests": told, "counts": [asdict(one) for one in count_by_source(every)]}
        typer.echo(json.dumps(told if request is None else told[0], ensure_ascii=False, indent=1))
    elif request is not None:
        for line in _course(every[0], due.get(request), now, lang):
            typer.echo(line)
    else:
        for line in _list(every, due, now, lang, settled=all_):
            typer.echo(line)


def _print_letter(request: Request, name: str | None, contact: str | None, *, reminder: bool, lang: Lang) -> None:
    for option, value in (("--name", name), ("--contact", contact)):
        if not (value or "").strip():
            raise WrongUsageError("a letter says in whose name it is written, and where answers go", param_hint=option)
    made = write_letter(request.asked, name=str(name), contact=str(contact), reminder=reminder, lang=lang.value)
    typer.echo(f"{made.subject}\n\n{made.body}", nl=False)
    typer.echo(MARKET_TEXTS[lang]["letter_counsel"], err=True)


def _list(every: Sequence[Request], due: Mapping[str, Due], now: int, lang: Lang, *, settled: bool) -> Iterator[str]:
    places = {id_: place for place, id_ in enumerate(due)}
    shown = [one for one in every if settled or one.id in due or one.outcome is Outcome.OPEN]
    for one in sorted(shown, key=lambda one: places.get(one.id, len(places))):
        yield _line(one, due.get(one.id), now, lang)
    if not shown:
        yield MARKET_TEXTS[lang]["no_removals"]
    whole, *sites = count_by_source(every)
    for counts in (whole, *(sites if len(sites) > 1 else ())) if every else ():
        yield _counts(counts, lang)


def _line(request: Request, due: Due | None, now: int, lang: Lang) -> str:
    words = MARKET_TEXTS[lang]
    state = words[f"outcome_{request.outcome.value}"]
    if due is not None:
        state = filled(words["due"], todo=words[f"todo_{due.todo.value}"], at=clock_time(due.since))
    asked = request.asked
    return filled(
        words["removal"],
        request=request.id,
        target=visible(asked.target),
        at=clock_time(asked.at),
        days=request.days(now),
        state=state,
    )


def _counts(counts: Counts, lang: Lang) -> str:
    words = MARKET_TEXTS[lang]
    told = asdict(counts) | {"source": visible(counts.source) if counts.source else words["all_sites"]}
    return filled(words["counts"], translator(lang), **told)


def _course(request: Request, due: Due | None, now: int, lang: Lang) -> Iterator[str]:
    words, asked = MARKET_TEXTS[lang], request.asked
    yield _line(request, due, now, lang)
    yield filled(words["removal_asked"], url=visible(asked.url), address=visible(asked.address), rule=asked.rule)
    for act in (asked, *request.acts):
        told = _act(act)
        said = " · ".join(visible(mask_text(str(told[name]))) for name in _SAID if told.get(name))
        who = visible(str(told["who"])) if "who" in told else words["by_watch"]
        step = {"at": clock_time(act.at), "act": words[f"act_{told['act']}"], "who": who}
        yield filled(words["removal_said"], **step, said=said) if said else filled(words["removal_act"], **step)


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
