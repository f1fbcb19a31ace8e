"""`wayseal vault key retire`: a key leaves the keyring for good."""

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, VaultOption
from wayseal.cli.vault.key._keys import KeyPurposeArgument, KeyVersionArgument, log_key_act
from wayseal.model.messages import filled
from wayseal.vault.errors import KeyringError
from wayseal.vault.key_rotation import index_versions_in_use, versions_in_use
from wayseal.vault.keyring import KeyPurpose
from wayseal.vault.row_marks import mark_versions_in_use


def retire(
    purpose: KeyPurposeArgument,
    version: KeyVersionArgument,
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Take a key out of the keyring for good.

    It is refused while the key is active, or while data keys, tags of phones or marks of rows need it
    ([retiring](keys.md#retiring)).

    \b
    wayseal vault key retire wrap 1
    """
    with open_vault(vault, actor) as session:
        ring = session.keyring.retire(purpose, version)
        used = {
            KeyPurpose.WRAP: versions_in_use,
            KeyPurpose.INDEX: index_versions_in_use,
            KeyPurpose.ROW: mark_versions_in_use,
        }.get(purpose)
        database = session.vault.keys if purpose is KeyPurpose.WRAP else session.vault.main
        if used is not None and (count := used(database).get(version, 0)):
            raise KeyringError(
                "{purpose} {version} is needed still: by {count} rows", purpose=purpose, version=version, count=count
            )
        log_key_act(session, "key_retired", purpose, version)
        session.save(ring)
    typer.echo(filled(VAULT_TEXTS[lang]["retired"], purpose=purpose, version=version))
