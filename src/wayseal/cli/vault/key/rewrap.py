"""`wayseal vault key rewrap`: all data keys, wrapped anew with the active key."""

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, VaultOption
from wayseal.cli.vault.key._keys import log_key_act
from wayseal.model.messages import filled
from wayseal.vault.key_rotation import rewrap_keys
from wayseal.vault.keyring import KeyPurpose

CHANGED = 7


def rewrap(
    vault: VaultOption = VAULT, actor: ActorOption = None, lang: LangOption = Lang.EN, quiet: QuietOption = False
) -> None:
    """Wrap all data keys anew with the active key, while the service runs.

    It goes portion by portion; broken off, it goes on the next time. Of a key that doesn't open the number is named,
    and the exit code is 7.

    \b
    wayseal vault key rewrap
    """
    words = VAULT_TEXTS[lang]
    with open_vault(vault, actor) as session:
        active = session.keyring.active(KeyPurpose.WRAP)
        log_key_act(session, "keys_rewrapped", KeyPurpose.WRAP, active)
        with progress_bars(quiet) as progress:
            done = rewrap_keys(session.vault.keys, session.service, active, progress)
    typer.echo(filled(words["rewrapped"], count=done.done, version=active))
    for number in done.failed:
        typer.echo(filled(words["rewrap_failed"], waybill=number))
    if done.failed:
        raise typer.Exit(CHANGED)
