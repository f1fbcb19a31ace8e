"""`wayseal vault key public`: the public key for third parties."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import VAULT
from wayseal.cli._output import write_text
from wayseal.cli._vault_session import open_vault
from wayseal.cli.vault._options import VaultOption
from wayseal.vault.keyring.keys import LogKey


def public(
    vault: VaultOption = VAULT,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it here.", show_default="the screen")] = None,
    every: Annotated[bool, typer.Option("--all", help="Of every version, retired ones too, a line each.")] = False,
) -> None:
    """Print the public key that verifies checkpoints and proofs: hand it to whoever is to check them.

    \b
    wayseal vault key public --out vault.pub
    """
    with open_vault(vault) as session:
        found = [session.keyring.key(LogKey).verifying(session.vault.origin)]
        if every:
            found = list(session.keyring.log_verify_keys(session.vault.origin))
    text = "".join(f"{key}\n" for key in found)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
