"""Tamper evidence: verification, and proofs of single reads, which `wayseal.proofs` checks.

`present_checkpoint` is what a key then signs; the trees themselves are `wayseal.merkle`'s.
"""

from pathlib import Path

from wayseal.ledger._snapshot import open_ledger
from wayseal.ledger._tree import open_tree
from wayseal.ledger.errors import LedgerChangedError
from wayseal.ledger.integrity._prove import prove, prove_many
from wayseal.ledger.integrity._verify import FINDING_TEXTS, Code, HistoryCheck, Verification, check_history, verify
from wayseal.merkle import Checkpoint

__all__ = [
    "FINDING_TEXTS",
    "Code",
    "HistoryCheck",
    "Verification",
    "check_history",
    "present_checkpoint",
    "prove",
    "prove_many",
    "verify",
]


def present_checkpoint(ledger: Path) -> Checkpoint:
    """Return the present checkpoint of the ledger's tree; raises where manifest and tiles don't agree on it."""
    with open_ledger(ledger) as snapshot:
        point = snapshot.checkpoint
        if open_tree(ledger, point.size).root() != point.root:
            raise LedgerChangedError("manifest and tree don't agree: run `wayseal ledger verify`", file=ledger)
        return point
