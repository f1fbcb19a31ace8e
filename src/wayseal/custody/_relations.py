"""How an outlet stands to a parcel now: the one definition for policy and detection, after the stays of `_stays`.

Obligations (code and tests cite the numbers):
1. The present stay of a parcel is its last one in `stays`, and nothing else: a parcel without scans has none.
2. An outlet holds a parcel while its stay is open and shows no depart. After a depart it has sent the parcel on; the
   parcel stays its work until another outlet scans it (obligation 1 of stays).
3. A delivery ends every relation but one: the outlet that delivered has left it behind. How long that still opens
   anything is the purpose's business; there is no clock here.
4. The planned origin is one until another outlet scans the parcel, and again when the parcel came back to it. The
   planned destination is one from the plan on. A plan alone says nothing of an outlet that isn't planned.
5. What is not known is no relation: an outlet without an id stands to no parcel.
6. A parcel of one's own (whoever asks had sealed it) is no matter of outlets: it neither needs nor makes one.
"""

from enum import StrEnum
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from wayseal.custody._stays import stays

_HOUR = 3_600_000_000


class Relation(StrEnum):
    """How an actor's outlet stands to a parcel; several may hold at once."""

    HOLDS = "holds"
    """It has the parcel."""
    SENT = "sent"
    """It sent the parcel on, and nobody else has scanned it yet."""
    LEFT = "left"
    """It delivered the parcel."""
    ORIGIN = "origin"
    """The plan begins with it, and no other outlet has scanned the parcel since."""
    DESTINATION = "destination"
    """The plan ends with it, and the parcel is not delivered."""
    OWN = "own"
    """Whoever asks sealed the parcel: it is a merchant's or platform's own."""


class State(StrEnum):
    """How far a parcel is."""

    ISSUED = "issued"
    HELD = "held"
    ON_THE_WAY = "on_the_way"
    DELIVERED = "delivered"


class Standing(NamedTuple):
    """A parcel's present stay and its plan; a tuple, since one is made for each waybill asked for.

    Attributes:
        outlet: Where it is or was last; None before the first scan.
        until: End of that stay, microseconds since 1970 in UTC; None while it is open.
        departed: Last depart scan of the stay, likewise; None if there was none.
        origin: Outlet with which the plan begins.
        destination: Outlet with which the plan ends.
    """

    outlet: str | None
    until: int | None
    departed: int | None
    origin: str | None
    destination: str | None

    @property
    def state(self) -> State:
        """How far it is."""
        if self.outlet is None:
            return State.ISSUED
        if self.until is not None:
            return State.DELIVERED
        return State.HELD if self.departed is None else State.ON_THE_WAY

    def hours_since_delivery(self, at: int) -> int:
        """Hours begun from its delivery to a moment.

        Args:
            at: The moment, microseconds since 1970.

        Returns:
            0 before it, and for a parcel that is not delivered.
        """
        if self.outlet is None or self.until is None:
            return 0
        return max(0, -((self.until - at) // _HOUR))


# Every set once: the same few go into every decision, and a frozenset keeps its hash.
_BITS = {relation: 1 << place for place, relation in enumerate(Relation)}
_SETS = tuple(frozenset(r for r, bit in _BITS.items() if bit & mask) for mask in range(1 << len(Relation)))
_HOLDS, _SENT, _LEFT, _ORIGIN, _DESTINATION, _OWN = _BITS.values()


def relations(outlet: str | None, parcel: Standing, *, own: bool = False) -> frozenset[Relation]:
    """How an outlet stands to a parcel (obligations 2 to 6).

    Args:
        outlet: The outlet of whoever asks; None: they have none.
        parcel: How the parcel stands.
        own: Whether whoever asks sealed it.

    Returns:
        All relations that hold; none if nothing does.
    """
    mask = _OWN if own else 0
    if outlet is None:
        return _SETS[mask]
    here, until, departed, origin, destination = parcel
    if here is not None and until is not None:
        return _SETS[mask | _LEFT] if here == outlet else _SETS[mask]
    if here == outlet:
        mask |= _HOLDS if departed is None else _SENT
    if origin == outlet and (here is None or here == outlet):
        mask |= _ORIGIN
    if destination == outlet:
        mask |= _DESTINATION
    return _SETS[mask]


def present(scans: pa.Table, waybills: pa.Table | None = None) -> pa.Table:
    """The present stay of each parcel with a scan (obligation 1).

    Args:
        scans: As `stays` takes them.
        waybills: As `stays` takes them.

    Returns:
        Rows and columns as `stays` gives them, one row a parcel.
    """
    table = stays(scans, waybills)
    if not len(table):
        return table
    parcel = table["waybill"].combine_chunks()
    last = pc.not_equal(parcel.slice(0, len(parcel) - 1), parcel.slice(1))
    return table.filter(pa.concat_arrays([last, pa.array([True])]))
