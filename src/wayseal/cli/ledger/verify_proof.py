"""`wayseal ledger verify-proof`: the proof of a read or of a purge."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._key_files import parse_key_file
from wayseal.cli._options import PUBLIC_KEY, Lang, LangOption
from wayseal.cli._words.ledger import LEDGER_TEXTS
from wayseal.cli._words.retention import RETENTION_TEXTS
from wayseal.ledger import integrity, retention
from wayseal.ledger.errors import LedgerError
from wayseal.ledger.retention import VerifiedPurge
from wayseal.merkle import MerkleError, VerifyKey
from wayseal.model.messages import filled


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
            lines = purge_lines(retention.verify_purge(content, keys, notes), lang)
        else:
            lines = proven_lines(integrity.verify_proof(content, keys), LEDGER_TEXTS[lang])
    except (MerkleError, LedgerError) as error:
        error.at(file=proof)
        raise
    for line in lines:
        typer.echo(line)


def proven_lines(proven: integrity.VerifiedRead, words: Mapping[str, str]) -> Iterator[str]:
    """What a proof has shown."""
    point = proven.checkpoint
    yield filled(words["holds"], origin=point.origin, size=point.size, keys=", ".join(proven.keys))
    width = max(map(len, proven.read))
    for name, value in proven.read.items():
        yield f"  {name:<{width}}  {words['none'] if value is None else value}"


def purge_lines(proven: VerifiedPurge, lang: str) -> Iterator[str]:
    """What the proof of a purge has shown, and what it can't."""
    words, purge = RETENTION_TEXTS[lang], proven.purge
    yield words["proven"].format(
        origin=proven.later.origin, earlier=proven.earlier.size, later=proven.later.size, keys=", ".join(proven.keys)
    )
    yield words["proven_what"].format(
        reads=purge.reads, waybills=purge.waybills, before=purge.before, segments=len(purge.segments)
    )
    yield words["proven_who"].format(who=purge.who, at=purge.at, why=purge.why)
    if purge.below_minimum:
        yield words["proven_below"]
    if purge.held:
        yield words["proven_held"].format(held=purge.held)
    yield words["proven_not"]
