"""`wayseal ledger`: keys, checkpoints, verification, proofs, upgrade; what keeps it in order is beside."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wayseal.cli._backup import backup, restore
from wayseal.cli._compact import compact
from wayseal.cli._doctor import doctor
from wayseal.cli._keys import parsed
from wayseal.cli._ledger_says import (
    LedgerFormat,
    LedgerFormatOption,
    proven_lines,
    verification_json,
    verification_lines,
)
from wayseal.cli._ledger_words import LEDGER_TEXTS
from wayseal.cli._options import Lang, LangOption, LedgerArgument, Quiet
from wayseal.cli._progress import ProgressCallback, progress_bars
from wayseal.cli._purge import purge
from wayseal.cli._purge_proven import purge_lines
from wayseal.cli._reads import place_of, reads
from wayseal.cli._server_parts import server_parts
from wayseal.cli._words import filled
from wayseal.cli._write import write_text
from wayseal.ledger import integrity, retention
from wayseal.ledger.errors import LedgerError
from wayseal.merkle import MerkleError, SigningKey, VerifyKey

if TYPE_CHECKING:
    from wayseal.cli._vault_compared import Compared

SEED_SIZE = 32
PRIVATE = 0o600

app = typer.Typer(help="Checkpoints, verification, proofs, backups. 检查点、校验、证明、备份。", no_args_is_help=True)
key_app = typer.Typer(help="Keys that sign checkpoints. 检查点的签名密钥。", no_args_is_help=True)
app.add_typer(key_app, name="key")

Keys = Annotated[
    list[Path],
    typer.Option("--key", help="Public key (the file that ends in .pub); more than one where keys were rotated."),
]
Note = Annotated[Path, typer.Option("--checkpoint", help="A signed checkpoint of this ledger.", dir_okay=False)]


@key_app.command(name="new")
def new_key(
    out: Annotated[Path, typer.Option(help="Write the private key here and the public one beside it, with .pub.")],
    name: Annotated[str, typer.Option(help="Under which name it signs: no space, no plus sign.")] = "keeper",
    lang: LangOption = Lang.EN,
) -> None:
    """Make a pair of keys for signing checkpoints. Whoever keeps checkpoints makes it, not who runs the ledger.

    \b
    wayseal ledger key new --out keeper.key
    """
    key = SigningKey(name=name, seed=os.urandom(SEED_SIZE))
    public = out.with_name(f"{out.name}.pub")
    _write_private(out, f"{key.to_text()}\n")
    write_text(public, f"{key.verify_key}\n")
    typer.echo(filled(LEDGER_TEXTS[lang]["key_made"], private=out, public=public, key=f"{name}+{key.verify_key.id}"))


@app.command()
def checkpoint(
    ledger: LedgerArgument,
    key: Annotated[Path, typer.Option(help="The private key to sign with.", dir_okay=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the checkpoint here.")],
    lang: LangOption = Lang.EN,
) -> None:
    """Sign what the ledger is now: its id, the size of its tree, its root. Let another administrator keep it.

    \b
    wayseal ledger checkpoint ledger --key keeper.key --out 2026-03-01.checkpoint
    """
    signing = parsed(key, SigningKey.parse)
    point = integrity.present_checkpoint(ledger)
    write_text(out, signing.sign(point.to_text()))
    typer.echo(filled(LEDGER_TEXTS[lang]["signed"], out=out, origin=point.origin, size=point.size))


@app.command()
def verify(
    ledger: LedgerArgument,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="An older checkpoint that must still hold; may be given again.")
    ] = None,
    key: Keys | None = None,
    vault: Annotated[
        Path | None, typer.Option(help="Vault whose log it was projected from: verify that log too, and compare.")
    ] = None,
    format: LedgerFormatOption = LedgerFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Check every file, row, tile and checkpoint of a ledger, and name each that is not what it was.

    \b
    wayseal ledger verify ledger
    wayseal ledger verify ledger --checkpoint 2026-03-01.checkpoint --key keeper.key.pub
    wayseal ledger verify ledger --vault vault
    """
    if checkpoint and not key:
        raise typer.BadParameter("a checkpoint needs the public key of whoever signed it", param_hint="--key")
    keys = [parsed(path, VerifyKey.parse) for path in key or ()]
    notes = [(path, path.read_bytes()) for path in checkpoint or ()]
    with progress_bars(quiet) as progress:
        found = integrity.verify(ledger, notes, keys, progress)
        compared = None if vault is None else _compared(vault, ledger, progress)
    if format is LedgerFormat.JSON:
        typer.echo(verification_json(found, None if compared is None else compared.as_json()))
    else:
        for line in verification_lines(found, ledger, LEDGER_TEXTS[lang]):
            typer.echo(line)
        for line in () if compared is None else compared.lines(lang):
            typer.echo(line)
    codes = [found.exit_code, 0 if compared is None else compared.exit_code]
    if any(codes):
        raise typer.Exit(min(code for code in codes if code))


def _compared(vault: Path, ledger: Path, progress: ProgressCallback) -> "Compared":
    with server_parts():
        from wayseal.cli._vault_compared import compared  # noqa: PLC0415 (needs the packages of the vault)
    return compared(vault, ledger, progress)


app.command(name="reads")(reads)


@app.command()
def prove(
    ledger: LedgerArgument,
    checkpoint: Note,
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the proof here.")],
    access: Annotated[str | None, typer.Option(help="Id of the read (column `access`).")] = None,
    read: Annotated[str | None, typer.Option(help="Or its source and row, as `wayseal ledger reads` has it.")] = None,
    waybill: Annotated[str | None, typer.Option(help="Its waybill: quicker, and needed where ids repeat.")] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Prove that one read stands in the ledger, to somebody who doesn't have it, and tell nothing of other reads.

    \b
    wayseal ledger prove ledger --access a17 --checkpoint 2026-03-01.checkpoint --out a17.proof
    wayseal ledger prove ledger --read 0:42 --checkpoint 2026-03-01.checkpoint --out read.proof
    """
    if (access is None) == (read is None):
        raise typer.BadParameter("give one of --access and --read", param_hint="--read")
    place = None if read is None else place_of(read)
    proof = integrity.prove(ledger, access, waybill, checkpoint.read_bytes(), place=place)
    write_text(out, proof.to_json())
    typer.echo(filled(LEDGER_TEXTS[lang]["proof_made"], out=out, leaf=proof.leaf))


@app.command(name="verify-proof")
def verify_proof(
    proof: Annotated[Path, typer.Argument(help="File that `wayseal ledger prove` or `purge` wrote.", metavar="PROOF")],
    key: Keys,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="Of a purge: the checkpoint after it, where the proof has none.")
    ] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Check a proof of a read or of a purge with nothing but the public key of whoever keeps the checkpoints.

    \b
    wayseal ledger verify-proof a17.proof --key keeper.key.pub
    wayseal ledger verify-proof purge.proof --checkpoint after.checkpoint --key keeper.key.pub
    """
    keys = [parsed(path, VerifyKey.parse) for path in key]
    content, notes = proof.read_bytes(), [path.read_bytes() for path in checkpoint or ()]
    try:
        if retention.is_purge_proof(content):
            lines = purge_lines(retention.verify_purge(content, keys, notes), lang)
        else:
            lines = proven_lines(integrity.verify_proof(content, keys), LEDGER_TEXTS[lang])
    except (MerkleError, LedgerError) as error:
        error.args = (f"{proof}: {error}",)
        raise
    for line in lines:
        typer.echo(line)


@app.command()
def upgrade(ledger: LedgerArgument, lang: LangOption = Lang.EN, quiet: Quiet = False) -> None:
    """Give a ledger of an older version its id and its tree. Its digest and its answers stay the same.

    \b
    wayseal ledger upgrade ledger
    """
    with progress_bars(quiet) as progress:
        done = integrity.upgrade(ledger, progress=progress)
    typer.echo(LEDGER_TEXTS[lang]["upgraded" if done else "no_upgrade"])


app.command()(backup)
app.command()(restore)
app.command()(doctor)
app.command()(purge)
app.command()(compact)


def _write_private(path: Path, text: str) -> None:
    """A new file for its owner alone; one that is there is left as it is."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
