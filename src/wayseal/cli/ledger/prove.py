"""`wayseal ledger prove`: one read stands in the ledger."""

import re
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, LedgerArgument
from wayseal.cli._output import write_text
from wayseal.cli._words.ledger import LEDGER_TEXTS
from wayseal.ledger import integrity
from wayseal.model.messages import filled

Note = Annotated[
    Path,
    typer.Option(
        "--checkpoint", help="A signed checkpoint of this ledger, from after the read came in.", dir_okay=False
    ),
]


def prove(
    ledger: LedgerArgument,
    checkpoint: Note,
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the proof here.")],
    access: Annotated[
        str | None,
        typer.Option(help="Id of the read, as in the column `access` of the log.", show_default="this or --read"),
    ] = None,
    read: Annotated[
        str | None,
        typer.Option(
            help="Its source and row, as `wayseal reads` has them: `0:42`. The proof then holds the key of the "
            "`access` id, not the id.",
            show_default="this or --access",
        ),
    ] = None,
    waybill: Annotated[
        str | None, typer.Option(help="The read's waybill: quicker, and needed where several reads carry the id.")
    ] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Prove that one read stands in the ledger, to somebody who doesn't have it, and tell nothing of other reads.

    Of other reads the proof holds salted hashes and nothing else.

    \b
    wayseal ledger prove ledger --access a17 --checkpoint 2026-03-01.checkpoint --out a17.proof
    wayseal ledger prove ledger --read 0:42 --checkpoint 2026-03-01.checkpoint --out read.proof
    """
    if (access is None) == (read is None):
        raise WrongUsageError("give one of --access and --read", param_hint="--read")
    place = None if read is None else _parse_place(read)
    proof = integrity.prove(ledger, access, waybill, checkpoint.read_bytes(), place=place)
    write_text(out, proof.to_json())
    typer.echo(filled(LEDGER_TEXTS[lang]["proof_made"], out=out, leaf=proof.leaf))


def _parse_place(text: str) -> tuple[int, int]:
    """Source and row out of "source:row"; BadParameter where it is none."""
    found = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,18})", text)
    if found is None:
        raise WrongUsageError("is not a source and a row such as 0:42", param_hint="--read")
    return int(found[1]), int(found[2])
