"""`wayseal hotline`: keys and tokens of the hotline."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases.hotline.errors import HotlineError
from wayseal.cases.hotline.keyring import PRIVATE, PUBLIC, make_keys
from wayseal.cli._texts import echo
from wayseal.model.times import clock
from wayseal.service.tokens import add_token, remove_token

TOKENS = "exchange.tokens"


def hotline_key_new(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder of the keys, on the team's machine: made if it isn't there.", metavar="FOLDER", file_okay=False
        ),
    ],
) -> None:
    """Make a key for reports and one for names, after those that are there.

    `hotline.private` stays with the console, readable by you alone: without it nobody opens a report. `hotline.public`
    goes to the portal. Keys that were there still open what was sealed under them ([the hotline](hotline.md)).

    \b
    wayseal hotline key new hotline-keys
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = make_keys(folder, datetime.now(clock()).date())
    echo(
        "{private} stays with the console: back it up, and keep it to yourself. {public} goes to the portal. It holds "
        "{count} {count:key|keys}.",
        private=folder / PRIVATE,
        public=folder / PUBLIC,
        count=len(keys.keys),
    )


def hotline_token(
    portal: Annotated[
        Path, typer.Argument(help="Folder of the portal.", metavar="PORTAL", exists=True, file_okay=False)
    ],
    name: Annotated[str, typer.Argument(help="Of the console that fetches letters there.", metavar="NAME")],
    revoke: Annotated[bool, typer.Option("--revoke", help="Take its token back instead.")] = False,
) -> None:
    """Make the token with which a console fetches letters from the portal, and print it once.

    Only its SHA-256 is kept. A new one takes the place of the old, at once, while the portal runs.

    \b
    wayseal hotline token portal console
    """
    if revoke:
        remove_token(portal / TOKENS, name, HotlineError)
        echo("{gateway} has no token any more.", gateway=name)
    else:
        typer.echo(add_token(portal / TOKENS, name, HotlineError))
