"""What a detector is: it says which reads are odd, out of how many; all else is the same for all.

Obligations (held for every detector by tests/detect/test_conformance.py, which finds them by itself):
1. A pure function of the view: no clock, no chance, no files; the same rows in another order say the same.
2. 0 <= odd, 0 <= base, and no odd read where there is no base.
3. What it counts on a day hangs on that day and those before it, never on later ones.
4. It stands an empty view, one account, days without reads, accounts and waybills that no table knows.
5. What it needs and doesn't find makes it silent, and it is said (`needs`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.detect._view import View

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


CELLS = ("clock", "kind", "value", "action", "purpose", "fields")
"""Hour of the local day; 0 device or 1 address and its key; action; keys of purpose and fields, as in the view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """What a detector counts: odd int64 (a, d) out of base float64 (a, d).

    suspects: bool (n,), which of the view's suspects are the odd reads, where they are such; None for other reads.
    cells: where the odd reads lie that are no suspects: actor and day (places in the view), and of `CELLS` those by
    which it counts.
    least: nats that an account has for four weeks at the least once it has an odd read.
    among: bool (n,), the suspects that base counts, where it does. weak: the odd reads have a weak explanation.
    """

    odd: Longs
    base: Floats
    suspects: Flags | None = None
    cells: pa.Table | None = None
    least: float = 0.0
    weak: bool = False
    among: Flags | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A detector: its name (public, stands in reports), what it needs and how it counts.

    needs: tables, or columns of reads as `accesses.device`; any of those between bars ("waybills|scans").
    """

    name: str
    needs: tuple[str, ...]
    count: Callable[[View], Odd]


def explained_beside(view: View, odd: Longs) -> Floats:
    """float64 (a, d): the account's other first reads that are judged one by one, and as many again as are typical.

    Mistakes and favours come with the work, but with being there, too.
    """
    judged = view.first - view.mandate
    base: Floats = np.where(judged > 0, judged - odd + _typical(view, judged, judged - odd), 0.0)
    return base


def _typical(view: View, judged: Longs, explained: Longs) -> Floats:
    """float64 (a, d): the middle of the peers' explained first reads on the days up to each; at least 1."""
    groups = int(view.group.max(initial=-1)) + 1
    out = np.ones((groups, view.shape[1]))
    for group in range(groups):
        mine = view.group == group
        active, counts = judged[mine] > 0, explained[mine]
        for day in range(view.shape[1]):
            if (some := counts[:, : day + 1][active[:, : day + 1]]).size:
                out[group, day] = max(1.0, float(np.median(some)))
    typical: Floats = out[view.group]
    return typical
