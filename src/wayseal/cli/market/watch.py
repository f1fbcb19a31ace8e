"""`wayseal market watch`: looks at all sources by their intervals, until it is told to stop."""

import threading
import time
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import (
    CanariesOption,
    MarketArgument,
    OwnOption,
    purge_lines,
    queue_finds,
    report_lines,
    watching,
)
from wayseal.service.signals import handle_signals

_AT_MOST = 60.0


class _Stopped(BaseException):
    """It was told to stop while it waited; nothing in between catches it."""


def watch(
    market: MarketArgument,
    own: OwnOption = None,
    canaries: CanariesOption = None,
    until_idle: Annotated[
        bool, typer.Option("--once", help="End when nothing is due, instead of waiting for what comes.")
    ] = False,
    purge: Annotated[
        bool,
        typer.Option(help="Once a day, let go of what was kept for as long as its source says, as `market purge`."),
    ] = True,
    lang: LangOption = Lang.EN,
) -> None:
    """Watch the market: look at every source when it is due, and again at what went, until told to stop.

    Each look is a line, with come-backs and numbers of the courier's own beneath it; with a ledger they come into the
    [queue of cases](casework.md) as well. It stops within a second at
    Ctrl-C or SIGTERM; what was looked at is recorded, and a look in the middle is made again.

    \b
    wayseal market watch market --own ledger --canaries canaries.jsonl
    """
    stopped = threading.Event()

    def sleep(seconds: float) -> None:
        if stopped.wait(seconds):
            raise _Stopped

    with handle_signals(stopped.set), watching(market, own, canaries, sleep, lang) as watched:
        typer.echo(MARKET_TEXTS[lang]["watching"].format(count=len(watched.sources)), err=True)
        try:
            purged_on = -1
            while not stopped.is_set():
                if purge and (today := int(time.time() // 86_400)) != purged_on:
                    purged_on = today
                    for line in purge_lines(watched.purge(market), lang):
                        typer.echo(line)
                due = watched.due()
                for planned in due[:1]:
                    report = watched.look(planned)
                    for line in report_lines(report, lang):
                        typer.echo(line)
                    queue_finds(market, own, report, lang)
                if not due:
                    if until_idle:
                        return
                    sleep(min(_AT_MOST, max(0.5, watched.next_at / 1e6 - time.time())))
        except _Stopped:
            return
