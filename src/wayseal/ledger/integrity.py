"""Tamper evidence: checkpoints, verification, proofs of single reads, and the upgrade of ledgers that have no tree."""

from wayseal.ledger._findings import Code, Finding, Kept, Verification
from wayseal.ledger._upgrade import upgrade
from wayseal.ledger._verify import verify

__all__ = ["Code", "Finding", "Kept", "Verification", "upgrade", "verify"]
