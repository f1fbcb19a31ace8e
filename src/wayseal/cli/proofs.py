"""`wayseal ledger verify-proof` and `wayseal vault verify-proof`: what a proof shows, with public keys alone.

Who checks a proof has no ledger, no vault and none of their packages: nothing of them is loaded here.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from wayseal.cli._options import PUBLIC_KEY
from wayseal.cli._output import print_lines
from wayseal.cli._texts import _
from wayseal.ledger import retention
from wayseal.merkle import MerkleError, VerifyKey
from wayseal.model.errors import WaysealError
from wayseal.model.times import iso
from wayseal.page.visible import visible
from wayseal.proofs import ProvenGrowth, ProvenRead, verify
from wayseal.proofs.kinds import Proven
from wayseal.proofs.reports import ProvenReport

if TYPE_CHECKING:
    from wayseal.ledger.retention import VerifiedPurge

T = TypeVar("T")


def parse_key_file(path: Path, parse: Callable[[str], T]) -> T:
    """A key file's content; MerkleError names the file, never what is in it."""
    try:
        return parse(path.read_text(encoding="ascii"))
    except UnicodeDecodeError:
        raise MerkleError("this is no key", file=path) from None
    except MerkleError as error:
        raise error.at(file=path) from None


_NONE = "-"


def describe_proven(proven: Proven) -> Iterator[str]:
    """Lines for a person: that it holds, of what, and what it shows."""
    keys = ", ".join(proven.keys)
    if isinstance(proven, ProvenGrowth):
        old, new = proven.old, proven.new
        yield _(
            "The proof holds: the log {origin} of {new:,} {new:entry|entries} begins with all {old:,} that were in it "
            "before (signed by {keys}).",
            origin=new.origin,
            old=old.size,
            new=new.size,
            keys=keys,
        )
        return
    point = proven.checkpoint
    said = {"origin": point.origin, "size": point.size, "keys": keys}
    if isinstance(proven, ProvenRead):
        yield _(
            "The proof holds: this read stands in {origin} (checkpoint of {size:,} {size:leaf|leaves}, signed by "
            "{keys}).",
            **said,
        )
        shown = {name: _NONE if value is None else str(value) for name, value in proven.read.items()}
    elif isinstance(proven, ProvenReport):
        yield _(
            "The proof holds: this stood in {origin} on {day}, as entry {seq:,} (checkpoint of {size:,} "
            "{size:entry|entries}, signed by {keys}).",
            day=proven.entry["day"],
            seq=proven.index,
            **said,
        )
        shown = describe_report(proven)
    else:
        yield _(
            "The proof holds: this is entry {seq:,} of {origin} (checkpoint of {size:,} {size:entry|entries}, signed "
            "by {keys}).",
            seq=proven.index,
            **said,
        )
        shown = describe_entry(proven.entry)
    width = max(map(len, shown))
    for name, value in shown.items():
        yield f"  {name:<{width}}  {value}"


def describe_purge(proven: "VerifiedPurge") -> Iterator[str]:
    """Describe what the proof of a purge has shown, and what it can't."""
    purge = proven.purge
    earlier, later = proven.earlier, proven.later
    keys = ", ".join(proven.keys)
    yield _(
        "The proof holds: {origin} was purged between checkpoints of {earlier:,} and {later:,} leaves of one history, "
        "signed by {keys}.",
        origin=later.origin,
        earlier=earlier.size,
        later=later.size,
        keys=keys,
    )
    went = {"reads": purge.reads, "waybills": purge.waybills, "before": purge.before}
    yield _(
        "  {reads:,} reads and {waybills:,} waybills first seen before {before} went, in {segments:,} segments; "
        "nothing else was taken away",
        **went,
        segments=len(purge.segments),
    )
    yield _("  by {who}, {at}: {why}", who=purge.who, at=purge.at, why=purge.why)
    if purge.below_minimum:
        yield _("  the legal minimum of six months was set aside")
    if purge.held:
        yield _("  {held:,} waybills stayed because of younger reads", held=purge.held)
    yield _("  It doesn't show that no copy exists, in backups or on a disk.")


def describe_report(proven: ProvenReport) -> dict[str, str]:
    """Describe an entry of a hotline's log and its letter, in the log's own words; nothing of it steers a terminal."""
    letter = proven.letter or {}
    text, files = letter.get("text"), letter.get("files")
    lines = text.split("\n") if isinstance(text, str) else []
    sealed = [one for one in files if isinstance(one, dict)] if isinstance(files, list) else []
    told = {
        **{name: proven.entry[name] for name in ("day", "kind", "digest")},
        "text": "\n    ".join(visible(line) if line else "" for line in lines),
        "files": ", ".join(visible(str(one.get("sha256"))) for one in sealed),
    }
    return {name: value for name, value in told.items() if value}


def describe_entry(entry: Mapping[str, Any]) -> dict[str, str]:
    """Describe an entry of the disclosure log, in the log's own words; its reason stays sealed."""
    told = {
        "at": iso(entry["at"]),
        **{name: entry.get(name) for name in ("kind", "waybill", "actor", "client", "purpose")},
        "fields": ", ".join(f"{name} ({form})" for name, form in entry.get("fields", {}).items()),
        **{name: entry.get(name) for name in ("rule", "policy", "request", "via", "ip")},
        "more": ", ".join(f"{name}: {value}" for name, value in entry.get("more", {}).items()),
    }
    return {name: str(value) for name, value in told.items() if value not in (None, "")}


def ledger_verify_proof(
    proof: Annotated[Path, typer.Argument(help="File that `wayseal ledger prove` or `purge` wrote.", metavar="PROOF")],
    key: Annotated[list[Path], PUBLIC_KEY],
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            help="Of a purge: the checkpoint that was signed right after it, where the proof has none; may be given "
            "more than once."
        ),
    ] = None,
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
            lines = describe_purge(retention.verify_purge(content, keys, notes))
        else:
            lines = describe_proven(verify(content, keys))
    except WaysealError as error:
        error.at(file=proof)
        raise
    print_lines(lines)


def vault_verify_proof(
    proof: Annotated[
        Path,
        typer.Argument(
            help="File that `wayseal vault prove` or `prove-growth` wrote, or that the service gave.", metavar="PROOF"
        ),
    ],
    key: Annotated[
        list[Path], typer.Option("--key", help="Public key of the vault (a file); may be given several times.")
    ],
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
        lines = describe_proven(verify(content, keys))
    except WaysealError as error:
        error.at(file=proof)
        raise
    print_lines(lines)
