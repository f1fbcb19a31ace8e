"""`wayseal vault key rotate`: a new key of a purpose."""

from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, VaultOption
from wayseal.cli.vault.key._keys import KeyPurposeArgument, log_key_act
from wayseal.model.messages import filled
from wayseal.vault.keyring import KeyPurpose


def rotate(
    purpose: KeyPurposeArgument,
    vault: VaultOption = VAULT,
    wait: Annotated[
        bool, typer.Option("--wait", help="Only read with it at first: where several machines hold the keyring.")
    ] = False,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Add a key, which is written with from now on.

    A running service takes it within a second ([rotation](keys.md#rotation)).

    \b
    wayseal vault key rotate wrap
    wayseal vault key rotate log --wait
    """
    with open_vault(vault, actor) as session:
        ring = session.keyring.rotate(purpose, session.now, activate=not wait)
        version = max(ring.versions(purpose))
        log_key_act(session, "key_rotated", purpose, version)
        session.save(ring)
    words = VAULT_TEXTS[lang]
    typer.echo(filled(words["rotated_waiting" if wait else "rotated"], purpose=purpose, version=version))
    if not wait and purpose is KeyPurpose.WRAP:
        typer.echo(words["rotated_wrap"])
