"""`wayseal vault verify-proof`: a proof, checked with public keys alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._key_files import parse_key_file
from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._view import describe_entry
from wayseal.merkle import MerkleError, VerifyKey
from wayseal.model.messages import filled
from wayseal.vault.errors import VaultError
from wayseal.vault.log.proofs import Grown, Proven, verify_disclosure, verify_growth


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
        if b'"wayseal_growth_proof"' in content[:64]:
            lines = [_describe_growth(verify_growth(content, keys), lang)]
        else:
            lines = list(_disclosure_lines(verify_disclosure(content, keys), lang))
    except (MerkleError, VaultError) as error:
        error.at(file=proof)
        raise
    for line in lines:
        typer.echo(line)


def _describe_growth(grown: Grown, lang: Lang) -> str:
    old, new = grown.old, grown.new
    text = VAULT_TEXTS[lang]["grown"]
    return filled(text, origin=new.origin, old=old.size, new=new.size, keys=", ".join(grown.keys))


def _disclosure_lines(proven: Proven, lang: Lang) -> Iterator[str]:
    point = proven.checkpoint
    text = VAULT_TEXTS[lang]["proven"]
    yield filled(text, seq=proven.index, origin=point.origin, size=point.size, keys=", ".join(proven.keys))
    for name, value in describe_entry(proven.entry).items():
        yield f"  {name:<8}  {value}"
