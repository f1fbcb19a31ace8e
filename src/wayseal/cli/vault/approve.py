"""`wayseal vault approve`: a second person agrees to bulk."""

from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli.vault._options import ActorOption, VaultOption
from wayseal.cli.vault.ask import describe_approval


def approve(
    approval: Annotated[str, typer.Argument(help="Id of the approval.", metavar="APPROVAL")],
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Agree to bulk that another asked for.

    \b
    wayseal vault approve 3f0c9a1b2c3d4e5f6a7b
    """
    with open_vault(vault, actor) as session:
        done = session.vault.approve(session.caller, approval, now=session.now)
    typer.echo(describe_approval(done, "approved", lang))
