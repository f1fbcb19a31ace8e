"""`wayseal vault prove-growth`: the log only grew between two checkpoints."""

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
from wayseal.vault.log.proofs import prove_growth as prove_log


def prove_growth(
    old: Annotated[Path, typer.Argument(help="The earlier checkpoint (a file).", metavar="OLD", dir_okay=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the proof here.")],
    new: Annotated[
        Path | None,
        typer.Argument(help="The later checkpoint (a file).", show_default="a new one", metavar="NEW", dir_okay=False),
    ] = None,
    vault: VaultOption = VAULT,
    lang: LangOption = Lang.EN,
) -> None:
    """Prove that the log of one checkpoint goes on from that of another: nothing that was in it is gone or changed.

    It tells nothing of entries.

    \b
    wayseal vault prove-growth 2026-03-01.checkpoint --out growth.proof
    wayseal vault prove-growth 2026-03-01.checkpoint 2026-04-01.checkpoint --out growth.proof
    """
    before = old.read_bytes()
    with open_vault(vault) as session:
        after = session.vault.checkpoint(now=session.now).encode() if new is None else new.read_bytes()
        made = session.vault.main.read(lambda connection: prove_log(connection, before, after))
    write_text(out, made.to_json())
    sizes = {name: Checkpoint.claimed(note).size for name, note in (("old", before), ("new", after))}
    typer.echo(filled(VAULT_TEXTS[lang]["growth_made"], out=out, **sizes))
