"""`wayseal vault client secret`: another secret for a client."""

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, ClientArgument, VaultOption
from wayseal.model.messages import filled


def secret(
    client: ClientArgument, vault: VaultOption = VAULT, actor: ActorOption = None, lang: LangOption = Lang.EN
) -> None:
    """Give a client another secret, printed once; the old one ends at once.

    \b
    wayseal vault client secret handhelds
    """
    with open_vault(vault, actor) as session:
        new = session.vault.new_client_secret(session.caller, client, now=session.now)
    typer.echo(filled(VAULT_TEXTS[lang]["client_secret"], client=client), err=True)
    typer.echo(new)  # alone on standard output
