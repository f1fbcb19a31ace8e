"""Roles whose work no table knows, and which table would settle it.

Obligations (code and tests cite the numbers):
1. Told of is a role, or of accounts without one a kind, of which more than MOSTLY of the first reads that are judged
   one by one are explained by no table, and LEAST or more of them. What only learnt territory explains, no table does.
   Accounts that are apart (those of cases worth acting on) are left out: what they read may be what was pulled.
2. Reads of waybills of which no table knows anything count, unless there are so many that they are left out.
3. Which table would explain them is told by what they look like, account by account, as most of these reads have it:
   - an account of which the tables know neither role nor kind: `actors`;
   - an interface of which few issuing interfaces take part in most reads: `assignments` of these;
   - an account with an outlet, where the ledger has no scans: `scans`;
   - an account without an outlet of which one outlet takes part in most reads: its outlet in `actors`;
   - an account of which nearly all reads touch one region: that region in `actors`, or if one stands there, in
     `assignments`, but `tickets` for a person where the ledger has none;
   - else a person: `tickets`; whatever is no person: `assignments`, or a mandate.
   Taking part counts where it is LIFT times as often as among the other accounts' reads that no table explains.
4. Where one account has more than half of a role's, that is said: what explains them would explain away what it does.
"""

from collections.abc import Callable, Set

import numpy as np

from wayseal.detect._result import MissingWork, Table
from wayseal.detect._service_area import NONE
from wayseal.detect._view import View
from wayseal.model.arrays import Flags, Floats, Ints, Longs
from wayseal.model.kinds import ActorKind
from wayseal.model.runtime import kernel

MOSTLY, LEAST = 0.5, 50
CHANNELS = 3
"""So many issuing interfaces at most are few."""
NEARLY, LIFT = 0.85, 1.5


def is_unknown_to_tables(view: View) -> Flags:
    """Bool (n,): suspects that no table explains (obligations 1 and 2)."""
    s = view.suspects
    out: Flags = s.plain | s.unknown | (s.territory != NONE)
    return out


def count_unknown_work(view: View, skip: int = 0) -> tuple[Longs, Longs]:
    """int64 (a,) each: first reads from the view's column `skip` on that no table explains, and all that are judged."""
    s = view.suspects
    left_out = ~(s.plain | s.weak | s.own | s.unknown | (s.territory != NONE))
    judged = view.first - view.mandate - view.count(left_out)
    return view.count(is_unknown_to_tables(view))[:, skip:].sum(axis=1), judged[:, skip:].sum(axis=1)


def find_missing_work(
    view: View,
    tables: Set[str],
    skip: int = 0,
    apart: Flags | None = None,
    name: Callable[[int], str] = str,
) -> tuple[MissingWork, ...]:
    """The tables to ask for (obligation 1), the most reads first.

    tables: those that hold a row. skip: columns of past. apart: bool (a,), accounts that are left out. name: gives an
    account's place its id.
    """
    some, judged = count_unknown_work(view, skip)
    if apart is not None:
        some, judged = np.where(apart, 0, some), np.where(apart, 0, judged)
    team = find_teams(view)
    odd, all_ = np.bincount(team, some), np.bincount(team, judged)
    told = (odd > MOSTLY * all_) & (odd >= LEAST)
    if not told.any():
        return ()
    settled = _settled_by(view, tables, skip, some)
    out = []
    for one in np.flatnonzero(told).tolist():
        mine = np.flatnonzero((team == one) & (some > 0))
        most = mine[some[mine].argmax()]
        alone = len(mine) > 1 and 2 * some[most] > odd[one]
        weights = {table: int(some[mine[settled[mine] == k]].sum()) for k, table in enumerate(Table)}
        found = MissingWork(
            role=view.roles[view.role[mine[0]]],
            kind=view.kinds[view.kind[mine[0]]],
            accounts=len(mine),
            reads=int(odd[one]),
            first=int(all_[one]),
            table=max(weights, key=lambda table: weights[table]),
            lone=name(int(most)) if alone else "",
            lone_reads=int(some[most]) if alone else 0,
        )
        out.append(found)
    return tuple(sorted(out, key=lambda m: (-m.reads, m.role, m.kind)))


def find_teams(view: View) -> Longs:
    """int64 (a,): code of each account's role and kind; of accounts without a role, of the kind."""
    pair = view.role.astype(np.int64) << 32 | view.kind
    out: Longs = np.unique(pair, return_inverse=True)[1]
    return out


def _settled_by(view: View, tables: Set[str], skip: int, some: Longs) -> Ints:
    """int32 (a,): place in `Table` of what would explain most of each account's reads (obligation 3)."""
    s, g = view.suspects, view.grounds
    rows = np.flatnonzero(is_unknown_to_tables(view) & (s.day >= skip) & (some > 0)[s.actor])
    who, places = s.actor[rows], s.places[rows]
    names, channel = np.unique(s.channel[rows], return_inverse=True)
    of_channel = np.where(s.channel[rows] != 0, channel, -1)[:, None]
    person = np.array([kind in ("", ActorKind.PERSON) for kind in view.kinds])[view.kind]
    nobody = np.array([not role for role in view.roles])[view.role] & np.array([not k for k in view.kinds])[view.kind]
    issued = _takes_part(who, of_channel, len(names), some, CHANNELS) > MOSTLY
    outlet = _takes_part(who, places, len(g.outlets), some) > MOSTLY
    regions = np.append(g.region, np.int32(-1))[places]
    region = _takes_part(who, regions, int(g.region.max(initial=-1)) + 1, some) >= NEARLY
    order: list[tuple[Flags, Table]] = [
        (nobody, Table.ACTORS),
        (issued & ~person, Table.CHANNELS),
        ((g.home >= 0) & ("scans" not in tables), Table.SCANS),
        (outlet & (g.home < 0), Table.OUTLET),
        (region & (g.area < 0), Table.REGION),
        (region & ~(person & ("tickets" not in tables)), Table.REGIONS),
        (person, Table.TICKETS),
    ]
    code = {table: k for k, table in enumerate(Table)}
    out: Ints = np.select(
        [flags for flags, _ in order], [code[table] for _, table in order], code[Table.DUTIES]
    ).astype(np.int32)
    return out


def _takes_part(who: Ints, touched: Ints, size: int, some: Longs, most: int = 1) -> Floats:
    """float64 (a,): share of each account's reads in which its most frequent codes take part, `most` at most.

    touched: codes (n, k) of each read, -1 for none; reads are sorted by account. Codes that are as frequent with others
    take no part.
    """
    out = np.zeros(len(some))
    if size:
        _add_shares(who, touched, some, most, np.zeros((2, size), np.int64), out)
    return out


@kernel
def _add_shares(who: Ints, touched: Ints, some: Longs, most: int, counts: Longs, out: Floats) -> None:
    """counts: int64 (2, codes), 0: of all reads, and of one account's."""
    every, mine, n = counts[0], counts[1], len(who)
    _count_codes(touched, 0, n, every, np.empty(len(every), np.int64))
    seen, share = np.empty(len(every), np.int64), np.empty(len(every))
    low = 0
    while low < n:
        high, account = low, who[low]
        while high < n and who[high] == account:
            high += 1
        known = _count_codes(touched, low, high, mine, seen)
        for j in range(known):
            count = mine[seen[j]]
            others = (every[seen[j]] - count) / max(n - some[account], 1)
            share[j] = count / some[account]
            if share[j] < LIFT * others:
                share[j] = 0.0
            mine[seen[j]] = 0
        for _ in range(min(most, known)):
            best = np.argmax(share[:known])
            out[account] += share[best]
            share[best] = 0.0
        low = high


@kernel
def _count_codes(touched: Ints, low: int, high: int, counts: Longs, seen: Longs) -> int:
    """Counts the codes of some reads, each once a read; returns how many are new, and puts them into `seen`."""
    known = 0
    for i in range(low, high):
        for k in range(touched.shape[1]):
            code = touched[i, k]
            new = code >= 0
            for j in range(k):
                new = new and touched[i, j] != code
            if new:
                if counts[code] == 0:
                    seen[known] = code
                    known += 1
                counts[code] += 1
    return known
