"""`wayseal vault erased`: which numbers were erased."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_one_database
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import VaultOption
from wayseal.model.messages import filled
from wayseal.vault.backup.erasures import erasures_of, save_erasures


def erased(
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the list here, a new file.")],
    vault: VaultOption = VAULT,
    lang: LangOption = Lang.EN,
) -> None:
    """Write down which numbers were erased, and when: a restore needs it when both databases are lost.

    Keep it apart from both databases.

    \b
    wayseal vault erased --out erased-2026-03-01.jsonl
    """
    with open_one_database(vault, "keys") as database:
        found = erasures_of(database, "keys")
    save_erasures(out, found)
    typer.echo(filled(VAULT_TEXTS[lang]["erased_list"], count=len(found), out=out))
