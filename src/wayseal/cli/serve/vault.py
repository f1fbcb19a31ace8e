"""`wayseal serve vault`: the service of a vault."""

import os
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import VAULT
from wayseal.cli._vault_session import load_settings
from wayseal.server.serve import run


def vault(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder of the vault; `WAYSEAL_VAULT` sets it. Without one the [settings](api.md#settings) of the "
            "environment suffice.",
            metavar="FOLDER",
            envvar="WAYSEAL_VAULT",
            file_okay=False,
        ),
    ] = VAULT,
) -> None:
    """Run the HTTP service of a vault until it is told to stop (Ctrl-C, SIGTERM).

    What was begun is finished then. Logs go to standard error as JSON. [The HTTP API](api.md) has its page. It needs
    packages of its own: `pip install 'wayseal[vault]'`.

    Without a folder the [settings](api.md#settings) of the environment suffice.

    \b
    wayseal serve vault
    wayseal serve vault /etc/wayseal/vault
    """
    os.umask(0o077)
    run(load_settings(folder))
