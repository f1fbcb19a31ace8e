"""Retention: purging what is older than a day, with its proof, and compaction.

`PurgeReport` and `CompactReport` say what was done; `Hooks` carries progress.
"""

from wayseal.ledger._rewrite import Hooks
from wayseal.ledger.retention._compact import CompactReport, compact
from wayseal.ledger.retention._purge import LEGAL_DAYS, PurgeOrder, PurgeReport, plan_purge, purge
from wayseal.ledger.retention._purge_proof import (
    VerifiedPurge,
    check_checkpoint,
    is_purge_proof,
    prove_purge,
    verify_purge,
)

__all__ = [
    "LEGAL_DAYS",
    "CompactReport",
    "Hooks",
    "PurgeOrder",
    "PurgeReport",
    "VerifiedPurge",
    "check_checkpoint",
    "compact",
    "is_purge_proof",
    "plan_purge",
    "prove_purge",
    "purge",
    "verify_purge",
]
