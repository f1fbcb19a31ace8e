"""`wayseal ledger checkpoint`: what a ledger is now, signed."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._key_files import parse_key_file
from wayseal.cli._options import Lang, LangOption, LedgerArgument
from wayseal.cli._output import write_text
from wayseal.cli._words.ledger import LEDGER_TEXTS
from wayseal.ledger import integrity
from wayseal.merkle import SigningKey
from wayseal.model.messages import filled


def checkpoint(
    ledger: LedgerArgument,
    key: Annotated[Path, typer.Option(help="The private key to sign with.", dir_okay=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the checkpoint here.")],
    lang: LangOption = Lang.EN,
) -> None:
    """Sign what the ledger is now: its id, the size of its tree, its root.

    Let somebody keep the file who can't write to the ledger; [tamper evidence](ledger.md#tamper-evidence) says why.

    \b
    wayseal ledger checkpoint ledger --key keeper.key --out 2026-03-01.checkpoint
    """
    signing = parse_key_file(key, SigningKey.parse)
    point = integrity.present_checkpoint(ledger)
    write_text(out, signing.sign(point.to_text()))
    typer.echo(filled(LEDGER_TEXTS[lang]["signed"], out=out, origin=point.origin, size=point.size))
