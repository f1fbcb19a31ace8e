"""`wayseal ledger`: checkpoints, verification and proofs of reads."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._loading import require_extra
from wayseal.cli._options import PUBLIC_KEY, LedgerArgument, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._output import ProgressCallback, print_json, print_lines, progress_bars, write_private, write_text
from wayseal.cli._texts import _, echo
from wayseal.cli.proofs import parse_key_file
from wayseal.merkle import SigningKey, VerifyKey
from wayseal.model.errors import Finding

if TYPE_CHECKING:
    from wayseal.cli.vault_verify import ProjectionCheck
    from wayseal.ledger.integrity import Verification


SEED_SIZE = 32


def ledger_key_new(
    out: Annotated[
        Path,
        typer.Option(
            help="Write the private key here, readable by you alone, and the public one beside it, with `.pub`."
        ),
    ],
    name: Annotated[str, typer.Option(help="The name under which it signs, without spaces and plus signs.")] = "keeper",
) -> None:
    """Make a pair of keys for signing checkpoints.

    Whoever keeps checkpoints makes it, not who runs the ledger. A file that is there is never overwritten.

    \b
    wayseal ledger key new --out keeper.key
    """
    key = SigningKey(name=name, seed=os.urandom(SEED_SIZE))
    public = out.with_name(f"{out.name}.pub")
    write_private(out, f"{key.to_text()}\n")
    write_text(public, f"{key.verify_key}\n")
    echo(
        "private key: {private} (keep it to yourself); public key: {public}; id {key}",
        private=out,
        public=public,
        key=f"{name}+{key.verify_key.id}",
    )


def ledger_checkpoint(
    ledger: LedgerArgument,
    key: Annotated[Path, typer.Option(help="The private key to sign with.", dir_okay=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the checkpoint here.")],
) -> None:
    """Sign what the ledger is now: its id, the size of its tree, its root.

    Let somebody keep the file who can't write to the ledger; [tamper evidence](ledger.md#tamper-evidence) says why.

    \b
    wayseal ledger checkpoint ledger --key keeper.key --out 2026-03-01.checkpoint
    """
    signing = parse_key_file(key, SigningKey.parse)
    from wayseal.ledger.integrity import present_checkpoint

    point = present_checkpoint(ledger)
    write_text(out, signing.sign(point.to_text()))
    echo(
        "{out}: {origin}, {size:,} {size:leaf|leaves}. Let somebody keep it who can't write to the ledger.",
        out=out,
        origin=point.origin,
        size=point.size,
    )


def ledger_verify(
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
    quiet: QuietOption = False,
) -> None:
    """Check every file, row, tile and checkpoint of a ledger, and name each that is not what it was.

    It ends with 0 only if all is what it was.

    \b
    wayseal ledger verify ledger
    wayseal ledger verify ledger --checkpoint 2026-03-01.checkpoint --key keeper.key.pub
    wayseal ledger verify ledger --vault vault
    """
    from wayseal.ledger.integrity import verify as verify_ledger

    if checkpoint and not key:
        raise WrongUsageError("a checkpoint needs the public key of whoever signed it", param_hint="--key")
    keys = [parse_key_file(path, VerifyKey.parse) for path in key or ()]
    notes = [(path, path.read_bytes()) for path in checkpoint or ()]
    with progress_bars(quiet) as progress:
        found = verify_ledger(ledger, notes, keys, progress)
        projection = None if vault is None else _check_projection(vault, ledger, progress)
    if format is OutputFormat.JSON:
        print_json(verification_json(found, None if projection is None else projection.as_json()))
    else:
        print_lines(verification_lines(found, ledger))
        print_lines(() if projection is None else projection.lines())
    codes = [found.exit_code, 0 if projection is None else projection.exit_code]
    if any(codes):
        raise typer.Exit(min(code for code in codes if code))


def _check_projection(vault: Path, ledger: Path, progress: ProgressCallback) -> "ProjectionCheck":
    with require_extra("vault"):
        from wayseal.cli.vault_verify import compare_projection
    return compare_projection(vault, ledger, progress)


def verification_lines(found: "Verification", ledger: Path) -> Iterator[str]:
    """A verification, a line each thing."""
    yield _("Ledger: {ledger} ({origin})", ledger=ledger, origin=found.origin)
    yield _("Tree: {size:,} {size:leaf|leaves}, root {root}", size=found.size, root=found.root)
    yield _(
        "Checked: {files:,} {files:file|files}, {tiles:,} {tiles:tile|tiles}, and no reads because of what follows"
        if found.rows is None
        else "Checked: {files:,} {files:file|files}, {tiles:,} {tiles:tile|tiles}, {rows:,} {rows:read|reads}",
        files=found.files,
        tiles=found.tiles,
        rows=found.rows or 0,
    )
    for kept in found.checkpoints:
        yield _(
            "Checkpoint {where}: holds. {size:,} {size:leaf|leaves}, signed by {keys}; the tree goes on from it",
            where=kept.where,
            size=kept.size,
            keys=", ".join(kept.keys),
        )
    if not found.findings:
        yield _("Nothing was changed.")
        if not found.checkpoints:
            yield _(
                "No checkpoint was given: the ledger agrees with itself, but whoever can write to it could have made "
                "it so. Compare it with one that somebody else keeps."
            )
        return
    yield _("{count:,} {count:finding|findings}:", count=len(found.findings))
    for finding in found.findings:
        yield f"  {finding.where}: {describe_finding(finding)}"


def describe_finding(finding: Finding) -> str:
    """Describe a finding on a file."""
    from wayseal.ledger.integrity import FINDING_TEXTS

    return _(FINDING_TEXTS[finding.code], **finding.values)


def verification_json(found: "Verification", vault: Mapping[str, object] | None = None) -> dict[str, object]:
    """A verification for programs. vault: what comparing with a vault's log has found."""
    return {
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
        **({} if vault is None else {"vault": vault}),
    }


Note = Annotated[
    Path,
    typer.Option(
        "--checkpoint", help="A signed checkpoint of this ledger, from after the read came in.", dir_okay=False
    ),
]


def ledger_prove(
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
) -> None:
    """Prove that one read stands in the ledger, to somebody who doesn't have it, and tell nothing of other reads.

    Of other reads the proof holds salted hashes and nothing else.

    \b
    wayseal ledger prove ledger --access a17 --checkpoint 2026-03-01.checkpoint --out a17.proof
    wayseal ledger prove ledger --read 0:42 --checkpoint 2026-03-01.checkpoint --out read.proof
    """
    from wayseal.ledger.integrity import prove

    if (access is None) == (read is None):
        raise WrongUsageError("give one of --access and --read", param_hint="--read")
    place = None if read is None else _parse_place(read)
    proof = prove(ledger, access, waybill, checkpoint.read_bytes(), place=place)
    write_text(out, proof.to_json())
    echo("{out}: leaf {leaf:,}", out=out, leaf=proof.leaf)


def _parse_place(text: str) -> tuple[int, int]:
    """Source and row out of "source:row"; BadParameter where it is none."""
    found = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,18})", text)
    if found is None:
        raise WrongUsageError("is not a source and a row such as 0:42", param_hint="--read")
    return int(found[1]), int(found[2])
