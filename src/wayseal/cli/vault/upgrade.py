"""`wayseal vault upgrade`: both databases get the tables of this version."""

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_one_database
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import VaultOption
from wayseal.model.messages import filled
from wayseal.store.database.migrations import upgrade as upgrade_tables
from wayseal.vault.tables import CHAINS


def upgrade(vault: VaultOption = VAULT, lang: LangOption = Lang.EN) -> None:
    """Bring the tables of both databases to the version of this Wayseal.

    Make a backup first ([migrations](operation.md#migrations)).

    \b
    wayseal vault upgrade
    """
    words = VAULT_TEXTS[lang]
    done = 0
    for name, chain in CHAINS.items():
        with open_one_database(vault, name) as database:
            for step in upgrade_tables(database, chain):
                typer.echo(filled(words["step"], revision=step.revision, what=step.what))
                done += 1
    typer.echo(filled(words["upgraded"], steps=done) if done else words["no_upgrade"])
