"""Retention: purging what is older than a day, with its proof, and compaction.

`PurgeReport` and `CompactReport` say what was done; `Hooks` carries progress. A proof of a purge is checked without
what a purge needs: `VerifiedPurge`, `is_purge_proof` and `verify_purge` load neither arrays nor the compiler.
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.ledger._rewrite import Hooks
    from wayseal.ledger.retention._purge import (
        LEGAL_DAYS,
        CompactReport,
        PurgeOrder,
        PurgeReport,
        check_checkpoint,
        compact,
        plan_purge,
        prove_purge,
        purge,
    )
    from wayseal.ledger.retention._purge_proof import VerifiedPurge, is_purge_proof, verify_purge

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

__getattr__ = load_when_asked(
    __name__,
    {
        "LEGAL_DAYS": "_purge",
        "CompactReport": "_purge",
        "Hooks": "_purge",
        "PurgeOrder": "_purge",
        "PurgeReport": "_purge",
        "VerifiedPurge": "_purge_proof",
        "check_checkpoint": "_purge",
        "compact": "_purge",
        "is_purge_proof": "_purge_proof",
        "plan_purge": "_purge",
        "prove_purge": "_purge",
        "purge": "_purge",
        "verify_purge": "_purge_proof",
    },
)
