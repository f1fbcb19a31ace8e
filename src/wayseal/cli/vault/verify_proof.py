"""`wayseal vault verify-proof`: a proof, checked with public keys alone."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._key_files import parse_key_file
from wayseal.cli._options import Lang, LangOption
from wayseal.cli._proof_view import describe_proven
from wayseal.merkle import VerifyKey
from wayseal.model.errors import WaysealError
from wayseal.proofs import verify


def verify_proof(
    proof: Annotated[
        Path,
        typer.Argument(
            help="File that `wayseal vault prove` or `prove-growth` wrote, or that the service gave.", metavar="PROOF"
        ),
    ],
    key: Annotated[
        list[Path], typer.Option("--key", help="Public key of the vault (a file); may be given several times.")
    ],
    lang: LangOption = Lang.EN,
) -> None:
    """Check a proof with nothing but the vault's public key.

    The proof is of an entry or of growth; no vault is needed.

    \b
    wayseal vault verify-proof disclosure.proof --key vault.pub
    wayseal vault verify-proof growth.proof --key vault.pub
    """
    keys = [parse_key_file(path, VerifyKey.parse) for path in key]
    content = proof.read_bytes()
    try:
        lines = describe_proven(verify(content, keys), lang)
    except WaysealError as error:
        error.at(file=proof)
        raise
    for line in lines:
        typer.echo(line)
