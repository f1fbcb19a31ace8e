"""`wayseal vault project`: what was disclosed, taken into an analytics ledger."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import VaultOption
from wayseal.model.messages import filled
from wayseal.vault.log.projection import project as project_log


def project(
    ledger: Annotated[Path, typer.Option("--ledger", help="Folder of the ledger; made where there is none.")],
    vault: VaultOption = VAULT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Take what was disclosed since the last time into an analytics ledger, for `detect` and `trace`.

    See [the analytics ledger](disclosure-log.md#the-analytics-ledger).

    \b
    wayseal vault project --ledger ledger
    """
    with open_vault(vault) as session, progress_bars(quiet) as progress:
        done = project_log(session.vault.main, vault, ledger, progress=progress)
    words = VAULT_TEXTS[lang]
    typer.echo(filled(words["projected" if done.rows else "projected_none"], rows=done.rows, ledger=ledger))
