"""Proofs out of a ledger or a vault's log, in the form in which they are handed on, and whether they hold.

docs/reference/proofs.md defines every byte. Nothing here needs more than Python and `cryptography`: what a court is
shown is checked by little code that little else can break. `python -m wayseal.proofs` is the room's own command.
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.proofs.entries import EntryProof, ProvenEntry
    from wayseal.proofs.growth import GrowthProof, ProvenGrowth
    from wayseal.proofs.kinds import verify
    from wayseal.proofs.reads import ProvenRead, ReadProof

__all__ = ["EntryProof", "GrowthProof", "ProvenEntry", "ProvenGrowth", "ProvenRead", "ReadProof", "verify"]

__getattr__ = load_when_asked(
    __name__,
    {
        "EntryProof": "entries",
        "GrowthProof": "growth",
        "ProvenEntry": "entries",
        "ProvenGrowth": "growth",
        "ProvenRead": "reads",
        "ReadProof": "reads",
        "verify": "kinds",
    },
)
