"""`wayseal vault key activate`: a key is written with from now on."""

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, VaultOption
from wayseal.cli.vault.key._keys import KeyPurposeArgument, KeyVersionArgument, log_key_act
from wayseal.model.messages import filled


def activate(
    purpose: KeyPurposeArgument,
    version: KeyVersionArgument,
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Write with a key that could only be read with so far.

    \b
    wayseal vault key activate log 2
    """
    with open_vault(vault, actor) as session:
        ring = session.keyring.activate(purpose, version)
        log_key_act(session, "key_activated", purpose, version)
        session.save(ring)
    typer.echo(filled(VAULT_TEXTS[lang]["rotated"], purpose=purpose, version=version))
