"""Which kind of proof a file is."""

from collections.abc import Callable, Sequence

from wayseal.merkle.checkpoint import VerifyKey
from wayseal.proofs._fields import read_json
from wayseal.proofs.entries import FORMAT as ENTRY
from wayseal.proofs.entries import ProvenEntry, verify_entry
from wayseal.proofs.errors import ProofError
from wayseal.proofs.growth import FORMAT as GROWTH
from wayseal.proofs.growth import ProvenGrowth, verify_growth
from wayseal.proofs.reads import FORMAT as READ
from wayseal.proofs.reads import ProvenRead, verify_read
from wayseal.proofs.reports import FORMAT as REPORT
from wayseal.proofs.reports import ProvenReport, verify_report

Proven = ProvenRead | ProvenEntry | ProvenGrowth | ProvenReport

_CHECKS: dict[str, Callable[[bytes, Sequence[VerifyKey]], Proven]] = {
    READ: verify_read,
    ENTRY: verify_entry,
    GROWTH: verify_growth,
    REPORT: verify_report,
}


def verify(content: bytes, keys: Sequence[VerifyKey]) -> Proven:
    """Checks a proof of whatever kind it is with nothing but public keys.

    Args:
        content: The file.
        keys: Keys that are trusted.

    Returns:
        What it has shown.

    Raises:
        ProofError: It is no proof of these kinds.
        ProofFailsError: It doesn't hold.
        MerkleError: Its checkpoint is none; UnknownKeyError: others signed it; OtherOriginError: they are of two logs.
    """
    try:
        said = [name for name in _CHECKS if name in read_json(content)]
    except ValueError:
        said = []
    if len(said) != 1:
        raise ProofError("this is no proof of a read, of an entry, of growth or of a report")
    return _CHECKS[said[0]](content, keys)
