"""Options that commands about a vault share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

VaultOption = Annotated[
    Path, typer.Option("--vault", envvar="WAYSEAL_VAULT", help="Folder of the vault.", file_okay=False)
]


ActorOption = Annotated[
    str | None,
    typer.Option(
        "--actor", envvar="WAYSEAL_ACTOR", help="Who does it, as the directory has it.", show_default="your login"
    ),
]


NumbersArgument = Annotated[list[str], typer.Argument(help="Waybill number; more than one may be given.")]


WhoArgument = Annotated[str, typer.Argument(help="Id of the actor.", metavar="ACTOR")]


ClientArgument = Annotated[str, typer.Argument(help="Id of the client.", metavar="CLIENT")]


PurposeOption = Annotated[
    str, typer.Option("--purpose", help="What for: a [code of the policy](purposes.md), such as `deliver`.")
]


ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in at most 200 characters; sealed in the log.")]


class DatabaseName(StrEnum):
    """Which of the two databases."""

    MAIN = "main"
    KEYS = "keys"


DatabaseArgument = Annotated[
    DatabaseName,
    typer.Argument(help="Which database: `main` (records, directory, log) or `keys` (wrapped keys).", metavar="SET"),
]
