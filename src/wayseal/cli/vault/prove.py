"""`wayseal vault prove`: one entry stands in the log."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._output import write_text
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import VaultOption
from wayseal.model.messages import filled
from wayseal.vault.log.proofs import prove as prove_entry


def prove(
    seq: Annotated[int, typer.Argument(help="The entry: its place in the log (`seq`).", min=0, metavar="ENTRY")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the proof here.")],
    vault: VaultOption = VAULT,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Prove it under this checkpoint.", show_default="a new one", dir_okay=False)
    ] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Prove one entry of the log to somebody who doesn't have it, and tell nothing of other entries.

    The entry's reason stays sealed.

    \b
    wayseal vault prove 17 --out disclosure.proof
    """
    with open_vault(vault) as session:
        note = session.vault.checkpoint(now=session.now).encode() if checkpoint is None else checkpoint.read_bytes()
        made = session.vault.main.read(lambda connection: prove_entry(connection, session.vault.marks, seq, note))
    write_text(out, made.to_json())
    typer.echo(filled(VAULT_TEXTS[lang]["proof_made"], out=out, seq=seq))
