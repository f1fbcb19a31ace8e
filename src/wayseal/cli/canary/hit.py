"""`wayseal canary hit`: a canary turned up, or its time is over."""

from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.canary import CANARY_TEXTS
from wayseal.cli.canary._view import RegisterArgument, belief_lines, warn_unread_lines
from wayseal.trace.canary import parse_time, record


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
    words = CANARY_TEXTS[lang]
    state = record(register, waybill, parse_time(seen_at, "--seen-at"), silent=silent)
    warn_unread_lines(state.watch.unread, register, lang)
    if state.already_answered:
        typer.echo(words["again"])
    for line in belief_lines(state, words):
        typer.echo(line)
