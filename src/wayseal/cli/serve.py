"""`wayseal serve`: the service of a vault."""

import os
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import VAULT
from wayseal.cli._vault_session import load_settings
from wayseal.server.serve import run


def serve(
    folder: Annotated[
        Path, typer.Argument(help="Folder of the vault.", metavar="FOLDER", envvar="WAYSEAL_VAULT", file_okay=False)
    ] = VAULT,
) -> None:
    """Run the HTTP service of a vault until it is told to stop (Ctrl-C, SIGTERM). Logs go to standard error.

    \b
    wayseal serve vault
    """
    os.umask(0o077)
    run(load_settings(folder))
