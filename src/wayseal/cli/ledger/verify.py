"""`wayseal ledger verify`: whether a ledger is what it was."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._key_files import parse_key_file
from wayseal.cli._loading import require_extra
from wayseal.cli._options import (
    PUBLIC_KEY,
    Lang,
    LangOption,
    LedgerArgument,
    OutputFormat,
    OutputFormatOption,
    QuietOption,
)
from wayseal.cli._progress import ProgressCallback, progress_bars
from wayseal.cli._words.ledger import LEDGER_TEXTS
from wayseal.ledger import integrity
from wayseal.ledger.integrity import Verification
from wayseal.merkle import VerifyKey
from wayseal.merkle.findings import Finding
from wayseal.model.messages import filled

if TYPE_CHECKING:
    from wayseal.cli._vault_verification import ProjectionCheck


def verify(
    ledger: LedgerArgument,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="An older checkpoint that must still hold; may be given more than once.")
    ] = None,
    key: Annotated[list[Path] | None, PUBLIC_KEY] = None,
    vault: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the vault whose [log](disclosure-log.md#the-analytics-ledger) it is a projection of: that "
            "log is verified too, and every disclosure compared with its row."
        ),
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Check every file, row, tile and checkpoint of a ledger, and name each that is not what it was.

    It ends with 0 only if all is what it was.

    \b
    wayseal ledger verify ledger
    wayseal ledger verify ledger --checkpoint 2026-03-01.checkpoint --key keeper.key.pub
    wayseal ledger verify ledger --vault vault
    """
    if checkpoint and not key:
        raise WrongUsageError("a checkpoint needs the public key of whoever signed it", param_hint="--key")
    keys = [parse_key_file(path, VerifyKey.parse) for path in key or ()]
    notes = [(path, path.read_bytes()) for path in checkpoint or ()]
    with progress_bars(quiet) as progress:
        found = integrity.verify(ledger, notes, keys, progress)
        projection = None if vault is None else _check_projection(vault, ledger, progress)
    if format is OutputFormat.JSON:
        typer.echo(verification_json(found, None if projection is None else projection.as_json()))
    else:
        for line in verification_lines(found, ledger, LEDGER_TEXTS[lang]):
            typer.echo(line)
        for line in () if projection is None else projection.lines(lang):
            typer.echo(line)
    codes = [found.exit_code, 0 if projection is None else projection.exit_code]
    if any(codes):
        raise typer.Exit(min(code for code in codes if code))


def _check_projection(vault: Path, ledger: Path, progress: ProgressCallback) -> "ProjectionCheck":
    with require_extra("vault"):
        from wayseal.cli._vault_verification import compare_projection
    return compare_projection(vault, ledger, progress)


def verification_lines(found: Verification, ledger: Path, words: Mapping[str, str]) -> Iterator[str]:
    """A verification, a line each thing."""
    yield filled(words["ledger"], ledger=ledger, origin=found.origin)
    yield filled(words["tree"], size=found.size, root=found.root)
    looked = "looked_less" if found.rows is None else "looked"
    yield filled(words[looked], files=found.files, tiles=found.tiles, rows=found.rows or 0)
    for kept in found.checkpoints:
        yield filled(words["kept"], where=kept.where, size=kept.size, keys=", ".join(kept.keys))
    if not found.findings:
        yield words["fine"]
        if not found.checkpoints:
            yield words["alone"]
        return
    yield filled(words["bad"], count=len(found.findings))
    for finding in found.findings:
        yield f"  {finding.where}: {describe_finding(finding, words)}"


def describe_finding(finding: Finding, words: Mapping[str, str]) -> str:
    """What is wrong with a file."""
    return filled(words[finding.code], **finding.values)


def verification_json(found: Verification, vault: Mapping[str, object] | None = None) -> str:
    """A verification for programs. vault: what comparing with a vault's log has found."""
    content: dict[str, object] = {
        "origin": found.origin,
        "size": found.size,
        "root": found.root,
        "digest": found.digest,
        "files": found.files,
        "tiles": found.tiles,
        "rows": found.rows,
        "checkpoints": [
            {
                "file": k.where,
                "size": k.size,
                "root": k.root.hex(),
                "keys": list(k.keys),
                "consistency": [h.hex() for h in k.proof],
            }
            for k in found.checkpoints
        ],
        "findings": [{"code": f.code.value, "file": f.where, **f.values} for f in found.findings],
    }
    if vault is not None:
        content["vault"] = vault
    return json.dumps(content, ensure_ascii=False, indent=1)
