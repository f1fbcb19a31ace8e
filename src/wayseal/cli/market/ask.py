"""`wayseal market ask`: a site is asked to remove a shop or an offer."""

from typing import Annotated

import typer

from wayseal.cli._case_view import now_us
from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import MarketArgument
from wayseal.market.log import open_market
from wayseal.market.log.requests import begin_request
from wayseal.market.takedown import Rule
from wayseal.model.messages import filled
from wayseal.page.visible import visible

WhoOption = Annotated[
    str, typer.Option("--who", help="Who does it: a line of up to 200 characters that stays in the record.")
]


def ask(
    market: MarketArgument,
    target: Annotated[
        str, typer.Argument(help="The shop or offer: its id, as `wayseal market offers` has it, or an offer's address.")
    ],
    rule: Annotated[
        Rule, typer.Option(help="What is cited ([which fits](market-sellers.md#asking-for-removal), counsel says).")
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
    lang: LangOption = Lang.EN,
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
            lang=lang.value,
            captures=capture or (),
            who=who,
            why=why,
            at=now_us(),
        )
    typer.echo(filled(MARKET_TEXTS[lang]["asked"], request=asked.request, target=visible(asked.target)))
