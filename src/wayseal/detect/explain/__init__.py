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
_CUSTODY, _TICKET, _HANDOVER, _CHANNEL, _CUSTOMER, _RESPONSIBILITY, _MANDATE, _CITY = range(len(TemplateKind))


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
def _rows(keys: UInts, key: int, low: int) -> tuple[int, int]:
    """Where the rows of a key lie: from `low` on, to what is behind them."""
    while low < len(keys) and keys[low] < key:
        low += 1
    high = low
    while high < len(keys) and keys[high] == key:
        high += 1
    return low, high


@kernel
def _scanned(
    kind: int, here: int, since: int, until: int, low: int, high: int, scan_at: Longs, scan_outlet: Ints, area: Ints
) -> bool:
    """Obligations 1, 4 and 7: whether the parcel was scanned in the place `here` of that kind, and then."""
    for s in range(low, high):  # noqa: SIM110 - compiled, which `any` is not
        if area[kind, scan_outlet[s]] == here and since <= scan_at[s] <= until:
            return True
    return False


@kernel
def _is_due(moment: int, after: int, low: int, high: int, scan_at: Longs, issued: int) -> bool:
    """Obligation 1 at an end of the route."""
    end = issued + _LIFE
    for s in range(low, high):
        end = max(end, scan_at[s])
    return issued - _HOUR <= moment <= end + after


@kernel
def _ticket(
    me: int, colleague: bool, moment: int, before: int, after: int, low: int, high: int, opened: Longs, closed: Longs,
    holder: Ints, of: Ints,
) -> bool:  # fmt: skip
    """Obligation 2. low, high: the parcel's tickets."""
    for k in range(low, high):
        who = holder[k]
        if colleague:
            if who < 0 or who == me or of[me, 2] < 0 or of[who, 2] != of[me, 2]:
                continue
        elif who != me:
            continue
        end = closed[k] if closed[k] != _NEVER else opened[k] + _OPEN
        if opened[k] - before <= moment <= end + after:
            return True
    return False


@kernel
def explain(
    reads: Reads, scans: Scans, routes: Routes, tickets: Tickets, posts: Posts, rules: Rules, out: Bytes, early: Flags
) -> None:
    """The place of the first template that fits each first read, or NOT_FIRST, UNEXPLAINED, UNKNOWN.

    early: whether an unexplained one came before the parcel's first scan.
    """
    key, at, actor, first, action = reads
    scan_key, scan_at, scan_outlet = scans
    route_key, issued, channel, origin, destination, customer = routes
    ticket_key, opened, closed, holder = tickets
    of, post, area = posts
    by, before, after, actions, allowed = rules
    s0, s1, t0, t1, r0, r1 = 0, 0, 0, 0, 0, 0
    for i in range(len(key)):
        out[i], early[i] = NOT_FIRST, False
        if i == 0 or key[i] != key[i - 1]:
            s0, s1 = _rows(scan_key, key[i], s1)
            t0, t1 = _rows(ticket_key, key[i], t1)
            r0, r1 = _rows(route_key, key[i], r1)
        if not first[i]:
            continue
        me, moment, mine = actor[i], at[i], allowed[actor[i]]
        out[i] = UNEXPLAINED if s1 > s0 or t1 > t0 or r1 > r0 else UNKNOWN
        for t in range(len(by)):
            if not (mine >> t) & 1 or (actions[t] and not (actions[t] >> action[i]) & 1):
                continue
            work = by[t]
            fits = work == _MANDATE
            if work in (_TICKET, _HANDOVER):
                fits = _ticket(me, work == _HANDOVER, moment, before[t], after[t], t0, t1, opened, closed, holder, of)
            elif not fits:
                for p in range(of[me, 0], of[me, 1]):
                    kind, code = OUTLET, of[me, 3]
                    if code < 0:
                        if moment < post[p, 2] or moment >= post[p, 3]:
                            continue
                        kind, code = post[p, 0], post[p, 1]
                    if work == _CHANNEL:
                        fits = kind == CHANNEL and r1 > r0 and channel[r0] == code
                    elif work == _CUSTOMER:
                        fits = kind == CUSTOMER and r1 > r0 and customer[r0] == code
                    elif kind in (CITY, REGION) if work == _RESPONSIBILITY else kind == OUTLET:
                        if work == _CITY:
                            kind, code = CITY, area[CITY, code]
                        if code < 0:
                            continue
                        since, until = moment - after[t], moment + before[t]
                        fits = _scanned(kind, code, since, until, s0, s1, scan_at, scan_outlet, area) or (
                            r1 > r0
                            and (area[kind, origin[r0]] == code or area[kind, destination[r0]] == code)
                            and (work == _RESPONSIBILITY or _is_due(moment, after[t], s0, s1, scan_at, issued[r0]))
                        )
                    if fits:
                        break
            if fits:
                out[i] = t
                break
        else:
            early[i] = s1 > s0 and moment < scan_at[s0]
