"""Logins that look like several people's: devices, addresses or sessions in use at the same time.

Obligations (code and tests cite the numbers):
1. On a day a device (or an address) was in use from the first to the last read that came through it. Two whose times
   overlap make that a day of overlap. One person with a desk and a handheld can do so; hence 3.
2. Sessions overlap where one begins while another of the account is going on; that is a stronger sign.
3. A login is listed where devices, addresses or sessions overlap on MANY days or more, and on OFTEN of its active days
   or more, unless a USUAL share of its peers (LEAST or more of them) does the same: then it is how that role works.
4. People's accounts alone are looked at: a system comes from many addresses by its nature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.detect.rights._account_checks import LEAST
from wayseal.detect.rights._activity import AccountRecord
from wayseal.detect.rights._result import Overlap, Shared
from wayseal.model.kinds import ActorKind

MANY = 3
OFTEN = 0.2
USUAL = 0.25
_DAY = 86_400_000_000

Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """n times of use: account (its place), local day, from and to (µs, both included).

    at_once: whether they are compared within the account, not within each of its days.
    """

    actor: Longs
    day: Longs
    start: Longs
    end: Longs
    at_once: bool


def at_once(group: Longs, start: Longs, end: Longs) -> Longs:
    """How many times of its group, itself included, go on where each one starts: int64 (n,)."""
    n = len(group)
    both = np.concatenate([start, end])
    order = np.lexsort((np.repeat([0, 1], n), both, np.concatenate([group, group])))
    running = np.cumsum(np.where(order < n, 1, -1))
    out = np.zeros(n, np.int64)
    out[order[order < n]] = running[order < n]
    return out


def spans_of_uses(uses: pa.Table, kind: int, places: Longs, since_day: int) -> Spans:
    """Devices or addresses (kind of `Facts.uses`) from a local day on. places: of the accounts of its rows."""
    there = np.flatnonzero((uses["kind"].to_numpy() == kind) & (uses["day"].to_numpy() >= since_day) & (places >= 0))
    columns = [uses[name].to_numpy()[there].astype(np.int64) for name in ("day", "from", "to")]
    return Spans(actor=places[there], day=columns[0], start=columns[1], end=columns[2], at_once=False)


def spans_of_sessions(sessions: pa.Table, places: Longs, since: int, offset: int) -> Spans:
    """Sessions that begin from `since` (µs) on. places: of the accounts of its rows."""
    start, end = (sessions[name].cast(pa.int64()).to_numpy() for name in ("from", "to"))
    there = np.flatnonzero((start >= since) & (places >= 0))
    day = (start[there] + offset) // _DAY
    return Spans(actor=places[there], day=day, start=start[there], end=end[there], at_once=True)


def find_shared(
    accounts: Sequence[AccountRecord], devices: Spans, addresses: Spans, sessions: Spans
) -> tuple[Shared, ...]:
    """Logins that look shared (obligations 1 to 4), those with most days of overlap first."""
    people = [a for a in accounts if a.kind == ActorKind.PERSON]
    found = [_overlaps(spans, people) for spans in (devices, addresses, sessions)]
    out = []
    for account in people:
        mine = [f.get(account.place) for f in found]
        if any(o is not None and o.shared for o in mine):
            out.append(
                Shared(actor=account.actor, role=account.role, devices=mine[0], addresses=mine[1], sessions=mine[2])
            )
    return tuple(sorted(out, key=lambda s: (-max(o.days for o in (s.devices, s.addresses, s.sessions) if o), s.actor)))


def _overlaps(spans: Spans, people: Sequence[AccountRecord]) -> Mapping[int, Overlap]:
    """What overlaps, by the account's place; of those with any use."""
    if not len(spans.actor):
        return {}
    first = int(spans.day.min())
    width = int(spans.day.max()) - first + 1
    pair = spans.actor * width + (spans.day - first)
    together = at_once(spans.actor if spans.at_once else pair, spans.start, spans.end)
    days, which, count = np.unique(pair, return_inverse=True, return_counts=True)
    most = np.zeros(len(days), np.int64)
    np.maximum.at(most, which, together)
    actor, start = np.unique(days // width, return_index=True)
    overlapping = np.add.reduceat((most > 1).astype(np.int64), start).tolist()
    top = np.maximum.reduceat(most if spans.at_once else count, start).tolist()
    active = np.diff(np.append(start, len(days))).tolist()
    total = np.add.reduceat(count, start).tolist()
    raw = {a: row for a, *row in zip(actor.tolist(), overlapping, active, top, total, strict=True)}
    return _against_peers({p.place: (p.role, raw[p.place]) for p in people if p.place in raw})


def _against_peers(rows: Mapping[int, tuple[str, list[int]]]) -> dict[int, Overlap]:
    """Each account's days, active days, most and total against those of its role."""
    roles: dict[str, list[list[int]]] = {}
    for role, row in rows.values():
        roles.setdefault(role, []).append(row)
    usual = {role: float(np.median([total / active for _, active, _, total in of])) for role, of in roles.items()}
    often = {role: sum(map(_often, of)) for role, of in roles.items()}
    out = {}
    for place, (role, row) in rows.items():
        days, active, most, total = row
        peers = len(roles[role]) - 1
        enough = peers >= LEAST
        normal = enough and often[role] - _often(row) >= USUAL * peers
        out[place] = Overlap(
            days=days,
            active=active,
            most=most,
            a_day=total / active,
            peers=usual[role] if enough else None,
            shared=_often(row) and not normal,
        )
    return out


def _often(row: Sequence[int]) -> bool:
    return row[0] >= MANY and row[0] >= OFTEN * row[1]
