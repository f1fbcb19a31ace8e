"""`wayseal ledger verify-proof`: the proof of a read or of a purge."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._key_files import parse_key_file
from wayseal.cli._options import PUBLIC_KEY, Lang, LangOption
from wayseal.cli._proof_view import describe_proven, describe_purge
from wayseal.ledger import retention
from wayseal.merkle import VerifyKey
from wayseal.model.errors import WaysealError
from wayseal.proofs import verify


def verify_proof(
    proof: Annotated[Path, typer.Argument(help="File that `wayseal ledger prove` or `purge` wrote.", metavar="PROOF")],
    key: Annotated[list[Path], PUBLIC_KEY],
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            help="Of a purge: the checkpoint that was signed right after it, where the proof has none; may be given "
            "more than once."
        ),
    ] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Check a proof of a read or of a purge with nothing but the public key of whoever keeps the checkpoints.

    It shows the read; or of a purge what went, who did it and why. Which of the two it is, the file says.

    \b
    wayseal ledger verify-proof a17.proof --key keeper.key.pub
    wayseal ledger verify-proof purge.proof --checkpoint after.checkpoint --key keeper.key.pub
    """
    keys = [parse_key_file(path, VerifyKey.parse) for path in key]
    content, notes = proof.read_bytes(), [path.read_bytes() for path in checkpoint or ()]
    try:
        if retention.is_purge_proof(content):
            lines = describe_purge(retention.verify_purge(content, keys, notes), lang)
        else:
            lines = describe_proven(verify(content, keys), lang)
    except WaysealError as error:
        error.at(file=proof)
        raise
    for line in lines:
        typer.echo(line)
