"""`wayseal market follow`: what happened to a request for removal."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._case_view import clock_time, now_us, read_statement
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import MarketArgument
from wayseal.cli.market.ask import WhoOption
from wayseal.market.log import open_market
from wayseal.market.log.reads import Reads
from wayseal.market.log.requests import checked_line, checked_text, record_act
from wayseal.market.takedown import (
    Act,
    Answer,
    Answered,
    CounterNotice,
    CounterNoticeReviewed,
    Escalated,
    Reminded,
    Withdrawn,
    find_due,
)
from wayseal.model.messages import filled


class What(StrEnum):
    """What can happen to a request, but for its end by the watch."""

    REMINDED = "reminded"
    ANSWERED = "answered"
    ESCALATED = "escalated"
    ACCUSED = "accused"
    HEARD = "heard"
    WITHDRAWN = "withdrawn"


_BARE: dict[What, type[Reminded | CounterNoticeReviewed | Withdrawn]] = {
    What.REMINDED: Reminded,
    What.HEARD: CounterNoticeReviewed,
    What.WITHDRAWN: Withdrawn,
}


def follow(
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
    file: Annotated[
        Path | None,
        typer.Option(
            help="A text file with it (UTF-8); `-` for standard input.", show_default="this or --text", dir_okay=False
        ),
    ] = None,
    to: Annotated[str | None, typer.Option(help="With `escalated`: to whom it was handed on.")] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Record what happened to a request for removal, and print what is due next.

    What a site says settles nothing: the watch sees whether it is gone. What the accused says is told first until
    somebody looked at it, even when the request is settled.

    \b
    wayseal market follow market r-1a2b3c4d answered --answer refused --text "no" --who li --why "by mail"
    wayseal market follow market r-1a2b3c4d escalated --to counsel --who li --why "the site refuses"
    """
    said = text if file is None or text is not None else read_statement(file)
    by_hand = {"request": request, "at": now_us(), "who": who, "why": checked_line(why, "why")}
    act = _act(what, by_hand, answer, said, to)
    with open_market(market) as record:
        record_act(record, act)
        now = Reads(record).request(request)
    words = MARKET_TEXTS[lang]
    due = next(iter(find_due([now], act.at)), None)
    state = words[f"outcome_{now.outcome.value}"]
    if due is not None:
        state = filled(words["due"], todo=words[f"todo_{due.todo.value}"], at=clock_time(due.since))
    typer.echo(filled(words["followed"], request=request, act=words[f"act_{what.value}"], state=state))


def _act(what: What, by_hand: dict[str, Any], answer: Answer | None, said: str | None, to: str | None) -> Act:
    """The act. WrongUsageError: an option is missing, or has no place in it."""
    needed = {What.ANSWERED: {"--answer", "--text"}, What.ACCUSED: {"--text"}, What.ESCALATED: {"--to"}}.get(
        what, set()
    )
    given = {name for name, value in (("--answer", answer), ("--text", said), ("--to", to)) if value is not None}
    for name in sorted(needed - given):
        raise WrongUsageError("this is needed with {what}", param_hint=name, what=what.value)
    for name in sorted(given - needed):
        raise WrongUsageError("this has no place with {what}", param_hint=name, what=what.value)
    if what is What.ESCALATED:
        return Escalated(**by_hand, to=checked_line(str(to), "to"))
    if what is What.ACCUSED:
        return CounterNotice(**by_hand, text=checked_text(str(said), "text"))
    if answer is not None:
        return Answered(**by_hand, answer=answer, text=checked_text(str(said), "text"))
    return _BARE[what](**by_hand)
