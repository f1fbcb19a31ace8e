"""The accounts of a ledger: what `actors` says of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa

from wayseal.detect.explain import Staff
from wayseal.store.columns import microseconds


class AccountState(StrEnum):
    """Of an account at the end of the log: open; opened within the period; closed, or not open yet."""

    OPEN = "open"
    NEW = "new"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecord:
    """A row of `actors`. place: in the staff. opened, closed, trained (until): µs, None where it isn't said."""

    actor: str
    place: int
    kind: str
    role: str
    rights: frozenset[str]
    opened: int | None
    closed: int | None
    trained: int | None

    def state(self, since: int, last: int) -> AccountState:
        """Its state. since: start of the period; last: end of the log (µs)."""
        if (self.closed is not None and self.closed <= last) or (self.opened is not None and self.opened > last):
            return AccountState.CLOSED
        return AccountState.NEW if self.opened is not None and self.opened > since else AccountState.OPEN


def accounts_of(actors: pa.Table, staff: Staff) -> tuple[AccountRecord, ...]:
    """The accounts of `actors` (the contract's form), by id."""
    ids = actors["actor"].to_pylist()
    times = [_times(actors[name]) for name in ("valid_from", "valid_to", "trained_until")]
    columns = [actors[name].to_pylist() for name in ("kind", "role", "rights")]
    places = staff.actors.places(staff.keys(ids)).tolist()
    return tuple(
        AccountRecord(
            actor=actor,
            place=place,
            kind=kind,
            role=role,
            rights=frozenset(rights or ()),
            opened=opened,
            closed=closed,
            trained=trained,
        )
        for actor, place, kind, role, rights, opened, closed, trained in zip(ids, places, *columns, *times, strict=True)
    )


def _times(column: pa.ChunkedArray) -> Sequence[int | None]:
    none = column.is_null().to_numpy()
    us = microseconds(column)
    return [None if gone else int(at) for at, gone in zip(us.tolist(), none.tolist(), strict=True)]


def bounds(
    accounts: Sequence[AccountRecord], count: int, name: str, lacking: int
) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """A time of each account by its place, int64 (count,), µs; `lacking` where there is none."""
    out = np.full(count, lacking, np.int64)
    for account in accounts:
        at = getattr(account, name)
        if at is not None:
            out[account.place] = at
    return out
