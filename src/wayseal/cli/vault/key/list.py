"""`wayseal vault key list`: the keys of the keyring, and what needs them."""

import json

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._vault_session import open_vault, round_to_second
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import VaultOption
from wayseal.model.messages import filled
from wayseal.vault.key_rotation import index_versions_in_use, versions_in_use
from wayseal.vault.keyring import KeyPurpose
from wayseal.vault.keyring.keys import KINDS
from wayseal.vault.row_marks import mark_versions_in_use


def list_(
    vault: VaultOption = VAULT,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """List the keys of the keyring by purpose and version, and what still needs them.

    How many rows still need a key is counted. No secret is shown.

    \b
    wayseal vault key list
    """
    with open_vault(vault) as session:
        main, keys = session.vault.main, session.vault.keys
        used = {
            KeyPurpose.WRAP: versions_in_use(keys),
            KeyPurpose.INDEX: index_versions_in_use(main),
            KeyPurpose.ROW: mark_versions_in_use(main),
        }
        rows = [
            {
                "purpose": str(purpose),
                "version": key.version,
                "active": key.version == session.keyring.active(purpose),
                "created_at": round_to_second(key.created_at),
                "in_use": used[purpose].get(key.version, 0) if purpose in used else None,
            }
            for purpose in KeyPurpose
            for key in session.keyring.keys(KINDS[purpose])
        ]
    if format is OutputFormat.JSON:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    words = VAULT_TEXTS[lang]
    for row in rows:
        line = filled(words["key_active" if row["active"] else "key_older"], **row)
        typer.echo(line + ("" if row["in_use"] is None else filled(words["key_in_use"], count=row["in_use"])))
