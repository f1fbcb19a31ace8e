"""`wayseal vault actor block`: an actor is shown nothing any more."""

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, VaultOption, WhoArgument
from wayseal.model.messages import filled


def block(who: WhoArgument, vault: VaultOption = VAULT, actor: ActorOption = None, lang: LangOption = Lang.EN) -> None:
    """Put an actor on the blocked list: it is shown nothing any more.

    \b
    wayseal vault actor block courier-31
    """
    with open_vault(vault, actor) as session:
        session.vault.block(session.caller, who, now=session.now)
    typer.echo(filled(VAULT_TEXTS[lang]["blocked"], actor=who))
