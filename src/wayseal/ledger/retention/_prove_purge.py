"""Making the proof of a purge (`_purge_proof`) out of a ledger."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wayseal.ledger._manifest import Manifest, load_manifest
from wayseal.ledger._tree import open_tree
from wayseal.ledger.errors import LedgerChangedError
from wayseal.ledger.integrity import Code, check_history
from wayseal.ledger.retention._purge_proof import PurgeProof
from wayseal.merkle import Checkpoint
from wayseal.merkle.errors import OtherOriginError


def check_checkpoint(ledger: Path, note: bytes) -> Checkpoint:
    """Read a checkpoint that the ledger goes on from; raises as `prove` does where it doesn't."""
    manifest, point = load_manifest(ledger), Checkpoint.claimed(note)
    code = check_history(ledger, manifest, point).code
    if code is Code.CHECKPOINT_ORIGIN:
        raise OtherOriginError(
            "the checkpoint is of {origin}, the ledger is {own}", origin=point.origin, own=manifest.origin
        )
    if code is not None:
        raise LedgerChangedError("its tree doesn't go on from the checkpoint", file=ledger)
    return point


def prove_purge(ledger: Path, manifests: tuple[Manifest, Manifest], notes: Sequence[str]) -> PurgeProof:
    """The proof of the purge that made the second of these manifests out of the first.

    notes: a signed checkpoint from before it, and one from right after it if there is one already.
    """
    before, after = (replace(m, commits=m.commits[-1:]) for m in manifests)
    tree, earlier = open_tree(ledger, after.size), Checkpoint.claimed(notes[0].encode())
    first, second = (tuple(tree.inclusion(m.size - 1)) for m in (before, after))
    return PurgeProof(
        before=before,
        after=after,
        leaves=(first, second),
        grown=tuple(tree.consistency(before.size)),
        consistency=tuple(tree.consistency(earlier.size)),
        notes=tuple(notes),
    )
