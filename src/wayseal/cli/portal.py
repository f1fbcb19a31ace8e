"""`wayseal serve portal`: the public's web."""

import os
from pathlib import Path
from typing import Annotated

import typer

from wayseal.portal.serve import run_portal
from wayseal.portal.settings import read_portal_settings


def serve_portal(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="Folder of the portal, with `hotline.public`; its database and secret are made at the first start. "
            "`WAYSEAL_PORTAL_FOLDER` sets it.",
            metavar="FOLDER",
            file_okay=False,
        ),
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port, on this machine's own address.", show_default="8480")] = None,
) -> None:
    """Run the public's web of the hotline until it is told to stop (Ctrl-C, SIGTERM).

    It holds public keys alone, and keeps no address, no browser and no hour. Other [settings](hotline.md#settings) come
    by the environment. [The hotline](hotline.md) has its page. It needs packages of its own: `pip install
    'WHEEL[portal]'`.

    \b
    wayseal serve portal portal
    """
    run_portal(
        read_portal_settings(
            os.environ, folder=None if folder is None else str(folder), port=None if port is None else str(port)
        )
    )
