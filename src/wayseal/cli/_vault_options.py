"""Options that commands about a vault share; nothing here needs the vault's packages."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

VAULT = Path("vault")
"""The vault's folder where nothing says another."""


class VaultFormat(StrEnum):
    """What listings are written as."""

    TEXT = "text"
    JSON = "json"


class Purpose(StrEnum):
    """What keys are for; the same words as in the keyring."""

    WRAP = "wrap"
    INDEX = "index"
    TOKEN = "token"  # noqa: S105
    REASON = "reason"
    ACCESS = "access"
    LOG = "log"


VaultOption = Annotated[
    Path, typer.Option("--vault", envvar="WAYSEAL_VAULT", help="Folder of the vault.", file_okay=False)
]
ActorOption = Annotated[
    str | None,
    typer.Option("--actor", envvar="WAYSEAL_ACTOR", help="Who does it, as the directory has it; default: your login."),
]
VaultFormatOption = Annotated[VaultFormat, typer.Option("--format", help="What to write.")]
NumbersArgument = Annotated[list[str], typer.Argument(help="Waybill number; more than one may be given.")]
PurposeOption = Annotated[str, typer.Option("--purpose", help="What for: a code of the policy, such as deliver.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in a few words; sealed in the log.")]
PurposeArgument = Annotated[Purpose, typer.Argument(help="What the key is for.", metavar="PURPOSE")]
VersionArgument = Annotated[int, typer.Argument(help="Its version.", min=1, metavar="VERSION")]
