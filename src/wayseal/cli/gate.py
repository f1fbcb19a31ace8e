"""`wayseal serve gate`: public tracking."""

import os
from typing import Annotated

import typer

from wayseal.gate.serve import run_gate
from wayseal.gate.settings import read_gate_settings


def serve_gate(
    numbers: Annotated[
        str | None,
        typer.Argument(
            help="The numbers' database: a file, or a URL of PostgreSQL. `WAYSEAL_GATE_NUMBERS` sets it.",
            metavar="NUMBERS",
        ),
    ] = None,
    folder: Annotated[
        str | None,
        typer.Option(help="Folder of the gate, with `gate.key`; its own database is made there.", show_default="gate"),
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port, on this machine's own address.", show_default="8490")] = None,
) -> None:
    """Run public tracking until it is told to stop (Ctrl-C, SIGTERM).

    It answers for parcels that are under way, to whoever has the parcel's code. Other [settings](tracking.md#settings)
    come by the environment. [Public tracking](tracking.md) has its page. It needs packages of its own: `pip install
    'WHEEL[gate]'`.

    \b
    wayseal serve gate numbers.sqlite
    """
    given = {"numbers": numbers, "folder": folder, "port": None if port is None else str(port)}
    run_gate(read_gate_settings(os.environ, **given))
