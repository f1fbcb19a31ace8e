"""`wayseal vault client disable`: a client's rights end."""

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, ClientArgument, VaultOption
from wayseal.model.messages import filled


def disable(
    client: ClientArgument, vault: VaultOption = VAULT, actor: ActorOption = None, lang: LangOption = Lang.EN
) -> None:
    """End a client's rights at once.

    \b
    wayseal vault client disable handhelds
    """
    with open_vault(vault, actor) as session:
        session.vault.disable_client(session.caller, client, now=session.now)
    typer.echo(filled(VAULT_TEXTS[lang]["client_disabled"], client=client))
