"""Rights against use: what accounts may do, and what they did.

Rights against use: what `wayseal rights` says of a ledger.

Obligations (code and tests cite the numbers):
1. The period ends with the last local day of the log; there is no clock. Where the log is shorter than the period,
   `Period.whole` is false, and nothing is said of the days before it.
2. What the ledger's tables can't answer is named in `not_judged`, never guessed.

Accounts against the calendar and against their peers: dormant, wider than others, untrained.
3. There is no clock: "now" is the last read of the log. An open account that never read is listed as such only if it
   was opened before the period began; of one opened within it, too little is known.
4. A log that is shorter than the period says nothing of what lies before it; whoever is said not to have read, didn't
   within what the log covers.
5. Peers are the other open accounts of the same kind and role. With fewer than LEAST of them nothing is said.
6. RARE: fewer than FEW of the peers hold the right. ALONE: of LEAST or more peers who hold it none uses it, though the
   account does. A right that nobody of a role uses is the role's matter, not one account's.
7. People alone are trained. Where no row of `actors` says until when, nothing is said.

Logins that look like several people's: devices, addresses or sessions in use at the same time.
8. On a day a device (or an address) was in use from the first to the last read that came through it. Two whose times
   overlap make that a day of overlap. One person with a desk and a handheld can do so; hence 10.
9. Sessions overlap where one begins while another of the account is going on; that is a stronger sign.
10. A login is listed where devices, addresses or sessions overlap on MANY days or more, and on OFTEN of its active days
   or more, unless a USUAL share of its peers (LEAST or more of them) does the same: then it is how that role works.
11. People's accounts alone are looked at: a system comes from many addresses by its nature.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal import __version__
from wayseal.detect.errors import RightsError
from wayseal.detect.explain import Template, build_staff
from wayseal.detect.facts import ADDRESS, DEVICE, Facts
from wayseal.detect.rights._activity import (
    CLOSED,
    UNTRAINED,
    AccountRecord,
    AccountState,
    Activity,
    accounts_of,
    count_activity,
)
from wayseal.detect.rights._map import Right, RightMap, load_map
from wayseal.detect.rights._report import render_rights
from wayseal.detect.rights._result import (
    Dormant,
    DormantReason,
    Overlap,
    Period,
    RightsResult,
    Shared,
    Untrained,
    Use,
    Wider,
    WiderReason,
    account_use,
    mandates_of,
    right_uses,
    role_uses,
    unpermitted_reads,
    use_of,
)
from wayseal.ledger import Snapshot
from wayseal.ledger.codes import Coder
from wayseal.model.arrays import Longs, UInts
from wayseal.model.kinds import ActorKind
from wayseal.model.progress import Progress

__all__ = ["Right", "RightMap", "RightsError", "RightsResult", "load_map", "render_rights", "rights", "shared_logins"]


MANY = 3
OFTEN = 0.2
USUAL = 0.25


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
    """Logins that look shared (obligations 8 to 11), those with most days of overlap first."""
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
    """Overlaps by the account's place; of those with any use."""
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


LEAST = 5
FEW = 0.05


def find_dormant(
    accounts: Sequence[AccountRecord],
    states: Sequence[AccountState],
    counted: Activity,
    since: int,
    unlisted: Sequence[tuple[str, int]],
) -> tuple[Dormant, ...]:
    """Dormant accounts (obligations 3 and 4). since: start of the period, µs; unlisted: names and places."""
    out = []
    for account, state in zip(accounts, states, strict=True):
        last, late = int(counted.last[account.place]), int(counted.after[account.place, CLOSED])
        why = None
        if late:
            why = DormantReason.CLOSED
        elif state is AccountState.OPEN and last < since:
            why = DormantReason.NEVER if last < 0 else DormantReason.QUIET
        if why:
            out.append(
                Dormant(
                    actor=account.actor,
                    kind=account.kind,
                    role=account.role,
                    why=why,
                    last=None if last < 0 else last,
                    closed=account.closed,
                    reads=late,
                )
            )
    out += [
        Dormant(
            actor=name,
            kind=None,
            role=None,
            why=DormantReason.UNLISTED,
            last=int(counted.last[place]),
            closed=None,
            reads=int(counted.all_reads[place]),
        )
        for name, place in unlisted
    ]
    order = [DormantReason.CLOSED, DormantReason.UNLISTED, DormantReason.QUIET, DormantReason.NEVER]
    return tuple(sorted(out, key=lambda d: (order.index(d.why), -d.reads, d.actor)))


def find_wider(uses: Sequence[Use], rights: RightMap) -> tuple[Wider, ...]:
    """Rights that set an account apart from its peers (obligations 5 and 6); the rarest first."""
    groups: dict[tuple[str, str], list[Use]] = defaultdict(list)
    for use in uses:
        groups[use.account.kind, use.account.role].append(use)
    out = []
    for group in groups.values():
        for name in sorted(frozenset[str]().union(*(u.account.rights for u in group))):
            holders = [u for u in group if name in u.account.rights]
            users = {u.account.actor for u in holders if _uses(u, name, rights)}
            judged = sum(_uses(u, name, rights) is not None or not u.reads for u in holders)
            for use in holders:
                used = _uses(use, name, rights)
                if len(group) > LEAST and len(holders) - 1 < FEW * (len(group) - 1):
                    out.append(_wider(use, name, WiderReason.RARE, len(group) - 1, len(holders) - 1, used))
                elif used and users == {use.account.actor} and len(holders) > LEAST and judged == len(holders):
                    out.append(_wider(use, name, WiderReason.ALONE, len(holders) - 1, 0, used))
    return tuple(sorted(out, key=lambda w: (w.why is WiderReason.ALONE, w.same / w.peers, w.actor, w.right)))


def _uses(use: Use, name: str, rights: RightMap) -> bool | None:
    right = rights.get(name)
    return use.reads_by(right) > 0 if right and use.judges(right) else None


def _wider(use: Use, right: str, why: WiderReason, peers: int, same: int, used: bool | None) -> Wider:
    about = use.account
    return Wider(actor=about.actor, role=about.role, right=right, why=why, peers=peers, same=same, used=used)


def find_untrained(accounts: Sequence[AccountRecord], counted: Activity) -> tuple[Untrained, ...]:
    """People who read without training (obligation 7); most reads first."""
    if all(a.trained is None for a in accounts):
        return ()
    out = []
    for account in accounts:
        all_reads = int(counted.all_reads[account.place])
        reads = all_reads if account.trained is None else int(counted.after[account.place, UNTRAINED])
        if account.kind == ActorKind.PERSON and reads:
            last = int(counted.last[account.place])
            out.append(Untrained(actor=account.actor, role=account.role, until=account.trained, last=last, reads=reads))
    return tuple(sorted(out, key=lambda u: (u.until is not None, -u.reads, u.actor)))


_HOUR, _DAY = 3_600_000_000, 86_400_000_000
_WORK = ("waybills", "scans", "tickets")
_EXPLAINING = (*_WORK, "outlets", "assignments")


def rights(
    snapshot: Snapshot, facts: Facts, templates: Sequence[Template], map_: RightMap, days: int, progress: Progress
) -> RightsResult:
    """Rights against use over the last `days` days of a ledger.

    facts: of the same snapshot; templates: what counts as work; map_: what rights permit. LedgerError.
    """
    period = period_of(facts, days)
    since = 0 if period is None else period.first * _DAY - period.offset
    counted, accounts = count_activity(snapshot, templates, since, progress)
    last = int(counted.last.max(initial=-1))
    states = [a.state(since, last) for a in accounts]
    if period is None:
        accounts, states = (), []
    works = bool(snapshot.tables & set(_WORK))
    uses = [use_of(a, s, counted, works) for a, s in zip(accounts, states, strict=True) if s is not AccountState.CLOSED]
    spans = _spans(snapshot, facts, counted.keys, 0 if period is None else period.first)
    reads = counted.reads.sum(axis=(0, 2))
    return RightsResult(
        wayseal=__version__,
        ledger_digest=snapshot.digest,
        period=period,
        reads=int(reads.sum()),
        accounts=len(uses),
        days=days,
        not_judged=_not_judged(snapshot, accounts, int(reads[0]), spans, period),
        rights=right_uses(uses, map_),
        roles=role_uses(uses, map_),
        people=tuple(account_use(u, map_) for u in uses),
        dormant=find_dormant(accounts, states, counted, since, _unlisted(snapshot, counted, accounts)),
        wider=find_wider(uses, map_),
        shared=find_shared(accounts, *spans) if accounts else (),
        untrained=find_untrained(accounts, counted),
        mandates=mandates_of(uses, map_),
        beyond=unpermitted_reads(uses, map_),
    )


def period_of(facts: Facts, days: int) -> Period | None:
    """The period that a log can answer for (obligation 1); None without reads."""
    hours = facts.hours["hour"].to_numpy()[facts.hours["reads"].to_numpy() > 0].astype(np.int64)
    if not len(hours):
        return None
    local = np.unique((hours * _HOUR + facts.offset) // _DAY)
    first = max(int(local[0]), int(local[-1]) - days + 1)
    inside = int((local >= first).sum())
    last = int(local[-1])
    return Period(asked=days, first=first, last=last, silent=last - first + 1 - inside, offset=facts.offset)


_Spans = tuple[Spans, Spans, Spans]


def _spans(snapshot: Snapshot, facts: Facts, keys: UInts, first: int, last: int | None = None) -> _Spans:
    """When devices, addresses and sessions of accounts (keys) were in use, from a local day on, and up to one."""
    coder, uses, sessions = Coder(keys), facts.uses, snapshot.session_volumes(snapshot.ids("session"))
    if last is not None:
        end = (last + 1) * _DAY - facts.offset
        uses = uses.filter(pc.less_equal(uses["day"], last))
        sessions = sessions.filter(pc.less(sessions["from"].cast(pa.int64()), end))
    of_uses = coder.places(uses["actor"].to_numpy()).astype(np.int64)
    devices, addresses = (spans_of_uses(uses, kind, of_uses, first) for kind in (DEVICE, ADDRESS))
    places = coder.places(sessions["actor"].to_numpy()).astype(np.int64)
    since = first * _DAY - facts.offset
    return devices, addresses, spans_of_sessions(sessions, places, since, facts.offset)


def shared_logins(snapshot: Snapshot, facts: Facts, first: int, last: int) -> tuple[Shared, ...]:
    """Logins that look like several people's on some local days, both included (obligations 8 to 11). LedgerError."""
    actors = snapshot.actors()
    tables = actors, snapshot.outlets(), snapshot.assignments(), snapshot.history("actors")
    staff = build_staff(snapshot.keys, snapshot.ids("actor"), *tables)
    return find_shared(accounts_of(actors, staff), *_spans(snapshot, facts, staff.actors.keys, first, last))


def _unlisted(snapshot: Snapshot, counted: Activity, accounts: Sequence[AccountRecord]) -> list[tuple[str, int]]:
    """Accounts that read and don't stand in `actors`: names and places; none where that table is missing."""
    if not accounts:
        return []
    known = np.zeros(len(counted.keys), np.bool_)
    known[[a.place for a in accounts]] = True
    places = np.flatnonzero(~known & (counted.all_reads > 0))
    return list(zip(snapshot.names("actor", counted.keys[places]), places.tolist(), strict=True))


def _not_judged(
    snapshot: Snapshot, accounts: Sequence[AccountRecord], without_action: int, spans: _Spans, period: Period | None
) -> tuple[str, ...]:
    """Obligation 2: tables and columns whose absence leaves something unsaid."""
    if period is None:
        return ("accesses",)
    missing = [] if accounts else ["actors"]
    if accounts and not any(a.rights for a in accounts):
        missing.append("actors.rights")
    if accounts and all(a.trained is None for a in accounts):
        missing.append("actors.trained_until")
    if without_action:
        missing.append("accesses.action")
    names = ("accesses.device", "accesses.ip", "accesses.session")
    missing += [name for name, of in zip(names, spans, strict=True) if not len(of.actor)]
    return (*missing, *(t for t in _EXPLAINING if t not in snapshot.tables))
