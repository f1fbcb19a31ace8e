"""What a later commit changes of reads that were counted already.

1. A late read may come before one that had the mark of the first read of its pair. The mark moves; the older read,
   which lies in the same merged file, was counted as a first read and is none any more.
2. A new row about a parcel (scan, ticket, waybill) may explain a read that nothing explained: reads kept as suspects
   whose parcel has one are judged again.
"""

import numpy as np
import numpy.typing as npt

from wayseal.detect.facts._tally import Flags, Longs, UInts
from wayseal.model.jit import kernel


@kernel
def _mark_demoted(key: UInts, actor: UInts, first: Flags, fresh: Flags, out: Flags) -> None:
    """Marks the old reads whose pair's first read is a fresh one: the first of them in the order of the file."""
    for i in range(len(key)):
        if not (fresh[i] and first[i]):
            continue
        k = i + 1
        while k < len(key) and key[k] == key[i]:
            if actor[k] == actor[i] and not fresh[k]:
                out[k] = True
                break
            k += 1


def find_demoted(key: UInts, actor: UInts, first: Flags, fresh: Flags) -> Longs:
    """Rows (in the ledger's order) that lost the mark of a first read to a fresh one (rule 1)."""
    out: npt.NDArray[np.bool_] = np.zeros(len(key), np.bool_)
    _mark_demoted(key, actor, first, fresh, out)
    return np.flatnonzero(out)
