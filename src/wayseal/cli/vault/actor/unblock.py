"""`wayseal vault actor unblock`: an actor may ask again."""

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, VaultOption, WhoArgument
from wayseal.model.messages import filled


def unblock(
    who: WhoArgument, vault: VaultOption = VAULT, actor: ActorOption = None, lang: LangOption = Lang.EN
) -> None:
    """Take an actor off the blocked list.

    \b
    wayseal vault actor unblock courier-31
    """
    with open_vault(vault, actor) as session:
        session.vault.unblock(session.caller, who, now=session.now)
    typer.echo(filled(VAULT_TEXTS[lang]["unblocked"], actor=who))
