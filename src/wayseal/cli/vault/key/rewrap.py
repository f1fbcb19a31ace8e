"""`wayseal vault key rewrap`: all data keys wrapped, and all rows marked, anew with the active keys."""

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
from wayseal.vault.row_marks import remark_rows

CHANGED = 7


def rewrap(
    vault: VaultOption = VAULT, actor: ActorOption = None, lang: LangOption = Lang.EN, quiet: QuietOption = False
) -> None:
    """Wrap all data keys and mark all rows anew with the active keys, while the service runs.

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
            version = session.keyring.active(KeyPurpose.ROW)
            marked = remark_rows(session.vault.main, session.vault.marks, version, progress)
    typer.echo(filled(words["remarked"], count=marked, version=version))
    typer.echo(filled(words["rewrapped"], count=done.done, version=active))
    for number in done.failed:
        typer.echo(filled(words["rewrap_failed"], waybill=number))
    if done.failed:
        raise typer.Exit(CHANGED)
