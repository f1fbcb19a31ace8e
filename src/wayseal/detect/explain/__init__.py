"""The explanation of first reads by work: templates as data, and the one pass that tries them.

Which template explains each first read: reads merged with the scans, tickets and waybills of the same parcels.

Obligations (code and tests cite the numbers):
1. Custody: the outlet scanned the parcel at a time s with s - before <= read <= s + after; or it is an end of the
   route, and the read falls between an hour before issue and `after` behind the later of the parcel's last scan and
   three days after issue. A parcel without a row in `waybills` has its scans alone.
2. A ticket explains reads from `before` its opening until `after` its closing; one that is open, until `after` behind
   fourteen days. Handover: the ticket of a colleague (same team), not one of the account's own.
3. Channel and customer: the account answers for the waybill's at the moment of the read.
4. Responsibility: it answers, at that moment, for the city or region of an end of the route or of an outlet that
   scanned the parcel, at any time.
5. Mandate: by right alone.
6. A read of a waybill of which no table knows anything is UNKNOWN, unless a mandate explains it.
7. City: as custody, with any outlet in the city of one where the account works. An outlet whose city isn't known is in
   none.
"""

from typing import NamedTuple

import numpy as np

from wayseal.detect.explain._posts import (
    CHANNEL,
    CITY,
    CUSTOMER,
    EVERYBODY,
    MANY,
    OUTLET,
    REGION,
    Posts,
    Rules,
    Staff,
    build_staff,
    code_rules,
    find_common_rights,
)
from wayseal.detect.explain._templates import TIMED, Template, TemplateKind, built_in, load_templates, ranks
from wayseal.model.arrays import Bytes, Flags, Ints, Longs, UInts
from wayseal.model.runtime import kernel

__all__ = [
    "EVERYBODY",
    "MANY",
    "NOT_FIRST",
    "OUTLET",
    "OWN_TICKET",
    "TIMED",
    "UNEXPLAINED",
    "UNKNOWN",
    "Reads",
    "Routes",
    "Rules",
    "Scans",
    "Staff",
    "Template",
    "TemplateKind",
    "Tickets",
    "build_staff",
    "built_in",
    "code_rules",
    "explain",
    "find_common_rights",
    "load_templates",
    "ranks",
]  # fmt: skip


OWN_TICKET, NOT_FIRST, UNEXPLAINED, UNKNOWN = 252, 253, 254, 255
"""Marks where no template's number stands; OWN_TICKET: of facts alone, for any template of own tickets."""
_HOUR, _DAY = 3_600_000_000, 86_400_000_000
_LIFE, _OPEN = 3 * _DAY, 14 * _DAY
_NEVER = np.iinfo(np.int64).min


class Scans(NamedTuple):
    """Scans sorted by waybill: keys, µs, places of outlets (-1: nowhere known)."""

    key: UInts
    at: Longs
    outlet: Ints


class Tickets(NamedTuple):
    """Tickets sorted by waybill: keys, µs (closed: the least int64 where open), places of accounts."""

    key: UInts
    opened: Longs
    closed: Longs
    actor: Ints


class Routes(NamedTuple):
    """Waybills sorted by key, each once: µs, places of channel, ends and customer (-1: none or of no concern)."""

    key: UInts
    issued: Longs
    channel: Ints
    origin: Ints
    destination: Ints
    customer: Ints


class Reads(NamedTuple):
    """Reads sorted by waybill: keys, µs, places of accounts, whether first, action (1 … of the contract, 0 none)."""

    key: UInts
    at: Longs
    actor: Ints
    first: Flags
    action: Bytes


@kernel
def _beside(keys: UInts, first: Flags, scans: UInts, routes: UInts, tickets: UInts, found: Ints, out: Bytes) -> None:
    """Where a parcel's rows lie: found int32 (n, 5), its scans from and to, its tickets from and to, its route or -1.

    out: NOT_FIRST, UNEXPLAINED or UNKNOWN (obligation 6). All keys are sorted.
    """
    s0, s1, t0, t1, r = 0, 0, 0, 0, 0
    for i in range(len(keys)):
        if not first[i]:
            out[i] = NOT_FIRST
            continue
        key = keys[i]
        while s0 < len(scans) and scans[s0] < key:
            s0 += 1
        s1 = max(s1, s0)
        while s1 < len(scans) and scans[s1] == key:
            s1 += 1
        while t0 < len(tickets) and tickets[t0] < key:
            t0 += 1
        t1 = max(t1, t0)
        while t1 < len(tickets) and tickets[t1] == key:
            t1 += 1
        while r < len(routes) and routes[r] < key:
            r += 1
        there = r < len(routes) and routes[r] == key
        found[i, 0], found[i, 1], found[i, 2], found[i, 3] = s0, s1, t0, t1
        found[i, 4] = r if there else -1
        out[i] = UNEXPLAINED if there or s1 > s0 or t1 > t0 else UNKNOWN


@kernel
def _custody(
    rows: Longs, t: int, before: int, after: int, at: Longs, actor: Ints, found: Ints, scan_at: Longs,
    scan_outlet: Ints, issued: Longs, origin: Ints, destination: Ints, of: Longs, posts: Longs, area: Ints, out: Bytes,
) -> None:  # fmt: skip
    """Obligations 1 and 7. area: of each outlet, itself or its city; -1 for none."""
    for i in rows:
        moment, low, high, route = at[i], found[i, 0], found[i, 1], found[i, 4]
        for p in range(of[actor[i], 0], of[actor[i], 1]):
            if posts[p, 0] != OUTLET or moment < posts[p, 2] or moment >= posts[p, 3]:
                continue
            here = area[posts[p, 1]]
            if here < 0:
                continue
            for s in range(low, high):
                outlet = scan_outlet[s]
                if outlet >= 0 and area[outlet] == here and scan_at[s] - before <= moment <= scan_at[s] + after:
                    out[i] = t
                    break
            if out[i] == t:
                break
            if route < 0:
                continue
            one, other = origin[route], destination[route]
            if (one >= 0 and area[one] == here) or (other >= 0 and area[other] == here):
                end = issued[route] + _LIFE
                for s in range(low, high):
                    end = max(end, scan_at[s])
                if issued[route] - _HOUR <= moment <= end + after:
                    out[i] = t
                    break


@kernel
def _ticket(
    rows: Longs, t: int, before: int, after: int, colleague: bool, at: Longs, actor: Ints, found: Ints, opened: Longs,
    closed: Longs, holder: Ints, of: Longs, out: Bytes,
) -> None:  # fmt: skip
    """Obligation 2."""
    for i in rows:
        for k in range(found[i, 2], found[i, 3]):
            who, me = holder[k], actor[i]
            if colleague:
                if who < 0 or who == me or of[me, 2] < 0 or of[who, 2] != of[me, 2]:
                    continue
            elif who != me:
                continue
            end = closed[k] if closed[k] != _NEVER else opened[k] + _OPEN
            if opened[k] - before <= at[i] <= end + after:
                out[i] = t
                break


@kernel
def _one_of(
    rows: Longs, t: int, kind: int, at: Longs, actor: Ints, route: Ints, code: Ints, posts: Posts, out: Bytes
) -> None:
    """Obligation 3. route: of each read, a row; code: of each route, its channel or customer."""
    of, post = posts.of, posts.rows
    for i in rows:
        if route[i] < 0:
            continue
        for p in range(of[actor[i], 0], of[actor[i], 1]):
            if post[p, 0] == kind and post[p, 1] == code[route[i]] and post[p, 2] <= at[i] < post[p, 3]:
                out[i] = t
                break


@kernel
def _area(
    rows: Longs, t: int, at: Longs, actor: Ints, found: Ints, scan_outlet: Ints, origin: Ints, destination: Ints,
    of: Longs, posts: Longs, city: Ints, region: Ints, out: Bytes,
) -> None:  # fmt: skip
    """Obligation 4."""
    for i in rows:
        route = found[i, 4]
        for p in range(of[actor[i], 0], of[actor[i], 1]):
            kind, code = posts[p, 0], posts[p, 1]
            if kind not in (CITY, REGION) or at[i] < posts[p, 2] or at[i] >= posts[p, 3]:
                continue
            fits = False
            for k in range(found[i, 0] - 2, found[i, 1]):
                if k >= found[i, 0]:
                    outlet = scan_outlet[k]
                elif route < 0:
                    continue
                else:
                    outlet = origin[route] if k == found[i, 0] - 2 else destination[route]
                if outlet >= 0 and (city[outlet] if kind == CITY else region[outlet]) == code:
                    fits = True
                    break
            if fits:
                out[i] = t
                break


def explain(
    reads: Reads, scans: Scans, routes: Routes, tickets: Tickets, posts: Posts, rules: Rules, out: Bytes, early: Flags
) -> None:
    """The place of the first template that fits each first read, or NOT_FIRST, UNEXPLAINED, UNKNOWN.

    early: whether an unexplained one came before the parcel's first scan. One template after the other looks at
    what the ones before it left over.
    """
    found = np.empty((len(reads.key), 5), np.int32)
    _beside(reads.key, reads.first, scans.key, routes.key, tickets.key, found, out)
    rows = np.flatnonzero(out >= UNEXPLAINED)
    for t in range(len(rules.by)):
        mine = rows[(rules.allowed[reads.actor[rows]] >> np.uint32(t)) & np.uint32(1) != 0]
        if rules.actions[t]:
            mine = mine[(rules.actions[t] >> reads.action[mine].astype(np.uint32)) & np.uint32(1) != 0]
        _try(t, mine, reads, scans, routes, tickets, posts, rules, found, out)
        rows = rows[out[rows] >= UNEXPLAINED]
    early[:] = False
    scanned = rows[found[rows, 1] > found[rows, 0]]
    early[scanned] = reads.at[scanned] < scans.at[found[scanned, 0]]


def _try(
    t: int, rows: Longs, reads: Reads, scans: Scans, routes: Routes, tickets: Tickets, posts: Posts, rules: Rules,
    found: Ints, out: Bytes,
) -> None:  # fmt: skip
    """Writes t for those of the reads that its template explains."""
    by, before, after = int(rules.by[t]), int(rules.before[t]), int(rules.after[t])
    if by in (0, 7):
        area = posts.city if by else np.arange(len(posts.city), dtype=np.int32)
        _custody(
            rows, t, before, after, reads.at, reads.actor, found, scans.at, scans.outlet, routes.issued, routes.origin,
            routes.destination, posts.of, posts.rows, area, out,
        )  # fmt: skip
    elif by in (1, 2):
        _ticket(
            rows, t, before, after, by == 2, reads.at, reads.actor, found, tickets.opened, tickets.closed,
            tickets.actor, posts.of, out,
        )  # fmt: skip
    elif by in (3, 4):
        kind, code = (CHANNEL, routes.channel) if by == 3 else (CUSTOMER, routes.customer)
        _one_of(rows, t, kind, reads.at, reads.actor, np.ascontiguousarray(found[:, 4]), code, posts, out)
    elif by == 5:
        _area(
            rows, t, reads.at, reads.actor, found, scans.outlet, routes.origin, routes.destination, posts.of,
            posts.rows, posts.city, posts.region, out,
        )  # fmt: skip
    else:
        out[rows] = t
