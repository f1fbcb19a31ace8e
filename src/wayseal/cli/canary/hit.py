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
    warn_unread_lines(state.watch.unread, register, lang)
    if state.already_answered:
        typer.echo(words["again"])
    for line in belief_lines(state, words):
        typer.echo(line)
