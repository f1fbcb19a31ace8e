"""`wayseal serve`: the service of a vault."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._server_parts import server_parts
from wayseal.cli._vault_options import VAULT


def serve(
    folder: Annotated[
        Path, typer.Argument(help="Folder of the vault.", metavar="FOLDER", envvar="WAYSEAL_VAULT", file_okay=False)
    ] = VAULT,
) -> None:
    """Run the HTTP service of a vault until it is told to stop (Ctrl-C, SIGTERM). Logs go to standard error.

    \b
    wayseal serve vault
    """
    with server_parts():
        from wayseal.cli._vault_made import serving  # noqa: PLC0415
    serving(folder)
