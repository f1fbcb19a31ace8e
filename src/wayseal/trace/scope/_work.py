"""How far the work that the ledger knows explains what an account read.

1. What is said is that no work in the tables explains a read, never that the account did wrong: work may stand nowhere.
2. Work at a place explains all parcels that ever touched it: from there, to there, or scanned there. Places are the
   account's outlet in `actors` and what `assignments` gives it, at any time; a head office, which no parcel passes, is
   none.
3. A ticket of the account on a waybill explains it; so does an assignment to its customer or its issuing interface.
4. A waybill without a route is not checked. An account to which neither table gives any work is not judged.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger import Snapshot
from wayseal.ledger.codes import find_rows
from wayseal.model.kinds import OutletKind, Scope
from wayseal.trace.scope._holdings import Holdings
from wayseal.trace.scope._places import UInts
from wayseal.trace.scope._result import Work
from wayseal.trace.scope._routes import rows_of

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Where an account works, and for whom: keys of outlets and channels, names of customers. actors: its keys."""

    actors: UInts
    outlets: UInts
    channels: UInts
    customers: tuple[str, ...]
    reason: str = ""


def find_workplace(snapshot: Snapshot, accounts: Iterable[str]) -> Workplace:
    """The work of some accounts (a session's; usually one), by the tables `actors` and `assignments` (rule 2)."""
    names = sorted(set(accounts))
    outlets = snapshot.outlets().to_pylist()
    homes = {r["actor"]: r["outlet"] for r in snapshot.actors().to_pylist() if r["actor"] in set(names)}
    workplaces = {home for home in homes.values() if home}
    channels, customers = set(), set()
    for row in snapshot.assignments().to_pylist():
        if row["actor"] not in set(names):
            continue
        match row["scope"]:
            case Scope.OUTLET:
                workplaces.add(row["value"])
            case Scope.CITY | Scope.REGION:
                workplaces |= {o["outlet"] for o in outlets if o[row["scope"]] == row["value"]}
            case Scope.CHANNEL:
                channels.add(row["value"])
            case _:
                customers.add(row["value"])
    workplaces -= {o["outlet"] for o in outlets if o["kind"] == OutletKind.HEAD_OFFICE}
    reason = "" if workplaces or channels or customers else "no_place" if homes else "no_actor"
    return Workplace(
        actors=snapshot.keys(names),
        outlets=snapshot.keys(sorted(workplaces)),
        channels=snapshot.keys(sorted(channels)),
        customers=tuple(sorted(customers)),
        reason=reason,
    )


def explain_work(snapshot: Snapshot, post: Workplace, holdings: Holdings) -> Work:
    """The work behind the waybills of a stretch (rules 1 to 4)."""
    if post.reason or not len(holdings.keys):
        return Work(reason=post.reason)
    row = rows_of(holdings)
    end = np.append(holdings.described["destination_outlet"].to_numpy(), np.uint64(0))[row]
    touched = snapshot.places(holdings.keys)
    known = (row >= 0) | (find_rows(touched["waybill"].to_numpy(), holdings.keys) >= 0)
    here = touched["waybill"].to_numpy()[np.isin(touched["outlet"].to_numpy(), post.outlets)]
    passed = known & ((find_rows(here, holdings.keys) >= 0) | np.isin(end, post.outlets))
    ticket = known & ~passed & (find_rows(_ticketed(snapshot, post, holdings), holdings.keys) >= 0)
    assigned = known & ~passed & ~ticket & _assigned(post, holdings, row)
    left = known & ~passed & ~ticket & ~assigned
    return Work(
        checked=int(known.sum()),
        passed=int(passed.sum()),
        ticket=int(ticket.sum()),
        assigned=int(assigned.sum()),
        unexplained=int(left.sum()),
        unknown=int((~known).sum()),
    )


def _ticketed(snapshot: Snapshot, post: Workplace, holdings: Holdings) -> UInts:
    tickets = snapshot.kept("tickets", holdings.keys, ("actor",))
    mine = np.isin(tickets["actor"].to_numpy(), post.actors)
    keys: UInts = tickets["waybill"].to_numpy()[mine]
    return keys


def _assigned(post: Workplace, holdings: Holdings, row: npt.NDArray[np.int64]) -> Flags:
    by_channel = np.isin(holdings.described["channel"].to_numpy(), post.channels)
    by_customer = pc.is_in(holdings.described["customer"], value_set=pa.array(post.customers, pa.string()))
    flags: Flags = np.append(by_channel | by_customer.to_numpy(zero_copy_only=False), False)[row]
    return flags


def add_work(one: Work, other: Work) -> Work:
    """Two stretches together."""
    names = ("checked", "passed", "ticket", "assigned", "unexplained", "unknown")
    return replace(one, **{n: getattr(one, n) + getattr(other, n) for n in names})
