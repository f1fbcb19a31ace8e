"""`wayseal serve console`: the staff's web."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import BOUGHT, MARK, MARKET
from wayseal.cli._texts import _, echo
from wayseal.console.serve import Demo, run_console
from wayseal.console.settings import read_console_settings


def serve_console(
    ledger: Annotated[
        Path | None,
        typer.Argument(
            help="Folder of the ledger whose state and cases are shown; `WAYSEAL_CONSOLE_LEDGER` sets it.",
            metavar="LEDGER",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the console: its database and its key file, made at the first start. "
            "`WAYSEAL_CONSOLE_FOLDER` sets it.",
            file_okay=False,
            show_default=False,
        ),
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port, on this machine's own address.", show_default="8470")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Print a link that opens the console once, without a password, for a trial.")
    ] = False,
) -> None:
    """Run the staff's web console until it is told to stop (Ctrl-C, SIGTERM).

    The first start prints a code with which the first administrator makes an account; nothing has a default password.
    Other [settings](console.md#settings) come by the environment. Logs go to standard error as JSON. [The
    console](console.md) has its page. It needs packages of its own: `pip install 'WHEEL[console]'`.

    \b
    wayseal serve console ledger
    wayseal serve console demo/ledger --folder demo/console --demo
    """
    os.umask(0o077)
    settings = read_console_settings(
        os.environ,
        folder=None if folder is None else str(folder),
        ledger=None if ledger is None else str(ledger),
        port=None if port is None else str(port),
    )

    made = settings.ledger.parent if settings.ledger is not None else None
    made = made if made is not None and (made / MARK).exists() else None
    bought = made / BOUGHT if made is not None else None
    if made is not None and settings.market is None and (made / MARKET).exists():
        settings = replace(settings, market=made / MARKET)
    shown = Demo(say=_print_link, basket=_("What the demo bought"), bought=bought) if demo else None
    run_console(settings, say_setup=_print_setup, demo=shown)


def _print_setup(address: str, code: str) -> None:
    echo(
        "Nobody has an account yet. Open {address} and make the first administrator with this code; it works once: "
        "{code}",
        address=address,
        code=code,
    )


def _print_link(address: str) -> None:
    echo("Open {address} for the demo's console; the link works once, within a quarter of an hour.", address=address)
