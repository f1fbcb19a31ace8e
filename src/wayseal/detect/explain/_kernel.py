"""Which template explains each first read: reads merged with the scans, tickets and waybills of the same parcels.

Obligations (code and tests cite the numbers):
1. Custody: the outlet scanned the parcel at a time s with s - before <= read <= s + after; or it is an end of the
   route, and the read falls between an hour before issue and `after` behind the later of the parcel's last scan and
   three days after issue. A parcel without a row in `waybills` has its scans alone.
2. A ticket explains reads from `before` its opening until `after` its closing; one that is open, until `after` behind
   fourteen days. Handover: the ticket of a colleague (same team).
3. Channel and customer: the account answers for the waybill's at the moment of the read.
4. Responsibility: it answers, at that moment, for the city or region of an end of the route or of an outlet that
   scanned the parcel, at any time.
5. Mandate: by right alone.
6. A read of a waybill of which no table knows anything is UNKNOWN, unless a mandate explains it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wayseal.detect.explain._posts import (
    CHANNEL,
    CITY,
    CUSTOMER,
    OUTLET,
    REGION,
    Ints,
    Longs,
    Posts,
    Rules,
    Tiny,
    Words,
)
from wayseal.model.jit import kernel, part

NOT_FIRST, UNEXPLAINED, UNKNOWN = 253, 254, 255
"""What stands where no template's number does."""
_HOUR, _DAY = 3_600_000_000, 86_400_000_000
_LIFE, _OPEN = 3 * _DAY, 14 * _DAY
_NEVER = np.iinfo(np.int64).min


class Scans(NamedTuple):
    """Scans sorted by waybill: keys, µs, places of outlets (-1: nowhere known)."""

    key: Words
    at: Longs
    outlet: Ints


class Tickets(NamedTuple):
    """Tickets sorted by waybill: keys, µs (closed: the least int64 where open), places of accounts."""

    key: Words
    opened: Longs
    closed: Longs
    actor: Ints


class Routes(NamedTuple):
    """Waybills sorted by key, each once: µs, places of channel, ends and customer (-1: none or of no concern)."""

    key: Words
    issued: Longs
    channel: Ints
    origin: Ints
    destination: Ints
    customer: Ints


class Reads(NamedTuple):
    """Reads sorted by waybill: keys, µs, places of accounts, whether first, action (1 … of the contract, 0 none)."""

    key: Words
    at: Longs
    actor: Ints
    first: npt.NDArray[np.bool_]
    action: Tiny


@part
def _in_custody(
    at: int, actor: int, route: int, low: int, high: int, before: int, after: int, scans: Scans, routes: Routes,
    posts: Posts,
) -> bool:  # fmt: skip
    """Obligation 1. low, high: the parcel's scans; route: its row, -1 for none."""
    for p in range(posts.of[actor, 0], posts.of[actor, 1]):
        if posts.rows[p, 0] != OUTLET or at < posts.rows[p, 2] or at >= posts.rows[p, 3]:
            continue
        here = posts.rows[p, 1]
        for s in range(low, high):
            if scans.outlet[s] == here and scans.at[s] - before <= at <= scans.at[s] + after:
                return True
        if route >= 0 and (routes.origin[route] == here or routes.destination[route] == here):
            end = routes.issued[route] + _LIFE
            for s in range(low, high):
                end = max(end, scans.at[s])
            if routes.issued[route] - _HOUR <= at <= end + after:
                return True
    return False


@part
def _has_ticket(
    at: int, actor: int, low: int, high: int, before: int, after: int, tickets: Tickets, posts: Posts, colleague: bool
) -> bool:
    """Obligation 2. low, high: the parcel's tickets."""
    for t in range(low, high):
        holder = tickets.actor[t]
        if colleague:
            if holder < 0 or posts.of[actor, 2] < 0 or posts.of[holder, 2] != posts.of[actor, 2]:
                continue
        elif holder != actor:
            continue
        closed = tickets.closed[t] if tickets.closed[t] != _NEVER else tickets.opened[t] + _OPEN
        if tickets.opened[t] - before <= at <= closed + after:
            return True
    return False


@part
def _answers(
    at: int, actor: int, route: int, low: int, high: int, kind: int, scans: Scans, routes: Routes, posts: Posts
) -> bool:
    """Obligations 3 and 4. kind: CHANNEL, CUSTOMER, or CITY for city and region."""
    for p in range(posts.of[actor, 0], posts.of[actor, 1]):
        if at < posts.rows[p, 2] or at >= posts.rows[p, 3]:
            continue
        code = posts.rows[p, 1]
        if posts.rows[p, 0] == CHANNEL and kind == CHANNEL and route >= 0 and routes.channel[route] == code:
            return True
        if posts.rows[p, 0] == CUSTOMER and kind == CUSTOMER and route >= 0 and routes.customer[route] == code:
            return True
        if kind != CITY or (posts.rows[p, 0] != CITY and posts.rows[p, 0] != REGION):
            continue
        area = posts.city if posts.rows[p, 0] == CITY else posts.region
        if route >= 0:
            origin, destination = routes.origin[route], routes.destination[route]
            if (origin >= 0 and area[origin] == code) or (destination >= 0 and area[destination] == code):
                return True
        for s in range(low, high):
            if scans.outlet[s] >= 0 and area[scans.outlet[s]] == code:
                return True
    return False


@part
def _fits(
    by: int, t: int, at: int, actor: int, route: int, s0: int, s1: int, t0: int, t1: int, scans: Scans, routes: Routes,
    tickets: Tickets, posts: Posts, rules: Rules,
) -> bool:  # fmt: skip
    if by == 0:
        return bool(_in_custody(at, actor, route, s0, s1, rules.before[t], rules.after[t], scans, routes, posts))
    if by in (1, 2):
        return bool(_has_ticket(at, actor, t0, t1, rules.before[t], rules.after[t], tickets, posts, by == 2))
    if by == 3:
        return bool(_answers(at, actor, route, s0, s1, CHANNEL, scans, routes, posts))
    if by == 4:
        return bool(_answers(at, actor, route, s0, s1, CUSTOMER, scans, routes, posts))
    if by == 5:
        return bool(_answers(at, actor, route, s0, s1, CITY, scans, routes, posts))
    return True


@kernel
def explain(
    reads: Reads, scans: Scans, routes: Routes, tickets: Tickets, posts: Posts, rules: Rules, out: Tiny,
    early: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """The place of the first template that fits each first read, or NOT_FIRST, UNEXPLAINED, UNKNOWN.

    early: whether an unexplained one came before the parcel's first scan.
    """
    s0, s1, t0, t1, r = 0, 0, 0, 0, 0
    for i in range(len(reads.key)):
        early[i] = False
        if not reads.first[i]:
            out[i] = NOT_FIRST
            continue
        key, at, actor = reads.key[i], reads.at[i], reads.actor[i]
        while s0 < len(scans.key) and scans.key[s0] < key:
            s0 += 1
        s1 = max(s1, s0)
        while s1 < len(scans.key) and scans.key[s1] == key:
            s1 += 1
        while t0 < len(tickets.key) and tickets.key[t0] < key:
            t0 += 1
        t1 = max(t1, t0)
        while t1 < len(tickets.key) and tickets.key[t1] == key:
            t1 += 1
        while r < len(routes.key) and routes.key[r] < key:
            r += 1
        route = r if r < len(routes.key) and routes.key[r] == key else -1
        out[i] = UNEXPLAINED if route >= 0 or s1 > s0 or t1 > t0 else UNKNOWN
        for t in range(len(rules.by)):
            if not (rules.allowed[actor] >> np.uint32(t)) & np.uint32(1):
                continue
            if rules.actions[t] and not (rules.actions[t] >> np.uint32(reads.action[i])) & np.uint32(1):
                continue
            if _fits(rules.by[t], t, at, actor, route, s0, s1, t0, t1, scans, routes, tickets, posts, rules):
                out[i] = t
                break
        if out[i] >= UNEXPLAINED and s1 > s0:
            early[i] = at < scans.at[s0]
