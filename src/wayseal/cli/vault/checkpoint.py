"""`wayseal vault checkpoint`: the log as it is now, signed."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._output import write_text
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import VaultOption
from wayseal.merkle import Checkpoint
from wayseal.model.messages import filled


def checkpoint(
    vault: VaultOption = VAULT,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it here.", show_default="the screen")] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Sign the log as it is now.

    Let another administrator keep it: what was signed can't be changed unseen.

    \b
    wayseal vault checkpoint --out 2026-03-01.checkpoint
    """
    with open_vault(vault) as session:
        note = session.vault.checkpoint(now=session.now)
    if out is None:
        typer.echo(note, nl=False)
        return
    write_text(out, note)
    point = Checkpoint.claimed(note.encode())
    typer.echo(filled(VAULT_TEXTS[lang]["signed"], out=out, origin=point.origin, size=point.size))
